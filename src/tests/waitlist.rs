//! The waitlist: a freed seat is offered to the first in order, who takes it, passes, or lets the time go by.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Answer, Browser, Fixture, TestApp, appointments::book, on_both_engines};
use crate::{
    appointments::{self, AppointmentState, waitlist::work_off_waitlist},
    core::{AppointmentId, Error, PatientId, time::Instant},
    db::sql,
};

/// Monday 23 November 2026, 09:00 in New York.
fn monday() -> Instant {
    "2026-11-23T14:00:00Z".parse().expect("an instant")
}

/// The desk puts a patient on the list of general medicine; the wish's id.
async fn waits(app: &TestApp, patient: PatientId, more: &[(&str, &str)]) -> String {
    let desk = app.as_("desk").await;
    let (key, patient, service) = (Fixture::key(), patient.to_string(), app.fixture.medicine_north.to_string());
    let form = [("patient_id", patient.as_str()), ("service_id", &service), ("until", "2026-12-31"), ("idempotency_key", &key)];
    let answer = desk.post("/api/appointments/wait", &[&form[..], more].concat()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    app.state.clock.advance(Duration::seconds(1));
    key
}

async fn booked(app: &TestApp, patient: PatientId, at: Instant) -> AppointmentId {
    let desk = app.as_("desk").await;
    let answer = book(&desk, patient, (app.fixture.medicine_north, app.fixture.costa), at, &Fixture::key()).await;
    let to = answer.location.unwrap_or_else(|| panic!("booked: {}", answer.body));
    to.trim_start_matches("/appointments/").split('?').next().and_then(|id| id.parse().ok()).expect("an id")
}

async fn cancel(browser: &Browser, id: AppointmentId) -> Answer {
    browser.post("/api/appointments/cancel", &[("appointment_id", &id.to_string()), ("reason", "Not needed any more")]).await
}

/// The state of a wish.
async fn state(app: &TestApp, id: &str) -> String {
    let id: uuid::Uuid = id.parse().expect("an id");
    let mut tx = app.state.db.read().await.expect("a connection");
    let (state,): (String,) = tx.one(sql("SELECT state FROM waitlist WHERE id = ").push_bind(id)).await.expect("a wish");
    state
}

/// The patients who hold or have the time.
async fn owners(app: &TestApp, at: Instant) -> Vec<(PatientId, AppointmentState)> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT patient_id, state FROM appointments WHERE starts_at = $1 AND state IN ('held', 'booked')").bind(at);
    tx.all(query).await.expect("owners")
}

