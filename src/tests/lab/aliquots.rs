//! A received sample is divided into tubes for several benches: results belong to their tube, and the rejection of one concerns no other.

use axum::http::StatusCode;

use super::{Lab, fields, id, number, ok, text};
use crate::{
    db::sql,
    tests::{Answer, TestApp, on_both_engines},
};

/// The only sample that is no tube of another, and its version.
async fn first(app: &TestApp) -> (String, String) {
    let sample = id(app, sql("SELECT id FROM lab_samples WHERE parent_id IS NULL ORDER BY number LIMIT 1")).await;
    let version = number(app, sql("SELECT version FROM lab_samples WHERE parent_id IS NULL ORDER BY number LIMIT 1")).await;
    (sample, version.to_string())
}

/// Divides the sample: each bench gets a tube.
async fn divide(app: &TestApp, lab: &Lab, benches: &[&str]) -> Answer {
    let (sample, version) = first(app).await;
    let container = id(app, sql("SELECT id FROM lab_containers WHERE code = 'gold'")).await;
    let names: Vec<(String, String)> = (0..benches.len()).map(|at| (format!("bench-{at}"), format!("container-{at}"))).collect();
    let mut form = vec![("lab_sample_id", sample.as_str()), ("version", &version)];
    for ((bench, holder), name) in names.iter().zip(benches) {
        form.extend([(bench.as_str(), *name), (holder.as_str(), container.as_str())]);
    }
    lab.technician.post("/api/lab/divide", &form).await
}

/// The state of the sample that a test is done from.
async fn state_of(app: &TestApp, code: &'static str) -> String {
    let query = sql(
        "SELECT s.state FROM lab_samples s JOIN lab_analyses a ON a.sample_id = s.id JOIN lab_tests t ON t.id = a.test_id WHERE t.code = ",
    );
    text(app, query.push_bind(code)).await
}

async fn reject(app: &TestApp, lab: &Lab, code: &str, more: &[(&str, &str)]) -> Answer {
    let (_, sample, _) = lab.analysis(app, code).await;
    lab.technician.post("/api/lab/reject", &[&[("lab_sample_id", sample.as_str())][..], more].concat()).await
}

