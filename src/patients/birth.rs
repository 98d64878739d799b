//! Dates of birth: exact, to the month, to the year, or not known.

use chrono::{Datelike as _, NaiveDate};

use crate::{
    core::time::{show_age, show_date},
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

/// A birth date, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
pub struct Birth {
    /// The first of the month or year when only that is known.
    #[cfg_attr(feature = "ssr", sqlx(rename = "birth_date"))]
    pub date: Option<NaiveDate>,
    #[cfg_attr(feature = "ssr", sqlx(rename = "birth_precision"))]
    pub precision: BirthPrecision,
}

impl Birth {
    /// Neither day, month nor year is known.
    pub const UNKNOWN: Self = Self { date: None, precision: BirthPrecision::Unknown };

    /// Creates an exact date.
    pub const fn on(date: NaiveDate) -> Self {
        Self { date: Some(date), precision: BirthPrecision::Day }
    }

    /// Returns `18 Apr 1980`, `4/1980`, `about 1980`, or a text for an unknown date.
    pub fn shown(self) -> String {
        match (self.date, self.precision) {
            (None, _) | (_, BirthPrecision::Unknown) => tr!(patients.birth_unknown).to_owned(),
            (Some(date), BirthPrecision::Day) => show_date(date),
            (Some(date), BirthPrecision::Month) => format!("{}/{}", date.month(), date.year()),
            (Some(date), BirthPrecision::Year) => tr!(patients.birth_about, year = date.year()),
        }
    }

    /// Returns `46 y`, `about 46 y`, or a text for an unknown age.
    pub fn age(self, today: NaiveDate) -> String {
        match (self.date, self.precision) {
            (None, _) | (_, BirthPrecision::Unknown) => tr!(patients.age_unknown).to_owned(),
            (Some(date), BirthPrecision::Year) => tr!(patients.age_about, age = show_age(date, today)),
            (Some(date), _) => show_age(date, today),
        }
    }

    /// Returns the text for a form's field; it is parsed as the same birth date in every order of dates.
    pub fn field(self) -> String {
        match self.date {
            None => String::new(),
            Some(date) if self.precision == BirthPrecision::Year => date.year().to_string(),
            Some(_) => self.shown(),
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).expect("a day")
    }

    #[test]
    fn a_year_alone_is_shown_as_an_estimate() {
        let about = Birth { date: Some(day(1980, 1, 1)), precision: BirthPrecision::Year };
        assert_eq!((about.shown().as_str(), about.age(day(2026, 11, 21)).as_str()), ("about 1980", "about 46 y"));
    }

    #[test]
    fn ages_of_the_young() {
        let today = day(2026, 11, 21);
        for (born, told) in [
            (day(2026, 11, 21), "0 d"),
            (day(2026, 11, 10), "11 d"),
            (day(2026, 10, 25), "27 d"),
            (day(2026, 10, 24), "4 wk"),
            (day(2026, 10, 21), "4 wk"),
            (day(2026, 8, 22), "13 wk"),
            (day(2026, 8, 21), "3 mo"),
            (day(2024, 11, 22), "23 mo"),
            (day(2024, 11, 21), "2 y"),
            (day(2008, 2, 29), "18 y"),
        ] {
            assert_eq!(Birth::on(born).age(today), told, "{born}");
        }
        assert_eq!(Birth::on(day(2026, 1, 10)).age(today), "10 mo");
        assert_eq!(Birth::on(day(1980, 11, 22)).age(today), "45 y");
    }
}
