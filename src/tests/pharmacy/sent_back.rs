//! Supplies that a ward sends back to the pharmacy, and prescriptions that allow no substitute.

use axum::http::StatusCode;

use super::{Pharmacy, fields, id, number, ok, text, ward_stock::AskingWard};
use crate::{
    db::sql,
    tests::{Answer, Fixture, TestApp, consultation::calls, on_both_engines, opd::waits_for_doctor, orders::sign},
};

impl AskingWard {
    /// A ward that received 30 tablets.
    pub async fn stocked(app: &TestApp) -> Self {
        let ward = Self::open(app, Pharmacy::open(app).await.stocked().await).await;
        let requisition = ward.ask("30").await;
        let (picked, transfer) = ward.pick(app, &requisition, &ward.pharmacy.shop, "30").await;
        ok(&picked);
        ok(&ward.send(app, &transfer).await);
        ok(&ward.receive(app, &ward.nurse, &transfer, 0).await);
        ward
    }

    /// Sends units of the batch that the ward has most of back.
    pub async fn send_back(&self, app: &TestApp, quantity: &str, more: &[(&str, &str)]) -> (Answer, String) {
        let room: uuid::Uuid = self.room.parse().expect("an id");
        let batch =
            id(app, sql("SELECT batch_id FROM stock_lines WHERE store_id = ").push_bind(room).push(" ORDER BY on_hand DESC LIMIT 1")).await;
        let key = Fixture::key();
        let mut form = vec![
            ("storeroom", self.room.as_str()),
            ("key", &key),
            ("batch", &batch),
            ("quantity", quantity),
            ("condition", "unopened"),
            ("to", &self.pharmacy.shop),
            ("reason", "The patient went home"),
        ];
        form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        form.extend_from_slice(more);
        (self.nurse.post("/api/stock/send_back", &form).await, key)
    }
}

async fn units(app: &TestApp, kind: &'static str) -> i64 {
    let query = sql(
        "SELECT coalesce(CAST(sum(s.quantity) AS BIGINT), 0) FROM store_items s JOIN storerooms r ON r.id = s.store_id WHERE r.kind = ",
    );
    number(app, query.push_bind(kind)).await
}

#[tokio::test]
async fn unopened_supplies_of_a_ward_return_to_the_pharmacy_and_doubtful_ones_to_the_quarantine() {
    on_both_engines(|app| async move {
        let ward = AskingWard::stocked(&app).await;
        let page = ward.nurse.get(&format!("/ward-stock/return/{}", ward.room)).await.body;
        assert!(page.contains("SOON") && page.contains("Unopened"), "{page}");
        for (field, value) in [("reason", ""), ("condition", ""), ("to", &ward.pharmacy.main), ("quantity", "0")] {
            assert_eq!(fields(&ward.send_back(&app, "5", &[(field, value)]).await.0), [field]);
        }
        let (sent, transfer) = ward.send_back(&app, "5", &[]).await;
        ok(&sent);
        assert_eq!((units(&app, "ward").await, units(&app, "transit").await, units(&app, "pharmacy").await), (25, 5, 70));
        let list = ward.pharmacy.pharmacist.get("/stock/requests").await.body;
        assert!(list.contains(&transfer), "{list}");
        let page = ward.pharmacy.pharmacist.get(&format!("/stock/transfers/{transfer}")).await.body;
        assert!(page.contains("The patient went home") && page.contains(&format!("/ward-stock/transfers/{transfer}")), "{page}");
        // Neither the sender nor another nurse receives it for the pharmacy.
        assert_ne!(ward.receive(&app, &ward.nurse, &transfer, 0).await.status, StatusCode::OK);
        ok(&ward.receive(&app, &ward.pharmacy.pharmacist, &transfer, 0).await);
        assert_eq!((units(&app, "ward").await, units(&app, "transit").await, units(&app, "pharmacy").await), (25, 0, 75));
        let (sent, doubtful) = ward.send_back(&app, "3", &[("condition", "doubtful")]).await;
        ok(&sent);
        ok(&ward.receive(&app, &ward.pharmacy.pharmacist, &doubtful, 0).await);
        assert_eq!((units(&app, "pharmacy").await, units(&app, "quarantine").await), (75, 3), "it is not handed out again");
        assert_eq!(ward.send_back(&app, "400", &[]).await.0.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_prescription_without_substitution_is_signed_and_respected() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let doctor = app.as_("doctor").await;
        let visit = waits_for_doctor(&app, app.fixture.ana).await;
        calls(&app, &doctor).await;
        let visit_id = visit.to_string();
        let form = [
            ("visit_id", visit_id.as_str()),
            ("drug", pharmacy.drug.as_str()),
            ("dose", "1 tablet"),
            ("route", "oral"),
            ("frequency", "3 times a day"),
            ("days", "8"),
            ("no_substitution", "Reacted to another colouring."),
        ];
        ok(&doctor.post("/api/clinical/prescribe", &form).await);
        sign(&doctor, visit).await;
        assert_eq!(number(&app, sql("SELECT format FROM note_signatures WHERE addendum_id IS NULL")).await, 4);
        let supply = id(&app, sql("SELECT id FROM supplies")).await;
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("No substitution, because") && page.contains("Reacted to another colouring."), "{page}");
        let other =
            id(&app, sql("SELECT i.id FROM stock_items i JOIN drugs d ON d.id = i.drug_id WHERE d.code = 'PARACETAMOL-10-MG-ML-BAG'"))
                .await;
        let version = super::version(&app, &supply).await;
        let form = [
            ("supply_id", supply.as_str()),
            ("version", &version),
            ("item", &other),
            ("quantity", "24"),
            ("substitute_reason", "out_of_stock"),
            ("note", "None left"),
        ];
        assert_eq!(fields(&pharmacy.pharmacist.post("/api/pharmacy/verify", &form).await), ["item"]);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let substituted = sql("UPDATE supplies SET version = version + 1, substitute_for = 'x', substitute_reason = 'patient'");
        let error = tx.execute(substituted).await.expect_err("no substitute");
        assert!(error.violates("supplies_no_substitution"), "{error}");
        drop(tx);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE prescriptions SET no_substitution = ''")).await.expect_err("signed");
        assert!(error.violates("encounter_finished"), "{error}");
        drop(tx);
        ok(&pharmacy.verify(&app, &supply, "24").await);
        assert_eq!(text(&app, sql("SELECT substitute_for FROM supplies")).await, "");
        app.assert_sound().await;
    })
    .await;
}
