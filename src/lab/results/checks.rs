//! The checks of a value: plausible, linear range, delta, interference, and whether the blood may be of another patient.

use super::LabResult;
use crate::{
    core::{Error, LabTestId, Result, time::Instant},
    lab::{
        catalogue::{Catalogue, LabTest},
        delta::{OTHER_PATIENT, OTHER_PATIENT_CHANGES, PreviousValue},
        flag::{Flag, Limits, judge, judge_both},
        range::{ChosenRange, RangeFor, ReferenceRange, choose},
        value::{Measured, shown},
    },
    patients::Sex,
    tr,
};

crate::text_enum! {
    /// A finding of the checks, which a person looks at before the release.
    pub enum Finding("finding") {
        /// The value changed more than the delta rule allows.
        Delta = "delta" => tr!(lab.finding_delta),
        /// The value is outside of the linear range: dilute and repeat.
        Linear = "linear" => tr!(lab.finding_linear),
        /// The sample is haemolysed, icteric or lipaemic.
        Interference = "interference" => tr!(lab.finding_interference),
        /// Several values changed at once: the blood may be of another patient.
        OtherPatient = "other_patient" => tr!(lab.finding_other_patient),
        /// The birth date or the sex of the patient was corrected after the value was entered.
        CorrectedFacts = "corrected_facts" => tr!(lab.finding_corrected_facts),
    }
}

/// Reads findings as they are stored, separated by spaces.
pub fn findings(stored: &str) -> Vec<Finding> {
    stored.split(' ').filter_map(|word| word.parse().ok()).collect()
}

/// Writes findings as they are stored.
pub fn stored(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.as_str()).collect::<Vec<_>>().join(" ")
}

/// Refuses a value that no patient can have.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub fn refuse_implausible(field: &str, test: &LabTest, value: &Measured) -> Result<()> {
    let below = test.plausible_low.is_some_and(|limit| value.millionths < limit);
    let above = test.plausible_high.is_some_and(|limit| value.millionths > limit);
    if !below && !above {
        return Ok(());
    }
    let (low, high) = (test.plausible_low.map(shown).unwrap_or_default(), test.plausible_high.map(shown).unwrap_or_default());
    Err(Error::invalid(field, tr!(lab.implausible, low = low, high = high, unit = super::shown_unit(&test.unit))))
}

/// The range of a result, as it is kept with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub limits: Limits,
    pub text: String,
    pub flag: Flag,
}

/// Judges a value by the range of the patient.
pub fn judged(catalogue: &Catalogue, test: &LabTest, of: &RangeFor<'_>, value: &Measured) -> Snapshot {
    let ranges = catalogue.ranges_of(test.id);
    // A range of pregnancy says so. Where a test has one, the general range says that it is general: no pregnancy is stated, or none of its trimester.
    let has_pregnancy = of.sex != Sex::Male && ranges.iter().any(|range| range.condition.is_pregnancy());
    let named = |range: &ReferenceRange| match (range.condition.is_pregnancy(), has_pregnancy) {
        (true, _) => tr!(lab.range_named, range = range.words(), name = range.condition.words().to_lowercase()),
        (false, true) => tr!(lab.range_named, range = range.words(), name = tr!(lab.range_general)),
        (false, false) => range.words(),
    };
    match choose(ranges, of) {
        ChosenRange::None => Snapshot::default(),
        ChosenRange::One(range) => Snapshot { limits: range.limits, text: named(range), flag: judge(value, range.limits, test.decimals) },
        // Both ranges are printed; the limits of neither are kept.
        ChosenRange::Both(female, male) => Snapshot {
            limits: Limits::default(),
            text: tr!(lab.both_ranges, female = named(female), male = male.words()),
            flag: judge_both(value, female.limits, male.limits, test.decimals),
        },
    }
}

/// The haemolysis, icterus and lipaemia indices of a sample.
pub type Indices = [Option<i64>; 3];

/// Checks a value against its linear range, its delta rules and the sample's indices.
pub fn check(
    catalogue: &Catalogue,
    test: &LabTest,
    value: &Measured,
    previous: Option<&PreviousValue>,
    at: Instant,
    indices: Indices,
) -> Vec<Finding> {
    let mut found = Vec::new();
    if previous.is_some_and(|previous| catalogue.deltas_of(test.id).iter().any(|rule| rule.holds(previous, value, at))) {
        found.push(Finding::Delta);
    }
    let outside =
        test.linear_low.is_some_and(|limit| value.millionths < limit) || test.linear_high.is_some_and(|limit| value.millionths > limit);
    if outside {
        found.push(Finding::Linear);
    }
    if indices.into_iter().flatten().any(|index| index > 0) {
        found.push(Finding::Interference);
    }
    found
}

/// Whether so many values of the list changed at once that the blood may be of another patient.
pub fn may_be_of_another(catalogue: &Catalogue, results: &[LabResult], new: (LabTestId, &[Finding])) -> bool {
    let is_listed = |id: LabTestId| catalogue.test(id).is_ok_and(|test| OTHER_PATIENT.contains(&test.code.as_str()));
    let mut changed: Vec<LabTestId> = results
        .iter()
        .filter(|result| result.superseded_at.is_none() && result.findings.contains(&Finding::Delta))
        .map(|result| result.test_id)
        .chain(new.1.contains(&Finding::Delta).then_some(new.0))
        .filter(|id| is_listed(*id))
        .collect();
    changed.sort_unstable();
    changed.dedup();
    changed.len() >= OTHER_PATIENT_CHANGES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_stored_as_words() {
        let all = Finding::ALL.to_vec();
        assert_eq!(findings(&stored(&all)), all);
        assert_eq!((findings(""), stored(&[])), (Vec::new(), String::new()));
    }
}
