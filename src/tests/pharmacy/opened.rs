//! Opened packs: the days for which a medicine may be used once it is opened, on its label and in the cupboard of a ward.

use super::{Fixture, Pharmacy, fields, id, number, ok, text};
use crate::{
    db::sql,
    tests::{TestApp, on_both_engines},
};

async fn change(app: &TestApp, pharmacy: &Pharmacy, to: &'static str) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(sql("UPDATE drugs SET ").push(to).push(" WHERE name = ").push_bind(&pharmacy.drug)).await.expect("changed");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn a_label_says_for_how_long_a_medicine_is_used_once_opened_when_a_pharmacist_has_confirmed_it() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        change(&app, &pharmacy, "in_use_days = 28, diluent = 'Water for injections'").await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        ok(&pharmacy.dispense(&supply, "4", &[]).await);
        let dispense = id(&app, sql("SELECT id FROM dispenses")).await;
        let label = async || pharmacy.pharmacist.get(&format!("/pharmacy/dispenses/{dispense}/label")).await.body;
        assert!(!label().await.contains("use within 28 days"));
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("Water for injections") && page.contains("28 days"), "{page}");
        change(&app, &pharmacy, "confirmed_at = updated_at, confirmed_by = updated_by").await;
        assert!(label().await.contains("Once opened, use within 28 days."));
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE drugs SET in_use_days = 30 WHERE confirmed_at IS NOT NULL")).await.expect_err("confirmed");
        assert!(error.violates("drugs_confirmed_unchanged"), "{error}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_pack_of_a_ward_is_opened_used_until_a_day_and_closed_once() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await;
        let room = Fixture::key();
        let form = [("key", room.as_str()), ("version", "0"), ("code", "WARD"), ("name", "Cupboard"), ("kind", "ward")];
        ok(&pharmacy.storekeeper.post("/api/stock/save_room", &form).await);
        let soon = (app.state.clock.now().date_naive() + chrono::Days::new(5)).to_string();
        for batch in [("LONG", "2028-06-30", "10"), ("SHORT", soon.as_str(), "10")] {
            ok(&pharmacy.receive(&room, batch, &[]).await);
        }
        let nurse = app.as_("nurse").await;
        let batch = async |number: &'static str| id(&app, sql("SELECT id FROM stock_batches WHERE batch_no = ").push_bind(number)).await;
        let (long, short) = (batch("LONG").await, batch("SHORT").await);
        let open = async |room: &str, batch: &str, key: &str| {
            nurse.post("/api/stock/open_pack", &[("key", key), ("storeroom", room), ("batch", batch)]).await
        };
        let key = Fixture::key();
        assert_eq!(fields(&open(&room, &long, &key).await), ["batch"], "the formulary names no days");
        change(&app, &pharmacy, "in_use_days = 28, diluent = 'Water for injections'").await;
        assert_eq!(fields(&open(&room, &long, &key).await), ["batch"], "no pharmacist has confirmed them");
        change(&app, &pharmacy, "confirmed_at = updated_at, confirmed_by = updated_by").await;
        ok(&open(&room, &long, &key).await);
        ok(&open(&room, &long, &key).await);
        ok(&open(&room, &short, &Fixture::key()).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM opened_packs")).await, 2);
        assert_eq!(open(&pharmacy.shop, &long, &Fixture::key()).await.status, axum::http::StatusCode::NOT_FOUND, "no ward's storeroom");
        let until = sql("SELECT CAST(b.expires_on AS TEXT) FROM opened_packs p JOIN stock_batches b ON b.id = p.batch_id WHERE p.use_until = b.expires_on");
        assert_eq!(text(&app, until).await, soon, "never beyond the date of the batch");
        let page = nurse.get(&format!("/ward-stock/opened?room={room}")).await.body;
        assert!(page.contains("LONG") && page.contains("Water for injections"), "{page}");
        let close = async |outcome: &str| nurse.post("/api/stock/close_pack", &[("opened_pack_id", key.as_str()), ("outcome", outcome)]).await;
        assert_eq!(fields(&close("lost").await), ["outcome"]);
        ok(&close("thrown_away").await);
        assert_eq!(close("used_up").await.status, axum::http::StatusCode::CONFLICT);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE opened_packs SET use_until = '2030-01-01' WHERE outcome IS NULL")).await.expect_err("fixed");
        assert!(error.violates("opened_packs_fixed"), "{error}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
