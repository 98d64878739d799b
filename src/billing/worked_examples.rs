//! The worked examples of section 4 of the specification that need no plans, each a row with its number. All figures are minor units, in the order
//! in which the example names them. Example 14, a deposit that pays a share, also goes through the whole program (`tests::money::papers`), and so
//! do 5 (`tests::money::books`) and 6 (`tests::money::wholes`).

use super::{
    CashRounding, Method, Quantity, Shares, Tax, arithmetic, credits, gross, instalments, part, shares, spread, take, without_tax,
};
use crate::core::{Currency, Money};

fn amounts(amounts: impl IntoIterator<Item = Money>) -> Vec<i64> {
    amounts.into_iter().map(|amount| amount.0).collect()
}

fn line(milli: i64, price: i64, per: i64) -> Money {
    gross(Quantity(milli), Money(price), per).expect("a price")
}

/// The cash that a due amount takes: what is paid, the change and the rounding.
fn cash(due: i64, given: i64, step: i64, tie_up: bool) -> [Money; 3] {
    let taken = take(&[(Method::Cash, Money(given))], Money(due), CashRounding { step, tie_up }, false, Currency::USD).expect("taken")[0];
    [taken.tendered - taken.change, taken.change, taken.rounding]
}

/// The sums of the shares of lines: the patient's and the insurer's.
fn split(lines: &[i64], copay: i64) -> [Money; 2] {
    let sum: Shares = lines.iter().map(|amount| shares(Money(*amount), Some(copay))).sum();
    [sum.patient, sum.insurer]
}

/// The net amount and the tax of prices that contain it.
fn inside(prices: &[i64], rate: i64) -> [Money; 2] {
    let taxed: Vec<_> = prices.iter().map(|price| Tax { rate_bp: rate, included: true }.on(Money(*price))).collect();
    assert!(prices.iter().zip(&taxed).all(|(price, taxed)| taxed.net == without_tax(Money(*price), rate)));
    [taxed.iter().map(|taxed| taxed.net).sum(), taxed.iter().map(|taxed| taxed.tax).sum()]
}

/// 3 times 18.55, less 5 %, with 19 % of tax, of which the patient bears 30 %.
fn seventh() -> Vec<i64> {
    let price = line(3_000, 1_855, 1);
    let discount = part(price, 500);
    let taxed = Tax { rate_bp: 1_900, included: false }.on(price - discount);
    let [patient, insurer] = split(&[taxed.total().0], 30);
    amounts([price, discount, taxed.net, taxed.tax, taxed.total(), patient, insurer])
}

/// A credit of 10.00 on a line that is split 9.27 and 9.28, and what is left of the split.
fn fifteenth() -> Vec<i64> {
    let before = Shares { insurer: Money(927), patient: Money(928) };
    let credited = credits::split(Money(1_000), before);
    amounts([credited.insurer, credited.patient, before.insurer - credited.insurer, before.patient - credited.patient])
}

