//! Messages to patients: addresses, wishes, the outbox, delivery, and the call list.

mod bills;
mod delivery;
mod guards;
mod killed;
mod many;
mod night;
pub mod receivers;
mod undone;

use axum::http::StatusCode;

use super::{
    Answer, Browser, Fixture, TestApp, all_at_once, on_both_engines,
    races::{races_on_both_engines, until_served},
};
use crate::{
    core::{AppointmentId, Error, PatientId, time::Instant},
    db::{Sql, sql},
    messages::{Delivered, Sender, deliver_due, message_channels},
    server::config::{Config, Hidden},
};

/// The secret of the test gateway.
const SECRET: &str = "a secret of the house";

async fn number(app: &TestApp, query: Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(query).await.expect("a number")
}

async fn text(app: &TestApp, query: Sql) -> String {
    app.state.db.read().await.expect("a connection").one::<(String,)>(query).await.expect("a text").0
}

fn ok(answer: &Answer) {
    assert!(answer.status == StatusCode::OK || answer.status == StatusCode::SEE_OTHER, "{}: {}", answer.status, answer.body);
}

pub fn sender(mail: &str) -> Sender {
    Sender::new(&Config { mail: mail.to_owned(), ..Config::default() }).expect("a way")
}

fn sender_with(mail: &str, gateway: &str) -> Sender {
    let config = Config { mail: mail.to_owned(), sms_url: gateway.to_owned(), sms_secret: Hidden(SECRET.to_owned()), ..Config::default() };
    Sender::new(&config).expect("a way")
}

pub async fn deliver(app: &TestApp, sender: &Sender) -> Delivered {
    deliver_due(&app.state, sender).await.expect("delivered")
}

/// The address that waits for its code: its id and the code.
pub async fn waiting(app: &TestApp, patient: PatientId) -> (String, String) {
    let mut tx = app.state.db.read().await.expect("a connection");
    let all = message_channels(&mut tx, patient).await.expect("addresses");
    let waiting = all.into_iter().find(|address| address.confirmed_at.is_none()).expect("one that waits");
    (waiting.id.to_string(), waiting.code)
}

/// Confirms an address of a signed-in patient.
pub async fn confirm(app: &TestApp, browser: &Browser, patient: PatientId, kind: &str, address: &str) {
    ok(&browser.post("/api/messages/ask_code", &[("kind", kind), ("address", address)]).await);
    let (id, code) = waiting(app, patient).await;
    ok(&browser.post("/api/messages/confirm_address", &[("message_channel_id", &id), ("code", &code)]).await);
}

/// Books a time with Dr. Costa at the desk.
pub async fn book(app: &TestApp, patient: PatientId, at: &str) -> AppointmentId {
    let desk = app.as_("desk").await;
    let at: Instant = at.parse().expect("an instant");
    let (patient, at, key) = (patient.to_string(), at.timestamp().to_string(), Fixture::key());
    let (service, doctor) = (app.fixture.medicine_north.to_string(), app.fixture.costa.to_string());
    let form = [("patient_id", patient.as_str()), ("service_id", &service), ("doctor_id", &doctor), ("at", &at), ("idempotency_key", &key)];
    let answer = desk.post("/api/appointments/book", &form).await;
    ok(&answer);
    let to = answer.location.expect("the appointment's page");
    to.trim_start_matches("/appointments/").split('?').next().and_then(|id| id.parse().ok()).expect("an id")
}

pub async fn cancel(app: &TestApp, appointment: AppointmentId) {
    let desk = app.as_("desk").await;
    let id = appointment.to_string();
    ok(&desk.post("/api/appointments/cancel", &[("appointment_id", &id), ("reason", "The doctor is ill")]).await);
    // The message leaves when the desk can no longer undo it.
    app.state.clock.advance(chrono::Duration::seconds(31));
}

