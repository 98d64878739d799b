//! The invariants of messages in the database alone, by their names.

use super::{book, confirm};
use crate::{
    db::{Sql, sql},
    operations::runs::waiting,
    tests::{TestApp, on_both_engines},
};

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

async fn done(app: &TestApp, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect("done");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn the_database_alone_keeps_messages_and_addresses() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        let waiting = [("kind", "email"), ("address", "other@home.test")];
        assert!(ana.post("/api/messages/ask_code", &waiting).await.status.is_success());
        book(&app, app.fixture.ana, "2026-11-24T15:00:00Z").await;
        let now = app.state.clock.now();
        let of = |column: &'static str| {
            sql("INSERT INTO messages (id, patient_id, person_id, channel, channel_id, kind, clinic_id, subject_id, link, state, due_at, created_at)
                SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(column)
        };
        refused_by(
            &app,
            "messages_to_confirmed_address",
            of(", m.patient_id, m.person_id, 'email', c.id, 'receipt', m.clinic_id, m.id, '', 'due', m.due_at, m.created_at
                FROM messages m JOIN message_channels c ON c.confirmed_at IS NULL WHERE m.kind = 'booked'"),
        )
        .await;
        refused_by(
            &app,
            "messages_to_confirmed_address",
            of(", m.patient_id, m.person_id, 'sms', m.channel_id, 'receipt', m.clinic_id, m.id, '', 'due', m.due_at, m.created_at
                FROM messages m WHERE m.kind = 'booked'"),
        )
        .await;
        refused_by(&app, "messages_fixed", sql("UPDATE messages SET link = '/elsewhere'")).await;
        refused_by(&app, "messages_fixed", sql("DELETE FROM messages")).await;
        refused_by(&app, "messages_moves", sql("UPDATE messages SET state = 'sent', sent_at = due_at")).await;
        refused_by(&app, "messages_caused", sql("UPDATE messages SET state = 'dropped'")).await;
        refused_by(&app, "messages_lease", sql("UPDATE messages SET state = 'sending'")).await;
        let claim = |from: chrono::Duration| {
            sql("UPDATE messages SET state = 'sending', lease = id, claimed_at = ")
                .push_bind(now + from)
                .push(", leased_until = ")
                .push_bind(now + from + chrono::Duration::minutes(2))
                .push(" WHERE kind = 'booked'")
        };
        done(&app, claim(chrono::Duration::zero())).await;
        refused_by(&app, "messages_one_sender", claim(chrono::Duration::minutes(1))).await;
        done(&app, claim(chrono::Duration::minutes(2))).await;
        done(&app, sql("UPDATE messages SET state = 'sent', sent_at = due_at, lease = NULL, leased_until = NULL WHERE kind = 'booked'")).await;
        refused_by(&app, "messages_fixed", sql("UPDATE messages SET cause = 'x' WHERE kind = 'booked'")).await;
        refused_by(&app, "message_channels_fixed", sql("DELETE FROM message_channels")).await;
        refused_by(&app, "message_channels_fixed", sql("UPDATE message_channels SET confirmed_at = ").push_bind(now + chrono::Duration::hours(1)).push(" WHERE confirmed_at IS NOT NULL")).await;
        refused_by(&app, "message_channels_code", sql("UPDATE message_channels SET confirmed_at = created_at WHERE confirmed_at IS NULL AND removed_at IS NULL")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let two = sql("UPDATE message_channels SET confirmed_at = created_at, code_until = NULL WHERE confirmed_at IS NULL AND removed_at IS NULL");
        assert!(tx.execute(two).await.expect_err("two at a time").is_unique());
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_the_sentences() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let form = [("kind", "reminder"), ("english", "Come on {when}."), ("spanish", "Venga el {when}."), ("version", "0")];
        assert!(!admin.post("/api/messages/write_text", &form).await.status.is_client_error());
        let another = |rest: &'static str| {
            sql("INSERT INTO message_texts (id, kind, version, english, spanish, written_at, written_by) SELECT ")
                .push_bind(uuid::Uuid::now_v7())
                .push(rest)
        };
        refused_by(&app, "message_texts_in_order", another(", kind, 3, english, spanish, written_at, written_by FROM message_texts")).await;
        refused_by(&app, "message_texts_in_both_languages", another(", kind, 2, english, '', written_at, written_by FROM message_texts"))
            .await;
        refused_by(&app, "message_texts_fixed", sql("UPDATE message_texts SET english = 'x'")).await;
        refused_by(&app, "message_texts_fixed", sql("DELETE FROM message_texts")).await;
    })
    .await;
}

#[tokio::test]
async fn messages_that_wait_and_those_given_up_are_counted_for_the_alarms() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        book(&app, app.fixture.ana, "2026-11-24T15:00:00Z").await;
        let now = app.state.clock.now();
        let counted = async |at| waiting(&mut app.state.db.read().await.expect("a connection"), at).await.expect("counted");
        let later = now + chrono::Duration::hours(1);
        // Letters of accounts and the message with the code wait beside it.
        let others = sql("SELECT count(*) FROM messages WHERE kind <> 'booked' AND state = 'due'");
        let others = app.state.db.read().await.expect("a connection").count(others).await.expect("counted");
        let letters = counted(now - chrono::Duration::hours(1)).await.letters + others;
        let due = counted(later).await;
        assert_eq!((due.letters, due.given_up), (letters + 1, 0));
        let claimed = "UPDATE messages SET state = 'sending', lease = id, claimed_at = due_at, leased_until = ";
        done(&app, sql(claimed).push_bind(later).push(" WHERE kind = 'booked'")).await;
        assert_eq!(counted(later).await.letters, letters, "a sender works on it");
        let failed = "UPDATE messages SET cause = 'no answer', lease = NULL, leased_until = NULL, state = ";
        done(&app, sql(failed).push("'failed', due_at = ").push_bind(later).push(" WHERE kind = 'booked'")).await;
        let again = counted(now).await;
        assert_eq!(again.letters, letters + 1, "its next attempt is later, and it waits");
        assert!(again.letters_since.is_some_and(|since| since <= now));
        let claimed = "UPDATE messages SET state = 'sending', lease = id, claimed_at = due_at, leased_until = ";
        done(&app, sql(claimed).push_bind(later + chrono::Duration::hours(1)).push(" WHERE kind = 'booked'")).await;
        done(&app, sql(failed).push("'dead' WHERE kind = 'booked'")).await;
        let ended = counted(later).await;
        assert_eq!((ended.letters, ended.given_up), (letters, 1));
        assert_eq!(counted(later + chrono::Duration::hours(25)).await.given_up, 0, "the list of messages keeps it");
    })
    .await;
}