#[test]
fn each_example_has_its_figures() {
    let by_line = Tax { rate_bp: 1_900, included: false }.on(Money(99)).tax;
    let due = |due: &[i64]| due.iter().map(|due| Money(*due)).collect::<Vec<_>>();
    let means = take(
        &[(Method::Cash, Money(1_000)), (Method::Card, Money(2_600))],
        Money(3_600),
        CashRounding::of(Currency::USD),
        false,
        Currency::USD,
    )
    .expect("taken");
    let deposit = arithmetic::in_order(Money(32_000), [Money(50_000)]);
    for (example, figures, wanted) in [
        ("1: 2.5 h at 3.33, 7 of a pack of 100 at 37.55", amounts([line(2_500, 333, 1), line(7_000, 3_755, 100)]), vec![832, 263]),
        (
            "2: 15 % of KWD 12.345, 1 % of KWD 1.250, 30 % of JPY 1,235 and the insurer's rest",
            amounts([
                part(Money(12_345), 1_500),
                part(Money(1_250), 100),
                part(Money(1_235), 3_000),
                Money(1_235) - part(Money(1_235), 3_000),
            ]),
            vec![1_852, 12, 370, 865],
        ),
        ("3: 19 % on 3 lines of 0.99, and of their sum", amounts([[by_line; 3].into_iter().sum(), part(Money(297), 1_900)]), vec![57, 56]),
        (
            "4: tax in the price: 107.00 at 7 %, 90.00 and 55.00 at 5 %",
            amounts([inside(&[10_700], 700), inside(&[9_000, 5_500], 500)].concat()),
            vec![10_000, 700, 13_809, 691],
        ),
        (
            "5: 1,300.00 with 18 % inside, and after a discount of 100 %",
            amounts([inside(&[130_000], 1_800), inside(&[130_000 - part(Money(130_000), 10_000).0], 1_800)].concat()),
            vec![110_169, 19_831, 0, 0],
        ),
        (
            "6: a discount of 10.00 on 33.33, 33.33, 33.34, and of 1.00 on 3 x 50.00",
            amounts([spread(Money(1_000), &[3_333, 3_333, 3_334]), spread(Money(100), &[5_000; 3])].concat()),
            vec![333, 333, 334, 34, 33, 33],
        ),
        ("7: 3 x 18.55 less 5 %, 19 % of tax, co-pay 30 %", seventh(), vec![5_565, 278, 5_287, 1_005, 6_292, 1_888, 4_404]),
        ("8: 3 lines of 33.35 at 30 %", amounts(split(&[3_335; 3], 30)), vec![3_000, 7_005]),
        (
            "9: a package of 500 of list 120, 200, 300",
            amounts(spread(Money(50_000), &[12_000, 20_000, 30_000])),
            vec![9_677, 16_129, 24_194],
        ),
        (
            "10: 1,000.00 in 3",
            amounts(instalments::divide(Money(100_000), 3, chrono::NaiveDate::default()).into_iter().map(|part| part.amount)),
            vec![33_334, 33_333, 33_333],
        ),
        (
            "11: CHF 12.33 and 12.32 in cash, 20.00 given: paid, change, rounding; by card 12.33",
            amounts(
                cash(1_233, 2_000, 5, true).into_iter().chain(cash(1_232, 2_000, 5, true)).chain(
                    take(&[(Method::Card, Money(1_233))], Money(1_233), CashRounding { step: 5, tie_up: true }, false, Currency::USD)
                        .expect("taken")
                        .into_iter()
                        .map(|taken| taken.tendered),
                ),
            ),
            vec![1_235, 765, 2, 1_230, 770, -2, 1_233],
        ),
        (
            "12: DKK 12.25 and 12.75; 12.35 in steps of 0.10, a tie up and down",
            amounts([
                cash(1_225, 2_000, 50, true)[0],
                cash(1_275, 2_000, 50, true)[0],
                cash(1_235, 2_000, 10, true)[0],
                cash(1_235, 2_000, 10, false)[0],
            ]),
            vec![1_250, 1_300, 1_240, 1_230],
        ),
        (
            "13: 36.00 = 10.00 in cash and 26.00 by card, which go back at most",
            amounts(means.iter().map(|taken| taken.amount)),
            vec![1_000, 2_600],
        ),
        (
            "14: a deposit of 500.00, a share of 320.00, what is left",
            amounts([deposit[0], Money(50_000) - deposit[0]]),
            vec![32_000, 18_000],
        ),
        ("15: a credit of 10.00 on 9.27 and 9.28, and the rest", fifteenth(), vec![500, 500, 427, 428]),
    ] {
        assert_eq!(figures, wanted, "{example}");
    }
    assert_eq!(amounts(arithmetic::in_order(Money(500), due(&[300, 100, 400]))), [300, 100, 100], "the oldest first");
}
