//! The stock and the pharmacy: from goods received to the bag with its label, and the acts that are refused.

mod checks;
mod counts;
mod guards;
mod labels;
mod opened;
mod paid_first;
mod pauses;
mod races;
mod random;
mod recall;
mod register;
mod returned;
mod sent_back;
mod stock;
mod stops;
mod supplied;
mod ward_doses;
mod ward_stock;

use axum::http::StatusCode;

use super::{
    Answer, Browser, Fixture, TestApp,
    consultation::calls,
    formulary::loaded,
    lab::{fields, id, number, ok, text},
    on_both_engines,
    opd::waits_for_doctor,
    orders::sign,
};
use crate::{
    core::{PatientId, VisitId},
    db::sql,
};

/// A pharmacy with its storerooms and an item, and the people who work there.
#[derive(Clone, Debug)]
pub struct Pharmacy {
    pub pharmacist: Browser,
    pub storekeeper: Browser,
    /// The storerooms: pharmacy, main store, quarantine.
    pub shop: String,
    pub main: String,
    pub quarantine: String,
    /// Paracetamol 500 mg tablets, with the name of the drug.
    pub item: String,
    pub drug: String,
}

/// The batches of the default stock: number, expiry date, quantity.
pub const BATCHES: [(&str, &str, &str); 3] = [("LATE", "2028-06-30", "30"), ("SOON", "2027-01-31", "20"), ("NEXT", "2027-09-30", "50")];

impl Pharmacy {
    /// Opens the storerooms and takes over the formulary. Nothing is in stock.
    pub async fn open(app: &TestApp) -> Self {
        let pharmacist = loaded(app).await;
        let storekeeper = app.as_("storekeeper").await;
        let mut rooms = Vec::new();
        for (code, kind) in [("SHOP", "pharmacy"), ("MAIN", "main"), ("QUAR", "quarantine")] {
            let key = Fixture::key();
            let form = [("key", key.as_str()), ("version", "0"), ("code", code), ("name", code), ("kind", kind)];
            ok(&storekeeper.post("/api/stock/save_room", &form).await);
            rooms.push(key);
        }
        ok(&storekeeper.post("/api/stock/adopt_formulary", &[]).await);
        let paracetamol =
            "FROM stock_items i JOIN drugs d ON d.id = i.drug_id WHERE i.unit = 'tablet' AND lower(d.name) LIKE 'paracetamol%'";
        let item = id(app, sql("SELECT i.id ").push(paracetamol)).await;
        let drug = text(app, sql("SELECT d.name ").push(paracetamol)).await;
        let [shop, main, quarantine] = rooms.try_into().expect("three storerooms");
        Self { pharmacist, storekeeper, shop, main, quarantine, item, drug }
    }

    /// Receives a batch into a storeroom.
    pub async fn receive(&self, room: &str, (batch, expires_on, quantity): (&str, &str, &str), more: &[(&str, &str)]) -> Answer {
        let key = Fixture::key();
        let mut form = vec![
            ("stock_item_id", self.item.as_str()),
            ("key", &key),
            ("storeroom", room),
            ("batch_no", batch),
            ("expires_on", expires_on),
            ("quantity", quantity),
            ("cost", "10.00"),
        ];
        form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        form.extend_from_slice(more);
        self.storekeeper.post("/api/stock/receive", &form).await
    }

    /// Puts 100 tablets of three batches into the pharmacy.
    pub async fn stocked(self) -> Self {
        for batch in BATCHES {
            ok(&self.receive(&self.shop, batch, &[]).await);
        }
        self
    }

    /// Lets a doctor prescribe the item and sign; returns the visit and the supply.
    pub async fn prescribed(&self, app: &TestApp, patient: PatientId, days: &str) -> (VisitId, String) {
        let doctor = app.as_("doctor").await;
        let visit = waits_for_doctor(app, patient).await;
        calls(app, &doctor).await;
        let visit_id = visit.to_string();
        let form = [
            ("visit_id", visit_id.as_str()),
            ("drug", &self.drug),
            ("dose", "1 tablet"),
            ("route", "oral"),
            ("frequency", "3 times a day"),
            ("days", days),
        ];
        ok(&doctor.post("/api/clinical/prescribe", &form).await);
        sign(&doctor, visit).await;
        let supply = id(app, sql("SELECT id FROM supplies WHERE patient_id = ").push_bind(patient)).await;
        (visit, supply)
    }

    pub async fn verify(&self, app: &TestApp, supply: &str, quantity: &str) -> Answer {
        let version = version(app, supply).await;
        let form = [("supply_id", supply), ("version", &version), ("item", self.item.as_str()), ("quantity", quantity)];
        self.pharmacist.post("/api/pharmacy/verify", &form).await
    }

