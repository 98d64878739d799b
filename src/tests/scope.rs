//! Tests whose records a user may open: those in the care of the user's clinics, and others in an emergency.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Browser, Fixture, TestApp, on_both_engines};
use crate::{
    core::{Error, PatientId},
    db::sql,
    patients::PatientHit,
};

const REASON: &str = "Unconscious in the waiting room";

/// Returns the pages about one patient that a doctor uses.
fn pages(patient: PatientId) -> [String; 3] {
    ["", "/chart", "/label"].map(|page| format!("/patients/{patient}{page}"))
}

async fn is_closed(browser: &Browser, patient: PatientId) {
    for page in pages(patient) {
        let answer = browser.get(&page).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{page}");
        let to = answer.location.expect("an address");
        assert!(to.starts_with(&format!("/patients/{patient}/care?next=/patients/")), "{page}: {to}");
        assert!(!answer.body.contains("South"), "{page} tells nothing");
    }
}

async fn is_open(browser: &Browser, patient: PatientId) {
    for page in pages(patient) {
        assert_eq!(browser.get(&page).await.status, StatusCode::OK, "{page}");
    }
}

async fn number(app: &TestApp, text: &'static str) -> i64 {
    app.state.reads.finish().await;
    app.state.db.read().await.expect("a connection").count(sql(text)).await.expect("a number")
}

#[tokio::test]
async fn a_clinician_sees_who_is_in_the_care_of_the_clinic_and_nobody_else() {
    on_both_engines(|app| async move {
        let (north, south) = (app.as_("doctor").await, app.as_("doctor3").await);
        is_open(&north, app.fixture.ana).await;
        is_closed(&north, app.fixture.dora).await;
        is_open(&south, app.fixture.dora).await;
        is_closed(&south, app.fixture.ana).await;
        // Changing a record is refused as well as reading it.
        let patient = app.fixture.dora.to_string();
        let key = Fixture::key();
        let allergy =
            [("patient_id", patient.as_str()), ("key", &key), ("substance", "Latex"), ("category", "other"), ("criticality", "low")];
        let answer = north.post("/api/patients/add_allergy", &allergy).await;
        assert_eq!(answer.error(), Error::NotInCare { patient: app.fixture.dora }, "{}", answer.body);
        assert_eq!(number(&app, "SELECT count(*) FROM allergies").await, 0, "nothing is written");
        assert_eq!(number(&app, "SELECT count(*) FROM audit_log WHERE action = 'refused'").await, 7, "and each attempt is");
    })
    .await;
}

#[tokio::test]
async fn a_search_finds_everybody_and_tells_of_others_only_who_they_are() {
    on_both_engines(|app| async move {
        for (login, phone) in [("doctor", ""), ("desk", ""), ("desk2", "+1 508 555 0199")] {
            let browser = app.as_(login).await;
            // She is found by her name, and by the number that she gives reception.
            for text in ["south dora", "1966-12-24", "15085550199"] {
                let answer = browser.post("/api/patients/search", &[("text", text)]).await;
                let hits: Vec<PatientHit> = serde_json::from_str(&answer.body).expect("hits");
                assert_eq!(
                    hits.iter().map(|hit| (hit.name.as_str(), hit.phone.as_str())).collect::<Vec<_>>(),
                    [("South, Dora", phone)],
                    "{login}: {text}"
                );
            }
            let list = browser.get("/patients").await;
            assert!(list.body.contains("South, Dora"), "{login}");
            assert_eq!(list.body.contains("555 0199"), !phone.is_empty(), "{login}");
        }
    })
    .await;
}

