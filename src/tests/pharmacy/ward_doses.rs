//! Doses from the cupboard of a ward: the patient pays for each once, a correction takes the charge back, and nothing is paid twice.

use super::{Pharmacy, id, number, ok};
use crate::{
    core::{PriceId, PriceItemId, UserId},
    db::sql,
    tests::{
        Answer, Browser, Fixture, TestApp,
        medicine_record::{OnWard, PARACETAMOL, due, give},
        on_both_engines,
    },
};

/// Ana on a ward whose cupboard has 20 tablets; a tablet costs 25 cents.
async fn cupboard(app: &TestApp) -> (OnWard, Pharmacy) {
    let on_ward = OnWard::open(app).await;
    let pharmacy = Pharmacy::open(app).await;
    let item = id(app, sql("SELECT i.id FROM stock_items i JOIN drugs d ON d.id = i.drug_id WHERE d.code = ").push_bind(PARACETAMOL)).await;
    let pharmacy = Pharmacy { item, ..pharmacy };
    let room = Fixture::key();
    let form = [("key", room.as_str()), ("version", "0"), ("code", "CUP"), ("name", "Cupboard"), ("kind", "ward")];
    ok(&pharmacy.storekeeper.post("/api/stock/save_room", &form).await);
    ok(&pharmacy.receive(&room, ("CUP1", "2028-06-30", "20"), &[]).await);
    let form = [("ward_id", on_ward.ward.as_str()), ("version", "0"), ("storeroom", &room)];
    ok(&app.as_("ward_manager").await.post("/api/medicine_record/ward_ways", &form).await);
    let (priced, now) = (PriceItemId::new(), app.state.clock.now());
    let of: uuid::Uuid = pharmacy.item.parse().expect("an id");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let query = sql("INSERT INTO price_items (id, code, name, kind) SELECT ").push_bind(priced);
    tx.execute(query.push(", 'MED-' || code, name, 'drug' FROM stock_items WHERE id = ").push_bind(of)).await.expect("an item");
    let query = sql("INSERT INTO prices (id, item_id, amount, valid_from, created_at, created_by) VALUES ($1, $2, 25, $3, $4, $5)")
        .bind(PriceId::new())
        .bind(priced)
        .bind(chrono::NaiveDate::from_ymd_opt(2026, 1, 1))
        .bind(now)
        .bind(UserId::SYSTEM);
    tx.execute(query).await.expect("a price");
    tx.commit().await.expect("committed");
    (on_ward, pharmacy)
}

/// The units and the price in cents of what stands on the account for doses.
async fn charged(app: &TestApp) -> (i64, i64) {
    let live = |what: &'static str| {
        sql("SELECT coalesce(CAST(sum(")
            .push(what)
            .push(") AS BIGINT), 0) FROM charges WHERE source = 'ward_dose' AND state NOT IN ('cancelled', 'entered_in_error')")
    };
    (number(app, live("quantity_milli")).await / 1000, number(app, live("gross")).await)
}

async fn correct(app: &TestApp, nurse: &Browser, dose: &str, outcome: &str) -> Answer {
    let of: uuid::Uuid = dose.parse().expect("an id");
    let standing = id(app, sql("SELECT id FROM administrations WHERE superseded_at IS NULL AND dose_id = ").push_bind(of)).await;
    let key = Fixture::key();
    let form = [("dose_id", dose), ("key", &key), ("seen", &standing), ("outcome", outcome), ("why", "Another patient's")];
    nurse.post("/api/medicine_record/correct", &form).await
}

#[tokio::test]
async fn a_dose_from_the_cupboard_is_charged_once_and_a_correction_takes_the_charge_back() {
    on_both_engines(|app| async move {
        let (on_ward, _) = cupboard(&app).await;
        let order = on_ward.order(&app, PARACETAMOL, &[("dose", "2 tablets"), ("timing", "stat")]).await;
        let (dose, nurse) = (due(&app, &order).await, app.as_("nurse").await);
        let key = Fixture::key();
        for _ in 0..2 {
            ok(&give(&nurse, &dose, &[("key", &key)]).await);
        }
        assert_eq!(charged(&app).await, (2, 50), "once");
        ok(&correct(&app, &nurse, &dose, "given").await);
        assert_eq!(charged(&app).await, (2, 50), "the new record of the same dose");
        ok(&correct(&app, &nurse, &dose, "refused").await);
        assert_eq!(charged(&app).await, (0, 0));
        ok(&give(&nurse, &dose, &[("reason", "clinical")]).await);
        assert_eq!(charged(&app).await, (2, 50));
        // An invoice has it: the record is corrected all the same, and the cashier hears of it.
        let cashier = app.as_("cashier").await;
        assert!(!cashier.get("/pharmacy/returns").await.body.contains("Núñez"));
        ok(&cashier.post("/api/billing/issue", &[("patient_id", &app.fixture.ana.to_string())]).await);
        ok(&correct(&app, &nurse, &dose, "refused").await);
        assert_eq!(charged(&app).await, (2, 50), "the invoice stays");
        let page = cashier.get("/pharmacy/returns").await.body;
        assert!(page.contains("Núñez") && page.contains("/invoices/"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn units_that_were_supplied_by_name_are_not_charged_again_at_the_dose() {
    on_both_engines(|app| async move {
        let (on_ward, pharmacy) = cupboard(&app).await;
        let order = on_ward.order(&app, PARACETAMOL, &[("dose", "2 tablets"), ("timing", "four")]).await;
        ok(&pharmacy.receive(&pharmacy.shop, ("NAME", "2027-09-30", "20"), &[]).await);
        let key = Fixture::key();
        let form =
            [("care_order_id", order.as_str()), ("key", &key), ("storeroom", &pharmacy.shop), ("item", &pharmacy.item), ("quantity", "3")];
        ok(&pharmacy.pharmacist.post("/api/pharmacy/supply_ward", &form).await);
        let mut given = Vec::new();
        for units in [0, 1] {
            let nurse = app.as_("nurse").await;
            let dose = due(&app, &order).await;
            ok(&give(&nurse, &dose, &[("reason", "clinical")]).await);
            assert_eq!(charged(&app).await.0, units, "three of four tablets were paid at their supply");
            given.push(dose);
            app.state.clock.advance(chrono::Duration::hours(5));
        }
        let nurse = app.as_("nurse").await;
        ok(&correct(&app, &nurse, &given[1], "refused").await);
        assert_eq!(charged(&app).await.0, 0);
        app.assert_sound().await;
    })
    .await;
}
