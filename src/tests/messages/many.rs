//! Ten thousand reminders that are due at one minute: how long they take to leave, by a mail server and a gateway, and what the pages do
//! meanwhile. The short form has two hundred.

use std::{collections::BTreeSet, time::Duration};

use super::{SECRET, confirm, deliver, number, ok, receivers, sender_with};
use crate::{
    core::PatientId,
    db::sql,
    messages::deliver_due,
    server::config::{Config, Hidden},
    tests::{Browser, TestApp, on_both_engines, test_config},
};

/// The time in which ten thousand reminders have to leave.
const BAR: Duration = Duration::from_mins(5);

/// Writes so many appointments that begin between four hours and a day from now, of these patients in turn.
pub async fn within_a_day(app: &TestApp, patients: &[PatientId], many: i64) {
    let (now, fixture) = (app.state.clock.now(), &app.fixture);
    let mut tx = app.state.db.write().await.expect("a transaction");
    for (count, patient) in (0..many).zip(patients.iter().cycle()) {
        let starts = now + chrono::Duration::hours(4) + chrono::Duration::seconds(count);
        let (id, by) = (uuid::Uuid::now_v7(), fixture.user("desk"));
        let query = sql("INSERT INTO appointments (id, patient_id, doctor_id, clinic_id, service_id, starts_at, ends_at, seat, state,
            booked_through, placed, idempotency_key, created_at, created_by, updated_at, updated_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 'booked', 'demo', 'kept', $8, $9, $10, $11, $12)")
        .bind(id)
        .bind(*patient)
        .bind(fixture.costa)
        .bind(fixture.north)
        .bind(fixture.medicine_north)
        .bind(starts)
        .bind(starts + chrono::Duration::seconds(1))
        .bind(id)
        .bind(now - chrono::Duration::days(3))
        .bind(by)
        .bind(now)
        .bind(by);
        tx.execute(query).await.expect("an appointment");
    }
    tx.commit().await.expect("committed");
}

/// Confirms a number for short messages, which the gateway of `node` takes.
pub async fn confirm_number(app: &TestApp, node: &TestApp, gateway: &str, login: &str, patient: PatientId) {
    let browser = app.as_(login).await.in_copy(node);
    ok(&browser.post("/api/messages/ask_code", &[("kind", "sms"), ("address", "+34 600 123 456")]).await);
    deliver(app, &sender_with("log", gateway)).await;
    let (id, code) = super::waiting(app, patient).await;
    ok(&browser.post("/api/messages/confirm_address", &[("message_channel_id", &id), ("code", &code)]).await);
}

/// A node that knows a gateway.
pub async fn node_with(app: &TestApp, gateway: &str) -> TestApp {
    app.another_node_with(Config { sms_url: gateway.to_owned(), sms_secret: Hidden(SECRET.to_owned()), ..test_config() }).await
}

/// Opens a page again and again; returns the slowest but one in a hundred (p99) of so many times.
async fn p99(browser: &Browser, page: &str, times: usize) -> Duration {
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let began = std::time::Instant::now();
        ok(&browser.get(page).await);
        took.push(began.elapsed());
        // A reader opens the next page later.
        tokio::task::yield_now().await;
    }
    took.sort_unstable();
    took[(times * 99).div_ceil(100) - 1]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_reminders_leave_while_pages_are_served() {
    on_both_engines(|app| async move {
        let is_long = std::env::var_os("INFIRMARY_LONG").is_some();
        let many: i64 = if is_long { 10_000 } else { 200 };
        let (mail, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let (gateway, requests) = receivers::gateway(&["202 Accepted"]).await;
        let node = node_with(&app, &gateway).await;
        let (ana, desk) = (app.as_("ana").await, app.as_("desk").await);
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        confirm_number(&app, &node, &gateway, "ben", app.fixture.ben).await;
        deliver(&app, &sender_with(&mail, &gateway)).await;
        letters.lock().expect("letters").clear();
        requests.lock().expect("requests").clear();

        within_a_day(&app, &[app.fixture.ana, app.fixture.ben], many).await;
        let looks = if is_long { 400 } else { 60 };
        let calm = p99(&desk, "/reception", looks).await;
        assert_eq!(crate::appointments::remind(&app.state).await.map(|count| i64::try_from(count).expect("a number")), Ok(many));
        let began = std::time::Instant::now();
        let (state, way) = (app.state.clone(), sender_with(&mail, &gateway));
        let leaving = tokio::spawn(async move {
            let mut sent = 0;
            loop {
                // A busy database makes the sender come again.
                match deliver_due(&state, &way).await {
                    Ok(delivered) if delivered.sent == 0 => return sent,
                    Ok(delivered) => sent += delivered.sent,
                    Err(_) => {}
                }
            }
        });
        let busy = p99(&desk, "/reception", looks).await;
        let sent = leaving.await.expect("sent");
        let took = began.elapsed();
        println!(
            "{}: {sent} reminders left in {took:?}, half by mail and half by the gateway; p99 of the reception's page {calm:?} before, {busy:?} meanwhile",
            app.state.db.engine().as_str()
        );
        assert_eq!(i64::try_from(sent), Ok(many));
        let by_mail: BTreeSet<String> = letters.lock().expect("letters").iter().map(|letter| receivers::message_id(letter)).collect();
        let by_gateway: BTreeSet<String> = requests.lock().expect("requests").iter().map(|(_, body)| super::killed::id_of(body)).collect();
        assert_eq!(i64::try_from(by_mail.len() + by_gateway.len()), Ok(many), "each of them once");
        assert_eq!(letters.lock().expect("letters").len() + requests.lock().expect("requests").len(), by_mail.len() + by_gateway.len());
        assert_eq!(number(&app, sql("SELECT count(*) FROM messages WHERE kind = 'reminder' AND state <> 'sent'")).await, 0);
        assert!(took <= BAR, "{took:?}");
        node.end().await;
        app.assert_sound().await;
    })
    .await;
}
