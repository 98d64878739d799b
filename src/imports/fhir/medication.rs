//! Prescriptions, and the medicines that they name.

use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Concept, Quantity, Reference, cut};
use super::dates::moment;
use super::dosage::{Columns, Dosage, columns};
use super::known::{Known, Local, Outcome, Resource, Rows};
use super::trouble::Trouble;
use crate::clinical::allergy_words;
use crate::core::{EncounterId, PatientId, PrescriptionId, time::Instant};
use crate::imports::store::{Row, Table};
use crate::row;

/// A medicine that other resources name by its address. It has no record of its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Medication {
    code: Concept,
}

impl Resource for Medication {
    const KIND: &'static str = "Medication";

    fn map(&self, id: &str, _local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        known.name_medicine(id, &self.code);
        Ok(Outcome::Homeless(None, None))
    }

    fn announce(&self, id: &str, _local: Uuid, known: &mut Known) {
        known.name_medicine(id, &self.code);
    }
}

/// A medicine that was ordered for a patient.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MedicationRequest {
    status: String,
    intent: String,
    /// The request forbids the medicine.
    #[serde(rename = "doNotPerform")]
    forbids: bool,
    #[serde(rename = "modifierExtension")]
    modifiers: Vec<serde_json::Value>,
    contained: Vec<serde_json::Value>,
    #[serde(rename = "medicationCodeableConcept")]
    medication: Concept,
    #[serde(rename = "medicationReference")]
    medication_at: Reference,
    subject: Reference,
    encounter: Reference,
    #[serde(rename = "authoredOn")]
    authored: String,
    requester: Reference,
    #[serde(rename = "dosageInstruction")]
    dosage: Vec<Dosage>,
    #[serde(rename = "dispenseRequest")]
    dispense: Dispense,
    meta: Meta,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    #[serde(rename = "lastUpdated")]
    last_updated: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dispense {
    #[serde(rename = "expectedSupplyDuration")]
    duration: Quantity,
}

/// The longest name of a medicine.
const DRUG: usize = 200;

impl MedicationRequest {
    /// Returns the name of the medicine and its code of `RxNorm`: of its concept, of the resource inside or elsewhere, or as the
    /// reference shows it.
    fn drug(&self, known: &Known) -> Result<(String, String), Trouble> {
        let rxnorm = |concept: &Concept| concept.code_of("rxnorm").map(|coding| coding.code.clone()).unwrap_or_default();
        let inside = self.medication_at.reference.strip_prefix('#');
        let inside = inside.and_then(|id| self.contained.iter().find(|one| one.get("id").is_some_and(|own| own == id)));
        let inside = inside.and_then(|one| Concept::deserialize(one.get("code")?).ok());
        for concept in [Some(&self.medication), inside.as_ref()].into_iter().flatten() {
            if !concept.words().is_empty() {
                return Ok((concept.words().to_owned(), rxnorm(concept)));
            }
        }
        if let Some(medicine) = known.medicine(&self.medication_at) {
            return Ok((medicine.name.clone(), medicine.rxnorm.clone()));
        }
        match (self.medication_at.display.trim(), self.medication_at.key("Medication")) {
            ("", None) => Err(Trouble::new("medication[x]", "missing")),
            ("", Some(key)) => Err(Trouble::new("medicationReference", "points at a resource that is not here").about(&key)),
            (name, _) => Ok((name.to_owned(), String::new())),
        }
    }

    /// Returns the reason why the resource is no prescription, from the elements that change its meaning.
    fn is_no_prescription(&self) -> Option<Trouble> {
        if !self.modifiers.is_empty() {
            return Some(Trouble::new("modifierExtension", "changes the meaning of the whole resource"));
        }
        if self.dosage.iter().any(|dosage| !dosage.modifiers.is_empty()) {
            return Some(Trouble::new("dosageInstruction.modifierExtension", "changes the meaning of the dosage"));
        }
        if self.forbids {
            return Some(Trouble::new("doNotPerform", "the request forbids the medicine"));
        }
        let is_order = matches!(self.intent.as_str(), "" | "order" | "original-order" | "reflex-order" | "filler-order" | "instance-order");
        if !is_order {
            return Some(Trouble::new("intent", "is no order").about(&self.intent));
        }
        match self.status.as_str() {
            "active" | "completed" | "stopped" | "cancelled" => None,
            "entered-in-error" => Some(Trouble::new("status", "entered in error")),
            "on-hold" => Some(Trouble::new("status", "on hold: not to be given at present")),
            other => Some(Trouble::new("status", "is no prescription that counts").about(other)),
        }
    }

    /// Returns when it was written: as stated, otherwise the encounter's start, otherwise the last change at the source.
    fn authored(&self, encounter: Option<Instant>, known: &mut Known) -> Result<Instant, Trouble> {
        if let Some(at) = moment(&self.authored, known.zone) {
            return Ok(at);
        }
        if !self.authored.is_empty() {
            known.tell(Trouble::new("authoredOn", "not a date").about(&self.authored));
        }
        let other = encounter.or_else(|| moment(&self.meta.last_updated, known.zone));
        let Some(at) = other else { return Err(Trouble::new("authoredOn", "missing")) };
        known.tell(Trouble::new("authoredOn", "missing: placed at its encounter or at its last change"));
        Ok(at)
    }
}

