//! Hand-overs at the same moment: the stock never goes below zero, and one key books once.

use axum::http::StatusCode;

use super::{Pharmacy, number, ok};
use crate::{
    core::{EncounterId, PatientId},
    db::sql,
    tests::{Browser, Fixture, TestApp, all_at_once, races_from},
};

/// Patients, each with a prescription at the pharmacy.
const PATIENTS: usize = 20;
/// Hand-overs of one tablet to each patient.
const EACH: usize = 10;

/// Makes a signed prescription with its verified supply for each patient.
async fn supplies(app: &TestApp, pharmacy: &Pharmacy, patients: &[PatientId]) -> Vec<String> {
    let mut made = Vec::new();
    for patient in patients {
        let (encounter, prescription) = (EncounterId::new(), uuid::Uuid::now_v7());
        let (now, doctor) = (app.state.clock.now(), app.fixture.user("doctor"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        let begun =
            sql("INSERT INTO encounters (id, patient_id, clinic_id, kind, state, started_at, ended_at, created_by, updated_at, updated_by)
            VALUES ($1, $2, $3, 'outpatient', 'finished', $4, $4, $5, $4, $5)");
        tx.execute(begun.bind(encounter).bind(*patient).bind(app.fixture.north).bind(now).bind(doctor)).await.expect("an encounter");
        let prescribed = sql("INSERT INTO prescriptions (id, encounter_id, patient_id, drug_id, drug, dose, route, frequency, state, prescribed_at, prescribed_by)
            SELECT $1, $2, $3, d.id, d.name, '1 tablet', 'oral', 'once a day', 'active', $4, $5 FROM drugs d WHERE d.name = $6");
        let prescribed = prescribed.bind(prescription).bind(encounter).bind(*patient).bind(now).bind(doctor).bind(&pharmacy.drug);
        tx.execute(prescribed).await.expect("a prescription");
        let supply = sql("INSERT INTO supplies (id, patient_id, clinic_id, state, signed_at, updated_at, updated_by)
            VALUES ($1, $2, $3, 'to_verify', $4, $4, $5)");
        tx.execute(supply.bind(prescription).bind(*patient).bind(app.fixture.north).bind(now).bind(doctor)).await.expect("a supply");
        tx.commit().await.expect("committed");
        let id = prescription.to_string();
        ok(&pharmacy.verify(app, &id, "10").await);
        made.push(id);
    }
    made
}

/// Sends a hand-over of one tablet, again while the database is busy.
async fn hand_out(browser: Browser, supply: String, shop: String, key: String) -> StatusCode {
    loop {
        let form = [("supply_id", supply.as_str()), ("key", &key), ("storeroom", &shop), ("quantity", "1"), ("identified_by", "card")];
        let answer = browser.post("/api/pharmacy/dispense", &form).await;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            return answer.status;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_hand_overs_from_a_hundred_tablets_a_hundred_succeed() {
    let prepare = async |app: &TestApp| {
        let pharmacy = Pharmacy::open(app).await.stocked().await;
        let patients = app.people(PATIENTS).await;
        let made = supplies(app, &pharmacy, &patients).await;
        (pharmacy, made)
    };
    races_from(prepare, |app, (pharmacy, made)| async move {
        let acts = (0..PATIENTS * EACH).map(|nth| {
            let browser = pharmacy.pharmacist.in_copy(&app);
            hand_out(browser, made[nth % PATIENTS].clone(), pharmacy.shop.clone(), Fixture::key())
        });
        let answers = all_at_once(acts).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 100, "{answers:?}");
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::CONFLICT).count(), 100, "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM dispenses")).await, 100);
        assert_eq!(number(&app, sql("SELECT CAST(sum(on_hand) AS BIGINT) FROM stock_lines")).await, 0);
        assert_eq!(number(&app, sql("SELECT CAST(sum(quantity) AS BIGINT) FROM stock_movements")).await, 0);
        assert_eq!(number(&app, sql("SELECT CAST(sum(quantity_milli) AS BIGINT) FROM charges WHERE source = 'dispense'")).await, 100_000);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_two_nodes_a_hundred_of_two_hundred_hand_overs_succeed() {
    let prepare = async |app: &TestApp| {
        let pharmacy = Pharmacy::open(app).await.stocked().await;
        let patients = app.people(PATIENTS).await;
        let made = supplies(app, &pharmacy, &patients).await;
        (pharmacy, made)
    };
    races_from(prepare, |app, (pharmacy, made)| async move {
        let other = app.another_node().await;
        let acts = (0..PATIENTS * EACH).map(|nth| {
            let node = if nth % 2 == 0 { &app } else { &other };
            let browser = pharmacy.pharmacist.in_copy(node);
            hand_out(browser, made[nth / 2 % PATIENTS].clone(), pharmacy.shop.clone(), Fixture::key())
        });
        let answers = all_at_once(acts).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 100, "{answers:?}");
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::CONFLICT).count(), 100, "{answers:?}");
        assert_eq!(number(&app, sql("SELECT CAST(sum(on_hand) AS BIGINT) FROM stock_lines")).await, 0);
        assert_eq!(number(&app, sql("SELECT CAST(sum(quantity) AS BIGINT) FROM stock_movements")).await, 0);
        app.assert_sound().await;
        other.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_key_a_hundred_times_hands_out_and_charges_once() {
    let prepare = async |app: &TestApp| {
        let pharmacy = Pharmacy::open(app).await.stocked().await;
        let made = supplies(app, &pharmacy, &[app.fixture.ana]).await;
        (pharmacy, made[0].clone())
    };
    races_from(prepare, |app, (pharmacy, supply)| async move {
        let key = Fixture::key();
        let acts = (0..100).map(|_| hand_out(pharmacy.pharmacist.in_copy(&app), supply.clone(), pharmacy.shop.clone(), key.clone()));
        let answers = all_at_once(acts).await;
        assert!(answers.iter().all(|status| *status == StatusCode::OK), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM dispenses")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM stock_movements WHERE kind = 'dispense'")).await, 1);
        assert_eq!(number(&app, sql("SELECT quantity_milli FROM charges WHERE source = 'dispense'")).await, 1_000);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_reservations_of_the_last_units_ten_succeed() {
    let prepare = async |app: &TestApp| {
        let pharmacy = Pharmacy::open(app).await;
        let patients = app.people(100).await;
        // Nothing is in stock when they are verified: nothing is reserved.
        let made = supplies(app, &pharmacy, &patients).await;
        ok(&pharmacy.receive(&pharmacy.shop, ("LAST", "2027-05-31", "10"), &[]).await);
        (pharmacy, made)
    };
    races_from(prepare, |app, (pharmacy, made)| async move {
        let acts = made.iter().map(|supply| {
            let (browser, supply, shop) = (pharmacy.pharmacist.in_copy(&app), supply.clone(), pharmacy.shop.clone());
            async move {
                loop {
                    let form = [("supply_id", supply.as_str()), ("storeroom", &shop), ("quantity", "1")];
                    let answer = browser.post("/api/pharmacy/reserve", &form).await;
                    if answer.status != StatusCode::SERVICE_UNAVAILABLE {
                        return answer.status;
                    }
                    tokio::task::yield_now().await;
                }
            }
        });
        let answers = all_at_once(acts).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 10, "{answers:?}");
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::CONFLICT).count(), 90, "{answers:?}");
        assert_eq!(number(&app, sql("SELECT CAST(sum(reserved) AS BIGINT) FROM stock_lines")).await, 10);
        app.assert_sound().await;
    })
    .await;
}