#[tokio::test]
async fn in_an_emergency_a_record_opens_for_an_hour_with_a_reason() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let (dora, patient) = (app.fixture.dora, app.fixture.dora.to_string());
        let page = doctor.get(&format!("/patients/{dora}/care?next=/patients/{dora}/chart")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("South, Dora") && page.body.contains("1A00000000041") && !page.body.contains("555 0199"));
        let open = |reason: &'static str, next: String| {
            let (doctor, patient) = (doctor.clone(), patient.clone());
            async move {
                let form = [("patient_id", patient.as_str()), ("reason", reason), ("next", &next)];
                doctor.post("/api/patients/open_in_emergency", &form).await
            }
        };
        for reason in ["", "why not"] {
            let Error::Invalid(fields) = open(reason, String::new()).await.error() else { panic!("{reason} is a reason") };
            assert_eq!(fields[0].field, "reason");
        }
        is_closed(&doctor, dora).await;
        let chart = format!("/patients/{dora}/chart");
        assert_eq!(open(REASON, chart.clone()).await.location, Some(chart));
        assert_eq!(open("Pressed twice, the same hour", "//evil.example".to_owned()).await.location, Some(format!("/patients/{dora}")));
        is_open(&doctor, dora).await;
        assert!(doctor.get(&format!("/patients/{dora}")).await.body.contains("Opened in an emergency"), "the page says so");
        // The record is not open to other users, and not for longer.
        is_closed(&app.as_("doctor2").await, dora).await;
        app.state.clock.advance(Duration::minutes(59));
        is_open(&app.as_("doctor").await, dora).await;
        app.state.clock.advance(Duration::minutes(1));
        is_closed(&app.as_("doctor").await, dora).await;
        assert_eq!(number(&app, "SELECT count(*) FROM emergency_accesses").await, 1);
        // Every view has the reason in its audit row.
        let with = "SELECT count(*) FROM audit_log WHERE action = 'read' AND what IN ('record', 'chart') AND why = 'Unconscious in the waiting room'";
        assert_eq!(number(&app, with).await, 7);
        assert_eq!(number(&app, "SELECT count(*) FROM audit_log WHERE what = 'emergency' AND action = 'create' AND why <> ''").await, 1);
    })
    .await;
}

#[tokio::test]
async fn whoever_opened_a_record_is_judged_once_and_by_somebody_else() {
    on_both_engines(|app| async move {
        let form = [("patient_id", app.fixture.dora.to_string()), ("reason", REASON.to_owned())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        for login in ["desk", "cashier", "admin", "auditor", "ana"] {
            let answer = app.as_(login).await.post("/api/patients/open_in_emergency", &form).await;
            assert_eq!(answer.error(), Error::Forbidden, "{login} is no clinician");
        }
        for login in ["nurse", "doctor"] {
            assert_eq!(app.as_(login).await.post("/api/patients/open_in_emergency", &form).await.status, StatusCode::OK);
        }
        let auditor = app.as_("auditor").await;
        let page = auditor.get("/audit/emergencies").await.body;
        for word in ["Nora Nurse", "Dr. Carmen Costa", REASON, "South, Dora"] {
            assert!(page.contains(word), "{word}");
        }
        let ids: Vec<String> = page.split("name=\"emergency_id\" value=\"").skip(1).map(|rest| rest[..36].to_owned()).collect();
        assert_eq!(ids.len(), 2);
        let judge = |verdict: &'static str, remark: &'static str| {
            let (auditor, id) = (auditor.clone(), ids[0].clone());
            async move {
                auditor.post("/api/patients/judge_emergency", &[("emergency_id", &id), ("verdict", verdict), ("remark", remark)]).await
            }
        };
        assert!(matches!(judge("", "").await.error(), Error::Invalid(_)));
        assert!(matches!(judge("unjustified", "").await.error(), Error::Invalid(_)), "what was wrong?");
        assert_eq!(judge("unjustified", "Talked to the nurse").await.status, StatusCode::OK);
        assert!(matches!(judge("justified", "").await.error(), Error::Conflict(_)), "once");
        let left = auditor.get("/audit/emergencies").await.body;
        assert_eq!(left.matches("name=\"emergency_id\"").count(), 1);
        let all = auditor.get("/audit/emergencies?all=yes").await.body;
        assert!(all.contains("Talked to the nurse") && all.contains("Not justified"));
        for login in ["doctor", "desk", "admin"] {
            assert_eq!(app.as_(login).await.get("/audit/emergencies").await.status, StatusCode::FORBIDDEN, "{login}");
        }
        // The database allows no change of it.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let changed = tx.execute(sql("UPDATE emergency_accesses SET reason = 'I was asked to look' WHERE reviewed_at IS NULL")).await;
        assert!(changed.expect_err("frozen").violates("emergency_accesses_frozen"));
    })
    .await;
}

#[tokio::test]
async fn the_patient_sees_who_opened_the_record_in_an_emergency_and_why() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor3").await;
        is_closed(&doctor, app.fixture.ana).await;
        let form = [("patient_id", app.fixture.ana.to_string()), ("reason", REASON.to_owned())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(doctor.post("/api/patients/open_in_emergency", &form).await.status, StatusCode::OK);
        is_open(&doctor, app.fixture.ana).await;
        app.state.reads.finish().await;
        let app = app.another_node().await;
        let page = app.as_("ana").await.get("/portal/account/access").await.body;
        assert!(page.contains("Dr. Sofia Sur") && page.contains("In an emergency") && page.contains(REASON), "{page}");
        app.end().await;
    })
    .await;
}

