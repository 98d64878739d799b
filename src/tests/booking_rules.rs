//! The clinic's rules for bookings by patients, missed appointments, and moving with a reason.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Answer, Browser, Fixture, TestApp, appointments::book, on_both_engines};
use crate::{
    appointments::{self, AppointmentState},
    core::{AppointmentId, Error, PatientId, time::Instant},
    db::{Sql, sql},
};

/// Monday 23 November 2026, 09:00 in New York.
fn monday() -> Instant {
    "2026-11-23T14:00:00Z".parse().expect("an instant")
}

async fn change(app: &TestApp, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect("changed");
    tx.commit().await.expect("committed");
}

async fn hold(app: &TestApp, browser: &Browser, at: Instant, more: &[(&str, &str)]) -> Answer {
    let slot = format!("{}.{}.{}", app.fixture.medicine_north, app.fixture.costa, at.timestamp());
    let key = Fixture::key();
    browser.post("/api/portal/hold", &[&[("slot", slot.as_str()), ("idempotency_key", key.as_str())], more].concat()).await
}

fn held_id(answer: &Answer) -> String {
    let to = answer.location.as_deref().unwrap_or_else(|| panic!("held: {}", answer.body));
    to.trim_start_matches("/portal/book/").split('?').next().expect("an id").to_owned()
}

async fn booked(app: &TestApp, patient: PatientId, at: Instant) -> AppointmentId {
    let desk = app.as_("desk").await;
    let answer = book(&desk, patient, (app.fixture.medicine_north, app.fixture.costa), at, &Fixture::key()).await;
    let to = answer.location.unwrap_or_else(|| panic!("booked: {}", answer.body));
    to.trim_start_matches("/appointments/").split('?').next().and_then(|id| id.parse().ok()).expect("an id")
}

async fn state_of(app: &TestApp, id: AppointmentId) -> AppointmentState {
    let mut tx = app.state.db.read().await.expect("a connection");
    appointments::find(&mut tx, id).await.expect("an appointment").state
}

fn conflict(answer: &Answer) -> String {
    match answer.error() {
        Error::Conflict(words) => words,
        other => panic!("{other:?}: {}", answer.body),
    }
}

