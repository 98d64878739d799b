//! Quality control: a rejected run holds the results of its test, until a run passes or somebody takes responsibility.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Lab, fields, id, number, ok, text};
use crate::{
    core::{LabControlLotId, LabControlRunId},
    db::sql,
    tests::{Answer, Browser, TestApp, all_at_once, on_both_engines, races_from},
};

/// Adds a lot of level 1 for potassium with the maker's target: mean 4.0, standard deviation 0.1.
async fn add_lot(lab: &Lab, lot: &str, more: &[(&str, &str)]) -> Answer {
    let key = LabControlLotId::new().to_string();
    let mut form = vec![
        ("key", key.as_str()),
        ("test", "k"),
        ("material", "Serum control"),
        ("level", "1"),
        ("lot", lot),
        ("expires_on", "2030-01-31"),
        ("target", "maker"),
        ("mean", "4,0"),
        ("sd", "0.1"),
    ];
    form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    form.extend_from_slice(more);
    lab.pathologist.post("/api/lab/add_lot", &form).await
}

/// Records a run with a value for the only open lot of potassium.
async fn run(app: &TestApp, browser: &Browser, value: &str, action: &str) -> Answer {
    let test = id(app, sql("SELECT id FROM lab_tests WHERE code = 'k'")).await;
    let lot = id(app, sql("SELECT id FROM lab_control_lots WHERE state <> 'closed'")).await;
    let (key, field) = (LabControlRunId::new().to_string(), format!("value-{lot}"));
    let form = [("lab_test_id", test.as_str()), ("key", &key), (field.as_str(), value), ("action", action)];
    browser.post("/api/lab/run_controls", &form).await
}

async fn verdict(app: &TestApp) -> String {
    text(app, sql("SELECT verdict FROM lab_control_runs ORDER BY nth DESC LIMIT 1")).await
}

