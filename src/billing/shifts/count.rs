//! A count of coins and notes: read from the form, added up.

use std::collections::BTreeMap;

use super::denominations;
use crate::{
    core::{Currency, Money, Result, error::FieldErrors},
    tr,
};

/// The most pieces of one denomination.
const MOST: i64 = 1_000_000;

/// The pieces of each denomination that was counted, without those of which there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CashCount(pub Vec<(Money, i64)>);

impl CashCount {
    /// The name of a denomination's field on the count sheet.
    pub fn field(denomination: Money) -> String {
        format!("d_{}", denomination.0)
    }

    /// Reads the count sheet. An empty field counts none.
    ///
    /// # Errors
    /// [`crate::core::Error::Invalid`] with each field that is not a whole number, or that the currency does not have.
    pub fn read(currency: Currency, sent: &BTreeMap<String, String>) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let known = denominations(currency);
        for name in sent.keys().filter(|name| name.starts_with("d_")) {
            if !known.iter().any(|denomination| Self::field(*denomination) == *name) {
                errors.add(name, tr!(till.unknown_denomination));
            }
        }
        let mut pieces = Vec::new();
        for denomination in known {
            let field = Self::field(denomination);
            match sent.get(&field).map(|typed| typed.trim()).filter(|typed| !typed.is_empty()) {
                None | Some("0") => {}
                Some(typed) => match typed.parse::<i64>() {
                    Ok(number) if (1..=MOST).contains(&number) => pieces.push((denomination, number)),
                    _ => errors.add(&field, tr!(till.pieces_wrong)),
                },
            }
        }
        errors.finish()?;
        Ok(Self(pieces))
    }

    /// The sum of the coins and notes.
    pub fn total(&self) -> Money {
        self.0.iter().map(|(denomination, pieces)| denomination.times(*pieces).unwrap_or(Money::MAX)).sum()
    }

    /// The fewest coins and notes of the currency that make the amount.
    pub fn of(currency: Currency, amount: Money) -> Self {
        let mut left = amount.0;
        let mut pieces = Vec::new();
        for denomination in denominations(currency) {
            if left >= denomination.0 {
                pieces.push((denomination, left / denomination.0));
                left %= denomination.0;
            }
        }
        Self(pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Error;

    fn sent(fields: &[(&str, &str)]) -> BTreeMap<String, String> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_count_sheet_is_read_and_added_up() {
        let count = CashCount::read(Currency::USD, &sent(&[("d_2000", "3"), ("d_25", " 4 "), ("d_1", "")])).expect("read");
        assert_eq!((count.0.len(), count.total()), (2, Money(6_100)));
        assert_eq!(CashCount::of(Currency::USD, Money(6_137)).total(), Money(6_137));
    }

    #[test]
    fn each_wrong_field_is_named() {
        for (field, typed) in [("d_2000", "-1"), ("d_100", "1.5"), ("d_5", "many"), ("d_3", "1"), ("d_1", "1000001")] {
            let Err(Error::Invalid(errors)) = CashCount::read(Currency::USD, &sent(&[(field, typed)])) else { panic!("{field} {typed}") };
            assert_eq!(errors[0].field, field);
        }
    }
}
