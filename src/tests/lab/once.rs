//! The invariants of the laboratory about one row, and about rows of the same patient, in the database alone, by their names.

use super::{Lab, ok};
use crate::{
    core::RequisitionId,
    db::{Engine, Sql, sql},
    tests::{TestApp, on_both_engines, opd::waits_for_doctor},
};

/// Whether the database refuses the last statement, after the ones before it. For a second row PostgreSQL names the constraint, SQLite its
/// columns; a trigger has one name on both.
async fn refuses(app: &TestApp, guard: &str, columns: Option<&str>, before: Vec<Sql>, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    for statement in before {
        let text = format!("{statement:?}");
        tx.execute(statement).await.unwrap_or_else(|error| panic!("{guard}: {error} for {text}"));
    }
    let name = columns.filter(|_| app.state.db.engine() == Engine::Sqlite).unwrap_or(guard);
    let text = format!("{query:?}");
    let error = tx.execute(query).await.expect_err(&text);
    assert!(error.violates(name), "{name}: {error} for {text}");
}

/// A copy of the only sample as an expected one; the text says its number.
fn sample(number: &'static str) -> Sql {
    sql("INSERT INTO lab_samples (id, number, specimen, container_id, priority, wanted_from, state, expected_at, updated_at, updated_by, clinic_id,
        patient_id, requisition_id, parent_id) SELECT ")
    .push_bind(uuid::Uuid::now_v7())
    .push(", ")
    .push(number)
    .push(", specimen, container_id, priority, wanted_from, 'expected', expected_at, updated_at, updated_by, clinic_id, ")
}

/// A copy of the only result, as a version.
fn result(version: i64) -> Sql {
    sql("INSERT INTO lab_results (id, version, analysis_id, patient_id, clinic_id, test_id, kind, value_text, millionths, unit, flag, measured_at,
        entered_at, entered_by) SELECT ")
    .push_bind(uuid::Uuid::now_v7())
    .push(", ")
    .push_bind(version)
    .push(", analysis_id, patient_id, clinic_id, test_id, kind, value_text, millionths, unit, flag, measured_at, entered_at, entered_by
        FROM lab_results")
}

#[tokio::test]
async fn a_sample_and_an_analysis_are_there_once_and_of_one_patient() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        ok(&lab.order("k", &[]).await);
        let ben = app.fixture.ben;
        let of_ben = waits_for_doctor(&app, ben).await;
        let same = || sample("number").push("patient_id, requisition_id, NULL FROM lab_samples");
        refuses(&app, "samples_number", Some("lab_samples.number"), Vec::new(), same()).await;
        let requisition = || {
            sql("INSERT INTO requisitions (id, number, patient_id, clinic_id, visit_id, requested_at, requested_by) SELECT ")
                .push_bind(RequisitionId::new())
                .push(", 'NORTH-Q26-000009', ")
                .push_bind(ben)
                .push(", clinic_id, ")
                .push_bind(of_ben)
                .push(", requested_at, requested_by FROM requisitions")
        };
        let of_other = |parent: &'static str| {
            let requisition = ", (SELECT id FROM requisitions WHERE number = 'NORTH-Q26-000009'), ";
            sample("'999999999999'").push_bind(ben).push(requisition).push(parent).push(" FROM lab_samples")
        };
        refuses(&app, "aliquots_same_patient", None, vec![requisition()], of_other("id")).await;
        let mixed = sql("UPDATE lab_analyses SET sample_id = (SELECT id FROM lab_samples WHERE number = '999999999999')");
        refuses(&app, "analyses_same_patient", None, vec![requisition(), of_other("NULL")], mixed).await;
        let again = sql("INSERT INTO lab_analyses (id, order_id, test_id, patient_id, clinic_id, sample_id, bench, priority, state, updated_at, updated_by)
            SELECT ")
        .push_bind(uuid::Uuid::now_v7())
        .push(", order_id, test_id, patient_id, clinic_id, sample_id, bench, priority, state, updated_at, updated_by FROM lab_analyses");
        refuses(&app, "analyses_one_live", Some("lab_analyses.order_id, lab_analyses.test_id"), Vec::new(), again).await;
        let early = sql("INSERT INTO lab_results (id, version, analysis_id, patient_id, clinic_id, test_id, kind, value_text, millionths, unit, flag,
            measured_at, entered_at, entered_by) SELECT ")
        .push_bind(uuid::Uuid::now_v7())
        .push(", 1, id, patient_id, clinic_id, test_id, 'quantity', '4.1', 4100000, 'mmol/L', 'N', updated_at, updated_at, updated_by
            FROM lab_analyses");
        refuses(&app, "results_need_received_sample", None, Vec::new(), early).await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn one_version_of_a_result_is_current_and_called_once() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "k").await;
        ok(&lab.enter(&app, "k", "6.9", &[("again", "6.9")]).await);
        refuses(&app, "results_one_current", Some("lab_results.analysis_id"), Vec::new(), result(2)).await;
        let superseded = || sql("UPDATE lab_results SET superseded_at = checked_at");
        refuses(&app, "results_versions", Some("lab_results.analysis_id, lab_results.version"), vec![superseded()], result(1)).await;
        let called = sql("INSERT INTO lab_critical_calls (id, result_id, patient_id, clinic_id, value, opened_at) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", result_id, patient_id, clinic_id, value, opened_at FROM lab_critical_calls");
        refuses(&app, "criticals_once", Some("lab_critical_calls.result_id"), Vec::new(), called).await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_calculated_result_is_released_from_current_inputs_alone() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "chol hdl nonhdl").await;
        for (code, value) in [("chol", "200"), ("hdl", "50")] {
            ok(&lab.enter(&app, code, value, &[]).await);
        }
        let of = |text: &'static str, code: &'static str| {
            sql(text).push(" WHERE test_id = (SELECT id FROM lab_tests WHERE code = '").push(code).push("')")
        };
        let before = vec![
            of("UPDATE lab_results SET released_at = checked_at, released_by = (SELECT updated_by FROM lab_tests WHERE code = 'k')", "hdl"),
            of("UPDATE lab_results SET superseded_at = checked_at", "chol"),
        ];
        let released = of(
            "UPDATE lab_results SET released_at = entered_at, released_by = (SELECT updated_by FROM lab_tests WHERE code = 'k')",
            "nonhdl",
        );
        refuses(&app, "results_inputs_current", None, before, released).await;
        app.assert_sound().await;
    })
    .await;
}
