//! Medicines for a named patient on a ward.

use axum::http::StatusCode;

use super::{Pharmacy, fields, id, number, ok};
use crate::{
    db::sql,
    tests::{Fixture, fixture::PASSWORD, medicine_record::OnWard, on_both_engines},
};

#[tokio::test]
async fn an_order_of_a_ward_is_supplied_for_its_patient_and_charged() {
    on_both_engines(|app| async move {
        let on_ward = OnWard::open(&app).await;
        let pharmacy = Pharmacy::open(&app).await;
        let order = on_ward.order(&app, "PARACETAMOL-500-MG-TAB", &[]).await;
        let item =
            id(&app, sql("SELECT i.id FROM stock_items i JOIN drugs d ON d.id = i.drug_id WHERE d.code = 'PARACETAMOL-500-MG-TAB'")).await;
        let pharmacy = Pharmacy { item, ..pharmacy };
        ok(&pharmacy.receive(&pharmacy.shop, ("WARD", "2027-09-30", "20"), &[]).await);
        let list = pharmacy.pharmacist.get("/pharmacy/wards").await.body;
        assert!(list.contains("Núñez") && list.contains(&order), "{list}");
        let supply = async |quantity: &str, key: &str, more: &[(&str, &str)]| {
            let form = [
                ("care_order_id", order.as_str()),
                ("key", key),
                ("storeroom", &pharmacy.shop),
                ("item", &pharmacy.item),
                ("quantity", quantity),
            ];
            pharmacy.pharmacist.post("/api/pharmacy/supply_ward", &[&form[..], more].concat()).await
        };
        assert_eq!(supply("21", &Fixture::key(), &[]).await.status, StatusCode::CONFLICT);
        let key = Fixture::key();
        ok(&supply("12", &key, &[]).await);
        ok(&supply("12", &key, &[]).await);
        assert_eq!(number(&app, sql("SELECT CAST(sum(on_hand) AS BIGINT) FROM stock_lines")).await, 8, "sent twice, supplied once");
        assert_eq!(number(&app, sql("SELECT quantity_milli FROM charges WHERE source = 'ward_supply'")).await, 12_000);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE drugs SET schedule = 'II' WHERE code = 'PARACETAMOL-500-MG-TAB'")).await.expect("controlled");
        tx.commit().await.expect("committed");
        assert_eq!(fields(&supply("1", &Fixture::key(), &[]).await), ["witness"]);
        ok(&supply("1", &Fixture::key(), &[("witness", "nurse"), ("witness_password", PASSWORD)]).await);
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/wards/{order}")).await.body;
        assert!(page.contains("12 tablet") && page.contains("Nora Nurse"), "{page}");
        let batch = id(&app, sql("SELECT id FROM stock_batches WHERE batch_no = 'WARD'")).await;
        let found = pharmacy.pharmacist.get(&format!("/pharmacy/batches/{batch}")).await.body;
        assert!(found.contains(&format!("/pharmacy/wards/{order}")), "a recall finds patients on wards: {found}");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE ward_supplies SET quantity = 1")).await.expect_err("kept");
        assert!(error.violates("ward_supplies_fixed"), "{error}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}
