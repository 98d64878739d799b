//! Symptoms that are told with an appointment: sealed, kept over a move, shown to the patient, the desk and the doctor.

use axum::http::StatusCode;
use chrono::Duration;

use super::{
    Fixture, TestApp,
    lab::{id, number, ok},
    on_both_engines,
};
use crate::{
    core::time::Instant,
    db::{Sql, sql},
};

/// Monday 23 November 2026, 09:00 in New York.
fn monday() -> Instant {
    "2026-11-23T14:00:00Z".parse().expect("an instant")
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error}");
}

#[tokio::test]
async fn symptoms_go_from_the_portal_over_a_move_to_the_doctor() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (ana, desk) = (app.as_("ana").await, app.as_("desk").await);
        let slot = |at: Instant| format!("{}.{}.{}", f.medicine_north, f.costa, at.timestamp());
        let held = ana.post("/api/portal/hold", &[("slot", &slot(monday())), ("idempotency_key", &Fixture::key())]).await;
        let first = held.location.unwrap_or_else(|| panic!("{}", held.body)).trim_start_matches("/portal/book/").to_owned();
        assert!(ana.get(&format!("/portal/book/{first}")).await.body.contains("name=\"symptoms\""));
        let form = [("appointment_id", first.as_str()), ("reason", "Cough"), ("symptoms", &"x".repeat(1001))];
        assert_eq!(ana.post("/api/portal/book", &form).await.status, StatusCode::UNPROCESSABLE_ENTITY, "too long");
        let form = [("appointment_id", first.as_str()), ("reason", "Cough"), ("symptoms", "Fever since Friday")];
        ok(&ana.post("/api/portal/book", &form).await);
        ok(&ana.post("/api/portal/book", &form).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM appointment_symptoms")).await, 1, "pressed twice");
        assert!(ana.get(&format!("/portal/appointments/{first}")).await.body.contains("Fever since Friday"));
        assert_eq!(app.as_("ben").await.get(&format!("/portal/appointments/{first}")).await.status, StatusCode::NOT_FOUND);
        assert!(desk.get(&format!("/appointments/{first}")).await.body.contains("Fever since Friday"));
        // The desk moves it: its page begins with them.
        let (patient, doctor, service) = (f.ana.to_string(), f.costa.to_string(), f.medicine_north.to_string());
        let at = (monday() + Duration::minutes(20)).timestamp().to_string();
        let page = format!("/appointments/new?patient={patient}&service={service}&doctor={doctor}&at={at}&replaces={first}");
        assert!(desk.get(&page).await.body.contains("Fever since Friday</textarea>"));
        let key = Fixture::key();
        let form = [
            ("patient_id", patient.as_str()),
            ("doctor_id", &doctor),
            ("service_id", &service),
            ("at", &at),
            ("replaces", &first),
            ("move_reason", "Doctor is late"),
            ("reason", "Cough"),
            ("symptoms", "Fever since Friday"),
            ("idempotency_key", &key),
        ];
        ok(&desk.post("/api/appointments/book", &form).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM appointment_symptoms")).await, 2);
        for (guard, query) in [
            ("appointment_symptoms_fixed", sql("DELETE FROM appointment_symptoms")),
            ("appointment_symptoms_fixed", sql("UPDATE appointment_symptoms SET told_by = patient_id")),
        ] {
            refused_by(&app, guard, query).await;
        }
        // The doctor reads them in the consultation.
        app.state.clock.advance(monday() + Duration::minutes(20) - app.state.clock.now());
        let second = id(&app, sql("SELECT id FROM appointments WHERE state = 'booked'")).await;
        let form = [("patient", patient.as_str()), ("appointment", &second), ("idempotency_key", &Fixture::key())];
        ok(&app.as_("desk").await.post("/api/reception/check_in", &form).await);
        let visit = id(&app, sql("SELECT id FROM visits")).await;
        let page = app.as_("doctor").await.get(&format!("/consultation/{visit}")).await.body;
        assert!(page.contains("Fever since Friday"), "{page}");
        app.assert_sound().await;
    })
    .await;
}
