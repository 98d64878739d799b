//! The treatment plan of an encounter: versions, the chart and the portal.

use axum::http::StatusCode;

use super::{
    consultation::calls,
    lab::{fields, number, ok},
    on_both_engines,
    opd::waits_for_doctor,
    orders::sign,
};
use crate::db::sql;

#[tokio::test]
async fn a_plan_is_written_in_versions_and_shown_after_the_signature() {
    on_both_engines(|app| async move {
        let doctor = app.as_("doctor").await;
        let visit = waits_for_doctor(&app, app.fixture.ana).await;
        calls(&app, &doctor).await;
        let id = visit.to_string();
        let write = async |version: &str, goals: &str, review: &str| {
            let form = [("visit_id", id.as_str()), ("version", version), ("goals", goals), ("review_on", review)];
            doctor.post("/api/clinical/write_plan", &form).await
        };
        assert_eq!(fields(&write("0", "", "").await), ["goals"]);
        for wrong in ["2020-01-01", "2199-01-01"] {
            assert_eq!(fields(&write("0", "Walk daily", wrong).await), ["review_on"]);
        }
        ok(&write("0", "Walk daily", "2027-01-15").await);
        assert_eq!(write("0", "Swim", "").await.status, StatusCode::CONFLICT, "a version is there");
        ok(&write("1", "Walk twice a day", "2027-01-15").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM treatment_plans WHERE superseded_at IS NULL AND version = 2")).await, 1);
        let nurse = app.as_("nurse").await;
        let page = nurse.get(&format!("/consultation/{id}/plan")).await.body;
        assert!(page.contains("Walk twice a day") && page.contains("Walk daily"), "{page}");
        let chart = doctor.get(&format!("/patients/{}/chart", app.fixture.ana)).await.body;
        assert!(chart.contains("Walk twice a day") && !chart.contains("Walk daily"), "{chart}");
        let ana = app.as_("ana").await;
        assert!(!ana.get("/portal/records").await.body.contains("Walk twice"), "not before the signature");
        sign(&doctor, visit).await;
        let portal = ana.get("/portal/records").await.body;
        assert!(portal.contains("Walk twice a day"), "{portal}");
        for (guard, query) in [
            ("treatment_plans_frozen", sql("UPDATE treatment_plans SET version = 9")),
            ("treatment_plans_frozen", sql("UPDATE treatment_plans SET superseded_at = NULL")),
            ("treatment_plans_frozen", sql("DELETE FROM treatment_plans")),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(query).await.expect_err("the database refuses");
            assert!(error.violates(guard), "{guard}: {error}");
        }
        app.assert_sound().await;
    })
    .await;
}
