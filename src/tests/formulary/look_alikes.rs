//! Tests the pairs of medicines whose names look or sound alike: kept by the pharmacist, without effect until confirmed, then spelled and warned of where
//! a medicine is chosen, handed out and given.

use super::{Fixture, TestApp, loaded, named, on_both_engines};
use crate::{
    core::Error,
    db::sql,
    tests::{
        Answer, Browser,
        lab::{id, number, ok, text},
        medicine_record::{OnWard, PARACETAMOL},
        pharmacy::Pharmacy,
    },
};

async fn add(pharmacist: &Browser, key: &str, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![
        ("key", key),
        ("one", "paracetamol"),
        ("one_tall", "paraCETAMOL"),
        ("other", "parecoxib"),
        ("source", "Two mix-ups here in May"),
    ];
    form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    form.extend_from_slice(more);
    pharmacist.post("/api/formulary/add_look_alike", &form).await
}

/// Adds a pair of paracetamol and ibuprofen, and confirms it.
async fn confirmed(app: &TestApp, pharmacist: &Browser) {
    let key = Fixture::key();
    ok(&add(pharmacist, &key, &[("other", "ibuprofen"), ("other_tall", "IBUprofen")]).await);
    let version = number(app, sql("SELECT version FROM look_alikes WHERE source LIKE 'Two mix%'")).await.to_string();
    ok(&pharmacist.post("/api/formulary/confirm_rule", &[("rule", "look_alike"), ("id", &key), ("version", &version)]).await);
}

#[tokio::test]
async fn a_pair_is_kept_checked_and_without_effect_until_it_is_confirmed() {
    on_both_engines(|app| async move {
        let pharmacist = loaded(&app).await;
        let key = Fixture::key();
        assert_eq!(named(&add(&pharmacist, &key, &[("other", "phlogiston")]).await), ["other"]);
        assert_eq!(named(&add(&pharmacist, &key, &[("other", "acetaminophen")]).await), ["other"], "one substance by two names");
        assert_eq!(named(&add(&pharmacist, &key, &[("other", "ibuprofen"), ("one_tall", "PARAcetamo")]).await), ["one_tall"]);
        assert_eq!(named(&add(&pharmacist, &key, &[("other", "ibuprofen"), ("source", "")]).await), ["source"]);
        assert_eq!(number(&app, sql("SELECT count(*) FROM look_alikes WHERE source LIKE 'Two%'")).await, 0);
        ok(&add(&pharmacist, &key, &[("other", "ibuprofen"), ("other_tall", "IBUprofen")]).await);
        let other = add(&pharmacist, &Fixture::key(), &[("other", "amoxicillin"), ("one_tall", "PARAcetamol")]).await;
        assert_eq!(named(&other), ["one_tall"], "one substance has one spelling");
        assert!(matches!(add(&pharmacist, &Fixture::key(), &[("other", "ibuprofen")]).await.error(), Error::Conflict(_)));
        let page = pharmacist.get("/formulary/look-alikes").await.body;
        assert!(page.contains("IBUprofen") && page.contains("metFORMIN") && page.contains("Unconfirmed"), "{page}");
        let doctor = app.as_("doctor").await;
        let found = async || doctor.post("/api/clinical/find_drugs", &[("text", "paracet")]).await.body;
        assert!(found().await.contains("Paracetamol 500 mg"), "not confirmed");
        ok(&pharmacist.post("/api/formulary/confirm_rule", &[("rule", "look_alike"), ("id", &key), ("version", "1")]).await);
        assert!(found().await.contains("paraCETAMOL 500 mg"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE look_alikes SET one_tall = 'x' WHERE confirmed_at IS NOT NULL")).await.expect_err("confirmed");
        assert!(error.violates("look_alikes_confirmed_unchanged"), "{error}");
        drop(tx);
        ok(&pharmacist.post("/api/formulary/retire_rule", &[("rule", "look_alike"), ("id", &key), ("version", "2")]).await);
        assert!(found().await.contains("Paracetamol 500 mg"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_look_alike_is_handed_out_after_its_name_was_read_or_its_pack_scanned() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        confirmed(&app, &pharmacy.pharmacist).await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        assert_eq!(text(&app, sql("SELECT drug FROM prescriptions")).await, pharmacy.drug, "what is signed has the name of the list");
        ok(&pharmacy.verify(&app, &supply, "24").await);
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("paraCETAMOL 500 mg") && page.contains("is not IBUprofen.") && page.contains("name=\"name_read\""), "{page}");
        assert!(pharmacy.pharmacist.get("/pharmacy").await.body.contains("paraCETAMOL"));
        let refused = pharmacy.dispense(&supply, "4", &[]).await;
        assert_eq!(named(&refused), ["name_read"]);
        assert_eq!(number(&app, sql("SELECT count(*) FROM dispenses")).await, 0);
        // The label of the prescription says nothing of the pack.
        let label = format!("RX{}", supply.replace('-', "").to_uppercase());
        assert_eq!(named(&pharmacy.dispense(&supply, "4", &[("scan", &label)]).await), ["name_read"]);
        ok(&pharmacy.dispense(&supply, "4", &[("name_read", "true")]).await);
        // The right pack that is scanned needs no tick.
        let code =
            text(&app, sql("SELECT code FROM stock_items WHERE id = ").push_bind(pharmacy.item.parse::<uuid::Uuid>().expect("an id")))
                .await;
        ok(&pharmacy.dispense(&supply, "4", &[("scan", &code)]).await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_look_alike_is_given_after_its_name_was_read() {
    on_both_engines(|app| async move {
        let on_ward = OnWard::open(&app).await;
        confirmed(&app, &app.as_("pharmacist").await).await;
        on_ward.order(&app, PARACETAMOL, &[("timing", "stat")]).await;
        let nurse = app.as_("nurse").await;
        let dose = id(&app, sql("SELECT id FROM doses")).await;
        let page = nurse.get(&format!("/doses/{dose}")).await.body;
        assert!(page.contains("paraCETAMOL") && page.contains("is not IBUprofen.") && page.contains("name=\"name_read\""), "{page}");
        let round = nurse.get(&format!("/wards/{}/round", on_ward.ward)).await.body;
        assert!(
            round.contains("paraCETAMOL") && round.contains("Look-alike") && !round.contains("action=\"/api/medicine_record/give\""),
            "{round}"
        );
        let key = Fixture::key();
        let form = [("dose_id", dose.as_str()), ("key", &key)];
        assert_eq!(named(&nurse.post("/api/medicine_record/give", &form).await), ["name_read"]);
        ok(&nurse.post("/api/medicine_record/give", &[form.as_slice(), &[("name_read", "true")]].concat()).await);
        assert_eq!(text(&app, sql("SELECT state FROM doses")).await, "given");
        app.assert_sound().await;
    })
    .await;
}
