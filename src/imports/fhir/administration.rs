//! Doses that were given or not given before. They are history here: a dose of this hospital hangs on an order that a doctor signed.

use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Concept, Quantity, Reference, all_words, line};
use super::dates::{Period, moment};
use super::known::{Known, Local, Outcome, Resource, Rows};
use super::laboratory::{Annotation, remarks};
use super::trouble::Trouble;
use crate::imports::store::{Row, Table};
use crate::keys::PAST_DOSES;
use crate::row;

/// A dose.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MedicationAdministration {
    status: String,
    #[serde(rename = "modifierExtension")]
    modifiers: Vec<serde_json::Value>,
    contained: Vec<serde_json::Value>,
    #[serde(rename = "medicationCodeableConcept")]
    medication: Concept,
    #[serde(rename = "medicationReference")]
    medication_at: Reference,
    subject: Reference,
    context: Reference,
    request: Reference,
    #[serde(rename = "effectiveDateTime")]
    effective: String,
    #[serde(rename = "effectivePeriod")]
    period: Period,
    performer: Vec<Performer>,
    #[serde(rename = "statusReason")]
    status_reason: Vec<Concept>,
    note: Vec<Annotation>,
    dosage: Given,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Performer {
    actor: Reference,
}

/// The amount that was given.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Given {
    #[serde(deserialize_with = "super::datatypes::text")]
    text: String,
    route: Concept,
    dose: Quantity,
    #[serde(rename = "rateQuantity")]
    rate: Quantity,
}

impl Given {
    /// Returns the amount that was given, or the words of the dosage.
    fn words(&self) -> String {
        let parts: Vec<String> = [self.dose.words(), self.rate.words()].into_iter().flatten().collect();
        if parts.is_empty() { self.text.trim().to_owned() } else { parts.join(", ") }
    }
}

impl MedicationAdministration {
    /// Returns the name of the medicine: of its concept, of the resource inside or elsewhere, or as the reference shows it.
    fn drug(&self, known: &Known) -> Option<String> {
        let inside = self.medication_at.reference.strip_prefix('#');
        let inside = inside.and_then(|id| self.contained.iter().find(|one| one.get("id").is_some_and(|own| own == id)));
        let inside = inside.and_then(|one| Concept::deserialize(one.get("code")?).ok());
        let named = [Some(&self.medication), inside.as_ref()].into_iter().flatten().map(|concept| concept.words().to_owned());
        let elsewhere = known.medicine(&self.medication_at).map(|medicine| medicine.name.clone());
        let shown = Some(self.medication_at.display.trim().to_owned());
        named.chain(elsewhere).chain(shown).find(|name| !name.is_empty())
    }
}

impl Resource for MedicationAdministration {
    const KIND: &'static str = "MedicationAdministration";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let patient = known.patient("subject", &self.subject)?;
        if !self.modifiers.is_empty() {
            return Ok(Outcome::kept(patient, "modifierExtension", "changes the meaning of the whole resource"));
        }
        let outcome = match self.status.as_str() {
            "completed" => "given",
            "not-done" => "not_given",
            "stopped" => "stopped",
            "entered-in-error" => return Ok(Outcome::kept(patient, "status", "entered in error")),
            _ => return Ok(Outcome::Homeless(Some(patient), Some(Trouble::new("status", "is not over").about(&self.status)))),
        };
        let encounter = known.encounter_at("context", &self.context, patient)?;
        let drug = self.drug(known).ok_or_else(|| Trouble::new("medication[x]", "missing"))?;
        let stated = [&self.effective, &self.period.start, &self.period.end].into_iter().find(|text| !text.trim().is_empty());
        let stated = stated.ok_or_else(|| Trouble::new("effective[x]", "missing"))?;
        let at = moment(stated, known.zone).ok_or_else(|| Trouble::new("effective[x]", "not a date").about(stated))?;
        if !stated.contains('T') {
            known.tell(Trouble::new("effective[x]", "has no time: placed at the beginning of its day").about(stated));
        }
        let dose = line(&self.dosage.words());
        if dose.chars().count() > 120 {
            return Ok(Outcome::kept(patient, "dosage", "longer than the record can hold, and never cut"));
        }
        let prescription = match known.find("request", "MedicationRequest", &self.request) {
            Ok(Local::Past { id, patient: of }) if of == patient => Some(id),
            _ if self.request.is_empty() => None,
            Ok(_) => {
                known.tell(Trouble::new("request", "is another patient's, or no prescription"));
                None
            }
            Err(trouble) => {
                known.tell(trouble);
                None
            }
        };
        let reason = known.fit("statusReason", &all_words(&self.status_reason, "; "), 2000);
        let remark = known.fit("note", &remarks(&self.note), 20_000);
        let by = known.user("performer", self.performer.iter().map(|performer| &performer.actor));
        let rows = vec![Row::Insert(
            Table::PastDoses,
            row![
                local,
                patient,
                known.clinic,
                encounter.map(|(id, _)| id),
                prescription,
                known.fit("medication[x]", &drug, 200),
                dose,
                known.fit("dosage.route", self.dosage.route.words(), 60),
                outcome,
                at,
                known.zone.day(at),
                by,
                PAST_DOSES.seal(local, patient, [&reason, &remark])
            ],
        )];
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{ClinicId, time::Zone};

    #[test]
    fn a_dose_names_its_medicine_and_its_amount() {
        let known = Known::new("2026-11-29T12:00:00Z".parse().expect("an instant"), ClinicId::new(), Zone::named("UTC"));
        let given = |json: &str| {
            let one: MedicationAdministration = serde_json::from_str(json).expect("a dose");
            (one.drug(&known).unwrap_or_default(), one.dosage.words())
        };
        let dose =
            r#"{"medicationCodeableConcept":{"text":"Prednisone"},"dosage":{"text":"40.0mg DAILY","dose":{"value":40.0,"unit":"mg"}}}"#;
        assert_eq!(given(dose), ("Prednisone".to_owned(), "40 mg".to_owned()));
        let named = r#"{"medicationReference":{"display":"Saline"},"dosage":{"rateQuantity":{"value":100,"unit":"mL/h"}}}"#;
        assert_eq!(given(named), ("Saline".to_owned(), "100 mL/h".to_owned()));
        assert_eq!(given("{}"), (String::new(), String::new()));
    }
}
