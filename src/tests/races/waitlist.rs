//! Races for a freed seat: it goes to the first on the waitlist, whoever else wants it.

use chrono::Duration;

use super::{all_answered, portals};
use crate::{
    appointments::waitlist::work_off_waitlist,
    core::{PatientId, time::Instant},
    db::sql,
    tests::{Browser, Fixture, TestApp, all_at_once, appointments::book, races_from},
};

/// Monday 23 November 2026, 09:00 in New York.
fn monday() -> Instant {
    "2026-11-23T14:00:00Z".parse().expect("an instant")
}

/// The patients who hold or have the time.
async fn owners(app: &TestApp) -> Vec<PatientId> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT patient_id FROM appointments WHERE starts_at = $1 AND state IN ('held', 'booked')").bind(monday());
    tx.all::<(PatientId,)>(query).await.expect("owners").into_iter().map(|(patient,)| patient).collect()
}

async fn wait(app: &TestApp, desk: &Browser, patient: PatientId) -> String {
    let (key, patient, service) = (Fixture::key(), patient.to_string(), app.fixture.medicine_north.to_string());
    let form = [("patient_id", patient.as_str()), ("service_id", &service), ("until", "2026-12-31"), ("idempotency_key", &key)];
    let answer = desk.post("/api/appointments/wait", &form).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    key
}

/// One booked time, twenty who wait for it in order, and the desk.
async fn twenty_wait(app: &TestApp) -> (Browser, String, Vec<(PatientId, String)>) {
    let desk = app.as_("desk").await;
    let slot = (app.fixture.medicine_north, app.fixture.costa);
    let booked = book(&desk, app.fixture.ana, slot, monday(), &Fixture::key()).await.location.expect("booked");
    let id = booked.trim_start_matches("/appointments/").split('?').next().expect("an id").to_owned();
    let mut waiting = Vec::new();
    for patient in app.people(20).await {
        waiting.push((patient, wait(app, &desk, patient).await));
        app.state.clock.advance(Duration::seconds(1));
    }
    (desk, id, waiting)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_freed_seat_that_a_hundred_strangers_want_goes_to_the_first_of_twenty_who_wait() {
    let prepare = async |app: &TestApp| {
        let (desk, id, waiting) = twenty_wait(app).await;
        let more = app.people(50).await;
        (desk, id, waiting, portals(app, 50).await, more)
    };
    races_from(prepare, |app, (desk, id, waiting, portals, more)| async move {
        let desk = desk.in_copy(&app);
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        let text = format!("{}.{}.{}", slot.0, slot.1, monday().timestamp());
        let cancel = {
            let (desk, id) = (desk.clone(), id.clone());
            vec![(PatientId::new(), desk, Some(id), false)]
        };
        let strangers = more.into_iter().map(|patient| (patient, desk.clone(), None, false));
        // The portals are on another node.
        let other = app.another_node().await;
        let in_portals = portals.into_iter().map(|(patient, browser)| (patient, browser.in_copy(&other), None, true));
        // The seat is freed in the middle of them.
        let mut all = strangers.chain(in_portals).collect::<Vec<_>>();
        all.splice(50..50, cancel);
        let statuses = all_at_once(all.into_iter().map(|(patient, browser, cancelled, in_portal)| {
            let text = text.clone();
            async move {
                let answer = match cancelled {
                    Some(id) => browser.post("/api/appointments/cancel", &[("appointment_id", id.as_str()), ("reason", "Ill")]).await,
                    None if in_portal => {
                        browser.post("/api/portal/hold", &[("slot", text.as_str()), ("idempotency_key", &Fixture::key())]).await
                    }
                    None => book(&browser, patient, slot, monday(), &Fixture::key()).await,
                };
                answer.status
            }
        }))
        .await;
        all_answered(statuses);
        assert_eq!(owners(&app).await, [waiting[0].0], "the first in order");
        app.assert_sound().await;
        other.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_offer_that_is_taken_passed_and_expired_at_once_has_one_end() {
    let prepare = async |app: &TestApp| {
        let (desk, id, waiting) = twenty_wait(app).await;
        let answer = desk.post("/api/appointments/cancel", &[("appointment_id", id.as_str()), ("reason", "Ill")]).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        app.state.clock.advance(Duration::minutes(121));
        (app.as_("desk").await, waiting)
    };
    races_from(prepare, |app, (desk, waiting)| async move {
        let desk = desk.in_copy(&app);
        let wish = waiting[0].1.clone();
        let answers = all_at_once((0..12).map(|number| {
            let (app, desk, wish) = (app.clone(), desk.clone(), wish.clone());
            async move {
                match number % 3 {
                    0 => drop(work_off_waitlist(&app.state).await),
                    1 => drop(desk.post("/api/appointments/take_offer", &[("wait_id", &wish)]).await),
                    _ => drop(desk.post("/api/appointments/pass_offer", &[("wait_id", &wish)]).await),
                }
            }
        }));
        answers.await;
        let owners = owners(&app).await;
        assert!(owners == [waiting[0].0] || owners == [waiting[1].0], "{owners:?}");
        app.assert_sound().await;
    })
    .await;
}