    pub async fn dispense(&self, supply: &str, quantity: &str, more: &[(&str, &str)]) -> Answer {
        let key = Fixture::key();
        let mut form = vec![
            ("supply_id", supply),
            ("key", key.as_str()),
            ("storeroom", &self.shop),
            ("quantity", quantity),
            ("identified_by", "name_and_birth"),
        ];
        form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        form.extend_from_slice(more);
        self.pharmacist.post("/api/pharmacy/dispense", &form).await
    }
}

async fn version(app: &TestApp, supply: &str) -> String {
    let supply: uuid::Uuid = supply.parse().expect("an id");
    number(app, sql("SELECT version FROM supplies WHERE id = ").push_bind(supply)).await.to_string()
}

async fn state(app: &TestApp, supply: &str) -> String {
    let supply: uuid::Uuid = supply.parse().expect("an id");
    text(app, sql("SELECT state FROM supplies WHERE id = ").push_bind(supply)).await
}

async fn on_hand(app: &TestApp, batch: &str) -> i64 {
    let query = "SELECT coalesce(CAST(sum(l.on_hand) AS BIGINT), 0) FROM stock_lines l JOIN stock_batches b ON b.id = l.batch_id
        JOIN storerooms r ON r.id = l.store_id WHERE r.kind <> 'quarantine' AND b.batch_no = ";
    number(app, sql(query).push_bind(batch)).await
}

