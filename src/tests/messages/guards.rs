//! The invariants of messages in the database alone, by their names.

use super::{book, confirm};
use crate::{
    db::{Sql, sql},
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
