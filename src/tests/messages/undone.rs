//! Messages about an act on the schedule that is undone: what it had dropped is due again.

use super::{Browser, Fixture, TestApp, book, cancel, confirm, deliver, number, ok, on_both_engines, receivers, sender, text};
use crate::{
    core::AppointmentId,
    db::{Sql, sql},
};

/// The state of the message of a kind about an appointment.
fn state_of(kind: &'static str, appointment: AppointmentId) -> Sql {
    sql("SELECT state FROM messages WHERE kind = ").push_bind(kind.to_owned()).push(" AND subject_id = ").push_bind(appointment)
}

async fn undo(desk: &Browser, act: &str, appointment: AppointmentId) {
    ok(&desk.post("/api/appointments/undo", &[("appointment_id", &appointment.to_string()), ("act", act)]).await);
}

/// Moves Ana's appointment to a time with Dr. Costa; returns the new one.
pub async fn moved(app: &TestApp, desk: &Browser, old: AppointmentId, to: &str) -> AppointmentId {
    let to: crate::core::time::Instant = to.parse().expect("an instant");
    let form = [
        ("patient_id", app.fixture.ana.to_string()),
        ("doctor_id", app.fixture.costa.to_string()),
        ("service_id", app.fixture.medicine_north.to_string()),
        ("at", to.timestamp().to_string()),
        ("replaces", old.to_string()),
        ("move_reason", "Asked for a later time".to_owned()),
        ("idempotency_key", Fixture::key()),
    ];
    let answer = desk.post("/api/appointments/book", &form.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    ok(&answer);
    let to = answer.location.expect("the new appointment's page");
    to.trim_start_matches("/appointments/").split('?').next().and_then(|id| id.parse().ok()).expect("an id")
}

#[tokio::test]
async fn an_undo_puts_the_reminder_back_and_a_second_cancellation_is_told() {
    on_both_engines(|app| async move {
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let (ana, sender) = (app.as_("ana").await, sender(&url));
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        let kept = book(&app, app.fixture.ana, "2026-11-23T15:00:00Z").await;
        let gone = book(&app, app.fixture.ana, "2026-11-23T19:00:00Z").await;
        deliver(&app, &sender).await;
        app.state.clock.advance(chrono::Duration::hours(28));
        assert_eq!(crate::appointments::remind(&app.state).await, Ok(2));
        letters.lock().expect("letters").clear();

        // The desk moves one and cancels the other within the minute in which the reminders wait, and undoes both.
        let desk = app.as_("desk").await;
        let new = moved(&app, &desk, kept, "2026-11-23T16:00:00Z").await;
        let id = gone.to_string();
        ok(&desk.post("/api/appointments/cancel", &[("appointment_id", &id), ("reason", "A slip")]).await);
        for appointment in [kept, gone] {
            assert_eq!(text(&app, state_of("reminder", appointment)).await, "dropped");
        }
        undo(&desk, "moved", new).await;
        undo(&desk, "cancelled", gone).await;
        for appointment in [kept, gone] {
            assert_eq!(text(&app, state_of("reminder", appointment)).await, "due");
        }
        assert_eq!(text(&app, state_of("moved", new)).await, "dropped");
        assert_eq!(text(&app, state_of("cancelled", gone)).await, "dropped");

        // Cancelled at last: the patient hears of it, and not of the appointment.
        cancel(&app, gone).await;
        assert_eq!(text(&app, state_of("reminder", gone)).await, "dropped");
        assert_eq!(text(&app, state_of("cancelled", gone)).await, "due");
        assert_eq!(deliver(&app, &sender).await.sent, 2, "a reminder and a cancellation");
        let all: Vec<_> = letters.lock().expect("letters").iter().map(|letter| receivers::plain(letter)).collect();
        assert_eq!(all.iter().filter(|letter| letter.contains(&kept.to_string())).count(), 1, "{all:?}");
        assert_eq!(all.iter().filter(|letter| letter.contains(&gone.to_string())).count(), 1, "{all:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM messages WHERE kind = 'reminder'")).await, 2);

        // By itself the database puts back only what an act made needless.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let sent = tx.execute(sql("UPDATE messages SET state = 'due', sent_at = NULL WHERE state = 'sent'")).await.expect_err("sent");
        assert!(sent.violates("messages_moves") || sent.violates("messages_fixed"), "{sent}");
        drop(tx);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let cause = tx.execute(sql("UPDATE messages SET cause = 'x' WHERE state = 'dropped'")).await.expect_err("dropped");
        assert!(cause.violates("messages_fixed"), "{cause}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