#[tokio::test]
async fn a_signed_prescription_is_verified_handed_out_labelled_and_charged() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let ana = app.fixture.ana;
        let (_, supply) = pharmacy.prescribed(&app, ana, "8").await;
        let queue = pharmacy.pharmacist.get("/pharmacy").await.body;
        assert!(queue.contains("Núñez") && queue.contains(&pharmacy.drug), "{queue}");
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("Take 1 tablet, by mouth, 3 times a day, for 8 days."), "{page}");
        assert!(page.contains("value=\"24\""), "the quantity of the course is proposed: {page}");
        assert_eq!(pharmacy.dispense(&supply, "24", &[]).await.status, StatusCode::CONFLICT, "not verified yet");
        ok(&pharmacy.verify(&app, &supply, "24").await);
        assert_eq!(fields(&pharmacy.dispense(&supply, "25", &[]).await), ["quantity"], "more than is owed");
        ok(&pharmacy.dispense(&supply, "24", &[]).await);
        assert_eq!(state(&app, &supply).await, "dispensed");
        assert_eq!(
            (on_hand(&app, "SOON").await, on_hand(&app, "NEXT").await, on_hand(&app, "LATE").await),
            (0, 46, 30),
            "first expired first"
        );
        let charged = sql("SELECT quantity_milli FROM charges WHERE source = 'dispense' AND state = 'planned' AND waits_for = 'price'");
        assert_eq!(number(&app, charged).await, 24_000, "it waits for a price");

        let dispense = id(&app, sql("SELECT id FROM dispenses")).await;
        let label = pharmacy.pharmacist.get(&format!("/pharmacy/dispenses/{dispense}/label")).await.body;
        let phone = text(&app, sql("SELECT phone FROM clinics WHERE id = ").push_bind(app.fixture.north)).await;
        for words in ["Take 1 tablet, by mouth", "SOON", "NEXT", "Núñez", "Keep out of reach of children.", &phone] {
            assert!(label.contains(words), "{words}: {label}");
        }
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE patients SET language = 'es' WHERE id = ").push_bind(ana)).await.expect("Spanish");
        tx.commit().await.expect("committed");
        let label = pharmacy.pharmacist.get(&format!("/pharmacy/dispenses/{dispense}/label")).await.body;
        assert!(label.contains("Tome 1 comprimido") && label.contains("lang=\"es\""), "{label}");

        let portal = app.as_("ana").await.get("/portal/records").await.body;
        assert!(portal.contains("Medicines from the pharmacy") && portal.contains("Take 1 tablet"), "{portal}");
        let chart = app.as_("doctor").await.get(&format!("/patients/{ana}/chart?only=pharmacy")).await.body;
        assert!(chart.contains("24 tablet"), "{chart}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_part_is_handed_out_and_the_rest_is_owed() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await;
        ok(&pharmacy.receive(&pharmacy.shop, ("FEW", "2027-05-31", "10"), &[]).await);
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        let refused = pharmacy.dispense(&supply, "24", &[]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("Only 10 are left"), "{}", refused.body);
        assert_eq!(on_hand(&app, "FEW").await, 10, "nothing was taken");
        assert_eq!(number(&app, sql("SELECT count(*) FROM stock_documents WHERE kind = 'dispense'")).await, 0);
        ok(&pharmacy.dispense(&supply, "10", &[]).await);
        assert_eq!(state(&app, &supply).await, "part_dispensed");
        assert!(pharmacy.pharmacist.get("/pharmacy?state=part_dispensed").await.body.contains("14 owed"));
        ok(&pharmacy.receive(&pharmacy.shop, ("MORE", "2027-08-31", "50"), &[]).await);
        ok(&pharmacy.dispense(&supply, "14", &[]).await);
        assert_eq!(state(&app, &supply).await, "dispensed");
        assert_eq!(pharmacy.dispense(&supply, "1", &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(number(&app, sql("SELECT count(*) FROM charges WHERE source = 'dispense'")).await, 2, "each hand-over has its charge");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_prescription_is_refused_with_a_reason_and_the_rest_of_one_is_closed() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        let refuse = async |refusal: &str, note: &str| {
            let version = version(&app, &supply).await;
            let form = [("supply_id", supply.as_str()), ("version", &version), ("refusal", refusal), ("note", note)];
            pharmacy.pharmacist.post("/api/pharmacy/refuse", &form).await
        };
        assert_eq!(fields(&refuse("", "").await), ["refusal"]);
        assert_eq!(fields(&refuse("other", "").await), ["note"]);
        ok(&pharmacy.verify(&app, &supply, "24").await);
        ok(&pharmacy.dispense(&supply, "4", &[]).await);
        ok(&refuse("patient", "").await);
        assert_eq!(state(&app, &supply).await, "closed");
        assert_eq!(pharmacy.dispense(&supply, "4", &[]).await.status, StatusCode::CONFLICT);
        assert!(!pharmacy.pharmacist.get("/pharmacy").await.body.contains(&pharmacy.drug));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_comes_back_goes_to_the_quarantine_and_reduces_the_charge() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        ok(&pharmacy.dispense(&supply, "24", &[]).await);
        let line = id(&app, sql("SELECT id FROM dispense_lines WHERE quantity = 20")).await;
        let give_back = async |quantity: &str, key: &str| {
            let form = [("movement_id", line.as_str()), ("key", key), ("quantity", quantity), ("reason", "not_needed")];
            pharmacy.pharmacist.post("/api/pharmacy/take_back", &form).await
        };
        assert_eq!(fields(&give_back("21", &Fixture::key()).await), ["quantity"]);
        let key = Fixture::key();
        ok(&give_back("5", &key).await);
        ok(&give_back("5", &key).await);
        assert_eq!(on_hand(&app, "SOON").await, 0, "not on the shelf");
        assert_eq!(number(&app, sql("SELECT quantity_milli FROM charges WHERE source = 'dispense'")).await, 19_000);
        assert_eq!(state(&app, &supply).await, "part_dispensed");
        ok(&give_back("15", &Fixture::key()).await);
        assert_eq!(fields(&give_back("1", &Fixture::key()).await), ["quantity"], "nothing of it is left with the patient");
        let other = id(&app, sql("SELECT id FROM dispense_lines WHERE quantity = 4")).await;
        let form = [("movement_id", other.as_str()), ("key", &Fixture::key()), ("quantity", "4"), ("reason", "wrong")];
        ok(&pharmacy.pharmacist.post("/api/pharmacy/take_back", &form).await);
        assert_eq!(state(&app, &supply).await, "verified");
        assert_eq!(number(&app, sql("SELECT count(*) FROM charges WHERE source = 'dispense' AND state = 'cancelled'")).await, 1);
        let held = sql("SELECT s.quantity FROM store_items s JOIN storerooms r ON r.id = s.store_id WHERE r.kind = 'quarantine'");
        assert_eq!(number(&app, held).await, 24);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_stopped_prescription_is_not_handed_out() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        ok(&pharmacy.verify(&app, &supply, "24").await);
        let form = [("prescription_id", supply.as_str()), ("reason", "Fever is gone")];
        ok(&app.as_("doctor").await.post("/api/clinical/stop_prescription", &form).await);
        assert_eq!(state(&app, &supply).await, "cancelled");
        assert_eq!(pharmacy.dispense(&supply, "24", &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(on_hand(&app, "SOON").await, 20);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_controlled_medicine_is_handed_out_by_two_people() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE drugs SET schedule = 'II' WHERE name = ").push_bind(&pharmacy.drug)).await.expect("controlled");
        tx.commit().await.expect("committed");
        let (_, supply) = pharmacy.prescribed(&app, app.fixture.ana, "1").await;
        ok(&pharmacy.verify(&app, &supply, "3").await);
        assert_eq!(fields(&pharmacy.dispense(&supply, "3", &[]).await), ["witness"]);
        let password = super::fixture::PASSWORD;
        for (login, typed) in [("nurse", "wrong"), ("pharmacist", password), ("storekeeper", password), ("nobody", password)] {
            let refused = pharmacy.dispense(&supply, "3", &[("witness", login), ("witness_password", typed)]).await;
            assert_eq!(fields(&refused), ["witness_password"], "{login}");
        }
        assert_eq!(on_hand(&app, "SOON").await, 20);
        ok(&pharmacy.dispense(&supply, "3", &[("witness", "nurse"), ("witness_password", password)]).await);
        assert_eq!(on_hand(&app, "SOON").await, 17);
        let page = pharmacy.pharmacist.get(&format!("/pharmacy/supplies/{supply}")).await.body;
        assert!(page.contains("Nora Nurse"), "{page}");
        app.assert_sound().await;
    })
    .await;
}
