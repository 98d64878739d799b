//! Laboratory results, the requests and the samples of before. They are history here: nobody judges, releases or calls them again.

use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Concept, Quantity, Reference, all_words, cut, line};
use super::dates::{Period, moment};
use super::known::{Known, Local, Outcome, Resource, Rows};
use super::trouble::Trouble;
use super::vitals::Observation;
use crate::core::{EncounterId, PatientId, time::Instant};
use crate::imports::store::{Row, Table};
use crate::keys::{PAST_ORDERS, PAST_RESULTS};
use crate::row;

/// The usual values of a result.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReferenceRange {
    low: Quantity,
    high: Quantity,
    text: String,
}

/// A remark.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Annotation {
    pub text: String,
}

/// Returns the remarks in one text.
pub fn remarks(notes: &[Annotation]) -> String {
    notes.iter().map(|note| note.text.trim()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The counts of cells that are shown in thousands per microlitre, by their codes of LOINC: leucocytes and platelets.
const COUNTS: [&str; 4] = ["6690-2", "26464-8", "777-3", "26515-7"];
/// The longest result in words.
const LONGEST: usize = 20_000;
const THOUSANDS: &str = "10*3/uL";

/// A value with its unit, and as it was sent if it was converted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shown {
    value: String,
    unit: String,
    sent: String,
    /// The range in the same unit.
    range: String,
    words: String,
}

/// Formats a number without superfluous zeros.
fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

fn unit(quantity: &Quantity) -> &str {
    if quantity.unit.is_empty() { &quantity.code } else { &quantity.unit }
}

impl ReferenceRange {
    /// Returns the limits, divided by a factor; the text if there are none.
    fn words(&self, by: Decimal) -> String {
        let limit = |quantity: &Quantity| quantity.decimal().and_then(|value| value.checked_div(by)).map(plain);
        match (limit(&self.low), limit(&self.high)) {
            (Some(low), Some(high)) => format!("{low}–{high}"),
            (Some(low), None) => format!("≥ {low}"),
            (None, Some(high)) => format!("≤ {high}"),
            (None, None) => self.text.clone(),
        }
    }
}

impl Observation {
    /// Whether it is a laboratory result: by its category; without one, by its sample or its range.
    pub fn is_laboratory(&self) -> bool {
        self.category.iter().any(|category| category.has("laboratory"))
            || self.category.is_empty() && (!self.specimen.is_empty() || !self.ranges.is_empty())
    }

    /// Returns the value. A count of cells per microlitre is shown in thousands, as the catalogue of tests has it.
    fn value(&self, known: &mut Known) -> Shown {
        let range = |by: Decimal| self.ranges.first().map(|range| range.words(by)).unwrap_or_default();
        if let Some(number) = self.quantity.decimal() {
            let counted = self.code.one_of(&COUNTS).is_some() && unit(&self.quantity) == "/uL" && self.quantity.comparator.is_empty();
            if let Some(thousands) = number.checked_div(Decimal::ONE_THOUSAND).filter(|_| counted) {
                let sent = self.quantity.words().unwrap_or_default();
                return Shown {
                    value: plain(thousands),
                    unit: THOUSANDS.to_owned(),
                    sent,
                    range: range(Decimal::ONE_THOUSAND),
                    words: String::new(),
                };
            }
            let written = Quantity {
                unit: String::new(),
                code: String::new(),
                value: self.quantity.value.clone(),
                comparator: self.quantity.comparator.clone(),
            };
            let value = written.words().unwrap_or_default();
            return Shown { value, unit: line(unit(&self.quantity)), range: range(Decimal::ONE), ..Shown::default() };
        }
        if let Some(whole) = self.integer {
            return Shown { value: whole.to_string(), range: range(Decimal::ONE), ..Shown::default() };
        }
        let told = match self.truth {
            Some(true) => "true",
            Some(false) => "false",
            None => "",
        };
        let stated = [self.concept.words(), self.words.trim(), told, self.dated.trim()].into_iter().find(|words| !words.is_empty());
        let parts: Vec<String> = self.component.iter().filter_map(part_words).collect();
        let words = match stated {
            Some(words) => words.to_owned(),
            None if !parts.is_empty() => parts.join("; "),
            None if !self.absent.words().is_empty() => {
                known.tell(Trouble::new("value[x]", "was not measured").about(self.absent.words()));
                format!("– ({})", self.absent.words())
            }
            // Some say the result of a culture in the remark alone.
            None => remarks(&self.note),
        };
        Shown { words, range: range(Decimal::ONE), ..Shown::default() }
    }

    /// Returns the row of a laboratory result.
    pub fn result(
        &self,
        local: Uuid,
        (patient, encounter): (PatientId, Option<EncounterId>),
        known: &mut Known,
    ) -> Result<Outcome, Trouble> {
        let title = known.fit("code", self.code.words(), 300);
        if title.is_empty() {
            return Err(Trouble::new("code", "missing"));
        }
        let value = self.value(known);
        if value.value.is_empty() && value.words.is_empty() {
            return Ok(Outcome::kept(patient, "value[x]", "missing, or of a form that has no place in a result"));
        }
        if value.value.chars().count() > 60 || value.unit.chars().count() > 40 || value.words.chars().count() > LONGEST {
            return Ok(Outcome::kept(patient, "value[x]", "longer than the record can hold, and never cut"));
        }
        let at = self.at(known)?;
        let reported = moment(&self.issued, known.zone);
        let order = known.past("basedOn", "ServiceRequest", &self.based_on, patient);
        let specimen = known.past("specimen", "Specimen", [&self.specimen], patient);
        let flags: Vec<&str> = self.interpretation.iter().map(Concept::code).filter(|code| !code.is_empty()).collect();
        let comment = known.fit("note", &remarks(&self.note), LONGEST);
        let comment = if comment == value.words { String::new() } else { comment };
        let loinc = self.code.code_of("loinc.org").map(|coding| coding.code.clone()).unwrap_or_default();
        let rows = vec![Row::Insert(
            Table::PastResults,
            row![
                local,
                patient,
                known.clinic,
                encounter,
                order,
                specimen,
                known.fit("code", &loinc, 40),
                title,
                value.value,
                value.unit,
                known.fit("value[x]", &value.sent, 120),
                known.fit("referenceRange", &value.range, 120),
                known.fit("interpretation", &flags.join(" "), 20),
                at,
                reported,
                known.user("performer", &self.performer),
                PAST_RESULTS.seal(local, patient, [&value.words, &comment])
            ],
        )];
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }
}

fn part_words(part: &super::vitals::Component) -> Option<String> {
    let value = part.quantity.words().or_else(|| part.integer.map(|whole| whole.to_string()));
    let words = [part.concept.words(), part.words.trim()].into_iter().find(|words| !words.is_empty()).map(str::to_owned);
    let value = value.or(words)?;
    Some(format!("{}: {value}", part.code.words()))
}

/// A request of before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ServiceRequest {
    status: String,
    intent: String,
    #[serde(rename = "doNotPerform")]
    forbids: bool,
    #[serde(rename = "modifierExtension")]
    modifiers: Vec<serde_json::Value>,
    category: Vec<Concept>,
    code: Concept,
    subject: Reference,
    encounter: Reference,
    #[serde(rename = "authoredOn")]
    authored: String,
    #[serde(rename = "occurrenceDateTime")]
    occurs: String,
    requester: Reference,
    #[serde(rename = "reasonCode")]
    reason: Vec<Concept>,
}

