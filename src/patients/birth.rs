//! Dates of birth: exact, to the month, to the year, or not known.

use chrono::{Datelike as _, NaiveDate};

use crate::{
    core::{
        Error, Result,
        time::{self, show_age, show_date, years_between},
    },
    tr,
};

crate::text_enum! {
    /// How much of the birth date is known.
    pub enum BirthPrecision("birth_precision") {
        Day = "day",
        Month = "month",
        Year = "year",
        Unknown = "unknown",
    }
}

/// Nobody is older.
const OLDEST_YEARS: i64 = 130;

/// When somebody was born, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Birth {
    /// The first of the month or year when only that is known.
    #[sqlx(rename = "birth_date")]
    pub date: Option<NaiveDate>,
    #[sqlx(rename = "birth_precision")]
    pub precision: BirthPrecision,
}

impl Birth {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { date: None, precision: BirthPrecision::Unknown };

    /// An exact date.
    pub const fn on(date: NaiveDate) -> Self {
        Self { date: Some(date), precision: BirthPrecision::Day }
    }

    /// From the two fields of a form: an exact date, or a year when that is all that is known.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a date that does not exist, lies ahead or is too long ago.
    pub fn parse(date: &str, year: &str, today: NaiveDate) -> Result<Self> {
        let (date, year) = (date.trim(), year.trim());
        let possible = |day: NaiveDate| day <= today && years_between(day, today) <= OLDEST_YEARS;
        match (date.is_empty(), year.is_empty()) {
            (false, _) => {
                let day = time::parse_date("birth_date", date)?;
                if possible(day) { Ok(Self::on(day)) } else { Err(Error::invalid("birth_date", tr!(patients.birth_impossible))) }
            }
            (true, false) => Some(year)
                .filter(|year| year.len() == 4)
                .and_then(|year| NaiveDate::from_ymd_opt(year.parse().ok()?, 1, 1))
                .filter(|day| possible(*day))
                .map(|day| Self { date: Some(day), precision: BirthPrecision::Year })
                .ok_or_else(|| Error::invalid("birth_year", tr!(patients.birth_year_impossible))),
            (true, true) => Ok(Self::UNKNOWN),
        }
    }

    /// `18 Apr 1980`, `4/1980`, `about 1980`, or that it is not known.
    pub fn shown(self) -> String {
        match (self.date, self.precision) {
            (None, _) | (_, BirthPrecision::Unknown) => tr!(patients.birth_unknown).to_owned(),
            (Some(date), BirthPrecision::Day) => show_date(date),
            (Some(date), BirthPrecision::Month) => format!("{}/{}", date.month(), date.year()),
            (Some(date), BirthPrecision::Year) => tr!(patients.birth_about, year = date.year()),
        }
    }

    /// `46 y`, `about 46 y`, or that it is not known.
    pub fn age(self, today: NaiveDate) -> String {
        match (self.date, self.precision) {
            (None, _) | (_, BirthPrecision::Unknown) => tr!(patients.age_unknown).to_owned(),
            (Some(date), BirthPrecision::Year) => tr!(patients.age_about, age = show_age(date, today)),
            (Some(date), _) => show_age(date, today),
        }
    }

    /// The values of the form's two fields.
    pub(super) fn fields(self) -> (String, String) {
        match (self.date, self.precision) {
            (Some(date), BirthPrecision::Year) => (String::new(), date.year().to_string()),
            (Some(date), _) => (date.to_string(), String::new()),
            (None, _) => (String::new(), String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).expect("a day")
    }

    #[test]
    fn a_date_or_a_year_or_nothing() {
        let today = day(2026, 11, 21);
        assert_eq!(Birth::parse("1980-04-18", "", today), Ok(Birth::on(day(1980, 4, 18))));
        let about = Birth::parse("", "1980", today).expect("a year");
        assert_eq!(
            (about.precision, about.shown().as_str(), about.age(today).as_str()),
            (BirthPrecision::Year, "about 1980", "about 46 y")
        );
        assert_eq!(Birth::parse(" ", "", today), Ok(Birth::UNKNOWN));
    }

    #[test]
    fn impossible_dates_name_their_field() {
        let today = day(2026, 11, 21);
        for (date, year, field) in [
            ("2026-11-22", "", "birth_date"),
            ("1880-01-01", "", "birth_date"),
            ("1980-02-30", "", "birth_date"),
            ("18.4.1980", "", "birth_date"),
            ("", "80", "birth_year"),
            ("", "2027", "birth_year"),
            ("", "year", "birth_year"),
        ] {
            assert!(matches!(Birth::parse(date, year, today), Err(Error::Invalid(errors)) if errors[0].field == field), "{date} {year}");
        }
    }

    #[test]
    fn ages_of_the_young() {
        let today = day(2026, 11, 21);
        assert_eq!(Birth::on(day(2026, 11, 10)).age(today), "11 d");
        assert_eq!(Birth::on(day(2026, 1, 10)).age(today), "10 mo");
        assert_eq!(Birth::on(day(1980, 11, 22)).age(today), "45 y");
    }
}
