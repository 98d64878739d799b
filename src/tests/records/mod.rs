//! Copies of records and requests to erase them: who asks, who decides, what the file holds, and what is left.

mod guards;

use std::{
    collections::BTreeSet,
    io::{Cursor, Read as _},
};

use axum::http::StatusCode;

use super::{Answer, Browser, TestApp, fixture::PASSWORD, lab::number, on_both_engines, signatures};
use crate::{core::ExportId, db::sql, patients};

fn ok(answer: &Answer) {
    assert!(answer.status == StatusCode::OK || answer.status == StatusCode::SEE_OTHER, "{}: {}", answer.status, answer.body);
}

fn id_in(answer: &Answer) -> String {
    let to = answer.location.clone().unwrap_or_else(|| panic!("{}: {}", answer.status, answer.body));
    to.split('?').next().and_then(|path| path.rsplit('/').next()).expect("an id").to_owned()
}

/// Asks at the desk for a copy of Ana's record; returns its id.
pub async fn asked(app: &TestApp, desk: &Browser) -> String {
    let (ana, key) = (app.fixture.ana.to_string(), ExportId::new().to_string());
    ok(&desk.post("/api/records/ask_copy", &[("patient_id", &ana), ("key", &key), ("purpose", "other_care")]).await);
    key
}

