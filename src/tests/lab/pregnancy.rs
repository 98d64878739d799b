//! Ranges of pregnancy: they hold only for a sample that says a pregnancy.

use axum::http::StatusCode;

use super::{Lab, fields, id, number, ok, text};
use crate::{
    core::{LabDrawId, LabRangeId},
    db::sql,
    tests::{Answer, TestApp, on_both_engines},
};

/// Gives potassium a range for the first trimester: up to 3.9, where the general one goes up to 5.
async fn first_trimester(app: &TestApp, lab: &Lab) {
    let (test, key) = (id(app, sql("SELECT id FROM lab_tests WHERE code = 'k'")).await, LabRangeId::new().to_string());
    let range = [
        ("lab_test_id", test.as_str()),
        ("key", &key),
        ("sex", "female"),
        ("age_from", "12"),
        ("condition", "pregnant_t1"),
        ("low", "3.0"),
        ("high", "3.9"),
        ("source", "Own study"),
    ];
    ok(&lab.pathologist.post("/api/lab/add_range", &range).await);
}

/// Collects what is expected, with the fields of a pregnancy.
async fn collect(app: &TestApp, lab: &Lab, more: &[(&str, &str)]) -> Answer {
    let (numbers, key, patient) = (lab.numbers(app, "expected").await.join(" "), LabDrawId::new().to_string(), lab.patient.to_string());
    let mrn = text(app, sql("SELECT mrn FROM patients WHERE id = ").push_bind(lab.patient)).await;
    let form = [("patient_id", patient.as_str()), ("key", &key), ("patient", &mrn), ("numbers", &numbers), ("identified_by", "wristband")];
    lab.nurse.post("/api/lab/collect", &[&form[..], more].concat()).await
}

async fn judged(app: &TestApp) -> (String, String) {
    let current = |column: &'static str| sql("SELECT ").push(column).push(" FROM lab_results WHERE superseded_at IS NULL");
    (text(app, current("range_text")).await, text(app, current("flag")).await)
}

#[tokio::test]
async fn without_a_statement_the_general_range_stands_with_its_name() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        first_trimester(&app, &lab).await;
        lab.at_the_bench(&app, "k").await;
        let (analysis, sample, _) = lab.analysis(&app, "k").await;
        let page = lab.technician.get(&format!("/lab/samples/{sample}")).await.body;
        assert!(page.contains("The sample says no pregnancy") && page.contains("State a pregnancy"), "{page}");
        ok(&lab.enter(&app, "k", "4.4", &[]).await);
        assert_eq!(judged(&app).await, ("3.5–5 (general range)".to_owned(), "N".to_owned()));

        // The one who validates states it: a value that is there keeps its range, so it is entered again.
        let state = async |trimester: &str, source: &str| {
            let form = [("lab_sample_id", sample.as_str()), ("pregnancy", trimester), ("pregnancy_source", source)];
            lab.technician.post("/api/lab/state_pregnancy", &form).await
        };
        assert_eq!(state("t1", "ultrasound").await.status, StatusCode::CONFLICT);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let late = sql(
            "UPDATE lab_samples SET pregnancy = 't1', pregnancy_source = 'patient', pregnancy_at = updated_at, pregnancy_by = updated_by",
        );
        let error = tx.execute(late).await.expect_err("a value is entered");
        assert!(error.violates("samples_pregnancy_fixed"), "{error}");
        drop(tx);
        let version = lab.analysis(&app, "k").await.2;
        ok(&lab.technician.post("/api/lab/repeat", &[("lab_analysis_id", &analysis), ("version", &version)]).await);
        assert_eq!(fields(&state("t1", "").await), ["pregnancy_source"], "with its source");
        ok(&state("t1", "ultrasound").await);
        let page = lab.technician.get(&format!("/lab/samples/{sample}")).await.body;
        assert!(page.contains("Pregnant, first trimester (ultrasound)") && !page.contains("says no pregnancy"), "{page}");
        ok(&lab.enter(&app, "k", "4.4", &[]).await);
        assert_eq!(judged(&app).await, ("3–3.9 (pregnant, first trimester)".to_owned(), "H".to_owned()));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_collector_states_a_pregnancy_with_its_source() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        first_trimester(&app, &lab).await;
        ok(&lab.order("k", &[]).await);
        assert!(lab.nurse.get(&format!("/lab/collect/{}", lab.patient)).await.body.contains("State a pregnancy"));
        assert_eq!(fields(&collect(&app, &lab, &[("pregnancy_source", "record")]).await), ["pregnancy"]);
        // The second trimester has no range of its own.
        ok(&collect(&app, &lab, &[("pregnancy", "t2"), ("pregnancy_source", "record")]).await);
        lab.receive(&app).await;
        ok(&lab.enter(&app, "k", "4.4", &[]).await);
        assert_eq!(judged(&app).await, ("3.5–5 (general range)".to_owned(), "N".to_owned()));
        let half = sql("UPDATE lab_samples SET pregnancy_source = NULL");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(half).await.expect_err("half a statement");
        assert!(error.violates("samples_pregnancy"), "{error}");
        drop(tx);

        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE patients SET sex = 'male' WHERE id = ").push_bind(lab.patient)).await.expect("a man");
        tx.commit().await.expect("committed");
        ok(&lab.order("k", &[("again", "true")]).await);
        assert!(!lab.nurse.get(&format!("/lab/collect/{}", lab.patient)).await.body.contains("State a pregnancy"));
        assert_eq!(fields(&collect(&app, &lab, &[("pregnancy", "t1"), ("pregnancy_source", "record")]).await), ["pregnancy"]);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_samples WHERE pregnancy IS NOT NULL")).await, 1);
        app.assert_sound().await;
    })
    .await;
}
