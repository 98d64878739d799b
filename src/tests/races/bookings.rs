//! Race tests for the time of an appointment, and for one appointment.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use chrono::Duration;

use super::{all_answered, portals};
use crate::{
    appointments,
    core::{PatientId, time::Instant},
    db::sql,
    tests::{Answer, Browser, Fixture, TestApp, all_at_once, appointments::book, races_from},
};

/// Monday 23 November 2026, 09:00 in New York.
fn monday() -> Instant {
    "2026-11-23T14:00:00Z".parse().expect("an instant")
}

/// Holds the time in the portal.
async fn hold(app: &TestApp, browser: &Browser) -> Answer {
    let slot = format!("{}.{}.{}", app.fixture.medicine_north, app.fixture.costa, monday().timestamp());
    browser.post("/api/portal/hold", &[("slot", &slot), ("idempotency_key", &Fixture::key())]).await
}

/// Returns the id of the appointment to which an answer redirects.
fn held(answer: &Answer) -> String {
    let to = answer.location.as_deref().unwrap_or_else(|| panic!("held: {} {}", answer.status, answer.body));
    to.rsplit('/').next().expect("an id").to_owned()
}

async fn confirm(browser: &Browser, id: &str) -> Answer {
    browser.post("/api/portal/book", &[("appointment_id", id)]).await
}

