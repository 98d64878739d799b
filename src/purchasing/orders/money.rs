//! The cost of a quantity at a price for several units.

use crate::core::Money;

/// The cost of some units at a price for `price_per` units, rounded half to even.
pub fn line_cost(price: i64, units: i64, price_per: i64) -> Money {
    let (above, below) = (i128::from(price) * i128::from(units), i128::from(price_per.max(1)));
    let (cost, rest) = (above.div_euclid(below), above.rem_euclid(below));
    let rounded = match (rest * 2).cmp(&below) {
        std::cmp::Ordering::Less => cost,
        std::cmp::Ordering::Greater => cost + 1,
        std::cmp::Ordering::Equal => cost + cost.rem_euclid(2),
    };
    Money(i64::try_from(rounded).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_rounded_half_to_even() {
        for (price, units, per, cost) in
            [(250, 100, 100, 250), (250, 30, 100, 75), (1, 1, 2, 0), (3, 1, 2, 2), (10, 1, 3, 3), (20, 1, 3, 7), (0, 5, 1, 0)]
        {
            assert_eq!(line_cost(price, units, per), Money(cost), "{units} at {price} per {per}");
        }
    }
}
