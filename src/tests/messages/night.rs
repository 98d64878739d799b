//! Changes that are made at night: the person hears in time, and not before the morning when there is time.

use super::{book, cancel, confirm, deliver, ok, on_both_engines, receivers, sender, undone};
use crate::{appointments::remind, db::sql, messages::message_channels};

#[tokio::test]
async fn a_change_of_the_night_reaches_those_who_would_come_in_the_morning() {
    on_both_engines(|app| async move {
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let (ana, sender) = (app.as_("ana").await, sender(&url));
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        // At 08:00, 08:20 and 14:00 in New York.
        let early = book(&app, app.fixture.ana, "2026-11-23T13:00:00Z").await;
        let moves = book(&app, app.fixture.ana, "2026-11-23T13:20:00Z").await;
        let late = book(&app, app.fixture.ana, "2026-11-23T19:00:00Z").await;
        deliver(&app, &sender).await;
        letters.lock().expect("letters").clear();
        // The evening before, at 21:30. The new time is far; the old one is not.
        app.state.clock.advance(chrono::Duration::hours(35));
        cancel(&app, early).await;
        cancel(&app, late).await;
        let desk = app.as_("desk").await;
        let new = undone::moved(&app, &desk, moves, "2026-11-25T16:00:00Z").await;
        app.state.clock.advance(chrono::Duration::seconds(31));
        assert_eq!(deliver(&app, &sender).await.sent, 2, "at once");
        let told = letters.lock().expect("letters").drain(..).map(|letter| receivers::plain(&letter)).collect::<String>();
        assert!(told.contains("08:00 (America/New_York)") && told.contains(&new.to_string()) && !told.contains("14:00 (America"), "{told}");
        // Her bell tells of the move by its name.
        let bell = app.as_("ana").await.get("/notifications").await.body;
        assert!(bell.contains("Your appointment was moved"), "{bell}");
        app.state.clock.advance(chrono::Duration::minutes(10 * 60 + 30));
        assert_eq!(deliver(&app, &sender).await.sent, 1, "the others wait for the end of the quiet hours");
        let told = receivers::plain(&letters.lock().expect("letters")[0]);
        assert!(told.contains("14:00 (America/New_York)"), "{told}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_first_reminder_is_written_two_days_before_or_as_the_clinic_sets() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        book(&app, app.fixture.ana, "2026-11-23T19:00:00Z").await;
        app.state.clock.advance(chrono::Duration::hours(3));
        assert_eq!(remind(&app.state).await, Ok(0), "it was booked just now");
        app.state.clock.advance(chrono::Duration::hours(4));
        assert_eq!(remind(&app.state).await, Ok(1), "in 44 hours");
        book(&app, app.fixture.ana, "2026-11-24T15:00:00Z").await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE clinics SET reminder_hours = 24")).await.expect("set");
        tx.commit().await.expect("committed");
        app.state.clock.advance(chrono::Duration::hours(24));
        assert_eq!(remind(&app.state).await, Ok(0), "in 40 hours");
        app.state.clock.advance(chrono::Duration::hours(17));
        assert_eq!(remind(&app.state).await, Ok(1), "in 23 hours");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_desk_calls_when_no_address_could_be_reached() {
    on_both_engines(|app| async move {
        let (url, _) = receivers::mail_server(receivers::Mood::Good).await;
        let (ana, sender) = (app.as_("ana").await, sender(&url));
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        let appointment = book(&app, app.fixture.ana, "2026-11-24T15:00:00Z").await;
        deliver(&app, &sender).await;
        cancel(&app, appointment).await;
        let mut tx = app.state.db.read().await.expect("a connection");
        let address = message_channels(&mut tx, app.fixture.ana).await.expect("addresses").remove(0).id.to_string();
        drop(tx);
        ok(&ana.post("/api/messages/remove_address", &[("message_channel_id", &address)]).await);
        let desk = app.as_("desk").await;
        assert!(!desk.get("/messages/calls").await.body.contains("Appointment cancelled"));
        assert_eq!(deliver(&app, &sender).await.dropped, 1);
        let calls = desk.get("/messages/calls").await.body;
        assert!(calls.contains("Núñez") && calls.contains("Appointment cancelled"), "{calls}");
        app.assert_sound().await;
    })
    .await;
}