#[tokio::test]
async fn an_address_is_used_after_its_owner_typed_the_code() {
    on_both_engines(|app| async move {
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let (ana, sender) = (app.as_("ana").await, sender(&url));
        ok(&ana.post("/api/messages/ask_code", &[("kind", "email"), ("address", "ana@home.test")]).await);
        // Not confirmed: the booking goes to nobody.
        book(&app, app.fixture.ana, "2026-11-23T15:00:00Z").await;
        assert_eq!(deliver(&app, &sender).await, Delivered { sent: 1, ..Delivered::default() });
        let (id, code) = waiting(&app, app.fixture.ana).await;
        let letter = receivers::plain(&letters.lock().expect("letters")[0]);
        assert!(letter.contains(&code) && letter.contains("To: ana@home.test"), "{letter}");
        let page = ana.get("/portal/account/contact").await.body;
        assert!(page.contains("ana@home.test") && !page.contains(&code), "{page}");

        let wrong = if code == "000000" { "111111" } else { "000000" };
        for _ in 0..5 {
            let answer = ana.post("/api/messages/confirm_address", &[("message_channel_id", &id), ("code", wrong)]).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let answer = ana.post("/api/messages/confirm_address", &[("message_channel_id", &id), ("code", &code)]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "five tries");
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        // Another patient cannot touch it.
        let ben = app.as_("ben").await;
        assert_eq!(ben.post("/api/messages/remove_address", &[("message_channel_id", &id)]).await.status, StatusCode::NOT_FOUND);

        letters.lock().expect("letters").clear();
        let appointment = book(&app, app.fixture.ana, "2026-11-24T15:00:00Z").await;
        assert_eq!(
            deliver(&app, &sender).await,
            Delivered { sent: 1, dropped: 1, ..Delivered::default() },
            "the code was typed before it left"
        );
        let letter = receivers::plain(&letters.lock().expect("letters")[0]);
        assert!(letter.contains("North Clinic") && letter.contains("10:00 (America/New_York)"), "{letter}");
        assert!(letter.contains(&format!("/portal/appointments/{appointment}")), "{letter}");
        for told in ["Costa", "General medicine", "Ana", "Núñez"] {
            assert!(!letter.contains(told), "{told}: {letter}");
        }
        assert_eq!(deliver(&app, &sender).await, Delivered::default(), "once");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn wishes_choose_language_hours_and_kinds_and_never_a_cancellation() {
    on_both_engines(|app| async move {
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let (ana, sender) = (app.as_("ana").await, sender(&url));
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        deliver(&app, &sender).await;
        letters.lock().expect("letters").clear();
        // Everything is unticked.
        let form = [("version", "0"), ("language", "es"), ("quiet_from", "09:00"), ("quiet_until", "12:00")];
        ok(&ana.post("/api/messages/save_wishes", &form).await);
        assert_eq!(ana.post("/api/messages/save_wishes", &form).await.status, StatusCode::CONFLICT, "an older version");
        let wrong = ana.post("/api/messages/save_wishes", &[("version", "1"), ("quiet_from", "25:00"), ("quiet_until", "")]).await;
        assert!(matches!(wrong.error(), Error::Invalid(errors) if errors.len() == 2));

        let appointment = book(&app, app.fixture.ana, "2026-11-24T15:00:00Z").await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM messages WHERE kind = 'booked'")).await, 0, "not wanted");
        cancel(&app, appointment).await;
        // 10:30 in New York is quiet for her.
        assert_eq!(deliver(&app, &sender).await, Delivered::default());
        app.state.clock.advance(chrono::Duration::minutes(89));
        assert_eq!(deliver(&app, &sender).await, Delivered::default());
        app.state.clock.advance(chrono::Duration::minutes(1));
        assert_eq!(deliver(&app, &sender).await.sent, 1);
        let letter = receivers::plain(&letters.lock().expect("letters")[0]);
        assert!(letter.contains("Su cita en North Clinic") && letter.contains("se canceló"), "{letter}");
        assert!(!letter.contains("doctor"), "no reason: {letter}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_person_without_an_address_is_called_when_it_matters() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        assert!(desk.get("/messages/calls").await.body.contains("Nobody to call"));
        let appointment = book(&app, app.fixture.chloe, "2026-11-24T15:00:00Z").await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM messages")).await, 0, "a booking needs no call");
        cancel(&app, appointment).await;
        let page = desk.get("/messages/calls").await.body;
        assert!(page.contains("Baker") && page.contains("Appointment cancelled"), "{page}");
        let id = text(&app, sql("SELECT lower(CAST(kind AS TEXT)) FROM messages")).await;
        assert_eq!(id, "cancelled");
        let id = super::lab::id(&app, sql("SELECT id FROM messages")).await;
        let elsewhere = app.as_("desk2").await;
        let call = |outcome: &'static str| [("message_id", id.clone()), ("outcome", outcome.to_owned())];
        let post = |browser: Browser, outcome: &'static str| {
            let form = call(outcome);
            async move {
                let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
                browser.post("/api/messages/called", &form).await
            }
        };
        assert_eq!(post(elsewhere, "reached").await.status, StatusCode::NOT_FOUND, "another clinic");
        ok(&post(desk.clone(), "not_reached").await);
        let page = desk.get("/messages/calls").await.body;
        assert!(page.contains("Called 1 times: Not reached"), "{page}");
        ok(&post(desk.clone(), "reached").await);
        assert_eq!(post(desk.clone(), "reached").await.status, StatusCode::CONFLICT);
        assert!(desk.get("/messages/calls").await.body.contains("Nobody to call"));
        let record = desk.get(&format!("/patients/{}", app.fixture.chloe)).await.body;
        assert!(record.contains("Appointment cancelled") && record.contains("Call ·"), "{record}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn reminders_follow_the_appointment_and_come_once() {
    on_both_engines(|app| async move {
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let (ana, sender, other) = (app.as_("ana").await, sender(&url), app.another_node().await);
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        let kept = book(&app, app.fixture.ana, "2026-11-23T15:00:00Z").await;
        let gone = book(&app, app.fixture.ana, "2026-11-23T19:00:00Z").await;
        let for_chloe = book(&app, app.fixture.chloe, "2026-11-23T17:00:00Z").await;
        deliver(&app, &sender).await;
        letters.lock().expect("letters").clear();
        assert_eq!(crate::appointments::remind(&app.state).await, Ok(0), "in two days");
        app.state.clock.advance(chrono::Duration::hours(28));
        let (one, two) = tokio::join!(crate::appointments::remind(&app.state), crate::appointments::remind(&other.state));
        assert!(one.expect("reminded") + two.expect("reminded") >= 3);
        let reminders = sql("SELECT count(*) FROM messages WHERE kind = 'reminder' AND state = 'due'");
        assert_eq!(number(&app, reminders).await, 2, "one for each appointment of Ana");
        let nobody = sql("SELECT cause FROM messages WHERE subject_id = ").push_bind(for_chloe);
        assert_eq!(text(&app, nobody).await, "no_address", "it is on record that nobody is reminded");
        cancel(&app, gone).await;
        let overtaken = sql("SELECT state FROM messages WHERE kind = 'reminder' AND subject_id = ").push_bind(gone);
        assert_eq!(text(&app, overtaken).await, "dropped");
        assert_eq!(deliver(&app, &sender).await.sent, 2, "the reminder and the cancellation");
        let all = letters.lock().expect("letters").clone();
        let reminder = all.iter().map(|letter| receivers::plain(letter)).find(|letter| letter.contains("Reminder")).expect("a reminder");
        assert!(reminder.contains(&kept.to_string()) && !reminder.contains("Costa"), "{reminder}");
        // Two hours before, and never again.
        app.state.clock.advance(chrono::Duration::minutes(18 * 60));
        assert_eq!(crate::appointments::remind(&app.state).await, Ok(1));
        assert_eq!(crate::appointments::remind(&app.state).await, Ok(0));
        other.end().await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_administrator_sees_failures_and_no_patient() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        ok(&ana.post("/api/messages/ask_code", &[("kind", "email"), ("address", "ana@home.test")]).await);
        let nobody = sender("smtp://127.0.0.1:1");
        assert_eq!(deliver(&app, &nobody).await.failed, 1);
        app.state.clock.advance(chrono::Duration::minutes(30));
        assert_eq!(deliver(&app, &nobody).await.dropped, 1);
        assert_eq!(text(&app, sql("SELECT cause FROM messages")).await, "too_late", "a code is of no use after its time");
        let ana = app.as_("ana").await;
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        app.state.clock.advance(chrono::Duration::hours(1));
        book(&app, app.fixture.ana, "2026-12-21T15:00:00Z").await;
        for attempt in 1..=15 {
            // The quiet hours are over.
            app.state.clock.advance(chrono::Duration::hours(12));
            let delivered = deliver(&app, &nobody).await;
            if delivered.failed == 0 {
                app.state.clock.advance(chrono::Duration::hours(11));
                assert_eq!(deliver(&app, &nobody).await.failed, 1, "attempt {attempt}");
            }
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM messages WHERE state = 'dead' AND attempts = 15")).await, 1);
        let admin = app.as_("admin").await;
        let page = admin.get("/messages").await.body;
        assert!(page.contains("Appointment booked") && page.contains("Given up"), "{page}");
        for told in ["ana@home.test", "Núñez", "2B"] {
            assert!(!page.contains(told), "{told}: {page}");
        }
        assert_eq!(app.as_("desk").await.get("/messages").await.status, StatusCode::FORBIDDEN);
        let id = super::lab::id(&app, sql("SELECT id FROM messages WHERE state = 'dead'")).await;
        ok(&admin.post("/api/messages/send_again", &[("message_id", &id)]).await);
        assert_eq!(admin.post("/api/messages/send_again", &[("message_id", &id)]).await.status, StatusCode::CONFLICT);
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        assert_eq!(deliver(&app, &sender(&url)).await.sent, 1);
        assert_eq!(letters.lock().expect("letters").len(), 1);
        assert_eq!(admin.post("/api/messages/drop", &[("message_id", &id)]).await.status, StatusCode::CONFLICT, "it has left");
        assert!(admin.get("/messages?show=all").await.body.contains("Sent"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_dead_get_nothing_and_a_removed_address_neither() {
    on_both_engines(|app| async move {
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let (ana, ben, sender) = (app.as_("ana").await, app.as_("ben").await, sender(&url));
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        confirm(&app, &ben, app.fixture.ben, "email", "ben@home.test").await;
        deliver(&app, &sender).await;
        letters.lock().expect("letters").clear();
        book(&app, app.fixture.ana, "2026-11-24T15:00:00Z").await;
        book(&app, app.fixture.ben, "2026-11-24T15:20:00Z").await;
        let mut tx = app.state.db.read().await.expect("a connection");
        let address = message_channels(&mut tx, app.fixture.ben).await.expect("addresses").remove(0).id.to_string();
        drop(tx);
        ok(&ben.post("/api/messages/remove_address", &[("message_channel_id", &address)]).await);
        let (desk, patient) = (app.as_("desk").await, app.fixture.ana.to_string());
        ok(&desk.post("/api/appointments/record_death", &[("patient_id", &patient), ("day", "2026-11-21")]).await);
        assert_eq!(deliver(&app, &sender).await.sent, 0);
        assert!(letters.lock().expect("letters").is_empty());
        let dropped = sql("SELECT count(*) FROM messages WHERE kind = 'booked' AND state = 'dropped'");
        assert_eq!(number(&app, dropped).await, 2);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_hospital_writes_its_own_sentences_in_both_languages() {
    on_both_engines(|app| async move {
        let (url, letters) = receivers::mail_server(receivers::Mood::Good).await;
        let (ana, admin, sender) = (app.as_("ana").await, app.as_("admin").await, sender(&url));
        confirm(&app, &ana, app.fixture.ana, "email", "ana@home.test").await;
        deliver(&app, &sender).await;
        letters.lock().expect("letters").clear();
        let write = async |english: &str, spanish: &str, version: &str| {
            let form = [("kind", "booked"), ("english", english), ("spanish", spanish), ("version", version)];
            admin.post("/api/messages/write_text", &form).await
        };
        let refused = write("See you on {when} with {doctor}.", "", "0").await;
        let Error::Invalid(errors) = refused.error() else { panic!("{}", refused.body) };
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["english", "spanish"]);
        ok(&write("See you at {clinic}: {when}.", "Le esperamos en {clinic}: {when}.", "0").await);
        assert_eq!(write("Other {when}", "Otra {when}", "0").await.status, StatusCode::CONFLICT, "somebody else wrote meanwhile");
        let markup =
            admin.get("/messages/texts/booked?english=%3C%2Ftextarea%3E%3Cscript%3E+%7Bwhen%7D&spanish=%7B%3Cscript%3E%7D").await.body;
        assert!(!markup.contains("</textarea><script>") && !markup.contains("{<script>"), "{markup}");
        let page = admin.get("/messages/texts/booked?english=Soon+%7Bwhen%7D&spanish=Pronto+%7Bwhen%7D").await.body;
        assert!(page.contains("Soon ") && page.contains("Pronto "), "the preview: {page}");

        book(&app, app.fixture.ana, "2026-11-24T15:00:00Z").await;
        deliver(&app, &sender).await;
        let letter = receivers::plain(&letters.lock().expect("letters")[0]);
        assert!(letter.contains("See you at North Clinic: ") && letter.contains("10:00 (America/New_York)"), "{letter}");
        // Empty fields bring back the program's own sentence.
        ok(&write("", "", "1").await);
        letters.lock().expect("letters").clear();
        book(&app, app.fixture.ana, "2026-11-25T15:00:00Z").await;
        deliver(&app, &sender).await;
        let letter = receivers::plain(&letters.lock().expect("letters")[0]);
        assert!(letter.contains("You have an appointment at North Clinic"), "{letter}");
        assert_eq!(app.as_("desk").await.get("/messages/texts").await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn of_a_hundred_who_write_one_sentence_one_is_taken() {
    races_on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let writers = (0..100).map(|number| {
            let admin = admin.clone();
            async move {
                let english = format!("Come on {{when}}, {number}.");
                let form = [("kind", "reminder"), ("english", english.as_str()), ("spanish", "Venga el {when}."), ("version", "0")];
                until_served(|| admin.post("/api/messages/write_text", &form)).await.status
            }
        });
        let statuses = all_at_once(writers).await;
        let taken = statuses.iter().filter(|status| !status.is_client_error()).count();
        assert_eq!((taken, statuses.iter().filter(|status| **status == StatusCode::CONFLICT).count()), (1, 99), "{statuses:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM message_texts")).await, 1);
    })
    .await;
}
