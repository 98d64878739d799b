//! The dose of a study: typed by the radiographer, read from the archive, shown on the study, on the report and on paper.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    Radiology,
    archives::{archived, ask, named, open},
    fields, id, number, ok,
    pacs::{Pacs, held},
    reports::sign,
    step, study, text,
};
use crate::{
    core::{ImagingDoseId, UserId},
    db::{Sql, sql},
    tests::{Answer, Fixture, TestApp, all_at_once, on_both_engines, races_from},
};

/// Orders a CT of the head and makes its images.
async fn head(app: &TestApp, radiology: &Radiology) {
    ok(&radiology.order("ct-head", &[]).await);
    if step(app).await == "requested" {
        ok(&radiology.act(app, &radiology.radiologist, "vet", &[("protocol", "Plain")]).await);
    }
    radiology.images(app, "CT").await;
}

/// The id of the dose of the newest study; empty without one.
async fn current(app: &TestApp) -> String {
    let count = sql("SELECT count(*) FROM imaging_doses WHERE superseded_at IS NULL");
    if number(app, count).await == 0 {
        String::new()
    } else {
        id(app, sql("SELECT id FROM imaging_doses WHERE superseded_at IS NULL")).await
    }
}

/// Records a dose of the newest study, as the page that shows the present one does.
async fn recorded(app: &TestApp, radiology: &Radiology, numbers: &[(&str, &str)]) -> Answer {
    let (key, seen) = (Fixture::key(), current(app).await);
    let form = [&[("key", key.as_str()), ("seen", &seen)][..], numbers].concat();
    radiology.act(app, &radiology.technologist, "record_dose", &form).await
}

/// The numbers of the dose in use.
async fn numbers(app: &TestApp) -> (Option<i64>, Option<i64>, Option<i64>, String) {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.one(sql("SELECT ctdi_vol, dlp, dap, source FROM imaging_doses WHERE superseded_at IS NULL")).await.expect("a dose")
}

#[tokio::test]
async fn a_radiographer_types_the_dose_and_it_stands_on_study_report_and_paper() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        ok(&radiology.order("ct-head", &[]).await);
        let early = recorded(&app, &radiology, &[("dlp", "500")]).await;
        assert_eq!(early.status, StatusCode::CONFLICT, "no images were begun: {}", early.body);
        if step(&app).await == "requested" {
            ok(&radiology.act(&app, &radiology.radiologist, "vet", &[("protocol", "Plain")]).await);
        }
        radiology.images(&app, "CT").await;
        let (study_id, _) = study(&app).await;
        let page = async || radiology.technologist.get(&format!("/imaging/studies/{study_id}")).await.body;
        let before = page().await;
        assert!(
            before.contains("No dose is recorded yet.") && before.contains("CTDIvol (mGy)") && !before.contains("dap_unit"),
            "{before}"
        );
        assert_eq!(fields(&recorded(&app, &radiology, &[]).await), ["ctdi_vol"]);
        assert_eq!(fields(&recorded(&app, &radiology, &[("ctdi_vol", "2000.5"), ("dlp", "0")]).await), ["ctdi_vol", "dlp"]);
        let forbidden = radiology.act(&app, &radiology.doctor, "record_dose", &[("dlp", "500")]).await;
        assert_eq!(forbidden.status, StatusCode::FORBIDDEN);
        ok(&recorded(&app, &radiology, &[("ctdi_vol", "48,7"), ("dlp", "812.5")]).await);
        assert_eq!(numbers(&app).await, (Some(48_700_000), Some(812_500_000), None, "typed".to_owned()));
        let words = "CTDIvol 48.7 mGy · DLP 812.5 mGy·cm";
        assert!(page().await.contains(words), "{}", page().await);

        let old = recorded_over(&app, &radiology, "").await;
        assert_eq!(old.status, StatusCode::CONFLICT, "another dose was recorded since: {}", old.body);
        ok(&recorded(&app, &radiology, &[("ctdi_vol", "48.7"), ("dlp", "821.5")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM imaging_doses")).await, 2, "the wrong one stays as replaced");
        let desk = radiology.radiologist.get(&format!("/imaging/studies/{study_id}/report")).await.body;
        assert!(desk.contains("DLP 821.5 mGy·cm"), "{desk}");
        ok(&sign(&app, &radiology, &[]).await);
        let report = id(&app, sql("SELECT id FROM radiology_reports")).await;
        let paper = radiology.doctor.get(&format!("/imaging/reports/{report}")).await.body;
        assert!(paper.contains("CTDIvol 48.7 mGy") && paper.contains("DLP 821.5 mGy·cm") && !paper.contains("812.5"), "{paper}");
        app.assert_sound().await;
    })
    .await;
}

