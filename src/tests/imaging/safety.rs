//! The questions of safety follow the record until the images are begun, and the patient hears of the booked time.

use axum::http::StatusCode;

use super::{Fixture, Lab, Radiology, id, number, ok, study, text};
use crate::{
    db::sql,
    tests::{TestApp, messages, on_both_engines},
};

/// Corrects the released creatinine.
async fn correct(app: &TestApp, lab: &Lab, value: &str) {
    let query = sql("SELECT r.id FROM lab_results r JOIN lab_tests t ON t.id = r.test_id
        WHERE r.superseded_at IS NULL AND r.released_at IS NOT NULL AND t.code = 'creatinine'");
    let result = id(app, query).await;
    let form = [("lab_result_id", result.as_str()), ("value", value), ("reason", "Another patient's")];
    ok(&lab.technician.post("/api/lab/correct", &form).await);
}

#[tokio::test]
async fn a_corrected_egfr_closes_the_gate_again() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let radiology = Radiology::of(&app, lab.doctor.clone(), lab.visit, lab.patient).await;
        lab.at_the_bench(&app, "creatinine egfr").await;
        ok(&lab.enter(&app, "creatinine", "0.90", &[]).await);
        for code in ["creatinine", "egfr"] {
            ok(&lab.release(&app, &lab.pathologist, code).await);
        }
        ok(&radiology.order("ct-abd-c", &[]).await);
        ok(&radiology.act(&app, &radiology.radiologist, "vet", &[]).await);
        ok(&radiology.book(&app, "CT", 60).await);
        ok(&radiology.act(&app, &radiology.technologist, "arrive", &[]).await);
        let answers = [("pregnancy", "no"), ("contrast_reaction", "no"), ("kidney", "no")];
        ok(&radiology.answer(&app, &answers).await);
        let start = async || radiology.act(&app, &radiology.technologist, "start", &[]).await.status;
        // The correction keeps the time of the collection. Withdrawn, the value does not count either.
        correct(&app, &lab, "3.00").await;
        assert_eq!(start().await, StatusCode::CONFLICT, "withdrawn");
        for code in ["creatinine", "egfr"] {
            ok(&lab.release(&app, &lab.pathologist, code).await);
        }
        assert_eq!(start().await, StatusCode::CONFLICT, "corrected");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let started =
            sql("UPDATE imaging_orders SET step = 'started', version = version + 1, started_at = updated_at, started_by = updated_by");
        let error = tx.execute(started).await.expect_err("the answer rests on another value");
        assert!(error.violates("imaging_egfr_current"), "{error}");
        drop(tx);
        ok(&radiology.answer(&app, &answers).await);
        let kidney = sql("SELECT answer FROM imaging_safety WHERE question = 'kidney' AND superseded_at IS NULL");
        assert_eq!(text(&app, kidney).await, "yes");
        assert_eq!(start().await, StatusCode::CONFLICT, "a radiologist decides");
        // An allergy that is recorded after the answer counts too.
        let why = [("question", "kidney"), ("reason", "Suspected rupture, dialysis is there")];
        ok(&radiology.act(&app, &radiology.radiologist, "override_safety", &why).await);
        let patient = radiology.patient.to_string();
        let (key, substance) = (Fixture::key(), "Iomeprol");
        let allergy = [
            ("patient_id", patient.as_str()),
            ("key", &key),
            ("substance", substance),
            ("category", "medication"),
            ("criticality", "high"),
        ];
        ok(&radiology.doctor.post("/api/patients/add_allergy", &allergy).await);
        assert_eq!(start().await, StatusCode::CONFLICT, "an allergy");
        ok(&radiology.answer(&app, &answers).await);
        let reaction = sql("SELECT answer FROM imaging_safety WHERE question = 'contrast_reaction' AND superseded_at IS NULL");
        assert_eq!(text(&app, reaction).await, "yes");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_positive_pregnancy_test_of_the_laboratory_is_not_denied() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let radiology = Radiology::of(&app, lab.doctor.clone(), lab.visit, lab.patient).await;
        ok(&radiology.order("xr-chest", &[]).await);
        ok(&radiology.book(&app, "CR", 60).await);
        ok(&radiology.act(&app, &radiology.technologist, "arrive", &[]).await);
        ok(&radiology.answer(&app, &[("pregnancy", "no")]).await);
        lab.reported(&app, "hcgu", "pos").await;
        assert_eq!(radiology.act(&app, &radiology.technologist, "start", &[]).await.status, StatusCode::CONFLICT);
        ok(&radiology.answer(&app, &[("pregnancy", "no")]).await);
        let answer = sql("SELECT answer FROM imaging_safety WHERE question = 'pregnancy' AND superseded_at IS NULL");
        assert_eq!(text(&app, answer).await, "yes");
        let (id_of_study, _) = study(&app).await;
        let page = radiology.technologist.get(&format!("/imaging/studies/{id_of_study}")).await.body;
        assert!(page.contains("Pregnancy test") && page.contains("positive,"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_patient_hears_of_the_booked_time_and_that_it_is_given_back() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        messages::confirm(&app, &app.as_("ana").await, radiology.patient, "email", "ana@example.org").await;
        ok(&radiology.order("us-abdomen", &[]).await);
        ok(&radiology.book(&app, "US", 600).await);
        ok(&radiology.book(&app, "US", 700).await);
        ok(&radiology.act(&app, &radiology.technologist, "unbook", &[]).await);
        for kind in ["booked", "moved", "cancelled"] {
            assert_eq!(number(&app, sql("SELECT count(*) FROM messages WHERE kind = ").push_bind(kind)).await, 1, "{kind}");
        }
        let bell = "SELECT count(*) FROM notifications WHERE kind = ";
        assert_eq!(number(&app, sql(bell).push_bind("imaging_booked")).await, 2);
        assert_eq!(number(&app, sql(bell).push_bind("imaging_unbooked")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_patient_hears_of_a_report_that_opens_after_hours() {
    on_both_engines(|app| async move {
        let radiology = Radiology::open(&app).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let rule = sql("UPDATE imaging_procedures SET portal_rule = 'after_hours', portal_hours = 24 WHERE code = 'xr-chest'");
        tx.execute(rule).await.expect("a rule");
        tx.commit().await.expect("committed");
        radiology.chest(&app).await;
        ok(&super::reports::sign(&app, &radiology, &[]).await);
        assert_eq!(crate::imaging::tell_late_reports(&app.state).await.expect("told"), 0, "not yet");
        app.state.clock.advance(chrono::Duration::hours(25));
        for told in [1, 0] {
            assert_eq!(crate::imaging::tell_late_reports(&app.state).await.expect("told"), told);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM notifications WHERE kind = 'results_there'")).await, 1);
        app.assert_sound().await;
    })
    .await;
}
