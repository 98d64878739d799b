//! The arithmetic of bills: each figure is rounded once, half to even, from exact integers; what is spread goes by largest remainder.

use serde::{Deserialize, Serialize};

use crate::core::{Error, Money, Result, locale::Locale};

/// A quantity in thousandths: 2,500 is two and a half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(sqlx::Type), sqlx(transparent))]
pub struct Quantity(pub i64);

impl Quantity {
    /// One.
    pub const ONE: Self = Self(1_000);
    /// The largest that a charge may have: ten thousand.
    pub const MOST: Self = Self(10_000_000);

    /// Reads what was typed: `3`, `2.5`, `0,125`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field.
    pub fn parse(field: &str, typed: &str) -> Result<Self> {
        let wrong = || Error::invalid(field, crate::tr!(billing.quantity_wrong));
        let text = typed.trim().replace(',', ".");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 5 || fraction.len() > 3 || !digits(whole) || !digits(fraction) {
            return Err(wrong());
        }
        let milli: i64 = format!("{whole}{fraction:0<3}").parse().map_err(|_| wrong())?;
        if (1..=Self::MOST.0).contains(&milli) { Ok(Self(milli)) } else { Err(wrong()) }
    }

    /// As it is written in the language: `2.5`, `2,5`; whole quantities without decimals.
    pub fn shown(self, locale: Locale) -> String {
        let (whole, milli) = (self.0 / 1_000, self.0 % 1_000);
        if milli == 0 {
            return whole.to_string();
        }
        let point = match locale {
            Locale::en => '.',
            Locale::es => ',',
        };
        format!("{whole}{point}{}", format!("{milli:03}").trim_end_matches('0'))
    }
}

/// A fraction as a whole number, half to even. `below` is above zero.
fn half_even(above: i128, below: i128) -> i128 {
    let (whole, rest) = (above.div_euclid(below), above.rem_euclid(below));
    match (rest * 2).cmp(&below) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => whole + whole.rem_euclid(2),
    }
}

fn money(amount: i128) -> Option<Money> {
    i64::try_from(amount).ok().map(Money)
}

/// The price of a quantity, when one price is for `per`; `None` when it is more than any bill.
pub fn gross(quantity: Quantity, price: Money, per: i64) -> Option<Money> {
    let amount = half_even(i128::from(quantity.0) * i128::from(price.0), i128::from(per.max(1)) * 1_000);
    money(amount).filter(|amount| *amount <= Money::MAX)
}

/// So many hundredths of a percent of the amount: a discount, a tax, a co-pay.
#[must_use]
pub fn part(amount: Money, basis_points: i64) -> Money {
    money(half_even(i128::from(amount.0) * i128::from(basis_points), 10_000)).unwrap_or(amount)
}

/// The amount without the tax that is inside it; the tax is the rest.
#[must_use]
pub fn without_tax(total: Money, basis_points: i64) -> Money {
    money(half_even(i128::from(total.0) * 10_000, 10_000 + i128::from(basis_points.max(0)))).unwrap_or(total)
}

/// Spreads an amount by weights: each gets its whole part, the rest goes by the largest remainder, ties to the earlier. The parts add up
/// to the amount. Without weight everything goes to the first.
#[must_use]
pub fn spread(amount: Money, weights: &[i64]) -> Vec<Money> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if sum <= 0 {
        return (0..weights.len()).map(|at| if at == 0 { amount } else { Money::ZERO }).collect();
    }
    let shares = weights.iter().map(|weight| i128::from(amount.0) * i128::from(*weight));
    let mut parts: Vec<(i128, i128)> = shares.map(|share| (share.div_euclid(sum), share.rem_euclid(sum))).collect();
    let mut left = i128::from(amount.0) - parts.iter().map(|(whole, _)| whole).sum::<i128>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(parts[*at].1));
    for at in order {
        if left > 0 {
            parts[at].0 += 1;
            left -= 1;
        }
    }
    parts.into_iter().map(|(whole, _)| money(whole).unwrap_or_default()).collect()
}

