//! The choice of a reference range: by method, sex, age at the collection, and condition.

use chrono::{Datelike as _, NaiveDate};

use super::{
    flag::Limits,
    value::shown,
    vocabulary::{Condition, RangeSex},
};
use crate::{
    core::LabRangeId,
    patients::{Birth, BirthPrecision, Sex},
};

/// A reference range of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceRange {
    pub id: LabRangeId,
    /// Empty for every method.
    pub method: String,
    pub sex: RangeSex,
    pub age_from_days: i64,
    /// The first age in days that it no longer holds for.
    pub age_to_days: Option<i64>,
    pub condition: Condition,
    pub limits: Limits,
    pub text: String,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
}

/// The patient and the moment that a range is chosen for.
#[derive(Clone, Copy, Debug)]
pub struct RangeFor<'a> {
    pub sex: Sex,
    pub birth: Birth,
    pub condition: Condition,
    pub method: &'a str,
    /// The day of the collection, at the clinic.
    pub day: NaiveDate,
}

/// The range that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChosenRange<'r> {
    None,
    One(&'r ReferenceRange),
    /// The ranges of women and men, for a patient whose sex is other or unknown.
    Both(&'r ReferenceRange, &'r ReferenceRange),
}

impl ReferenceRange {
    /// The range in words: `3.5–5`, `≥ 60`, `≤ 0.04`, or its text.
    pub fn words(&self) -> String {
        let range = match (self.limits.low, self.limits.high) {
            (Some(low), Some(high)) => format!("{}–{}", shown(low), shown(high)),
            (Some(low), None) => format!("≥ {}", shown(low)),
            (None, Some(high)) => format!("≤ {}", shown(high)),
            (None, None) => String::new(),
        };
        match (range.is_empty(), self.text.is_empty()) {
            (_, true) => range,
            (true, false) => self.text.clone(),
            (false, false) => format!("{range} ({})", self.text),
        }
    }

    fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day <= to)
    }

    /// Whether it holds for every age of the span, in days.
    fn holds_for(&self, (youngest, oldest): (i64, i64)) -> bool {
        self.age_from_days <= youngest && self.age_to_days.is_none_or(|to| oldest < to)
    }
}

/// Returns the youngest and the oldest age in days that the birth date allows on this day; `None` when it is unknown.
fn ages(birth: Birth, day: NaiveDate) -> Option<(i64, i64)> {
    let first = birth.date?;
    let last = match birth.precision {
        BirthPrecision::Unknown => return None,
        BirthPrecision::Day => first,
        BirthPrecision::Month => first.checked_add_months(chrono::Months::new(1))?.pred_opt()?,
        BirthPrecision::Year => NaiveDate::from_ymd_opt(first.year(), 12, 31)?,
    };
    let age = |born: NaiveDate| (day - born).num_days().max(0);
    Some((age(last), age(first)))
}

