//! At the bedside: scans of wristband and medicine, the stock of the ward, and the trolley list.

use axum::http::StatusCode;

use super::{IBUPROFEN, OnWard, PARACETAMOL, due, fields, give, give_as_needed, id, later, number, ok};
use crate::{
    db::{Sql, sql},
    tests::{Answer, Browser, Fixture, TestApp, lab::text, on_both_engines},
};

/// A ward that scans, with a storeroom that has some paracetamol.
struct Shelf {
    ward: OnWard,
    room: String,
    item: String,
}

impl Shelf {
    async fn open(app: &TestApp, quantity: &str) -> Self {
        let ward = OnWard::open(app).await;
        let storekeeper = app.as_("storekeeper").await;
        let room = Fixture::key();
        let form = [("key", room.as_str()), ("version", "0"), ("code", "WARD"), ("name", "Ward shelf"), ("kind", "ward")];
        ok(&storekeeper.post("/api/stock/save_room", &form).await);
        ok(&storekeeper.post("/api/stock/adopt_formulary", &[]).await);
        let item =
            id(app, sql("SELECT i.id FROM stock_items i JOIN drugs d ON d.id = i.drug_id WHERE d.code = ").push_bind(PARACETAMOL)).await;
        let key = Fixture::key();
        let form = [
            ("stock_item_id", item.as_str()),
            ("key", &key),
            ("storeroom", &room),
            ("batch_no", "A1"),
            ("expires_on", "2028-06-30"),
            ("quantity", quantity),
            ("cost", "10.00"),
        ];
        ok(&storekeeper.post("/api/stock/receive", &form).await);
        let manager = app.as_("ward_manager").await;
        assert_eq!(manager.get(&format!("/wards/{}/bedside", ward.ward)).await.status, StatusCode::OK);
        ok(&ways(&manager, &ward.ward, "0", &[("scans", "true"), ("storeroom", &room)]).await);
        assert_eq!(ways(&manager, &ward.ward, "0", &[]).await.status, StatusCode::CONFLICT, "it was set");
        Self { ward, room, item }
    }

    async fn on_hand(&self, app: &TestApp) -> i64 {
        let (room, item): (uuid::Uuid, uuid::Uuid) = (self.room.parse().expect("an id"), self.item.parse().expect("an id"));
        number(app, sql("SELECT quantity FROM store_items WHERE store_id = ").push_bind(room).push(" AND item_id = ").push_bind(item)).await
    }
}

async fn ways(browser: &Browser, ward: &str, version: &str, more: &[(&str, &str)]) -> Answer {
    browser.post("/api/medicine_record/ward_ways", &[&[("ward_id", ward), ("version", version)][..], more].concat()).await
}

/// Scans; returns the scan.
async fn scan(browser: &Browser, function: &str, about: (&str, &str), code: &str) -> String {
    let key = Fixture::key();
    ok(&browser.post(&format!("/api/medicine_record/{function}"), &[about, ("key", &key), ("code", code)]).await);
    key
}

async fn outcome(app: &TestApp, scan: &str) -> String {
    text(app, sql("SELECT outcome FROM bedside_scans WHERE id = ").push_bind(scan.parse::<uuid::Uuid>().expect("an id"))).await
}

async fn mrn(app: &TestApp, patient: crate::core::PatientId) -> String {
    text(app, sql("SELECT mrn FROM patients WHERE id = ").push_bind(patient)).await
}

