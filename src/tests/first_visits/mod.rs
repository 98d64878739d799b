//! Requests for a first appointment: from the public page to the booked appointment, what is refused, and what the database keeps.

mod guards;
mod races;

use axum::http::StatusCode;

use super::{Answer, Fixture, TestApp, accounts::sign_up::letters, on_both_engines};
use crate::{
    core::{Error, FirstVisitId, PatientId},
    db::sql,
    reception::first_visits::{delete_ended, end_left_alone},
};

/// Sends a request from the public page; `more` replaces some fields.
pub async fn ask(app: &TestApp, more: &[(&str, &str)]) -> Answer {
    let (key, clinic) = (FirstVisitId::new().to_string(), app.fixture.north.to_string());
    let mut form = vec![
        ("key", key.as_str()),
        ("clinic", &clinic),
        ("name", "Nina Nueva"),
        ("birth_date", "1991-05-06"),
        ("phone", "617-555-0199"),
        ("email", "nina@home.test"),
        ("reason", "A rash for two weeks"),
    ];
    form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    form.extend_from_slice(more);
    app.browser().post("/api/reception/ask_first_visit", &form).await
}

/// Sends a request for another phone number from an address.
async fn ask_from(app: &TestApp, address: &str, number: usize) -> Answer {
    let (key, clinic, phone) = (FirstVisitId::new().to_string(), app.fixture.north.to_string(), format!("617-555-{:04}", 1000 + number));
    let form = [
        ("key", key.as_str()),
        ("clinic", &clinic),
        ("name", "Nina Nueva"),
        ("birth_date", "1991-05-06"),
        ("phone", &phone),
        ("email", "nina@home.test"),
    ];
    app.browser().at(address, None).post("/api/reception/ask_first_visit", &form).await
}

/// Returns the id of the only request.
pub async fn only(app: &TestApp) -> String {
    super::lab::id(app, sql("SELECT id FROM first_visits")).await
}

/// Returns the value of the first free time on a page.
fn first_slot(page: &str) -> String {
    page.split("name=\"slot\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a free time").to_owned()
}

