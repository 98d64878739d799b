//! A recall: those who got a dose from a ward's storeroom, batches that are used up, and what wards send back.

use super::{Pharmacy, fields, id, number, ok, ward_stock::AskingWard};
use crate::{
    db::sql,
    tests::{
        Fixture,
        fixture::PASSWORD,
        medicine_record::{OnWard, due, give},
        on_both_engines,
    },
};

#[tokio::test]
async fn a_dose_from_a_wards_storeroom_is_found_by_a_recall_and_named_in_the_register() {
    on_both_engines(|app| async move {
        let on_ward = OnWard::open(&app).await;
        let pharmacy = Pharmacy::open(&app).await;
        let paracetamol = "SELECT i.id FROM stock_items i JOIN drugs d ON d.id = i.drug_id WHERE d.code = 'PARACETAMOL-500-MG-TAB'";
        let pharmacy = Pharmacy { item: id(&app, sql(paracetamol)).await, ..pharmacy };
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE drugs SET schedule = 'II' WHERE code = 'PARACETAMOL-500-MG-TAB'")).await.expect("controlled");
        tx.commit().await.expect("committed");
        let room = Fixture::key();
        let form = [("key", room.as_str()), ("version", "0"), ("code", "WARD"), ("name", "Ward cupboard"), ("kind", "ward")];
        ok(&pharmacy.storekeeper.post("/api/stock/save_room", &form).await);
        ok(&pharmacy.receive(&room, ("WARDB", "2027-09-30", "2"), &[]).await);
        let ways = [("ward_id", on_ward.ward.as_str()), ("version", "0"), ("storeroom", &room)];
        ok(&app.as_("ward_manager").await.post("/api/medicine_record/ward_ways", &ways).await);
        let order = on_ward.order(&app, "PARACETAMOL-500-MG-TAB", &[("dose", "2 tablets"), ("timing", "stat")]).await;
        let dose = due(&app, &order).await;
        let second = [("second_login", on_ward.other), ("second_password", PASSWORD)];
        ok(&give(&app.as_("nurse").await, &dose, &second).await);
        assert_eq!(number(&app, sql("SELECT CAST(sum(on_hand) AS BIGINT) FROM stock_lines")).await, 0, "the batch is used up");
        let batch = id(&app, sql("SELECT id FROM stock_batches WHERE batch_no = 'WARDB'")).await;
        let page = pharmacy.pharmacist.get(&format!("/stock/items/{}", pharmacy.item)).await.body;
        assert!(page.contains("Used-up batches") && page.contains(&format!("/pharmacy/batches/{batch}")), "{page}");
        assert!(page.contains("/api/stock/set_batch"), "it can be recalled: {page}");
        let form = [("stock_batch_id", batch.as_str()), ("version", "1"), ("status", "recalled"), ("reason", "Notice of the maker")];
        ok(&pharmacy.storekeeper.post("/api/stock/set_batch", &form).await);
        let found = pharmacy.pharmacist.get(&format!("/pharmacy/batches/{batch}")).await.body;
        assert!(found.contains("Núñez") && found.contains(&format!("/pharmacy/wards/{order}")), "{found}");
        let register = pharmacy.pharmacist.get(&format!("/pharmacy/register/{room}/{}", pharmacy.item)).await.body;
        for words in ["Núñez", "Dr. Carmen Costa", "Nina Night", "Nora Nurse"] {
            assert!(register.contains(words), "{words}: {register}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_ward_sends_a_recalled_batch_to_the_quarantine_and_is_filled_up_again() {
    on_both_engines(|app| async move {
        let ward = AskingWard::stocked(&app).await;
        let low = [("stock_item_id", ward.pharmacy.item.as_str()), ("storeroom", &ward.room), ("low_at", "15")];
        ok(&ward.pharmacy.storekeeper.post("/api/stock/set_low", &low).await);
        let is_low = async || ward.pharmacy.storekeeper.get("/stock").await.body.contains("Items that are low: 1");
        assert!(!is_low().await, "30 are there");
        let batch = id(&app, sql("SELECT id FROM stock_batches WHERE batch_no = 'SOON'")).await;
        let form = [("stock_batch_id", batch.as_str()), ("version", "1"), ("status", "recalled"), ("reason", "Notice of the maker")];
        ok(&ward.pharmacy.storekeeper.post("/api/stock/set_batch", &form).await);
        assert!(is_low().await, "10 of 30 can be given");
        let page = ward.nurse.get(&format!("/ward-stock?room={}", ward.room)).await.body;
        assert!(page.contains("value=\"30\""), "it is filled up to 40 usable ones: {page}");
        let (sent, transfer) = ward.send_back(&app, "20", &[("batch", &batch)]).await;
        ok(&sent);
        ok(&ward.receive(&app, &ward.pharmacy.pharmacist, &transfer, 0).await);
        let held = sql("SELECT s.quantity FROM store_items s JOIN storerooms r ON r.id = s.store_id WHERE r.kind = 'quarantine'");
        assert_eq!(number(&app, held).await, 20, "unopened or not");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_scanned_pack_must_be_the_one_that_is_handed_out() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        // The article number is an example of the GS1 General Specifications.
        let code = [("stock_item_id", pharmacy.item.as_str()), ("gtin", "09506000134352"), ("units", "20")];
        ok(&pharmacy.pharmacist.post("/api/stock/add_code", &code).await);
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "80").await;
        ok(&pharmacy.verify(&app, &supply, "60").await);
        assert_eq!(fields(&pharmacy.dispense(&supply, "10", &[("scan", "IBUPROFEN-400-MG-TAB")]).await), ["scan"]);
        assert_eq!(fields(&pharmacy.dispense(&supply, "10", &[("scan", "0109506000134352172706301099")]).await), ["scan"], "no such batch");
        // The course ends on 8 February 2027, and SOON expires before: the next batch comes first.
        let soon = ("scan", "01095060001343521727013110SOON");
        assert_eq!(fields(&pharmacy.dispense(&supply, "10", &[soon]).await), ["batch_reason"]);
        let reason = ("batch_reason", "The others are wet");
        assert_eq!(fields(&pharmacy.dispense(&supply, "10", &[soon, reason]).await), ["short_batch"]);
        ok(&pharmacy.dispense(&supply, "10", &[soon, reason, ("short_batch", "true")]).await);
        ok(&pharmacy.dispense(&supply, "10", &[("scan", "01095060001343521727093010NEXT")]).await);
        assert_eq!((super::on_hand(&app, "SOON").await, super::on_hand(&app, "NEXT").await), (10, 40));
        assert_eq!(number(&app, sql("SELECT count(*) FROM stock_documents WHERE note = 'The others are wet'")).await, 1);
        app.assert_sound().await;
    })
    .await;
}
