//! Goods received, transfer, correction, write-off, expiry and recall.

use axum::http::StatusCode;

use super::{Pharmacy, fields, id, number, ok, on_hand};
use crate::{
    db::sql,
    tests::{Answer, Fixture, TestApp, on_both_engines},
};

async fn batch_id(app: &TestApp, batch: &str) -> String {
    id(app, sql("SELECT id FROM stock_batches WHERE batch_no = ").push_bind(batch)).await
}

async fn act(app: &TestApp, pharmacy: &Pharmacy, act: &str, (room, batch, quantity): (&str, &str, &str), more: &[(&str, &str)]) -> Answer {
    let (key, batch) = (Fixture::key(), batch_id(app, batch).await);
    let mut form =
        vec![("stock_item_id", pharmacy.item.as_str()), ("key", &key), ("storeroom", room), ("batch", &batch), ("quantity", quantity)];
    form.extend_from_slice(more);
    pharmacy.storekeeper.post(&format!("/api/stock/{act}"), &form).await
}

#[tokio::test]
async fn goods_are_received_moved_corrected_and_written_off() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await;
        let (main, shop) = (pharmacy.main.clone(), pharmacy.shop.clone());
        let old = pharmacy.receive(&main, ("OLD", "2026-01-31", "5"), &[]).await;
        assert_eq!(fields(&old), ["expires_on"], "expired goods are not accepted");
        ok(&pharmacy.receive(&main, ("OLD", "2026-01-31", "5"), &[("opening", "true")]).await);
        assert_eq!(fields(&pharmacy.receive(&main, ("A 1", "", "5"), &[]).await), ["expires_on"]);
        for wrong in ["0", "-3", "1.5", "x", "1000000001"] {
            assert_eq!(fields(&pharmacy.receive(&main, ("A 1", "2027-03-31", wrong), &[]).await), ["quantity"], "{wrong}");
        }
        let key = Fixture::key();
        ok(&pharmacy.receive(&main, ("A 1", "2027-03-31", "40"), &[("key", &key)]).await);
        ok(&pharmacy.receive(&main, ("A 1", "2027-03-31", "40"), &[("key", &key)]).await);
        ok(&pharmacy.receive(&main, ("a1", "2027-03-31", "20"), &[]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM stock_batches")).await, 2, "the same batch under another spelling");
        assert_eq!(on_hand(&app, "A 1").await, 60);

        ok(&act(&app, &pharmacy, "transfer", (&main, "A 1", "25"), &[("to", &shop)]).await);
        assert_eq!(act(&app, &pharmacy, "transfer", (&main, "A 1", "36"), &[("to", &shop)]).await.status, StatusCode::CONFLICT);
        assert_eq!(fields(&act(&app, &pharmacy, "transfer", (&main, "A 1", "1"), &[("to", &main)]).await), ["to"]);
        let expired = act(&app, &pharmacy, "transfer", (&main, "OLD", "1"), &[("to", &shop)]).await;
        assert_eq!(expired.status, StatusCode::CONFLICT, "an expired batch goes to no pharmacy");
        ok(&act(&app, &pharmacy, "transfer", (&main, "OLD", "1"), &[("to", &pharmacy.quarantine)]).await);

        let reason = |reason: &'static str| [("reason", reason)];
        ok(&act(&app, &pharmacy, "write_off", (&main, "OLD", "4"), &reason("expired")).await);
        assert_eq!(fields(&act(&app, &pharmacy, "write_off", (&main, "A 1", "1"), &reason("other")).await), ["note"]);
        let less = [("reason", "miscounted"), ("direction", "less")];
        ok(&act(&app, &pharmacy, "adjust", (&shop, "A 1", "2"), &less).await);
        ok(&act(&app, &pharmacy, "adjust", (&shop, "A 1", "1"), &[("reason", "found"), ("direction", "more")]).await);
        assert_eq!(on_hand(&app, "A 1").await, 59);
        let list = pharmacy.storekeeper.get("/stock?q=para").await.body;
        assert!(list.contains("24 tablet") && list.contains("35 tablet"), "{list}");
        let page = pharmacy.storekeeper.get(&format!("/stock/items/{}/card", pharmacy.item)).await.body;
        assert!(page.contains("Bin card") && page.contains("Miscounted") && page.contains("+40"), "{page}");
        let low = [("stock_item_id", pharmacy.item.as_str()), ("storeroom", &shop), ("low_at", "24")];
        ok(&pharmacy.storekeeper.post("/api/stock/set_low", &low).await);
        assert!(pharmacy.storekeeper.get("/stock?low=yes").await.body.contains("24 tablet"));
        let expiring = pharmacy.storekeeper.get("/stock/expiring?days=365").await.body;
        assert!(expiring.contains("A 1"), "{expiring}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_value_of_stock_is_a_moving_average_that_ends_at_zero() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await;
        let main = pharmacy.main.clone();
        ok(&pharmacy.receive(&main, ("A", "2027-03-31", "3"), &[("cost", "1.00")]).await);
        ok(&pharmacy.receive(&main, ("B", "2027-04-30", "4"), &[("cost", "2.00")]).await);
        let value = || number(&app, sql("SELECT CAST(sum(value) AS BIGINT) FROM store_items"));
        assert_eq!(value().await, 300_000);
        for (batch, left) in [("A", 257_143), ("A", 214_286), ("A", 171_429), ("B", 128_572), ("B", 85_715), ("B", 42_857), ("B", 0)] {
            ok(&act(&app, &pharmacy, "write_off", (&main, batch, "1"), &[("reason", "damaged")]).await);
            assert_eq!(value().await, left, "{batch}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_recalled_batch_is_not_handed_out_and_its_patients_are_found() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        ok(&pharmacy.dispense(&supply, "10", &[]).await);
        let batch = batch_id(&app, "SOON").await;
        let set = async |status: &str, version: &str, reason: &str| {
            let form = [("stock_batch_id", batch.as_str()), ("version", version), ("status", status), ("reason", reason)];
            pharmacy.storekeeper.post("/api/stock/set_batch", &form).await
        };
        assert_eq!(fields(&set("recalled", "1", "").await), ["reason"]);
        ok(&set("recalled", "1", "Notice of the maker").await);
        assert_eq!(set("released", "2", "").await.status, StatusCode::CONFLICT, "a recall stays");
        let named = pharmacy.dispense(&supply, "5", &[("batch", &batch)]).await;
        assert_eq!(named.status, StatusCode::CONFLICT);
        ok(&pharmacy.dispense(&supply, "14", &[]).await);
        assert_eq!((on_hand(&app, "SOON").await, on_hand(&app, "NEXT").await), (10, 36));
        let patients = pharmacy.pharmacist.get(&format!("/pharmacy/batches/{batch}")).await.body;
        assert!(patients.contains("Núñez") && patients.contains("Recalled"), "{patients}");
        app.assert_sound().await;
    })
    .await;
}