#[tokio::test]
async fn a_rejected_run_holds_the_results_until_a_run_passes() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        assert_eq!(
            lab.technician.post("/api/lab/add_lot", &[("key", &LabControlLotId::new().to_string())]).await.status,
            StatusCode::FORBIDDEN
        );
        assert_eq!(fields(&add_lot(&lab, "A1", &[("test", "egfr"), ("sd", "0"), ("level", "4")]).await), ["test", "level", "sd"]);
        assert_eq!(fields(&add_lot(&lab, "A1", &[("expires_on", "2020-01-31")]).await), ["expires_on"]);
        ok(&add_lot(&lab, "A1", &[]).await);
        assert_eq!(add_lot(&lab, "A2", &[]).await.status, StatusCode::CONFLICT, "one lot of a level counts");
        let second = sql("INSERT INTO lab_control_lots (id, clinic_id, test_id, material, level, lot, expires_on, target, mean, sd, state, created_at,
            created_by) SELECT ")
        .push_bind(LabControlLotId::new())
        .push(", clinic_id, test_id, material, level, 'A3', expires_on, target, mean, sd, state, created_at, created_by FROM lab_control_lots");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(second).await.expect_err("two targets");
        assert!(error.violates("control_targets_no_overlap"), "{error}");
        drop(tx);
        ok(&run(&app, &lab.technician, "4,05", "").await);
        assert_eq!(verdict(&app).await, "in_control");
        lab.at_the_bench(&app, "k").await;
        ok(&lab.enter(&app, "k", "4.1", &[]).await);

        ok(&run(&app, &lab.technician, "4.35", "").await);
        assert_eq!(verdict(&app).await, "rejected");
        let test = id(&app, sql("SELECT id FROM lab_tests WHERE code = 'k'")).await;
        let page = lab.technician.get(&format!("/lab/controls/{test}")).await.body;
        assert!(page.contains("1-3s") && page.contains("results are held") && page.contains("levey__rejected"), "{page}");
        let list = lab.technician.get("/lab/controls").await.body;
        assert!(list.contains("Potassium") && list.contains("Rejected"), "{list}");
        assert_eq!(lab.release(&app, &lab.pathologist, "k").await.status, StatusCode::CONFLICT);
        let page = lab.pathologist.get("/lab/release").await.body;
        assert!(page.contains("Held: the controls were rejected"), "{page}");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let released = sql("UPDATE lab_results SET released_at = checked_at, released_by = ").push_bind(app.fixture.user("pathologist"));
        let error = tx.execute(released).await.expect_err("the control holds it");
        assert!(error.violates("rejected_holds"), "{error}");
        drop(tx);

        assert_eq!(fields(&run(&app, &lab.technician, "4.0", "").await), ["action"], "the cause is recorded");
        ok(&run(&app, &lab.technician, "4.0", "Electrode replaced, calibrated").await);
        assert_eq!(verdict(&app).await, "in_control");
        ok(&lab.release(&app, &lab.pathologist, "k").await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_pathologist_releases_a_held_result_with_a_reason() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        ok(&add_lot(&lab, "A1", &[]).await);
        lab.reported(&app, "k", "4.2").await;
        ok(&lab.order("k", &[("again", "true")]).await);
        ok(&lab.collect(&app).await);
        lab.receive(&app).await;
        ok(&lab.enter(&app, "k", "4.1", &[]).await);
        ok(&run(&app, &lab.technician, "3.6", "").await);
        let test = id(&app, sql("SELECT id FROM lab_tests WHERE code = 'k'")).await;
        let page = lab.technician.get(&format!("/lab/controls/{test}")).await.body;
        assert!(page.contains("Results released since") && page.contains("4.2 mmol/L"), "{page}");
        let result = id(&app, sql("SELECT id FROM lab_results WHERE released_at IS NULL")).await;
        let known = id(&app, sql("SELECT id FROM lab_results WHERE released_at IS NOT NULL")).await;
        let override_hold = async |browser: &Browser, result: &str, reason: &str| {
            browser.post("/api/lab/override_hold", &[("lab_result_id", result), ("reason", reason)]).await
        };
        assert_eq!(override_hold(&lab.technician, &result, "Urgent").await.status, StatusCode::FORBIDDEN);
        assert_eq!(fields(&override_hold(&lab.pathologist, &result, " ").await), ["reason"]);
        assert_eq!(override_hold(&lab.pathologist, &known, "Urgent").await.status, StatusCode::CONFLICT, "released already");
        ok(&override_hold(&lab.pathologist, &result, "Repeated on another device: 4.1").await);
        let page = lab.pathologist.get("/lab/release").await.body;
        assert!(page.contains("Allowed in spite of a rejected control"), "{page}");
        ok(&lab.release(&app, &lab.pathologist, "k").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_hold_overrides")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_lot_gets_its_own_target_from_twenty_points_on_ten_days() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        ok(&add_lot(&lab, "B1", &[("target", "own"), ("mean", ""), ("sd", "")]).await);
        let lot = id(&app, sql("SELECT id FROM lab_control_lots")).await;
        for day in 0..10 {
            let technician = app.as_("lab").await;
            for value in ["3.9", "4.1"] {
                ok(&run(&app, &technician, value, "").await);
            }
            if day == 4 {
                let early = app.as_("pathologist").await.post("/api/lab/activate_lot", &[("lab_control_lot_id", &lot)]).await;
                assert_eq!(early.status, StatusCode::CONFLICT);
            }
            app.state.clock.advance(Duration::days(1));
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_control_runs WHERE verdict <> 'establishing'")).await, 0);
        let (pathologist, technician) = (app.as_("pathologist").await, app.as_("lab").await);
        ok(&pathologist.post("/api/lab/activate_lot", &[("lab_control_lot_id", &lot)]).await);
        assert_eq!(number(&app, sql("SELECT mean FROM lab_control_lots")).await, 4_000_000);
        assert_eq!(number(&app, sql("SELECT sd FROM lab_control_lots")).await, 102_598);
        ok(&run(&app, &technician, "4.25", "").await);
        assert_eq!(verdict(&app).await, "warning");
        ok(&run(&app, &technician, "4.25", "").await);
        assert_eq!(text(&app, sql("SELECT rule FROM lab_control_runs ORDER BY nth DESC LIMIT 1")).await, "2_2s");
        let points = sql("SELECT p.id FROM lab_control_points p JOIN lab_control_runs r ON r.id = p.run_id ORDER BY r.nth DESC LIMIT 1");
        let point = id(&app, points).await;
        let exclude = [("lab_control_point_id", point.as_str()), ("reason", "The wrong bottle")];
        assert_eq!(technician.post("/api/lab/exclude_point", &exclude).await.status, StatusCode::FORBIDDEN);
        ok(&pathologist.post("/api/lab/exclude_point", &exclude).await);
        assert_eq!(pathologist.post("/api/lab/exclude_point", &exclude).await.status, StatusCode::CONFLICT);
        assert_eq!(verdict(&app).await, "rejected", "the verdict stays until a run passes");
        ok(&run(&app, &technician, "4.1", "The right bottle").await);
        assert_eq!(verdict(&app).await, "in_control");
        ok(&pathologist.post("/api/lab/close_lot", &[("lab_control_lot_id", &lot)]).await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_controls() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        ok(&add_lot(&lab, "A1", &[]).await);
        ok(&run(&app, &lab.technician, "4.0", "").await);
        for query in [
            "DELETE FROM lab_control_points",
            "DELETE FROM lab_control_runs",
            "DELETE FROM lab_control_lots",
            "UPDATE lab_control_runs SET verdict = 'warning', rule = '1_2s'",
            "UPDATE lab_control_points SET millionths = 1",
            "UPDATE lab_control_lots SET mean = 1",
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(sql(query)).await.expect_err(query);
            assert!(error.violates("controls_kept"), "{query}: {error}");
        }
        let mut tx = app.state.db.write().await.expect("a transaction");
        let other = sql("INSERT INTO lab_control_points (id, run_id, lot_id, value_text, millionths, mean, sd) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", run_id, lot_id, value_text, millionths, 1, 1 FROM lab_control_points");
        let error = tx.execute(other).await.expect_err("another target");
        assert!(error.violates("control_points_of_test"), "{error}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_runs_at_once_each_is_judged_by_those_before() {
    let prepare = async |app: &TestApp| {
        let lab = Lab::open(app).await;
        ok(&add_lot(&lab, "A1", &[]).await);
        lab
    };
    races_from(prepare, |app, lab| async move {
        let runs = (0..20).map(|_| {
            let (browser, app) = (lab.technician.in_copy(&app), app.clone());
            async move { run(&app, &browser, "4.25", "Measured again").await.status }
        });
        let answers = all_at_once(runs).await;
        assert!(answers.contains(&StatusCode::OK), "{answers:?}");
        let first = sql("SELECT verdict FROM lab_control_runs ORDER BY nth LIMIT 1");
        assert_eq!(text(&app, first).await, "warning");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_control_runs WHERE verdict = 'warning'")).await, 1, "all others follow one");
        app.assert_sound().await;
    })
    .await;
}
