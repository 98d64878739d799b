//! Conditions: the diagnoses of encounters and the entries of the problem list.

use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Concept, Quantity, Reference};
use super::dates::{Period, Precision, date, figures, moment};
use super::known::{Known, Outcome, Resource, Rows, Use};
use super::trouble::Trouble;
use crate::clinical::icd10;
use crate::core::{DiagnosisId, PatientId, ProblemId, UserId, time::Instant};
use crate::imports::store::{Diagnosis, Row, Table};
use crate::row;

/// A diagnosis of an encounter, or an entry of the problem list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Condition {
    #[serde(rename = "modifierExtension")]
    modifiers: Vec<serde_json::Value>,
    #[serde(rename = "clinicalStatus")]
    clinical: Concept,
    #[serde(rename = "verificationStatus")]
    verification: Concept,
    category: Vec<Concept>,
    code: Concept,
    subject: Reference,
    encounter: Reference,
    #[serde(rename = "onsetDateTime")]
    onset: String,
    #[serde(rename = "onsetAge")]
    onset_age: Quantity,
    #[serde(rename = "onsetPeriod")]
    onset_period: Period,
    #[serde(rename = "onsetRange")]
    onset_range: OnsetRange,
    #[serde(rename = "onsetString")]
    onset_words: String,
    #[serde(rename = "abatementDateTime")]
    abated: String,
    #[serde(rename = "abatementString")]
    abated_words: String,
    recorder: Reference,
    asserter: Reference,
    #[serde(rename = "recordedDate")]
    recorded: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OnsetRange {
    low: Quantity,
    high: Quantity,
}

/// The systems of codes that diagnoses have here.
const ICD: [&str; 4] = ["icd-10-cm", "icd-10", "2.16.840.1.113883.6.90", "2.16.840.1.113883.6.3"];
/// SNOMED CT: no current problems or disability.
const NO_PROBLEMS: &str = "160245001";

impl Condition {
    fn is(&self, category: &str) -> bool {
        self.category.iter().any(|concept| concept.has(category))
    }

    /// Returns the code with its dot: the one of ICD-10, otherwise the first.
    fn code(&self) -> String {
        let icd = ICD.iter().find_map(|system| self.code.code_of(system));
        let code = icd.map_or_else(|| self.code.code(), |coding| &coding.code);
        icd10::lookup(code).filter(|_| icd.is_some()).map_or_else(|| code.to_owned(), |listed| listed.code.to_owned())
    }

    /// Returns the official wording of the code; the source's own words stay with the problem.
    fn official(&self, known: &mut Known) -> String {
        match icd10::lookup(&self.code()) {
            Some(listed) => listed.description.to_owned(),
            None => known.fit("code", self.code.words(), 500),
        }
    }

    fn states_none(&self) -> bool {
        self.code.has(NO_PROBLEMS) || self.code.words().to_lowercase().starts_with("no known ")
    }

    fn by(&self, known: &mut Known) -> UserId {
        let recorder = if self.recorder.is_empty() { ("asserter", &self.asserter) } else { ("recorder", &self.recorder) };
        known.user(recorder.0, [recorder.1])
    }

    /// Returns when it was recorded. A date that cannot be read is told.
    fn recorded_at(&self, known: &mut Known) -> Instant {
        moment(&self.recorded, known.zone).unwrap_or(known.now)
    }

    /// Returns one row for each encounter that names this condition.
    fn diagnoses(&self, id: &str, known: &mut Known) -> Vec<Row> {
        let Ok(patient) = known.patient("subject", &self.subject) else { return Vec::new() };
        let certainty = if self.verification.has("confirmed") { "confirmed" } else { "provisional" };
        let mut uses: Vec<Use> = known.uses_of(id).filter(|used| used.patient == patient).collect();
        if let Ok(Some((encounter, _))) = known.encounter(&self.encounter, patient)
            && !self.is("problem-list-item")
            && uses.iter().all(|used| used.encounter != encounter)
        {
            uses.push(Use { encounter, patient, primary: false });
        }
        if uses.is_empty() {
            return Vec::new();
        }
        let (recorded_at, recorded_by) = (self.recorded_at(known), self.by(known));
        let (code, description) = (known.fit("code", &self.code(), 20), self.official(known));
        let diagnosis = |used: Use| {
            Row::Diagnosis(Diagnosis {
                id: DiagnosisId::new(),
                encounter: used.encounter,
                patient,
                code: code.clone(),
                description: description.clone(),
                certainty,
                primary: used.primary,
                recorded_at,
                recorded_by,
            })
        };
        uses.into_iter().map(diagnosis).collect()
    }