/// Returns the patients who have the time in the database.
async fn owners(app: &TestApp) -> Vec<PatientId> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT patient_id FROM appointments WHERE starts_at = $1 AND state IN ('held', 'booked')").bind(monday());
    tx.all::<(PatientId,)>(query).await.expect("patients").into_iter().map(|(patient,)| patient).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_time_that_fifty_portals_and_fifty_desks_want_has_one_owner() {
    let prepare = async |app: &TestApp| (portals(app, 50).await, app.people(50).await, app.as_("desk").await);
    races_from(prepare, |app, (portals, patients, desk)| async move {
        // The portals are on another node.
        let other = app.another_node().await;
        let portals = portals.into_iter().map(|(patient, browser)| (patient, browser.in_copy(&other), true));
        let desks = patients.into_iter().map(|patient| (patient, desk.in_copy(&app), false));
        let all = all_at_once(portals.chain(desks).map(|(patient, browser, in_portal)| {
            let app = app.clone();
            async move {
                let answer = if in_portal {
                    let answer = hold(&app, &browser).await;
                    if answer.status == StatusCode::OK { confirm(&browser, &held(&answer)).await } else { answer }
                } else {
                    let slot = (app.fixture.medicine_north, app.fixture.costa);
                    book(&browser, patient, slot, monday(), &Fixture::key()).await
                };
                (patient, answer.status)
            }
        }))
        .await;
        all_answered(all.iter().map(|(_, status)| *status));
        let told: Vec<_> = all.iter().filter(|(_, status)| *status == StatusCode::OK).map(|(patient, _)| *patient).collect();
        assert_eq!(told.len(), 1, "{all:?}");
        assert_eq!(owners(&app).await, told);
        app.assert_sound().await;
        other.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_held_time_that_fifty_tabs_confirm_while_it_expires_and_fifty_others_want_has_one_owner() {
    let prepare = async |app: &TestApp| {
        let ana = app.as_("ana").await;
        let id = held(&hold(app, &ana).await);
        (ana, id, portals(app, 50).await)
    };
    races_from(prepare, |app, (ana, id, others)| async move {
        /// An action in this race.
        enum Act {
            Confirm,
            Hold(PatientId, Browser),
            Expire,
        }
        let mut acts = vec![];
        for (number, (patient, browser)) in others.into_iter().enumerate() {
            acts.push(Act::Confirm);
            acts.push(Act::Hold(patient, browser.in_copy(&app)));
            if number == 10 {
                acts.push(Act::Expire);
            }
        }
        let ana = ana.in_copy(&app);
        let all = all_at_once(acts.into_iter().map(|act| {
            let (app, ana, id) = (app.clone(), ana.clone(), id.clone());
            async move {
                match act {
                    Act::Confirm => Some((app.fixture.ana, confirm(&ana, &id).await.status)),
                    Act::Hold(patient, browser) => Some((patient, hold(&app, &browser).await.status)),
                    Act::Expire => {
                        app.state.clock.advance(Duration::minutes(11));
                        None
                    }
                }
            }
        }))
        .await;
        let all: Vec<_> = all.into_iter().flatten().collect();
        all_answered(all.iter().map(|(_, status)| *status));
        let told: BTreeSet<_> = all.iter().filter(|(_, status)| *status == StatusCode::OK).map(|(patient, _)| *patient).collect();
        assert_eq!(told.len(), 1, "{all:?}");
        assert_eq!(owners(&app).await, told.into_iter().collect::<Vec<_>>());
        app.assert_sound().await;
    })
    .await;
}

/// Books an appointment in ten minutes for Ana.
async fn with_appointment(app: &TestApp) -> (Browser, String) {
    let desk = app.as_("desk").await;
    let at = app.state.clock.now() + Duration::minutes(10);
    let booked = book(&desk, app.fixture.ana, (app.fixture.medicine_north, app.fixture.costa), at, &Fixture::key()).await;
    let to = booked.location.unwrap_or_else(|| panic!("booked: {}", booked.body));
    let id = to.trim_start_matches("/appointments/").split('?').next().expect("an id").to_owned();
    (desk, id)
}

async fn check_in(app: &TestApp, desk: &Browser, appointment: &str, key: &str) -> Answer {
    let patient = app.fixture.ana.to_string();
    desk.post("/api/reception/check_in", &[("patient", &patient), ("appointment", appointment), ("idempotency_key", key)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_appointment_checked_in_by_a_hundred_tabs_is_one_visit() {
    races_from(with_appointment, |app, (desk, id)| async move {
        let desk = desk.in_copy(&app);
        // Every second tab has the same form with the same key; the others have their own forms.
        let shared = Fixture::key();
        let answers = all_at_once((0..100).map(|number| {
            let (app, desk, id) = (app.clone(), desk.clone(), id.clone());
            let key = if number % 2 == 0 { shared.clone() } else { Fixture::key() };
            async move { check_in(&app, &desk, &id, &key).await }
        }))
        .await;
        all_answered(answers.iter().map(|answer| answer.status));
        let visits: BTreeSet<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).map(|answer| &answer.location).collect();
        assert_eq!(visits.len(), 1, "{visits:?}");
        let mut tx = app.state.db.read().await.expect("a connection");
        assert_eq!(tx.count(sql("SELECT count(*) FROM visits")).await.expect("counted"), 1);
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_forty_five_who_check_in_cancel_and_move_one_appointment_one_wins() {
    races_from(with_appointment, |app, (desk, id)| async move {
        let desk = desk.in_copy(&app);
        let answers = all_at_once((0..45).map(|number| {
            let (app, desk, id) = (app.clone(), desk.clone(), id.clone());
            async move {
                let act = ["checked_in", "cancelled", "rescheduled"][number % 3];
                let answer = match act {
                    "checked_in" => check_in(&app, &desk, &id, &Fixture::key()).await,
                    "cancelled" => desk.post("/api/appointments/cancel", &[("appointment_id", &id), ("reason", "ill")]).await,
                    _ => {
                        let form = [
                            ("patient_id", app.fixture.ana.to_string()),
                            ("doctor_id", app.fixture.costa.to_string()),
                            ("service_id", app.fixture.medicine_north.to_string()),
                            ("at", monday().timestamp().to_string()),
                            ("replaces", id),
                            ("move_reason", "Doctor is late".to_owned()),
                            ("idempotency_key", Fixture::key()),
                        ];
                        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
                        desk.post("/api/appointments/book", &form).await
                    }
                };
                (act, answer.status)
            }
        }))
        .await;
        all_answered(answers.iter().map(|(_, status)| *status));
        let won: Vec<_> = answers.iter().filter(|(_, status)| *status == StatusCode::OK).map(|(act, _)| *act).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        let mut tx = app.state.db.read().await.expect("a connection");
        let all = appointments::of_patient(&mut tx, app.fixture.ana).await.expect("read");
        let first = all.iter().find(|one| one.id.to_string() == id).expect("the appointment");
        assert_eq!((first.state.as_str(), all.len()), (won[0], if won[0] == "rescheduled" { 2 } else { 1 }));
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