/// The rules of FHIR R4 that need no server: ids, references, and the elements that a resource must have.
fn check_bundle(bundle: &serde_json::Value) -> BTreeSet<String> {
    assert_eq!((bundle["resourceType"].as_str(), bundle["type"].as_str()), (Some("Bundle"), Some("collection")));
    let entries = bundle["entry"].as_array().expect("entries");
    let addresses: BTreeSet<&str> = entries.iter().filter_map(|entry| entry["fullUrl"].as_str()).collect();
    assert_eq!(addresses.len(), entries.len(), "each resource has an address of its own");
    let mut kinds = BTreeSet::new();
    for entry in entries {
        let resource = &entry["resource"];
        let kind = resource["resourceType"].as_str().expect("a kind");
        kinds.insert(kind.to_owned());
        let id = resource["id"].as_str().expect("an id");
        assert!(id.len() <= 64 && id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-'), "{id}");
        let required: &[&str] = match kind {
            "Patient" => &["identifier", "name"],
            "Encounter" => &["status", "class", "subject"],
            "Appointment" => &["status", "participant"],
            "Condition" => &["subject", "code"],
            "Observation" => &["status", "code", "subject"],
            "AllergyIntolerance" => &["patient", "code"],
            "MedicationRequest" => &["status", "intent", "medicationCodeableConcept", "subject"],
            "DiagnosticReport" => &["status", "code"],
            "DocumentReference" => &["status", "content"],
            "Invoice" => &["status"],
            other => panic!("{other}"),
        };
        for field in required {
            assert!(!resource[*field].is_null(), "{kind} needs {field}: {resource}");
        }
        let mut open = vec![resource];
        while let Some(value) = open.pop() {
            match value {
                serde_json::Value::Object(fields) => {
                    assert!(!fields.is_empty(), "no empty element: {resource}");
                    if let Some(reference) = fields.get("reference").and_then(|text| text.as_str()) {
                        assert!(addresses.contains(reference), "{reference} is in the bundle");
                    }
                    open.extend(fields.values());
                }
                serde_json::Value::Array(items) => {
                    assert!(!items.is_empty(), "no empty list: {resource}");
                    open.extend(items);
                }
                serde_json::Value::String(text) => assert!(!text.is_empty(), "no empty text: {resource}"),
                serde_json::Value::Null => panic!("no null: {resource}"),
                _ => {}
            }
        }
    }
    kinds
}

/// Fetches a copy.
pub async fn file_of(browser: &Browser, path: &str) -> zip::ZipArchive<Cursor<Vec<u8>>> {
    zip::ZipArchive::new(Cursor::new(browser.bytes(path).await)).expect("a zip")
}

pub fn text_of(zip: &mut zip::ZipArchive<Cursor<Vec<u8>>>, name: &str) -> String {
    let mut text = String::new();
    zip.by_name(name).expect("in the file").read_to_string(&mut text).expect("text");
    text
}

#[tokio::test]
async fn a_copy_is_released_by_a_second_person_and_holds_the_record() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        signatures::signed(&app, &doctor, app.fixture.ana).await;
        super::documents::add_one(&app).await;
        let (desk, nurse) = (app.as_("desk").await, app.as_("nurse").await);
        let allergy = [
            ("patient_id", app.fixture.ana.to_string()),
            ("key", crate::core::AllergyId::new().to_string()),
            ("substance", "Latex".to_owned()),
            ("category", "other".to_owned()),
            ("criticality", "high".to_owned()),
            ("severity", "severe".to_owned()),
            ("reaction", "Hives".to_owned()),
        ];
        let allergy: Vec<(&str, &str)> = allergy.iter().map(|(name, value)| (*name, value.as_str())).collect();
        ok(&nurse.post("/api/patients/add_allergy", &allergy).await);
        let copy = asked(&app, &desk).await;
        assert!(desk.get(&format!("/patients/{}/release", app.fixture.ana)).await.body.contains("Waits for a release"));
        assert_eq!(doctor.get(&format!("/exports/{copy}/file")).await.status, StatusCode::NOT_FOUND, "not released");
        assert!(doctor.get("/exports").await.body.contains("Núñez"));
        // The proof of the sign-in is no longer fresh.
        app.state.clock.advance(chrono::Duration::minutes(6));
        let wrong = doctor.post("/api/records/decide_copy", &[("export_id", &copy), ("password", "wrong")]).await;
        assert!(!wrong.status.is_success(), "{}", wrong.body);
        ok(&doctor.post("/api/records/decide_copy", &[("export_id", &copy), ("password", PASSWORD)]).await);
        let again = doctor.post("/api/records/decide_copy", &[("export_id", &copy), ("password", PASSWORD)]).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        assert_eq!(desk.get(&format!("/exports/{copy}/file")).await.status, StatusCode::FORBIDDEN, "the desk reads no chart");
        let mut zip = file_of(&doctor, &format!("/exports/{copy}/file")).await;
        let page = text_of(&mut zip, "record.html");
        for words in ["Núñez", "Cough", "Metformin 500 MG", "Latex", "Hives", "Called back: better."] {
            assert!(page.contains(words), "{words}: {page}");
        }
        let bundle = serde_json::from_str(&text_of(&mut zip, "fhir/bundle.json")).expect("JSON");
        let kinds = check_bundle(&bundle);
        for kind in ["Patient", "Encounter", "Condition", "AllergyIntolerance", "MedicationRequest", "DocumentReference"] {
            assert!(kinds.contains(kind), "{kind}: {kinds:?}");
        }
        let names: Vec<String> = zip.file_names().filter_map(|name| name.ok().map(std::borrow::Cow::into_owned)).collect();
        let document = names.iter().find(|name| name.starts_with("documents/")).expect("a document").clone();
        let mut bytes = Vec::new();
        zip.by_name(&document).expect("there").read_to_end(&mut bytes).expect("read");
        assert!(bytes.starts_with(b"\x89PNG"));
        assert!(page.contains(&document), "the page links to it");
        // The link ends after a day.
        app.state.clock.advance(chrono::Duration::hours(25));
        let doctor = app.as_("doctor").await;
        assert_eq!(doctor.get(&format!("/exports/{copy}/file")).await.status, StatusCode::NOT_FOUND);
        assert!(doctor.get(&format!("/exports/{copy}")).await.body.contains("The link has ended."));
        app.assert_sound().await;
        // Each time is recorded.
        app.state.reads.finish().await;
        let fetched = sql("SELECT count(*) FROM audit_log WHERE what = 'export_file' AND patient_id IS NOT NULL");
        assert_eq!(number(&app, fetched).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_patient_takes_the_own_record_along() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        let key = ExportId::new().to_string();
        assert!(ana.get("/portal/records").await.body.contains("/portal/copies"));
        app.state.clock.advance(chrono::Duration::minutes(6));
        let without = ana.post("/api/records/own_copy", &[("key", &key)]).await;
        assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", without.body);
        for _ in 0..2 {
            let answer = ana.post("/api/records/own_copy", &[("key", &key), ("password", PASSWORD)]).await;
            assert!(answer.status == StatusCode::OK || answer.status == StatusCode::CONFLICT, "{}", answer.body);
        }
        let page = ana.get("/portal/copies").await.body;
        assert!(page.contains(&format!("/portal/copies/{key}")), "{page}");
        let mut zip = file_of(&ana, &format!("/portal/copies/{key}")).await;
        assert!(text_of(&mut zip, "record.html").contains("Núñez"));
        check_bundle(&serde_json::from_str(&text_of(&mut zip, "fhir/bundle.json")).expect("JSON"));
        assert_eq!(app.as_("ben").await.get(&format!("/portal/copies/{key}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.as_("doctor").await.get(&format!("/exports/{key}/file")).await.status, StatusCode::NOT_FOUND);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_copy_says_what_became_of_appointments_and_whose_clock_it_shows() {
    on_both_engines(|app| async move {
        let ana = app.fixture.ana;
        let missed = super::messages::book(&app, ana, "2026-11-23T15:00:00Z").await.to_string();
        super::messages::book(&app, ana, "2026-11-24T15:00:00Z").await;
        let desk = app.as_("desk").await;
        ok(&desk.post("/api/appointments/cancel", &[("appointment_id", &missed), ("reason", "The doctor is ill")]).await);
        // Another clinic of the hospital is in another zone; the copy is made there.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let zone = sql("UPDATE clinics SET time_zone = 'Europe/Madrid' WHERE id <> ").push_bind(app.fixture.north);
        tx.execute(zone).await.expect("moved");
        tx.commit().await.expect("committed");
        let (browser, key) = (app.as_("ana").await, ExportId::new().to_string());
        ok(&browser.post("/api/records/own_copy", &[("key", &key), ("password", PASSWORD)]).await);
        let page = text_of(&mut file_of(&browser, &format!("/portal/copies/{key}")).await, "record.html");
        let rows: Vec<&str> = page.split("<tr>").filter(|row| row.contains("Nov 2026") && row.contains("Costa")).collect();
        let [first, second] = rows.as_slice() else { panic!("{page}") };
        assert!(first.contains("10:00") && first.contains("Cancelled"), "{first}");
        assert!(second.contains("10:00") && second.contains("Booked"), "{second}");
        assert!(page.contains("Times are those of America/New_York") || first.contains("(America/New_York)"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_request_to_erase_is_decided_by_a_second_person_and_the_record_stays() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        signatures::signed(&app, &doctor, app.fixture.ana).await;
        let (ana, desk) = (app.as_("ana").await, app.as_("desk").await);
        assert!(ana.get("/portal/copies").await.body.contains("The law obliges hospitals"));
        ok(&ana.post("/api/records/ask_erasure", &[("words", "I moved away"), ("password", PASSWORD)]).await);
        let twice = ana.post("/api/records/ask_erasure", &[("words", ""), ("password", PASSWORD)]).await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        let list = desk.get("/erasures").await.body;
        assert!(list.contains("I moved away"), "{list}");
        let id = super::lab::id(&app, sql("SELECT id FROM erasure_requests WHERE state = 'asked'")).await;
        assert!(desk.get(&format!("/erasures/{id}")).await.body.contains("What is kept, and why"));
        let silent = desk.post("/api/records/decide_erasure", &[("erasure_id", &id), ("verdict", "refuse")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        let before = number(&app, sql("SELECT count(*) FROM audit_log")).await;
        app.state.clock.advance(chrono::Duration::minutes(6));
        let erase = [("erasure_id", id.as_str()), ("verdict", "erase")];
        assert_eq!(desk.post("/api/records/decide_erasure", &erase).await.status, StatusCode::UNPROCESSABLE_ENTITY, "without a proof");
        assert!(desk.get(&format!("/erasures/{id}")).await.body.contains("name=\"password\""));
        assert_eq!(number(&app, sql("SELECT count(*) FROM erasure_requests WHERE state = 'asked'")).await, 1);
        ok(&desk
            .post("/api/records/decide_erasure", &[("erasure_id", &id), ("verdict", "erase"), ("answer", "Done"), ("password", PASSWORD)])
            .await);
        assert_eq!(ana.get("/portal/copies").await.status, StatusCode::SEE_OTHER, "nobody is signed in any more");
        assert!(number(&app, sql("SELECT count(*) FROM audit_log")).await > before);
        assert_eq!(number(&app, sql("SELECT count(*) FROM patient_users WHERE patient_id = ").push_bind(app.fixture.ana)).await, 0);
        assert_eq!(number(&app, sql("SELECT count(*) FROM users WHERE login = 'ana'")).await, 0);
        let mut tx = app.state.db.read().await.expect("a connection");
        let record = patients::find(&mut tx, app.fixture.ana).await.expect("the record stays");
        assert_eq!((record.facts.more.phone.as_str(), record.facts.name.family_name.as_str()), ("", "Núñez"));
        drop(tx);
        let chart = doctor.get(&format!("/patients/{}/chart", app.fixture.ana)).await.body;
        assert!(chart.contains("Metformin") && chart.contains("signature verified"), "{chart}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_desk_records_a_request_and_does_not_decide_on_it() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let ben = app.fixture.ben.to_string();
        ok(&desk.post("/api/records/record_erasure", &[("patient_id", &ben), ("words", "By letter")]).await);
        let id = super::lab::id(&app, sql("SELECT id FROM erasure_requests")).await;
        let own = desk.post("/api/records/decide_erasure", &[("erasure_id", &id), ("verdict", "erase")]).await;
        assert_eq!(own.status, StatusCode::CONFLICT);
        let page = app.as_("ben").await;
        assert!(page.get("/portal/copies").await.body.contains("Waits for a decision"));
        ok(&page.post("/api/records/withdraw_erasure", &[("erasure_id", &id)]).await);
        assert_eq!(id_in(&desk.post("/api/records/record_erasure", &[("patient_id", &ben)]).await), "release");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_consent_is_given_once_and_withdrawn_once() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let ana = app.fixture.ana.to_string();
        let give = |kind: &'static str, day: &'static str| {
            let (desk, ana) = (desk.clone(), ana.clone());
            async move {
                let key = crate::core::ConsentId::new().to_string();
                let form = [("patient_id", ana.as_str()), ("key", &key), ("kind", kind), ("given_on", day)];
                desk.post("/api/records/record_consent", &form).await
            }
        };
        assert_eq!(give("research", "2027-01-01").await.status, StatusCode::UNPROCESSABLE_ENTITY, "a day to come");
        ok(&give("research", "2026-11-20").await);
        assert_eq!(give("research", "2026-11-20").await.status, StatusCode::CONFLICT);
        let page = desk.get(&format!("/patients/{ana}/release")).await.body;
        assert!(page.contains("Given on 20 Nov 2026") && page.contains("Holds"), "{page}");
        let id = super::lab::id(&app, sql("SELECT id FROM patient_consents")).await;
        let form = [("patient_id", ana.as_str()), ("consent_id", &id)];
        ok(&desk.post("/api/records/withdraw_consent", &form).await);
        assert_eq!(desk.post("/api/records/withdraw_consent", &form).await.status, StatusCode::CONFLICT);
        assert!(app.as_("ana").await.get("/portal/copies").await.body.contains("Withdrawn"));
        ok(&give("research", "2026-11-21").await);
        app.assert_sound().await;
    })
    .await;
}