/// Returns the encounter of the prescription. One without an encounter stands in one that says so.
fn home(encounter: Option<EncounterId>, patient: PatientId, at: Instant, known: &mut Known) -> (EncounterId, Option<Row>) {
    match encounter {
        Some(encounter) => (encounter, None),
        None => {
            let (encounter, row) = known.home(patient, at);
            (encounter, Some(row))
        }
    }
}

impl Resource for MedicationRequest {
    const KIND: &'static str = "MedicationRequest";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let patient = known.patient("subject", &self.subject)?;
        if let Some(reason) = self.is_no_prescription() {
            return Ok(Outcome::Homeless(Some(patient), Some(reason)));
        }
        let encounter = known.encounter(&self.encounter, patient)?;
        let (drug, rxnorm) = self.drug(known)?;
        let Some(Columns { dose, route, frequency, as_needed, most_a_day, instructions }) = columns(&self.dosage) else {
            return Ok(Outcome::kept(patient, "dosageInstruction", "longer than the record can hold, and never cut"));
        };
        let drug = known.fit("medication[x]", &drug, DRUG);
        let authored = self.authored(encounter.map(|(_, at)| at), known)?;
        let (encounter, home) = home(encounter.map(|(id, _)| id), patient, authored, known);
        let user = known.user("requester", [&self.requester]);
        let state = match self.status.as_str() {
            "active" => "active",
            "completed" => "completed",
            _ => "stopped",
        };
        let ended = state == "stopped";
        let days = match self.dispense.duration.code.as_str() {
            "d" | "" => self.dispense.duration.whole(1, 365),
            "wk" => self.dispense.duration.whole(1, 52).map(|weeks| weeks * 7),
            _ => None,
        };
        if days.is_none() && self.dispense.duration.value.is_some() {
            let written = self.dispense.duration.words().unwrap_or_default();
            known.tell(Trouble::new("dispenseRequest.expectedSupplyDuration", "is no number of days or weeks").about(&written));
        }
        let drug_id = known.drug(&drug);
        let mut rows: Vec<Row> = home.into_iter().collect();
        rows.push(Row::Insert(
            Table::Drugs,
            row![drug_id, drug.clone(), cut(&rxnorm, 20), cut(&allergy_words(&drug), 300), dose.clone(), route.clone(), frequency.clone()],
        ));
        rows.push(Row::Insert(
            Table::Prescriptions,
            row![
                PrescriptionId(local),
                encounter,
                patient,
                drug_id,
                drug,
                dose,
                route,
                frequency,
                days,
                as_needed,
                most_a_day,
                instructions,
                state,
                authored,
                user,
                ended.then_some(authored),
                ended.then_some(user)
            ],
        ));
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }

    fn announce(&self, id: &str, local: Uuid, known: &mut Known) {
        if let Ok(patient) = known.patient("subject", &self.subject) {
            known.insert(Self::KIND, id, Local::Past { id: local, patient });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{ClinicId, time::Zone};

    #[test]
    fn a_medicine_is_named_by_its_concept_a_resource_or_the_reference() {
        let mut known = Known::new("2026-11-29T12:00:00Z".parse().expect("an instant"), ClinicId::new(), Zone::named("UTC"));
        known.name_medicine("9", &serde_json::from_str(r#"{"text":"Digoxin 0.125 MG"}"#).expect("a concept"));
        let drug = |json: &str| serde_json::from_str::<MedicationRequest>(json).expect("a request").drug(&known).map(|(name, _)| name);
        let inside = r##"{"contained":[{"id":"m1","code":{"text":"Nizatidine 15 MG/ML Oral Solution"}}],"medicationReference":{"reference":"#m1","display":"Nizatidine"}}"##;
        assert_eq!(drug(inside).as_deref(), Ok("Nizatidine 15 MG/ML Oral Solution"));
        assert_eq!(drug(r#"{"medicationReference":{"reference":"Medication/7","display":"Aspirin"}}"#).as_deref(), Ok("Aspirin"));
        assert_eq!(drug(r#"{"medicationReference":{"reference":"Medication/9"}}"#).as_deref(), Ok("Digoxin 0.125 MG"));
        let fault = drug(r#"{"medicationReference":{"reference":"Medication/7"}}"#).expect_err("not here");
        assert_eq!(fault.words(), "points at a resource that is not here: Medication/7");
        assert_eq!(drug("{}").expect_err("nothing").words(), "missing");
    }

    #[test]
    fn drugs_know_their_class() {
        assert!(allergy_words("Amoxicillin").contains("penicillin"));
        assert!(allergy_words("Trimethoprim-Sulfamethoxazole").contains("sulfonamide"));
        assert!(allergy_words("Ibuprofen").contains("nsaid"));
        assert!(!allergy_words("Vancomycin").contains("macrolide") && !allergy_words("Magnesium sulfate").contains("sulfonamide"));
        assert_eq!(allergy_words("Metformin"), "metformin");
    }
}
