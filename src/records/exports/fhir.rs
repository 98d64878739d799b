//! Writes a record as FHIR R4 (<https://hl7.org/fhir/R4/>): one bundle of the type `collection`. The codes of vital signs are those of the
//! profile "vital signs" (<https://hl7.org/fhir/R4/observation-vitalsigns.html>), units are UCUM.

use chrono::Datelike as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    archive::document_name,
    gather::Gathered,
    store::{AppointmentRow, InvoiceRow, ProblemRow, ResultRow, StudyRow, VitalsRow},
};
use crate::{
    clinical::{Certainty, Diagnosis, Encounter, EncounterKind, EncounterState, Prescription, PrescriptionState},
    core::{
        Currency, Money,
        locale::{self, Locale},
        time::Instant,
    },
    documents::Document,
    patients::{Allergy, AllergyCategory, Birth, BirthPrecision, Criticality, MorePhone, Patient, Severity, Sex, phones::PhoneKind},
};

const TERMINOLOGY: &str = "http://terminology.hl7.org/CodeSystem";

/// Writes the bundle.
pub(super) fn bundle(all: &Gathered, currency: &Currency, now: Instant) -> Value {
    let who = subject(&all.patient);
    let mut resources = vec![patient(&all.patient, &all.other_numbers, &all.phones)];
    resources.extend(all.allergies.iter().map(|one| allergy(one, &who)));
    resources.extend(all.problems.iter().map(|one| problem(one, &who)));
    resources.extend(all.appointments.iter().map(|one| appointment(one, &who)));
    for summary in &all.summaries {
        resources.push(encounter(&summary.encounter, &who));
        resources.extend(summary.diagnoses.iter().map(|one| diagnosis(one, &who)));
        resources.extend(summary.prescriptions.iter().filter_map(|one| prescription(one, &who)));
    }
    for row in &all.vitals {
        resources.extend(vitals(row, &who));
    }
    resources.extend(all.results.iter().map(|one| result(one, &who)));
    resources.extend(all.studies.iter().map(|one| study(one, &who)));
    if !all.results.is_empty() {
        resources.push(results_report(all, &who, now));
    }
    resources.extend(all.documents.iter().map(|one| document(one, &who)));
    resources.extend(all.invoices.iter().map(|one| invoice(one, &who, currency)));
    let entries: Vec<Value> = resources
        .into_iter()
        .map(|resource| {
            let address = format!("urn:uuid:{}", resource["id"].as_str().unwrap_or_default());
            json!({ "fullUrl": address, "resource": resource })
        })
        .collect();
    json!({ "resourceType": "Bundle", "type": "collection", "timestamp": now.to_rfc3339(), "entry": entries })
}

fn reference(id: Uuid) -> Value {
    json!({ "reference": format!("urn:uuid:{id}") })
}

fn subject(patient: &Patient) -> Value {
    reference(patient.id.into())
}

fn concept(system: &str, code: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code }] })
}

fn standard(name: &str, code: &str) -> Value {
    concept(&format!("{TERMINOLOGY}/{name}"), code)
}

/// Returns the text in the language of the reader.
fn named<'n>(en: &'n str, es: &'n str) -> &'n str {
    match locale::current() {
        Locale::en => en,
        Locale::es => es,
    }
}

/// Sets a field, if there is a value.
fn set(resource: &mut Value, field: &str, value: Option<Value>) {
    if let Some(value) = value {
        resource[field] = value;
    }
}

/// Returns a birth date as far as it is known.
fn partial(birth: Birth) -> Option<String> {
    let date = birth.date?;
    match birth.precision {
        BirthPrecision::Day => Some(date.to_string()),
        BirthPrecision::Month => Some(format!("{:04}-{:02}", date.year(), date.month())),
        BirthPrecision::Year => Some(format!("{:04}", date.year())),
        BirthPrecision::Unknown => None,
    }
}

