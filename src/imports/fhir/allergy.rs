//! Allergies and intolerances, and the statement that there is none.

use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Concept, Reference};
use super::dates::moment;
use super::known::{Known, Outcome, Resource, Rows};
use super::trouble::Trouble;
use crate::core::AllergyId;
use crate::imports::store::{Row, Table};
use crate::row;

/// An allergy or intolerance of a patient, or the statement that there is none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AllergyIntolerance {
    #[serde(rename = "modifierExtension")]
    modifiers: Vec<serde_json::Value>,
    #[serde(rename = "clinicalStatus")]
    clinical: Concept,
    #[serde(rename = "verificationStatus")]
    verification: Concept,
    category: Vec<String>,
    criticality: String,
    code: Concept,
    patient: Reference,
    recorder: Reference,
    asserter: Reference,
    #[serde(rename = "recordedDate")]
    recorded: String,
    reaction: Vec<Reaction>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reaction {
    substance: Concept,
    manifestation: Vec<Concept>,
    description: String,
    severity: String,
}

/// The extent of a statement that there is no allergy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denied {
    /// No known allergy at all.
    All,
    /// None of one sort, such as drugs: it says nothing about others.
    Some,
}

/// SNOMED CT: no known allergy (716186003), no known allergies (160244002, retired).
const NONE_AT_ALL: [&str; 2] = ["716186003", "160244002"];
/// SNOMED CT: no known drug allergy (409137002), food allergy (429625007), environmental allergy (428607008).
const NONE_OF_A_SORT: [&str; 3] = ["409137002", "429625007", "428607008"];

impl AllergyIntolerance {
    /// Returns what the resource denies, from its codes, otherwise from its words.
    fn denied(&self) -> Option<Denied> {
        if self.code.one_of(&NONE_AT_ALL).is_some() {
            return Some(Denied::All);
        }
        if self.code.one_of(&NONE_OF_A_SORT).is_some() {
            return Some(Denied::Some);
        }
        let words = self.code.words().to_lowercase();
        let words = words.trim_end_matches('.');
        match words {
            "nka"
            | "none"
            | "no known allergies"
            | "no known allergy"
            | "no allergies"
            | "none known"
            | "sin alergias conocidas"
            | "keine bekannten allergien"
            | "aucune allergie connue" => Some(Denied::All),
            "nkda" => Some(Denied::Some),
            _ if words.starts_with("no known ") && words.contains("allerg") => Some(Denied::Some),
            _ if words.starts_with("sin alergia") || words.starts_with("no allergies to ") => Some(Denied::Some),
            _ => None,
        }
    }

    /// Returns the substance: of the resource, otherwise of its reactions.
    fn substance(&self) -> String {
        let mut named: Vec<&str> = vec![self.code.words()];
        if self.code.words().is_empty() {
            named = self.reaction.iter().map(|reaction| reaction.substance.words()).filter(|words| !words.is_empty()).collect();
            named.dedup();
        }
        named.join(", ")
    }

    fn seen(&self) -> String {
        let mut seen: Vec<&str> = Vec::new();
        for reaction in &self.reaction {
            seen.extend(reaction.manifestation.iter().map(Concept::words).filter(|words| !words.is_empty()));
            if reaction.manifestation.is_empty() && !reaction.description.is_empty() {
                seen.push(&reaction.description);
            }
        }
        seen.join(", ")
    }

    fn severity(&self) -> &str {
        let worst = self.reaction.iter().map(|reaction| reaction.severity.as_str()).max_by_key(|severity| match *severity {
            "severe" => 3,
            "moderate" => 2,
            "mild" => 1,
            _ => 0,
        });
        worst.filter(|severity| matches!(*severity, "mild" | "moderate" | "severe")).unwrap_or_default()
    }
}

impl Resource for AllergyIntolerance {
    const KIND: &'static str = "AllergyIntolerance";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let patient = known.patient("patient", &self.patient)?;
        if !self.modifiers.is_empty() {
            return Ok(Outcome::kept(patient, "modifierExtension", "changes the meaning of the whole resource"));
        }
        if self.verification.has("entered-in-error") {
            return Ok(Outcome::kept(patient, "verificationStatus", "entered in error"));
        }
        match self.denied() {
            Some(_) if self.verification.has("refuted") => {
                return Ok(Outcome::kept(patient, "verificationStatus", "denies that there is no allergy, and names none"));
            }
            Some(Denied::All) => {
                return Ok(Outcome::Rows(Rows { local: patient.0, patient: Some(patient), made: vec![Row::NoKnownAllergies(patient)] }));
            }
            Some(Denied::Some) => {
                return Ok(Outcome::kept(patient, "code", "states that there is no allergy of one sort: ask the patient about all others"));
            }
            None => {}
        }
        let substance = known.fit("code", &self.substance(), 200);
        if substance.is_empty() {
            return Err(Trouble::new("code", "missing"));
        }
        let category = match self.category.iter().map(String::as_str).find(|word| matches!(*word, "medication" | "food" | "environment")) {
            Some("medication") => "medication",
            Some("food") => "food",
            Some(_) => "environment",
            None => "other",
        };
        let criticality = match self.criticality.as_str() {
            "low" => "low",
            "high" => "high",
            _ => "unable_to_assess",
        };
        let clinical = match self.clinical.one_of(&["active", "inactive", "resolved"]) {
            Some("inactive") => "inactive",
            Some("resolved") => "resolved",
            _ => "active",
        };
        let verification = match self.verification.one_of(&["confirmed", "refuted"]) {
            Some("confirmed") => "confirmed",
            Some(_) => "refuted",
            None => "unconfirmed",
        };
        let recorded = moment(&self.recorded, known.zone);
        if recorded.is_none() && !self.recorded.is_empty() {
            known.tell(Trouble::new("recordedDate", "not a date: recorded on the day of the import").about(&self.recorded));
        }
        let recorder = if self.recorder.is_empty() { ("asserter", &self.asserter) } else { ("recorder", &self.recorder) };
        let mut rows = vec![Row::Insert(
            Table::Allergies,
            row![
                AllergyId(local),
                patient,
                substance,
                category,
                criticality,
                known.fit("reaction", &self.seen(), 500),
                self.severity(),
                clinical,
                verification,
                recorded.unwrap_or(known.now),
                known.user(recorder.0, [recorder.1])
            ],
        )];
        // An allergy that has ended or was ruled out is history, not a warning.
        if clinical == "active" && verification != "refuted" {
            rows.push(Row::AllergiesRecorded(patient));
        }
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }
}