#[tokio::test]
async fn an_administrator_reads_no_names_of_patients() {
    on_both_engines(|app| async move {
        let (desk, admin) = (app.as_("desk").await, app.as_("admin").await);
        let form = [
            ("patient_id", app.fixture.ana.to_string()),
            ("doctor_id", app.fixture.costa.to_string()),
            ("service_id", app.fixture.medicine_north.to_string()),
            ("at", "1795449600".to_owned()),
            ("reason", "Private".to_owned()),
            ("idempotency_key", Fixture::key()),
        ];
        let made = desk.post("/api/appointments/book", &form.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
        let appointment = made.location.expect("booked").replace("?done=booked", "");
        for page in [appointment.as_str(), "/schedules", "/schedules/print", "/schedules?day=2026-11-23"] {
            assert_eq!(admin.get(page).await.status, StatusCode::FORBIDDEN, "{page}");
        }
        for (function, form) in [("opd/queue", [("step", "")]), ("appointments/schedule", [("day", "2026-11-23")])] {
            assert_eq!(admin.post(&format!("/api/{function}"), &form).await.error(), Error::Forbidden, "{function}");
        }
        assert_eq!(admin.get("/").await.location.as_deref(), Some("/settings"), "something is missing before the hospital opens");
        assert_eq!(admin.get("/users").await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn the_desk_takes_in_who_comes_from_elsewhere() {
    on_both_engines(|app| async move {
        let (desk, doctor, dora) = (app.as_("desk").await, app.as_("doctor").await, app.fixture.dora);
        let closed = desk.get(&format!("/reception?patient={dora}")).await;
        assert_eq!(closed.location, Some(format!("/patients/{dora}/care?next=/reception%3Fpatient%3D{dora}")));
        let page = desk.get(&closed.location.expect("an address")).await.body;
        assert!(page.contains("Take in at North Clinic") && !page.contains("open_in_emergency"), "the desk has no emergencies");
        let form = [("patient_id", dora.to_string()), ("next", format!("/reception?patient={dora}"))];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        for login in ["doctor", "nurse", "cashier"] {
            assert_eq!(app.as_(login).await.post("/api/patients/take_in", &form).await.error(), Error::Forbidden, "{login}");
        }
        assert_eq!(desk.post("/api/patients/take_in", &form).await.location, Some(format!("/reception?patient={dora}")));
        assert_eq!(desk.get(&format!("/reception?patient={dora}")).await.status, StatusCode::OK);
        is_open(&doctor, dora).await;
    })
    .await;
}

#[tokio::test]
async fn whoever_is_taken_in_or_registered_is_in_the_clinics_care() {
    on_both_engines(|app| async move {
        let (desk, doctor, dora) = (app.as_("desk").await, app.as_("doctor").await, app.fixture.dora);
        let form =
            [("patient", dora.to_string()), ("service", app.fixture.medicine_north.to_string()), ("idempotency_key", Fixture::key())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = desk.post("/api/reception/check_in", &form).await;
        assert_eq!(answer.error(), Error::NotInCare { patient: dora }, "taken in first");
        is_closed(&doctor, dora).await;
        let here = [("patient_id", dora.to_string())];
        desk.post("/api/patients/take_in", &here.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
        let answer = desk.post("/api/reception/check_in", &form).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        is_open(&doctor, dora).await;
        let id = PatientId::new();
        let form =
            [("patient_id", id.to_string()), ("given_names", "Nadia".into()), ("family_name", "Newcomer".into()), ("sex", "female".into())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = desk.post("/api/reception/register", &[&form[..], &[("birth_date", "1990")]].concat()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        is_open(&doctor, id).await;
        is_closed(&app.as_("doctor3").await, id).await;
    })
    .await;
}
