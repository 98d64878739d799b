//! Tests the pages of the price list: items, prices from a day on, the file, and the guards of the database.

use axum::http::StatusCode;
use chrono::{Days, NaiveDate};

use super::{Answer, Browser, Fixture, TestApp, on_both_engines, races_from};
use crate::{
    billing::{self, Consultation, PriceFor},
    core::{Error, Money, PriceId, PriceItemId, UserId, VisitTypeId},
    db::{Sql, sql},
};

/// Saturday 21 November 2026, the day of the tests' clock.
fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day")
}

fn in_days(days: u64) -> String {
    (today() + Days::new(days)).to_string()
}

/// Returns the names of the fields with errors.
fn named(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

async fn item(admin: &Browser, code: &str, name: &str) -> String {
    let key = Fixture::key();
    let form = [("key", key.as_str()), ("code", code), ("name", name), ("kind", "procedure"), ("discountable", "true")];
    let saved = admin.post("/api/billing/save_price_item", &form).await;
    assert_eq!(saved.location.as_deref(), Some(format!("/prices/{key}?done=saved").as_str()), "{}", saved.body);
    key
}

async fn price(admin: &Browser, item: &str, version: &str, fields: &[(&str, &str)]) -> Answer {
    let key = Fixture::key();
    let form = [&[("item_id", item), ("version", version), ("key", key.as_str()), ("per", "1")], fields].concat();
    admin.post("/api/billing/set_price", &form).await
}

async fn costs(app: &TestApp, item: &str, of: PriceFor, day: NaiveDate) -> Option<Money> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let item: PriceItemId = item.parse().expect("an id");
    billing::price_of(&mut tx, item, of, day).await.expect("asked").map(|price| price.amount)
}

