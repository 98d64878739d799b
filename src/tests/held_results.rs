//! Results and prescriptions that a doctor holds back: from the portal, its copies and their FHIR, for the readers that the hold names.

use axum::http::StatusCode;

use super::{
    Answer, Browser, TestApp, all_at_once,
    fixture::PASSWORD,
    lab::{Lab, id, number},
    on_both_engines, races_from,
    records::{file_of, text_of},
    signatures::{signed, summary},
};
use crate::{
    clinical::{self, OutsideReader},
    core::{Error, ExportId, NoteHoldId},
    db::sql,
};

async fn hold_result(doctor: &Browser, order: &str, from: &str, reason: &str) -> Answer {
    let key = NoteHoldId::new().to_string();
    let form = [("order", order), ("key", key.as_str()), ("hidden_from", from), ("reason", reason)];
    doctor.post("/api/clinical/hold_result", &form).await
}

/// Takes the own copy of Ana; returns its pages and its FHIR.
async fn copy(ana: &Browser) -> (String, String) {
    let key = ExportId::new().to_string();
    let answer = ana.post("/api/records/own_copy", &[("key", &key), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let mut zip = file_of(ana, &format!("/portal/copies/{key}")).await;
    (text_of(&mut zip, "record.html"), text_of(&mut zip, "fhir/bundle.json"))
}

#[tokio::test]
async fn a_held_result_is_neither_in_the_portal_nor_in_copies_and_the_bell_is_silent() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "k crp").await;
        let order = id(&app, sql("SELECT a.order_id FROM lab_analyses a JOIN lab_tests t ON t.id = a.test_id WHERE t.code = 'k'")).await;
        let list = format!("/patients/{}/held", app.fixture.ana);
        assert!(lab.doctor.get(&list).await.body.contains("Nothing is held back"));
        let refused = hold_result(&lab.doctor, "no order", "all", " ").await;
        assert!(matches!(refused.error(), Error::Invalid(errors) if errors.len() == 3), "{}", refused.body);
        assert_eq!(hold_result(&lab.nurse, &order, "everybody", "Mine").await.status, StatusCode::FORBIDDEN);
        assert_eq!(hold_result(&lab.doctor, &order, "everybody", "To be explained in person").await.status, StatusCode::OK);
        assert_eq!(hold_result(&lab.doctor, &order, "patient", "Again").await.status, StatusCode::CONFLICT);
        let page = lab.doctor.get(&list).await.body;
        assert!(page.contains("Results of an order") && page.contains("To be explained in person"), "{page}");

        // It was held back before it was there.
        lab.enter(&app, "k", "4.1", &[]).await;
        lab.release(&app, &lab.pathologist, "k").await;
        let ana = app.as_("ana").await;
        assert!(!ana.get("/notifications").await.body.contains("results"), "the bell says nothing of it");
        lab.enter(&app, "crp", "12", &[]).await;
        lab.release(&app, &lab.pathologist, "crp").await;
        let review = id(&app, sql("SELECT id FROM lab_reviews WHERE state = 'new'")).await;
        lab.doctor.post("/api/lab/sign", &[("lab_review_id", &review), ("action", "follow_up")]).await;
        let portal = ana.get("/portal/records").await.body;
        assert!(portal.contains("C-reactive protein") && !portal.contains("Potassium"), "{portal}");
        let (pages, fhir) = copy(&ana).await;
        assert!(pages.contains("C-reactive protein") && !pages.contains("Potassium"), "{pages}");
        assert!(!fhir.contains("Potassium") && fhir.contains("C-reactive protein"), "{fhir}");
        let chart = lab.doctor.get(&format!("/patients/{}/lab", app.fixture.ana)).await.body;
        assert!(chart.contains("Potassium"), "staff reads everything: {chart}");

        let hold = id(&app, sql("SELECT id FROM note_holds")).await;
        let back = lab.doctor.post("/api/clinical/release_note_part", &[("hold_id", &hold), ("back", "held")]).await;
        assert_eq!(back.status, StatusCode::OK, "{}", back.body);
        assert!(ana.get("/portal/records").await.body.contains("Potassium"));
        // Kept from those who act for the patient: the patient reads it.
        assert_eq!(hold_result(&lab.doctor, &order, "guardians", "Told in confidence").await.status, StatusCode::OK);
        assert!(ana.get("/portal/records").await.body.contains("Potassium"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_held_prescription_is_nowhere_outside() {
    on_both_engines(|app| async move {
        let (doctor, ana) = (app.as_("doctor").await, app.as_("ana").await);
        let visit = signed(&app, &doctor, app.fixture.ana).await;
        let whole = summary(&app, visit).await;
        let (encounter, prescription) = (whole.encounter.id.to_string(), whole.prescriptions[0].id);
        assert!(ana.get("/portal/records").await.body.contains("Metformin"));
        let hold = |part: String, from: &'static str| {
            let (doctor, encounter, key) = (doctor.clone(), encounter.clone(), NoteHoldId::new().to_string());
            async move {
                let form =
                    [("encounter_id", encounter.as_str()), ("key", &key), ("part", &part), ("hidden_from", from), ("reason", "Sensitive")];
                doctor.post("/api/clinical/hold_note_part", &form).await
            }
        };
        assert_eq!(hold("prescription".to_owned(), "patient").await.status, StatusCode::UNPROCESSABLE_ENTITY, "which one?");
        assert_eq!(hold("result".to_owned(), "patient").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let unknown = format!("prescription:{}", crate::core::PrescriptionId::new());
        assert!(!hold(unknown, "patient").await.status.is_success(), "of another encounter");
        let part = format!("prescription:{prescription}");
        assert_eq!(hold(part.clone(), "patient").await.status, StatusCode::OK);
        assert_eq!(hold(part, "everybody").await.status, StatusCode::CONFLICT);

        assert!(!ana.get("/portal/records").await.body.contains("Metformin"), "neither a medicine of now nor of the visit");
        assert!(!ana.get(&format!("/portal/records/encounters/{encounter}")).await.body.contains("Metformin"));
        let (pages, fhir) = copy(&ana).await;
        assert!(!pages.contains("Metformin") && !fhir.contains("Metformin"), "{fhir}");
        let chart = doctor.get(&format!("/patients/{}/chart", app.fixture.ana)).await.body;
        assert!(chart.contains("Metformin") && chart.contains("Sensitive"), "{chart}");
        let mut tx = app.state.db.read().await.expect("a connection");
        let seen = clinical::outside_summary(&mut tx, whole.encounter.id, OutsideReader::Guardian).await.expect("read");
        assert_eq!(seen.prescriptions.len(), 1, "a hold from the patient alone");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_keeps_holds_of_results_and_prescriptions() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "k").await;
        let order = id(&app, sql("SELECT order_id FROM lab_analyses")).await.parse::<uuid::Uuid>().expect("an id");
        let insert = |patient: crate::core::PatientId, part: &'static str| {
            sql("INSERT INTO note_holds (id, order_id, patient_id, part, hidden_from, held_at, held_by) VALUES ($1, $2, $3, $4, 'patient', $5, $6)")
                .bind(NoteHoldId::new())
                .bind(order)
                .bind(patient)
                .bind(part)
                .bind(app.state.clock.now())
                .bind(app.fixture.user("doctor"))
        };
        for (guard, query) in [
            ("note_holds_same_patient", insert(app.fixture.ben, "result")),
            ("note_holds_subject", insert(app.fixture.ana, "plan")),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err("the database refuses");
            assert!(error.violates(guard), "{guard}: {error}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_who_hold_a_result_back_one_does() {
    let prepare = async |app: &TestApp| {
        let lab = Lab::open(app).await;
        lab.at_the_bench(app, "k").await;
        (lab.doctor, id(app, sql("SELECT order_id FROM lab_analyses")).await)
    };
    races_from(prepare, |app, (doctor, order)| async move {
        let times = (0..100).map(|_| {
            let (browser, order) = (doctor.in_copy(&app), order.clone());
            async move { hold_result(&browser, &order, "everybody", "To be explained").await.status }
        });
        let answers = all_at_once(times).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM note_holds")).await, 1);
        app.assert_sound().await;
    })
    .await;
}
