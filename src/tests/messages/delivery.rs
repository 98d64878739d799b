//! Delivery by several senders, by senders that stop, and to the gateway.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

use hkdf::hmac::{Hmac, Mac as _};
use sha2::Sha256;
use tokio::sync::Semaphore;

use super::{SECRET, book, confirm, deliver, many, number, ok, receivers, sender, sender_with, text};
use crate::{
    core::PatientId,
    db::sql,
    messages::{About, Delivered, MessageKind, deliver_due, queue},
    server::config::{Config, Hidden},
    tests::{TestApp, all_at_once, on_both_engines, test_config},
};

/// Writes messages about this many receipts into the outbox.
async fn fill(app: &TestApp, patient: PatientId, count: usize) {
    let (mut tx, now) = (app.state.db.write().await.expect("a transaction"), app.state.clock.now());
    for _ in 0..count {
        let about = About {
            kind: MessageKind::Receipt,
            subject: uuid::Uuid::now_v7(),
            clinic: app.fixture.north,
            at: None,
            expires: None,
            needed_by: None,
            link: "/portal".to_owned(),
            call: false,
        };
        assert_eq!(queue(&mut tx, patient, &about, now).await, Ok(1));
        assert_eq!(queue(&mut tx, patient, &about, now).await, Ok(0), "once");
    }
    tx.commit().await.expect("committed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_message_is_sent_by_two_nodes() {
    on_both_engines(|app| async move {
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let (ana, other) = (app.as_("ana").await, app.another_node().await);
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        deliver(&app, &sender(&url)).await;
        letters.lock().expect("letters").clear();
        fill(&app, app.fixture.ana, 30).await;
        let senders = (0..10).map(|number| {
            let (state, url) = (if number % 2 == 0 { app.state.clone() } else { other.state.clone() }, url.clone());
            async move {
                let sender = sender(&url);
                let mut sent = 0;
                // A busy database makes a sender come again.
                for _ in 0..5 {
                    sent += deliver_due(&state, &sender).await.map_or(0, |delivered| delivered.sent);
                }
                sent
            }
        });
        let sent: usize = all_at_once(senders).await.into_iter().sum();
        let letters = letters.lock().expect("letters").clone();
        let ids: BTreeSet<String> = letters.iter().map(|letter| receivers::message_id(letter)).collect();
        assert_eq!((sent, letters.len(), ids.len()), (30, 30, 30));
        assert_eq!(number(&app, sql("SELECT count(*) FROM messages WHERE state = 'sent' AND repeats = 0")).await, 30);
        other.end().await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn messages_that_wait_for_a_slow_server_are_given_back() {
    on_both_engines(|app| async move {
        let (good, _) = receivers::gateway(&["202 Accepted"]).await;
        let node = many::node_with(&app, &good).await;
        many::confirm_number(&app, &node, &good, "ana", app.fixture.ana).await;
        fill(&app, app.fixture.ana, 6).await;
        let answers = Arc::new(Semaphore::new(0));
        let (slow, taken) = receivers::slow_gateway(answers.clone()).await;
        let (state, way) = (app.state.clone(), sender_with("log", &slow));
        let leaving = tokio::spawn(async move { deliver_due(&state, &way).await });
        while taken.load(Ordering::SeqCst) < 4 {
            tokio::task::yield_now().await;
        }
        // Two more are claimed, and wait.
        let state_of = |state: &'static str| sql("SELECT count(*) FROM messages WHERE kind = 'receipt' AND state = ").push_bind(state);
        assert_eq!(number(&app, state_of("sending")).await, 6);
        app.state.clock.advance(chrono::Duration::seconds(11));
        answers.add_permits(100);
        assert_eq!(leaving.await.expect("ended").map(|delivered| (delivered.sent, delivered.failed)), Ok((4, 0)));
        let waited = sql("SELECT count(*) FROM messages WHERE state = 'failed' AND cause = 'waited' AND attempts = 0");
        assert_eq!((number(&app, state_of("sent")).await, number(&app, waited).await), (4, 2));
        assert!(app.as_("admin").await.get("/messages?show=all").await.body.contains("It waited too long for a slow server"));
        // They are due as before, and have lost no attempt.
        assert_eq!(deliver(&app, &sender_with("log", &slow)).await.sent, 2);
        assert_eq!(taken.load(Ordering::SeqCst), 6);
        assert_eq!(number(&app, sql("SELECT count(*) FROM messages WHERE kind = 'receipt' AND attempts = 1 AND repeats = 0")).await, 6);
        node.end().await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_sender_that_stops_after_sending_repeats_with_the_same_id_and_says_so() {
    on_both_engines(|app| async move {
        let (mute, taken) = receivers::mail_server(receivers::Mood::Mute).await;
        let (good, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let ana = app.as_("ana").await;
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        deliver(&app, &sender(&good)).await;
        letters.lock().expect("letters").clear();
        fill(&app, app.fixture.ana, 1).await;
        let (state, way) = (app.state.clone(), sender(&mute));
        let stopped = tokio::spawn(async move { deliver_due(&state, &way).await });
        while taken.lock().expect("letters").is_empty() {
            tokio::task::yield_now().await;
        }
        stopped.abort();
        let _ = stopped.await;
        assert_eq!(deliver(&app, &sender(&good)).await, Delivered::default(), "its lease still runs");
        app.state.clock.advance(chrono::Duration::minutes(2));
        assert_eq!(deliver(&app, &sender(&good)).await.sent, 1);
        let (first, second) = (taken.lock().expect("letters")[0].clone(), letters.lock().expect("letters")[0].clone());
        assert_eq!(receivers::message_id(&first), receivers::message_id(&second));
        assert_eq!(number(&app, sql("SELECT repeats FROM messages WHERE kind = 'receipt'")).await, 1);
        let page = app.as_("admin").await.get("/messages?show=all").await.body;
        assert!(page.contains("it may have arrived more than once"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_sender_that_stops_at_any_step_loses_nothing() {
    on_both_engines(|app| async move {
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let ana = app.as_("ana").await;
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        deliver(&app, &sender(&url)).await;
        fill(&app, app.fixture.ana, 60).await;
        for step in 0..200 {
            let (state, way) = (app.state.clone(), sender(&url));
            let stopped = tokio::spawn(async move { deliver_due(&state, &way).await });
            for _ in 0..step * 10 {
                tokio::task::yield_now().await;
            }
            stopped.abort();
            let _ = stopped.await;
            app.state.clock.advance(chrono::Duration::minutes(2));
        }
        let left = sql("SELECT count(*) FROM messages WHERE state IN ('due', 'sending')");
        while number(&app, left.clone()).await > 0 {
            deliver(&app, &sender(&url)).await;
            app.state.clock.advance(chrono::Duration::minutes(2));
        }
        let letters: Vec<String> = letters.lock().expect("letters").iter().map(|letter| receivers::message_id(letter)).collect();
        let ids: BTreeSet<&String> = letters.iter().collect();
        assert_eq!(ids.len(), 60, "nothing is lost");
        assert_eq!(number(&app, sql("SELECT count(*) FROM messages WHERE state = 'sent'")).await, 60);
        let again = letters.len() - ids.len();
        let counted = number(&app, sql("SELECT CAST(coalesce(sum(repeats), 0) AS BIGINT) FROM messages")).await;
        println!("{}: {again} letters arrived twice, {counted} repeats are on record", app.state.db.engine().as_str());
        assert!(i64::try_from(again).is_ok_and(|again| again <= counted), "each repeat is on record: {again}, {counted}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn short_messages_are_signed_and_a_refused_number_is_given_up() {
    on_both_engines(|app| async move {
        let (good, requests) = receivers::gateway(&["202 Accepted", "500 Broken", "200 OK", "422 No such number"]).await;
        let config = Config { sms_url: good.clone(), sms_secret: Hidden(SECRET.to_owned()), ..test_config() };
        // Without a gateway no number can be confirmed.
        let ana = app.as_("ana").await;
        let form = [("kind", "sms"), ("address", "+34 600 123 456")];
        assert_eq!(ana.post("/api/messages/ask_code", &form).await.status.as_u16(), 404);
        let node = app.another_node_with(config).await;
        let ana = ana.in_copy(&node);
        let wrong = ana.post("/api/messages/ask_code", &[("kind", "sms"), ("address", "600 123 456")]).await;
        assert_eq!(wrong.status.as_u16(), 422, "a number has its country's code");
        ok(&ana.post("/api/messages/ask_code", &form).await);
        let way = sender_with("log", &good);
        assert_eq!(deliver(&app, &way).await.sent, 1);
        let (id, code) = super::waiting(&app, app.fixture.ana).await;
        ok(&ana.post("/api/messages/confirm_address", &[("message_channel_id", &id), ("code", &code)]).await);
        let (head, body) = requests.lock().expect("requests")[0].clone();
        let sent: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(sent["to"], "+34600123456");
        assert!(sent["text"].as_str().is_some_and(|text| text.contains("Your code is")), "{body}");
        let signed = head.lines().find_map(|line| line.strip_prefix("infirmary-signature: ")).expect("a signature");
        let seconds = app.state.clock.now().timestamp();
        let mut mac = <Hmac<Sha256> as hkdf::hmac::Mac>::new_from_slice(SECRET.as_bytes()).expect("any key");
        mac.update(format!("{seconds}.{body}").as_bytes());
        assert_eq!(signed, format!("t={seconds},v1={}", data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes())));

        let appointment = book(&app, app.fixture.ana, "2026-11-24T15:00:00Z").await;
        assert_eq!(deliver(&app, &way).await.failed, 1, "500");
        assert_eq!(deliver(&app, &way).await, Delivered::default(), "not at once");
        app.state.clock.advance(chrono::Duration::minutes(1));
        assert_eq!(deliver(&app, &way).await.sent, 1);
        let ids: BTreeSet<String> = requests.lock().expect("requests")[1..]
            .iter()
            .map(|(_, body)| serde_json::from_str::<serde_json::Value>(body).expect("JSON")["id"].to_string())
            .collect();
        assert_eq!(ids.len(), 1, "the gateway drops a repeat by its id");
        super::cancel(&app, appointment).await;
        assert_eq!(deliver(&app, &way).await.failed, 1);
        assert_eq!(text(&app, sql("SELECT state FROM messages WHERE kind = 'cancelled' AND channel = 'sms'")).await, "dead", "422");
        assert_eq!(
            text(&app, sql("SELECT state FROM messages WHERE kind = 'cancelled' AND channel = 'call'")).await,
            "due",
            "the desk calls"
        );
        node.end().await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_person_who_acts_for_the_patient_hears_too() {
    on_both_engines(|app| async move {
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let ana = app.as_("ana").await;
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        deliver(&app, &sender(&url)).await;
        letters.lock().expect("letters").clear();
        let now = app.state.clock.now();
        let guardian = sql(
            "INSERT INTO guardians (id, patient_id, guardian_id, kind, from_day, until_day, ends_at, created_at, created_by, agreed_at,
            agreed_by, document) VALUES (",
        )
        .push_bind(uuid::Uuid::now_v7())
        .push(", ")
        .push_bind(app.fixture.chloe)
        .push(", ")
        .push_bind(app.fixture.ana)
        .push(", 'child', '2026-11-20', '2027-11-20', ")
        .push_bind(now + chrono::Duration::days(300))
        .push(", ")
        .push_bind(now)
        .push(", ")
        .push_bind(app.fixture.user("desk"))
        .push(", ")
        .push_bind(now)
        .push(", ")
        .push_bind(app.fixture.user("desk"))
        .push(", 'Birth certificate')");
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(guardian).await.expect("a guardian");
        tx.commit().await.expect("committed");
        book(&app, app.fixture.chloe, "2026-11-24T15:00:00Z").await;
        assert_eq!(deliver(&app, &sender(&url)).await.sent, 1);
        let letter = receivers::plain(&letters.lock().expect("letters")[0]);
        assert!(letter.contains("For a person for whom you act") && !letter.contains("Chloe"), "{letter}");
        ok(&app.as_("desk").await.get("/messages/calls").await);
        app.assert_sound().await;
    })
    .await;
}
