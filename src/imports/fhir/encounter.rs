//! Encounters.

use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Coding, Concept, Identifier, Reference, all_words};
use super::dates::{Period, moment};
use super::known::{Known, Local, Outcome, Resource, Rows, Use};
use super::stays::{Hospitalization, Stay, StayPlace};
use super::trouble::Trouble;
use crate::core::{EncounterId, time::Instant};
use crate::imports::store::{Row, Table};
use crate::row;

/// One encounter of a patient with the hospital.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Encounter {
    identifier: Vec<Identifier>,
    status: String,
    #[serde(rename = "modifierExtension")]
    modifiers: Vec<serde_json::Value>,
    class: Coding,
    subject: Reference,
    participant: Vec<Participant>,
    period: Period,
    #[serde(rename = "reasonCode")]
    reason: Vec<Concept>,
    diagnosis: Vec<EncounterDiagnosis>,
    #[serde(rename = "serviceProvider")]
    provider: Reference,
    priority: Concept,
    location: Vec<StayPlace>,
    hospitalization: Hospitalization,
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
    /// Returns the participants, the attending practitioner first.
    fn participants(&self) -> Vec<&Reference> {
        let mut all: Vec<&Participant> = self.participant.iter().collect();
        all.sort_by_key(|participant| !participant.kind.iter().any(|kind| kind.has("ATND")));
        all.into_iter().map(|participant| &participant.individual).collect()
    }

    /// Returns the position of the main diagnosis: the first in rank that is not a comorbidity.
    fn primary(&self) -> Option<usize> {
        let main = self.diagnosis.iter().enumerate().filter(|(_, diagnosis)| !diagnosis.usage.has("CM"));
        main.min_by_key(|(_, diagnosis)| (diagnosis.usage.has("AD"), diagnosis.rank.unwrap_or(i64::MAX))).map(|(at, _)| at)
    }

    /// Returns the start: the period's, otherwise the earliest date of what belongs to the encounter.
    fn started(&self, id: &str, known: &mut Known) -> Result<Instant, Trouble> {
        if let Some(start) = moment(&self.period.start, known.zone) {
            return Ok(start);
        }
        if !self.period.start.is_empty() {
            known.tell(Trouble::new("period.start", "not a date").about(&self.period.start));
        }
        let hanging = known.unplaced.get(&format!("{}/{id}", Self::KIND)).copied().flatten();
        if let Some(at) = hanging {
            known.tell(Trouble::new("period.start", "missing: placed at the earliest date of what belongs to it"));
            return Ok(at);
        }
        if let Some(end) = moment(&self.period.end, known.zone) {
            known.tell(Trouble::new("period.start", "missing: placed at the end"));
            return Ok(end);
        }
        Err(Trouble::new("period.start", "missing, and nothing with a date belongs to it"))
    }

    /// Returns the end, which is not before the start.
    fn ended(&self, started: Instant, known: &mut Known) -> Option<Instant> {
        let Some(ended) = moment(&self.period.end, known.zone) else {
            if !self.period.end.is_empty() {
                known.tell(Trouble::new("period.end", "not a date: the end was not taken").about(&self.period.end));
            }
            return None;
        };
        if ended >= started {
            return Some(ended);
        }
        // A date without a time is the whole day: an encounter that ends on its first day does not end before it begins.
        if !self.period.end.contains('T') && known.zone.day(ended) == known.zone.day(started) {
            return Some(started);
        }
        known.tell(Trouble::new("period.end", "ends before it begins: the end was not taken").about(&self.period.end));
        None
    }

    fn kind(&self, known: &mut Known) -> &'static str {
        match self.class.code.to_uppercase().as_str() {
            // Generators and older servers write words for the codes of HL7.
            "AMB" | "VR" | "HH" | "FLD" | "AMBULATORY" | "OUTPATIENT" | "WELLNESS" => "outpatient",
            "EMER" | "EMERGENCY" => "emergency",
            "IMP" | "ACUTE" | "NONAC" | "OBSENC" | "SS" | "PRENC" | "INPATIENT" => "inpatient",
            _ => {
                known.tell(Trouble::new("class", "is not known: taken as outpatient").about(&self.class.code));
                "outpatient"
            }
        }
    }
}

impl Resource for Encounter {
    const KIND: &'static str = "Encounter";

    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let patient = known.patient("subject", &self.subject)?;
        if !self.modifiers.is_empty() {
            return Ok(Outcome::kept(patient, "modifierExtension", "changes the meaning of the whole resource"));
        }
        let state = match self.status.as_str() {
            "finished" => "finished",
            "arrived" | "triaged" | "in-progress" | "onleave" => "in_progress",
            "entered-in-error" => return Ok(Outcome::kept(patient, "status", "entered in error")),
            "planned" | "cancelled" => {
                return Ok(Outcome::kept(patient, "status", "planned or cancelled: an appointment and not an encounter"));
            }
            _ => return Ok(Outcome::kept(patient, "status", "does not say whether it goes on or is over")),
        };
        let started = self.started(id, known)?;
        let ended = self.ended(started, known);
        let ended = if state == "finished" { Some(ended.unwrap_or(started)) } else { ended };
        // The encounter belongs to the practitioner who attends; the others stay with the original.
        let doctor = known.staff("participant", self.participants());
        let user = doctor.map_or(crate::core::UserId::SYSTEM, |staff| crate::core::UserId(staff.0));
        let kind = self.kind(known);
        let reason = known.fit("reasonCode", &all_words(&self.reason, "; "), 500);
        let mut rows = vec![Row::Insert(
            Table::Encounters,
            row![
                EncounterId(local),
                patient,
                known.clinic,
                known.department("serviceProvider", &self.provider),
                doctor,
                kind,
                state,
                reason.clone(),
                started,
                ended,
                user,
                known.now,
                user
            ],
        )];
        if kind == "inpatient" {
            let stay = Stay {
                external: id,
                encounter: EncounterId(local),
                patient,
                class: &self.class.code,
                priority: &self.priority,
                hospitalization: &self.hospitalization,
                places: &self.location,
                reason: &reason,
                doctor,
                by: user,
                started,
                ended: if state == "finished" { ended } else { None },
            };
            rows.extend(stay.rows(known));
        }
        // All that belongs to it is placed by its start, also when that came from elsewhere.
        known.insert(Self::KIND, id, Local::Encounter { id: EncounterId(local), patient, at: started });
        known.identified(Self::KIND, id, &self.identifier);
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }

    fn announce(&self, id: &str, local: Uuid, known: &mut Known) {
        let Ok(patient) = known.patient("subject", &self.subject) else { return };
        let encounter = EncounterId(local);
        let at = moment(&self.period.start, known.zone).unwrap_or(known.now);
        known.insert(Self::KIND, id, Local::Encounter { id: encounter, patient, at });
        known.identified(Self::KIND, id, &self.identifier);
        let primary = self.primary();
        for (at, diagnosis) in self.diagnosis.iter().enumerate() {
            known.note_use(&diagnosis.condition, Use { encounter, patient, primary: primary == Some(at) });
        }
    }

    fn waits(&self) -> bool {
        self.period.start.trim().is_empty()
    }
}
