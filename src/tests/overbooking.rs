//! Overbooking a full session, any doctor, the month of the portal, and a patient's death.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Answer, Browser, Fixture, TestApp, all_at_once, appointments::book, on_both_engines, races_on_both_engines};
use crate::{
    appointments::{self, AppointmentState},
    core::{AppointmentId, Error, PatientId, time::Instant},
    db::sql,
};

/// Monday 23 November 2026, 09:00 in New York.
fn monday() -> Instant {
    "2026-11-23T14:00:00Z".parse().expect("an instant")
}

async fn overbook(app: &TestApp, desk: &Browser, patient: PatientId, at: Instant, reason: &str) -> Answer {
    let form = [
        ("patient_id", patient.to_string()),
        ("doctor_id", app.fixture.costa.to_string()),
        ("service_id", app.fixture.medicine_north.to_string()),
        ("at", at.timestamp().to_string()),
        ("overbook", "yes".to_owned()),
        ("overbook_reason", reason.to_owned()),
        ("idempotency_key", Fixture::key()),
    ];
    desk.post("/api/appointments/book", &form.each_ref().map(|(name, value)| (*name, value.as_str()))).await
}

fn made(answer: &Answer) -> AppointmentId {
    let to = answer.location.as_deref().unwrap_or_else(|| panic!("booked: {}", answer.body));
    to.trim_start_matches("/appointments/").split('?').next().and_then(|id| id.parse().ok()).expect("an id")
}