fn fields(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

async fn count(app: &TestApp, query: crate::db::Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(query).await.expect("counted")
}

#[tokio::test]
async fn a_stranger_asks_and_reception_books() {
    on_both_engines(|app| async move {
        let public = app.browser().get("/clinic").await;
        assert_eq!(public.status, StatusCode::OK, "{}", public.body);
        for words in ["North Clinic", "South Clinic", "Dr. Carmen Costa", "/clinic/first-visit?clinic="] {
            assert!(public.body.contains(words), "{words}: {}", public.body);
        }
        let form = app.browser().get(&format!("/clinic/first-visit?clinic={}", app.fixture.north)).await.body;
        assert!(form.contains("action=\"/api/reception/ask_first_visit\"") && form.contains("In an emergency"), "{form}");
        let asked = ask(&app, &[]).await;
        assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
        assert!(app.browser().get("/clinic/first-visit?asked=1").await.body.contains("Your request has arrived"));

        let (desk, id) = (app.as_("desk").await, only(&app).await);
        let page = format!("/first-visits/{id}");
        assert!(desk.get("/first-visits").await.body.contains("Nina Nueva"));
        assert!(!app.as_("desk2").await.get("/first-visits").await.body.contains("Nina Nueva"), "another clinic's");
        assert_eq!(app.as_("desk2").await.get(&page).await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.as_("cashier").await.get("/first-visits").await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.browser().get(&page).await.location.as_deref(), Some(format!("/sign-in?next={page}").as_str()));
        let shown = desk.get(&page).await.body;
        assert!(shown.contains("A rash for two weeks") && shown.contains("href=\"tel:6175550199\""), "{shown}");

        // The form of the registration is filled in, and leads back to the request.
        let register = desk.get(&format!("/patients/new?first_visit={id}")).await.body;
        for value in ["value=\"Nina\"", "value=\"Nueva\"", "617-555-0199", "nina@home.test"] {
            assert!(register.contains(value), "{value}: {register}");
        }
        let patient = PatientId::new().to_string();
        let form = [
            ("patient_id", patient.as_str()),
            ("given_names", "Nina"),
            ("family_name", "Nueva"),
            ("birth_date", "1991-05-06"),
            ("sex", "female"),
            ("first_visit", &id),
        ];
        let registered = desk.submit("/patients/new", "/api/reception/register", &form).await;
        let next = format!("{page}?patient={patient}");
        assert_eq!(registered.location.as_deref(), Some(next.as_str()), "{}", registered.body);
        let slot = first_slot(&desk.get(&next).await.body);
        let key = Fixture::key();
        let book = [("first_visit_id", id.as_str()), ("patient_id", &patient), ("slot", &slot), ("idempotency_key", &key)];
        let booked = desk.post("/api/reception/book_first_visit", &book).await;
        assert_eq!(booked.status, StatusCode::OK, "{}", booked.body);
        let joined = "SELECT count(*) FROM first_visits f JOIN appointments a ON a.id = f.appointment_id
            WHERE f.state = 'booked' AND a.state = 'booked'";
        assert_eq!(count(&app, sql(joined)).await, 1);
        assert!(!desk.get("/first-visits").await.body.contains("Nina Nueva"), "it is done");
        assert!(desk.get("/first-visits?show=all").await.body.contains("Nina Nueva"));
        let letter = letters(&app).await.into_iter().find(|(to, _)| to == "nina@home.test").expect("a letter").1;
        assert!(letter.contains("North Clinic") && !letter.contains("rash") && !letter.contains("Costa"), "{letter}");
        // The request has ended.
        let again = [("first_visit_id", id.as_str()), ("answer", "Please call")];
        assert_eq!(desk.post("/api/reception/answer_first_visit", &again).await.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_hours_of_a_clinic_are_shown_once_and_those_of_a_doctor_where_they_differ() {
    on_both_engines(|app| async move {
        let ruiz = "<strong>Dr. Raúl Ruiz";
        let shown = app.browser().get("/clinic").await.body;
        assert!(shown.contains(ruiz) && shown.contains("08:00–18:00"), "{shown}");
        assert!(!shown.contains("Mon 08:00–18:00"), "the clinic's own hours stand above the doctors: {shown}");
        // One doctor changes to one morning a week; the clinic is open as before.
        let new = crate::core::ScheduleId::new();
        let changes = [
            sql("UPDATE schedules SET valid_to = '2026-11-20' WHERE doctor_id = ").push_bind(app.fixture.ruiz),
            sql("INSERT INTO schedules (id, doctor_id, service_id, valid_from, created_at, created_by)
                SELECT $1, doctor_id, service_id, '2026-11-21', created_at, created_by FROM schedules WHERE doctor_id = $2")
            .bind(new)
            .bind(app.fixture.ruiz),
            sql("INSERT INTO availabilities (id, schedule_id, weekday, start_minute, end_minute, slot_minutes, capacity)
                VALUES ($1, $1, 3, 540, 720, 20, 1)")
            .bind(new),
        ];
        let mut tx = app.state.db.write().await.expect("a transaction");
        for change in changes {
            tx.execute(change).await.expect("changed");
        }
        tx.commit().await.expect("committed");
        // The page is computed anew each hour.
        app.state.clock.advance(chrono::Duration::hours(1));
        let shown = app.browser().get("/clinic").await.body;
        assert!(shown.contains("Wed 09:00–12:00") && !shown.contains("Mon 08:00–18:00"), "{shown}");
    })
    .await;
}

#[tokio::test]
async fn a_request_is_answered_or_refused_in_its_language() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        assert_eq!(ask(&app, &[]).await.status, StatusCode::OK);
        let id = only(&app).await;
        let empty = desk.post("/api/reception/answer_first_visit", &[("first_visit_id", &id), ("answer", " ")]).await;
        assert_eq!(fields(&empty), ["answer"]);
        let answer = [("first_visit_id", id.as_str()), ("answer", "Please bring your photographs.")];
        assert_eq!(desk.post("/api/reception/answer_first_visit", &answer).await.status, StatusCode::OK);
        assert!(desk.get("/first-visits").await.body.contains("Answered"), "it stays on the list");
        let refuse = [("first_visit_id", id.as_str()), ("answer", "We have no dermatologist."), ("verdict", "refuse")];
        assert_eq!(desk.post("/api/reception/answer_first_visit", &refuse).await.status, StatusCode::OK);
        let sent = letters(&app).await;
        assert!(sent.iter().any(|(_, text)| text.contains("photographs")) && sent.iter().any(|(_, text)| text.contains("dermatologist")));
        // The data of a person who never became a patient go.
        assert_eq!(delete_ended(&app.state).await.expect("looked"), 0);
        app.state.clock.advance(chrono::Duration::days(91));
        assert_eq!(delete_ended(&app.state).await.expect("deleted"), 1);
        assert_eq!(count(&app, sql("SELECT count(*) FROM first_visits")).await, 0);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn wrong_requests_are_refused_together_and_many_are_held_back() {
    on_both_engines(|app| async move {
        let (clinic, other) = (PatientId::new().to_string(), app.fixture.south.to_string());
        let wrong = ask(
            &app,
            &[("clinic", "here"), ("name", " "), ("birth_date", "2031-01-01"), ("phone", "none"), ("email", "nina"), ("suits", "night")],
        )
        .await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(fields(&wrong), ["clinic", "name", "birth_date", "phone", "email", "suits"]);
        assert_eq!(fields(&ask(&app, &[("clinic", &clinic)]).await), ["clinic"]);
        // The surgeon works at the north clinic alone.
        let doctor = app.fixture.ruiz.to_string();
        let elsewhere = ask(&app, &[("clinic", &other), ("doctor", &doctor), ("phone", "617-555-0101")]).await;
        assert_eq!(fields(&elsewhere), ["doctor"]);
        // One form is one request.
        let key = FirstVisitId::new().to_string();
        for _ in 0..2 {
            assert_eq!(ask(&app, &[("key", &key), ("phone", "617-555-0102")]).await.status, StatusCode::OK);
        }
        assert_eq!(count(&app, sql("SELECT count(*) FROM first_visits")).await, 1);
        // Requests for one number are limited.
        let mut held_back = 0;
        for _ in 0..10 {
            let answer = ask(&app, &[("phone", "617-555-0103")]).await;
            if answer.status == StatusCode::UNPROCESSABLE_ENTITY {
                assert_eq!(fields(&answer), ["phone"]);
                held_back += 1;
            }
        }
        assert!(held_back >= 5, "{held_back}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn one_network_has_only_so_many_open_requests_and_they_end() {
    on_both_engines(|app| async move {
        for number in 0..20 {
            let asked = ask_from(&app, &format!("2001:db8::{}", number + 1), number).await;
            assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
        }
        // The budget of requests is there again: the open ones of the network are what counts.
        app.state.clock.advance(chrono::Duration::hours(2));
        let more = ask_from(&app, "2001:db8::ff", 20).await;
        assert!(more.status == StatusCode::CONFLICT && more.body.contains("from your network"), "{}", more.body);
        assert_eq!(ask_from(&app, "2001:db8:0:1::1", 21).await.status, StatusCode::OK, "another network");
        // The desk answered one of them: it ends without a second letter.
        let (desk, id) = (app.as_("desk").await, super::lab::id(&app, sql("SELECT id FROM first_visits ORDER BY id LIMIT 1")).await);
        let answer = [("first_visit_id", id.as_str()), ("answer", "Please call")];
        assert_eq!(desk.post("/api/reception/answer_first_visit", &answer).await.status, StatusCode::OK);
        letters(&app).await;
        assert_eq!(end_left_alone(&app.state).await.expect("looked"), 0);
        app.state.clock.advance(chrono::Duration::days(15));
        assert_eq!(end_left_alone(&app.state).await.expect("ended"), 21);
        assert_eq!(count(&app, sql("SELECT count(*) FROM first_visits WHERE state = 'refused'")).await, 21);
        let told = letters(&app).await;
        assert!(told.len() == 20 && told.iter().all(|(_, text)| text.contains("it has ended")), "{told:?}");
        assert_eq!(ask_from(&app, "2001:db8::ff", 20).await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_public_page_sorts_by_distance_where_two_clinics_have_a_position() {
    on_both_engines(|app| async move {
        let policy =
            |answer: &Answer| answer.headers.get("permissions-policy").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let browser = app.browser();
        assert!(!browser.get("/clinic").await.body.contains("data-near"), "no clinic has a position");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let query = "UPDATE clinics SET latitude_microdegrees = 42360000, longitude_microdegrees = -71060000";
        tx.execute(sql(query)).await.expect("placed");
        tx.commit().await.expect("committed");
        app.state.clock.advance(chrono::Duration::hours(1));
        let shown = browser.get("/clinic").await;
        assert!(shown.body.contains("data-near") && shown.body.contains("data-position=\"42.360000,-71.060000\""), "{}", shown.body);
        assert!(policy(&shown).contains("geolocation=(self)"), "{}", policy(&shown));
        let other = browser.get("/sign-in").await;
        assert!(policy(&other).contains("geolocation=()"), "no other page asks: {}", policy(&other));
    })
    .await;
}