#[tokio::test]
async fn a_sample_is_divided_and_each_result_belongs_to_its_tube() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        ok(&lab.order("hb a1c", &[]).await);
        assert_eq!(divide(&app, &lab, &["Haematology"]).await.status, StatusCode::CONFLICT, "it is not here yet");
        ok(&lab.collect(&app).await);
        lab.receive(&app).await;
        let (sample, version) = first(&app).await;
        let page = lab.technician.get(&format!("/lab/samples/{sample}")).await.body;
        assert!(page.contains("Divide into tubes") && page.contains("Haematology: Haemoglobin"), "{page}");
        assert_eq!(fields(&divide(&app, &lab, &[]).await), ["bench"]);
        let half = [("lab_sample_id", sample.as_str()), ("version", &version), ("bench-0", "Haematology")];
        assert_eq!(fields(&lab.technician.post("/api/lab/divide", &half).await), ["container-0"]);
        assert_eq!(lab.doctor.post("/api/lab/divide", &half).await.status, StatusCode::FORBIDDEN);
        ok(&divide(&app, &lab, &["Haematology", "Chemistry"]).await);
        let stale = lab.technician.post("/api/lab/divide", &half).await;
        assert!(!stale.status.is_success(), "{}", stale.body);
        assert_eq!(divide(&app, &lab, &["Haematology"]).await.status, StatusCode::CONFLICT, "nothing is left to divide");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_samples WHERE parent_id IS NOT NULL AND state = 'received'")).await, 2);
        let own = sql(
            "SELECT count(DISTINCT sample_id) FROM lab_analyses a JOIN lab_samples s ON s.id = a.sample_id WHERE s.parent_id IS NOT NULL",
        );
        assert_eq!(number(&app, own).await, 2, "each bench has its own tube");

        ok(&lab.technician.post("/api/lab/print_tubes", &[("lab_sample_id", &sample)]).await);
        let labels = lab.technician.get(&format!("/lab/samples/{sample}/labels")).await.body;
        assert_eq!(labels.matches("barcode__bars").count(), 2, "{labels}");
        assert!(labels.contains("Tube of "), "{labels}");
        assert_eq!(
            number(&app, sql("SELECT count(*) FROM lab_samples WHERE label_printed_at IS NOT NULL AND parent_id IS NOT NULL")).await,
            2
        );
        let page = lab.technician.get(&format!("/lab/samples/{sample}")).await.body;
        assert!(page.contains("Tubes") && page.contains("Haemoglobin"), "{page}");
        ok(&lab.enter(&app, "hb", "13", &[]).await);
        ok(&lab.release(&app, &lab.pathologist, "hb").await);
        let of_tube =
            sql("SELECT count(*) FROM lab_results r JOIN lab_analyses a ON a.id = r.analysis_id JOIN lab_samples s ON s.id = a.sample_id
            WHERE r.released_at IS NOT NULL AND s.parent_id IS NOT NULL");
        assert_eq!(number(&app, of_tube).await, 1);
        let bedside = lab.nurse.get(&format!("/lab/collect/{}", lab.patient)).await.body;
        let tube = text(&app, sql("SELECT min(number) FROM lab_samples WHERE parent_id IS NOT NULL")).await;
        assert!(!bedside.contains(&tube), "the bedside shows what was drawn there: {bedside}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_rejected_tube_concerns_no_other_and_its_tests_go_on() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "hb a1c").await;
        ok(&divide(&app, &lab, &["Haematology", "Chemistry"]).await);
        ok(&lab.enter(&app, "a1c", "5.5", &[]).await);
        let none = reject(&app, &lab, "hb", &[("rejection", "leaking")]).await;
        assert_eq!(fields(&none), ["material"], "nobody chooses for the technician");
        ok(&reject(&app, &lab, "hb", &[("rejection", "leaking"), ("material", "parent")]).await);
        assert_eq!((state_of(&app, "hb").await, state_of(&app, "a1c").await), ("received".to_owned(), "received".to_owned()));
        let states = sql("SELECT count(*) FROM lab_analyses WHERE state IN ('ready', 'checked')");
        assert_eq!(number(&app, states).await, 2, "the one is done from the first sample, the other keeps its value");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_samples WHERE state = 'expected'")).await, 0);

        // The other tube is rejected too: a new sample of the patient, in the container of the first one.
        ok(&reject(&app, &lab, "a1c", &[("rejection", "contaminated"), ("material", "recollected")]).await);
        assert_eq!((state_of(&app, "hb").await, state_of(&app, "a1c").await), ("received".to_owned(), "expected".to_owned()));
        let container = sql("SELECT c.code FROM lab_samples s JOIN lab_containers c ON c.id = s.container_id WHERE s.state = 'expected'");
        assert_eq!(text(&app, container).await, "lavender");
        ok(&lab.enter(&app, "hb", "13", &[]).await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_sample_of_doubtful_identity_takes_its_tubes_with_it() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "hb a1c").await;
        ok(&divide(&app, &lab, &["Haematology", "Chemistry"]).await);
        ok(&lab.enter(&app, "a1c", "5.5", &[]).await);
        let (sample, _) = first(&app).await;
        ok(&lab.technician.post("/api/lab/reject", &[("lab_sample_id", sample.as_str()), ("rejection", "mislabelled")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_samples WHERE state = 'rejected'")).await, 3);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_samples WHERE state = 'expected'")).await, 1, "one new sample for all");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_analyses WHERE state = 'waiting'")).await, 2);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results WHERE superseded_at IS NULL")).await, 0);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_takes_tubes_of_received_samples_alone() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        ok(&lab.order("hb", &[]).await);
        let tube = sql("INSERT INTO lab_samples (id, number, specimen, container_id, priority, wanted_from, state, expected_at, updated_at, updated_by,
            clinic_id, patient_id, requisition_id, parent_id) SELECT ")
        .push_bind(uuid::Uuid::now_v7())
        .push(", '999999999999', specimen, container_id, priority, wanted_from, 'expected', expected_at, updated_at, updated_by, clinic_id,
            patient_id, requisition_id, id FROM lab_samples");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(tube).await.expect_err("an expected sample has no tubes");
        assert!(error.violates("aliquots_of_received"), "{error}");
    })
    .await;
}
