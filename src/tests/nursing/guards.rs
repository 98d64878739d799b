//! The invariants of nursing in the database alone, by their names.

use super::{Stay, ok};
use crate::{
    core::UserId,
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

/// Copies the set with other values in some columns.
fn copy(columns: &'static str, values: &'static str) -> Sql {
    let new = uuid::Uuid::now_v7();
    sql("INSERT INTO observations (id, set_id, version, admission_id, patient_id, clinic_id, recorded_at, recorded_by, ")
        .push(columns)
        .push(") SELECT ")
        .push_bind(new)
        .push(", ")
        .push_bind(new)
        .push(", 1, admission_id, patient_id, clinic_id, recorded_at, recorded_by, ")
        .push(values)
        .push(" FROM observations")
}

#[tokio::test]
async fn the_database_alone_keeps_sets_and_plans() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        ok(&stay.observe(&[]).await);
        refused_by(&app, "observations_frozen", sql("UPDATE observations SET pulse = 80")).await;
        refused_by(&app, "observations_frozen", sql("DELETE FROM observations")).await;
        let scored = copy("kind, taken_at, spo2_scale, score", "'values', taken_at, 1, 0");
        refused_by(&app, "observations_scored", scored).await;
        let scale = copy("kind, taken_at, spo2_scale, unscored", "'values', taken_at, 2, 'partial'");
        refused_by(&app, "observations_scale", scale).await;
        let refusal = copy("kind, taken_at, spo2_scale, unscored", "'refused', taken_at, 1, 'refused'");
        refused_by(&app, "observations_reason", refusal).await;
        let empty = copy("kind, taken_at, spo2_scale, unscored, reason, pulse", "'refused', taken_at, 1, 'refused', 'Sleeps', 70");
        refused_by(&app, "observations_empty", empty).await;
        let early = sql("INSERT INTO observations (id, set_id, version, admission_id, patient_id, clinic_id, recorded_at, recorded_by, kind,
                taken_at, spo2_scale, unscored)
            SELECT $1, $2, 1, admission_id, patient_id, clinic_id, recorded_at, recorded_by, 'values', $3, 1, 'partial' FROM observations");
        let new = uuid::Uuid::now_v7();
        let early = early.bind(new).bind(new).bind(app.state.clock.now() - chrono::Duration::days(1));
        refused_by(&app, "observations_of_stay", early).await;
        let second = sql("INSERT INTO observations (id, set_id, version, admission_id, patient_id, clinic_id, recorded_at, recorded_by, kind,
                taken_at, spo2_scale, unscored, reason) SELECT ")
        .push_bind(uuid::Uuid::now_v7())
        .push(", set_id, 2, admission_id, patient_id, clinic_id, recorded_at, recorded_by, 'error', taken_at, 1, 'error', 'Wrong' FROM observations");
        assert!(refused(&app, second).await.is_unique(), "observations_one_current");
        let plan = |scale: i64, by: UserId| {
            sql("INSERT INTO observation_plans (id, admission_id, patient_id, clinic_id, nth, spo2_scale, reason, set_at, set_by)
                SELECT $1, admission_id, patient_id, clinic_id, 1, $2, 'COPD', recorded_at, $3 FROM observations")
            .bind(uuid::Uuid::now_v7())
            .bind(scale)
            .bind(by)
        };
        refused_by(&app, "observation_plans_by_doctor", plan(2, app.fixture.user("nurse"))).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(plan(2, app.fixture.user("doctor"))).await.expect("a doctor decides");
        let error = tx.execute(sql("UPDATE observation_plans SET spo2_scale = 1")).await.expect_err("a plan stays");
        assert!(error.violates("observation_plans_frozen"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_escalations() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        ok(&stay.observe(&[("respiration", "26")]).await);
        let second = sql(
            "INSERT INTO escalations (id, admission_id, patient_id, clinic_id, observation_id, because, level, state, opened_at, answer_by)
            SELECT ",
        )
        .push_bind(uuid::Uuid::now_v7())
        .push(", admission_id, patient_id, clinic_id, observation_id, because, level, state, opened_at, answer_by FROM escalations");
        refused_by(&app, "escalations_one_open", second).await;
        let closed = sql("UPDATE escalations SET state = 'closed', closed_at = opened_at, version = version + 1, closed_by = ")
            .push_bind(UserId::SYSTEM);
        refused_by(&app, "escalations_moves", closed).await;
        let nobody = sql("UPDATE escalations SET state = 'attended', attended_at = opened_at, version = version + 1");
        refused_by(&app, "escalations_named", nobody).await;
        refused_by(&app, "escalations_moves", sql("UPDATE escalations SET answer_by = opened_at")).await;
        refused_by(&app, "escalations_frozen", sql("UPDATE escalations SET because = 'worry', version = version + 1")).await;
        refused_by(&app, "escalations_frozen", sql("DELETE FROM escalations")).await;
        refused_by(&app, "escalation_steps_frozen", sql("UPDATE escalation_steps SET whom = 'Other'")).await;
        refused_by(&app, "escalation_steps_frozen", sql("DELETE FROM escalation_steps")).await;
        let told = sql("INSERT INTO escalation_steps (id, escalation_id, nth, step, level, at, by_user) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", escalation_id, 2, 'told', level, at, by_user FROM escalation_steps");
        refused_by(&app, "escalation_steps_named", told).await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_fluids_tasks_and_handovers() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        ok(&stay.by(&stay.nurse, "fluid", &[("kind", "oral"), ("ml", "250")]).await);
        refused_by(&app, "fluid_entries_frozen", sql("UPDATE fluid_entries SET ml = 100")).await;
        refused_by(&app, "fluid_entries_frozen", sql("DELETE FROM fluid_entries")).await;
        let new = uuid::Uuid::now_v7();
        let wrong =
            sql("INSERT INTO fluid_entries (id, entry_id, admission_id, patient_id, clinic_id, version, direction, kind, ml, taken_at,
                recorded_at, recorded_by) SELECT ")
            .push_bind(new)
            .push(", ")
            .push_bind(new)
            .push(", admission_id, patient_id, clinic_id, 1, 'out', 'oral', 5, taken_at, recorded_at, recorded_by FROM fluid_entries");
        refused_by(&app, "fluid_entries_kind", wrong).await;
        ok(&stay.by(&stay.nurse, "plan_task", &[("kind", "turning"), ("repeats", "once")]).await);
        let twice = sql("INSERT INTO nursing_tasks (id, admission_id, patient_id, clinic_id, origin_id, due_at, state) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", admission_id, patient_id, clinic_id, origin_id, due_at, state FROM nursing_tasks");
        assert!(refused(&app, twice).await.is_unique(), "tasks_once");
        refused_by(
            &app,
            "tasks_frozen",
            sql("UPDATE nursing_tasks SET state = 'done', settled_at = due_at, settled_by = clinic_id, version = version + 1, due_at = ")
                .push_bind(app.state.clock.now() + chrono::Duration::days(1)),
        )
        .await;
        refused_by(&app, "tasks_frozen", sql("DELETE FROM nursing_tasks")).await;
        let without = sql("UPDATE nursing_tasks SET state = 'not_done', settled_at = due_at, version = version + 1, settled_by = ")
            .push_bind(UserId::SYSTEM);
        refused_by(&app, "tasks_reason", without).await;
        refused_by(&app, "tasks_moves", sql("UPDATE nursing_tasks SET version = version + 1")).await;
        let ward = stay.plan.medical.to_string();
        let admission = stay.id.to_string();
        ok(&stay.nurse.post("/api/nursing/write_line", &[("admission_id", &admission), ("version", "0"), ("situation", "S")]).await);
        refused_by(&app, "handover_notes_frozen", sql("DELETE FROM handover_notes")).await;
        ok(&stay.nurse.post("/api/nursing/offer", &[("ward_id", &ward)]).await);
        let own = sql("UPDATE handovers SET state = 'taken', taken_at = offered_at, taken_by = offered_by, version = version + 1");
        refused_by(&app, "handovers_two_people", own).await;
        refused_by(&app, "handovers_moves", sql("UPDATE handovers SET version = version + 1")).await;
        let twice = sql("INSERT INTO handovers (id, clinic_id, ward_id, day, shift, state, created_at, created_by) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", clinic_id, ward_id, day, shift, 'preparing', created_at, created_by FROM handovers");
        assert!(refused(&app, twice).await.is_unique(), "handovers_once");
        let handover = super::id(&app, sql("SELECT id FROM handovers")).await;
        ok(&stay.doctor.post("/api/nursing/take_over", &[("handover_id", &handover)]).await);
        let late = sql(
            "INSERT INTO handover_notes (id, handover_id, admission_id, patient_id, clinic_id, version, written_at, written_by) SELECT ",
        )
        .push_bind(uuid::Uuid::now_v7())
        .push(", handover_id, admission_id, patient_id, clinic_id, 2, written_at, written_by FROM handover_notes");
        refused_by(&app, "handover_notes_before_taken", late).await;
    })
    .await;
}
