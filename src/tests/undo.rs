//! The undo of a move and of a cancellation on the schedule: for 30 seconds by the server's clock, by the person who did it, and refused in
//! words when something happened meanwhile.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Answer, Browser, Fixture, TestApp, all_at_once, appointments::book, on_both_engines, races_on_both_engines};
use crate::{
    appointments::{self, Appointment, AppointmentState},
    core::{AppointmentId, Error, PatientId, time::Instant},
    db::sql,
};

/// Monday 23 November 2026, 09:00 in New York.
fn monday() -> Instant {
    "2026-11-23T14:00:00Z".parse().expect("an instant")
}

/// The id of the appointment to whose page an answer leads, or that it is about.
fn made(answer: &Answer) -> AppointmentId {
    let to = answer.location.as_deref().unwrap_or_else(|| panic!("{}: {}", answer.status, answer.body));
    let id = to.split("about=").nth(1).or_else(|| to.strip_prefix("/appointments/")).expect("an appointment");
    id.split('?').next().and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("an id: {to}"))
}

async fn booked(app: &TestApp, patient: PatientId, at: Instant) -> AppointmentId {
    let slot = (app.fixture.medicine_north, app.fixture.costa);
    made(&book(&app.as_("desk").await, patient, slot, at, &Fixture::key()).await)
}

/// Moves an appointment of a patient, as the schedule does after dragging or the key.
async fn moved(app: &TestApp, desk: &Browser, (patient, old): (PatientId, AppointmentId), to: Instant) -> Answer {
    let form = [
        ("patient_id", patient.to_string()),
        ("doctor_id", app.fixture.costa.to_string()),
        ("service_id", app.fixture.medicine_north.to_string()),
        ("at", to.timestamp().to_string()),
        ("replaces", old.to_string()),
        ("move_reason", "Asked for a later time".to_owned()),
        ("back", "schedule".to_owned()),
        ("idempotency_key", Fixture::key()),
    ];
    desk.post("/api/appointments/book", &form.each_ref().map(|(name, value)| (*name, value.as_str()))).await
}

async fn cancelled(desk: &Browser, id: AppointmentId) -> Answer {
    desk.post("/api/appointments/cancel", &[("appointment_id", &id.to_string()), ("reason", "Called off")]).await
}

async fn undo(desk: &Browser, act: &str, id: AppointmentId) -> Answer {
    desk.post("/api/appointments/undo", &[("appointment_id", &id.to_string()), ("act", act)]).await
}

async fn found(app: &TestApp, id: AppointmentId) -> Appointment {
    let mut tx = app.state.db.read().await.expect("a connection");
    appointments::find(&mut tx, id).await.expect("an appointment")
}

fn refused(answer: &Answer, words: &str) {
    assert!(matches!(answer.error(), Error::Conflict(said) if said.contains(words)), "{words}: {} {}", answer.status, answer.body);
}

const FORM: &str = "action=\"/api/appointments/undo\"";

