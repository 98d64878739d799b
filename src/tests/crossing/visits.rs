//! Tests concurrent actions of nurses, doctors and reception on one visit.

use axum::http::StatusCode;

use super::{Form, called, send};
use crate::{
    appointments::{self, Booking, Through},
    core::{IdempotencyKey, PatientId, Stamp, VisitId},
    opd,
    tests::{
        Browser, Fixture, TestApp, all_at_once,
        fixture::PASSWORD,
        opd::{entry_of, waits_for_doctor},
        races_on_both_engines,
    },
};

/// Creates a visit for an appointment; the patient waits for the doctor.
async fn comes_booked(app: &TestApp, patient: PatientId, starts_at: &str) -> VisitId {
    let (now, by) = (app.state.clock.now(), app.fixture.user("desk"));
    let wish = Booking {
        patient,
        doctor: app.fixture.costa,
        service: app.fixture.medicine_north,
        starts_at: starts_at.parse().expect("an instant"),
        reason: String::new(),
        through: Through::Reception,
        key: IdempotencyKey::new(),
        hold: false,
        replaces: None,
        details: appointments::BookingDetails::default(),
    };
    let mut tx = app.state.db.write().await.expect("a transaction");
    let appointment = appointments::book(&mut tx, &wish, Stamp { by, at: now }).await.expect("booked").id;
    tx.commit().await.expect("committed");
    let desk = app.as_("desk").await;
    let form = vec![("patient", patient.to_string()), ("appointment", appointment.to_string()), ("idempotency_key", Fixture::key())];
    let answer = send(&desk, "/api/reception/check_in", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let mut tx = app.state.db.read().await.expect("a connection");
    opd::open_visit_of(&mut tx, patient).await.expect("read").expect("a visit").id
}

/// Sends all requests concurrently; asserts that each succeeds or is refused with a message.
async fn all_are_answered(acts: Vec<(Browser, &'static str, Form)>) -> Vec<(&'static str, StatusCode)> {
    let answers = all_at_once(acts.into_iter().map(|(browser, path, form)| async move { (path, send(&browser, path, &form).await) })).await;
    answers
        .into_iter()
        .map(|(path, answer)| {
            assert!(matches!(answer.status, StatusCode::OK | StatusCode::CONFLICT), "{path}: {} {}", answer.status, answer.body);
            (path, answer.status)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acts_on_a_booked_visit_cross_without_a_deadlock() {
    races_on_both_engines(|app| async move {
        let (desk, nurse, doctor) = (app.as_("desk").await, app.as_("nurse").await, app.as_("doctor").await);
        let patients = app.people(3).await;
        for (patient, at) in patients.into_iter().zip(["16:00", "16:20", "16:40"]) {
            let visit = comes_booked(&app, patient, &format!("2026-11-21T{at}:00Z")).await;
            let entry = entry_of(&app, visit).await.id.to_string();
            let of_visit = || vec![("visit_id", visit.to_string())];
            let of_entry = || vec![("entry", entry.clone())];
            let mut acts = Vec::new();
            for _ in 0..3 {
                acts.push((nurse.clone(), "/api/opd/send_on", of_entry()));
                acts.push((nurse.clone(), "/api/opd/leave", of_entry()));
                acts.push((nurse.clone(), "/api/opd/call", of_entry()));
                acts.push((nurse.clone(), "/api/opd/undo", of_entry()));
                acts.push((desk.clone(), "/api/reception/undo_check_in", vec![("visit", visit.to_string())]));
                acts.push((doctor.clone(), "/api/clinical/call", of_visit()));
                acts.push((doctor.clone(), "/api/clinical/begin", of_visit()));
            }
            all_are_answered(acts).await;
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_signature_and_the_queue_cross_on_one_visit() {
    races_on_both_engines(|app| async move {
        let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
        for patient in app.people(2).await {
            let visit = called(&app, &doctor, patient).await;
            let entry = entry_of(&app, visit).await.id.to_string();
            let sign: Form = vec![
                ("visit_id", visit.to_string()),
                ("version", "0".to_owned()),
                ("plan", "Rest".to_owned()),
                ("password", PASSWORD.to_owned()),
            ];
            let signing = {
                let doctor = doctor.clone();
                tokio::spawn(async move { send(&doctor, "/api/clinical/sign", &sign).await })
            };
            let mut acts = Vec::new();
            for _ in 0..4 {
                for path in ["/api/opd/start", "/api/opd/back_to_waiting", "/api/opd/leave", "/api/opd/skip"] {
                    acts.push((nurse.clone(), path, vec![("entry", entry.clone())]));
                }
                acts.push((doctor.clone(), "/api/clinical/begin", vec![("visit_id", visit.to_string())]));
            }
            all_are_answered(acts).await;
            let signed = signing.await.expect("answered");
            assert!(matches!(signed.status, StatusCode::OK | StatusCode::CONFLICT), "{} {}", signed.status, signed.body);
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_is_called_while_others_act_on_the_queue_is_called_once() {
    races_on_both_engines(|app| async move {
        let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
        let mut entries = Vec::new();
        for patient in app.people(8).await {
            let visit = waits_for_doctor(&app, patient).await;
            entries.push((visit, entry_of(&app, visit).await.id.to_string()));
        }
        let service = app.fixture.medicine_north.to_string();
        let mut acts = Vec::new();
        for (visit, entry) in &entries {
            acts.push((doctor.clone(), "/api/clinical/call_next", vec![("service", service.clone())]));
            acts.push((nurse.clone(), "/api/opd/leave", vec![("entry", entry.clone())]));
            acts.push((
                nurse.clone(),
                "/api/opd/transfer",
                vec![("entry", entry.clone()), ("service", app.fixture.surgery_north.to_string())],
            ));
            acts.push((doctor.clone(), "/api/clinical/call", vec![("visit_id", visit.to_string())]));
        }
        all_are_answered(acts).await;
        app.assert_sound().await;
    })
    .await;
}
