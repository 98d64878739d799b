//! Cautions and the code of a label, and counselling at the hand-over.

use super::{Pharmacy, fields, id, number, ok, text};
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
async fn a_label_has_confirmed_cautions_in_the_patients_language_and_a_code_that_finds_it() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let ana = app.fixture.ana;
        let (_, supply) = pharmacy.prescribed(&app, ana, "8").await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        ok(&pharmacy.dispense(&supply, "4", &[]).await);
        let dispense = id(&app, sql("SELECT id FROM dispenses")).await;
        let label = async || pharmacy.pharmacist.get(&format!("/pharmacy/dispenses/{dispense}/label")).await.body;
        change(&app, &pharmacy, "cautions = 'drowsy no_alcohol'").await;
        let shown = label().await;
        assert!(!shown.contains("Do not drink alcohol.") && shown.contains("The cautions are not printed"), "{shown}");
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("Do not drink alcohol.") && page.contains("no pharmacist has confirmed"), "{page}");
        change(&app, &pharmacy, "confirmed_at = updated_at, confirmed_by = updated_by").await;
        let shown = label().await;
        assert!(!shown.contains("Once opened"), "{shown}");
        assert!(shown.contains("May make you sleepy: then do not drive. Do not drink alcohol."), "{shown}");
        assert!(shown.contains("class=\"qr\"") && !shown.contains("The cautions are not printed"), "{shown}");
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE patients SET language = 'es' WHERE id = ").push_bind(ana)).await.expect("Spanish");
        let error = tx.execute(sql("UPDATE drugs SET cautions = 'shake' WHERE confirmed_at IS NOT NULL")).await;
        assert!(error.expect_err("it is confirmed").violates("drugs_confirmed_unchanged"));
        drop(tx);
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE patients SET language = 'es' WHERE id = ").push_bind(ana)).await.expect("Spanish");
        tx.commit().await.expect("committed");
        assert!(label().await.contains("No beba alcohol."));
        // The code finds the prescription, and no other label is taken for it.
        let code = format!("RX{}", supply.replace('-', "").to_uppercase());
        let found = pharmacy.pharmacist.get(&format!("/pharmacy?q={code}")).await.body;
        assert!(found.contains(&format!("/pharmacy/supplies/{supply}")), "{found}");
        let other = format!("RX{}", uuid::Uuid::now_v7().as_simple());
        assert_eq!(fields(&pharmacy.dispense(&supply, "4", &[("scan", &other)]).await), ["scan"]);
        ok(&pharmacy.dispense(&supply, "4", &[("scan", &code)]).await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_marked_medicine_needs_counselling_that_was_given_or_refused() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        ok(&pharmacy.dispense(&supply, "4", &[]).await);
        change(&app, &pharmacy, "counsel = (1 = 1)").await;
        assert_eq!(fields(&pharmacy.dispense(&supply, "4", &[]).await), ["counselling"]);
        assert_eq!(fields(&pharmacy.dispense(&supply, "4", &[("counselling", "perhaps")]).await), ["counselling"]);
        ok(&pharmacy.dispense(&supply, "4", &[("counselling", "interpreter")]).await);
        ok(&pharmacy.dispense(&supply, "4", &[("counselling", "refused")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM dispenses WHERE counselling IS NULL")).await, 1);
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("given with an interpreter") && page.contains("the patient refused it"), "{page}");
        assert_eq!(text(&app, sql("SELECT counselling FROM dispenses WHERE counselling <> 'refused'")).await, "interpreter");
        super::guards::refused_by(&app, "dispenses_fixed", sql("UPDATE dispenses SET counselling = 'given'")).await;
        let dispense = sql("INSERT INTO dispenses (id, supply_id, patient_id, clinic_id, quantity, identified_by, at, by_user)
            SELECT m.id, d.supply_id, d.patient_id, d.clinic_id, 1, 'card', d.at, d.by_user FROM dispenses d, stock_documents m
            WHERE m.kind = 'receipt' LIMIT 1");
        super::guards::refused_by(&app, "dispenses_counselled", dispense).await;
        app.assert_sound().await;
    })
    .await;
}
