//! Prescriptions, and the drugs that they name.

use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Concept, Quantity, Reference, cut, moment};
use super::known::{Known, Outcome, Resource, Rows};
use crate::clinical::allergy_words;
use crate::core::PrescriptionId;
use crate::imports::store::{Row, Table};
use crate::row;

/// A medicine that was ordered for a patient.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MedicationRequest {
    status: String,
    #[serde(rename = "medicationCodeableConcept")]
    medication: Concept,
    subject: Reference,
    encounter: Reference,
    #[serde(rename = "authoredOn")]
    authored: String,
    requester: Reference,
    #[serde(rename = "dosageInstruction")]
    dosage: Vec<Dosage>,
    #[serde(rename = "dispenseRequest")]
    dispense: Dispense,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dosage {
    text: String,
    #[serde(rename = "patientInstruction")]
    instruction: String,
    #[serde(rename = "asNeededBoolean")]
    as_needed: bool,
    route: Concept,
    timing: Timing,
    #[serde(rename = "doseAndRate")]
    dose_and_rate: Vec<DoseAndRate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DoseAndRate {
    #[serde(rename = "doseQuantity")]
    dose: Quantity,
    #[serde(rename = "rateQuantity")]
    rate: Quantity,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Timing {
    repeat: Repeat,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Repeat {
    frequency: Option<i64>,
    period: Option<serde_json::Number>,
    #[serde(rename = "periodUnit")]
    unit: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dispense {
    #[serde(rename = "expectedSupplyDuration")]
    duration: Quantity,
}

/// Returns the word for a usual abbreviation of a route.
fn route(concept: &Concept) -> String {
    let written = concept.words();
    let words = match written.to_uppercase().as_str() {
        "PO" | "ORAL" => "oral",
        "IV" => "intravenous",
        "IM" => "intramuscular",
        "SC" | "SQ" => "subcutaneous",
        "SL" => "sublingual",
        "IT" => "intrathecal",
        "INH" | "INHALED" => "inhaled",
        "NEB" | "NEBULIZED" => "nebulised",
        "NASAL" => "nasal",
        "PR" => "rectal",
        "TOP" => "topical",
        _ => written,
    };
    cut(words, 60)
}

impl Repeat {
    fn words(&self) -> String {
        let Some(frequency) = self.frequency.filter(|times| *times > 0) else { return String::new() };
        let times = match frequency {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            more => format!("{more} times"),
        };
        let period = self.period.as_ref().map_or_else(|| "1".to_owned(), ToString::to_string);
        match (self.unit.as_str(), period.as_str()) {
            ("d", "1" | "1.0") if frequency == 24 => "every hour".to_owned(),
            ("d", "1" | "1.0") => format!("{times} a day"),
            ("wk", "1" | "1.0") => format!("{times} a week"),
            ("mo", "1" | "1.0") => format!("{times} a month"),
            ("h", hours) if frequency == 1 => format!("every {hours} hours"),
            ("", _) => times,
            (unit, count) => format!("{times} in {count} {unit}"),
        }
    }
}

impl Resource for MedicationRequest {
    const KIND: &'static str = "MedicationRequest";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, String> {
        let patient = known.patient("subject", &self.subject)?;
        let Some(encounter) = known.encounter(&self.encounter, patient)? else {
            return Ok(Outcome::Homeless(Some(patient)));
        };
        let drug = cut(self.medication.words(), 200);
        if drug.is_empty() {
            return Err("`medicationCodeableConcept` is missing".to_owned());
        }
        let plain = Dosage::default();
        let dosage = self.dosage.first().unwrap_or(&plain);
        let amounts = dosage.dose_and_rate.first();
        let dose = amounts.and_then(|amounts| amounts.dose.words().or_else(|| amounts.rate.words())).unwrap_or_else(|| dosage.text.clone());
        let infusion = amounts.is_some_and(|amounts| amounts.dose.value.is_none() && amounts.rate.value.is_some());
        let frequency = if infusion && dosage.timing.repeat.frequency.is_none() {
            "continuous infusion".to_owned()
        } else {
            dosage.timing.repeat.words()
        };
        let (dose, route, frequency) = (cut(&dose, 100), route(&dosage.route), cut(&frequency, 100));
        // Text that the structured parts do not contain is kept as it was written.
        let written = if dosage.text.contains(' ') { dosage.text.as_str() } else { "" };
        let instructions = cut(&[written, dosage.instruction.as_str()].join(" "), 500);
        let authored = moment(&self.authored, known.zone).ok_or("`authoredOn` is missing or no moment")?;
        let user = known.user(&self.requester);
        let state = match self.status.as_str() {
            "active" | "on-hold" => "active",
            "completed" => "completed",
            "stopped" | "cancelled" => "stopped",
            "entered-in-error" => "entered_in_error",
            // Drafts of another system are not prescriptions here.
            _ => return Ok(Outcome::Homeless(Some(patient))),
        };
        let ended = matches!(state, "stopped" | "entered_in_error");
        let rxnorm = self.medication.code_of("rxnorm").map(|coding| cut(&coding.code, 20)).unwrap_or_default();
        let days = self.dispense.duration.whole(1, 365).filter(|_| matches!(self.dispense.duration.code.as_str(), "d" | ""));
        let drug_id = known.drug(&drug);
        let rows = vec![
            Row::Insert(
                Table::Drugs,
                row![drug_id, drug.clone(), rxnorm, cut(&allergy_words(&drug), 300), dose.clone(), route.clone(), frequency.clone()],
            ),
            Row::Insert(
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
                    dosage.as_needed,
                    instructions,
                    state,
                    authored,
                    user,
                    ended.then_some(authored),
                    ended.then_some(user)
                ],
            ),
        ];
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timings_in_words() {
        let words = |json: &str| serde_json::from_str::<Repeat>(json).expect("a timing").words();
        assert_eq!(words(r#"{"frequency":1,"period":1,"periodUnit":"d"}"#), "once a day");
        assert_eq!(words(r#"{"frequency":3,"period":1,"periodUnit":"d"}"#), "3 times a day");
        assert_eq!(words(r#"{"frequency":24,"period":1,"periodUnit":"d"}"#), "every hour");
        assert_eq!(words(r#"{"frequency":1,"period":8,"periodUnit":"h"}"#), "every 8 hours");
        assert_eq!(words(r#"{"frequency":1,"period":1,"periodUnit":"wk"}"#), "once a week");
        assert_eq!(words("{}"), "");
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