/// Chooses the range: the method's own before that of every method, the sex's before that of all, the condition's before that without one.
/// Where the birth date is not known to the day, a range counts only when it holds for every possible age.
pub fn choose<'r>(ranges: &'r [ReferenceRange], of: &RangeFor<'_>) -> ChosenRange<'r> {
    let Some(ages) = ages(of.birth, of.day) else { return ChosenRange::None };
    let fits = |range: &&ReferenceRange| {
        range.holds_on(of.day)
            && range.holds_for(ages)
            && (range.method.is_empty() || range.method == of.method)
            && (range.condition == Condition::None || range.condition == of.condition)
    };
    let best = |sexes: &[RangeSex]| {
        ranges
            .iter()
            .filter(fits)
            .filter(|range| sexes.contains(&range.sex))
            .min_by_key(|range| (range.method.is_empty(), range.condition == Condition::None, range.sex == RangeSex::Any))
    };
    let found = match of.sex {
        Sex::Female => best(&[RangeSex::Female, RangeSex::Any]),
        Sex::Male => best(&[RangeSex::Male, RangeSex::Any]),
        Sex::Other | Sex::Unknown => match (best(&[RangeSex::Female]), best(&[RangeSex::Male])) {
            (Some(female), Some(male)) => return ChosenRange::Both(female, male),
            _ => best(&[RangeSex::Any]),
        },
    };
    found.map_or(ChosenRange::None, ChosenRange::One)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::value::ONE;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).expect("a day")
    }

    fn range(sex: RangeSex, age: (i64, Option<i64>), low: i64) -> ReferenceRange {
        ReferenceRange {
            id: LabRangeId::new(),
            method: String::new(),
            sex,
            age_from_days: age.0,
            age_to_days: age.1,
            condition: Condition::None,
            limits: Limits { low: Some(low * ONE), ..Limits::default() },
            text: String::new(),
            valid_from: day(2020, 1, 1),
            valid_to: None,
            source: "test".to_owned(),
        }
    }

    fn of(sex: Sex, birth: Birth) -> RangeFor<'static> {
        RangeFor { sex, birth, condition: Condition::None, method: "", day: day(2026, 11, 29) }
    }

    fn low(chosen: &ChosenRange<'_>) -> Option<i64> {
        match chosen {
            ChosenRange::One(range) => range.limits.low.map(|low| low / ONE),
            ChosenRange::None | ChosenRange::Both(..) => None,
        }
    }

    const ADULT: i64 = 6_575;

    #[test]
    fn the_sex_s_own_range_comes_before_that_of_all() {
        let ranges =
            [range(RangeSex::Any, (ADULT, None), 1), range(RangeSex::Female, (ADULT, None), 2), range(RangeSex::Male, (ADULT, None), 3)];
        let adult = Birth::on(day(1980, 4, 18));
        assert_eq!(low(&choose(&ranges, &of(Sex::Female, adult))), Some(2));
        assert_eq!(low(&choose(&ranges, &of(Sex::Male, adult))), Some(3));
        assert_eq!(low(&choose(&ranges[..1], &of(Sex::Female, adult))), Some(1));
        assert!(matches!(choose(&ranges, &of(Sex::Unknown, adult)), ChosenRange::Both(..)));
        assert_eq!(low(&choose(&ranges[..2], &of(Sex::Other, adult))), Some(1), "only women have a range of their own");
    }

    #[test]
    fn a_child_has_no_range_of_adults() {
        let ranges = [range(RangeSex::Any, (ADULT, None), 1)];
        assert_eq!(choose(&ranges, &of(Sex::Female, Birth::on(day(2015, 6, 30)))), ChosenRange::None);
        let child = [range(RangeSex::Any, (0, Some(ADULT)), 7), range(RangeSex::Any, (ADULT, None), 1)];
        assert_eq!(low(&choose(&child, &of(Sex::Female, Birth::on(day(2015, 6, 30))))), Some(7));
    }

    #[test]
    fn the_age_is_counted_in_days_to_the_collection() {
        let ranges = [range(RangeSex::Any, (0, Some(28)), 1), range(RangeSex::Any, (28, None), 2)];
        for (born, found) in [(day(2026, 11, 2), 1), (day(2026, 11, 1), 2), (day(2026, 11, 29), 1)] {
            assert_eq!(low(&choose(&ranges, &of(Sex::Male, Birth::on(born)))), Some(found), "{born}");
        }
    }

    #[test]
    fn an_estimated_birth_date_counts_when_every_age_has_the_same_range() {
        let ranges = [range(RangeSex::Any, (0, Some(ADULT)), 1), range(RangeSex::Any, (ADULT, None), 2)];
        let year = |year: i32| Birth { date: Some(day(year, 1, 1)), precision: BirthPrecision::Year };
        assert_eq!(low(&choose(&ranges, &of(Sex::Male, year(1980)))), Some(2));
        assert_eq!(choose(&ranges, &of(Sex::Male, year(2008))), ChosenRange::None, "17 or 18");
        let month = Birth { date: Some(day(2008, 10, 1)), precision: BirthPrecision::Month };
        assert_eq!(low(&choose(&ranges, &of(Sex::Male, month))), Some(2));
        assert_eq!(choose(&ranges, &of(Sex::Male, Birth::UNKNOWN)), ChosenRange::None);
    }

    #[test]
    fn method_and_condition_come_first_and_validity_counts() {
        let own = ReferenceRange { method: "ISE".to_owned(), ..range(RangeSex::Any, (0, None), 1) };
        let fasting = ReferenceRange { condition: Condition::Fasting, ..range(RangeSex::Any, (0, None), 2) };
        let past = ReferenceRange { valid_to: Some(day(2026, 11, 28)), ..range(RangeSex::Female, (0, None), 3) };
        let ranges = [range(RangeSex::Any, (0, None), 4), own, fasting, past];
        let ana = of(Sex::Female, Birth::on(day(1980, 4, 18)));
        assert_eq!(low(&choose(&ranges, &ana)), Some(4), "no method is said, the patient has not fasted, the range of women has ended");
        assert_eq!(low(&choose(&ranges, &RangeFor { method: "ISE", ..ana })), Some(1));
        assert_eq!(low(&choose(&ranges, &RangeFor { condition: Condition::Fasting, ..ana })), Some(2));
    }
}
