//! A patient's death, as far as it is known: to the minute, the day, the month, the year, or not at all.

use chrono::{Datelike as _, NaiveDate};

use super::Birth;
use crate::{
    core::time::{Instant, Zone, show_date, show_date_time},
    patients::BirthPrecision,
    tr,
};

crate::text_enum! {
    /// How much of the day of death is known.
    pub enum DeathPrecision("deceased_precision") {
        Day = "day" => tr!(patients.death_to_the_day),
        Month = "month" => tr!(patients.death_to_the_month),
        Year = "year" => tr!(patients.death_to_the_year),
        Unknown = "unknown" => tr!(patients.death_day_unknown),
    }
}

/// A death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// The day; the first day of the month or year when only that is known, or the day on which the death was learned. From this day on the
    /// record is that of somebody who has died.
    pub day: NaiveDate,
    pub precision: DeathPrecision,
    /// The time, where it is known to the minute.
    pub at: Option<Instant>,
}

impl Death {
    /// A death on a known day.
    pub const fn on(day: NaiveDate) -> Self {
        Self { day, precision: DeathPrecision::Day, at: None }
    }

    /// A death at a known time.
    pub fn at(at: Instant, zone: Zone) -> Self {
        Self { at: Some(at), ..Self::on(zone.day(at)) }
    }

    /// A death of which the month or the year is known: `day` is any day in it.
    #[must_use]
    pub fn within(day: NaiveDate, precision: DeathPrecision) -> Self {
        let first = match precision {
            DeathPrecision::Month => day.with_day(1),
            DeathPrecision::Year => day.with_day(1).and_then(|first| first.with_month(1)),
            DeathPrecision::Day | DeathPrecision::Unknown => Some(day),
        };
        Self { day: first.unwrap_or(day), precision, at: None }
    }

    /// Returns the last day on which the patient may have died.
    pub fn last_day(&self) -> NaiveDate {
        let months = match self.precision {
            DeathPrecision::Day | DeathPrecision::Unknown => return self.day,
            DeathPrecision::Month => 1,
            DeathPrecision::Year => 12,
        };
        self.day.checked_add_months(chrono::Months::new(months)).and_then(|next| next.pred_opt()).unwrap_or(self.day)
    }

    /// Whether the death may have been before the birth only.
    pub fn is_before(&self, birth: Birth) -> bool {
        birth.date.is_some_and(|born| self.last_day() < born)
    }

    /// Returns `18 Apr 2020`, `4/2020`, `2020`, or a text for an unknown day.
    pub fn shown(&self) -> String {
        match self.precision {
            DeathPrecision::Day => show_date(self.day),
            DeathPrecision::Month => format!("{}/{}", self.day.month(), self.day.year()),
            DeathPrecision::Year => self.day.year().to_string(),
            DeathPrecision::Unknown => tr!(patients.death_day_unknown).to_owned(),
        }
    }

    /// Returns `Died 18 Apr 2020, 14:05`, `Died in 4/2020`, `Died in 2020`, or a text for an unknown day.
    ///
    /// The time is said where a time zone is given.
    pub fn sentence(&self, zone: Option<Zone>) -> String {
        match (self.precision, self.at.zip(zone)) {
            (DeathPrecision::Day, Some((at, zone))) => tr!(patients.deceased_on, date = show_date_time(zone.local(at))),
            (DeathPrecision::Day, None) => tr!(patients.deceased_on, date = show_date(self.day)),
            (DeathPrecision::Month | DeathPrecision::Year, _) => tr!(patients.deceased_in, when = self.shown()),
            (DeathPrecision::Unknown, _) => tr!(patients.deceased_day_unknown).to_owned(),
        }
    }

    /// Returns the age that the patient reached: about, when only the year of the death is known.
    pub fn age(&self, birth: Birth) -> String {
        match self.precision {
            DeathPrecision::Day | DeathPrecision::Month => birth.age(self.day),
            DeathPrecision::Year => Birth { precision: birth.precision.min_year(), ..birth }.age(self.day),
            DeathPrecision::Unknown => Birth::UNKNOWN.age(self.day),
        }
    }

    /// Returns the death for FHIR's `deceasedDateTime`; `None` when no day is known.
    pub fn exchanged(&self) -> Option<String> {
        let day = self.day;
        match (self.precision, self.at) {
            (DeathPrecision::Day, Some(at)) => Some(at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            (DeathPrecision::Day, None) => Some(day.to_string()),
            (DeathPrecision::Month, _) => Some(format!("{:04}-{:02}", day.year(), day.month())),
            (DeathPrecision::Year, _) => Some(format!("{:04}", day.year())),
            (DeathPrecision::Unknown, _) => None,
        }
    }
}

impl BirthPrecision {
    /// The precision of an age that is counted to a year alone.
    const fn min_year(self) -> Self {
        match self {
            Self::Unknown => Self::Unknown,
            Self::Day | Self::Month | Self::Year => Self::Year,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_death_is_shown_and_compared_as_far_as_it_is_known() {
        let zone = Zone::named("America/New_York");
        let born = Birth::on(day("1980-06-15"));
        let at = Death::at("2020-03-02T02:05:00Z".parse().expect("an instant"), zone);
        let month = Death::within(day("2020-03-17"), DeathPrecision::Month);
        let year = Death::within(day("2020-03-17"), DeathPrecision::Year);
        let unknown = Death::within(day("2020-03-17"), DeathPrecision::Unknown);
        for (death, sentence, last, age, fhir) in [
            (at, "Died 1 Mar 2020, 21:05", "2020-03-01", "39 y", Some("2020-03-02T02:05:00Z")),
            (Death::on(day("2020-03-17")), "Died 17 Mar 2020", "2020-03-17", "39 y", Some("2020-03-17")),
            (month, "Died in 3/2020", "2020-03-31", "39 y", Some("2020-03")),
            (year, "Died in 2020", "2020-12-31", "about 39 y", Some("2020")),
            (unknown, "Died, day not known", "2020-03-17", "age not known", None),
        ] {
            assert_eq!(death.sentence(Some(zone)), sentence);
            assert_eq!(death.last_day(), day(last), "{sentence}");
            assert_eq!(death.age(born), age, "{sentence}");
            assert_eq!(death.exchanged().as_deref(), fhir, "{sentence}");
        }
        // A child of 20 March may have died in that month and year, and not on the 17th.
        let child = Birth::on(day("2020-03-20"));
        assert!(!month.is_before(child) && !year.is_before(child) && Death::on(day("2020-03-17")).is_before(child));
    }
}