fn patient(record: &Patient, other_numbers: &[String], phones: &[MorePhone]) -> Value {
    let facts = &record.facts;
    let more = &facts.more;
    let numbers = std::iter::once((&record.mrn, "usual")).chain(other_numbers.iter().map(|number| (number, "old")));
    let identifiers: Vec<Value> =
        numbers.map(|(number, usage)| json!({ "use": usage, "system": "urn:infirmary:mrn", "value": number })).collect();
    let mut name = json!({ "use": "official", "text": facts.name.full() });
    set(&mut name, "family", (!facts.name.family_name.is_empty()).then(|| json!(facts.name.family_name)));
    let given: Vec<&str> = facts.name.given_names.split_whitespace().collect();
    set(&mut name, "given", (!given.is_empty()).then(|| json!(given)));
    let mut resource =
        json!({ "resourceType": "Patient", "id": Uuid::from(record.id).to_string(), "identifier": identifiers, "name": [name] });
    set(&mut resource, "birthDate", partial(facts.birth).map(|text| json!(text)));
    let gender = match facts.sex {
        Sex::Female => "female",
        Sex::Male => "male",
        Sex::Other => "other",
        Sex::Unknown => "unknown",
    };
    resource["gender"] = json!(gender);
    let reach = [("phone", &more.phone), ("email", &more.email)];
    let reach: Vec<Value> = reach
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(system, value)| json!({ "system": system, "value": value }))
        // The number of another person is not the patient's.
        .chain(
            phones
                .iter()
                .filter(|one| one.kind != PhoneKind::OtherPerson)
                .map(|one| json!({ "system": "phone", "value": one.phone, "use": one.kind.as_str() })),
        )
        .collect();
    set(&mut resource, "telecom", (!reach.is_empty()).then(|| json!(reach)));
    if !more.address_line().is_empty() {
        let mut address = json!({ "text": more.address_line() });
        set(&mut address, "line", (!more.address.is_empty()).then(|| json!([more.address])));
        set(&mut address, "city", (!more.city.is_empty()).then(|| json!(more.city)));
        set(&mut address, "state", (!more.region.is_empty()).then(|| json!(more.region)));
        set(&mut address, "postalCode", (!more.postal_code.is_empty()).then(|| json!(more.postal_code)));
        set(&mut address, "country", (!more.country.is_empty()).then(|| json!(more.country)));
        resource["address"] = json!([address]);
    }
    if let Some(death) = record.death() {
        match death.exchanged() {
            Some(text) => resource["deceasedDateTime"] = json!(text),
            None => resource["deceasedBoolean"] = json!(true),
        }
    }
    resource
}

fn allergy(one: &Allergy, who: &Value) -> Value {
    let criticality = match one.criticality {
        Criticality::Low => "low",
        Criticality::High => "high",
        Criticality::UnableToAssess => "unable-to-assess",
    };
    let mut resource = json!({
        "resourceType": "AllergyIntolerance",
        "id": Uuid::from(one.id).to_string(),
        "clinicalStatus": standard("allergyintolerance-clinical", &one.clinical_status),
        "verificationStatus": standard("allergyintolerance-verification", &one.verification),
        "criticality": criticality,
        "code": { "text": one.substance },
        "patient": who,
        "recordedDate": one.recorded_at.to_rfc3339(),
    });
    let category = match one.category {
        AllergyCategory::Medication => Some("medication"),
        AllergyCategory::Food => Some("food"),
        AllergyCategory::Environment => Some("environment"),
        AllergyCategory::Other => None,
    };
    set(&mut resource, "category", category.map(|word| json!([word])));
    if !one.reaction.is_empty() {
        let mut reaction = json!({ "manifestation": [{ "text": one.reaction }] });
        let severity = match one.severity {
            Severity::Mild => Some("mild"),
            Severity::Moderate => Some("moderate"),
            Severity::Severe => Some("severe"),
            Severity::NotTold => None,
        };
        set(&mut reaction, "severity", severity.map(|word| json!(word)));
        resource["reaction"] = json!([reaction]);
    }
    resource
}