/// Returns the word of the department that a request or report is for: by the codes of HL7 v2's table 74, and of SNOMED CT.
pub fn kind_of(category: &[Concept]) -> &'static str {
    let one = |codes: &[&str]| category.iter().any(|concept| concept.one_of(codes).is_some());
    match () {
        () if one(&["LAB", "108252007", "laboratory", "MB", "HM", "CH", "SR", "BLB", "TX", "VR", "PAT", "SP", "CP"]) => "laboratory",
        () if one(&["RAD", "363679005", "imaging", "CT", "NMR", "RUS", "RX", "CUS", "VUS", "NMS", "XRC", "IMG"]) => "imaging",
        () => "other",
    }
}

impl Resource for ServiceRequest {
    const KIND: &'static str = "ServiceRequest";

    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let patient = known.patient("subject", &self.subject)?;
        if !self.modifiers.is_empty() {
            return Ok(Outcome::kept(patient, "modifierExtension", "changes the meaning of the whole resource"));
        }
        if self.forbids {
            return Ok(Outcome::kept(patient, "doNotPerform", "the request forbids it"));
        }
        if matches!(self.intent.as_str(), "proposal" | "plan" | "option" | "directive") {
            return Ok(Outcome::kept(patient, "intent", "is no order"));
        }
        let state = match self.status.as_str() {
            "active" => "active",
            "on-hold" => "on_hold",
            "completed" => "completed",
            "revoked" => "revoked",
            "draft" => return Ok(Outcome::kept(patient, "status", "is a draft")),
            "entered-in-error" => return Ok(Outcome::kept(patient, "status", "entered in error")),
            _ => "unknown",
        };
        let encounter = known.encounter(&self.encounter, patient)?;
        let title = known.fit("code", self.code.words(), 300);
        if title.is_empty() {
            return Err(Trouble::new("code", "missing"));
        }
        let dates = [&self.authored, &self.occurs].into_iter().find_map(|text| moment(text, known.zone));
        let at = dates.or_else(|| encounter.map(|(_, at)| at)).ok_or_else(|| Trouble::new("authoredOn", "missing"))?;
        if dates.is_none() {
            known.tell(Trouble::new("authoredOn", "missing: placed at its encounter"));
        }
        let loinc = self.code.code_of("loinc.org").map(|coding| coding.code.clone()).unwrap_or_default();
        // Words in the place of a code are no code.
        let loinc = if loinc.contains('-') && loinc.len() <= 10 { loinc } else { String::new() };
        let reason = known.fit("reasonCode", &all_words(&self.reason, "; "), 2000);
        let rows = vec![Row::Insert(
            Table::PastOrders,
            row![
                local,
                patient,
                known.clinic,
                encounter.map(|(id, _)| id),
                kind_of(&self.category),
                state,
                loinc,
                title,
                at,
                known.user("requester", [&self.requester]),
                PAST_ORDERS.seal(local, patient, [&reason])
            ],
        )];
        known.insert(Self::KIND, id, Local::Past { id: local, patient });
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }

    fn announce(&self, id: &str, local: Uuid, known: &mut Known) {
        if let Ok(patient) = known.patient("subject", &self.subject) {
            known.insert(Self::KIND, id, Local::Past { id: local, patient });
        }
    }
}