#[tokio::test]
async fn a_move_is_undone_without_scripts_from_the_notice_on_the_schedule() {
    on_both_engines(|app| async move {
        let (desk, ana) = (app.as_("desk").await, app.fixture.ana);
        let old = booked(&app, ana, monday()).await;
        let grid = desk.get("/schedules?day=2026-11-23").await.body;
        // The key opens the free times; dragging opens the time on which the appointment was dropped.
        let choose = format!("doctor={}&amp;from=2026-11-23&amp;patient={ana}&amp;replaces={old}&amp;back=schedule", app.fixture.costa);
        assert!(grid.contains("data-choose=\"/appointments/new?service=") && grid.contains(&choose), "{grid}");
        let confirm = format!(
            "/appointments/new?service={}&doctor={}&at={}&patient={ana}&replaces={old}&back=schedule",
            app.fixture.medicine_north,
            app.fixture.costa,
            (monday() + Duration::minutes(20)).timestamp()
        );
        let asked = desk.get(&confirm).await.body;
        assert!(asked.contains("name=\"back\" value=\"schedule\"") && asked.contains("name=\"move_reason\""), "{asked}");

        let answer = moved(&app, &desk, (ana, old), monday() + Duration::minutes(20)).await;
        let new = made(&answer);
        let notice = format!("/schedules?day=2026-11-23&service={}&done=moved&about={new}", app.fixture.medicine_north);
        assert_eq!(answer.location.as_deref(), Some(notice.as_str()));
        let before = found(&app, new).await;
        let shown = desk.get(&notice).await.body;
        assert!(shown.contains(FORM) && shown.contains(&new.to_string()), "{shown}");
        assert!(!app.as_("doctor").await.get(&notice).await.body.contains(FORM), "only the person who moved it undoes it");
        app.state.clock.advance(Duration::seconds(29));
        assert!(desk.get(&format!("/appointments/{new}?done=moved")).await.body.contains(FORM));
        let id = new.to_string();
        let form = [("appointment_id", id.as_str()), ("act", "moved"), ("back", "schedule")];
        let undone = desk.submit(&notice, "/api/appointments/undo", &form).await;
        let back = format!("/schedules?day=2026-11-23&service={}&done=restored&about={old}", app.fixture.medicine_north);
        assert_eq!((undone.status, undone.location.as_deref()), (StatusCode::SEE_OTHER, Some(back.as_str())), "{}", undone.body);
        let page = desk.get(&back).await.body;
        assert!(page.contains("Undone") && !page.contains(FORM), "{page}");

        let (stands, struck) = (found(&app, old).await, found(&app, new).await);
        assert_eq!((stands.state, stands.starts_at), (AppointmentState::Booked, monday()));
        assert_eq!((struck.state, struck.cancel_reason.as_str()), (AppointmentState::EnteredInError, "The move was undone"));
        assert!(stands.cancel_reason.is_empty(), "why it was moved is of no matter any more");
        assert_eq!(stands.calendar_entry(), before.calendar_entry());
        assert!(stands.calendar_sequence() > before.calendar_sequence(), "the calendar takes the newer file");
        let log = app.as_("auditor").await.get("/audit?user=desk&action=update").await.body;
        assert!(log.matches("appointment").count() >= 2, "{log}");
        refused(&undo(&desk, "moved", new).await, "too late");
        // It can be moved again.
        assert_eq!(moved(&app, &desk, (ana, old), monday() + Duration::hours(1)).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_cancellation_is_undone_for_thirty_seconds() {
    on_both_engines(|app| async move {
        let (desk, ana) = (app.as_("desk").await, app.fixture.ana);
        let id = booked(&app, ana, monday()).await;
        assert_eq!(cancelled(&desk, id).await.status, StatusCode::OK);
        let notice = format!("/appointments/{id}?done=cancelled");
        assert!(desk.get(&notice).await.body.contains(FORM));
        refused(&undo(&app.as_("doctor").await, "cancelled", id).await, "Only the person");
        assert_eq!(undo(&app.as_("desk2").await, "cancelled", id).await.error(), Error::NotFound, "another clinic");
        assert_eq!(undo(&app.as_("cashier").await, "cancelled", id).await.status, StatusCode::FORBIDDEN);
        let undone = undo(&desk, "cancelled", id).await;
        assert_eq!(undone.location, Some(format!("/appointments/{id}?done=restored")), "{}", undone.body);
        let stands = found(&app, id).await;
        assert_eq!((stands.state, stands.cancel_reason.as_str()), (AppointmentState::Booked, ""));
        refused(&undo(&desk, "cancelled", id).await, "too late");
        assert_eq!(cancelled(&desk, id).await.status, StatusCode::OK);
        app.state.clock.advance(Duration::seconds(31));
        assert!(!desk.get(&notice).await.body.contains(FORM));
        refused(&undo(&desk, "cancelled", id).await, "too late");
        assert_eq!(found(&app, id).await.state, AppointmentState::Cancelled);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_check_in_is_undone_where_it_was_made() {
    on_both_engines(|app| async move {
        let id = booked(&app, app.fixture.ana, monday()).await;
        app.state.clock.advance(monday() - app.state.clock.now());
        let desk = app.as_("desk").await;
        let form = [("patient", app.fixture.ana.to_string()), ("appointment", id.to_string()), ("idempotency_key", Fixture::key())];
        let answer = desk.post("/api/reception/check_in", &form.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
        let notice = answer.location.unwrap_or_else(|| panic!("{}", answer.body));
        assert!(desk.get(&notice).await.body.contains("action=\"/api/reception/undo_check_in\""));
        let visit = notice.split("visit=").nth(1).expect("a visit").to_owned();
        app.state.clock.advance(Duration::seconds(30));
        let undone = desk.submit(&notice, "/api/reception/undo_check_in", &[("visit", &visit)]).await;
        assert_eq!((undone.status, found(&app, id).await.state), (StatusCode::SEE_OTHER, AppointmentState::Booked), "{}", undone.body);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_missed_is_missed_again_after_an_undo() {
    on_both_engines(|app| async move {
        let ids = [booked(&app, app.fixture.ana, monday()).await, booked(&app, app.fixture.ben, monday() + Duration::minutes(20)).await];
        app.state.clock.advance(monday() + Duration::hours(2) - app.state.clock.now());
        let desk = app.as_("desk").await;
        for id in ids {
            assert_eq!(desk.post("/api/appointments/no_show", &[("appointment_id", &id.to_string())]).await.status, StatusCode::OK);
        }
        assert_eq!(cancelled(&desk, ids[0]).await.status, StatusCode::OK);
        assert_eq!(undo(&desk, "cancelled", ids[0]).await.status, StatusCode::OK);
        let new = made(&moved(&app, &desk, (app.fixture.ben, ids[1]), monday() + Duration::days(1)).await);
        assert_eq!(undo(&desk, "moved", new).await.status, StatusCode::OK);
        for id in ids {
            assert_eq!(found(&app, id).await.state, AppointmentState::NoShow);
        }
        assert_eq!(found(&app, new).await.state, AppointmentState::EnteredInError);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_undo_is_refused_in_words_when_something_happened_meanwhile() {
    on_both_engines(|app| async move {
        let (desk, f) = (app.as_("desk").await, app.fixture.clone());
        let slot = (f.medicine_north, f.costa);
        // Another patient has the old time.
        let old = booked(&app, f.ana, monday()).await;
        let new = made(&moved(&app, &desk, (f.ana, old), monday() + Duration::hours(1)).await);
        booked(&app, f.ben, monday()).await;
        refused(&undo(&desk, "moved", new).await, "Another patient has the old time");
        assert_eq!(found(&app, new).await.state, AppointmentState::Booked, "nothing is half undone");
        // The new appointment was moved on.
        let newer = made(&moved(&app, &desk, (f.ana, new), monday() + Duration::hours(2)).await);
        refused(&undo(&desk, "moved", new).await, "changed meanwhile");
        assert_eq!(undo(&desk, "moved", newer).await.status, StatusCode::OK, "the last move is undone");
        // The patient got another appointment at the time.
        assert_eq!(cancelled(&desk, new).await.status, StatusCode::OK);
        let surgery = book(&desk, f.ana, (f.surgery_north, f.ruiz), monday() + Duration::hours(1), &Fixture::key()).await;
        assert_eq!(surgery.status, StatusCode::OK, "{}", surgery.body);
        refused(&undo(&desk, "cancelled", new).await, "The patient has another appointment");
        // The doctor fell ill.
        let third = made(&book(&desk, f.chloe, slot, monday() + Duration::hours(3), &Fixture::key()).await);
        assert_eq!(cancelled(&desk, third).await.status, StatusCode::OK);
        let (now, by) = (app.state.clock.now(), f.user("desk"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        let ill = sql("INSERT INTO absences (id, doctor_id, starts_at, ends_at, reason, created_at, created_by)
            VALUES ($1, $2, $3, $4, 'Fever', $5, $6)")
        .bind(crate::core::AbsenceId::new())
        .bind(f.costa)
        .bind(monday() + Duration::hours(3))
        .bind(monday() + Duration::hours(5))
        .bind(now)
        .bind(by);
        tx.execute(ill).await.expect("ill");
        tx.commit().await.expect("committed");
        refused(&undo(&desk, "cancelled", third).await, "not there at the old time");
        // An act that is none.
        assert_eq!(undo(&desk, "checked_in", third).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_seat_that_went_to_the_waitlist_is_not_taken_back() {
    on_both_engines(|app| async move {
        let (desk, f) = (app.as_("desk").await, app.fixture.clone());
        let (key, patient, service) = (Fixture::key(), f.ben.to_string(), f.medicine_north.to_string());
        let id = booked(&app, f.ana, monday()).await;
        let form = [("patient_id", patient.as_str()), ("service_id", &service), ("until", "2026-12-31"), ("idempotency_key", &key)];
        assert_eq!(desk.post("/api/appointments/wait", &form).await.status, StatusCode::OK);
        assert_eq!(cancelled(&desk, id).await.status, StatusCode::OK);
        refused(&undo(&desk, "cancelled", id).await, "Another patient has the old time");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_undo_and_twenty_who_book_the_old_time_are_one() {
    races_on_both_engines(|app| async move {
        let (desk, patients) = (app.as_("desk").await, app.people(20).await);
        let id = booked(&app, app.fixture.ana, monday()).await;
        assert_eq!(cancelled(&desk, id).await.status, StatusCode::OK);
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        let acts = (0..21).map(|number| {
            let (desk, patient) = (desk.clone(), patients.get(number).copied());
            async move {
                match patient {
                    Some(patient) => book(&desk, patient, slot, monday(), &Fixture::key()).await.status,
                    None => undo(&desk, "cancelled", id).await.status,
                }
            }
        });
        let done = all_at_once(acts).await;
        assert_eq!(done.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{done:?}");
        app.assert_sound().await;
    })
    .await;
}
