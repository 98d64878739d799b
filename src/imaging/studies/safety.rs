//! The rules of safety: which questions are asked, and which answer follows from the record.
//!
//! Source of the figures: American College of Radiology, Manual on Contrast Media, 2024: contrast into a vein needs a radiologist's decision
//! below an eGFR of 30 mL/min/1.73 m², and a recent eGFR (30 days) from patients at risk: known kidney disease, diabetes, age above 60.

use chrono::{Duration, NaiveDate};

use crate::{
    core::time::{Instant, years_between},
    imaging::{
        catalogue::ImagingProcedure,
        vocabulary::{ContrastRoute, SafetyAnswer, SafetyQuestion},
    },
    patients::{Allergy, Birth, Sex},
};

/// Below this eGFR a radiologist decides, in millionths of mL/min/1.73 m².
pub const LEAST_EGFR: i64 = 30_000_000;
/// Days after which an eGFR is too old.
pub const EGFR_DAYS: i64 = 30;
/// Above this age a patient is at risk.
const AGE_AT_RISK: i64 = 60;
/// The ages at which a pregnancy is possible, in years.
const FERTILE: std::ops::RangeInclusive<i64> = 12..=55;

/// The last eGFR of the laboratory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastEgfr {
    /// Millionths of mL/min/1.73 m².
    pub millionths: i64,
    /// The value with its unit, for screens.
    pub shown: String,
    pub measured_at: Instant,
}

/// The age in years, when the birth date is known at all.
pub fn age(birth: Birth, today: NaiveDate) -> Option<i64> {
    birth.date.map(|date| years_between(date, today))
}

/// Returns the questions that are asked for a procedure of a patient.
pub fn questions(procedure: &ImagingProcedure, sex: Sex, birth: Birth, today: NaiveDate) -> Vec<SafetyQuestion> {
    let mut questions = procedure.questions();
    let matters = procedure.ionising || procedure.contrast == ContrastRoute::Iv;
    let possible = sex != Sex::Male && age(birth, today).is_none_or(|age| FERTILE.contains(&age));
    if matters && possible {
        questions.insert(0, SafetyQuestion::Pregnancy);
    }
    questions
}

/// Returns the answer about the kidneys that follows from the last eGFR, from what the patient says about a risk, and from the age.
pub fn kidney(last: Option<&LastEgfr>, said: SafetyAnswer, age: Option<i64>, now: Instant) -> SafetyAnswer {
    let recent = last.filter(|last| now - last.measured_at <= Duration::days(EGFR_DAYS));
    match recent {
        Some(last) if last.millionths < LEAST_EGFR => SafetyAnswer::Yes,
        Some(_) => SafetyAnswer::No,
        None if said == SafetyAnswer::No && age.is_some_and(|age| age <= AGE_AT_RISK) => SafetyAnswer::No,
        None => SafetyAnswer::Unknown,
    }
}

/// Returns the allergies of the record that name a contrast medium. The text is a person's words, so a part of a word is enough.
pub fn contrast_allergies(allergies: &[Allergy]) -> Vec<String> {
    const PARTS: [&str; 6] = ["contrast", "iodin", "yod", "gadol", "iohex", "iopam"];
    let names = |allergy: &&Allergy| {
        let substance = allergy.substance.to_lowercase();
        allergy.counts() && PARTS.iter().any(|part| substance.contains(part))
    };
    allergies.iter().filter(names).map(|allergy| allergy.substance.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kidneys_are_judged_by_the_laboratory_first() {
        let now: Instant = "2026-11-29T12:00:00Z".parse().expect("an instant");
        let egfr = |value: i64, days: i64| LastEgfr {
            millionths: value * 1_000_000,
            shown: value.to_string(),
            measured_at: now - Duration::days(days),
        };
        use SafetyAnswer::{No, Unknown, Yes};
        for (last, said, age, expected) in [
            (Some((29, 1)), No, Some(30), Yes),
            (Some((30, 1)), Yes, Some(70), No),
            (Some((90, 30)), Yes, Some(70), No),
            (Some((90, 31)), Yes, Some(40), Unknown),
            (Some((15, 31)), No, Some(40), No),
            (None, No, Some(60), No),
            (None, No, Some(61), Unknown),
            (None, No, None, Unknown),
            (None, Unknown, Some(40), Unknown),
            (None, Yes, Some(40), Unknown),
        ] {
            let last = last.map(|(value, days)| egfr(value, days));
            assert_eq!(kidney(last.as_ref(), said, age, now), expected, "{last:?} {said} {age:?}");
        }
    }
}