#[tokio::test]
async fn a_full_session_takes_as_many_more_as_the_clinic_allows() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let people = app.people(5).await;
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        let later = monday() + Duration::hours(2);
        for (patient, at) in [(people[0], monday()), (people[1], later)] {
            assert_eq!(book(&desk, patient, slot, at, &Fixture::key()).await.status, StatusCode::OK);
        }
        let new = format!("/appointments/new?patient={}&service={}&doctor={}&from=2026-11-23", people[2], slot.0, slot.1);
        assert!(desk.get(&new).await.body.contains("Show full times"), "the desk may overbook");
        let full = desk.get(&format!("{new}&full=yes")).await.body;
        assert!(
            full.contains(&format!("at={}", monday().timestamp())) && !full.contains(&format!("at={}", monday().timestamp() + 1200)),
            "{full}"
        );
        let confirm = desk.get(&format!("{new}&full=yes&at={}", monday().timestamp())).await.body;
        assert!(confirm.contains("name=\"overbook_reason\"") && confirm.contains("name=\"overbook\""), "{confirm}");
        let Error::Invalid(fields) = overbook(&app, &desk, people[2], monday(), "").await.error() else { panic!("a reason is asked for") };
        assert_eq!(fields[0].field, "overbook_reason");
        let id = made(&overbook(&app, &desk, people[2], monday(), "Chest pain since yesterday").await);
        made(&overbook(&app, &desk, people[3], later, "Needs the report today").await);
        let third = overbook(&app, &desk, people[4], monday(), "One more").await;
        assert!(matches!(third.error(), Error::Conflict(words) if words.contains("2 times already")), "{}", third.body);
        // It is marked and counted.
        let page = desk.get(&format!("/appointments/{id}")).await.body;
        assert!(page.contains("Overbooked: Chest pain since yesterday"), "{page}");
        let day = desk.get(&format!("/schedules?day=2026-11-23&doctor={}", slot.1)).await.body;
        assert!(day.contains("4 booked, 2 overbooked") && day.contains("overbooked"), "{day}");
        // One who gives it back makes room for another; a free time is simply booked.
        let form = [("appointment_id", id.to_string()), ("reason", "Better".to_owned())];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(desk.post("/api/appointments/cancel", &form).await.status, StatusCode::OK);
        made(&overbook(&app, &desk, people[4], monday(), "One more").await);
        let plain = made(&overbook(&app, &desk, people[2], monday() + Duration::hours(1), "Nobody is there").await);
        assert!(!desk.get(&format!("/appointments/{plain}")).await.body.contains("Overbooked"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_who_overbook_one_session_are_as_many_as_the_clinic_allows() {
    races_on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        assert_eq!(book(&desk, app.fixture.ana, slot, monday(), &Fixture::key()).await.status, StatusCode::OK);
        let tries = app.people(20).await.into_iter().map(|patient| {
            let (app, desk) = (app.clone(), desk.clone());
            async move { overbook(&app, &desk, patient, monday(), "Urgent").await.status }
        });
        let answers = all_at_once(tries).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 2, "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_schema_refuses_one_more_than_the_limit() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        assert_eq!(book(&desk, app.fixture.ana, slot, monday(), &Fixture::key()).await.status, StatusCode::OK);
        let id = made(&overbook(&app, &desk, app.fixture.ben, monday(), "Urgent").await);
        let copy = |number: i64| {
            sql("INSERT INTO appointments (id, patient_id, doctor_id, clinic_id, service_id, starts_at, ends_at, seat, state, booked_through,
                    idempotency_key, created_at, created_by, updated_at, updated_by, session_at, overbook_number, overbook_reason)
                SELECT ")
            .push_bind(AppointmentId::new())
            .push(", ")
            .push_bind(app.fixture.chloe)
            .push(", doctor_id, clinic_id, service_id, starts_at, ends_at, 9, state, booked_through, ")
            .push_bind(AppointmentId::new())
            .push(", created_at, created_by, updated_at, updated_by, session_at, ")
            .push_bind(number)
            .push(", 'Past the code' FROM appointments WHERE id = ")
            .push_bind(id)
        };
        for (number, guard) in [(1, "appointments_overbooked_once"), (3, "appointments_overbook_limit"), (11, "appointments_overbook_limit")] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(copy(number)).await.expect_err(guard);
            assert!(error.violates(guard) || error.is_unique(), "{number}: {error}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_month_shows_how_much_is_free_and_any_doctor_is_settled_when_it_is_taken() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        let times = format!("/portal/book/times?clinic={}&service={}", app.fixture.north, app.fixture.medicine_north);
        let page = ana.get(&format!("{times}&from=2026-11-23")).await.body;
        assert!(
            page.contains("November 2026") && page.contains("month__day is-done") && page.contains("from=2026-11-24#day-2026-11-24"),
            "{page}"
        );
        assert!(page.contains(&format!("value=\"{}.any.", app.fixture.medicine_north)), "{page}");
        // All of Tuesday but two times is taken.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let absence = sql("INSERT INTO absences (id, doctor_id, starts_at, ends_at, created_at, created_by) SELECT id, ")
            .push_bind(app.fixture.costa)
            .push(", ")
            .push_bind(monday() + Duration::hours(23))
            .push(", ")
            .push_bind(monday() + Duration::minutes(24 * 60 + 500))
            .push(", created_at, created_by FROM schedules WHERE doctor_id = ")
            .push_bind(app.fixture.costa);
        tx.execute(absence).await.expect("away");
        tx.commit().await.expect("committed");
        app.state.clock.advance(Duration::minutes(2));
        let page = ana.get(&format!("{times}&from=2026-11-23")).await.body;
        assert!(page.contains("month__day is-warning") && page.contains("few"), "{page}");
        let slot = format!("{}.any.{}", app.fixture.medicine_north, monday().timestamp());
        let key = Fixture::key();
        let held = ana.post("/api/portal/hold", &[("slot", &slot), ("idempotency_key", &key)]).await;
        assert_eq!(held.status, StatusCode::OK, "{}", held.body);
        let again = ana.post("/api/portal/hold", &[("slot", &slot), ("idempotency_key", &key)]).await;
        assert_eq!(again.location, held.location, "pressed twice");
        let ben = app.as_("ben").await.post("/api/portal/hold", &[("slot", &slot), ("idempotency_key", &Fixture::key())]).await;
        assert!(matches!(ben.error(), Error::Conflict(_)), "the one doctor is taken");
        // Surgery has one doctor with two seats: both are offered, one after the other.
        let slot = format!("{}.any.{}", app.fixture.surgery_north, monday().timestamp());
        for (login, expected) in [("ana", StatusCode::OK), ("ben", StatusCode::OK)] {
            let browser = app.as_(login).await;
            let held = browser.post("/api/portal/hold", &[("slot", &slot), ("idempotency_key", &Fixture::key())]).await;
            assert_eq!(held.status, expected, "{login}: {}", held.body);
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_death_ends_what_is_coming_in_words() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        let id = made(&book(&desk, app.fixture.ana, slot, monday(), &Fixture::key()).await);
        let patient = app.fixture.ana.to_string();
        for day in ["2026-11-22", "1970-01-01", ""] {
            let wrong = desk.post("/api/appointments/record_death", &[("patient_id", patient.as_str()), ("day", day)]).await;
            let Error::Invalid(fields) = wrong.error() else { panic!("{day}: {}", wrong.body) };
            assert_eq!(fields[0].field, "day");
        }
        let form = [("patient_id", patient.as_str()), ("day", "2026-11-20")];
        let record = format!("/patients/{patient}");
        let done = desk.submit(&record, "/api/appointments/record_death", &form).await;
        assert_eq!(done.location, Some(format!("{record}?done=death")), "{}", done.body);
        let mut tx = app.state.db.read().await.expect("a connection");
        let ended = appointments::find(&mut tx, id).await.expect("an appointment");
        drop(tx);
        assert_eq!(ended.state, AppointmentState::Cancelled);
        assert!(ended.cancel_reason.contains("Died 20 Nov 2026"), "{}", ended.cancel_reason);
        let refused = book(&desk, app.fixture.ana, slot, monday(), &Fixture::key()).await;
        assert!(matches!(refused.error(), Error::Conflict(_)));
        assert!(!desk.get(&record).await.body.contains("/appointments/new?patient="));
        assert_eq!(desk.post("/api/appointments/death_in_error", &form[..1]).await.status, StatusCode::OK);
        assert_eq!(book(&desk, app.fixture.ana, slot, monday(), &Fixture::key()).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}