#[tokio::test]
async fn a_clinics_rules_bind_patients_and_not_the_desk() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let north = app.fixture.north.to_string();
        let page = admin.get(&format!("/settings/clinics/{north}")).await.body;
        for shown in ["Least notice for patients (minutes)", "Patients cancel until (minutes before)", "name=\"booking_days\""] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let clinic = [
            ("list", "clinics"),
            ("id", north.as_str()),
            ("version", "1"),
            ("name", "North Clinic"),
            ("code", "NORTH"),
            ("time_zone", "America/New_York"),
            ("phone", "617-555-0142"),
        ];
        let rules = [
            ("booking_notice_minutes", "4320"),
            ("booking_days", "10"),
            ("booking_most", "1"),
            ("hold_minutes", "3"),
            ("cancel_minutes", "1440"),
            ("move_minutes", "2880"),
        ];
        let wrong = admin.post("/api/organisation/save", &[&clinic[..], &[("hold_minutes", "0"), ("booking_days", "401")]].concat()).await;
        let Error::Invalid(fields) = wrong.error() else { panic!("{}", wrong.body) };
        assert_eq!(fields.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["booking_days", "hold_minutes"]);
        let saved = admin.post("/api/organisation/save", &[&clinic[..], &rules].concat()).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        // A field that the form does not send stays as it was.
        let mut again = clinic;
        again[2].1 = "2";
        assert_eq!(admin.post("/api/organisation/save", &again).await.status, StatusCode::OK);

        // It is Saturday: three days ahead is Tuesday at 10:30.
        let ana = app.as_("ana").await;
        let soon = conflict(&hold(&app, &ana, monday(), &[]).await);
        assert!(soon.contains("at least 72 h") && soon.contains("617-555-0142"), "{soon}");
        let far = conflict(&hold(&app, &ana, monday() + Duration::days(14), &[]).await);
        assert!(far.contains("until 1 Dec 2026"), "{far}");
        let page = ana.get(&format!("/portal/book/times?clinic={north}&doctor={}", app.fixture.costa)).await.body;
        assert!(!page.contains(&monday().timestamp().to_string()), "nothing sooner is offered: {page}");
        let wednesday = monday() + Duration::days(2);
        held_id(&hold(&app, &ana, wednesday, &[]).await);
        // A patient who goes back finds the own time among the free ones; others do not.
        let times = format!("/portal/book/times?clinic={north}&doctor={}&from=2026-11-25", app.fixture.costa);
        let (own, slot) = (ana.get(&times).await.body, format!(".{}\"", wednesday.timestamp()));
        assert!(own.contains(&slot), "{own}");
        assert!(!app.as_("ben").await.get(&times).await.body.contains(&slot));
        let key = Fixture::key();
        let any = format!("{}.any.{}", app.fixture.medicine_north, wednesday.timestamp());
        let held = ana.post("/api/portal/hold", &[("slot", any.as_str()), ("idempotency_key", &key)]).await;
        let id = held_id(&held);
        assert!(ana.get(&format!("/portal/book/{id}")).await.body.contains("10:33"), "held for three minutes");
        assert_eq!(ana.post("/api/portal/book", &[("appointment_id", &id)]).await.status, StatusCode::OK);
        assert!(conflict(&hold(&app, &ana, wednesday + Duration::days(1), &[]).await).contains("You already have 1"));

        // Two days before it can be cancelled and moved, then cancelled alone, then neither: the page gives the number.
        let own = format!("/portal/appointments/{id}");
        let body = ana.get(&own).await.body;
        assert!(body.contains("Choose another time") && body.contains("/api/portal/cancel"), "{body}");
        app.state.clock.advance(wednesday - Duration::hours(30) - app.state.clock.now());
        let ana = app.as_("ana").await;
        let body = ana.get(&own).await.body;
        assert!(!body.contains("Choose another time") && body.contains("/api/portal/cancel") && body.contains("617-555-0142"), "{body}");
        app.state.clock.advance(Duration::hours(10));
        let ana = app.as_("ana").await;
        let body = ana.get(&own).await.body;
        assert!(!body.contains("/api/portal/cancel") && body.contains("too late to move or cancel"), "{body}");
        let late = conflict(&ana.post("/api/portal/cancel", &[("appointment_id", &id)]).await);
        assert!(late.contains("24 h") && late.contains("617-555-0142"), "{late}");
        // The desk books in an hour and cancels late.
        let desk = app.as_("desk").await;
        let today = app.state.clock.now() + Duration::minutes(30);
        let today = today - Duration::seconds(today.timestamp() % 1200);
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        let answer = book(&desk, app.fixture.ana, slot, today, &Fixture::key()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let form = [("appointment_id", id.as_str()), ("reason", "By phone")];
        assert_eq!(desk.post("/api/appointments/cancel", &form).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_visit_type_has_rules_of_its_own() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let (key, rule) = (Fixture::key(), Fixture::key());
        let kind = [
            ("list", "visit-types"),
            ("key", key.as_str()),
            ("name", "Control"),
            ("minutes", "20"),
            ("booked_by", "everybody"),
            ("preparation", "Come fasting."),
        ];
        assert_eq!(admin.post("/api/organisation/save", &kind).await.status, StatusCode::OK);
        let north = app.fixture.north.to_string();
        let form = [
            ("list", "booking-rules"),
            ("key", rule.as_str()),
            ("name", "Controls"),
            ("clinic_id", north.as_str()),
            ("visit_type_id", key.as_str()),
            ("booking_most", "1"),
            ("booking_days", "5"),
        ];
        assert_eq!(admin.post("/api/organisation/save", &form).await.status, StatusCode::OK);
        let twice = [("key", Fixture::key())];
        let twice = [&form[..1], &[("key", twice[0].1.as_str())], &form[2..]].concat();
        assert!(matches!(admin.post("/api/organisation/save", &twice).await.error(), Error::Invalid(_)), "one rule of a type at a clinic");
        let ana = app.as_("ana").await;
        let with = [("visit_type", key.as_str())];
        assert!(conflict(&hold(&app, &ana, monday() + Duration::days(7), &with).await).contains("until 26 Nov 2026"));
        let id = held_id(&hold(&app, &ana, monday(), &with).await);
        assert!(ana.get(&format!("/portal/book/{id}")).await.body.contains("Come fasting."));
        assert_eq!(ana.post("/api/portal/book", &[("appointment_id", &id)]).await.status, StatusCode::OK);
        assert!(conflict(&hold(&app, &ana, monday() + Duration::days(1), &with).await).contains("1 appointments of this visit type"));
        assert_eq!(hold(&app, &ana, monday() + Duration::days(1), &[]).await.status, StatusCode::OK, "of no type");
        let page = app.as_("desk").await.get(&format!("/appointments/{id}")).await.body;
        assert!(page.contains("Control"), "{page}");
        // A type with coming bookings is not retired.
        let retire = [("list", "visit-types"), ("id", key.as_str()), ("version", "1")];
        assert!(matches!(admin.post("/api/organisation/retire", &retire).await.error(), Error::Conflict(_)));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_day_end_marks_who_did_not_come_and_the_desk_undoes_it() {
    on_both_engines(|app| async move {
        let north = app.fixture.north;
        change(&app, sql("UPDATE clinics SET no_show_limit = 2, phone = '617-555-0142' WHERE id = ").push_bind(north)).await;
        let ids = [booked(&app, app.fixture.ana, monday()).await, booked(&app, app.fixture.ana, monday() + Duration::hours(1)).await];
        let later = booked(&app, app.fixture.ana, monday() + Duration::days(1)).await;
        app.state.clock.advance(monday() + Duration::hours(9) - app.state.clock.now());
        assert_eq!(appointments::mark_missed_of_earlier_days(&app.state).await.expect("looked"), 0, "the day goes on");
        app.state.clock.advance(Duration::hours(14));
        assert_eq!(appointments::mark_missed_of_earlier_days(&app.state).await.expect("marked"), 2);
        assert_eq!((state_of(&app, ids[0]).await, state_of(&app, later).await), (AppointmentState::NoShow, AppointmentState::Booked));
        app.assert_sound().await;

        let desk = app.as_("desk").await;
        for page in [
            format!("/reception?patient={}", app.fixture.ana),
            format!("/appointments/{}", ids[0]),
            format!("/patients/{}", app.fixture.ana),
        ] {
            let body = desk.get(&page).await.body;
            assert!(body.contains("Did not come: 2 in a year"), "{page}: {body}");
        }
        let ana = app.as_("ana").await;
        let refused = conflict(&hold(&app, &ana, monday() + Duration::days(3), &[]).await);
        assert!(refused.contains("the desk books") && refused.contains("617-555-0142"), "{refused}");
        assert!(!desk.get("/appointments/missed").await.body.contains("Núñez"), "she has another one");
        let form = [("appointment_id", later.to_string()), ("reason", "Called off".to_owned())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(desk.post("/api/appointments/cancel", &form).await.status, StatusCode::OK);
        let missed = desk.get("/appointments/missed").await.body;
        assert!(missed.contains("Núñez") && missed.contains("Book again"), "{missed}");

        // The first was called off and nobody wrote it down; the second was seen.
        let [first, second] = ids.map(|id| id.to_string());
        let same_day = desk.post("/api/appointments/undo_no_show", &[("appointment_id", &first)]).await;
        assert!(matches!(same_day.error(), Error::Conflict(_)), "its day is over");
        let off = [("appointment_id", first.as_str()), ("reason", "She had called")];
        assert_eq!(desk.post("/api/appointments/cancel", &off).await.status, StatusCode::OK);
        assert_eq!(desk.post("/api/appointments/attended", &[("appointment_id", &second)]).await.status, StatusCode::OK);
        assert_eq!(state_of(&app, ids[1]).await, AppointmentState::Fulfilled);
        assert_eq!(hold(&app, &ana, monday() + Duration::days(3), &[]).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_missed_appointment_is_moved_struck_out_and_undone_in_time() {
    on_both_engines(|app| async move {
        let [today, old, wrong] = [0, 1, 2].map(|hour| monday() + Duration::hours(hour));
        let [today, old, wrong] = [
            booked(&app, app.fixture.ana, today).await,
            booked(&app, app.fixture.ana, old).await,
            booked(&app, app.fixture.ana, wrong).await,
        ];
        app.state.clock.advance(monday() + Duration::hours(4) - app.state.clock.now());
        let desk_later = app.as_("desk").await;
        for id in [today, old, wrong] {
            assert_eq!(desk_later.post("/api/appointments/no_show", &[("appointment_id", &id.to_string())]).await.status, StatusCode::OK);
        }
        let undone = desk_later.post("/api/appointments/undo_no_show", &[("appointment_id", &today.to_string())]).await;
        assert_eq!((undone.status, state_of(&app, today).await), (StatusCode::OK, AppointmentState::Booked), "{}", undone.body);
        // Moving asks staff for a reason; the calendar entry stays the same one.
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        let at = (monday() + Duration::days(2)).timestamp().to_string();
        let (key, old_id) = (Fixture::key(), old.to_string());
        let ids = [app.fixture.ana.to_string(), slot.1.to_string(), slot.0.to_string()];
        let form = [
            ("patient_id", ids[0].as_str()),
            ("doctor_id", &ids[1]),
            ("service_id", &ids[2]),
            ("at", &at),
            ("replaces", &old_id),
            ("idempotency_key", &key),
        ];
        let Error::Invalid(fields) = desk_later.post("/api/appointments/book", &form).await.error() else {
            panic!("a reason is asked for")
        };
        assert_eq!(fields[0].field, "move_reason");
        let moved = desk_later.post("/api/appointments/book", &[&form[..], &[("move_reason", "Doctor asked")]].concat()).await;
        assert_eq!(moved.status, StatusCode::OK, "{}", moved.body);
        let new = moved.location.expect("where").trim_start_matches("/appointments/").split('?').next().expect("an id").to_owned();
        assert!(desk_later.get(&format!("/appointments/{old}")).await.body.contains("Doctor asked"));
        let ana = app.as_("ana").await;
        let file = ana.get(&format!("/portal/appointments/{new}/calendar.ics")).await.body;
        let (before, after) = (number(&ana.get(&format!("/portal/appointments/{old}/calendar.ics")).await.body), number(&file));
        assert!(file.contains(&format!("UID:{old}@infirmary")) && after > before, "{before} then {file}");
        // Struck out with a reason.
        let wrong_id = wrong.to_string();
        let empty = desk_later.post("/api/appointments/strike_out", &[("appointment_id", wrong_id.as_str())]).await;
        assert!(matches!(empty.error(), Error::Invalid(_)));
        let form = [("appointment_id", wrong_id.as_str()), ("reason", "Another patient's")];
        assert_eq!(desk_later.post("/api/appointments/strike_out", &form).await.status, StatusCode::OK);
        assert_eq!(state_of(&app, wrong).await, AppointmentState::EnteredInError);
        // All that are coming, in one act.
        let later = booked(&app, app.fixture.ana, monday() + Duration::days(3)).await;
        let record = desk_later.get(&format!("/patients/{}", app.fixture.ana)).await.body;
        assert!(record.contains("/api/appointments/cancel_coming"), "{record}");
        let form = [("patient_id", ids[0].as_str()), ("reason", "Moves to another city")];
        assert_eq!(desk_later.post("/api/appointments/cancel_coming", &form).await.status, StatusCode::OK);
        assert_eq!(state_of(&app, later).await, AppointmentState::Cancelled);
        assert_eq!(desk_later.post("/api/appointments/cancel_coming", &form).await.status, StatusCode::CONFLICT, "none is left");
        app.assert_sound().await;
    })
    .await;
}

/// The SEQUENCE of a calendar file.
fn number(file: &str) -> i64 {
    file.split("SEQUENCE:").nth(1).and_then(|rest| rest.lines().next()).and_then(|number| number.trim().parse().ok()).expect("a number")
}
