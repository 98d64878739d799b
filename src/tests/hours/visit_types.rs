//! Hours that are kept for certain visit types: patients find and book them for these types only, the desk for all.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Form, SAVE, confirmed, monday, schedule};
use crate::{
    appointments::waitlist::work_off_waitlist,
    core::{Error, PatientId, time::Instant},
    db::sql,
    tests::{Answer, Browser, Fixture, TestApp, appointments::book, on_both_engines},
};

async fn visit_type(admin: &Browser, name: &str) -> String {
    visit_type_of(admin, name, "20").await
}

async fn visit_type_of(admin: &Browser, name: &str, minutes: &str) -> String {
    let key = Fixture::key();
    let form = [("list", "visit-types"), ("key", key.as_str()), ("name", name), ("minutes", minutes), ("booked_by", "everybody")];
    let saved = admin.post("/api/organisation/save", &form).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    key
}

/// From 1 December on Dr. Costa's mornings are kept for these visit types.
async fn keep(app: &TestApp, admin: &Browser, types: &[&str]) {
    let f = app.fixture.clone();
    let (old, version) = schedule(app, f.costa).await;
    let form = Form::of(f.costa, f.medicine_north, "2026-12-01", ("08:00", "12:00")).with("schedule", &old).with("version", &version);
    let form = types.iter().fold(form, |form, id| form.with(&format!("visit_type-{id}"), "true"));
    let saved = confirmed(admin, &format!("/settings/hours/{old}"), SAVE, &form.pairs()).await;
    assert!(saved.location.is_some(), "{}", saved.body);
}

async fn hold(app: &TestApp, browser: &Browser, at: Instant, more: &[(&str, &str)]) -> Answer {
    let slot = format!("{}.{}.{}", app.fixture.medicine_north, app.fixture.costa, at.timestamp());
    let key = Fixture::key();
    browser.post("/api/portal/hold", &[&[("slot", slot.as_str()), ("idempotency_key", key.as_str())], more].concat()).await
}

#[tokio::test]
async fn hours_kept_for_a_visit_type_are_booked_for_it_by_patients_and_for_all_by_the_desk() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (admin, desk, ana) = (app.as_("admin").await, app.as_("desk").await, app.as_("ana").await);
        let (control, first) = (visit_type(&admin, "Control").await, visit_type(&admin, "First visit").await);
        keep(&app, &admin, &[&control, &first]).await;
        let listed = admin.get("/settings/hours").await.body;
        assert!(listed.contains("only for Control, First visit"), "{listed}");
        // Monday 7 December, 09:00 in New York.
        let later = monday() + Duration::days(14);
        let refused = hold(&app, &ana, later, &[]).await;
        assert!(matches!(refused.error(), Error::Conflict(words) if words.contains("other visit types")), "{}", refused.body);
        let times = format!("/portal/book/times?clinic={}&doctor={}&from=2026-12-07", f.north, f.costa);
        let slot = format!("{}.{}.{}", f.medicine_north, f.costa, later.timestamp());
        let page = ana.get(&times).await.body;
        assert!(page.contains("Some times are kept for certain visit types") && !page.contains(&slot), "{page}");
        let page = ana.get(&format!("{times}&visit_type={control}")).await.body;
        assert!(page.contains(&slot) && !page.contains("Some times are kept"), "{page}");
        assert_eq!(hold(&app, &ana, later, &[("visit_type", &control)]).await.status, StatusCode::OK);
        assert_eq!(hold(&app, &ana, monday(), &[]).await.status, StatusCode::OK, "the old hours are for all");
        let by_desk = book(&desk, f.ben, (f.medicine_north, f.costa), later + Duration::minutes(20), &Fixture::key()).await;
        assert_eq!(by_desk.status, StatusCode::OK, "{}", by_desk.body);
        let retire = [("list", "visit-types"), ("id", first.as_str()), ("version", "1")];
        assert!(matches!(admin.post("/api/organisation/retire", &retire).await.error(), Error::Conflict(_)), "hours are kept for it");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_freed_time_of_kept_hours_is_offered_to_whom_its_visit_type_suits() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (admin, desk) = (app.as_("admin").await, app.as_("desk").await);
        let control = visit_type(&admin, "Control").await;
        keep(&app, &admin, &[&control]).await;
        let later = monday() + Duration::days(14);
        let booked = book(&desk, f.chloe, (f.medicine_north, f.costa), later, &Fixture::key()).await;
        let id = booked.location.unwrap_or_else(|| panic!("{}", booked.body));
        let id = id.trim_start_matches("/appointments/").split('?').next().expect("an id").to_owned();
        for (patient, more) in [(f.ana, &[][..]), (f.ben, &[("visit_type", control.as_str())][..])] {
            wait(&app, &desk, patient, more).await;
        }
        let freed = desk.post("/api/appointments/cancel", &[("appointment_id", &id), ("reason", "Not needed any more")]).await;
        assert_eq!(freed.status, StatusCode::OK, "{}", freed.body);
        work_off_waitlist(&app.state).await.expect("worked off");
        let mut tx = app.state.db.read().await.expect("a connection");
        let query = sql("SELECT patient_id FROM appointments WHERE starts_at = $1 AND state = 'held'").bind(later);
        let held: Vec<(PatientId,)> = tx.all(query).await.expect("holds");
        drop(tx);
        assert_eq!(held, [(f.ben,)], "Ana came first, but wants no visit type of these hours");
        app.assert_sound().await;
    })
    .await;
}

