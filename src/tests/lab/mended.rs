//! Results that follow from others, corrections that are taken back, orders that stop, and those who hear of a result.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Lab, fields, id, number, ok, text};
use crate::{
    core::{LabControlLotId, LabControlRunId, MergeId, PatientId},
    db::sql,
    opd,
    tests::{Answer, TestApp, on_both_engines},
};

/// The current value of a test, released or not.
async fn value(app: &TestApp, code: &'static str) -> String {
    let query =
        sql("SELECT r.value_text FROM lab_results r JOIN lab_tests t ON t.id = r.test_id WHERE r.superseded_at IS NULL AND t.code = ");
    text(app, query.push_bind(code)).await
}

/// Corrects the released result of a test; `again` is the value once more.
async fn correct(app: &TestApp, lab: &Lab, code: &'static str, value: &str) -> Answer {
    let query = sql("SELECT r.id FROM lab_results r JOIN lab_tests t ON t.id = r.test_id
        WHERE r.superseded_at IS NULL AND r.released_at IS NOT NULL AND t.code = ");
    let result = id(app, query.push_bind(code)).await;
    let form = [("lab_result_id", result.as_str()), ("value", value), ("again", value), ("reason", "Read from another line")];
    lab.technician.post("/api/lab/correct", &form).await
}

async fn set_portal_rule(app: &TestApp, code: &'static str, rule: &'static str, hours: i64) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let query = sql("UPDATE lab_tests SET portal_rule = $1, portal_hours = $2 WHERE code = $3").bind(rule).bind(hours).bind(code);
    tx.execute(query).await.expect("a rule");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn a_calculated_result_is_released_after_its_inputs() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "egfr creatinine").await;
        ok(&lab.enter(&app, "creatinine", "1.00", &[]).await);
        let alone = lab.release(&app, &lab.pathologist, "egfr").await;
        assert_eq!(alone.status, StatusCode::CONFLICT, "{}", alone.body);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let query = sql("UPDATE lab_results SET released_at = checked_at, released_by = ").push_bind(app.fixture.user("pathologist"));
        let query = query.push(" WHERE test_id = (SELECT t.id FROM lab_tests t WHERE t.code = 'egfr')");
        let error = tx.execute(query).await.expect_err("its input is not released");
        assert!(error.violates("results_inputs_released"), "{error}");
        drop(tx);
        // Together they are released in their order.
        let mut form = Vec::new();
        for code in ["egfr", "creatinine"] {
            let analysis = lab.analysis(&app, code).await.0;
            let query = sql("SELECT id FROM lab_results WHERE superseded_at IS NULL AND analysis_id = ");
            form.push((format!("release-{analysis}"), id(&app, query.push_bind(analysis.parse::<uuid::Uuid>().expect("an id"))).await));
        }
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        ok(&lab.pathologist.post("/api/lab/release", &form).await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_correction_is_taken_back_and_the_released_version_stands_again() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "creatinine egfr").await;
        ok(&lab.enter(&app, "creatinine", "8.00", &[("again", "8.00")]).await);
        for code in ["creatinine", "egfr"] {
            ok(&lab.release(&app, &lab.pathologist, code).await);
        }
        let rate = value(&app, "egfr").await;
        ok(&correct(&app, &lab, "creatinine", "0.80").await);
        let open = "SELECT count(*) FROM lab_critical_calls WHERE closed_at IS NULL";
        assert_eq!(number(&app, sql(open)).await, 0, "the call of a withdrawn value");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("UPDATE lab_results SET superseded_at = NULL WHERE superseded_at IS NOT NULL")).await;
        let error = error.expect_err("a later version counts");
        assert!(error.violates("results_frozen") || error.is_unique(), "{error}");
        drop(tx);
        let query = sql("SELECT r.id FROM lab_results r WHERE r.released_at IS NULL AND r.superseded_at IS NULL AND r.value_text = '0.80'");
        let correction = id(&app, query).await;
        let form = [("lab_result_id", correction.as_str())];
        assert!(lab.pathologist.get("/lab/release").await.body.contains("Take the correction back"));
        assert_eq!(lab.technician.post("/api/lab/take_back_correction", &form).await.status, StatusCode::FORBIDDEN);
        ok(&lab.pathologist.post("/api/lab/take_back_correction", &form).await);
        assert_eq!((value(&app, "creatinine").await, value(&app, "egfr").await), ("8.00".to_owned(), rate));
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results WHERE superseded_at IS NULL AND released_at IS NULL")).await, 0);
        assert_eq!(number(&app, sql(open)).await, 1, "the call is open again");
        assert_eq!(lab.pathologist.post("/api/lab/take_back_correction", &form).await.status, StatusCode::CONFLICT);
        ok(&correct(&app, &lab, "creatinine", "7.90").await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn another_level_of_the_controls_does_not_end_a_hold() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        for level in ["1", "2"] {
            let key = LabControlLotId::new().to_string();
            let form = [
                ("key", key.as_str()),
                ("test", "k"),
                ("material", "Serum control"),
                ("level", level),
                ("lot", level),
                ("expires_on", "2030-01-31"),
                ("target", "maker"),
                ("mean", "4.0"),
                ("sd", "0.1"),
            ];
            ok(&lab.pathologist.post("/api/lab/add_lot", &form).await);
        }
        let test = id(&app, sql("SELECT id FROM lab_tests WHERE code = 'k'")).await;
        let run = async |values: &[(i64, &str)]| {
            let key = LabControlRunId::new().to_string();
            let mut form =
                vec![("lab_test_id".to_owned(), test.clone()), ("key".to_owned(), key), ("action".to_owned(), "Calibrated".to_owned())];
            for (level, value) in values {
                let lot = id(&app, sql("SELECT id FROM lab_control_lots WHERE level = ").push_bind(*level)).await;
                form.push((format!("value-{lot}"), (*value).to_owned()));
            }
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            ok(&lab.technician.post("/api/lab/run_controls", &form).await);
        };
        lab.at_the_bench(&app, "k").await;
        ok(&lab.enter(&app, "k", "4.1", &[]).await);
        run(&[(1, "4.0"), (2, "4.4")]).await;
        run(&[(1, "4.0")]).await;
        assert_eq!(lab.release(&app, &lab.pathologist, "k").await.status, StatusCode::CONFLICT, "level 2 has not passed");
        let page = lab.technician.get(&format!("/lab/controls/{test}")).await.body;
        assert!(page.contains("results are held") && page.contains("To pass again, level: 2"), "{page}");
        run(&[(2, "4.0")]).await;
        ok(&lab.release(&app, &lab.pathologist, "k").await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_on_hold_is_not_collected_and_one_in_error_ends_its_results() {
    on_both_engines(|app| async move {
        // In a small house the nurse is the technician too.
        let (nurse, now) = (app.fixture.user("nurse"), app.state.clock.now());
        let mut tx = app.state.db.write().await.expect("a transaction");
        let role = sql("INSERT INTO user_roles (user_id, role, granted_at, granted_by) VALUES ($1, 'lab', $2, $3)");
        tx.execute(role.bind(nurse).bind(now).bind(nurse)).await.expect("a role");
        tx.commit().await.expect("committed");
        let lab = Lab::open(&app).await;
        ok(&lab.order("k", &[]).await);
        let order = id(&app, sql("SELECT id FROM orders WHERE kind = 'laboratory'")).await;
        let version = async || text(&app, sql("SELECT CAST(version AS TEXT) FROM orders WHERE kind = 'laboratory'")).await;
        let by_hand = [("order_id", order.as_str()), ("version", "1"), ("act", "accept")];
        assert_eq!(lab.nurse.post("/api/orders/work", &by_hand).await.status, StatusCode::CONFLICT, "the laboratory's work moves it");
        let act = async |act: &str| {
            let version = version().await;
            let form = [("order_id", order.as_str()), ("version", &version), ("act", act), ("reason", "The patient eats")];
            lab.doctor.post("/api/orders/withdraw", &form).await
        };
        ok(&act("hold").await);
        assert_eq!(fields(&lab.collect(&app).await), ["numbers"], "not now");
        assert!(!lab.nurse.get(&format!("/lab/collect/{}", lab.patient)).await.body.contains("Potassium"));
        ok(&act("resume").await);
        ok(&lab.collect(&app).await);
        // Held after the collection, it waits in the laboratory.
        ok(&act("hold").await);
        lab.receive(&app).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_analyses WHERE state = 'waiting'")).await, 1);
        ok(&act("resume").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders WHERE kind = 'laboratory' AND state = 'in_progress'")).await, 1);
        ok(&lab.enter(&app, "k", "6.9", &[("again", "6.9")]).await);
        ok(&act("enter_in_error").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_analyses WHERE state = 'cancelled'")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results WHERE superseded_at IS NULL")).await, 0);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_critical_calls WHERE closed_at IS NULL")).await, 0);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_colleague_who_signed_hears_of_each_correction_and_nobody_waits_for_who_is_away() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.reported(&app, "k", "5.9").await;
        let colleague = app.as_("doctor2").await;
        let review = id(&app, sql("SELECT id FROM lab_reviews")).await;
        ok(&colleague.post("/api/lab/sign", &[("lab_review_id", &review), ("action", "none")]).await);
        for (nth, value) in [(1, "4.9"), (2, "4.8")] {
            ok(&correct(&app, &lab, "k", value).await);
            ok(&lab.release(&app, &lab.pathologist, "k").await);
            let bell = sql("SELECT count(*) FROM notifications WHERE kind = 'report_corrected' AND user_id = ");
            assert_eq!(number(&app, bell.push_bind(app.fixture.user("doctor2"))).await, nth, "correction {nth}");
        }
        // Overdue, the doctors of the clinic hear of it.
        app.state.clock.advance(Duration::days(15));
        assert_eq!(crate::lab::escalate_reviews(&app.state).await.expect("escalated"), 1);
        let bell = sql("SELECT count(*) FROM notifications WHERE kind = 'report_unsigned' AND user_id = ");
        assert_eq!(number(&app, bell.push_bind(app.fixture.user("doctor2"))).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_reports_of_a_doctor_who_is_away_are_in_the_pool() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let now = app.state.clock.now();
        let leave = sql("INSERT INTO absences (id, doctor_id, starts_at, ends_at, whole_days, created_at, created_by) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", s.id, ")
            .push_bind(now - Duration::days(1))
            .push(", ")
            .push_bind(now + Duration::days(5))
            .push(", TRUE, ")
            .push_bind(now)
            .push(", s.user_id FROM staff s WHERE s.user_id = ")
            .push_bind(app.fixture.user("doctor"));
        assert_eq!(tx.execute(leave).await.expect("an absence"), 1);
        tx.commit().await.expect("committed");
        lab.reported(&app, "k", "4.1").await;
        assert!(app.as_("doctor2").await.get("/lab/inbox").await.body.contains("Potassium"), "a colleague signs");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_patient_hears_of_results_that_open_later() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let bells = async || number(&app, sql("SELECT count(*) FROM notifications WHERE kind = 'results_there'")).await;
        set_portal_rule(&app, "k", "after_review", 0).await;
        set_portal_rule(&app, "na", "after_hours", 24).await;
        lab.reported(&app, "k", "4.1").await;
        assert_eq!(bells().await, 0, "not before the doctor");
        let review = id(&app, sql("SELECT id FROM lab_reviews")).await;
        ok(&lab.doctor.post("/api/lab/sign", &[("lab_review_id", &review), ("action", "none")]).await);
        assert_eq!(bells().await, 1);
        lab.reported(&app, "na", "140").await;
        assert_eq!(crate::lab::tell_late_results(&app.state).await.expect("told"), 0, "not yet");
        app.state.clock.advance(Duration::hours(25));
        for told in [1, 0] {
            assert_eq!(crate::lab::tell_late_results(&app.state).await.expect("told"), told);
        }
        assert_eq!(bells().await, 2);
        app.assert_sound().await;
    })
    .await;
}

/// Merges Ana's record into Ben's by the rows alone, after the day of her visit.
pub async fn merge(app: &TestApp, survivor: PatientId, merged: PatientId) {
    app.state.clock.advance(Duration::days(1));
    opd::end_earlier_days(&app.state).await.expect("ended");
    let (id, now) = (MergeId::new(), app.state.clock.now());
    let mut tx = app.state.db.write().await.expect("a transaction");
    let proposed = sql("INSERT INTO patient_merges (id, survivor_id, merged_id, clinic_id, state, reason, proposed_at, proposed_by)
        VALUES ($1, $2, $3, $4, 'proposed', 'other', $5, $6)")
    .bind(id)
    .bind(survivor)
    .bind(merged)
    .bind(app.fixture.north)
    .bind(now)
    .bind(app.fixture.user("desk"));
    tx.execute(proposed).await.expect("proposed");
    let decided = sql("UPDATE patient_merges SET state = 'merged', decided_at = $1, decided_by = $2 WHERE id = $3")
        .bind(now)
        .bind(app.fixture.user("nurse"))
        .bind(id);
    tx.execute(decided).await.expect("merged");
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn the_results_of_a_merged_record_are_read_with_the_surviving_one() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.reported(&app, "creatinine", "2.10").await;
        merge(&app, app.fixture.ben, lab.patient).await;
        let doctor = app.as_("doctor").await;
        let tab = doctor.get(&format!("/patients/{}/lab", app.fixture.ben)).await.body;
        assert!(tab.contains("2.10"), "{tab}");
        let mut tx = app.state.db.read().await.expect("a connection");
        let last = crate::lab::latest_of(&mut tx, app.fixture.ben, "creatinine").await.expect("read").expect("a value");
        assert_eq!(last.value_text, "2.10");
        assert_eq!(crate::lab::latest_values(&mut tx, app.fixture.ben).await.expect("read").len(), 1);
    })
    .await;
}
