//! The coins and notes of a currency, from the largest, in minor units.
//!
//! Sources: Federal Reserve, "U.S. Currency Education Program" and U.S. Mint, "Circulating Coins" (USD); European Central Bank, "Banknotes"
//! and "Coins" (EUR); Bank of England, "Current banknotes" and Royal Mint, "Circulation coins" (GBP); Swiss National Bank and Swissmint
//! (CHF); Bank of Canada and Royal Canadian Mint (CAD); Banco de México (MXN); Banco de la República (COP); Bank of Japan (JPY).

use crate::core::{Currency, Money};

/// Returns the denominations of the currency. A currency that is not listed gets the series 1, 2, 5 up to 1,000 major units, by which any
/// amount can be counted.
pub fn denominations(currency: Currency) -> Vec<Money> {
    let listed: &[i64] = match currency.code() {
        "USD" => &[10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 25, 10, 5, 1],
        "EUR" => &[50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
        "GBP" => &[5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1],
        "CHF" => &[100_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5],
        "CAD" => &[10_000, 5_000, 2_000, 1_000, 500, 200, 100, 25, 10, 5],
        "MXN" => &[100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10],
        "COP" => &[10_000_000, 5_000_000, 2_000_000, 1_000_000, 500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000],
        "JPY" => &[10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10, 5, 1],
        _ => &[],
    };
    if !listed.is_empty() {
        return listed.iter().copied().map(Money).collect();
    }
    let mut series = Vec::new();
    let mut unit = 1_i64;
    while unit <= 1_000 * 10_i64.pow(currency.decimals()) {
        series.extend([1, 2, 5].map(|times| Money(unit * times)));
        unit *= 10;
    }
    series.retain(|one| one.0 <= 1_000 * 10_i64.pow(currency.decimals()));
    series.reverse();
    series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_currency_counts_down_to_its_smallest_piece() {
        for (code, largest, smallest) in
            [("USD", 10_000, 1), ("EUR", 50_000, 1), ("CHF", 100_000, 5), ("JPY", 10_000, 1), ("KWD", 1_000_000, 1)]
        {
            let all = denominations(Currency::try_from(code.to_owned()).expect("a currency"));
            assert_eq!((all.first(), all.last()), (Some(&Money(largest)), Some(&Money(smallest))), "{code}");
            assert!(all.windows(2).all(|pair| pair[0] > pair[1]), "{code}: {all:?}");
        }
    }
}
