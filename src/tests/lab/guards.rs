//! The invariants of the laboratory in the database alone, by their names.

use super::{Lab, ok};
use crate::{
    core::{LabRangeId, UserId},
    db::{DbError, Sql, sql},
    tests::{TestApp, on_both_engines},
};

async fn refused(app: &TestApp, query: Sql) -> DbError {
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(query).await.expect_err("the database refuses")
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let text = format!("{query:?}");
    let error = refused(app, query).await;
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn the_database_alone_keeps_samples_and_analyses() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        ok(&lab.order("k", &[]).await);
        refused_by(&app, "samples_moves", sql("UPDATE lab_samples SET state = 'received', version = version + 1")).await;
        refused_by(&app, "samples_fixed", sql("UPDATE lab_samples SET number = '000000000000'")).await;
        refused_by(&app, "samples_fixed", sql("DELETE FROM lab_samples")).await;
        refused_by(&app, "results_need_received_sample", sql("UPDATE lab_analyses SET state = 'ready', due_at = updated_at, version = version + 1")).await;
        refused_by(&app, "analyses_moves", sql("UPDATE lab_analyses SET state = 'released', due_at = updated_at, version = version + 1")).await;
        refused_by(&app, "analyses_fixed", sql("DELETE FROM lab_analyses")).await;
        refused_by(&app, "lab_orders_fixed", sql("DELETE FROM lab_orders")).await;
        let stopped = sql("UPDATE lab_samples SET state = 'not_collected', version = version + 1, stopped_at = updated_at, stopped_by = updated_by");
        refused_by(&app, "samples_reasoned", stopped).await;
        let twice = sql("INSERT INTO lab_analyses (id, order_id, test_id, patient_id, clinic_id, sample_id, bench, priority, state, updated_at, updated_by)
            SELECT ")
        .push_bind(uuid::Uuid::now_v7())
        .push(", order_id, test_id, patient_id, clinic_id, sample_id, bench, priority, state, updated_at, updated_by FROM lab_analyses");
        let error = refused(&app, twice).await;
        assert!(error.is_unique(), "{error}");
        let other = sql("INSERT INTO lab_draws (id, patient_id, clinic_id, drawn_at, drawn_by, identified_by) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", ")
            .push_bind(app.fixture.ben)
            .push(", clinic_id, expected_at, updated_by, 'card' FROM lab_samples");
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(other).await.expect("a draw of another patient");
        let mixed = sql("UPDATE lab_samples SET draw_id = (SELECT id FROM lab_draws)");
        let error = tx.execute(mixed).await.expect_err("another patient's draw");
        assert!(error.violates("samples_same_patient"), "{error}");
        drop(tx);
        ok(&lab.collect(&app).await);
        let early = sql("UPDATE lab_samples SET state = 'received', version = version + 1, received_by = updated_by, received_at = ")
            .push_bind(app.state.clock.now() - chrono::Duration::hours(1));
        refused_by(&app, "samples_times", early).await;
        refused_by(&app, "samples_rejected", sql("UPDATE lab_samples SET rejection = 'clotted'")).await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_results() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "k").await;
        ok(&lab.enter(&app, "k", "6.9", &[("again", "6.9")]).await);
        refused_by(&app, "results_frozen", sql("UPDATE lab_results SET millionths = 4000000")).await;
        refused_by(&app, "results_frozen", sql("DELETE FROM lab_results")).await;
        refused_by(&app, "results_two_people", sql("UPDATE lab_results SET released_at = checked_at, released_by = entered_by")).await;
        let alone = sql("UPDATE lab_results SET released_at = checked_at, released_by = entered_by, single_handed = TRUE");
        refused_by(&app, "results_two_people", alone).await;
        refused_by(&app, "portal_only_released", sql("UPDATE lab_results SET portal_from = checked_at")).await;
        let autoreleased = sql("UPDATE lab_results SET released_at = checked_at, released_by = entered_by, autoreleased = TRUE");
        refused_by(&app, "results_autoreleased", autoreleased).await;
        let copy = |version: i64, shape: &'static str| {
            sql("INSERT INTO lab_results (id, analysis_id, patient_id, clinic_id, test_id, version, kind, value_text, millionths, unit, flag, measured_at,
                entered_at, entered_by) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", analysis_id, patient_id, clinic_id, test_id, ")
            .push_bind(version)
            .push(shape)
            .push(", flag, measured_at, entered_at, entered_by FROM lab_results")
        };
        let error = refused(&app, copy(2, ", kind, value_text, millionths, unit")).await;
        assert!(error.is_unique(), "one is current: {error}");
        refused_by(&app, "results_value_shape", copy(2, ", 'text', value_text, millionths, unit")).await;
        refused_by(&app, "results_unit", copy(2, ", kind, value_text, millionths, ''")).await;
        refused_by(&app, "criticals_read_back", sql("UPDATE lab_critical_calls SET closed_at = opened_at, closed_by = ").push_bind(UserId::SYSTEM)).await;
        refused_by(&app, "criticals_frozen", sql("DELETE FROM lab_critical_calls")).await;
        let twice = sql("INSERT INTO lab_critical_calls (id, result_id, patient_id, clinic_id, value, opened_at) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", result_id, patient_id, clinic_id, value, opened_at FROM lab_critical_calls");
        assert!(refused(&app, twice).await.is_unique());
        ok(&lab.release(&app, &lab.pathologist, "k").await);
        refused_by(&app, "lab_reports_frozen", sql("UPDATE lab_reports SET digest = upper(digest)")).await;
        refused_by(&app, "results_frozen", sql("UPDATE lab_results SET released_at = NULL, released_by = NULL, portal_from = NULL")).await;
        refused_by(&app, "reviews_signed", sql("UPDATE lab_reviews SET state = 'signed'")).await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_ranges_apart_and_in_order() {
    on_both_engines(|app| async move {
        Lab::open(&app).await;
        let range = |columns: &'static str, values: &'static str| {
            sql("INSERT INTO lab_ranges (id, test_id, sex, valid_from, source, created_at, created_by, ")
                .push(columns)
                .push(") SELECT ")
                .push_bind(LabRangeId::new())
                .push(", r.test_id, 'any', r.valid_from, 'S', r.created_at, r.created_by, ")
                .push(values)
                .push(" FROM lab_ranges r JOIN lab_tests t ON t.id = r.test_id WHERE t.code = 'k'")
        };
        refused_by(&app, "ranges_no_overlap", range("age_from_days, low", "7000, 1")).await;
        refused_by(&app, "ranges_ordered", range("age_from_days, age_to_days, low, high", "0, 30, 5, 4")).await;
        refused_by(&app, "ranges_ordered", range("age_from_days, age_to_days, critical_low, low", "0, 30, 5, 4")).await;
        refused_by(&app, "ranges_ages", range("age_from_days, age_to_days, low", "30, 30, 1")).await;
        refused_by(&app, "ranges_frozen", sql("UPDATE lab_ranges SET high = 1000000000")).await;
        refused_by(&app, "ranges_frozen", sql("DELETE FROM lab_ranges")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(range("age_from_days, age_to_days, low", "0, 6575, 1")).await.expect("the ages below touch");
        drop(tx);
        refused_by(&app, "lab_tests_autorelease", sql("UPDATE lab_tests SET autorelease = TRUE")).await;
        refused_by(&app, "lab_tests_unit", sql("UPDATE lab_tests SET unit = '' WHERE code = 'k'")).await;
    })
    .await;
}
