//! Tests the portal: the live parts of the home page, the patient and the cost of an appointment, and the printed pages.

use axum::http::StatusCode;
use serde_json::Value;

use super::{
    Browser, Fixture, TestApp,
    accounts::sign_up::{ask, letters},
    billing,
    consultation::{calls, saves},
    fixture::PASSWORD,
    messages, on_both_engines,
    opd::waits_for_doctor,
};
use crate::db::{Sql, sql};

async fn change(app: &TestApp, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect("changed");
    tx.commit().await.expect("committed");
}

/// Requests a live part of the home page: `places` or `due`.
async fn part(browser: &Browser, name: &str) -> String {
    let answer = browser.get(&format!("/portal/{name}/live")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(!answer.body.contains("<html"), "a part is no page: {}", answer.body);
    answer.body
}

/// Counts the places in the queue that the part shows.
fn places(part: &str) -> usize {
    part.matches("place__token").count()
}

/// Holds a time for the patient; returns the address of the page that confirms it.
async fn held(browser: &Browser, times: &str) -> String {
    let page = browser.get(times).await.body;
    let slot = page.split("name=\"slot\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a slot").to_owned();
    let form = [("slot", slot), ("idempotency_key", Fixture::key())];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post("/api/portal/hold", &form).await.location.expect("held")
}

#[tokio::test]
async fn a_parent_sees_the_childs_place_in_the_queue_without_going_there() {
    on_both_engines(|app| async move {
        let (desk, ben) = (app.as_("desk").await, app.as_("ben").await);
        let (chloe, guardian) = (app.fixture.chloe.to_string(), app.fixture.ben.to_string());
        let form = [("patient_id", chloe.as_str()), ("guardian_id", &guardian), ("kind", "child"), ("document", "Birth certificate")];
        assert_eq!(desk.post("/api/patients/add_guardian", &form).await.status, StatusCode::OK);
        assert_eq!(places(&part(&ben, "places").await), 0);
        waits_for_doctor(&app, app.fixture.chloe).await;
        let page = ben.get("/portal").await.body;
        assert!(page.contains("Good morning, Ben") && page.contains("Place in the queue: Chloe Baker"), "{page}");
        let now = part(&ben, "places").await;
        assert!(places(&now) == 1 && now.contains("<strong>Chloe Baker") && now.contains("A-001"), "{now}");
        // In her portal, her place is the page's own; only his own place would be listed with the family.
        assert_eq!(ben.post("/api/portal/act_for", &[("patient", &chloe)]).await.status, StatusCode::OK);
        let hers = part(&ben, "places").await;
        assert!(places(&hers) == 1 && !hers.contains("Chloe Baker"), "{hers}");
        assert_eq!(places(&part(&app.as_("ana").await, "places").await), 0, "nobody else's");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_due_is_gone_from_the_home_page_once_it_is_paid() {
    on_both_engines(|app| async move {
        let (ana, cashier) = (app.as_("ana").await, app.as_("cashier").await);
        assert!(!part(&ana, "due").await.contains("todo__item"));
        let invoice = billing::issued(&app, &cashier, app.fixture.ana).await;
        assert!(part(&ana, "due").await.contains("$36.00"));
        assert!(ana.get("/portal").await.body.contains("$36.00"));
        let key = Fixture::key();
        let form = [("invoice_id", invoice.as_str()), ("idempotency_key", &key), ("method", "cash"), ("tendered", "36.00")];
        assert_eq!(cashier.post("/api/billing/pay", &form).await.status, StatusCode::OK);
        assert!(!part(&ana, "due").await.contains("todo__item"));
    })
    .await;
}

#[tokio::test]
async fn an_appointment_says_for_whom_what_it_costs_and_whom_to_call() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        let times = format!("/portal/book/times?clinic={}&doctor={}", app.fixture.north, app.fixture.costa);
        let confirm = held(&ana, &times).await;
        let page = ana.get(&confirm).await.body;
        assert!(page.contains("For whom") && page.contains("Ana María"), "{page}");
        // Without a recorded telephone number, no text asks the patient to call.
        assert!(!page.contains("tel:") && !page.contains("Call us"), "{page}");
        change(&app, sql("UPDATE clinics SET phone = '+44 (0)20 7946 0018'")).await;
        let page = ana.get(&confirm).await.body;
        assert!(page.contains("In pain or short of breath now? Call us:") && page.contains("href=\"tel:+442079460018\""), "{page}");
        let other = format!(
            "/portal/book/times?clinic={}&amp;service={}&amp;doctor={}",
            app.fixture.north, app.fixture.medicine_north, app.fixture.costa
        );
        assert!(page.contains(&other), "another time is of the same service: {page}");
        let id = confirm.rsplit('/').next().expect("an id").to_owned();
        assert_eq!(ana.post("/api/portal/book", &[("appointment_id", &id)]).await.status, StatusCode::OK);
        let page = ana.get(&format!("/portal/appointments/{id}")).await.body;
        for shown in ["For whom", "Ana María", "Told at booking", "$36.00", "tel:+442079460018", &other] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        // Only doctors of that service are offered instead.
        let page = ana.get(&other.replace("&amp;", "&")).await.body;
        assert!(page.contains("Dr. Carmen Costa") && !page.contains("Ruiz"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn a_visit_on_paper_says_whose_it_is_and_of_which_hospital() {
    on_both_engines(|app| async move {
        let (doctor, ana) = (app.as_("doctor").await, app.as_("ana").await);
        let visit = waits_for_doctor(&app, app.fixture.ana).await.to_string();
        calls(&app, &doctor).await;
        assert_eq!(saves(&doctor, &visit, "0", "Cough").await.status, StatusCode::OK);
        let sign = [("visit_id", visit.as_str()), ("version", "1"), ("plan", "Rest"), ("password", PASSWORD)];
        assert!(doctor.post("/api/clinical/sign", &sign).await.status.is_success());
        let page = ana.get(&format!("/portal/records/visits/{visit}")).await.body;
        let head = page.split("class=\"only-print\"").nth(1).and_then(|rest| rest.split("<h1").next()).expect("a head");
        for shown in ["Test Hospital", "North Clinic", "Ana María", "1A00000000017", "1980"] {
            assert!(head.contains(shown), "{shown}: {head}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_code_sheet_is_in_the_patients_language() {
    on_both_engines(|app| async move {
        let (desk, chloe) = (app.as_("desk").await, app.fixture.chloe);
        change(&app, sql("UPDATE patients SET language = 'es-MX' WHERE id = $1").bind(chloe)).await;
        let id = chloe.to_string();
        assert_eq!(desk.post("/api/patients/give_access", &[("patient_id", id.as_str())]).await.status, StatusCode::OK);
        let page = desk.get(&format!("/patients/{chloe}/access")).await.body;
        let sheet = page.split("<div lang=\"es\">").nth(1).expect("a Spanish sheet");
        assert!(sheet.contains("Elija una contraseña") && !sheet.contains("Choose a password"), "{sheet}");
        assert!(page.contains("<html lang=\"en\"") && page.contains(">Record<"), "the desk reads its own language: {page}");
    })
    .await;
}

#[tokio::test]
async fn who_has_an_account_already_is_told_in_its_language() {
    on_both_engines(|app| async move {
        change(&app, sql("UPDATE users SET login = 'ana@home.test', language = 'es' WHERE login = 'ana'")).await;
        assert_eq!(ask(&app, "ana@home.test").await.status, StatusCode::OK);
        let all = letters(&app).await;
        let (_, letter) = all.iter().find(|(to, _)| to == "ana@home.test").expect("a letter");
        assert!(letter.contains("Ya tiene una") && !letter.contains("You have an account"), "{letter}");
        assert!(letter.contains("MIME-Version: 1.0"), "{letter}");
    })
    .await;
}

#[tokio::test]
async fn where_no_doctor_has_a_specialty_patients_choose_a_service() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        change(&app, sql("DELETE FROM staff_specialties")).await;
        let page = ana.get("/portal/book").await.body;
        let link = format!("/portal/book/times?clinic={}&amp;service={}", app.fixture.north, app.fixture.medicine_north);
        assert!(page.contains(&link), "{link}: {page}");
    })
    .await;
}

#[tokio::test]
async fn the_rules_are_said_before_booking_and_a_phone_shows_one_day() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        let times = format!("/portal/book/times?clinic={}&doctor={}", app.fixture.north, app.fixture.costa);
        let page = ana.get(&times).await.body;
        assert!(page.contains("After booking you can cancel here"), "{page}");
        assert_eq!(page.matches("is-chosen\"").count(), 1, "{page}");
        assert!(page.contains("#days\"") && page.contains("day-chips__day"), "the chips lead to the other days: {page}");
        let confirm = ana.get(&held(&ana, &times).await).await.body;
        for words in
            ["Ana María Núñez", "You can cancel here until", "You can choose another time here until", "href=\"geo:0,0?q=North%20Clinic"]
        {
            assert!(confirm.contains(words), "{words}: {confirm}");
        }
        let records = ana.get("/portal/records").await.body;
        assert!(records.contains("sheet__hospital") && records.contains("only-print"), "the hospital's head is on paper");
    })
    .await;
}

/// A phone puts the portal on its home screen by this file; it says nothing of a patient, and no page is kept.
#[tokio::test]
async fn the_portal_can_be_installed() {
    on_both_engines(|app| async move {
        for browser in [app.browser(), app.as_("ana").await] {
            let answer = browser.get("/manifest.webmanifest").await;
            assert_eq!(answer.status, StatusCode::OK);
            let manifest: Value = serde_json::from_str(&answer.body).expect("JSON");
            let begin = [&manifest["start_url"], &manifest["scope"], &manifest["display"]].map(|value| value.as_str().unwrap_or_default());
            assert_eq!(begin, ["/portal", "/", "standalone"]);
            assert_eq!(manifest["theme_color"], crate::portal::pages::THEME);
            let icons = manifest["icons"].as_array().expect("icons");
            for icon in icons {
                let file = icon["src"].as_str().and_then(|address| address.split("/icons/").nth(1)).expect("a file");
                let bytes = std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("public/icons").join(file)).expect("there");
                // The width of a PNG.
                let width = u32::from_be_bytes(bytes[16..20].try_into().expect("four bytes"));
                assert_eq!(icon["sizes"], format!("{width}x{width}"), "{file}");
            }
            assert!(icons.iter().any(|icon| icon["purpose"] == "maskable") && !answer.body.contains("Ana"), "{}", answer.body);
        }
        let (door, desk) = (app.browser().get("/sign-in").await.body, app.as_("desk").await.get("/reception").await.body);
        assert!(door.contains("rel=\"manifest\"") && door.contains("name=\"theme-color\"") && door.contains("apple-touch-icon"), "{door}");
        assert!(!desk.contains("rel=\"manifest\""), "the desk's pages are not the portal");
        assert!(!door.contains("serviceWorker"));
    })
    .await;
}

/// Specialties, services and visit types have a Spanish name beside the first one, and patients read their own language.
#[tokio::test]
async fn names_of_services_follow_the_readers_language() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        assert!(admin.get("/settings/specialties/new").await.body.contains("name=\"name_es\""));
        for (name, spanish) in [("Neonatology", "Neonatología"), ("Sleep medicine", "")] {
            let form = [("list", "specialties"), ("key", &Fixture::key()), ("name", name), ("name_es", spanish)];
            let answer = admin.post("/api/organisation/save", &form).await;
            assert!(answer.location.is_some(), "{}", answer.body);
        }
        let door = app.browser();
        assert!(door.get("/clinic/first-visit").await.body.contains("Neonatology"));
        door.post("/api/accounts/language", &[("language", "es")]).await;
        let spanish = door.get("/clinic/first-visit").await.body;
        assert!(spanish.contains("Neonatología") && !spanish.contains("Neonatology"), "{spanish}");
        assert!(spanish.contains("Sleep medicine"), "the first language where there is no other");
        // The appointment of a patient.
        change(&app, sql("UPDATE services SET name_es = 'Medicina general' WHERE name = 'General medicine'")).await;
        app.state.read_hospital_again().await;
        messages::book(&app, app.fixture.ana, "2026-11-23T14:00:00Z").await;
        let ana = app.as_("ana").await;
        for page in ["/portal", "/portal/appointments"] {
            assert!(ana.get(page).await.body.contains("General medicine"), "{page}");
        }
        ana.post("/api/accounts/language", &[("language", "es")]).await;
        for page in ["/portal", "/portal/appointments"] {
            let shown = ana.get(page).await.body;
            assert!(shown.contains("Medicina general") && !shown.contains("General medicine"), "{page}: {shown}");
        }
    })
    .await;
}