#[tokio::test]
async fn a_freed_seat_is_held_for_the_first_in_order_who_takes_it() {
    on_both_engines(|app| async move {
        let (ana, ben, chloe) = (app.fixture.ana, app.fixture.ben, app.fixture.chloe);
        let stranger = app.people(1).await[0];
        let taken = booked(&app, stranger, monday()).await;
        let first = waits(&app, ben, &[]).await;
        let urgent = waits(&app, ana, &[("urgent", "true"), ("note", "Pain at night")]).await;
        let other_day = waits(&app, chloe, &[("day_2", "true")]).await;
        let desk = app.as_("desk").await;
        let twice = [
            ("patient_id", ben.to_string()),
            ("service_id", app.fixture.medicine_north.to_string()),
            ("until", "2026-12-31".to_owned()),
            ("idempotency_key", Fixture::key()),
        ];
        let twice = twice.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert!(matches!(desk.post("/api/appointments/wait", &twice).await.error(), Error::Conflict(_)));
        let list = desk.get("/waitlist").await.body;
        let places = ["Núñez", "Adams", "Baker"].map(|name| list.find(name).unwrap_or_else(|| panic!("{name}: {list}")));
        assert!(places.is_sorted() && list.contains("Urgent") && list.contains("Tue"), "{list}");

        // A patient frees it in the portal's way: whoever may not see the others still gives it to the first.
        assert_eq!(cancel(&desk, taken).await.status, StatusCode::OK);
        assert_eq!(owners(&app, monday()).await, [(ana, AppointmentState::Held)]);
        app.assert_sound().await;
        assert_eq!(work_off_waitlist(&app.state).await.expect("told"), 1);
        assert_eq!(work_off_waitlist(&app.state).await.expect("told once"), 0);
        let portal = app.as_("ana").await;
        for page in ["/portal", "/portal/appointments", "/portal/waitlist"] {
            let body = portal.get(page).await.body;
            assert!(body.contains("A time is free for you") && body.contains("09:00"), "{page}: {body}");
        }
        assert!(portal.get("/notifications").await.body.contains("A time is free for you"), "the bell");
        // It is nobody else's, and she loses nothing by looking at other times.
        let strange = app.as_("ben").await;
        let slot = format!("{}.{}.{}", app.fixture.medicine_north, app.fixture.costa, monday().timestamp());
        let key = Fixture::key();
        let refused = strange.post("/api/portal/hold", &[("slot", &slot), ("idempotency_key", &key)]).await;
        assert!(matches!(refused.error(), Error::Conflict(_)));
        assert_eq!(strange.post("/api/portal/take_offer", &[("wait_id", &urgent)]).await.error(), Error::NotFound);
        let (later, key) = ((monday() + Duration::hours(2)).timestamp(), Fixture::key());
        let slot = format!("{}.{}.{later}", app.fixture.medicine_north, app.fixture.costa);
        assert_eq!(portal.post("/api/portal/hold", &[("slot", &slot), ("idempotency_key", &key)]).await.status, StatusCode::OK);
        let took = portal.submit("/portal/waitlist", "/api/portal/take_offer", &[("wait_id", &urgent)]).await;
        assert!(took.location.is_some_and(|to| to.ends_with("?done=booked")), "{}", took.body);
        assert_eq!(owners(&app, monday()).await, [(ana, AppointmentState::Booked)]);
        assert_eq!((state(&app, &urgent).await.as_str(), state(&app, &first).await.as_str()), ("taken", "waiting"));
        assert_eq!(state(&app, &other_day).await, "waiting", "Monday does not suit");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_offer_that_is_passed_or_not_answered_goes_to_the_next() {
    on_both_engines(|app| async move {
        let (ana, ben, chloe) = (app.fixture.ana, app.fixture.ben, app.fixture.chloe);
        let stranger = app.people(1).await[0];
        let taken = booked(&app, stranger, monday()).await;
        let wishes = [waits(&app, ana, &[]).await, waits(&app, ben, &[]).await, waits(&app, chloe, &[]).await];
        assert_eq!(cancel(&app.as_("desk").await, taken).await.status, StatusCode::OK);
        // The patient frees it for the next, whom she may not see.
        let portal = app.as_("ana").await;
        let passed = portal.submit("/portal/waitlist", "/api/portal/pass_offer", &[("wait_id", &wishes[0])]).await;
        assert_eq!(passed.location.as_deref(), Some("/portal/waitlist?done=passed"), "{}", passed.body);
        assert_eq!(owners(&app, monday()).await, [(ben, AppointmentState::Held)]);
        let again = portal.post("/api/portal/take_offer", &[("wait_id", &wishes[0])]).await;
        assert!(matches!(again.error(), Error::Conflict(_)), "passed is passed");
        work_off_waitlist(&app.state).await.expect("told");
        // Two hours later it goes on to the last, whom the desk calls.
        app.state.clock.advance(Duration::minutes(119));
        work_off_waitlist(&app.state).await.expect("looked");
        assert_eq!(state(&app, &wishes[1]).await, "offered");
        app.state.clock.advance(Duration::minutes(2));
        work_off_waitlist(&app.state).await.expect("gone on");
        assert_eq!([state(&app, &wishes[1]).await, state(&app, &wishes[2]).await], ["expired", "offered"]);
        assert_eq!(owners(&app, monday()).await, [(chloe, AppointmentState::Held)]);
        let desk = app.as_("desk").await;
        assert!(desk.get("/waitlist").await.body.contains("Answer until"));
        let took = desk.post("/api/appointments/take_offer", &[("wait_id", &wishes[2])]).await;
        assert_eq!(took.status, StatusCode::OK, "{}", took.body);
        assert_eq!(owners(&app, monday()).await, [(chloe, AppointmentState::Booked)]);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_hold_that_ran_out_and_a_moved_appointment_free_a_seat_too() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        let slot = format!("{}.{}.{}", app.fixture.medicine_north, app.fixture.costa, monday().timestamp());
        let key = Fixture::key();
        assert_eq!(ana.post("/api/portal/hold", &[("slot", &slot), ("idempotency_key", &key)]).await.status, StatusCode::OK);
        let ben = waits(&app, app.fixture.ben, &[]).await;
        app.state.clock.advance(Duration::minutes(11));
        // The next booking at the doctor's finds the hold over: the seat is the waiting patient's, not the stranger's.
        let (desk, stranger) = (app.as_("desk").await, app.people(1).await[0]);
        let medicine = (app.fixture.medicine_north, app.fixture.costa);
        let refused = book(&desk, stranger, medicine, monday(), &Fixture::key()).await;
        assert!(matches!(refused.error(), Error::Conflict(_)), "{}", refused.body);
        assert_eq!(state(&app, &ben).await, "waiting", "what is refused changes nothing");
        let booked_later = book(&desk, stranger, medicine, monday() + Duration::hours(1), &Fixture::key()).await;
        assert_eq!(booked_later.status, StatusCode::OK, "{}", booked_later.body);
        assert_eq!(owners(&app, monday()).await, [(app.fixture.ben, AppointmentState::Held)]);
        // Ben gives up; nobody else waits, the seat is free for all.
        let own = app.as_("ben").await;
        assert_eq!(own.submit("/portal/waitlist", "/api/portal/unwait", &[("wait_id", &ben)]).await.status, StatusCode::SEE_OTHER);
        assert!(owners(&app, monday()).await.is_empty());
        assert_eq!(book(&desk, stranger, medicine, monday(), &Fixture::key()).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn patients_join_where_nothing_suits() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        let times = format!("/portal/book/times?clinic={}&service={}", app.fixture.north, app.fixture.medicine_north);
        let page = ana.get(&times).await.body;
        assert!(page.contains("/portal/waitlist/new?clinic="), "{page}");
        let form = format!("/portal/waitlist/new?clinic={}&service={}", app.fixture.north, app.fixture.medicine_north);
        assert!(ana.get(&form).await.body.contains("You have 2 h 0 min to take it"), "{}", ana.get(&form).await.body);
        let (service, key) = (app.fixture.medicine_north.to_string(), Fixture::key());
        let fields = [
            ("service_id", service.as_str()),
            ("idempotency_key", &key),
            ("until", "2026-12-20"),
            ("day_1", "true"),
            ("from_time", "12:00"),
            ("to_time", "09:00"),
        ];
        let wrong = ana.submit(&form, "/api/portal/wait", &fields).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.body);
        let far = ana.post("/api/portal/wait", &[&fields[..2], &[("until", "2027-06-01")]].concat()).await;
        let Error::Invalid(fields_named) = far.error() else { panic!("{}", far.body) };
        assert_eq!(fields_named[0].field, "until");
        let good = [&fields[..4], &[("from_time", "08:00"), ("to_time", "12:00")]].concat();
        let joined = ana.submit(&form, "/api/portal/wait", &good).await;
        assert_eq!(joined.location.as_deref(), Some("/portal/waitlist?done=added"), "{}", joined.body);
        assert_eq!(ana.post("/api/portal/wait", &good).await.status, StatusCode::OK, "pressed twice");
        let list = ana.get("/portal/waitlist").await.body;
        assert!(list.contains("Mon, 08:00 – 12:00"), "{list}");
        // Its last day goes by.
        app.state.clock.advance(Duration::days(40));
        assert_eq!(work_off_waitlist(&app.state).await.expect("outdated"), 1);
        assert_eq!(state(&app, &key).await, "expired");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_seat_is_freed_by_all_coming_appointments_at_once_and_nobody_gets_two() {
    on_both_engines(|app| async move {
        let (first, second) = (monday(), monday() + Duration::hours(1));
        booked(&app, app.fixture.chloe, first).await;
        booked(&app, app.fixture.chloe, second).await;
        let wishes = [waits(&app, app.fixture.ana, &[]).await, waits(&app, app.fixture.ben, &[]).await];
        let desk = app.as_("desk").await;
        let patient = app.fixture.chloe.to_string();
        let form = [("patient_id", patient.as_str()), ("reason", "Moves to another city")];
        assert_eq!(desk.post("/api/appointments/cancel_coming", &form).await.status, StatusCode::OK);
        for wish in &wishes {
            assert_eq!(state(&app, wish).await, "offered");
        }
        let mut tx = app.state.db.read().await.expect("a connection");
        let held = appointments::of_patient(&mut tx, app.fixture.chloe).await.expect("hers");
        assert!(held.iter().all(|one| one.state == AppointmentState::Cancelled));
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
