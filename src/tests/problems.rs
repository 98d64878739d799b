//! The problem list: doctors keep it, each change is a version, and nothing is removed.

use axum::http::StatusCode;

use super::{
    TestApp,
    lab::{fields, id, number, ok},
    on_both_engines,
};
use crate::{
    core::ProblemId,
    db::{Sql, sql},
};

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error}");
}

#[tokio::test]
async fn a_problem_is_kept_in_versions() {
    on_both_engines(|app| async move {
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let patient = app.fixture.ana.to_string();
        let key = ProblemId::new().to_string();
        let form = [("patient_id", patient.as_str()), ("key", &key), ("problem", "I10"), ("status", "active"), ("onset", "2020-03-01")];
        assert_eq!(nurse.post("/api/clinical/add_problem", &form).await.status, StatusCode::FORBIDDEN);
        ok(&doctor.post("/api/clinical/add_problem", &form).await);
        let other = ProblemId::new().to_string();
        let mut again = form.to_vec();
        again[1] = ("key", &other);
        assert_eq!(fields(&doctor.post("/api/clinical/add_problem", &again).await), ["problem"], "it is on the list");
        again[2] = ("problem", "Fear of needles");
        again[4] = ("onset", "2031-01-01");
        assert_eq!(fields(&doctor.post("/api/clinical/add_problem", &again).await), ["onset"]);
        again[4] = ("onset", "");
        ok(&doctor.post("/api/clinical/add_problem", &again).await);
        let list = nurse.get(&format!("/patients/{patient}/problems")).await.body;
        assert!(list.contains("I10 Essential (primary) hypertension") && list.contains("Fear of needles"), "{list}");
        let change = [("problem_id", key.as_str()), ("problem", "I10"), ("status", "resolved"), ("onset", "2020-03-01")];
        ok(&doctor.post("/api/clinical/change_problem", &change).await);
        assert_eq!(doctor.post("/api/clinical/change_problem", &change).await.status, StatusCode::CONFLICT, "it was replaced");
        assert_eq!(number(&app, sql("SELECT count(*) FROM problems WHERE code = 'I10'")).await, 2);
        let chart = doctor.get(&format!("/patients/{patient}/chart")).await.body;
        assert!(chart.contains("1 resolved"), "the chart shows the version that counts: {chart}");
        let newest = id(&app, sql("SELECT id FROM problems WHERE code = 'I10' AND superseded_at IS NULL")).await;
        let wrong = [("problem_id", newest.as_str()), ("reason", "")];
        assert_eq!(fields(&doctor.post("/api/clinical/problem_in_error", &wrong).await), ["reason"]);
        ok(&doctor.post("/api/clinical/problem_in_error", &[("problem_id", &newest), ("reason", "Another patient's")]).await);
        let list = doctor.get(&format!("/patients/{patient}/problems")).await.body;
        assert!(list.contains("Another patient&#x27;s") || list.contains("Another patient's"), "{list}");
        refused_by(&app, "problems_frozen", sql("UPDATE problems SET description = 'x'")).await;
        refused_by(&app, "problems_frozen", sql("UPDATE problems SET superseded_at = NULL")).await;
        refused_by(&app, "problems_frozen", sql("DELETE FROM problems")).await;
        let stray = sql(
            "INSERT INTO problems (id, patient_id, description, clinical_status, verification, recorded_at, recorded_by, replaces) SELECT ",
        )
        .push_bind(ProblemId::new())
        .push(", ")
        .push_bind(app.fixture.ben)
        .push(", description, 'active', 'confirmed', recorded_at, recorded_by, id FROM problems WHERE replaces IS NOT NULL");
        refused_by(&app, "problems_same_patient", stray).await;
        app.assert_sound().await;
    })
    .await;
}
