//! The invariants of merges in the database alone, by their names.

use super::{decide, ok, propose};
use crate::{
    db::{Sql, sql},
    tests::{TestApp, on_both_engines},
};

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn the_database_alone_keeps_merges() {
    on_both_engines(|app| async move {
        let (ana, ben, chloe) = (app.fixture.ana, app.fixture.ben, app.fixture.chloe);
        let desk = app.as_("desk").await;
        let merge = propose(&desk, ana, ben).await;
        refused_by(&app, "merges_two_persons", sql("UPDATE patient_merges SET state = 'merged', decided_at = proposed_at, decided_by = proposed_by"))
            .await;
        refused_by(&app, "merges_moves", sql("UPDATE patient_merges SET state = 'undone', undone_at = proposed_at, undone_by = proposed_by")).await;
        refused_by(&app, "merges_fixed", sql("UPDATE patient_merges SET reason = 'other'")).await;
        refused_by(&app, "merges_fixed", sql("DELETE FROM patient_merges")).await;
        super::super::opd::waits_for_doctor(&app, ben).await;
        let by = app.fixture.user("doctor");
        let merged = || sql("UPDATE patient_merges SET state = 'merged', decided_at = proposed_at, decided_by = ").push_bind(by);
        refused_by(&app, "merges_empty", merged()).await;
        super::next_day(&app).await;
        let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
        let (patient, key) = (ben.to_string(), crate::core::AllergyId::new().to_string());
        let allergy = [
            ("patient_id", patient.as_str()),
            ("key", &key),
            ("substance", "Pollen"),
            ("category", "environment"),
            ("criticality", "low"),
            ("severity", "mild"),
        ];
        ok(&nurse.post("/api/patients/add_allergy", &allergy).await);
        ok(&decide(&doctor, &merge, &[]).await);
        let undone = || sql("UPDATE patient_merges SET state = 'undone', undone_at = decided_at, undone_by = ").push_bind(by).push(" WHERE state = 'merged'");
        refused_by(&app, "merges_undone_by_two", undone()).await;
        refused_by(&app, "merges_undo_asked", sql("UPDATE patient_merges SET undo_asked_by = ").push_bind(by)).await;
        ok(&doctor.post("/api/patients/ask_to_undo_merge", &[("merge_id", &merge), ("words", "Two people")]).await);
        refused_by(&app, "merges_undone_by_two", undone()).await;
        refused_by(&app, "merge_rows_fixed", sql("UPDATE patient_merge_rows SET act = 'added' WHERE act = 'moved'")).await;
        refused_by(&app, "merge_rows_fixed", sql("DELETE FROM patient_merge_rows")).await;
        let now = app.state.clock.now();
        let begun = sql("INSERT INTO patient_merges (id, survivor_id, merged_id, clinic_id, state, reason, proposed_at, proposed_by)
            VALUES ($1, $2, $3, $4, 'proposed', 'other', $5, $6)")
        .bind(uuid::Uuid::now_v7())
        .bind(ben)
        .bind(chloe)
        .bind(app.fixture.north)
        .bind(now)
        .bind(app.fixture.user("desk"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(begun).await.expect("a proposal into a merged record");
        let chained = sql("UPDATE patient_merges SET state = 'merged', decided_at = proposed_at, decided_by = $1 WHERE survivor_id = $2")
            .bind(by)
            .bind(ben);
        let error = tx.execute(chained).await.expect_err("no chains");
        assert!(error.violates("merges_flat"), "{error}");
        drop(tx);
        let new = sql("INSERT INTO allergies (id, patient_id, substance, category, criticality, clinical_status, verification, recorded_at, recorded_by)
            VALUES ($1, $2, 'Latex', 'other', 'high', 'active', 'confirmed', $3, $4)")
        .bind(uuid::Uuid::now_v7())
        .bind(ben)
        .bind(now)
        .bind(by);
        refused_by(&app, "patients_merged", new).await;
    })
    .await;
}