/// Takes an amount from what is held, in order: from each at most what it has. Together they are the amount, as far as they reach.
#[cfg(feature = "ssr")]
pub(super) fn in_order(amount: Money, held: impl IntoIterator<Item = Money>) -> Vec<Money> {
    let mut left = amount;
    held.into_iter()
        .map(|held| {
            let part = held.min(left);
            left = left - part;
            part
        })
        .collect()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Section 4 of the specification, examples 1 to 10, in minor units.
    #[test]
    fn quantities_times_prices() {
        for (example, milli, price, per, amount) in [
            ("1: 2.5 h at 3.33", 2_500, 333, 1, 832),
            ("1: 7 of a pack of 100 at 37.55", 7_000, 3_755, 100, 263),
            ("7: 3 x 18.55", 3_000, 1_855, 1, 5_565),
            ("8: 3 x 33.35", 3_000, 3_335, 1, 10_005),
            ("half a cent stays at the even one", 500, 5, 1, 2),
            ("half a cent goes to the even one", 500, 3, 1, 2),
        ] {
            assert_eq!(gross(Quantity(milli), Money(price), per), Some(Money(amount)), "{example}");
        }
        assert_eq!(gross(Quantity::MOST, Money(100_000_000_000), 1), None, "more than any bill");
    }

    #[test]
    fn percentages_of_any_currency() {
        for (example, amount, basis_points, part_of_it) in [
            ("2: 15 % of KWD 12.345", 12_345, 1_500, 1_852),
            ("2: 1 % of KWD 1.250", 1_250, 100, 12),
            ("2: 30 % of JPY 1,235", 1_235, 3_000, 370),
            ("3: 19 % on a line of 0.99", 99, 1_900, 19),
            ("3: 19 % of the sum 2.97", 297, 1_900, 56),
            ("7: 5 % off 55.65", 5_565, 500, 278),
            ("7: 19 % of 52.87", 5_287, 1_900, 1_005),
            ("7: co-pay 30 % of 62.92", 6_292, 3_000, 1_888),
        ] {
            assert_eq!(part(Money(amount), basis_points), Money(part_of_it), "{example}");
        }
        assert_eq!(Money(1_235) - part(Money(1_235), 3_000), Money(865), "2: the insurer bears the rest");
    }

    #[test]
    fn tax_inside_the_price() {
        for (example, total, basis_points, net) in [
            ("4: 107.00 at 7 %", 10_700, 700, 10_000),
            ("4: 90.00 at 5 %", 9_000, 500, 8_571),
            ("4: 55.00 at 5 %", 5_500, 500, 5_238),
            ("5: 1,300.00 with 18 % inside", 130_000, 1_800, 110_169),
            ("5: nothing left after a discount of 100 %", 0, 1_800, 0),
        ] {
            assert_eq!(without_tax(Money(total), basis_points), Money(net), "{example}");
        }
    }

    #[test]
    fn what_is_spread_adds_up() {
        for (example, amount, weights, parts) in [
            ("6: a discount of 10.00", 1_000, vec![3_333, 3_333, 3_334], vec![333, 333, 334]),
            ("6: a discount of 1.00 on 3 x 50.00", 100, vec![5_000, 5_000, 5_000], vec![34, 33, 33]),
            ("9: a package of 500 of list 120, 200, 300", 50_000, vec![12_000, 20_000, 30_000], vec![9_677, 16_129, 24_194]),
            ("10: 1,000.00 in 3", 100_000, vec![1, 1, 1], vec![33_334, 33_333, 33_333]),
        ] {
            assert_eq!(spread(Money(amount), &weights), parts.into_iter().map(Money).collect::<Vec<_>>(), "{example}");
        }
    }

    #[test]
    fn quantities_are_read_and_written() {
        for (typed, milli) in [("1", 1_000), ("2.5", 2_500), ("0,125", 125), ("10000", 10_000_000)] {
            assert_eq!(Quantity::parse("quantity", typed), Ok(Quantity(milli)), "{typed}");
        }
        for typed in ["", "0", "0.0001", "-1", "1e3", "10001", "1.2.3", "one"] {
            assert!(Quantity::parse("quantity", typed).is_err(), "{typed}");
        }
        assert_eq!((Quantity(2_500).shown(Locale::en), Quantity(2_500).shown(Locale::es)), ("2.5".to_owned(), "2,5".to_owned()));
        assert_eq!(Quantity(3_000).shown(Locale::en), "3");
    }

    proptest! {
        #[test]
        fn parts_add_up_and_are_near(amount in 0_i64..10_000_000, weights in proptest::collection::vec(0_i64..100_000, 1..12)) {
            let parts = spread(Money(amount), &weights);
            prop_assert_eq!(parts.iter().copied().sum::<Money>(), Money(amount));
            let sum: i64 = weights.iter().sum();
            for (part, weight) in parts.iter().zip(&weights).filter(|_| sum > 0) {
                let exact = i128::from(amount) * i128::from(*weight);
                prop_assert!((i128::from(part.0) * i128::from(sum) - exact).abs() < i128::from(sum));
            }
        }

        #[test]
        fn a_line_is_within_half_a_unit_of_the_exact_figure(milli in 1_i64..=10_000_000, price in 0_i64..100_000_000, per in 1_i64..=1_000) {
            if let Some(amount) = gross(Quantity(milli), Money(price), per) {
                let twice = 2 * (i128::from(amount.0) * i128::from(per) * 1_000 - i128::from(milli) * i128::from(price)).abs();
                prop_assert!(twice <= i128::from(per) * 1_000);
            }
        }
    }
}