    fn ruled_out(&self) -> bool {
        self.verification.has("refuted") || self.verification.has("entered-in-error")
    }

    /// Returns the day of the onset, and words for an onset that is not known to the day.
    fn since(&self, known: &mut Known) -> (Option<chrono::NaiveDate>, String) {
        let text = if self.onset.is_empty() { &self.onset_period.start } else { &self.onset };
        if let Some((day, precision)) = date(text) {
            return match precision {
                Precision::Day => (Some(day), String::new()),
                Precision::Month | Precision::Year => (None, figures(day, precision)),
            };
        }
        if !text.is_empty() {
            known.tell(Trouble::new("onsetDateTime", "not a date: kept in words").about(text));
            return (None, text.clone());
        }
        let age = |quantity: &Quantity| quantity.words().map(|words| words.strip_suffix(" a").map_or(words.clone(), |n| format!("{n} y")));
        let range = (age(&self.onset_range.low), age(&self.onset_range.high));
        let words = match (age(&self.onset_age), range) {
            (Some(age), _) => format!("age {age}"),
            (None, (Some(low), Some(high))) => format!("{low}–{high}"),
            (None, (Some(one), None) | (None, Some(one))) => one,
            (None, (None, None)) => self.onset_words.clone(),
        };
        (None, words)
    }

    /// Returns the entry of the problem list.
    fn problem(&self, local: Uuid, patient: PatientId, known: &mut Known) -> Row {
        let over = !self.abated.is_empty() || !self.abated_words.is_empty();
        let clinical = match self.clinical.one_of(&["active", "recurrence", "relapse", "inactive", "remission", "resolved"]) {
            Some("inactive" | "remission") => "inactive",
            Some("resolved") => "resolved",
            None if over => "resolved",
            _ => "active",
        };
        let verification = match self.verification.one_of(&["confirmed", "refuted"]) {
            Some("confirmed") => "confirmed",
            Some(_) => "refuted",
            None => "provisional",
        };
        let (onset, since) = self.since(known);
        // An onset that is not known to the day stands in words: a year has no first day.
        let description = if since.is_empty() { self.code.words().to_owned() } else { format!("{} ({since})", self.code.words()) };
        let code = known.fit("code", &self.code(), 20);
        let (recorded, by) = (self.recorded_at(known), self.by(known));
        let description = known.fit("code", &description, 500);
        Row::Insert(Table::Problems, row![ProblemId(local), patient, code, description, clinical, verification, onset, recorded, by])
    }
}

impl Resource for Condition {
    const KIND: &'static str = "Condition";

    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let patient = known.patient("subject", &self.subject)?;
        if !self.modifiers.is_empty() {
            return Ok(Outcome::kept(patient, "modifierExtension", "changes the meaning of the whole resource"));
        }
        known.encounter(&self.encounter, patient)?;
        if self.code.words().is_empty() {
            return Err(Trouble::new("code", "missing"));
        }
        if self.verification.has("entered-in-error") {
            return Ok(Outcome::kept(patient, "verificationStatus", "entered in error"));
        }
        if self.states_none() {
            return Ok(Outcome::kept(patient, "code", "states that there is no problem, and is none"));
        }
        if !self.recorded.is_empty() && moment(&self.recorded, known.zone).is_none() {
            known.tell(Trouble::new("recordedDate", "not a date: recorded on the day of the import").about(&self.recorded));
        }
        let mut rows = if self.ruled_out() { Vec::new() } else { self.diagnoses(id, known) };
        // A diagnosis without an encounter stands in the problem list.
        let listed = self.is("problem-list-item") || rows.is_empty();
        if listed {
            rows.push(self.problem(local, patient, known));
        }
        // The diagnosis of an encounter has the id of its row; an encounter that already has the diagnosis gets no
        // second row.
        let first = rows.iter().find_map(|row| if let Row::Diagnosis(diagnosis) = row { Some(diagnosis.id.0) } else { None });
        let local = if listed { local } else { first.unwrap_or(local) };
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }

    fn again(&self, id: &str, known: &mut Known) -> Vec<Row> {
        if self.ruled_out() { Vec::new() } else { self.diagnoses(id, known) }
    }
}
