//! Returned medicines: their price, the list of the cashier, a reaction, units of a ward; and prescriptions that are too old.

use axum::http::StatusCode;
use chrono::{Duration, NaiveDate};

use super::{Pharmacy, fields, id, number, ok, state};
use crate::{
    core::{PriceId, PriceItemId, UserId},
    db::sql,
    tests::{Answer, Fixture, TestApp, on_both_engines},
};

/// Prices of a tablet in cents: one until the day of the tests, the other from the next day on.
pub(super) async fn priced(app: &TestApp, pharmacy: &Pharmacy, (until, after): (i64, i64)) {
    let (item, now) = (PriceItemId::new(), app.state.clock.now());
    let of: uuid::Uuid = pharmacy.item.parse().expect("an id");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let query = sql("INSERT INTO price_items (id, code, name, kind) SELECT ").push_bind(item);
    tx.execute(query.push(", 'MED-' || code, name, 'drug' FROM stock_items WHERE id = ").push_bind(of)).await.expect("an item");
    let today = now.date_naive();
    for (amount, from, to) in [(until, NaiveDate::from_ymd_opt(2026, 1, 1), Some(today)), (after, today.succ_opt(), None)] {
        let query = sql(
            "INSERT INTO prices (id, item_id, amount, valid_from, valid_to, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(PriceId::new())
        .bind(item)
        .bind(amount)
        .bind(from)
        .bind(to)
        .bind(now)
        .bind(UserId::SYSTEM);
        tx.execute(query).await.expect("a price");
    }
    tx.commit().await.expect("committed");
}

async fn take_back(app: &TestApp, quantity: &str, reason: &str) -> Answer {
    let line = id(app, sql("SELECT id FROM dispense_lines ORDER BY quantity DESC LIMIT 1")).await;
    let key = Fixture::key();
    let form = [("movement_id", line.as_str()), ("key", &key), ("quantity", quantity), ("reason", reason)];
    app.as_("pharmacist").await.post("/api/pharmacy/take_back", &form).await
}

#[tokio::test]
async fn what_is_kept_has_the_price_of_its_day_and_an_invoiced_return_waits_for_the_cashier() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        priced(&app, &pharmacy, (25, 90)).await;
        let ana = app.fixture.ana;
        let (_, supply) = pharmacy.prescribed(&app, ana, "4").await;
        ok(&pharmacy.verify(&app, &supply, "12").await);
        ok(&pharmacy.dispense(&supply, "12", &[]).await);
        app.state.clock.advance(Duration::days(1));
        ok(&take_back(&app, "2", "not_needed").await);
        let gross = || sql("SELECT gross FROM charges WHERE source = 'dispense'");
        assert_eq!(number(&app, gross()).await, 250, "ten at the price of the day on which they were handed out");
        let cashier = app.as_("cashier").await;
        let returns = async || cashier.get("/pharmacy/returns").await.body;
        assert!(!returns().await.contains("Núñez"), "no invoice has it yet");
        ok(&cashier.post("/api/billing/issue", &[("patient_id", &ana.to_string())]).await);
        let back = take_back(&app, "4", "reaction").await;
        assert!(back.location.as_deref().is_some_and(|to| to.ends_with("returned_billed")), "{:?}", back.location);
        assert_eq!(number(&app, gross()).await, 250, "the invoice stays");
        let page = returns().await;
        assert!(page.contains("Núñez") && page.contains("/invoices/"), "{page}");
        assert_eq!(state(&app, &supply).await, "closed", "nothing is owed to a patient who reacted");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_prescription_is_too_old_after_thirty_days_and_is_found_by_its_patient() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        ok(&pharmacy.dispense(&supply, "4", &[]).await);
        app.state.clock.advance(Duration::days(31));
        let later = Pharmacy { pharmacist: app.as_("pharmacist").await, ..pharmacy };
        let refused = later.dispense(&supply, "20", &[]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("too old"), "{}", refused.body);
        let page = later.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("too old") && !page.contains("/api/pharmacy/dispense"), "{page}");
        assert!(!later.pharmacist.get("/pharmacy").await.body.contains(&supply), "it is in no queue");
        let found = later.pharmacist.get("/pharmacy?q=Nunez").await.body;
        assert!(found.contains(&supply) && found.contains("Too old"), "{found}");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let document = uuid::Uuid::now_v7();
        let (room, now): (uuid::Uuid, _) = (later.shop.parse().expect("an id"), app.state.clock.now());
        let query = sql("INSERT INTO stock_documents (id, kind, store_id, at, by_user) VALUES ($1, 'dispense', $2, $3, $4)");
        tx.execute(query.bind(document).bind(room).bind(now).bind(app.fixture.user("pharmacist"))).await.expect("a document");
        let late = sql("INSERT INTO dispenses (id, supply_id, patient_id, clinic_id, quantity, identified_by, at, by_user)
            SELECT $1, supply_id, patient_id, clinic_id, 1, 'card', $2, by_user FROM dispenses");
        let error = tx.execute(late.bind(document).bind(now)).await.expect_err("too old");
        assert!(error.violates("dispenses_in_time"), "{error}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn units_that_a_ward_gives_back_return_to_the_shelf_or_the_quarantine_and_leave_the_account() {
    on_both_engines(|app| async move {
        let on_ward = crate::tests::medicine_record::OnWard::open(&app).await;
        let pharmacy = Pharmacy::open(&app).await;
        let order = on_ward.order(&app, "PARACETAMOL-500-MG-TAB", &[]).await;
        let paracetamol = "SELECT i.id FROM stock_items i JOIN drugs d ON d.id = i.drug_id WHERE d.code = 'PARACETAMOL-500-MG-TAB'";
        let pharmacy = Pharmacy { item: id(&app, sql(paracetamol)).await, ..pharmacy };
        ok(&pharmacy.receive(&pharmacy.shop, ("WARD", "2027-09-30", "20"), &[]).await);
        let key = Fixture::key();
        let form =
            [("care_order_id", order.as_str()), ("key", &key), ("storeroom", &pharmacy.shop), ("item", &pharmacy.item), ("quantity", "12")];
        ok(&pharmacy.pharmacist.post("/api/pharmacy/supply_ward", &form).await);
        let part = id(&app, sql("SELECT id FROM stock_movements WHERE kind = 'dispense'")).await;
        let give_back = async |quantity: &str, condition: &str, key: &str| {
            let form = [("movement_id", part.as_str()), ("key", key), ("quantity", quantity), ("condition", condition)];
            pharmacy.pharmacist.post("/api/pharmacy/take_back_ward", &form).await
        };
        assert_eq!(fields(&give_back("13", "unopened", &Fixture::key()).await), ["quantity"]);
        assert_eq!(fields(&give_back("1", "", &Fixture::key()).await), ["condition"]);
        let key = Fixture::key();
        ok(&give_back("5", "unopened", &key).await);
        ok(&give_back("5", "unopened", &key).await);
        ok(&give_back("1", "doubtful", &Fixture::key()).await);
        assert_eq!(super::on_hand(&app, "WARD").await, 13, "five are on the shelf again, once");
        assert_eq!(number(&app, sql("SELECT quantity_milli FROM charges WHERE source = 'ward_supply'")).await, 6_000);
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/wards/{order}")).await.body;
        assert!(page.contains("/api/pharmacy/take_back_ward"), "{page}");
        app.assert_sound().await;
    })
    .await;
}