async fn wait(app: &TestApp, desk: &Browser, patient: PatientId, more: &[(&str, &str)]) {
    let (key, patient, service) = (Fixture::key(), patient.to_string(), app.fixture.medicine_north.to_string());
    let form = [("patient_id", patient.as_str()), ("service_id", &service), ("until", "2026-12-31"), ("idempotency_key", &key)];
    let answer = desk.post("/api/appointments/wait", &[&form[..], more].concat()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    app.state.clock.advance(Duration::seconds(1));
}

#[tokio::test]
async fn the_database_keeps_the_visit_types_of_hours() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let (control, unused) = (visit_type(&admin, "Control").await, visit_type(&admin, "Unused").await);
        keep(&app, &admin, &[&control]).await;
        let retire = [("list", "visit-types"), ("id", unused.as_str()), ("version", "1")];
        assert_eq!(admin.post("/api/organisation/retire", &retire).await.status, StatusCode::OK);
        let unused: uuid::Uuid = unused.parse().expect("an id");
        let retired = sql("INSERT INTO schedule_visit_types (schedule_id, visit_type_id) SELECT schedule_id, ")
            .push_bind(unused)
            .push(" FROM schedule_visit_types");
        for (guard, query) in [
            ("schedule_visit_types_in_use", retired),
            ("schedule_visit_types_fixed", sql("UPDATE schedule_visit_types SET visit_type_id = ").push_bind(unused)),
            ("schedule_visit_types_kept", sql("DELETE FROM schedule_visit_types")),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err(guard);
            assert!(error.violates(guard), "{guard}: {error}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_visit_of_an_hour_takes_three_slots_of_twenty_minutes() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (admin, desk, ana) = (app.as_("admin").await, app.as_("desk").await, app.as_("ana").await);
        let long = visit_type_of(&admin, "First visit", "60").await;
        let slot = (f.medicine_north, f.costa);
        let after = |minutes: i64| monday() + Duration::minutes(minutes);
        // Mondays at 17:40 the hours end too soon, at 17:00 they do not: the page offers what can be booked.
        let times = format!("/portal/book/times?clinic={}&doctor={}&from=2026-11-23&visit_type={long}", f.north, f.costa);
        let page = ana.get(&times).await.body;
        let offered = |at: Instant| page.contains(&format!(".{}\"", at.timestamp()));
        assert!(offered(after(480)) && !offered(after(500)) && !offered(after(520)), "{page}");
        let refused = hold(&app, &ana, after(520), &[("visit_type", &long)]).await;
        assert!(matches!(refused.error(), Error::Conflict(words) if words.contains("The visit takes 1 h")), "{}", refused.body);
        // In the portal: 09:00 to 10:00.
        let held = hold(&app, &ana, monday(), &[("visit_type", &long)]).await;
        let id = held.location.unwrap_or_else(|| panic!("{}", held.body)).trim_start_matches("/portal/book/").to_owned();
        assert_eq!(ana.post("/api/portal/book", &[("appointment_id", &id)]).await.status, StatusCode::OK);
        for (minutes, status) in [(20, StatusCode::CONFLICT), (40, StatusCode::CONFLICT), (60, StatusCode::OK)] {
            let answer = book(&desk, f.ben, slot, after(minutes), &Fixture::key()).await;
            assert_eq!(answer.status, status, "{minutes}: {}", answer.body);
        }
        // At the desk: from 08:20 on it would lie on hers.
        let at_desk = async |patient: PatientId, minutes: i64| {
            let (patient, doctor, service) = (patient.to_string(), f.costa.to_string(), f.medicine_north.to_string());
            let (at, key) = (after(minutes).timestamp().to_string(), Fixture::key());
            let form = [
                ("patient_id", patient.as_str()),
                ("doctor_id", &doctor),
                ("service_id", &service),
                ("at", &at),
                ("visit_type", &long),
                ("idempotency_key", &key),
            ];
            desk.post("/api/appointments/book", &form).await
        };
        let refused = at_desk(f.chloe, -40).await;
        assert!(matches!(refused.error(), Error::Conflict(words) if words.contains("The visit takes 1 h")), "{}", refused.body);
        assert_eq!(at_desk(f.chloe, -60).await.status, StatusCode::OK, "08:00 to 09:00");
        // The doctor is away: the first proposal has room for the whole visit, and both are moved by one press.
        let (costa, key) = (f.costa.to_string(), Fixture::key());
        let form = [("kind", "leave"), ("key", key.as_str()), ("doctor_id", &costa), ("from_day", "2026-11-23"), ("to_day", "2026-11-23")];
        confirmed(&desk, "/absences/new?kind=leave", "/api/absences/save", &form).await;
        let page = desk.get("/settle").await.body;
        let moved = desk.submit("/settle", "/api/settle/all", &[("act", "move"), ("lines", &super::hidden(&page, "lines"))]).await;
        assert_eq!(moved.location.as_deref(), Some("/settle?done=moved&count=3&left=0"), "{}", moved.body);
        let whole = "SELECT starts_at, ends_at FROM appointments WHERE state = 'booked' AND visit_type_id IS NOT NULL";
        let mut tx = app.state.db.read().await.expect("a connection");
        let moved: Vec<(Instant, Instant)> = tx.all(sql(whole)).await.expect("appointments");
        drop(tx);
        assert!(moved.len() == 2 && moved.iter().all(|(from, to)| *to - *from == Duration::hours(1)), "{moved:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_long_visit_is_moved_to_a_time_that_overlaps_its_own() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (admin, desk) = (app.as_("admin").await, app.as_("desk").await);
        let long = visit_type_of(&admin, "First visit", "60").await;
        let (patient, doctor, service) = (f.ana.to_string(), f.costa.to_string(), f.medicine_north.to_string());
        let to = async |minutes: i64, more: &[(&str, &str)]| {
            let (at, key) = ((monday() + Duration::minutes(minutes)).timestamp().to_string(), Fixture::key());
            let form = [
                ("patient_id", patient.as_str()),
                ("doctor_id", &doctor),
                ("service_id", &service),
                ("at", &at),
                ("visit_type", &long),
                ("idempotency_key", &key),
            ];
            let made = desk.post("/api/appointments/book", &[&form[..], more].concat()).await;
            let id =
                made.location.as_deref().map(|to| to.trim_start_matches("/appointments/").split('?').next().expect("an id").to_owned());
            id.ok_or(made)
        };
        // 09:00 to 10:00; others are booked at 10:20 and 08:20.
        let Ok(first) = to(0, &[]).await else { panic!("booked") };
        for minutes in [80, -40] {
            let at = monday() + Duration::minutes(minutes);
            assert_eq!(book(&desk, f.ben, (f.medicine_north, f.costa), at, &Fixture::key()).await.status, StatusCode::OK);
        }
        let address = format!("/appointments/new?patient={patient}&service={service}&doctor={doctor}&replaces={first}&from=2026-11-23");
        let page = desk.get(&address).await.body;
        let offered = |minutes: i64| page.contains(&format!("at={}", (monday() + Duration::minutes(minutes)).timestamp()));
        assert!(offered(20) && !offered(40) && !offered(0), "09:20 is offered, its own time and 09:40 are not: {page}");
        let why = [("replaces", first.as_str()), ("move_reason", "Comes by bus")];
        let Err(refused) = to(40, &why).await else { panic!("09:40 to 10:40 lies on another's") };
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
        let Ok(second) = to(20, &why).await else { panic!("09:20 to 10:20 is free") };
        let mut tx = app.state.db.read().await.expect("a connection");
        let query = sql("SELECT starts_at, ends_at FROM appointments WHERE state = 'booked' AND visit_type_id IS NOT NULL");
        let now: Vec<(Instant, Instant)> = tx.all(query).await.expect("appointments");
        drop(tx);
        assert_eq!(now, [(monday() + Duration::minutes(20), monday() + Duration::minutes(80))]);
        // The first twenty minutes are free for others, and the move can be undone while nobody took them.
        let undone = desk.post("/api/appointments/undo", &[("appointment_id", &second), ("act", "moved")]).await;
        assert_eq!(undone.status, StatusCode::OK, "{}", undone.body);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_patient_moves_a_long_visit_over_a_part_of_its_own_time() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (admin, desk, ana) = (app.as_("admin").await, app.as_("desk").await, app.as_("ana").await);
        let long = visit_type_of(&admin, "First visit", "60").await;
        let after = |minutes: i64| monday() + Duration::minutes(minutes);
        let held = hold(&app, &ana, monday(), &[("visit_type", &long)]).await;
        let first = held.location.unwrap_or_else(|| panic!("{}", held.body)).trim_start_matches("/portal/book/").to_owned();
        assert_eq!(ana.post("/api/portal/book", &[("appointment_id", &first), ("reason", "Knee")]).await.status, StatusCode::OK);
        // Another patient has 10:20 to 10:40.
        assert_eq!(book(&desk, f.ben, (f.medicine_north, f.costa), after(80), &Fixture::key()).await.status, StatusCode::OK);
        let times = format!("/portal/book/times?clinic={}&doctor={}&from=2026-11-23&replaces={first}", f.north, f.costa);
        let page = ana.get(&times).await.body;
        let offered = |minutes: i64| page.contains(&format!(".{}\"", after(minutes).timestamp()));
        assert!(offered(20) && offered(-40) && !offered(0) && !offered(40), "{page}");
        // 09:20 to 10:20 lies over the own time: nothing is held, and the next page asks.
        let chosen = hold(&app, &ana, after(20), &[("replaces", &first)]).await;
        let asks = chosen.location.unwrap_or_else(|| panic!("{}", chosen.body));
        assert!(asks.starts_with(&format!("/portal/book/move/{first}?slot=")), "{asks}");
        let page = ana.get(&asks).await.body;
        assert!(page.contains("09:20") && page.contains("Move the appointment") && page.contains("Knee</textarea>"), "{page}");
        assert_eq!(app.as_("ben").await.get(&asks).await.status, StatusCode::NOT_FOUND, "another patient's");
        let (slot, key) = (format!("{}.{}.{}", f.medicine_north, f.costa, after(20).timestamp()), Fixture::key());
        let form = [("appointment_id", first.as_str()), ("slot", &slot), ("reason", "Knee"), ("idempotency_key", &key)];
        let moved = ana.post("/api/portal/move", &form).await;
        let to = moved.location.unwrap_or_else(|| panic!("{}", moved.body));
        // Pressed twice it is once.
        assert_eq!(ana.post("/api/portal/move", &form).await.location.as_deref(), Some(to.as_str()));
        // A time that is gone is said; the appointment stands.
        let second = to.trim_start_matches("/portal/appointments/").split('?').next().expect("an id").to_owned();
        let taken = format!("/portal/book/move/{second}?slot={}.{}.{}", f.medicine_north, f.costa, after(40).timestamp());
        assert!(ana.get(&taken).await.body.contains("This time is no longer free"));
        let taken = [
            ("appointment_id", second.as_str()),
            ("slot", &slot.replace(&after(20).timestamp().to_string(), &after(40).timestamp().to_string())),
        ];
        let refused = ana.post("/api/portal/move", &[&taken[..], &[("idempotency_key", Fixture::key().as_str())]].concat()).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
        let mut tx = app.state.db.read().await.expect("a connection");
        let query = sql("SELECT starts_at, ends_at FROM appointments WHERE state IN ('booked', 'held') AND visit_type_id IS NOT NULL");
        let now: Vec<(Instant, Instant)> = tx.all(query).await.expect("appointments");
        drop(tx);
        assert_eq!(now, [(after(20), after(80))]);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_desk_chooses_the_visit_type_before_the_time() {
    on_both_engines(|app| async move {
        let f = app.fixture.clone();
        let (admin, desk) = (app.as_("admin").await, app.as_("desk").await);
        let long = visit_type_of(&admin, "First visit", "60").await;
        let at = |minutes: i64| (monday() + Duration::minutes(minutes)).timestamp();
        let times = format!("/appointments/new?patient={}&service={}&doctor={}&from=2026-11-23", f.ana, f.medicine_north, f.costa);
        // Mondays at 17:40 the hours end too soon for an hour.
        let page = desk.get(&times).await.body;
        assert!(page.contains(&format!("at={}", at(520))) && page.contains("name=\"visit_type\""), "{page}");
        let page = desk.get(&format!("{times}&visit_type={long}")).await.body;
        assert!(page.contains(&format!("at={}", at(480))) && !page.contains(&format!("at={}", at(520))), "{page}");
        assert!(page.contains(&format!("visit_type={long}")), "the choice goes along");
        let confirm = format!("{times}&at={}&visit_type={long}", at(0));
        let page = desk.get(&confirm).await.body;
        assert!(page.contains(&format!("name=\"visit_type\" value=\"{long}\"")) && page.contains("First visit"), "{page}");
        assert!(!page.contains("<select id=\"visit_type\""), "the type is settled");
        app.assert_sound().await;
    })
    .await;
}
