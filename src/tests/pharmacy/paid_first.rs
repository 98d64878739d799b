//! Medicines that are paid before they are handed over: the bag waits for its payment, is handed over once, or is put back.

use axum::http::StatusCode;

use super::{Pharmacy, fields, id, number, ok, on_hand, state};
use crate::{
    core::PatientId,
    db::sql,
    tests::{Answer, Fixture, TestApp, on_both_engines},
};

/// A pharmacy that wants its medicines paid first, with a bag of 12 tablets for Ana. Returns the supply and the bag.
async fn packed(app: &TestApp) -> (Pharmacy, String, String) {
    let pharmacy = Pharmacy::open(app).await.stocked().await;
    super::returned::priced(app, &pharmacy, (25, 90)).await;
    let nurse = app.as_("nurse").await;
    assert_eq!(nurse.post("/api/pharmacy/set_paid_first", &[("is_on", "true")]).await.status, StatusCode::FORBIDDEN);
    ok(&pharmacy.storekeeper.post("/api/pharmacy/set_paid_first", &[("is_on", "true")]).await);
    let (_, supply) = pharmacy.prescribed(app, app.fixture.ana, "4").await;
    ok(&pharmacy.verify(app, &supply, "12").await);
    let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
    assert!(page.contains("Pack the bag") && page.contains("paid first"), "{page}");
    ok(&pharmacy.dispense(&supply, "12", &[]).await);
    let bag = id(app, sql("SELECT id FROM dispenses")).await;
    (pharmacy, supply, bag)
}

/// Returns the panel of medicines in Ana's portal.
async fn in_portal(app: &TestApp) -> String {
    let page = app.as_("ana").await.get("/portal/records").await.body;
    let (_, panel) = page.split_once("Medicines from the pharmacy").expect("the panel");
    panel.split_once("</section>").expect("its end").0.to_owned()
}

async fn hand_over(pharmacy: &Pharmacy, bag: &str, by: &str) -> Answer {
    pharmacy.pharmacist.post("/api/pharmacy/hand_over_bag", &[("dispense_id", bag), ("identified_by", by)]).await
}

/// Whether the database lets the bag be handed over without the page.
async fn database_allows(app: &TestApp) -> bool {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let (now, by) = (app.state.clock.now(), app.fixture.user("nurse"));
    let query = sql("UPDATE dispenses SET handed_at = $1, handed_by = $2, handed_check = 'card'").bind(now).bind(by);
    match tx.execute(query).await {
        Ok(_) => true,
        Err(error) => {
            assert!(error.violates("dispenses_paid"), "{error}");
            false
        }
    }
}

/// Issues the invoice, and pays the patient's part of it.
async fn invoiced(app: &TestApp, patient: PatientId) -> String {
    ok(&app.as_("cashier").await.post("/api/billing/issue", &[("patient_id", &patient.to_string())]).await);
    id(app, sql("SELECT id FROM invoices ORDER BY issued_at DESC LIMIT 1")).await
}

async fn paid(app: &TestApp, invoice: &str) {
    let due =
        number(app, sql("SELECT patient_due FROM invoices WHERE id = ").push_bind(invoice.parse::<uuid::Uuid>().expect("an id"))).await;
    let tendered = format!("{}.{:02}", due / 100, due % 100);
    let form = [("invoice_id", invoice), ("idempotency_key", &Fixture::key()), ("method", "cash"), ("tendered", &tendered)];
    ok(&app.as_("cashier").await.post("/api/billing/pay", &form).await);
}

#[tokio::test]
async fn a_bag_waits_for_its_payment_and_is_handed_over_once() {
    on_both_engines(|app| async move {
        let (pharmacy, supply, bag) = packed(&app).await;
        assert_eq!(state(&app, &supply).await, "dispensed");
        assert_eq!(number(&app, sql("SELECT count(*) FROM dispenses WHERE paid_first AND handed_at IS NULL")).await, 1);
        let list = pharmacy.pharmacist.get("/pharmacy/bags").await.body;
        assert!(list.contains("Núñez") && list.contains("Waits for payment"), "{list}");
        assert!(in_portal(&app).await.contains("Nothing yet."), "she does not have it yet");
        assert_eq!(hand_over(&pharmacy, &bag, "card").await.status, StatusCode::CONFLICT);
        assert!(!database_allows(&app).await);
        let line = id(&app, sql("SELECT id FROM dispense_lines ORDER BY quantity DESC LIMIT 1")).await;
        let back = [("movement_id", line.as_str()), ("key", &Fixture::key()), ("quantity", "1"), ("reason", "not_needed")];
        assert_eq!(
            pharmacy.pharmacist.post("/api/pharmacy/take_back", &back).await.status,
            StatusCode::CONFLICT,
            "the patient has nothing to return"
        );
        let invoice = invoiced(&app, app.fixture.ana).await;
        assert_eq!(hand_over(&pharmacy, &bag, "card").await.status, StatusCode::CONFLICT, "an invoice is no payment");
        assert!(!database_allows(&app).await);
        paid(&app, &invoice).await;
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("Paid or covered") && page.contains("/api/pharmacy/hand_over_bag"), "{page}");
        assert_eq!(fields(&hand_over(&pharmacy, &bag, "").await), ["identified_by"]);
        ok(&hand_over(&pharmacy, &bag, "card").await);
        ok(&hand_over(&pharmacy, &bag, "wristband").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM dispenses WHERE handed_check = 'card'")).await, 1, "once");
        let put_back = pharmacy.pharmacist.post("/api/pharmacy/put_back", &[("dispense_id", &bag)]).await;
        assert_eq!(put_back.status, StatusCode::CONFLICT, "it is with the patient");
        assert!(pharmacy.pharmacist.get("/pharmacy/bags").await.body.contains("No bag waits"));
        assert!(!in_portal(&app).await.contains("Nothing yet."), "now she has it");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_bag_that_is_put_back_leaves_stock_and_account_as_they_were() {
    on_both_engines(|app| async move {
        let (pharmacy, supply, bag) = packed(&app).await;
        assert_eq!(on_hand(&app, "SOON").await, 8);
        ok(&pharmacy.pharmacist.post("/api/pharmacy/put_back", &[("dispense_id", &bag)]).await);
        ok(&pharmacy.pharmacist.post("/api/pharmacy/put_back", &[("dispense_id", &bag)]).await);
        assert_eq!((on_hand(&app, "SOON").await, state(&app, &supply).await.as_str()), (20, "verified"));
        assert_eq!(number(&app, sql("SELECT count(*) FROM charges WHERE source = 'dispense' AND state = 'cancelled'")).await, 1);
        assert_eq!(hand_over(&pharmacy, &bag, "card").await.status, StatusCode::CONFLICT);
        // The next bag is another one, and a clinic that changes its way hands the next one over at once.
        ok(&pharmacy.dispense(&supply, "6", &[]).await);
        ok(&pharmacy.storekeeper.post("/api/pharmacy/set_paid_first", &[("is_on", "false")]).await);
        ok(&pharmacy.dispense(&supply, "6", &[]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM dispenses WHERE paid_first")).await, 2);
        assert_eq!(number(&app, sql("SELECT count(*) FROM dispenses")).await, 3);
        app.assert_sound().await;
    })
    .await;
}
