//! The checks that the pharmacy repeats, the decisions about what is new, and the overrides of wards on the pharmacists' list.

use super::{Pharmacy, fields, id, number, ok, state, text, version};
use crate::{
    core::Error,
    db::sql,
    tests::{Answer, Fixture, TestApp, medicine_record::OnWard, on_both_engines},
};

/// The text that a refused form has for a field.
fn said(answer: &Answer, field: &str) -> String {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().find(|error| error.field == field).map(|error| error.message).unwrap_or_default(),
        other => panic!("{other:?}: {}", answer.body),
    }
}

async fn becomes_allergic(app: &TestApp, to: &str) {
    let (patient, key) = (app.fixture.ana.to_string(), Fixture::key());
    let form = [
        ("patient_id", patient.as_str()),
        ("key", &key),
        ("substance", to),
        ("category", "medication"),
        ("criticality", "high"),
        ("severity", "severe"),
    ];
    ok(&app.as_("nurse").await.post("/api/patients/add_allergy", &form).await);
}

#[tokio::test]
async fn an_allergy_that_is_new_since_the_signature_stops_the_supply_until_the_pharmacist_decides() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        becomes_allergic(&app, "Paracetamol").await;
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("New since the signature") && page.contains("name=\"decision\""), "{page}");
        let refused = pharmacy.dispense(&supply, "24", &[]).await;
        assert_eq!(fields(&refused), ["decision", "seen"]);
        assert!(said(&refused, "decision").contains("Paracetamol"), "{}", refused.body);
        let seen = said(&refused, "seen");
        assert_eq!(
            fields(&pharmacy.dispense(&supply, "24", &[("decision", "Taken before"), ("seen", "another")]).await),
            ["decision", "seen"]
        );
        assert_eq!(number(&app, sql("SELECT count(*) FROM dispenses")).await, 0);
        ok(&pharmacy.dispense(&supply, "20", &[("decision", "Tolerated twice; asked the doctor"), ("seen", &seen)]).await);
        let kept = sql("SELECT stage FROM supply_findings WHERE level = 'strong' AND reason LIKE 'Tolerated%'");
        assert_eq!(text(&app, kept).await, "hand_over");
        ok(&pharmacy.dispense(&supply, "4", &[]).await);
        assert_eq!(state(&app, &supply).await, "dispensed", "a decision is asked for once");
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("Tolerated twice"), "{page}");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE supply_findings SET reason = 'x'")).await.expect_err("kept");
        assert!(error.violates("supply_findings_fixed"), "{error}");
        drop(tx);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_check_at_verification_asks_too_and_what_the_prescriber_answered_is_not_asked_again() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        becomes_allergic(&app, "Paracetamol").await;
        let refused = pharmacy.verify(&app, &supply, "24").await;
        assert_eq!(fields(&refused), ["decision", "seen"]);
        let (seen, version) = (said(&refused, "seen"), version(&app, &supply).await);
        let form = [
            ("supply_id", supply.as_str()),
            ("version", &version),
            ("item", pharmacy.item.as_str()),
            ("quantity", "24"),
            ("decision", "The reaction was to another medicine"),
            ("seen", &seen),
        ];
        ok(&pharmacy.pharmacist.post("/api/pharmacy/verify", &form).await);
        ok(&pharmacy.dispense(&supply, "24", &[]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM supply_findings WHERE stage = 'verify'")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn another_strength_of_the_substance_needs_a_reason_and_new_directions() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        // Tablets of half the strength, made like the prescribed ones.
        let (drug, item) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
        let (known,): (uuid::Uuid,) = tx.one(sql("SELECT d.id FROM drugs d WHERE d.name = ").push_bind(&pharmacy.drug)).await.expect("the drug");
        for copy in [
            "INSERT INTO drugs (id, code, name, status, form, dispensing_unit, divisible) SELECT $1, 'PARACETAMOL-250-TAB', 'Paracetamol 250 mg tablet',
                'unmapped', form, dispensing_unit, divisible FROM drugs WHERE id = $2",
            "INSERT INTO drug_ingredients (drug_id, substance_id, position, amount, unit, per, per_unit)
                SELECT $1, substance_id, position, '250', unit, per, per_unit FROM drug_ingredients WHERE drug_id = $2",
            "INSERT INTO drug_routes (drug_id, route) SELECT $1, route FROM drug_routes WHERE drug_id = $2",
            "UPDATE drugs SET status = (SELECT k.status FROM drugs k WHERE k.id = $2) WHERE id = $1",
        ] {
            tx.execute(sql(copy).bind(drug).bind(known)).await.expect("a drug");
        }
        let new = sql("INSERT INTO stock_items (id, code, kind, drug_id, name, unit, pack_size, expires, created_at, created_by, updated_at, updated_by)
            SELECT $1, 'P250', kind, $2, 'Paracetamol 250 mg tablet', unit, 1, expires, created_at, created_by, updated_at, updated_by
            FROM stock_items WHERE drug_id = $3");
        tx.execute(new.bind(item).bind(drug).bind(known)).await.expect("an item");
        tx.commit().await.expect("committed");
        let half = Pharmacy { item: item.to_string(), ..pharmacy.clone() };
        ok(&half.receive(&half.shop, ("HALF", "2027-09-30", "100"), &[]).await);
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        let verify = async |item: &str, more: &[(&str, &str)]| {
            let version = version(&app, &supply).await;
            let form = [("supply_id", supply.as_str()), ("version", &version), ("item", item), ("quantity", "48")];
            pharmacy.pharmacist.post("/api/pharmacy/verify", &[&form[..], more].concat()).await
        };
        let other = id(&app, sql("SELECT i.id FROM stock_items i JOIN drugs d ON d.id = i.drug_id WHERE d.code = 'IBUPROFEN-400-MG-TAB'")).await;
        assert_eq!(fields(&verify(&other, &[("note", "Kept"), ("substitute_reason", "out_of_stock")]).await), ["item"], "another substance");
        assert_eq!(fields(&verify(&half.item, &[]).await), ["substitute_reason"]);
        assert_eq!(fields(&verify(&half.item, &[("substitute_reason", "other")]).await), ["note"]);
        ok(&verify(&half.item, &[("substitute_reason", "out_of_stock")]).await);
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("Take 2 tablets, by mouth, 3 times a day") && page.contains("It replaces"), "{page}");
        ok(&pharmacy.dispense(&supply, "48", &[]).await);
        let dispense = id(&app, sql("SELECT id FROM dispenses")).await;
        let label = pharmacy.pharmacist.get(&format!("/pharmacy/dispenses/{dispense}/label")).await.body;
        assert!(label.contains("Take 2 tablets, by mouth") && label.contains(&format!("Instead of {}", pharmacy.drug)), "{label}");
        let chart = app.as_("doctor").await.get(&format!("/patients/{}/chart?only=pharmacy", app.fixture.ana)).await.body;
        assert!(chart.contains("Instead of"), "the prescriber sees it: {chart}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_warning_that_a_ward_overrode_stands_on_the_pharmacists_list() {
    on_both_engines(|app| async move {
        let on_ward = OnWard::open(&app).await;
        becomes_allergic(&app, "Paracetamol").await;
        on_ward.order(&app, "PARACETAMOL-500-MG-TAB", &[]).await;
        let pharmacist = app.as_("pharmacist").await;
        let list = pharmacist.get("/prescriptions/overrides").await.body;
        assert!(list.contains("Weighed") && list.to_lowercase().contains("paracetamol"), "{list}");
        let finding = id(&app, sql("SELECT id FROM check_findings WHERE care_order_id IS NOT NULL AND level = 'strong'")).await;
        ok(&pharmacist.post("/api/clinical/review_override", &[("finding_id", finding.as_str())]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM check_findings WHERE reviewed_at IS NOT NULL")).await, 1);
        app.assert_sound().await;
    })
    .await;
}