/// ICD-10-CM, as the hospital codes.
fn coded(code: &str, text: &str) -> Value {
    if code.is_empty() {
        return json!({ "text": text });
    }
    json!({ "coding": [{ "system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code, "display": text }], "text": text })
}

fn problem(one: &ProblemRow, who: &Value) -> Value {
    let mut resource = json!({
        "resourceType": "Condition",
        "id": one.id.to_string(),
        "clinicalStatus": standard("condition-clinical", &one.clinical_status),
        "verificationStatus": standard("condition-ver-status", &one.verification),
        "category": [standard("condition-category", "problem-list-item")],
        "code": coded(&one.code, &one.description),
        "subject": who,
    });
    set(&mut resource, "onsetDateTime", one.onset_on.map(|day| json!(day.to_string())));
    resource
}

fn diagnosis(one: &Diagnosis, who: &Value) -> Value {
    let verification = match one.certainty {
        Certainty::Provisional => "provisional",
        Certainty::Confirmed => "confirmed",
    };
    json!({
        "resourceType": "Condition",
        "id": Uuid::from(one.id).to_string(),
        "clinicalStatus": standard("condition-clinical", "active"),
        "verificationStatus": standard("condition-ver-status", verification),
        "category": [standard("condition-category", "encounter-diagnosis")],
        "code": coded(&one.code, &one.description),
        "subject": who,
        "encounter": reference(one.encounter.into()),
        "recordedDate": one.recorded_at.to_rfc3339(),
    })
}

fn appointment(one: &AppointmentRow, who: &Value) -> Value {
    let status = match one.state.as_str() {
        "booked" => "booked",
        "checked_in" => "checked-in",
        "in_consultation" => "arrived",
        "fulfilled" => "fulfilled",
        "no_show" => "noshow",
        "entered_in_error" => "entered-in-error",
        _ => "cancelled",
    };
    json!({
        "resourceType": "Appointment",
        "id": one.id.to_string(),
        "status": status,
        "description": format!("{}, {}", one.service, one.doctor),
        "start": one.starts_at.to_rfc3339(),
        "end": one.ends_at.to_rfc3339(),
        "participant": [{ "actor": who, "status": "accepted" }],
    })
}

fn encounter(one: &Encounter, who: &Value) -> Value {
    let (code, status) = (
        match one.kind {
            EncounterKind::Outpatient => "AMB",
            EncounterKind::Emergency => "EMER",
            EncounterKind::Inpatient => "IMP",
        },
        match one.state {
            EncounterState::InProgress => "in-progress",
            EncounterState::Finished => "finished",
            EncounterState::EnteredInError => "entered-in-error",
        },
    );
    let mut period = json!({ "start": one.started_at.to_rfc3339() });
    set(&mut period, "end", one.ended_at.map(|end| json!(end.to_rfc3339())));
    let mut resource = json!({
        "resourceType": "Encounter",
        "id": Uuid::from(one.id).to_string(),
        "status": status,
        "class": { "system": format!("{TERMINOLOGY}/v3-ActCode"), "code": code },
        "subject": who,
        "period": period,
    });
    set(&mut resource, "reasonCode", (!one.reason.is_empty()).then(|| json!([{ "text": one.reason }])));
    set(&mut resource, "participant", (!one.doctor_name.is_empty()).then(|| json!([{ "individual": { "display": one.doctor_name } }])));
    resource
}

fn prescription(one: &Prescription, who: &Value) -> Option<Value> {
    let status = match one.state {
        PrescriptionState::Active => "active",
        PrescriptionState::Stopped => "stopped",
        PrescriptionState::Completed => "completed",
        PrescriptionState::Draft | PrescriptionState::EnteredInError => return None,
    };
    Some(json!({
        "resourceType": "MedicationRequest",
        "id": Uuid::from(one.id).to_string(),
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": { "text": one.drug },
        "subject": who,
        "encounter": reference(one.encounter.into()),
        "authoredOn": one.prescribed_at.to_rfc3339(),
        "requester": { "display": one.prescriber },
        "dosageInstruction": [{ "text": one.dosage.sentence() }],
    }))
}

/// Returns a whole number of a small unit as a decimal number.
fn scaled(value: i64, per: i64) -> Value {
    let (whole, rest, places) = (value / per, (value % per).abs(), per.ilog10());
    let width = usize::try_from(places).unwrap_or_default();
    let text = if places == 0 { whole.to_string() } else { format!("{whole}.{rest:0width$}") };
    number(&text)
}

/// Returns a decimal number as JSON; null for a text that is none.
fn number(text: &str) -> Value {
    text.parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}

fn quantity(value: Value, unit: &str) -> Value {
    json!({ "value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit })
}

fn loinc(code: &str, text: &str) -> Value {
    json!({ "coding": [{ "system": "http://loinc.org", "code": code }], "text": text })
}

/// One observation for each sign of a set. Their ids follow from that of the set, so that two exports have the same.
fn vitals(row: &VitalsRow, who: &Value) -> Vec<Value> {
    let base = |place: u128, code: &str, text: &str| {
        json!({
            "resourceType": "Observation",
            "id": Uuid::from_u128(row.id.as_u128() ^ place).to_string(),
            "status": "final",
            "category": [standard("observation-category", "vital-signs")],
            "code": loinc(code, text),
            "subject": who,
            "effectiveDateTime": row.taken_at.to_rfc3339(),
        })
    };
    let signs = [
        (1, "8310-5", "Body temperature", row.temperature_decicelsius, 10, "Cel"),
        (2, "8867-4", "Heart rate", row.pulse_bpm, 1, "/min"),
        (3, "9279-1", "Respiratory rate", row.respiration_rpm, 1, "/min"),
        (4, "2708-6", "Oxygen saturation", row.spo2_percent, 1, "%"),
        (5, "29463-7", "Body weight", row.weight_g, 1000, "kg"),
        (6, "8302-2", "Body height", row.height_mm, 10, "cm"),
    ];
    let mut found: Vec<Value> = signs
        .into_iter()
        .filter_map(|(place, code, text, value, per, unit)| {
            let mut one = base(place, code, text);
            one["valueQuantity"] = quantity(scaled(value?, per), unit);
            Some(one)
        })
        .collect();
    if let (Some(systolic), Some(diastolic)) = (row.systolic_mmhg, row.diastolic_mmhg) {
        let mut one = base(7, "85354-9", "Blood pressure");
        let part = |code: &str, text: &str, value: i64| json!({ "code": loinc(code, text), "valueQuantity": quantity(scaled(value, 1), "mm[Hg]") });
        one["component"] = json!([part("8480-6", "Systolic", systolic), part("8462-4", "Diastolic", diastolic)]);
        found.push(one);
    }
    found
}

fn result(one: &ResultRow, who: &Value) -> Value {
    let name = named(&one.name_en, &one.name_es);
    let code = if one.loinc.is_empty() { json!({ "text": name }) } else { loinc(&one.loinc, name) };
    let mut resource = json!({
        "resourceType": "Observation",
        "id": one.id.to_string(),
        "status": "final",
        "category": [standard("observation-category", "laboratory")],
        "code": code,
        "subject": who,
        "effectiveDateTime": one.measured_at.to_rfc3339(),
    });
    match one.kind.as_str() {
        "quantity" => {
            let mut value = quantity(number(&one.value_text), &one.unit);
            set(&mut value, "comparator", (!one.comparator.is_empty()).then(|| json!(one.comparator)));
            resource["valueQuantity"] = value;
        }
        "choice" => resource["valueString"] = json!(named(&one.choice_en, &one.choice_es)),
        "absent" => resource["dataAbsentReason"] = standard("data-absent-reason", "error"),
        _ => resource["valueString"] = json!(if one.text.is_empty() { &one.value_text } else { &one.text }),
    }
    let known = matches!(one.flag.as_str(), "LL" | "L" | "N" | "H" | "HH" | "A" | "AA");
    set(&mut resource, "interpretation", known.then(|| json!([standard("v3-ObservationInterpretation", &one.flag)])));
    set(&mut resource, "referenceRange", (!one.range_text.is_empty()).then(|| json!([{ "text": one.range_text }])));
    resource
}

/// One report that holds all results of the laboratory. Its id follows from the patient's.
fn results_report(all: &Gathered, who: &Value, now: Instant) -> Value {
    let results: Vec<Value> = all.results.iter().map(|one| reference(one.id)).collect();
    json!({
        "resourceType": "DiagnosticReport",
        "id": Uuid::from_u128(Uuid::from(all.patient.id).as_u128() ^ 1).to_string(),
        "status": "final",
        "category": [standard("v2-0074", "LAB")],
        "code": { "text": named("Laboratory results", "Resultados de laboratorio") },
        "subject": who,
        "issued": now.to_rfc3339(),
        "result": results,
    })
}

fn study(one: &StudyRow, who: &Value) -> Value {
    let mut resource = json!({
        "resourceType": "DiagnosticReport",
        "id": one.id.to_string(),
        "status": "final",
        "category": [standard("v2-0074", "RAD")],
        "code": { "text": named(&one.name_en, &one.name_es) },
        "subject": who,
    });
    let conclusion = if one.impression.is_empty() { &one.findings } else { &one.impression };
    set(&mut resource, "issued", one.signed_at.map(|at| json!(at.to_rfc3339())));
    set(&mut resource, "conclusion", (!conclusion.is_empty()).then(|| json!(conclusion)));
    set(&mut resource, "resultsInterpreter", (!one.signer_name.is_empty()).then(|| json!([{ "display": one.signer_name }])));
    resource
}

fn document(one: &Document, who: &Value) -> Value {
    json!({
        "resourceType": "DocumentReference",
        "id": Uuid::from(one.id).to_string(),
        "status": "current",
        "type": { "text": one.kind.words() },
        "subject": who,
        "date": one.added_at.to_rfc3339(),
        "description": one.title,
        "content": [{ "attachment": { "contentType": one.media.mime(), "url": format!("../{}", document_name(one)), "title": one.title, "size": one.size } }],
    })
}

fn invoice(one: &InvoiceRow, who: &Value, currency: &Currency) -> Value {
    let status = match one.state.as_str() {
        "paid" => "balanced",
        "cancelled" => "cancelled",
        _ => "issued",
    };
    let amount = |money: Money| json!({ "value": scaled(money.0, 10_i64.pow(currency.decimals())), "currency": currency.code() });
    json!({
        "resourceType": "Invoice",
        "id": one.id.to_string(),
        "identifier": [{ "system": "urn:infirmary:invoice", "value": one.number }],
        "status": status,
        "subject": who,
        "date": one.issued_at.to_rfc3339(),
        "totalGross": amount(one.total),
    })
}
