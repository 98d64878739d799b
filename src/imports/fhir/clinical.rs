//! Clinical resources: encounters, conditions, allergies and intolerances.

use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Concept, Period, Reference, cut, date, moment};
use super::known::{Known, Local, Outcome, Resource, Rows, Use};
use crate::core::{AllergyId, DiagnosisId, EncounterId, ProblemId};
use crate::imports::store::{Diagnosis, Row, Table};
use crate::row;

/// One encounter of a patient with the hospital.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Encounter {
    status: String,
    class: super::datatypes::Coding,
    subject: Reference,
    participant: Vec<Participant>,
    period: Period,
    #[serde(rename = "reasonCode")]
    reason: Vec<Concept>,
    diagnosis: Vec<EncounterDiagnosis>,
    #[serde(rename = "serviceProvider")]
    provider: Reference,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Participant {
    #[serde(rename = "type")]
    kind: Vec<Concept>,
    individual: Reference,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EncounterDiagnosis {
    condition: Reference,
    #[serde(rename = "use")]
    usage: Concept,
    rank: Option<i64>,
}

impl Encounter {
    /// Returns the attending practitioner, otherwise the first participant.
    fn attending(&self) -> Option<&Reference> {
        let attends = |participant: &&Participant| participant.kind.iter().any(|kind| kind.code() == "ATND");
        self.participant.iter().find(attends).or_else(|| self.participant.first()).map(|participant| &participant.individual)
    }

    /// Returns the position of the main diagnosis: the first in rank that is not a comorbidity.
    fn primary(&self) -> Option<usize> {
        let main = self.diagnosis.iter().enumerate().filter(|(_, diagnosis)| diagnosis.usage.code() != "CM");
        main.min_by_key(|(_, diagnosis)| (diagnosis.usage.code() == "AD", diagnosis.rank.unwrap_or(i64::MAX))).map(|(at, _)| at)
    }
}

impl Resource for Encounter {
    const KIND: &'static str = "Encounter";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, String> {
        let patient = known.patient("subject", &self.subject)?;
        let kind = match self.class.code.as_str() {
            "AMB" | "VR" | "HH" | "FLD" => "outpatient",
            "EMER" => "emergency",
            "IMP" | "ACUTE" | "NONAC" | "OBSENC" | "SS" | "PRENC" => "inpatient",
            other => return Err(format!("`class` is unknown: {}", cut(other, 40))),
        };
        let state = match self.status.as_str() {
            "finished" => "finished",
            "arrived" | "triaged" | "in-progress" | "onleave" => "in_progress",
            "entered-in-error" => "entered_in_error",
            // Planned and cancelled encounters are appointments, not encounters.
            _ => return Ok(Outcome::Homeless(Some(patient))),
        };
        let started = moment(&self.period.start, known.zone).ok_or("`period.start` is missing or no moment")?;
        // A date without a time is the whole day: an encounter that ends on its first day does not end before it
        // begins.
        let same_day = |ended: &chrono::DateTime<chrono::Utc>| known.zone.day(*ended) == known.zone.day(started);
        let ended = moment(&self.period.end, known.zone).map(|ended| match !self.period.end.contains('T') && same_day(&ended) {
            true => ended.max(started),
            false => ended,
        });
        if ended.is_some_and(|ended| ended < started) {
            return Err("`period` ends before it begins".to_owned());
        }
        let ended = if state == "finished" { Some(ended.unwrap_or(started)) } else { ended };
        let nobody = Reference::default();
        let attending = self.attending().unwrap_or(&nobody);
        let user = known.user(attending);
        let rows = vec![Row::Insert(
            Table::Encounters,
            row![
                EncounterId(local),
                patient,
                known.clinic,
                known.department(&self.provider),
                known.staff(attending),
                kind,
                state,
                self.reason.first().map(|reason| cut(reason.words(), 500)).unwrap_or_default(),
                started,
                ended,
                user,
                known.now,
                user
            ],
        )];
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }

    fn announce(&self, id: &str, local: Uuid, known: &mut Known) {
        let Ok(patient) = known.patient("subject", &self.subject) else { return };
        let encounter = EncounterId(local);
        known.insert(Self::KIND, id, Local::Encounter { id: encounter, patient });
        let primary = self.primary();
        for (at, diagnosis) in self.diagnosis.iter().enumerate() {
            known.note_use(&diagnosis.condition, Use { encounter, patient, primary: primary == Some(at) });
        }
    }
}

/// A diagnosis of an encounter, or an entry of the problem list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Condition {
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
    recorder: Reference,
    #[serde(rename = "recordedDate")]
    recorded: String,
}

impl Condition {
    fn is(&self, category: &str) -> bool {
        self.category.iter().flat_map(|concept| &concept.coding).any(|coding| coding.code == category)
    }

    fn icd(&self) -> &str {
        let icd = self.code.code_of("icd-10-cm").or_else(|| self.code.code_of("icd-10"));
        icd.map_or_else(|| self.code.code(), |coding| &coding.code)
    }

    /// Returns the official wording of the code; the source's own words stay with the problem.
    fn official(&self) -> String {
        let listed = crate::clinical::icd10::lookup(self.icd()).map(|code| code.description);
        cut(listed.unwrap_or_else(|| self.code.words()), 500)
    }

