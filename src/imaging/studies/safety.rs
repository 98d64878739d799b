//! The rules of safety: which questions are asked, and which answer follows from the record.
//!
//! Source of the figures: American College of Radiology, Manual on Contrast Media, 2024: contrast into a vein needs a radiologist's decision
//! below an eGFR of 30 mL/min/1.73 m², and a recent eGFR (30 days) from patients at risk: known kidney disease, diabetes, age above 60. Below 30,
//! metformin is stopped for 48 hours when iodine is given.

use chrono::{Duration, NaiveDate};

use crate::{
    core::time::{Instant, years_between},
    formulary::names,
    imaging::{
        catalogue::ImagingProcedure,
        vocabulary::{ContrastRoute, Modality, SafetyAnswer, SafetyQuestion},
    },
    patients::{Allergy, Birth, Sex},
};

/// Below this eGFR a radiologist decides, in millionths of mL/min/1.73 m².
pub const LEAST_EGFR: i64 = 30_000_000;
/// Days after which an eGFR is too old.
pub const EGFR_DAYS: i64 = 30;
/// Above this age a patient is at risk.
const AGE_AT_RISK: i64 = 60;
/// Days for which a positive pregnancy test counts: 42 weeks, from which on a pregnancy is post-term (WHO, ICD-10, O48).
pub const PREGNANT_DAYS: i64 = 294;
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

/// Whether a text names a contrast medium: one of the list of medicines, or a word with the INN stem `io-` or `gado-` (WHO, "The use of stems in the
/// selection of INNs", 2018), or another name of ATC group V08. The text is a person's words, so a part of a word is enough.
fn names_contrast(text: &str) -> bool {
    const PARTS: [&str; 17] = [
        "contrast",
        "iodin",
        "yod",
        "lipiodol",
        "diatriz",
        "amidotriz",
        "metriz",
        "iodone",
        "methiodal",
        "tyropano",
        "gado",
        "mangafodipir",
        "ferumox",
        "ferristen",
        "perflu",
        "hexafluor",
        "sulfato de bario",
    ];
    let text = text.to_lowercase();
    let stem = |word: &String| word.starts_with("io") && word.len() >= 6;
    PARTS.iter().any(|part| text.contains(part))
        || text.contains("barium")
        || names::words(&text).iter().any(stem)
        || names::read(&text).classes.iter().any(|class| ["iodine_contrast", "gadolinium"].contains(class))
}

/// Returns the allergies of the record that name a contrast medium.
pub fn contrast_allergies(allergies: &[Allergy]) -> Vec<String> {
    allergies
        .iter()
        .filter(|allergy| allergy.counts() && names_contrast(&allergy.substance))
        .map(|allergy| allergy.substance.clone())
        .collect()
}

/// Whether metformin is stopped for 48 hours: iodine goes into a vein below the limit of the filtration rate, and a medicine has it.
pub fn stops_metformin<'m>(
    (modality, contrast): (Modality, ContrastRoute),
    last: Option<&LastEgfr>,
    medicines: impl IntoIterator<Item = &'m str>,
) -> bool {
    contrast == ContrastRoute::Iv
        && modality != Modality::Mr
        && last.is_some_and(|last| last.millionths < LEAST_EGFR)
        && medicines.into_iter().any(|drug| names::read(drug).substances.contains("metformin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_media_are_known_by_their_names_and_stems() {
        for text in [
            "Iodinated contrast",
            "gadobutrol",
            "Iomeprol",
            "iopromide",
            "Iodixanol",
            "ioversol",
            "iobitridol",
            "Ioxaglate",
            "Iopamidol 370",
            "Contraste yodado",
            "Visipaque",
            "Omnipaque",
            "gadolinio",
            "Gadoteric acid",
            "Meglumine diatrizoate",
            "adipiodone",
            "perflutren",
            "Sulphur hexafluoride",
            "Barium sulfate",
        ] {
            assert!(names_contrast(text), "{text}");
        }
        for text in ["Penicillin", "Amiodarone", "Ion", "Latex", "Liothyronine", "Barbiturates", "Gold"] {
            assert!(!names_contrast(text), "{text}");
        }
    }

    #[test]
    fn metformin_is_stopped_when_iodine_meets_weak_kidneys() {
        let last = |value: i64| LastEgfr { millionths: value * 1_000_000, shown: value.to_string(), measured_at: Instant::default() };
        let (ct, weak, fair) = ((Modality::Ct, ContrastRoute::Iv), last(29), last(30));
        for (of, last, drug, stops) in [
            (ct, Some(&weak), "Metformin 500 mg tablet", true),
            (ct, Some(&weak), "Metformina 850 mg comprimido", true),
            (ct, Some(&weak), "Glucophage", true),
            (ct, Some(&weak), "Amlodipine", false),
            (ct, Some(&fair), "Metformin", false),
            (ct, None, "Metformin", false),
            ((Modality::Mr, ContrastRoute::Iv), Some(&weak), "Metformin", false),
            ((Modality::Ct, ContrastRoute::Oral), Some(&weak), "Metformin", false),
        ] {
            assert_eq!(stops_metformin(of, last, [drug]), stops, "{drug}");
        }
    }

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
