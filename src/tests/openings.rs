//! Tests that a user who opens one record after another is stopped on every node, and that the auditors are notified.

use axum::http::{StatusCode, header};
use chrono::Duration;

use super::{
    Browser, Fixture, TestApp,
    billing::issued,
    imaging::{Radiology, slot},
    lab::ok,
    on_both_engines, test_config,
};
use crate::{
    core::{PatientId, time::Instant},
    db::{recorded, sql},
    notifications::tell_auditors,
    server::config::Config,
};

async fn node(app: &TestApp, records_per_hour: u32) -> TestApp {
    app.another_node_with(Config { records_per_hour, ..test_config() }).await
}

async fn opens(browser: &Browser, patients: &[PatientId]) {
    for patient in patients {
        let answer = browser.get(&format!("/patients/{patient}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
}

async fn refused(app: &TestApp) -> i64 {
    let query = sql("SELECT count(*) FROM audit_log WHERE action = 'refused' AND what = 'openings' AND patient_id IS NOT NULL");
    app.state.db.read().await.expect("a connection").count(query).await.expect("a number")
}

#[tokio::test]
async fn beyond_the_limit_others_stay_closed_and_those_that_are_open_stay_open() {
    on_both_engines(|app| async move {
        let people = app.people(8).await;
        let node = node(&app, 5).await;
        let (desk, nurse) = (node.as_("desk").await, node.as_("nurse").await);
        opens(&desk, &people[..4]).await;
        // Lists, searches and records opened before do not count.
        opens(&desk, &people[..4]).await;
        for page in ["/patients", "/patients?q=family", "/reception", "/schedules"] {
            assert_eq!(desk.get(page).await.status, StatusCode::OK, "{page}");
        }
        desk.post("/api/patients/search", &[("text", "family")]).await;
        app.state.clock.advance(Duration::minutes(10));
        opens(&desk, &people[4..5]).await;
        for page in
            [format!("/patients/{}", people[5]), format!("/reception?patient={}", people[6]), format!("/patients/{}/account", people[5])]
        {
            let answer = desk.get(&page).await;
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{page}");
            assert_eq!(answer.headers[header::RETRY_AFTER], "3000", "ten of the minutes are over");
            assert!(answer.body.contains("5 different patients within an hour") && answer.body.contains("in 50 min"), "{}", answer.body);
            assert!(!answer.body.contains("Family5") && !answer.body.contains("Family6"), "nothing of the patient");
        }
        desk.post("/api/accounts/language", &[("language", "es")]).await;
        assert!(desk.get(&format!("/patients/{}", people[5])).await.body.contains("5 pacientes distintos en una hora"));
        opens(&desk, &people[..5]).await;
        opens(&nurse, &people[5..]).await;
        // The first four records were just opened again: they count for another hour.
        app.state.clock.advance(Duration::minutes(51));
        let desk = node.as_("desk").await;
        assert_eq!(desk.get(&format!("/patients/{}", people[5])).await.status, StatusCode::TOO_MANY_REQUESTS);
        app.state.clock.advance(Duration::minutes(9));
        opens(&desk, &people[5..]).await;
        node.end().await;
        assert_eq!(refused(&app).await, 3, "each patient once in ten minutes, and once more after that");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_was_opened_on_another_node_counts_and_costs_one_query() {
    on_both_engines(|app| async move {
        let people = app.people(6).await;
        let (one, two, free) = (node(&app, 5).await, node(&app, 5).await, node(&app, 0).await);
        opens(&one.as_("desk").await, &people[..3]).await;
        one.end().await;
        let desk = two.as_("desk").await;
        let asked = |queries: Vec<crate::db::Sql>| {
            queries.iter().filter(|query| query.text(app.state.db.engine()).contains("FROM openings")).count()
        };
        let ((), queries) = recorded(opens(&desk, &people[3..5])).await;
        assert_eq!(asked(queries), 2, "one for each that was not open");
        let ((), queries) = recorded(opens(&desk, &people[3..5])).await;
        assert_eq!(asked(queries), 0);
        assert_eq!(desk.get(&format!("/patients/{}", people[5])).await.status, StatusCode::TOO_MANY_REQUESTS);
        opens(&desk, &people[..5]).await;
        let desk = free.as_("desk").await;
        let ((), queries) = recorded(opens(&desk, &people)).await;
        assert_eq!(asked(queries), 0, "turned off");
        for node in [two, free] {
            node.end().await;
        }
    })
    .await;
}

#[tokio::test]
async fn beyond_the_limit_nobody_else_is_found() {
    on_both_engines(|app| async move {
        let people = app.people(8).await;
        let node = app.another_node_with(Config { found_per_hour: 6, ..test_config() }).await;
        let desk = node.as_("desk").await;
        let mut tx = app.state.db.read().await.expect("a connection");
        let mut numbers: Vec<String> = Vec::new();
        for patient in &people {
            numbers.push(tx.one::<(String,)>(sql("SELECT mrn FROM patients WHERE id = ").push_bind(*patient)).await.expect("a number").0);
        }
        drop(tx);
        let finds = async |number: usize| desk.post("/api/patients/search", &[("text", &numbers[number])]).await;
        // The same patients found again count only once.
        for _ in 0..3 {
            for number in 0..6 {
                let answer = finds(number).await;
                assert!(answer.status.is_success() && answer.body.contains(&format!("Family{number}")), "{}", answer.body);
            }
        }
        app.state.clock.advance(Duration::minutes(20));
        assert_eq!(finds(1).await.status, StatusCode::OK);
        let list = format!("/patients?q={}", numbers[7]);
        for answer in [finds(6).await, desk.get(&list).await] {
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.body);
            assert_eq!(answer.headers[header::RETRY_AFTER], "2400", "the oldest was found twenty minutes ago");
            assert!(answer.body.contains("6 different patients within an hour"), "{}", answer.body);
            assert!(!answer.body.contains("Family6") && !answer.body.contains("Family7"), "nobody else is shown");
        }
        opens(&desk, &people[6..]).await;
        assert_eq!(node.as_("desk2").await.get(&list).await.status, StatusCode::OK, "somebody else may");
        app.state.clock.advance(Duration::minutes(40));
        let desk = node.as_("desk").await;
        let answer = desk.post("/api/patients/search", &[("text", &numbers[7])]).await;
        assert!(answer.status.is_success() && answer.body.contains("Family7"), "{}", answer.body);
        node.end().await;
        assert_eq!(tell_auditors(&app.state).await, Ok(1));
        let told = app.as_("auditor").await.get("/notifications").await.body;
        assert!(told.contains("Rosa Reception opened or looked up very many"), "{told}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn lists_of_other_days_and_of_colleagues_count_among_the_found() {
    on_both_engines(|app| async move {
        let people = app.people(10).await;
        let node = app.another_node_with(Config { found_per_hour: 3, ..test_config() }).await;
        let (desk, nurse) = (node.as_("desk").await, node.as_("nurse").await);
        let (own, colleague) = (node.as_("doctor").await, node.as_("doctor2").await);
        let (service, costa) = (app.fixture.medicine_north.to_string(), app.fixture.costa.to_string());
        let post = async |path: &str, form: &[(&str, String)]| {
            let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = desk.post(path, &form).await;
            assert!(answer.status.is_success(), "{path}: {}", answer.body);
        };
        // Five appointments today from 11:00 on, and five on Monday.
        for (number, patient) in people.iter().enumerate() {
            let day: Instant = if number < 5 { "2026-11-21T16:00:00Z" } else { "2026-11-23T16:00:00Z" }.parse().expect("an instant");
            let at = day + Duration::minutes(20 * i64::try_from(number % 5).expect("small"));
            let form = [
                ("patient_id", patient.to_string()),
                ("doctor_id", costa.clone()),
                ("service_id", service.clone()),
                ("at", at.timestamp().to_string()),
                ("idempotency_key", Fixture::key()),
            ];
            post("/api/appointments/book", &form).await;
        }
        for patient in &people[5..] {
            let form = [("patient", patient.to_string()), ("service", service.clone()), ("idempotency_key", Fixture::key())];
            post("/api/reception/check_in", &form).await;
        }
        let today = [format!("/schedules/print?doctor={costa}"), format!("/schedules?doctor={costa}")];
        let monday = today.clone().map(|page| format!("{page}&day=2026-11-23"));
        let week = format!("/schedules?doctor={costa}&view=week&day=2026-11-23");
        let refuses = async |browser: &Browser, page: &str| {
            let answer = browser.get(page).await;
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{page}: {}", answer.body);
            assert!(!answer.body.contains("Family"), "{page}");
        };
        for browser in [&desk, &nurse, &own] {
            for page in &today {
                let answer = browser.get(page).await;
                assert!(answer.status.is_success() && answer.body.contains("Family4"), "{page}: {}", answer.body);
            }
            for page in monday.iter().chain([&week]) {
                refuses(browser, page).await;
            }
            let answer = browser.post("/api/appointments/schedule", &[("day", "2026-11-23"), ("doctor", &costa)]).await;
            assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.body);
        }
        for page in today.iter().chain(&monday) {
            refuses(&colleague, page).await;
        }
        // Today's queue belongs to the clinic; for a doctor of another department its patients count as found.
        for (browser, status) in [(&nurse, 200), (&own, 200), (&desk, 200), (&colleague, 429)] {
            let answer = browser.post("/api/opd/queue", &[("service", &service)]).await;
            assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
        }
        node.end().await;
        assert_eq!(tell_auditors(&app.state).await, Ok(4));
        let told = app.as_("auditor").await.get("/notifications").await.body;
        assert!(told.contains("Dr. Raúl Ruiz opened or looked up very many"), "{told}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn studies_of_other_days_and_debtors_count_among_the_found() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        ok(&radiology.order("us-abdomen", &[]).await);
        ok(&radiology.book(&app, "US", 24 * 60).await);
        issued(&app, &app.as_("cashier").await, app.fixture.ana).await;
        let (_, tomorrow, _) = slot(&app, "US", 24 * 60).await;
        let node = app.another_node_with(Config { found_per_hour: 1, ..test_config() }).await;
        for (login, work, beyond) in [
            ("radiology", "/imaging", format!("/imaging?day={tomorrow}")),
            ("accountant", "/books/trial-balance", "/books/accounts?kind=patient".to_owned()),
        ] {
            let browser = node.as_(login).await;
            assert!(browser.get(&beyond).await.body.contains("Núñez"), "{beyond}");
            app.state.clock.advance(Duration::minutes(61));
            // Another patient was found in this hour already.
            let browser = node.as_(login).await;
            node.state.findings.find(app.fixture.user(login), &[app.fixture.ben], app.state.clock.now()).expect("one");
            assert_eq!(browser.get(work).await.status, StatusCode::OK, "{work}");
            let refused = browser.get(&beyond).await;
            assert!(refused.status == StatusCode::TOO_MANY_REQUESTS && !refused.body.contains("Núñez"), "{beyond}: {}", refused.body);
        }
        node.end().await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_auditors_hear_of_it_once_an_hour() {
    on_both_engines(|app| async move {
        let people = app.people(4).await;
        let heard = async |login: &str| {
            let page = app.as_(login).await.get("/notifications").await.body;
            assert_eq!(page.contains("Rosa Reception opened or looked up very many"), login == "auditor", "{login}");
            page.matches("name=\"notification_id\"").count()
        };
        let beyond = async |times: usize| {
            let node = node(&app, 1).await;
            let desk = node.as_("desk").await;
            opens(&desk, &people[..1]).await;
            for patient in &people[1..=times] {
                assert_eq!(desk.get(&format!("/patients/{patient}")).await.status, StatusCode::TOO_MANY_REQUESTS);
            }
            node.end().await;
        };
        assert_eq!(tell_auditors(&app.state).await, Ok(0));
        beyond(3).await;
        let other = app.another_node().await;
        let (one, two) = tokio::join!(tell_auditors(&app.state), tell_auditors(&other.state));
        assert_eq!(one.expect("told") + two.expect("told"), 1, "by one of the nodes");
        beyond(2).await;
        assert_eq!(tell_auditors(&app.state).await, Ok(0), "within the hour");
        app.state.clock.advance(Duration::minutes(60));
        beyond(2).await;
        assert_eq!(tell_auditors(&other.state).await, Ok(1));
        assert_eq!([heard("auditor").await, heard("desk").await, heard("admin").await], [2, 0, 0]);
        let auditor = app.as_("auditor").await;
        let page = auditor.get("/notifications").await.body;
        let id = page.split("name=\"notification_id\" value=\"").nth(1).and_then(|rest| rest.get(..36)).expect("an id").to_owned();
        let to = auditor.post("/api/notifications/open", &[("notification_id", &id)]).await.location.expect("an address");
        let log = auditor.get(&to).await.body;
        assert!(log.contains("records of too many patients") && log.contains("Rosa Reception"), "{to}");
        other.end().await;
        app.assert_sound().await;
    })
    .await;
}
