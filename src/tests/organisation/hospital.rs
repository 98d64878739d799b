//! Tests the hospital's settings, the checklist, and the time zone of each clinic.

use axum::http::StatusCode;
use chrono::Duration;

use super::{guards::refuses, monday, named};
use crate::{
    core::{AppointmentId, IdempotencyKey, UserId, time::Instant},
    db::{Database, Engine, sql},
    organisation::{self, Line},
    tests::{TestApp, app::test_now, on_both_databases, on_both_engines, plans},
};

const HOSPITAL: [(&str, &str); 9] = [
    ("name", "Saint Luke's"),
    ("address", "5 Hill Road"),
    ("phone", "+1 617 555 0100"),
    ("email", "office@luke.example"),
    ("website", "https://luke.example"),
    ("established_year", "1901"),
    ("currency", "EUR"),
    ("default_language", "es"),
    ("age_of_majority", "21"),
];

#[tokio::test]
async fn the_hospitals_settings_are_in_force_on_every_node_at_once() {
    on_both_engines(|app| async move {
        let other = app.another_node().await;
        let admin = app.as_("admin").await;
        if app.state.db.engine() == Engine::Postgres {
            other.state.hub.until_listening().await;
        }
        let answer = admin.post("/api/organisation/save_hospital", &[&[("version", "1")], &HOSPITAL[..]].concat()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let here = app.state.hospital();
        assert_eq!((here.name.as_str(), here.currency.code(), here.age_of_majority), ("Saint Luke's", "EUR", 21));
        // A visitor whose browser sends no language gets the hospital's language.
        assert!(app.browser().get("/sign-in").await.body.contains("<html lang=\"es\">"));
        if app.state.db.engine() == Engine::Postgres {
            let heard = async {
                while other.state.hospital().name != "Saint Luke's" {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(std::time::Duration::from_secs(10), heard).await.expect("the other node hears of it");
            assert!(other.browser().get("/sign-in").await.body.contains("Saint Luke"));
        }
        other.end().await;
    })
    .await;
}

#[tokio::test]
async fn the_currency_stays_once_something_was_charged() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let yen: Vec<_> = HOSPITAL
            .iter()
            .map(|(name, value)| (*name, if *name == "currency" { "JPY" } else { *value }))
            .chain([("version", "1")])
            .collect();
        let decimals = admin.post("/api/organisation/save_hospital", &yen).await;
        assert_eq!(named(&decimals), ["currency"], "prices in cents would become prices in yen");
        plans::fill_a_few(&app).await;
        let charged = admin.post("/api/organisation/save_hospital", &[&[("version", "1")], &HOSPITAL[..]].concat()).await;
        assert_eq!(named(&charged), ["currency"]);
        refuses(&app, "hospital_currency_fixed", sql("UPDATE hospital SET currency = 'EUR'")).await;
        let page = admin.get("/settings/hospital").await.body;
        assert!(!page.contains("name=\"currency\"") && page.contains("This cannot be changed any more."), "{page}");
        let rest: Vec<_> = HOSPITAL.iter().copied().filter(|(name, _)| *name != "currency").chain([("version", "1")]).collect();
        assert_eq!(admin.post("/api/organisation/save_hospital", &rest).await.status, StatusCode::OK, "the form without it");
    })
    .await;
}

#[tokio::test]
async fn an_empty_hospital_is_told_what_stops_it() {
    on_both_databases(async |db: Database| {
        let now = test_now();
        organisation::ensure_hospital(&db, now).await.expect("a hospital");
        let mut tx = db.read().await.expect("a connection");
        let list = organisation::checklist(&mut tx, now).await.expect("a checklist");
        assert!(!list.is_done());
        assert_eq!(list.stoppers(Line::stops_booking), [Line::Departments, Line::Services, Line::Staff, Line::Hours]);
        assert_eq!(list.stoppers(Line::stops_walk_in), [Line::Departments, Line::Services, Line::Rooms, Line::Staff]);
        assert!(list.lines.iter().all(|state| !state.is_done()), "{:?}", list.lines);
    })
    .await;
}

