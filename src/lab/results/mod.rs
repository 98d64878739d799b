//! Results: entered at the bench, checked, released by a second person, corrected as versions.
//!
//! | analysis | becomes | by |
//! |---|---|---|
//! | `ready`, `sent_out` | `entered` | a value is entered; calculated values follow by themselves |
//! | `entered` | `checked` | the technician checks it: a critical value opens its call |
//! | `checked` | `released` | a second person, or autorelease when nothing stands out |
//! | `entered`, `checked` | `ready` | it is measured again; the version is kept |
//!
//! A released result is never changed. A correction is a new version, which a second person releases; until then the old one is marked as
//! withdrawn. The second person can take the correction back instead: the old one stands again. A calculated result is released after the results
//! that it follows from (`results_inputs_released`).

mod anew;
mod checks;
mod entry;
mod release;
mod store;
mod taken_back;
mod trend;
mod worklist;

use super::{
    catalogue::{Catalogue, LabTest},
    flag::{Flag, Limits},
    value::{Comparator, Measured, localised},
    vocabulary::{AbsentReason, ResultKind},
};
use crate::{
    core::{ClinicId, LabAnalysisId, LabChoiceId, LabResultId, LabTestId, PatientId, UserId, time::Instant},
    tr,
};

pub use anew::{Rejudgement, RejudgementState, correct_listed, count_listed, judge_waiting, keep_listed, listed};
pub use checks::Finding;
pub use entry::{EntryForm, check, correct, enter, hold, import, repeat, send_out};
pub use release::{release, settle_portal, tell_late};
pub(super) use store::is_one_free;
pub use store::{current, in_portal, of_patient, of_report, of_reports, result, versions_of};
pub use taken_back::take_back;
pub use trend::before;
pub use worklist::{BenchFilter, BenchRow, ReleaseRow, bench_list, benches, to_release};

/// A version of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabResult {
    pub id: LabResultId,
    pub analysis_id: LabAnalysisId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub test_id: LabTestId,
    pub version: i64,
    pub kind: ResultKind,
    pub value_text: String,
    pub millionths: Option<i64>,
    pub comparator: Comparator,
    pub choice_id: Option<LabChoiceId>,
    pub absent_reason: Option<AbsentReason>,
    /// The result in words.
    pub text: String,
    pub comment: String,
    pub unit: String,
    pub flag: Flag,
    pub limits: Limits,
    pub range_text: String,
    pub range_confirmed: bool,
    pub findings: Vec<Finding>,
    pub method: String,
    pub measured_at: Instant,
    pub entered_at: Instant,
    pub entered_by: UserId,
    pub enterer: String,
    pub checked_at: Option<Instant>,
    pub checker: Option<String>,
    pub released_at: Option<Instant>,
    pub releaser: Option<String>,
    pub autoreleased: bool,
    pub portal_from: Option<Instant>,
    /// The reason of a correction; empty for a first version.
    pub correction: String,
    pub superseded_at: Option<Instant>,
}

impl LabResult {
    /// The measured value.
    pub fn measured(&self) -> Option<Measured> {
        let millionths = self.millionths?;
        Some(Measured { text: self.value_text.clone(), millionths, comparator: self.comparator })
    }

    /// The value for screens, without its unit: `5.9`, `Negative`, a text, or why there is none.
    pub fn shown(&self, catalogue: &Catalogue) -> String {
        match self.kind {
            ResultKind::Quantity => localised(&self.value_text),
            ResultKind::Choice => {
                let choice = self.choice_id.and_then(|id| catalogue.choice(id));
                choice.map_or_else(|| self.value_text.clone(), |choice| choice.name().to_owned())
            }
            ResultKind::Text => self.text.clone(),
            ResultKind::Absent => {
                let reason = self.absent_reason.map_or("", AbsentReason::words);
                tr!(lab.no_value, reason = reason)
            }
        }
    }

    /// The value with its unit.
    pub fn with_unit(&self, catalogue: &Catalogue) -> String {
        let unit = shown_unit(&self.unit);
        match (self.kind, unit.is_empty()) {
            (ResultKind::Quantity, false) => format!("{} {unit}", self.shown(catalogue)),
            _ => self.shown(catalogue),
        }
    }

    /// Whether it is the version that counts, and released.
    pub const fn is_reported(&self) -> bool {
        self.released_at.is_some() && self.superseded_at.is_none()
    }
}

/// Returns the unit as people write it: UCUM has brackets, braces and stars.
pub fn shown_unit(unit: &str) -> String {
    match unit {
        "[pH]" | "{INR}" | "1" => String::new(),
        "mm[Hg]" => "mmHg".to_owned(),
        "mL/min/{1.73_m2}" => "mL/min/1.73 m²".to_owned(),
        other => other.replace("10*", "10^").replace(['[', ']', '{', '}'], "").replace("ug/", "µg/").replace("/uL", "/µL"),
    }
}

/// Returns the name of a test with its unit, for the head of a column.
pub fn with_unit(test: &LabTest) -> String {
    let unit = shown_unit(&test.unit);
    if unit.is_empty() { test.name().to_owned() } else { format!("{}, {unit}", test.name()) }
}

#[cfg(test)]
mod tests {
    use super::shown_unit;

    #[test]
    fn units_are_written_as_people_write_them() {
        for (ucum, shown) in [
            ("mmol/L", "mmol/L"),
            ("10*3/uL", "10^3/µL"),
            ("mm[Hg]", "mmHg"),
            ("[pH]", ""),
            ("{INR}", ""),
            ("m[IU]/L", "mIU/L"),
            ("ug/dL", "µg/dL"),
            ("mL/min/{1.73_m2}", "mL/min/1.73 m²"),
        ] {
            assert_eq!(shown_unit(ucum), shown, "{ucum}");
        }
    }
}
