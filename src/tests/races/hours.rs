//! Races of bookings with leave that is entered.

use axum::http::StatusCode;
use chrono::Duration;

use super::all_answered;
use crate::{
    core::time::Instant,
    db::sql,
    tests::{Fixture, TestApp, all_at_once, appointments::book, hours::Form, races_from},
};

/// Monday 23 November 2026, 08:00 in New York.
fn morning() -> Instant {
    "2026-11-23T13:00:00Z".parse().expect("an instant")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn leave_saved_while_fifty_book_leaves_each_booking_standing_or_on_the_list() {
    let prepare = async |app: &TestApp| (app.people(50).await, app.as_("desk").await);
    races_from(prepare, |app, (patients, desk)| async move {
        let f = app.fixture.clone();
        // The leave is entered on another node.
        let other = app.another_node().await;
        let books = patients.into_iter().zip(0_i64..).map(|(patient, number)| {
            let (desk, app) = (desk.in_copy(&app), app.clone());
            async move {
                // Thirty on the day of the leave, twenty on the day after.
                let at = morning() + Duration::minutes(20 * (number % 30)) + Duration::days(number / 30);
                book(&desk, patient, (app.fixture.medicine_north, app.fixture.costa), at, &Fixture::key()).await.status
            }
        });
        let leave = {
            let (desk, costa, key) = (desk.in_copy(&other), f.costa.to_string(), Fixture::key());
            async move {
                // The list of those booked was seen before the rush: exactly this leave is confirmed.
                let (from, to) = ("2026-11-23T05:00:00Z", "2026-11-24T05:00:00Z");
                let seconds = |text: &str| text.parse::<Instant>().expect("an instant").timestamp();
                let seen = format!("{costa}.{}.{}", seconds(from), seconds(to));
                let form = [
                    ("kind", "leave"),
                    ("key", key.as_str()),
                    ("doctor_id", costa.as_str()),
                    ("from_day", "2026-11-23"),
                    ("to_day", "2026-11-23"),
                    ("seen", seen.as_str()),
                ];
                super::until_served(|| desk.post("/api/absences/save", &form)).await.status
            }
        };
        let (statuses, saved) = tokio::join!(all_at_once(books), tokio::spawn(leave));
        all_answered(statuses.iter().copied());
        assert_eq!(saved.expect("ended"), StatusCode::OK);
        let mut tx = app.state.db.read().await.expect("a connection");
        let booked =
            sql("SELECT count(*) FROM appointments WHERE state = 'booked' AND starts_at < $1").bind(morning() + Duration::hours(12));
        let listed = sql("SELECT count(*) FROM to_settle WHERE because = 'absence'");
        let (booked, listed) = (tx.count(booked).await.expect("a number"), tx.count(listed).await.expect("a number"));
        drop(tx);
        assert_eq!(booked, listed, "whoever is booked on that day is on the list");
        app.assert_sound().await;
        other.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hours_changed_while_fifty_book_leave_each_booking_standing_or_on_the_list() {
    let prepare = async |app: &TestApp| {
        let admin = app.as_("admin").await;
        let (costa, service) = (app.fixture.costa, app.fixture.medicine_north);
        let (old, version) = crate::tests::hours::schedule(app, costa).await;
        // From Tuesday on only in the morning. The preview is seen before the rush.
        let form = Form::of(costa, service, "2026-11-24", ("08:00", "10:00")).with("schedule", &old).with("version", &version);
        let first = admin.submit(&format!("/settings/hours/{old}"), "/api/hours/save", &form.pairs()).await;
        let seen = crate::tests::hours::hidden(&first.body, "seen");
        (app.people(50).await, app.as_("desk").await, admin, form.with("seen", &seen))
    };
    races_from(prepare, |app, (patients, desk, admin, form)| async move {
        let books = patients.into_iter().zip(0_i64..).map(|(patient, number)| {
            let (desk, app) = (desk.in_copy(&app), app.clone());
            async move {
                // Half of them on the day before the change, half of them after it, in the morning and later.
                let at = morning() + Duration::days(number % 2) + Duration::minutes(20 * (number / 2));
                book(&desk, patient, (app.fixture.medicine_north, app.fixture.costa), at, &Fixture::key()).await.status
            }
        });
        let change = {
            let admin = admin.in_copy(&app);
            async move {
                let pairs = form.pairs();
                super::until_served(|| admin.post("/api/hours/save", &pairs)).await.status
            }
        };
        let (statuses, saved) = tokio::join!(all_at_once(books), tokio::spawn(change));
        all_answered(statuses.iter().copied());
        assert_eq!(saved.expect("ended"), StatusCode::OK);
        let mut tx = app.state.db.read().await.expect("a connection");
        let ten = morning() + Duration::days(1) + Duration::hours(2);
        let booked = sql("SELECT count(*) FROM appointments WHERE state = 'booked' AND starts_at >= $1").bind(ten);
        let listed = sql("SELECT count(*) FROM to_settle WHERE because = 'hours'");
        let (booked, listed) = (tx.count(booked).await.expect("a number"), tx.count(listed).await.expect("a number"));
        drop(tx);
        assert_eq!(booked, listed, "whoever is booked in the hours that go is on the list");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_appointment_that_twenty_settle_is_settled_once() {
    let prepare = async |app: &TestApp| {
        let desk = app.as_("desk").await;
        let slot = (app.fixture.medicine_north, app.fixture.costa);
        book(&desk, app.fixture.ben, slot, morning(), &Fixture::key()).await;
        let (costa, key) = (app.fixture.costa.to_string(), Fixture::key());
        let form = [("kind", "leave"), ("key", key.as_str()), ("doctor_id", costa.as_str()), ("from_day", "2026-11-23")];
        crate::tests::hours::confirmed(&desk, "/absences/new", "/api/absences/save", &form).await;
        let line = crate::tests::hours::hidden(&desk.get("/settle").await.body, "id");
        (desk, line)
    };
    races_from(prepare, |app, (desk, line)| async move {
        let answers = all_at_once((0..20).map(|number| {
            let (desk, line, costa) = (desk.in_copy(&app), line.clone(), app.fixture.costa.to_string());
            async move {
                let at = (morning() + Duration::days(2)).timestamp().to_string();
                match number % 3 {
                    0 => desk.post("/api/settle/keep", &[("id", &line)]).await.status,
                    1 => desk.post("/api/settle/cancel", &[("id", &line), ("reason", "ill")]).await.status,
                    _ => desk.post("/api/settle/move", &[("id", &line), ("doctor_id", &costa), ("at", &at)]).await.status,
                }
            }
        }))
        .await;
        all_answered(answers.iter().copied());
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_time_blocked_while_twenty_book_leaves_each_booking_standing_or_on_the_list() {
    let prepare = async |app: &TestApp| (app.people(20).await, app.as_("desk").await);
    races_from(prepare, |app, (patients, desk)| async move {
        let costa = app.fixture.costa.to_string();
        let books = patients.into_iter().zip(0_i64..).map(|(patient, number)| {
            let (desk, app) = (desk.in_copy(&app), app.clone());
            async move {
                let at = morning() + Duration::minutes(20 * number);
                book(&desk, patient, (app.fixture.medicine_north, app.fixture.costa), at, &Fixture::key()).await.status
            }
        });
        let block = {
            let (desk, key) = (desk.in_copy(&app), Fixture::key());
            async move {
                // 09:00 to 12:00: the list was seen before the rush.
                let seen = format!("{costa}.{}.{}", morning().timestamp() + 3_600, morning().timestamp() + 4 * 3_600);
                let form = [
                    ("kind", "block"),
                    ("key", key.as_str()),
                    ("doctor_id", costa.as_str()),
                    ("from_day", "2026-11-23"),
                    ("from_time", "09:00"),
                    ("to_time", "12:00"),
                    ("reason", "Meeting"),
                    ("seen", seen.as_str()),
                ];
                super::until_served(|| desk.post("/api/absences/save", &form)).await.status
            }
        };
        let (statuses, saved) = tokio::join!(all_at_once(books), tokio::spawn(block));
        all_answered(statuses.iter().copied());
        assert_eq!(saved.expect("ended"), StatusCode::OK);
        let mut tx = app.state.db.read().await.expect("a connection");
        let (from, to) = (morning() + Duration::hours(1), morning() + Duration::hours(4));
        let booked =
            sql("SELECT count(*) FROM appointments WHERE state = 'booked' AND starts_at >= $1 AND starts_at < $2").bind(from).bind(to);
        let listed = sql("SELECT count(*) FROM to_settle WHERE because = 'absence'");
        let (booked, listed) = (tx.count(booked).await.expect("a number"), tx.count(listed).await.expect("a number"));
        drop(tx);
        assert_eq!(booked, listed, "whoever is booked in the blocked time is on the list");
        app.assert_sound().await;
    })
    .await;
}