#[tokio::test]
async fn a_price_change_is_a_new_row_from_a_day_on() {
    on_both_engines(|app| async move {
        let (admin, cashier) = (app.as_("admin").await, app.as_("cashier").await);
        let dressing = item(&admin, "DRESS", "Dressing").await;
        assert!(cashier.get("/prices?q=dressing").await.body.contains("No price"), "an item without a price is on the list");
        assert_eq!(price(&admin, &dressing, "1", &[("amount", "30"), ("valid_from", &in_days(0))]).await.status, StatusCode::OK);
        assert_eq!(price(&admin, &dressing, "2", &[("amount", "36.50"), ("valid_from", &in_days(10))]).await.status, StatusCode::OK);
        for (days, amount) in [(0, 3_000), (9, 3_000), (10, 3_650), (900, 3_650)] {
            assert_eq!(costs(&app, &dressing, PriceFor::default(), today() + Days::new(days)).await, Some(Money(amount)), "in {days} days");
        }
        let page = admin.get(&format!("/prices/{dressing}")).await.body;
        for shown in ["$30.00", "$36.50", "In force", "Coming", "Everybody, all clinics"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        // Past days do not change, an outdated page is refused, and each wrong field is named.
        for (version, fields, wrong) in [
            ("3", [("amount", "1"), ("valid_from", "2026-11-20"), ("valid_to", "")], "none"),
            ("3", [("amount", "1"), ("valid_from", "2026-11-25"), ("valid_to", "2026-12-05")], "valid_to"),
            ("3", [("amount", "x"), ("valid_from", "2026-11-25"), ("valid_to", "")], "amount"),
            ("3", [("amount", "1"), ("valid_from", "soon"), ("valid_to", "")], "valid_from"),
        ] {
            let answer = price(&admin, &dressing, version, &fields).await;
            if wrong == "none" {
                // No price covers the day before the first one: entering it late changes no price that was in force.
                assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            } else {
                let again = price(&admin, &dressing, "4", &fields).await;
                assert_eq!(named(&again), [wrong], "{}", again.body);
            }
        }
        let past = price(&admin, &dressing, "4", &[("amount", "1"), ("valid_from", "2026-11-20")]).await;
        assert_eq!(named(&past), ["valid_from"], "{}", past.body);
        assert_eq!(price(&admin, &dressing, "1", &[("amount", "1"), ("valid_from", &in_days(3))]).await.status, StatusCode::CONFLICT);
        // The future price is withdrawn: the price before it stays in force.
        let mut tx = app.state.db.read().await.expect("a connection");
        let prices = billing::prices_of(&mut tx, dressing.parse().expect("an id")).await.expect("prices");
        drop(tx);
        let coming = prices.iter().find(|price| price.valid_from > today()).expect("a coming price").id.to_string();
        let withdrawn = admin.post("/api/billing/withdraw_price", &[("price_id", &coming), ("version", "4")]).await;
        assert_eq!(withdrawn.status, StatusCode::OK, "{}", withdrawn.body);
        assert_eq!(costs(&app, &dressing, PriceFor::default(), today() + Days::new(20)).await, Some(Money(3_000)));
        // A retired item is not on the list; a user without the permission to set prices cannot open the pages for it.
        assert_eq!(admin.post("/api/billing/retire_price_item", &[("id", &dressing), ("version", "5")]).await.status, StatusCode::OK);
        assert!(!cashier.get("/prices?q=dressing").await.body.contains("DRESS"));
        assert_eq!(admin.post("/api/billing/bring_back_price_item", &[("id", &dressing), ("version", "6")]).await.status, StatusCode::OK);
        assert_eq!(cashier.get("/prices/new").await.status, StatusCode::FORBIDDEN);
        assert!(!cashier.get("/prices").await.body.contains("/prices/new"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_insurers_price_goes_before_the_doctors_and_the_doctors_before_the_clinics() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let f = &app.fixture;
        let scan = item(&admin, "SCAN", "Scan").await;
        let mut tx = app.state.db.read().await.expect("a connection");
        let masters = billing::masters(&mut tx).await.expect("master data");
        drop(tx);
        let insurer = masters.insurers.first().expect("an insurer").id;
        let (north, costa, payer) = (f.north.to_string(), f.costa.to_string(), insurer.to_string());
        let from = in_days(0);
        for (version, amount, more) in [
            ("1", "100", &[][..]),
            ("2", "90", &[("clinic_id", north.as_str())][..]),
            ("3", "150", &[("provider_id", costa.as_str())][..]),
            ("4", "70", &[("insurer_id", payer.as_str())][..]),
            ("5", "65", &[("insurer_id", payer.as_str()), ("clinic_id", north.as_str())][..]),
        ] {
            let set = price(&admin, &scan, version, &[&[("amount", amount), ("valid_from", from.as_str())], more].concat()).await;
            assert_eq!(set.status, StatusCode::OK, "{amount}: {}", set.body);
        }
        let of = |clinic: bool, provider: bool, insured: bool| PriceFor {
            clinic: Some(if clinic { f.north } else { f.south }),
            provider: provider.then_some(f.costa),
            insurer: insured.then_some(crate::core::InsurerId(insurer)),
            visit_type: None,
        };
        for (asked, amount) in [
            (of(false, false, false), 10_000),
            (of(true, false, false), 9_000),
            (of(true, true, false), 15_000),
            (of(false, true, false), 15_000),
            (of(false, true, true), 7_000),
            (of(true, true, true), 6_500),
        ] {
            assert_eq!(costs(&app, &scan, asked, today()).await, Some(Money(amount)), "{asked:?}");
        }
        assert_eq!(costs(&app, &scan, of(true, true, true), today() - Days::new(1)).await, None, "no price on the day before");
    })
    .await;
}

#[tokio::test]
async fn a_file_shows_what_it_changes_before_it_is_written() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let before = admin.get("/prices/export").await.body;
        assert!(
            before.starts_with("code,name,kind,department,") && before.contains("CONS-MED,Consultation,consultation,MED,,yes,,,,,120.00,1")
        );
        let text = format!(
            "code;name;kind;department;clinic;amount;valid_from;valid_to\n\
             CONS-MED;;;;;125;{tomorrow};\nXR-1;\"Chest X-ray;=1+1\";test;;;60;;\nXR-1;;;;north;55.5;;\nCONS-SURG;;;;;200;2026-01-01;{tomorrow}\n",
            tomorrow = in_days(1)
        );
        let wrong = text.replace("north;55.5", "nowhere;55.5");
        let refused = admin.submit("/prices/import", "/api/billing/import_prices", &[("text", &wrong)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            refused.body.contains("nowhere") && refused.body.contains("Refused") && !refused.body.contains("name=\"seen\""),
            "{}",
            refused.body
        );
        let preview = admin.submit("/prices/import", "/api/billing/import_prices", &[("text", &text)]).await;
        assert_eq!(preview.status, StatusCode::UNPROCESSABLE_ENTITY);
        for shown in ["New: 2. Changed: 1. Ended: 1.", "Chest X-ray", "$125.00 ($120.00)"] {
            assert!(preview.body.contains(shown), "{shown}: {}", preview.body);
        }
        assert_eq!(admin.get("/prices/export").await.body, before, "a preview writes nothing");
        let seen = preview.body.split("name=\"seen\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1)).expect("a tick");
        let seen = seen.split('"').next().expect("its value");
        let other = text.replace("125", "126");
        let stale = admin.post("/api/billing/import_prices", &[("text", &other), ("seen", seen)]).await;
        assert_eq!(named(&stale), ["seen"], "other changes than those that were read");
        let done = admin.post("/api/billing/import_prices", &[("text", &text), ("seen", seen)]).await;
        assert_eq!(done.location.as_deref(), Some("/prices?done=imported"), "{}", done.body);
        let after = admin.get("/prices/export").await.body;
        // A name that another separator makes a formula goes out as text.
        assert!(after.contains("XR-1,Chest X-ray;'=1+1,test,,,yes,NORTH,,,,55.50,1"), "{after}");
        // The exported list changes nothing when it is imported.
        let again = admin.submit("/prices/import", "/api/billing/import_prices", &[("text", &after)]).await;
        assert!(again.body.contains("New: 0. Changed: 0. Ended: 0."), "{}", again.body);
        for bad in ["", "code,colour\nA,red", "name\nA"] {
            assert_eq!(named(&admin.post("/api/billing/import_prices", &[("text", bad)]).await), ["text"], "{bad:?}");
        }
        app.assert_sound().await;
    })
    .await;
}

async fn refuses(app: &TestApp, guard: &str, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(guard);
    assert!(error.violates(guard), "{guard}: {error}");
}

#[tokio::test]
async fn the_database_keeps_prices_apart_and_as_they_were() {
    on_both_engines(|app| async move {
        let now = app.state.clock.now();
        let mut tx = app.state.db.read().await.expect("a connection");
        let item = billing::consultation_item(&mut tx, app.fixture.medicine).await.expect("asked").expect("an item");
        drop(tx);
        let second = sql("INSERT INTO prices (id, item_id, amount, valid_from, valid_to, created_at, created_by) VALUES (")
            .push_bind(PriceId::new())
            .push(", ")
            .push_bind(item.id)
            .push(", 1, ")
            .push_bind(today())
            .push(", ")
            .push_bind(today())
            .push(", ")
            .push_bind(now)
            .push(", ")
            .push_bind(UserId::SYSTEM)
            .push(")");
        refuses(&app, "prices_overlap", second).await;
        refuses(&app, "prices_kept", sql("UPDATE prices SET amount = 1 WHERE item_id = ").push_bind(item.id)).await;
        refuses(&app, "prices_kept", sql("UPDATE prices SET valid_from = ").push_bind(today())).await;
        refuses(&app, "prices_kept", sql("DELETE FROM prices WHERE item_id = ").push_bind(item.id)).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE prices SET valid_to = ").push_bind(today())).await.expect("a price may end");
        let later = sql("UPDATE prices SET valid_to = ").push_bind(today() + Days::new(1));
        assert!(tx.execute(later).await.expect_err("and is not prolonged").violates("prices_kept"));
    })
    .await;
}

#[tokio::test]
async fn a_visit_type_has_a_price_of_its_own_from_the_booking_to_the_charge() {
    on_both_engines(|app| async move {
        let (admin, desk, f) = (app.as_("admin").await, app.as_("desk").await, app.fixture.clone());
        let first = Fixture::key();
        let form =
            [("list", "visit-types"), ("key", first.as_str()), ("name", "First visit"), ("minutes", "20"), ("booked_by", "everybody")];
        assert_eq!(admin.post("/api/organisation/save", &form).await.status, StatusCode::OK);
        let mut tx = app.state.db.read().await.expect("a connection");
        let consultation = billing::consultation_item(&mut tx, f.medicine).await.expect("asked").expect("an item");
        drop(tx);
        let (id, from) = (consultation.id.to_string(), in_days(0));
        let set = async |version: i64, amount: &str, (field, value): (&str, &str)| {
            let fields = [("amount", amount), ("valid_from", from.as_str()), (field, value)];
            price(&admin, &id, &version.to_string(), &fields).await
        };
        assert_eq!(named(&set(consultation.version, "180", ("visit_type_id", &id)).await), ["visit_type_id"], "no visit type");
        let done = set(consultation.version, "180", ("visit_type_id", &first)).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        let page = admin.get(&format!("/prices/{id}")).await.body;
        assert!(page.contains("First visit") && page.contains("Every visit type") && page.contains("$180.00"), "{page}");
        let visit_type: VisitTypeId = first.parse().expect("an id");
        // The desk books a first visit: its price is told.
        let (ben, costa, service) = (f.ben.to_string(), f.costa.to_string(), f.medicine_north.to_string());
        let at = "2026-11-24T15:00:00Z".parse::<crate::core::time::Instant>().expect("an instant").timestamp().to_string();
        let before = desk.get(&format!("/appointments/new?patient={ben}&service={service}&doctor={costa}&at={at}")).await.body;
        assert!(before.contains("Expected price, First visit") && before.contains("$120.00") && before.contains("$180.00"), "{before}");
        let key = Fixture::key();
        let form = [
            ("patient_id", ben.as_str()),
            ("doctor_id", &costa),
            ("service_id", &service),
            ("at", &at),
            ("visit_type", &first),
            ("idempotency_key", &key),
        ];
        let booked = desk.post("/api/appointments/book", &form).await.location.expect("booked");
        let page = desk.get(&booked).await.body;
        assert!(page.contains("Told at booking") && page.contains("$180.00"), "{page}");
        // The charge asks the same function.
        let asked = async |visit_type: Option<VisitTypeId>, provider| {
            let held = Consultation { patient: f.ben, clinic: f.north, department: f.medicine, provider, visit_type, day: today() };
            let mut tx = app.state.db.read().await.expect("a connection");
            billing::quote(&mut tx, &held.into()).await.expect("asked").total()
        };
        assert_eq!((asked(None, None).await, asked(Some(visit_type), None).await), (Money(12_000), Money(18_000)));
        assert_eq!(set(consultation.version + 1, "150", ("provider_id", &costa)).await.status, StatusCode::OK);
        assert_eq!(asked(Some(visit_type), Some(f.costa)).await, Money(15_000), "the doctor's own fee goes before it");
        let file = admin.get("/prices/export").await.body;
        assert!(file.contains("CONS-MED,Consultation,consultation,MED,,yes,,,,First visit,180.00,1"), "{file}");
        let again = admin.submit("/prices/import", "/api/billing/import_prices", &[("text", &file)]).await;
        assert!(again.body.contains("New: 0. Changed: 0. Ended: 0."), "{}", again.body);
        let second = sql("INSERT INTO prices (id, item_id, visit_type_id, amount, valid_from, created_at, created_by) SELECT ")
            .push_bind(PriceId::new())
            .push(", item_id, visit_type_id, 1, valid_from, created_at, created_by FROM prices WHERE visit_type_id IS NOT NULL");
        refuses(&app, "prices_overlap", second).await;
        refuses(&app, "prices_kept", sql("UPDATE prices SET visit_type_id = NULL WHERE visit_type_id IS NOT NULL")).await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_who_set_a_price_at_once_one_wins() {
    let prepare = async |app: &TestApp| {
        let admin = app.as_("admin").await;
        let item = item(&admin, "RACE", "Raced").await;
        (admin, item)
    };
    races_from(prepare, |app, (admin, item)| async move {
        let sets = (0..20_u64).map(|number| {
            let (admin, item) = (admin.in_copy(&app), item.clone());
            async move {
                let amount = (number + 1).to_string();
                price(&admin, &item, "1", &[("amount", &amount), ("valid_from", &in_days(number % 3))]).await.status
            }
        });
        let statuses = super::all_at_once(sets).await;
        assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_item_has_a_spanish_name_on_invoices_and_estimates() {
    on_both_engines(|app| async move {
        let (admin, cashier) = (app.as_("admin").await, app.as_("cashier").await);
        let id = super::lab::id(&app, sql("SELECT id FROM price_items WHERE code = 'CONS-MED'")).await;
        let page = admin.get(&format!("/prices/{id}")).await.body;
        assert!(page.contains("name=\"name_es\""), "{page}");
        let medicine = app.fixture.medicine.to_string();
        let form = [
            ("id", id.as_str()),
            ("version", "1"),
            ("code", "CONS-MED"),
            ("name", "Consultation"),
            ("name_es", "Consulta de medicina"),
            ("kind", "consultation"),
            ("department_id", &medicine),
            ("discountable", "true"),
        ];
        let saved = admin.post("/api/billing/save_price_item", &form).await;
        assert!(saved.location.is_some(), "{}", saved.body);
        assert!(admin.get("/prices/export").await.body.contains(",Consulta de medicina\n"), "the file has it in its last column");
        app.state.read_hospital_again().await;
        let invoice = super::billing::issued(&app, &cashier, app.fixture.ben).await;
        let address = format!("/invoices/{invoice}");
        assert!(cashier.get(&address).await.body.contains("Consultation"));
        cashier.post("/api/accounts/language", &[("language", "es")]).await;
        let shown = cashier.get(&address).await.body;
        assert!(shown.contains("Consulta de medicina"), "{shown}");
        app.assert_sound().await;
    })
    .await;
}