/// A sample of before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Specimen {
    status: String,
    #[serde(rename = "modifierExtension")]
    modifiers: Vec<serde_json::Value>,
    #[serde(rename = "type")]
    kind: Concept,
    subject: Reference,
    #[serde(rename = "receivedTime")]
    received: String,
    collection: Collection,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Collection {
    #[serde(rename = "collectedDateTime")]
    at: String,
    #[serde(rename = "collectedPeriod")]
    period: Period,
}

impl Specimen {
    fn at(&self, known: &mut Known) -> Result<Instant, Trouble> {
        let collected = [&self.collection.at, &self.collection.period.start].into_iter().find_map(|text| moment(text, known.zone));
        if let Some(at) = collected {
            return Ok(at);
        }
        let at = moment(&self.received, known.zone)
            .ok_or_else(|| Trouble::new("collection.collected[x]", "missing, and not received either"))?;
        known.tell(Trouble::new("collection.collected[x]", "missing: placed when it was received"));
        Ok(at)
    }
}

impl Resource for Specimen {
    const KIND: &'static str = "Specimen";

    fn map(&self, id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let patient = known.patient("subject", &self.subject)?;
        if !self.modifiers.is_empty() {
            return Ok(Outcome::kept(patient, "modifierExtension", "changes the meaning of the whole resource"));
        }
        if self.status == "entered-in-error" {
            return Ok(Outcome::kept(patient, "status", "entered in error"));
        }
        let at = self.at(known)?;
        let title = known.fit("type", self.kind.words(), 200);
        let rows = vec![Row::Insert(Table::PastSpecimens, row![local, patient, known.clinic, title, cut(&self.status, 20), at])];
        known.insert(Self::KIND, id, Local::Past { id: local, patient });
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

    fn value(json: &str) -> Shown {
        let mut known = Known::new("2026-11-29T12:00:00Z".parse().expect("an instant"), ClinicId::new(), Zone::named("UTC"));
        serde_json::from_str::<Observation>(json).expect("an observation").value(&mut known)
    }

    #[test]
    fn counts_of_cells_are_shown_in_thousands_and_kept_as_sent() {
        let wbc = r#"{"code":{"coding":[{"system":"http://loinc.org","code":"6690-2"}]},"valueQuantity":{"value":6650.0,"unit":"/uL","code":"/uL"},
            "referenceRange":[{"low":{"value":3500},"high":{"value":10500}}]}"#;
        let found = value(wbc);
        assert_eq!((found.value.as_str(), found.unit.as_str(), found.range.as_str()), ("6.65", "10*3/uL", "3.5–10.5"));
        assert_eq!(found.sent, "6650 /uL");
        let same = value(&wbc.replace("/uL", "10*3/uL").replace("6650.0", "6.65"));
        assert_eq!((same.value.as_str(), same.unit.as_str(), same.sent.as_str()), ("6.65", "10*3/uL", ""));
    }

    #[test]
    fn a_result_of_any_form_keeps_its_words() {
        assert_eq!(value(r#"{"valueQuantity":{"value":70,"comparator":"<","unit":"ng/mL"}}"#).value, "<70");
        assert_eq!(value(r#"{"valueCodeableConcept":{"text":"Escherichia coli"}}"#).words, "Escherichia coli");
        assert_eq!(value(r#"{"component":[{"code":{"text":"MIC"},"valueQuantity":{"value":2,"unit":"mg/L"}}]}"#).words, "MIC: 2 mg/L");
        assert_eq!(value(r#"{"dataAbsentReason":{"text":"haemolysed"}}"#).words, "– (haemolysed)");
        assert_eq!(value(r#"{"valueQuantity":{"value":5},"referenceRange":[{"high":{"value":7.0}}]}"#).range, "≤ 7");
        assert_eq!(value(r#"{"valueCodeableConcept":{},"note":[{"text":">100,000 CFU/mL"}]}"#).words, ">100,000 CFU/mL");
        assert_eq!(value("{}"), Shown::default());
    }

    #[test]
    fn requests_know_their_department() {
        let kind = |code: &str| kind_of(&[serde_json::from_str(&format!(r#"{{"coding":[{{"code":"{code}"}}]}}"#)).expect("a concept")]);
        assert_eq!((kind("LAB"), kind("RAD"), kind("MB"), kind("409063005")), ("laboratory", "imaging", "laboratory", "other"));
    }
}
