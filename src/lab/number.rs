//! The number of a sample: twelve digits. Year, day of the year, the number in the series of both, and the check digit of record
//! numbers, so that a wrong digit or two swapped ones are noticed.

use chrono::{Datelike as _, NaiveDate};

use crate::{
    core::{Error, Result},
    patients::Mrn,
    tr,
};

/// The digits of a sample's number.
pub const DIGITS: usize = 12;

/// Returns the series that numbers the samples of a day: `sample 26333`.
pub fn series(day: NaiveDate) -> String {
    format!("sample {}", prefix(day))
}

fn prefix(day: NaiveDate) -> String {
    format!("{:02}{:03}", day.year().rem_euclid(100), day.ordinal())
}

/// Returns the number of the `nth` sample of a day.
///
/// # Errors
/// [`Error::Conflict`] when the day has more samples than six digits count.
pub fn sample_number(day: NaiveDate, nth: i64) -> Result<String> {
    let digits = format!("{}{nth:06}", prefix(day));
    let whole: u64 = digits.parse().map_err(|_| Error::conflict(tr!(lab.too_many_samples)))?;
    let number = Mrn::from_number(whole).to_string();
    if number.len() == DIGITS { Ok(number) } else { Err(Error::conflict(tr!(lab.too_many_samples))) }
}

/// Reads a number as a scanner or a person enters it.
///
/// # Errors
/// [`Error::Invalid`] with the field when a digit is wrong or missing.
pub fn read(field: &str, typed: &str) -> Result<String> {
    let number = typed.parse::<Mrn>().ok().map(|number| number.to_string()).filter(|number| number.len() == DIGITS);
    number.ok_or_else(|| Error::invalid(field, tr!(lab.number_wrong)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_twelve_digits_with_a_check_digit() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 29).expect("a day");
        assert_eq!(series(day), "sample 26333");
        let number = sample_number(day, 7).expect("a number");
        assert!(number.len() == DIGITS && number.starts_with("26333000007"), "{number}");
        assert_eq!(read("number", &format!(" {} {}", &number[..6], &number[6..])).ok(), Some(number.clone()));
        let swapped = format!("{}{}{}", &number[..9], &number[10..11], &number[9..10]) + &number[11..];
        assert!(swapped == number || read("number", &swapped).is_err(), "{swapped}");
        assert!(read("number", &number[..11]).is_err() && read("number", "").is_err());
        assert!(sample_number(day, 1_000_000).is_err());
    }
}
