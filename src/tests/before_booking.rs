//! Remarks of the desk on appointments, and the payer and the price that are said before a booking.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Browser, Fixture, TestApp, on_both_engines};
use crate::{
    core::{Error, PatientId, time::Instant},
    db::{Sql, sql},
};

const REMARK: &str = "Needs the ramp at the side door";

/// Monday 23 November 2026, 09:00 in New York.
fn monday() -> Instant {
    "2026-11-23T14:00:00Z".parse().expect("an instant")
}

async fn done(app: &TestApp, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect("done");
    tx.commit().await.expect("committed");
}

/// Books with Dr. Costa; returns the appointment's id.
async fn book(app: &TestApp, desk: &Browser, patient: PatientId, at: Instant, more: &[(&str, &str)]) -> String {
    let (patient, doctor, service) = (patient.to_string(), app.fixture.costa.to_string(), app.fixture.medicine_north.to_string());
    let (at, key) = (at.timestamp().to_string(), Fixture::key());
    let form = [("patient_id", patient.as_str()), ("doctor_id", &doctor), ("service_id", &service), ("at", &at), ("idempotency_key", &key)];
    let made = desk.post("/api/appointments/book", &[&form[..], more].concat()).await;
    let to = made.location.unwrap_or_else(|| panic!("{}", made.body));
    to.trim_start_matches("/appointments/").split('?').next().expect("an id").to_owned()
}

#[tokio::test]
async fn a_remark_of_the_desk_is_read_by_staff_and_never_by_the_patient() {
    on_both_engines(|app| async move {
        app.state.clock.advance(monday() - Duration::hours(1) - app.state.clock.now());
        let (desk, doctor, ana) = (app.as_("desk").await, app.as_("doctor").await, app.as_("ana").await);
        let service = app.fixture.medicine_north;
        let id = book(&app, &desk, app.fixture.ana, monday(), &[("reason", "A cough"), ("remark", REMARK)]).await;
        for page in [format!("/appointments/{id}"), "/reception".to_owned(), format!("/schedules?day=2026-11-23&service={service}")] {
            let body = desk.get(&page).await.body;
            assert!(body.contains(REMARK), "{page}: {body}");
        }
        let day = doctor.get("/consultation").await.body;
        assert!(day.contains(&format!("Desk: {REMARK}")), "{day}");
        let printed = desk.get(&format!("/schedules/print?day=2026-11-23&service={service}")).await.body;
        assert!(printed.contains("A cough") && !printed.contains(REMARK), "the list hangs at the door: {printed}");
        let own = format!("/portal/appointments/{id}");
        for page in ["/portal".to_owned(), "/portal/appointments".to_owned(), own.clone(), format!("{own}/calendar.ics")] {
            let answer = ana.get(&page).await;
            assert!(answer.status == StatusCode::OK && !answer.body.contains("ramp"), "{page}: {}", answer.body);
        }
        // It is changed from what the page showed, by those who book.
        let change = [("appointment_id", id.as_str()), ("before", REMARK), ("remark", "Brings her sister")];
        assert_eq!(ana.post("/api/appointments/remark", &change).await.status, StatusCode::FORBIDDEN);
        let saved = desk.post("/api/appointments/remark", &change).await;
        assert_eq!(saved.location.as_deref(), Some(format!("/appointments/{id}?done=remark").as_str()), "{}", saved.body);
        let stale = [("appointment_id", id.as_str()), ("before", REMARK), ("remark", "")];
        assert!(matches!(desk.post("/api/appointments/remark", &stale).await.error(), Error::Conflict(_)), "changed meanwhile");
        let written = sql("SELECT count(*) FROM audit_log WHERE what = 'desk_remark'");
        assert_eq!(app.state.db.read().await.expect("a connection").count(written).await.expect("a number"), 1);
        // It goes on with the appointment that the patient moves to.
        let slot = format!("{service}.{}.{}", app.fixture.costa, (monday() + Duration::days(1)).timestamp());
        let held = [("slot", slot.as_str()), ("replaces", &id), ("idempotency_key", &Fixture::key())];
        let held = ana.post("/api/portal/hold", &held).await.location.expect("held");
        let new = held.trim_start_matches("/portal/book/").split('?').next().expect("an id").to_owned();
        let moved = ana.post("/api/portal/book", &[("appointment_id", &new), ("replaces", &id)]).await;
        assert_eq!(moved.status, StatusCode::OK, "{}", moved.body);
        let page = desk.get(&format!("/appointments/{new}")).await.body;
        assert!(page.contains("Brings her sister"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn payer_and_price_are_said_before_the_booking() {
    on_both_engines(|app| async move {
        let (desk, ben) = (app.as_("desk").await, app.as_("ben").await);
        let f = app.fixture.clone();
        let page = async |patient: PatientId| {
            let at = monday().timestamp();
            desk.get(&format!("/appointments/new?patient={patient}&service={}&doctor={}&at={at}", f.medicine_north, f.costa)).await.body
        };
        let insured = page(f.ana).await;
        assert!(insured.contains("Blue Plan") && insured.contains("$120.00, the patient pays $36.00 (Blue Plan)"), "{insured}");
        let alone = page(f.ben).await;
        for words in ["Nothing on record: the patient pays", "Add a coverage", "Expected price", "$120.00"] {
            assert!(alone.contains(words), "{words}: {alone}");
        }
        done(&app, sql("UPDATE coverages SET valid_to = '2026-11-22'")).await;
        let lapsed = page(f.ana).await;
        assert!(lapsed.contains("is not valid on that day: the patient pays") && !lapsed.contains("$36.00"), "{lapsed}");
        // In the portal, before the patient confirms.
        let slot = format!("{}.{}.{}", f.medicine_north, f.costa, monday().timestamp());
        let held = ben.post("/api/portal/hold", &[("slot", slot.as_str()), ("idempotency_key", &Fixture::key())]).await;
        let confirm = held.location.unwrap_or_else(|| panic!("{}", held.body));
        let shown = ben.get(&confirm).await.body;
        assert!(shown.contains("Nothing on record, so you pay yourself") && shown.contains("$120.00"), "{shown}");
        done(&app, sql("UPDATE prices SET valid_to = '2026-11-21' WHERE valid_to IS NULL")).await;
        let unknown = page(f.ben).await;
        assert!(unknown.contains("No price yet"), "{unknown}");
        app.assert_sound().await;
    })
    .await;
}
