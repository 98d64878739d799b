//! The age by which values are judged: known from the birth date, stated by the nurse, or otherwise an adult's.

#[cfg(feature = "ssr")]
use chrono::NaiveDate;

#[cfg(feature = "ssr")]
use super::Vitals;
#[cfg(feature = "ssr")]
use crate::core::time::{Instant, Zone, months_between};
use crate::tr;

/// The age in months from which the adult early-warning score and its limits apply: 16 years.
pub const ADULT_MONTHS: i64 = 16 * 12;

crate::text_enum! {
    /// The age group that a nurse states for a patient whose birth date is unknown.
    pub enum AgeGroup("age_group") {
        Infant = "infant" => tr!(opd.age_infant),
        Toddler = "toddler" => tr!(opd.age_toddler),
        School = "school" => tr!(opd.age_school),
        Teen = "teen" => tr!(opd.age_teen),
        Adult = "adult" => tr!(opd.age_adult),
    }
}

impl AgeGroup {
    /// Returns an age in the middle of the group, in months.
    pub const fn months(self) -> i64 {
        match self {
            Self::Infant => 6,
            Self::Toddler => 36,
            Self::School => 102,
            Self::Teen => 174,
            Self::Adult => 40 * 12,
        }
    }
}

/// The ages of one patient at the times of measurements, counted by the local date of the clinic of the measurement's
/// visit.
#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug)]
pub struct Ages {
    birth: Option<NaiveDate>,
    /// The time zone for measurements whose set names no visit.
    zone: Zone,
}

#[cfg(feature = "ssr")]
impl Ages {
    /// Creates the ages of a patient with this birth date, at a clinic in this time zone.
    pub const fn new(birth: Option<NaiveDate>, zone: Zone) -> Self {
        Self { birth, zone }
    }

    /// Returns the birth date, if it is known.
    pub const fn birth(self) -> Option<NaiveDate> {
        self.birth
    }

    /// Whether the birth date is known.
    pub const fn are_known(self) -> bool {
        self.birth.is_some()
    }

    /// Returns the age at a moment in whole months, if the birth date is known.
    pub fn known_at(self, at: Instant) -> Option<i64> {
        self.birth.map(|birth| months_between(birth, self.zone.day(at)))
    }

    /// Returns the age in whole months by which values taken at a moment are judged. A patient of unknown age counts as an adult
    /// unless the nurse stated a child's age group.
    pub fn at(self, at: Instant, stated: Option<AgeGroup>) -> i64 {
        self.known_at(at).unwrap_or_else(|| stated.unwrap_or(AgeGroup::Adult).months())
    }

    /// Returns the age in whole months by which a recorded set is judged.
    pub fn of(self, set: &Vitals) -> i64 {
        Self { zone: set.zone.unwrap_or(self.zone), ..self }.at(set.taken_at, set.age_group)
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn an_age_changes_at_the_clinic_s_midnight() {
        let birth = NaiveDate::from_ymd_opt(2010, 11, 25);
        let los_angeles = Ages::new(birth, Zone::named("America/Los_Angeles"));
        let at = |text: &str| text.parse::<Instant>().expect("an instant");
        assert_eq!(los_angeles.at(at("2026-11-25T07:30:00Z"), None), 16 * 12 - 1, "the evening before the birthday");
        assert_eq!(los_angeles.at(at("2026-11-25T08:00:00Z"), None), 16 * 12);
        let madrid = Ages::new(birth, Zone::named("Europe/Madrid"));
        assert_eq!(madrid.at(at("2026-11-24T23:30:00Z"), None), 16 * 12, "half past midnight on the birthday");
    }

    #[test]
    fn an_unknown_age_is_an_adult_s_unless_a_child_is_stated() {
        let unknown = Ages::new(None, Zone::named("UTC"));
        let now = Instant::default();
        assert!(unknown.at(now, None) >= ADULT_MONTHS && unknown.at(now, Some(AgeGroup::Adult)) >= ADULT_MONTHS);
        assert_eq!(unknown.at(now, Some(AgeGroup::Infant)), 6);
        assert!(AgeGroup::ALL.iter().filter(|group| **group != AgeGroup::Adult).all(|group| group.months() < ADULT_MONTHS));
    }
}