#[tokio::test]
async fn the_checklist_reads_each_clinics_own_calendar() {
    on_both_engines(|app| async move {
        let last = app.state.clock.now().date_naive();
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE clinics SET time_zone = 'Pacific/Kiritimati' WHERE id = ").push_bind(app.fixture.south))
            .await
            .expect("moved");
        tx.execute(sql("UPDATE prices SET valid_to = ").push_bind(last)).await.expect("ended");
        let list = organisation::checklist(&mut tx, app.state.clock.now()).await.expect("a checklist");
        let prices = list.lines.iter().find(|state| state.line == Line::Prices).expect("the line");
        let places: Vec<_> = prices.missing.iter().flat_map(|gap| &gap.places).collect();
        assert!(!places.is_empty(), "at the south clinic it is the next day already");
        assert!(places.iter().all(|place| place.ends_with("South Clinic")), "{places:?}");
        let at = |list: &organisation::Checklist| {
            let hours = list.lines.iter().find(|state| state.line == Line::Hours).expect("the line");
            hours.missing.iter().flat_map(|gap| gap.places.clone()).collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(at(&list), ["General medicine, South Clinic".to_owned()].into());
        tx.execute(sql("UPDATE staff SET accepting_bookings = ").push_bind(false)).await.expect("nobody is booked");
        let list = organisation::checklist(&mut tx, app.state.clock.now()).await.expect("a checklist");
        assert_eq!(at(&list), ["General medicine, South Clinic", "North Clinic"].map(str::to_owned).into(), "the portal offers nothing");
    })
    .await;
}

#[tokio::test]
async fn the_administrators_first_page_is_the_checklist_while_something_is_missing() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        assert_eq!(admin.get("/").await.location.as_deref(), Some("/settings"));
        let page = admin.get("/settings").await.body;
        for shown in [
            "The first appointment can be booked.",
            "The first patient without an appointment can be checked in.",
            "No address: North Clinic; South Clinic",
            "No nurse: South Clinic",
            "No doctor&#x27;s hours: General medicine, South Clinic",
            "href=\"/settings/hospital\"",
        ] {
            let plain = shown.replace("&#x27;", "'");
            assert!(page.contains(shown) || page.contains(&plain), "{shown}: {page}");
        }
        assert!(!page.contains("No service:"), "each clinic has one");
        let confirmed = admin.post("/api/organisation/confirm_setup", &[("what", "key_file")]).await;
        assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.body);
        assert!(admin.get("/settings").await.body.contains("Confirmed by Ada Admin on 21 Nov 2026"));
        let unknown = admin.post("/api/organisation/confirm_setup", &[("what", "coffee")]).await;
        assert_eq!(named(&unknown), ["what"]);
        admin.post("/api/accounts/language", &[("language", "es"), ("next", "/settings")]).await;
        assert!(admin.get("/settings").await.body.contains("Antes de abrir el hospital"));
    })
    .await;
}

/// Creates an appointment of Ana at the south clinic.
async fn at_south(app: &TestApp, at: Instant, state: &'static str) -> AppointmentId {
    let (f, id, now) = (&app.fixture, AppointmentId::new(), app.state.clock.now());
    let head = "INSERT INTO appointments (id, patient_id, doctor_id, clinic_id, service_id, starts_at, ends_at, seat, state, booked_through,
        idempotency_key, created_at, created_by, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, 'reception', $9, $10, $11, $12, $13)";
    let query = sql(head)
        .bind(id)
        .bind(f.ana)
        .bind(f.costa)
        .bind(f.south)
        .bind(f.medicine_south)
        .bind(at)
        .bind(at + Duration::minutes(20))
        .bind(state)
        .bind(IdempotencyKey::new())
        .bind(now)
        .bind(UserId::SYSTEM)
        .bind(now)
        .bind(UserId::SYSTEM);
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect("an appointment");
    tx.commit().await.expect("committed");
    id
}

#[tokio::test]
async fn an_appointment_has_the_clock_of_its_own_clinic_and_stays_readable_when_that_is_retired() {
    on_both_engines(|app| async move {
        let f = &app.fixture;
        let coming = at_south(&app, monday(), "booked").await;
        let past = at_south(&app, "2026-11-18T10:00:00Z".parse().expect("an instant"), "fulfilled").await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE user_roles SET clinic_id = NULL WHERE user_id = ").push_bind(f.user("desk"))).await.expect("everywhere");
        tx.commit().await.expect("committed");
        let (desk, ana) = (app.as_("desk").await, app.as_("ana").await);
        let page = desk.get(&format!("/appointments/{coming}")).await.body;
        assert!(page.contains("Monday 23 November 2026, 15:00"), "Madrid's clock, not that of the reader's clinic: {page}");
        assert!(page.contains("South Clinic (times in Europe/Madrid)"), "{page}");

        let mut tx = app.state.db.write().await.expect("a transaction");
        let now = app.state.clock.now();
        tx.execute(sql("UPDATE appointments SET state = 'cancelled', cancelled_at = $2 WHERE id = $1").bind(coming).bind(now))
            .await
            .expect("cancelled");
        tx.execute(sql("UPDATE services SET retired_at = $1 WHERE clinic_id = $2").bind(now).bind(f.south)).await.expect("retired");
        tx.execute(sql("UPDATE clinics SET retired_at = $1 WHERE id = $2").bind(now).bind(f.south)).await.expect("retired");
        tx.commit().await.expect("committed");
        for (browser, page) in [(&desk, format!("/appointments/{past}")), (&ana, format!("/portal/appointments/{past}"))] {
            let answer = browser.get(&page).await;
            assert_eq!(answer.status, StatusCode::OK, "{page}");
            assert!(answer.body.contains("South Clinic"), "{page}: {}", answer.body);
        }
    })
    .await;
}

#[tokio::test]
async fn the_age_of_majority_is_the_hospitals() {
    on_both_engines(|app| async move {
        let (admin, desk) = (app.as_("admin").await, app.as_("desk").await);
        let chloe = app.fixture.chloe;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE patients SET birth_date = '2007-01-01' WHERE id = ").push_bind(chloe)).await.expect("19 years old");
        tx.commit().await.expect("committed");
        let page = format!("/patients/{chloe}");
        assert!(!desk.get(&page).await.body.contains("Record below who acts for them"), "of age with 18");
        let saved = admin.post("/api/organisation/save_hospital", &[&[("version", "1")], &HOSPITAL[..]].concat()).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
        assert!(desk.get(&page).await.body.contains("El paciente es menor de 21 años."), "not with 21, and in the hospital's language");
    })
    .await;
}