/// Records a dose as a page does that showed another one.
async fn recorded_over(app: &TestApp, radiology: &Radiology, seen: &str) -> Answer {
    let key = Fixture::key();
    radiology.act(app, &radiology.technologist, "record_dose", &[("key", &key), ("seen", seen), ("dlp", "1")]).await
}

#[tokio::test]
async fn a_plain_x_ray_has_a_dose_area_product_and_an_ultrasound_has_none() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        radiology.chest(&app).await;
        assert_eq!(fields(&recorded(&app, &radiology, &[("dap", "12")]).await), ["dap_unit"], "no unit is guessed");
        assert_eq!(fields(&recorded(&app, &radiology, &[("dlp", "12")]).await), ["dap"]);
        ok(&recorded(&app, &radiology, &[("dap", "12"), ("dap_unit", "uGy.m2")]).await);
        assert_eq!(numbers(&app).await, (None, None, Some(120_000), "typed".to_owned()));
        let (study_id, _) = study(&app).await;
        let page = radiology.technologist.get(&format!("/imaging/studies/{study_id}")).await.body;
        assert!(page.contains("Dose area product 0.12 Gy·cm²"), "{page}");
        ok(&radiology.order("us-abdomen", &[]).await);
        ok(&radiology.book(&app, "US", 120).await);
        ok(&radiology.act(&app, &radiology.technologist, "arrive", &[]).await);
        ok(&radiology.act(&app, &radiology.technologist, "start", &[]).await);
        let key = Fixture::key();
        let form = [("key", key.as_str()), ("dap", "1"), ("dap_unit", "Gy.cm2")];
        let none = radiology.act(&app, &radiology.technologist, "record_dose", &form).await;
        assert_eq!(none.status, StatusCode::CONFLICT, "nothing ionises: {}", none.body);
        let (study_id, _) = study(&app).await;
        let page = radiology.technologist.get(&format!("/imaging/studies/{study_id}")).await.body;
        assert!(!page.contains("No dose is recorded"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

/// A number of a dose report in DICOM JSON.
fn measured(code: &str, value: &str, unit: &str) -> Value {
    json!({
        "0040A043": { "vr": "SQ", "Value": [{ "00080100": { "Value": [code] }, "00080102": { "Value": ["DCM"] } }] },
        "0040A300": { "vr": "SQ", "Value": [{ "0040A30A": { "vr": "DS", "Value": [value] },
            "004008EA": { "vr": "SQ", "Value": [{ "00080100": { "Value": [unit] } }] } }] },
    })
}

#[tokio::test]
async fn the_archive_tells_the_dose_once_and_a_typed_one_stays() {
    on_both_engines(|app| async move {
        let (radiology, pacs) = (Radiology::open(&app).await, Pacs::default());
        let node = open(&app, &radiology, pacs.start().await).await;
        head(&app, &radiology).await;
        let [accession, _, mrn] = named(&app).await;
        let report = json!({
            "00080016": { "vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.88.67"] },
            "0040A730": { "vr": "SQ", "Value": [measured("113813", "777", "mGy.cm"), measured("113830", "40.5", "mGy"), measured("113830", "0.2", "mGy")] },
        });
        pacs.tell("2.25.731", report);
        pacs.hold(held("2.25.1", &accession, &mrn, "Núñez^Ana María"));
        assert_eq!(ask(&node).await, 1);
        assert_eq!(numbers(&app).await, (Some(40_500_000), Some(777_000_000), None, "archive".to_owned()));
        let by = sql("SELECT count(*) FROM imaging_doses WHERE recorded_by = ").push_bind(UserId::SYSTEM);
        assert_eq!(number(&app, by).await, 1);
        let (study_id, _) = study(&app).await;
        let page = radiology.technologist.get(&format!("/imaging/studies/{study_id}")).await.body;
        assert!(page.contains("CTDIvol 40.5 mGy · DLP 777 mGy·cm") && page.contains("From the archive"), "{page}");
        let asked = || pacs.asked().iter().filter(|url| url.ends_with("/metadata")).count();
        let before = asked();
        assert_eq!((ask(&node).await, asked()), (0, before), "it is asked once");

        // The images were another patient's: their dose goes with them.
        let (archived_id, version, _) = archived(&app, "2.25.1").await;
        let untie = [("archived_study_id", archived_id.as_str()), ("version", &version), ("reason", "Another patient's images")];
        ok(&radiology.technologist.post("/api/imaging/untie_study", &untie).await);
        assert_eq!(current(&app).await, "");
        ok(&recorded(&app, &radiology, &[("dlp", "600")]).await);
        let (archived_id, version, _) = archived(&app, "2.25.1").await;
        let tie = [
            ("archived_study_id", archived_id.as_str()),
            ("version", &version),
            ("imaging_order_id", &study_id),
            ("compared", "true"),
            ("remark", "Compared again"),
        ];
        ok(&radiology.technologist.post("/api/imaging/tie_study", &tie).await);
        ask(&node).await;
        assert_eq!(numbers(&app).await, (None, Some(600_000_000), None, "typed".to_owned()), "a person's number stays");
        app.assert_sound().await;
        node.end().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_doses() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        head(&app, &radiology).await;
        ok(&recorded(&app, &radiology, &[("dlp", "600")]).await);
        ok(&radiology.order("us-abdomen", &[]).await);
        let refused_by = async |guard: &str, query: Sql| {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err(guard);
            assert!(error.violates(guard), "{guard}: {error}");
        };
        let (head, now) = (id(&app, sql("SELECT imaging_id FROM imaging_doses")).await, app.state.clock.now());
        let insert = |study: &str, dlp: Option<i64>, source: &'static str| {
            sql("INSERT INTO imaging_doses (id, imaging_id, dlp, source, recorded_at, recorded_by, superseded_at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
                .bind(ImagingDoseId::new())
                .bind(study.parse::<uuid::Uuid>().expect("an id"))
                .bind(dlp)
                .bind(source)
                .bind(now)
                .bind(UserId::SYSTEM)
        };
        refused_by("imaging_doses_any", insert(&head, None, "typed").bind(now)).await;
        for dlp in [0, 50_000_000_001] {
            refused_by("imaging_doses_range", insert(&head, Some(dlp), "typed").bind(now)).await;
        }
        refused_by("imaging_doses_times", insert(&head, Some(1), "typed").bind(now - chrono::Duration::hours(1))).await;
        let (ultrasound, _) = study(&app).await;
        refused_by("imaging_doses_begun", insert(&ultrasound, Some(1), "typed").bind(now)).await;
        refused_by("imaging_doses_frozen", sql("UPDATE imaging_doses SET dlp = 1")).await;
        refused_by("imaging_doses_frozen", sql("DELETE FROM imaging_doses")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let second = insert(&head, Some(1), "typed").bind(None::<crate::core::time::Instant>);
        assert!(tx.execute(second).await.expect_err("one dose in use").is_unique());
        drop(tx);
        assert_eq!(text(&app, sql("SELECT source FROM imaging_doses")).await, "typed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_first_doses_one_counts() {
    let prepare = async |app: &TestApp| {
        let radiology = Radiology::open(app).await;
        head(app, &radiology).await;
        radiology
    };
    races_from(prepare, |app, radiology| async move {
        let (study_id, version) = study(&app).await;
        let recordings = (0..100).map(|nth: usize| {
            let browser = radiology.technologist.in_copy(&app);
            let (study_id, version, dlp) = (study_id.clone(), version.clone(), (nth + 1).to_string());
            async move {
                let key = Fixture::key();
                let form = [("imaging_order_id", study_id.as_str()), ("version", &version), ("key", &key), ("seen", ""), ("dlp", &dlp)];
                browser.post("/api/imaging/record_dose", &form).await.status
            }
        });
        let answers = all_at_once(recordings).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM imaging_doses")).await, 1);
        app.assert_sound().await;
    })
    .await;
}