    /// Returns one row for each encounter that names this condition.
    fn diagnoses(&self, id: &str, known: &Known) -> Vec<Row> {
        let Ok(patient) = known.patient("subject", &self.subject) else { return Vec::new() };
        let certainty = if self.verification.code() == "confirmed" { "confirmed" } else { "provisional" };
        let mut uses: Vec<Use> = known.uses_of(id).filter(|used| used.patient == patient).collect();
        if let Ok(Some(encounter)) = known.encounter(&self.encounter, patient)
            && !self.is("problem-list-item")
            && uses.iter().all(|used| used.encounter != encounter)
        {
            uses.push(Use { encounter, patient, primary: false });
        }
        let (recorded_at, recorded_by) = (moment(&self.recorded, known.zone).unwrap_or(known.now), known.user(&self.recorder));
        let diagnosis = |used: Use| {
            Row::Diagnosis(Diagnosis {
                id: DiagnosisId::new(),
                encounter: used.encounter,
                patient,
                code: cut(self.icd(), 20),
                description: self.official(),
                certainty,
                primary: used.primary,
                recorded_at,
                recorded_by,
            })
        };
        uses.into_iter().map(diagnosis).collect()
    }

    fn ruled_out(&self) -> bool {
        matches!(self.verification.code(), "refuted" | "entered-in-error")
    }
}

impl Resource for Condition {
    const KIND: &'static str = "Condition";

    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, String> {
        let patient = known.patient("subject", &self.subject)?;
        let encounter = known.encounter(&self.encounter, patient)?;
        let description = cut(self.code.words(), 500);
        if description.is_empty() {
            return Err("`code` is missing".to_owned());
        }
        if self.verification.code() == "entered-in-error" {
            return Ok(Outcome::Homeless(Some(patient)));
        }
        let listed = self.is("problem-list-item");
        let mut rows = if self.ruled_out() { Vec::new() } else { self.diagnoses(id, known) };
        if !listed && encounter.is_none() && rows.is_empty() {
            return Err("an encounter's diagnosis names no encounter".to_owned());
        }
        if listed || rows.is_empty() {
            let clinical = match self.clinical.code() {
                "inactive" | "remission" => "inactive",
                "resolved" => "resolved",
                _ => "active",
            };
            let verification = match self.verification.code() {
                "confirmed" => "confirmed",
                "refuted" => "refuted",
                _ => "provisional",
            };
            let recorded = moment(&self.recorded, known.zone).unwrap_or(known.now);
            rows.push(Row::Insert(
                Table::Problems,
                row![
                    ProblemId(local),
                    patient,
                    cut(self.icd(), 20),
                    description,
                    clinical,
                    verification,
                    date(&self.onset).map(|(day, _)| day),
                    recorded,
                    known.user(&self.recorder)
                ],
            ));
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

/// An allergy or intolerance of a patient, or the statement that there is none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AllergyIntolerance {
    #[serde(rename = "clinicalStatus")]
    clinical: Concept,
    #[serde(rename = "verificationStatus")]
    verification: Concept,
    category: Vec<String>,
    criticality: String,
    code: Concept,
    patient: Reference,
    recorder: Reference,
    #[serde(rename = "recordedDate")]
    recorded: String,
    reaction: Vec<Reaction>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reaction {
    manifestation: Vec<Concept>,
    severity: String,
}

impl AllergyIntolerance {
    fn states_none(&self) -> bool {
        self.code.words().to_lowercase().starts_with("no known allerg") || self.code.coding.iter().any(|coding| coding.code == "716186003")
    }
}

impl Resource for AllergyIntolerance {
    const KIND: &'static str = "AllergyIntolerance";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, String> {
        let patient = known.patient("patient", &self.patient)?;
        if self.verification.code() == "entered-in-error" {
            return Ok(Outcome::Homeless(Some(patient)));
        }
        if self.states_none() {
            return Ok(Outcome::Rows(Rows { local: patient.0, patient: Some(patient), made: vec![Row::NoKnownAllergies(patient)] }));
        }
        let substance = cut(self.code.words(), 200);
        if substance.is_empty() {
            return Err("`code` is missing".to_owned());
        }
        let category = match self.category.first().map(String::as_str) {
            Some("medication") => "medication",
            Some("food") => "food",
            Some("environment") => "environment",
            _ => "other",
        };
        let criticality = match self.criticality.as_str() {
            "low" => "low",
            "high" => "high",
            _ => "unable_to_assess",
        };
        let clinical = match self.clinical.code() {
            "inactive" => "inactive",
            "resolved" => "resolved",
            _ => "active",
        };
        let verification = match self.verification.code() {
            "confirmed" => "confirmed",
            "refuted" => "refuted",
            _ => "unconfirmed",
        };
        let seen: Vec<&str> = self.reaction.iter().flat_map(|reaction| &reaction.manifestation).map(Concept::words).collect();
        let severity = self.reaction.iter().map(|reaction| reaction.severity.as_str()).max_by_key(|severity| match *severity {
            "severe" => 3,
            "moderate" => 2,
            "mild" => 1,
            _ => 0,
        });
        let severity = severity.filter(|severity| matches!(*severity, "mild" | "moderate" | "severe")).unwrap_or_default();
        let mut rows = vec![Row::Insert(
            Table::Allergies,
            row![
                AllergyId(local),
                patient,
                substance,
                category,
                criticality,
                cut(&seen.join(", "), 500),
                severity,
                clinical,
                verification,
                moment(&self.recorded, known.zone).unwrap_or(known.now),
                known.user(&self.recorder)
            ],
        )];
        // An allergy that has ended or was ruled out is history, not a warning.
        if clinical == "active" && verification != "refuted" {
            rows.push(Row::AllergiesRecorded(patient));
        }
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }
}
