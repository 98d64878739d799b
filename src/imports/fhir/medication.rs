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
    intent: String,
    /// The request forbids the medicine.
    #[serde(rename = "doNotPerform")]
    forbids: bool,
    #[serde(rename = "modifierExtension")]
    modifiers: Vec<serde_json::Value>,
    contained: Vec<Contained>,
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
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dosage {
    text: String,
    #[serde(rename = "patientInstruction")]
    instruction: String,
    #[serde(rename = "asNeededBoolean")]
    as_needed: bool,
    #[serde(rename = "asNeededCodeableConcept")]
    needed_for: Concept,
    #[serde(rename = "maxDosePerPeriod")]
    most: Ratio,
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
    #[serde(rename = "doseRange")]
    range: Range,
    #[serde(rename = "rateQuantity")]
    rate: Quantity,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Timing {
    repeat: Repeat,
    code: Concept,
}

/// A resource inside another one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Contained {
    id: String,
    code: Concept,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Range {
    low: Quantity,
    high: Quantity,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ratio {
    numerator: Quantity,
    denominator: Quantity,
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
            ("d", days) if frequency == 1 => format!("every {days} days"),
            (unit, count) => format!("{times} in {count} {unit}"),
        }
    }
}

impl Timing {
    /// The frequency in words: from its figures, otherwise from the usual abbreviations, otherwise as it was written.
    fn words(&self) -> String {
        let figures = self.repeat.words();
        if !figures.is_empty() {
            return figures;
        }
        let written = self.code.words();
        let code = if self.code.code().is_empty() { written } else { self.code.code() };
        match code.to_uppercase().as_str() {
            "QD" | "DAILY" => "once a day",
            "BID" => "twice a day",
            "TID" => "3 times a day",
            "QID" => "4 times a day",
            "AM" => "every morning",
            "BED" | "HS" => "at bedtime",
            "Q4H" => "every 4 hours",
            "Q6H" => "every 6 hours",
            "Q8H" => "every 8 hours",
            "WK" => "once a week",
            _ => written,
        }
        .to_owned()
    }
}

impl Range {
    /// "1–2 tablet".
    fn words(&self) -> Option<String> {
        let (low, high) = (self.low.words()?, self.high.words()?);
        let number = low.split(' ').next().unwrap_or_default();
        Some(format!("{number}–{high}"))
    }
}

impl Dosage {
    /// The amount of a dose in words, as far as its figures say it.
    fn amount(&self) -> Option<String> {
        // Several amounts together are not the dose.
        let [amounts] = self.dose_and_rate.as_slice() else { return None };
        amounts.dose.words().or_else(|| amounts.range.words()).or_else(|| amounts.rate.words())
    }

    fn is_infusion(&self) -> bool {
        let rate =
            |amounts: &DoseAndRate| amounts.dose.value.is_none() && amounts.range.low.value.is_none() && amounts.rate.value.is_some();
        self.dose_and_rate.first().is_some_and(rate)
    }

    fn frequency(&self) -> String {
        if self.is_infusion() && self.timing.repeat.frequency.is_none() { "continuous infusion".to_owned() } else { self.timing.words() }
    }

    fn is_needed(&self) -> bool {
        self.as_needed || !self.needed_for.words().is_empty()
    }

    /// The most doses a day, where the maximum of a day is counted in the unit of the dose.
    fn most_a_day(&self) -> Option<i64> {
        let is_a_day = matches!(self.most.denominator.code.as_str(), "d") && self.most.denominator.whole(1, 1).is_some();
        let dose = &self.dose_and_rate.first()?.dose;
        let one = dose.unit == self.most.numerator.unit && dose.whole(1, 1).is_some();
        self.most.numerator.whole(1, 48).filter(|_| is_a_day && one && self.is_needed())
    }

