//! The accession number and the Study Instance UID of a study.
//!
//! An accession number is `R` and twelve digits: year, day of the year, the number in the series of both, and the check digit of record
//! numbers. It fits the 16 characters of DICOM (PS3.5, SH).

use chrono::{Datelike as _, NaiveDate};
use uuid::Uuid;

use crate::{
    core::{Error, Result},
    patients::Mrn,
    tr,
};

/// The characters of an accession number.
const LENGTH: usize = 13;

fn prefix(day: NaiveDate) -> String {
    format!("{:02}{:03}", day.year().rem_euclid(100), day.ordinal())
}

/// Returns the series that numbers the studies of a day: `accession 26333`.
pub fn series(day: NaiveDate) -> String {
    format!("accession {}", prefix(day))
}

/// Returns the accession number of the `nth` study of a day.
///
/// # Errors
/// [`Error::Conflict`] when the day has more studies than six digits count.
pub fn accession(day: NaiveDate, nth: i64) -> Result<String> {
    let too_many = || Error::conflict(tr!(imaging.too_many_studies));
    let whole: u64 = format!("{}{nth:06}", prefix(day)).parse().map_err(|_| too_many())?;
    let number = format!("R{}", Mrn::from_number(whole));
    if number.len() == LENGTH { Ok(number) } else { Err(too_many()) }
}

/// Returns the Study Instance UID that follows from a UUID: `2.25.` and its number (DICOM PS3.5, B.2).
pub fn study_uid(id: Uuid) -> String {
    format!("2.25.{}", id.as_u128())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_the_fields_of_dicom() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 29).expect("a day");
        assert_eq!(series(day), "accession 26333");
        let number = accession(day, 7).expect("a number");
        assert!(number.len() == 13 && number.starts_with("R26333000007"), "{number}");
        assert!(accession(day, 1_000_000).is_err());
        let uid = study_uid(Uuid::from_u128(u128::MAX));
        assert_eq!(uid, "2.25.340282366920938463463374607431768211455");
        assert!(uid.len() <= 64);
    }
}
