//! Assessments, care plans, and lines and devices.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Stay, id, number, ok, text};
use crate::{
    db::{Sql, sql},
    nursing::{assessment_tool, assessment_tools},
    tests::{Answer, Browser, Fixture, TestApp, all_at_once, on_both_engines, races_from},
};

/// The id of a tool.
async fn tool(app: &TestApp, code: &str) -> String {
    id(app, sql("SELECT id FROM assessment_tools WHERE code = ").push_bind(code)).await
}

/// The id of the answer with these points to the `nth` question of a tool.
async fn choice(app: &TestApp, code: &str, nth: i64, points: i64) -> String {
    let query = sql("SELECT c.id FROM assessment_choices c JOIN assessment_items i ON i.id = c.item_id
        JOIN assessment_tools t ON t.id = i.tool_id WHERE t.code = $1 AND i.nth = $2 AND c.points = $3");
    id(app, query.bind(code).bind(nth).bind(points)).await
}

/// Assesses with the points of each question.
async fn assess(app: &TestApp, stay: &Stay, browser: &Browser, code: &str, points: &[i64]) -> Answer {
    let mut form = vec![("assessment_tool_id".to_owned(), tool(app, code).await), ("because".to_owned(), "routine".to_owned())];
    for (nth, points) in (1_i64..).zip(points) {
        form.push((format!("item-{nth}"), choice(app, code, nth, *points).await));
    }
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    stay.by(browser, "assess", &form).await
}

/// A nurse assesses with the points of each question.
pub(super) async fn routine(app: &TestApp, stay: &Stay, code: &str, points: &[i64]) -> Answer {
    assess(app, stay, &stay.nurse, code, points).await
}

pub(super) async fn confirm(app: &TestApp, code: &str) {
    let admin = app.as_("admin").await;
    ok(&admin.post("/api/nursing/confirm_tool", &[("assessment_tool_id", &tool(app, code).await)]).await);
}

/// Each row: the tool, the points of its questions, the total, and the risk.
const ASSESSED: [(&str, &[i64], i64, &str); 16] = [
    ("morse", &[0, 0, 0, 0, 0, 0], 0, "low"),
    ("morse", &[0, 0, 15, 0, 0, 0], 15, "low"),
    ("morse", &[25, 0, 0, 0, 0, 0], 25, "medium"),
    ("morse", &[25, 15, 0, 0, 0, 0], 40, "medium"),
    ("morse", &[25, 0, 0, 20, 0, 0], 45, "high"),
    ("morse", &[25, 15, 30, 20, 20, 15], 125, "high"),
    ("braden", &[1, 1, 1, 1, 1, 1], 6, "severe"),
    ("braden", &[2, 2, 2, 2, 2, 2], 12, "high"),
    ("braden", &[3, 2, 2, 2, 2, 2], 13, "medium"),
    ("braden", &[3, 3, 3, 3, 3, 3], 18, "low"),
    ("braden", &[4, 4, 4, 4, 4, 3], 23, "none"),
    ("gcs", &[1, 1, 1], 3, "severe"),
    ("gcs", &[4, 5, 6], 15, "none"),
    ("pain", &[7], 7, "high"),
    ("must", &[0, 1, 0], 1, "medium"),
    ("must", &[2, 2, 2], 6, "high"),
];

#[tokio::test]
async fn each_tool_adds_up_its_points_and_finds_its_band() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        for code in ["morse", "braden", "must"] {
            confirm(&app, code).await;
        }
        for (code, points, total, risk) in ASSESSED {
            app.state.clock.advance(Duration::minutes(1));
            ok(&assess(&app, &stay, &stay.nurse, code, points).await);
            let last = sql("SELECT total FROM assessments ORDER BY assessed_at DESC LIMIT 1");
            assert_eq!(number(&app, last).await, total, "{code} {points:?}");
            let last = sql("SELECT risk FROM assessments ORDER BY assessed_at DESC LIMIT 1");
            assert_eq!(text(&app, last).await, risk, "{code} {points:?}");
        }
        let page = stay.nurse.get(&format!("/admissions/{}/assessments", stay.id)).await.body;
        assert!(page.contains("Morse Fall Scale") && page.contains("Braden Scale"), "{page}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_bands_of_each_tool_cover_every_total_once() {
    on_both_engines(|app| async move {
        let mut tx = app.state.db.read().await.expect("a connection");
        let tools = assessment_tools(&mut tx).await.expect("tools");
        assert_eq!(tools.len(), 6);
        for one in tools {
            let sheet = assessment_tool(&mut tx, one.id).await.expect("a tool");
            let bounds = |pick: fn(i64, i64) -> i64, first: i64| -> i64 {
                sheet.items.iter().map(|item| sheet.choices_of(item.id).map(|choice| choice.points).fold(first, pick)).sum()
            };
            let (least, most) = (bounds(i64::min, 1_000), bounds(i64::max, -1));
            for total in least..=most {
                let bands = sheet.bands.iter().filter(|band| band.low <= total && total <= band.high).count();
                assert_eq!(bands, 1, "{} {total}", one.code);
            }
            assert!(!one.source.is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn a_tool_with_an_owner_is_confirmed_first_and_the_next_assessment_is_a_task() {
    on_both_engines(|app| async move {
        let mut stay = Stay::open(&app).await;
        let refused = assess(&app, &stay, &stay.nurse, "braden", &[3, 3, 3, 3, 3, 3]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
        assert_eq!(stay.nurse.get("/nursing/tools").await.status, StatusCode::FORBIDDEN);
        assert!(app.as_("admin").await.get("/nursing/tools").await.body.contains("Bergstrom"));
        confirm(&app, "braden").await;
        ok(&assess(&app, &stay, &stay.nurse, "braden", &[3, 3, 3, 3, 3, 3]).await);
        let due = "SELECT count(*) FROM nursing_tasks t JOIN nursing_task_plans p ON p.id = t.origin_id WHERE p.kind = 'assessment' AND t.state = ";
        assert_eq!(number(&app, sql(due).push_bind("due")).await, 1, "in 24 hours");
        app.state.clock.advance(Duration::hours(23));
        stay.nurse = app.as_("nurse").await;
        let tasks = stay.nurse.get(&format!("/admissions/{}/tasks", stay.id)).await.body;
        assert!(tasks.contains("Assessment: Braden Scale"), "{tasks}");
        ok(&assess(&app, &stay, &stay.nurse, "braden", &[2, 2, 2, 2, 2, 2]).await);
        assert_eq!(number(&app, sql(due).push_bind("done")).await, 1, "the first one is done");
        assert_eq!(number(&app, sql(due).push_bind("due")).await, 1);
        let missing = stay.by(&stay.nurse, "assess", &[("assessment_tool_id", &tool(&app, "gcs").await), ("because", "change")]).await;
        assert_eq!(missing.status, StatusCode::UNPROCESSABLE_ENTITY);
        for field in ["item-1", "item-2", "item-3"] {
            assert!(missing.body.contains(&format!("\"{field}\"")), "{field}: {}", missing.body);
        }
        let wrong = id(&app, sql("SELECT id FROM assessments ORDER BY assessed_at DESC LIMIT 1")).await;
        ok(&stay.nurse.post("/api/nursing/assessment_wrong", &[("assessment_id", &wrong), ("reason", "Another patient")]).await);
        assert!(stay.nurse.get(&format!("/admissions/{}/assessments", stay.id)).await.body.contains("Another patient"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_care_plan_makes_tasks_and_ends_with_an_evaluation() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let empty = stay.by(&stay.nurse, "open_care_plan", &[("problem", "Pressure ulcer"), ("goal", "Heals")]).await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        let form = [
            ("problem", "Pressure ulcer, sacrum"),
            ("goal", "No deeper in a week"),
            ("action-1", "Turn"),
            ("repeats-1", "q4h"),
            ("action-2", "Look at the skin"),
            ("repeats-2", "shift"),
        ];
        ok(&stay.by(&stay.nurse, "open_care_plan", &form).await);
        let due = || sql("SELECT count(*) FROM nursing_tasks t JOIN nursing_task_plans p ON p.id = t.origin_id WHERE p.kind = 'care' AND t.state = 'due'");
        assert!(number(&app, due()).await >= 7, "six turns and a shift");
        let page = stay.nurse.get(&format!("/admissions/{}/care-plans", stay.id)).await.body;
        assert!(page.contains("Pressure ulcer, sacrum") && page.contains("Every 4 hours"), "{page}");
        let plan = id(&app, sql("SELECT id FROM care_plans")).await;
        ok(&stay.nurse.post("/api/nursing/evaluate_care_plan", &[("care_plan_id", &plan), ("outcome", "same")]).await);
        ok(&stay.nurse.post("/api/nursing/evaluate_care_plan", &[("care_plan_id", &plan), ("outcome", "met"), ("remark", "Healed")]).await);
        assert_eq!(number(&app, due()).await, 0, "its tasks end");
        let late = stay.nurse.post("/api/nursing/evaluate_care_plan", &[("care_plan_id", &plan), ("outcome", "same")]).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        app.assert_sound().await;
    })
    .await;
}

async fn insert_device(stay: &Stay, kind: &str) {
    ok(&stay
        .by(&stay.nurse, "insert_device", &[("kind", kind), ("site", "Forearm"), ("side", "left"), ("inserted_by", "Dr. Costa")])
        .await);
}

#[tokio::test]
async fn a_device_is_checked_dressed_and_removed_once() {
    on_both_engines(|app| async move {
        let mut stay = Stay::open(&app).await;
        insert_device(&stay, "cannula").await;
        let device = id(&app, sql("SELECT id FROM stay_devices")).await;
        let check = |vip: &'static str| [("stay_device_id", device.clone()), ("act", "check".to_owned()), ("vip", vip.to_owned())];
        for (vip, status) in [("6", StatusCode::UNPROCESSABLE_ENTITY), ("2", StatusCode::OK)] {
            let form = check(vip);
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(stay.nurse.post("/api/nursing/check_device", &form).await.status, status, "{vip}");
        }
        let page = stay.nurse.get(&format!("/admissions/{}/devices", stay.id)).await.body;
        assert!(page.contains("Phlebitis 2: replace") && page.contains("Day 1 in place"), "{page}");
        app.state.clock.advance(Duration::days(2));
        stay.nurse = app.as_("nurse").await;
        let page = stay.nurse.get(&format!("/admissions/{}/devices", stay.id)).await.body;
        assert!(page.contains("Day 3 in place"), "{page}");
        let remove = [("stay_device_id", device.as_str()), ("removal", "infection")];
        ok(&stay.nurse.post("/api/nursing/remove_device", &remove).await);
        assert_eq!(stay.nurse.post("/api/nursing/remove_device", &remove).await.status, StatusCode::CONFLICT);
        assert_eq!(number(&app, sql("SELECT count(*) FROM nursing_tasks WHERE state = 'due'")).await, 0, "its checks end");
        insert_device(&stay, "picc").await;
        assert!(stay.nurse.get(&format!("/admissions/{}/devices", stay.id)).await.body.contains("Dressing due"));
        app.assert_sound().await;
    })
    .await;
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let text = format!("{query:?}");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn the_database_alone_keeps_assessments_care_plans_and_devices() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        ok(&assess(&app, &stay, &stay.nurse, "gcs", &[4, 5, 6]).await);
        refused_by(&app, "assessments_frozen", sql("UPDATE assessments SET total = 3")).await;
        refused_by(&app, "assessments_frozen", sql("DELETE FROM assessments")).await;
        refused_by(&app, "assessments_frozen", sql("UPDATE assessment_answers SET points = 1")).await;
        refused_by(&app, "assessment_tools_frozen", sql("UPDATE assessment_bands SET low = low - 1")).await;
        refused_by(&app, "assessment_tools_frozen", sql("UPDATE assessment_tools SET source = 'Other'")).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let new = sql("INSERT INTO assessments (id, admission_id, patient_id, clinic_id, tool_id, because, state, assessed_at, assessed_by, total, risk)
            SELECT $1, admission_id, patient_id, clinic_id, tool_id, because, 'open', assessed_at, assessed_by, 15, 'none' FROM assessments")
        .bind(uuid::Uuid::now_v7());
        tx.execute(new).await.expect("an assessment without answers");
        let error = tx.execute(sql("UPDATE assessments SET state = 'final' WHERE state = 'open'")).await.expect_err("no answers");
        assert!(error.violates("assessments_total"), "{error}");
        drop(tx);
        let early = sql("INSERT INTO assessments (id, admission_id, patient_id, clinic_id, tool_id, because, state, assessed_at, assessed_by, total, risk)
            SELECT $1, $2, patient_id, clinic_id, tool_id, because, 'open', assessed_at, assessed_by, 15, 'none' FROM assessments")
        .bind(uuid::Uuid::now_v7())
        .bind(uuid::Uuid::now_v7());
        refused_by(&app, "assessments_of_stay", early).await;
        let form = [("problem", "Falls"), ("goal", "None"), ("action-1", "Rails up"), ("repeats-1", "shift")];
        ok(&stay.by(&stay.nurse, "open_care_plan", &form).await);
        let met = sql("UPDATE care_plans SET state = 'met', closed_at = opened_at, closed_by = opened_by");
        refused_by(&app, "care_plans_evaluated", met).await;
        refused_by(&app, "care_plans_frozen", sql("DELETE FROM care_plans")).await;
        refused_by(&app, "care_plans_frozen", sql("DELETE FROM care_plan_actions")).await;
        let foreign = sql("INSERT INTO care_plan_actions (id, care_plan_id, task_plan_id) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", c.id, p.id FROM care_plans c, nursing_task_plans p WHERE p.kind = 'assessment'");
        refused_by(&app, "care_plan_actions_same_stay", foreign).await;
        insert_device(&stay, "cannula").await;
        refused_by(&app, "devices_removed", sql("UPDATE stay_devices SET removed_at = recorded_at")).await;
        refused_by(&app, "devices_frozen", sql("UPDATE stay_devices SET site = 'Hand'")).await;
        refused_by(&app, "devices_frozen", sql("DELETE FROM stay_devices")).await;
        let before = sql("UPDATE stay_devices SET removal = 'other', removed_by = recorded_by, removed_at = ")
            .push_bind(app.state.clock.now() - Duration::days(1));
        refused_by(&app, "devices_times", before).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_who_remove_a_device_one_does() {
    let prepare = async |app: &TestApp| {
        let stay = Stay::open(app).await;
        insert_device(&stay, "cannula").await;
        let device = id(app, sql("SELECT id FROM stay_devices")).await;
        (stay, device)
    };
    races_from(prepare, |app, (stay, device)| async move {
        let presses = (0..100).map(|_| {
            let (browser, device) = (stay.nurse.in_copy(&app), device.clone());
            async move { browser.post("/api/nursing/remove_device", &[("stay_device_id", &device), ("removal", "blocked")]).await.status }
        });
        let answers = all_at_once(presses).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_assessments_at_once_each_is_whole_and_one_task_is_due() {
    let prepare = async |app: &TestApp| {
        let stay = Stay::open(app).await;
        let mut form = vec![("assessment_tool_id".to_owned(), tool(app, "gcs").await), ("because".to_owned(), "change".to_owned())];
        for (nth, points) in [(1, 4), (2, 5), (3, 6)] {
            form.push((format!("item-{nth}"), choice(app, "gcs", nth, points).await));
        }
        (stay, form)
    };
    races_from(prepare, |app, (stay, form)| async move {
        let presses = (0..40).map(|_| {
            let (browser, admission, key, form) = (stay.nurse.in_copy(&app), stay.id.to_string(), Fixture::key(), form.clone());
            async move {
                let mut fields = vec![("admission_id", admission.as_str()), ("key", key.as_str())];
                fields.extend(form.iter().map(|(name, value)| (name.as_str(), value.as_str())));
                browser.post("/api/nursing/assess", &fields).await.status
            }
        });
        let answers = all_at_once(presses).await;
        let told = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];
        assert!(answers.iter().all(|status| told.contains(status)), "{answers:?}");
        let due = sql("SELECT count(*) FROM nursing_tasks t JOIN nursing_task_plans p ON p.id = t.origin_id
            WHERE p.kind = 'assessment' AND t.state = 'due'");
        assert_eq!(number(&app, due).await, 1);
        app.assert_sound().await;
    })
    .await;
}
