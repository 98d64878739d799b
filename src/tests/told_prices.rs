//! The price that is told with an appointment: it stands as it was told, and both prices are said when it changed.

use axum::http::StatusCode;

use super::{Browser, Fixture, TestApp, on_both_engines};
use crate::{
    billing,
    core::{Money, PatientId, Stamp, VisitId},
    db::{Sql, sql},
};

async fn number(app: &TestApp, query: Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(query).await.expect("a number")
}

async fn done(app: &TestApp, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect("done");
    tx.commit().await.expect("committed");
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

/// Holds the first time of Dr. Costa; returns the address of the page that confirms it.
async fn held(app: &TestApp, browser: &Browser) -> String {
    let times = format!("/portal/book/times?clinic={}&doctor={}", app.fixture.north, app.fixture.costa);
    let page = browser.get(&times).await.body;
    let slot = page.split("name=\"slot\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a slot").to_owned();
    let key = Fixture::key();
    browser.post("/api/portal/hold", &[("slot", &slot), ("idempotency_key", &key)]).await.location.expect("held")
}

fn id_of(address: &str) -> String {
    address.rsplit('/').next().and_then(|end| end.split('?').next()).expect("an id").to_owned()
}

/// The consultation costs this much from today on.
async fn new_price(app: &TestApp, amount: &str) {
    let admin = app.as_("admin").await;
    let item = super::lab::id(app, sql("SELECT id FROM price_items WHERE code = 'CONS-MED'")).await;
    let version = number(app, sql("SELECT version FROM price_items WHERE code = 'CONS-MED'")).await.to_string();
    let key = Fixture::key();
    let form =
        [("item_id", item.as_str()), ("version", &version), ("key", &key), ("per", "1"), ("amount", amount), ("valid_from", "2026-11-21")];
    let answer = admin.post("/api/billing/set_price", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

#[tokio::test]
async fn the_price_that_was_seen_stands_with_the_appointment() {
    on_both_engines(|app| async move {
        let (ben, desk) = (app.as_("ben").await, app.as_("desk").await);
        let confirm = held(&app, &ben).await;
        let page = ben.get(&confirm).await.body;
        assert!(page.contains("Expected cost") && page.contains("$120.00"), "{page}");
        // The price changes between the page and the press of the button: what was seen stands.
        new_price(&app, "150").await;
        let page = ben.get(&confirm).await.body;
        assert!(page.contains("$120.00") && !page.contains("$150.00"), "{page}");
        let id = id_of(&confirm);
        let booked = ben.post("/api/portal/book", &[("appointment_id", &id), ("reason", "")]).await;
        assert_eq!(booked.status, StatusCode::OK, "{}", booked.body);
        let page = ben.get(&format!("/portal/appointments/{id}")).await.body;
        for words in
            ["Told at booking", "$120.00", "Expected now", "$150.00, to be paid at the clinic. The price has changed since you booked"]
        {
            assert!(page.contains(words), "{words}: {page}");
        }
        let page = desk.get(&format!("/appointments/{id}")).await.body;
        for words in ["Told at booking", "$120.00", "Expected now", "$150.00. The price has changed since the booking"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        let told = sql("SELECT total FROM told_prices");
        assert_eq!(number(&app, told).await, 12_000);
        // The same act again tells nothing new.
        let again = ben.post("/api/portal/book", &[("appointment_id", &id), ("reason", "")]).await;
        assert_eq!(again.status, StatusCode::OK);
        assert_eq!(number(&app, sql("SELECT count(*) FROM told_prices")).await, 1);
        refused_by(&app, "told_prices_fixed", sql("UPDATE told_prices SET total = 1")).await;
        refused_by(&app, "told_prices_fixed", sql("DELETE FROM told_prices")).await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_patients_part_is_told_and_a_lost_cover_is_a_change() {
    on_both_engines(|app| async move {
        // Ana's plan leaves her a part.
        let ana = app.as_("ana").await;
        let confirm = held(&app, &ana).await;
        let id = id_of(&confirm);
        ana.post("/api/portal/book", &[("appointment_id", &id), ("reason", "")]).await;
        let shares = sql("SELECT count(*) FROM told_prices WHERE own_share IS NOT NULL AND insurer_id IS NOT NULL AND own_share < total");
        assert_eq!(number(&app, shares).await, 1);
        let page = ana.get(&format!("/portal/appointments/{id}")).await.body;
        assert!(page.contains("you pay") && !page.contains("Expected now"), "{page}");
        done(&app, sql("UPDATE coverages SET valid_to = '2026-11-20'")).await;
        let page = ana.get(&format!("/portal/appointments/{id}")).await.body;
        assert!(page.contains("Expected now") && page.contains("you pay"), "what was told, and what is expected without the plan: {page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn staff_tells_too_and_older_appointments_have_none() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let (patient, service, doctor) =
            (app.fixture.ben.to_string(), app.fixture.medicine_north.to_string(), app.fixture.costa.to_string());
        let at = "2026-11-24T15:00:00Z".parse::<crate::core::time::Instant>().expect("an instant").timestamp().to_string();
        let key = Fixture::key();
        let form = [("patient_id", patient.as_str()), ("service_id", &service), ("doctor_id", &doctor), ("at", &at), ("idempotency_key", &key)];
        let made = desk.post("/api/appointments/book", &form).await;
        let page = desk.get(made.location.as_deref().expect("the appointment's page")).await.body;
        assert!(page.contains("Told at booking") && page.contains("$120.00"), "{page}");
        // A patient without an appointment is told on arrival, and the slip says so.
        let key = Fixture::key();
        let chloe = app.fixture.chloe.to_string();
        let form = [("patient", chloe.as_str()), ("service", &service), ("idempotency_key", &key)];
        let here = desk.post("/api/reception/check_in", &form).await;
        assert!(here.status.is_success() || here.status.is_redirection(), "{}", here.body);
        let visit = super::lab::id(&app, sql("SELECT visit_id FROM told_prices WHERE visit_id IS NOT NULL")).await;
        let slip = desk.get(&format!("/visits/{visit}/slip")).await.body;
        assert!(slip.contains("Told on arrival: $120.00"), "{slip}");
        // An appointment of before prices were kept.
        let id = super::lab::id(&app, sql("SELECT appointment_id FROM told_prices WHERE appointment_id IS NOT NULL")).await;
        let copy = uuid::Uuid::now_v7();
        let older = sql("INSERT INTO appointments (id, patient_id, doctor_id, clinic_id, service_id, starts_at, ends_at, seat, state,
                booked_through, placed, idempotency_key, created_at, created_by, updated_at, updated_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 'booked', 'demo', 'kept', $8, $9, $10, $11, $12)")
        .bind(copy)
        .bind(app.fixture.ana)
        .bind(app.fixture.costa)
        .bind(app.fixture.north)
        .bind(app.fixture.medicine_north)
        .bind(app.state.clock.now() + chrono::Duration::days(9))
        .bind(app.state.clock.now() + chrono::Duration::days(9) + chrono::Duration::minutes(20))
        .bind(copy)
        .bind(app.state.clock.now())
        .bind(app.fixture.user("desk"))
        .bind(app.state.clock.now())
        .bind(app.fixture.user("desk"));
        done(&app, older).await;
        let page = desk.get(&format!("/appointments/{copy}")).await.body;
        assert!(!page.contains("Told at booking"), "{page}");
        let page = app.as_("ana").await.get(&format!("/portal/appointments/{copy}")).await.body;
        assert!(page.contains("Expected cost") && !page.contains("Told at booking"), "{page}");
        assert!(desk.get(&format!("/appointments/{id}")).await.status.is_success());
        let both = sql("INSERT INTO told_prices (id, appointment_id, visit_id, item_id, day, total, currency, told_at, told_by)
            SELECT id, appointment_id, appointment_id, item_id, day, total, currency, told_at, told_by FROM told_prices WHERE visit_id IS NULL");
        refused_by(&app, "told_prices_subject", both).await;
        app.assert_sound().await;
    })
    .await;
}

/// Charges a consultation of today at north for the visit.
async fn consulted(app: &TestApp, patient: PatientId, visit: VisitId) {
    let charge = super::billing::consultation(app, patient, Some(visit));
    let mut tx = app.state.db.write().await.expect("a transaction");
    let stamp = Stamp { by: app.fixture.user("doctor"), at: app.state.clock.now() };
    billing::charge(&mut tx, &charge, stamp).await.expect("charged");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn the_cashier_reads_the_told_price_beside_the_charge_and_why_it_differs() {
    on_both_engines(|app| async move {
        let (desk, cashier) = (app.as_("desk").await, app.as_("cashier").await);
        let (service, ben, ana) = (app.fixture.medicine_north.to_string(), app.fixture.ben, app.fixture.ana);
        for patient in [ben, ana] {
            let (patient, key) = (patient.to_string(), Fixture::key());
            let form = [("patient", patient.as_str()), ("service", &service), ("idempotency_key", &key)];
            let here = desk.post("/api/reception/check_in", &form).await;
            assert!(here.status.is_success() || here.status.is_redirection(), "{}", here.body);
        }
        let visit_of = async |patient: PatientId| {
            let visit = sql("SELECT visit_id FROM told_prices WHERE visit_id IN (SELECT id FROM visits WHERE patient_id = ")
                .push_bind(patient)
                .push(")");
            super::lab::id(&app, visit).await.parse::<VisitId>().expect("an id")
        };
        // The charge is what was told: one line, and no notice.
        consulted(&app, ben, visit_of(ben).await).await;
        let page = cashier.get(&format!("/cashier?patient={ben}")).await.body;
        assert!(page.contains("Told on arrival on") && !page.contains("differs from the price that was told"), "{page}");
        // The price rises before the consultation of the next patient, and the plan has ended.
        new_price(&app, "150").await;
        done(&app, sql("UPDATE coverages SET valid_to = '2026-11-20'")).await;
        consulted(&app, ana, visit_of(ana).await).await;
        let differs = [
            "Told on arrival on",
            "$120.00, the patient pays $36.00 (Blue Plan)",
            "The charge differs from the price that was told",
            "$150.00",
            "Payer when the price was told: Blue Plan. Payer on the day of the visit: no plan.",
            "The price of the day of the visit is another one",
        ];
        let draft = cashier.get(&format!("/cashier?patient={ana}")).await.body;
        for words in differs {
            assert!(draft.contains(words), "{words}: {draft}");
        }
        // The invoice is issued over what is charged, and says the same beside it.
        let ana = ana.to_string();
        let sent = cashier.submit("/cashier", "/api/billing/issue", &[("patient_id", &ana), ("seen", "15000")]).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let invoice = cashier.get(sent.location.as_deref().expect("the invoice")).await.body;
        for words in differs {
            assert!(invoice.contains(words), "{words}: {invoice}");
        }
        let told = number(&app, sql("SELECT count(*) FROM told_prices WHERE total = 12000")).await;
        assert_eq!(told, 2, "what was told stands");
        app.assert_sound().await;
    })
    .await;
}

#[test]
fn a_price_says_what_the_patient_pays() {
    use crate::{core::Currency, server::hooks::ToldPrice};
    let told = ToldPrice {
        total: Money(12_000),
        own: Some(Money(3_600)),
        insurer: Some((crate::core::InsurerId::new(), "Meridian".to_owned())),
        day: chrono::NaiveDate::default(),
        currency: Currency::USD,
    };
    assert_eq!(told.words(), "$120.00, the patient pays $36.00 (Meridian)");
    assert_eq!(told.words_to_patient(), "$120.00, you pay $36.00 (Meridian)");
    assert_eq!(told.words_in_letter(), "$120.00, you pay $36.00");
}