#[tokio::test]
async fn wristband_and_medicine_are_scanned_and_a_wrong_one_stops() {
    on_both_engines(|app| async move {
        let shelf = Shelf::open(&app, "100").await;
        let ward = shelf.ward.ward.clone();
        let order = shelf.ward.order(&app, PARACETAMOL, &[("dose", "2 tablets"), ("timing", "stat")]).await;
        let dose = due(&app, &order).await;
        let nurse = app.as_("nurse").await;
        let (ana, ben) = (mrn(&app, app.fixture.ana).await, mrn(&app, app.fixture.ben).await);
        let code =
            text(&app, sql("SELECT code FROM stock_items WHERE id = ").push_bind(shelf.item.parse::<uuid::Uuid>().expect("an id"))).await;
        // A wrong wristband, and a code that nobody has.
        for (code, stop, words) in [(ben.as_str(), "wrong_patient", "does not lie on this ward"), ("X-1", "unknown", "Nobody and nothing")]
        {
            let wrong = scan(&nurse, "scan_band", ("ward_id", &ward), code).await;
            assert_eq!(outcome(&app, &wrong).await, stop);
            let page = nurse.get(&format!("/wards/{ward}/scan?stop={stop}")).await.body;
            assert!(page.contains(words) && page.contains("role=\"alert\""), "{page}");
        }
        let band = scan(&nurse, "scan_band", ("ward_id", &ward), &ana).await;
        assert_eq!(outcome(&app, &band).await, "right");
        let page = nurse.get(&format!("/bedside/{band}")).await.body;
        assert!(page.contains("Paracetamol") && page.contains("2 tablets") && page.contains("No known allergies"), "{page}");
        let wrong = scan(&nurse, "scan_medicine", ("bedside_scan_id", &band), IBUPROFEN).await;
        assert_eq!(outcome(&app, &wrong).await, "wrong_medicine");
        let page = nurse.get(&format!("/bedside/{band}?stop=wrong_medicine")).await.body;
        assert!(page.contains("not due for this patient"), "{page}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM administrations")).await, 0, "nothing is recorded as given");
        // Without the scans, or with the wrong one, a reason is needed.
        assert_eq!(fields(&give(&nurse, &dose, &[]).await), ["unscanned"]);
        assert_eq!(fields(&give(&nurse, &dose, &[("band", &band), ("medicine", &wrong)]).await), ["unscanned"]);
        let medicine = scan(&nurse, "scan_medicine", ("bedside_scan_id", &band), &code.to_lowercase()).await;
        assert_eq!(outcome(&app, &medicine).await, "right");
        let page = nurse.get(&format!("/doses/{dose}?band={band}&medicine={medicine}")).await.body;
        assert!(!page.contains("Given without scan"), "{page}");
        ok(&give(&nurse, &dose, &[("band", &band), ("medicine", &medicine)]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM dose_scans WHERE unscanned IS NULL")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM bedside_scans WHERE outcome <> 'right'")).await, 3, "each stop is on record");
        // Another dose goes without a scan, for a reason.
        let order = shelf.ward.order(&app, IBUPROFEN, &[("dose", "400 mg"), ("timing", "stat")]).await;
        let dose = due(&app, &order).await;
        let page = nurse.get(&format!("/doses/{dose}")).await.body;
        assert!(page.contains("Given without scan"), "{page}");
        let round = nurse.get(&format!("/wards/{ward}/round")).await.body;
        assert!(!round.contains("/api/medicine_record/give\""), "no dose is given from the list: {round}");
        ok(&give(&nurse, &dose, &[("unscanned", "scanner")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM dose_scans WHERE unscanned = 'scanner'")).await, 1);
        // The band is too old.
        later(&app, 16);
        let nurse = app.as_("nurse").await;
        let key = Fixture::key();
        let late = nurse.post("/api/medicine_record/scan_medicine", &[("bedside_scan_id", &band), ("key", &key), ("code", &code)]).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_medicine_as_needed_is_scanned_and_given_at_the_bedside() {
    on_both_engines(|app| async move {
        let shelf = Shelf::open(&app, "10").await;
        let order = shelf.ward.as_needed(&app).await;
        let nurse = app.as_("nurse").await;
        let ana = mrn(&app, app.fixture.ana).await;
        let band = scan(&nurse, "scan_band", ("ward_id", &shelf.ward.ward), &ana).await;
        scan(&nurse, "scan_medicine", ("bedside_scan_id", &band), PARACETAMOL).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM bedside_scans WHERE kind = 'medicine'")).await, 0, "it stops nobody");
        let page = nurse.get(&format!("/bedside/{band}?order={order}&code={PARACETAMOL}")).await.body;
        assert!(page.contains("/api/medicine_record/give_as_needed") && page.contains("Pain"), "{page}");
        let with = |code: &'static str| [("band", band.clone()), ("code", code.to_owned())];
        for (code, fits) in [("", false), (IBUPROFEN, false), (PARACETAMOL, true)] {
            let form = with(code);
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = give_as_needed(&nurse, &order, &form).await;
            if fits { ok(&answer) } else { assert_eq!(fields(&answer), ["unscanned"], "{code}") }
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM dose_scans WHERE unscanned IS NULL")).await, 1);
        let page = nurse.get(&format!("/bedside/{band}?order={order}&code={PARACETAMOL}")).await.body;
        assert!(page.contains("Not before") && !page.contains("/api/medicine_record/give_as_needed"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_pack_with_a_code_of_gs1_is_known_and_one_that_has_expired_stops() {
    on_both_engines(|app| async move {
        let shelf = Shelf::open(&app, "10").await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let item: uuid::Uuid = shelf.item.parse().expect("an id");
        // The article number is an example of the GS1 General Specifications.
        tx.execute(sql("UPDATE stock_items SET code = '09506000134352' WHERE id = ").push_bind(item)).await.expect("an article number");
        tx.commit().await.expect("committed");
        shelf.ward.order(&app, PARACETAMOL, &[("dose", "2 tablets"), ("timing", "stat")]).await;
        let nurse = app.as_("nurse").await;
        let ana = mrn(&app, app.fixture.ana).await;
        let band = scan(&nurse, "scan_band", ("ward_id", &shelf.ward.ward), &ana).await;
        for (code, found) in [
            ("01095060001343521728063010A1", "right"),
            ("01095060001343521725123110A1", "expired"),
            ("01095060001343521728063010A1\u{1d}21XY", "right"),
            ("9506000134352", "right"),
            ("01095060001343531728063010A1", "unknown"),
        ] {
            let scanned = scan(&nurse, "scan_medicine", ("bedside_scan_id", &band), code).await;
            assert_eq!(outcome(&app, &scanned).await, found, "{code}");
        }
        assert!(nurse.get(&format!("/bedside/{band}?stop=expired")).await.body.contains("has expired"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_given_dose_takes_stock_a_correction_brings_it_back_and_zero_stops_nobody() {
    on_both_engines(|app| async move {
        let shelf = Shelf::open(&app, "3").await;
        let order = shelf.ward.order(&app, PARACETAMOL, &[("dose", "2 tablets"), ("timing", "stat")]).await;
        let dose = due(&app, &order).await;
        let nurse = app.as_("nurse").await;
        let key = Fixture::key();
        let how = [("unscanned", "scanner"), ("key", key.as_str())];
        for _ in 0..2 {
            ok(&give(&nurse, &dose, &how).await);
        }
        assert_eq!(shelf.on_hand(&app).await, 1, "once");
        let correct = async |outcome: &str| {
            let standing = id(&app, sql("SELECT id FROM administrations WHERE superseded_at IS NULL")).await;
            let key = Fixture::key();
            let form = [("dose_id", dose.as_str()), ("key", &key), ("seen", &standing), ("outcome", outcome), ("why", "Another patient's")];
            nurse.post("/api/medicine_record/correct", &form).await
        };
        ok(&correct("given").await);
        assert_eq!(shelf.on_hand(&app).await, 1, "brought back, and taken by the new record");
        ok(&correct("refused").await);
        assert_eq!(shelf.on_hand(&app).await, 3);
        app.assert_sound().await;
        // The shelf has 3, and 2 and 2 are given: the second is a shortage, and is given.
        ok(&give(&nurse, &dose, &[("unscanned", "scanner"), ("reason", "clinical")]).await);
        let order = shelf.ward.as_needed(&app).await;
        later(&app, 5 * 60);
        let nurse = app.as_("nurse").await;
        assert_eq!(fields(&give_as_needed(&nurse, &order, &[]).await), ["unscanned"], "as needed too");
        ok(&give_as_needed(&nurse, &order, &[("unscanned", "scanner")]).await);
        assert_eq!(shelf.on_hand(&app).await, 0, "one tablet");
        later(&app, 5 * 60);
        let nurse = app.as_("nurse").await;
        ok(&give_as_needed(&nurse, &order, &[("unscanned", "scanner")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM ward_shortages WHERE quantity = 1")).await, 1);
        let pharmacist = app.as_("pharmacist").await;
        let list = pharmacist.get("/ward-shortages").await.body;
        assert!(list.contains("Paracetamol") && list.contains("Ward shelf") && !list.contains("Núñez"), "{list}");
        let shortage = id(&app, sql("SELECT id FROM ward_shortages")).await;
        ok(&pharmacist.post("/api/medicine_record/settle", &[("shortage", &shortage)]).await);
        assert_eq!(pharmacist.post("/api/medicine_record/settle", &[("shortage", &shortage)]).await.status, StatusCode::CONFLICT);
        assert_eq!(nurse.get("/ward-shortages").await.status, StatusCode::FORBIDDEN);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_trolley_list_has_the_doses_of_a_day() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        ward.order(&app, PARACETAMOL, &[]).await;
        let list = app.as_("nurse").await.get(&format!("/wards/{}/trolley", ward.ward)).await.body;
        assert!(list.contains("Núñez") && list.contains("14:00 20:00 08:00"), "{list}");
        assert_eq!(app.as_("storekeeper").await.get(&format!("/wards/{}/trolley", ward.ward)).await.status, StatusCode::FORBIDDEN);
        let list = app.as_("pharmacist").await.get(&format!("/wards/{}/trolley", ward.ward)).await;
        assert!(list.status == StatusCode::OK && list.body.contains("Núñez"), "the pharmacy fills it: {}", list.body);
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_scans_and_stock() {
    on_both_engines(|app| async move {
        let shelf = Shelf::open(&app, "10").await;
        let order = shelf.ward.order(&app, PARACETAMOL, &[("dose", "2 tablets"), ("timing", "stat")]).await;
        let nurse = app.as_("nurse").await;
        let ana = mrn(&app, app.fixture.ana).await;
        scan(&nurse, "scan_band", ("ward_id", &shelf.ward.ward), &ana).await;
        ok(&give(&nurse, &due(&app, &order).await, &[("unscanned", "emergency")]).await);
        let refused_by = async |guard: &str, query: Sql| {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err("the database refuses");
            assert!(error.violates(guard), "{guard}: {error}");
        };
        refused_by("bedside_scans_frozen", sql("UPDATE bedside_scans SET outcome = 'unknown'")).await;
        refused_by("bedside_scans_frozen", sql("DELETE FROM bedside_scans")).await;
        refused_by("dose_scans_frozen", sql("UPDATE dose_scans SET unscanned = 'scanner'")).await;
        refused_by("dose_scans_frozen", sql("DELETE FROM dose_scans")).await;
        refused_by("dose_stock_frozen", sql("UPDATE dose_stock SET quantity = 1")).await;
        refused_by("dose_stock_frozen", sql("DELETE FROM dose_stock")).await;
        let right = sql("INSERT INTO bedside_scans (id, ward_id, clinic_id, kind, outcome, at, done_by) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", ward_id, clinic_id, 'band', 'right', at, done_by FROM bedside_scans");
        refused_by("bedside_scans_right", right).await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_number_of_a_pack_finds_its_medicine_and_another_strength_is_refused_with_its_reason() {
    on_both_engines(|app| async move {
        let shelf = Shelf::open(&app, "100").await;
        let storekeeper = app.as_("storekeeper").await;
        let of = async |code: &'static str| id(&app, sql("SELECT id FROM stock_items WHERE upper(code) = ").push_bind(code)).await;
        let (syrup, ibuprofen) = (of("PARACETAMOL-10-MG-ML-BAG").await, of(IBUPROFEN).await);
        for (item, gtin) in [(&shelf.item, "09506000134352"), (&syrup, "04012345123456"), (&ibuprofen, "00614141999996")] {
            let form = [("stock_item_id", item.as_str()), ("gtin", gtin), ("units", "20")];
            ok(&storekeeper.post("/api/stock/add_code", &form).await);
        }
        let order = shelf.ward.order(&app, PARACETAMOL, &[("dose", "2 tablets"), ("timing", "stat")]).await;
        let dose = due(&app, &order).await;
        let nurse = app.as_("nurse").await;
        let ana = mrn(&app, app.fixture.ana).await;
        let band = scan(&nurse, "scan_band", ("ward_id", &shelf.ward.ward), &ana).await;
        for (gtin, words) in [("04012345123456", "another strength or form"), ("00614141999996", "is another substance")] {
            let wrong = scan(&nurse, "scan_medicine", ("bedside_scan_id", &band), &format!("01{gtin}17280630")).await;
            assert_eq!(outcome(&app, &wrong).await, "wrong_medicine");
            let page = nurse.get(&format!("/bedside/{band}?stop=wrong_medicine&scan={wrong}")).await.body;
            assert!(page.contains(words) && page.contains("role=\"alert\""), "{page}");
        }
        let old = scan(&nurse, "scan_medicine", ("bedside_scan_id", &band), "010950600013435217200630").await;
        assert_eq!(outcome(&app, &old).await, "expired");
        let right = scan(&nurse, "scan_medicine", ("bedside_scan_id", &band), "010950600013435217280630").await;
        assert_eq!(outcome(&app, &right).await, "right");
        ok(&give(&nurse, &dose, &[("band", &band), ("medicine", &right)]).await);
        app.assert_sound().await;
    })
    .await;
}