    /// All that the instruction says, in one sentence: for a prescription with several instructions.
    fn sentence(&self) -> String {
        if !self.text.is_empty() {
            return self.text.clone();
        }
        let parts = [self.amount().unwrap_or_default(), route(&self.route), self.frequency()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// The columns of a dosage.
#[derive(Debug, Default, PartialEq, Eq)]
struct Columns {
    dose: String,
    route: String,
    frequency: String,
    as_needed: bool,
    most_a_day: Option<i64>,
    instructions: String,
}

/// The longest dose and the longest instructions.
const DOSE: usize = 100;
const INSTRUCTIONS: usize = 500;

impl MedicationRequest {
    /// Returns the name of the medicine: of its concept, of the resource inside, or as the reference shows it.
    fn drug(&self) -> Result<String, String> {
        let inside = self.medication_at.reference.strip_prefix('#');
        let inside = inside.and_then(|id| self.contained.iter().find(|one| one.id == id)).map_or("", |one| one.code.words());
        let named = [self.medication.words(), inside, &self.medication_at.display].into_iter().find(|name| !name.is_empty());
        match named {
            Some(name) => Ok(cut(name, 200)),
            None if self.medication_at.reference.is_empty() => Err("`medicationCodeableConcept` is missing".to_owned()),
            None => Err(format!("`medicationReference` points at {}, which is not here", self.medication_at.reference)),
        }
    }

    /// Returns the columns of the dosage. Several instructions that follow each other become one text: none of them is the dosage alone.
    ///
    /// A text is never cut without a mark, because the end may be the part that says "not".
    fn columns(&self) -> Result<Columns, String> {
        let instructions = |texts: &[&str]| {
            let all: Vec<&str> = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
            let all = all.join(" ");
            if all.chars().count() > INSTRUCTIONS {
                Err("`dosageInstruction` is longer than the record can hold".to_owned())
            } else {
                Ok(all)
            }
        };
        let [dosage] = self.dosage.as_slice() else {
            let all: Vec<String> = self.dosage.iter().map(Dosage::sentence).collect();
            let as_needed = self.dosage.iter().any(Dosage::is_needed);
            let route = self.dosage.first().map(|first| route(&first.route)).unwrap_or_default();
            return Ok(Columns { route, as_needed, instructions: instructions(&[&all.join(", ")])?, ..Columns::default() });
        };
        let needed = dosage.needed_for.words();
        let needed = if needed.is_empty() { String::new() } else { format!("For {needed}") };
        let (dose, text) = match dosage.amount() {
            // Text that the structured parts do not contain is kept as it was written.
            Some(dose) => (dose, if dosage.text.contains(' ') { dosage.text.as_str() } else { "" }),
            None if dosage.text.chars().count() <= DOSE => (dosage.text.clone(), ""),
            None => (String::new(), dosage.text.as_str()),
        };
        Ok(Columns {
            dose: cut(&dose, DOSE),
            route: route(&dosage.route),
            frequency: cut(&dosage.frequency(), 100),
            as_needed: dosage.is_needed(),
            most_a_day: dosage.most_a_day(),
            instructions: instructions(&[text, &dosage.instruction, &needed])?,
        })
    }
}

impl Resource for MedicationRequest {
    const KIND: &'static str = "MedicationRequest";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, String> {
        let patient = known.patient("subject", &self.subject)?;
        let Some(encounter) = known.encounter(&self.encounter, patient)? else {
            return Ok(Outcome::Homeless(Some(patient)));
        };
        // A request that forbids, proposes, or changes its meaning by an extension is no prescription. It is kept as it came.
        let is_order = matches!(self.intent.as_str(), "" | "order" | "original-order" | "reflex-order" | "filler-order" | "instance-order");
        if self.forbids || !is_order || !self.modifiers.is_empty() {
            return Ok(Outcome::Homeless(Some(patient)));
        }
        let drug = self.drug()?;
        let Columns { dose, route, frequency, as_needed, most_a_day, instructions } = self.columns()?;
        let authored = moment(&self.authored, known.zone).ok_or("`authoredOn` is missing or no moment")?;
        let user = known.user(&self.requester);
        let state = match self.status.as_str() {
            "active" => "active",
            "completed" => "completed",
            "stopped" | "cancelled" => "stopped",
            "entered-in-error" => "entered_in_error",
            // Drafts of another system are not prescriptions here, and one on hold is not to be given.
            _ => return Ok(Outcome::Homeless(Some(patient))),
        };
        let ended = matches!(state, "stopped" | "entered_in_error");
        let rxnorm = self.medication.code_of("rxnorm").map(|coding| cut(&coding.code, 20)).unwrap_or_default();
        let days = match self.dispense.duration.code.as_str() {
            "d" | "" => self.dispense.duration.whole(1, 365),
            "wk" => self.dispense.duration.whole(1, 52).map(|weeks| weeks * 7),
            _ => None,
        };
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
                    as_needed,
                    most_a_day,
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

    fn columns(json: &str) -> Columns {
        serde_json::from_str::<MedicationRequest>(json).expect("a request").columns().expect("columns")
    }

    #[test]
    fn no_part_of_a_dosage_is_dropped() {
        let prn = columns(
            r#"{"dosageInstruction":[{"timing":{"repeat":{"frequency":1,"period":6,"periodUnit":"h"}},"asNeededCodeableConcept":{"text":"severe pain"},
            "doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}],"maxDosePerPeriod":{"numerator":{"value":4,"unit":"tablet"},"denominator":{"value":1,"code":"d"}}}]}"#,
        );
        assert_eq!(
            (prn.dose.as_str(), prn.frequency.as_str(), prn.as_needed, prn.most_a_day),
            ("1 tablet", "every 6 hours", true, Some(4))
        );
        assert_eq!(prn.instructions, "For severe pain");
        let range = columns(
            r#"{"dosageInstruction":[{"doseAndRate":[{"doseRange":{"low":{"value":1,"unit":"tablet"},"high":{"value":2,"unit":"tablet"}}}],"timing":{"code":{"text":"TID"}}}]}"#,
        );
        assert_eq!((range.dose.as_str(), range.frequency.as_str()), ("1–2 tablet", "3 times a day"));
        let bid = columns(r#"{"dosageInstruction":[{"timing":{"code":{"coding":[{"code":"BID"}]}}}]}"#);
        assert_eq!(bid.frequency, "twice a day");
        let taper = columns(r#"{"dosageInstruction":[{"text":"3 tablets once a day for 5 days"},{"text":"then 1 tablet once a day"}]}"#);
        assert_eq!((taper.dose.as_str(), taper.frequency.as_str()), ("", ""));
        assert_eq!(taper.instructions, "3 tablets once a day for 5 days, then 1 tablet once a day");
        let text = "Take 2 tablets by mouth every 6 hours with plenty of water for the first 3 days, then stop taking them altogether unless told otherwise";
        let long = columns(&format!(r#"{{"dosageInstruction":[{{"text":"{text}"}}]}}"#));
        assert_eq!((long.dose.as_str(), long.instructions.as_str()), ("", text), "once and whole");
        let short = columns(r#"{"dosageInstruction":[{"text":"10 mL bid"}]}"#);
        assert_eq!((short.dose.as_str(), short.instructions.as_str()), ("10 mL bid", ""));
        let too_long = format!(r#"{{"dosageInstruction":[{{"text":"{}"}}]}}"#, "word ".repeat(200));
        assert!(serde_json::from_str::<MedicationRequest>(&too_long).expect("a request").columns().is_err(), "never cut in silence");
    }

    #[test]
    fn a_medicine_is_named_by_its_concept_the_resource_inside_or_the_reference() {
        let drug = |json: &str| serde_json::from_str::<MedicationRequest>(json).expect("a request").drug();
        let inside = r##"{"contained":[{"id":"m1","code":{"text":"Nizatidine 15 MG/ML Oral Solution"}}],"medicationReference":{"reference":"#m1","display":"Nizatidine"}}"##;
        assert_eq!(drug(inside).as_deref(), Ok("Nizatidine 15 MG/ML Oral Solution"));
        assert_eq!(drug(r#"{"medicationReference":{"reference":"Medication/7","display":"Aspirin"}}"#).as_deref(), Ok("Aspirin"));
        assert_eq!(
            drug(r#"{"medicationReference":{"reference":"Medication/7"}}"#),
            Err("`medicationReference` points at Medication/7, which is not here".to_owned())
        );
        assert_eq!(drug("{}"), Err("`medicationCodeableConcept` is missing".to_owned()));
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
