//! The people who are called when a patient gets worse: by the score of an adult, and by that of a child.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Stay, id, number, ok, text};
use crate::{
    db::sql,
    nursing,
    tests::{TestApp, on_both_engines, wards::admitted},
};

/// The bells of a kind that a user heard.
async fn bells(app: &TestApp, user: &str, kind: &str) -> i64 {
    let query = sql("SELECT count(*) FROM notifications WHERE user_id = ").push_bind(app.fixture.user(user));
    number(app, query.push(" AND kind = ").push_bind(kind)).await
}

/// The minutes pass, and a nurse signs in again.
async fn after(app: &TestApp, stay: Stay, minutes: i64) -> Stay {
    app.state.clock.advance(Duration::minutes(minutes));
    Stay { nurse: app.as_("nurse").await, ..stay }
}

#[tokio::test]
async fn the_worst_call_everybody_until_a_person_comes_and_again_when_it_does_not_help() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let worse = [("respiration", "25"), ("spo2", "93"), ("oxygen", "2"), ("pulse", "112")];
        ok(&stay.observe(&worse).await);
        for user in ["doctor", "ward_manager"] {
            assert_eq!(bells(&app, user, "patient_worse").await, 1, "{user}: the patient has no doctor");
        }
        for times in [1, 2] {
            app.state.clock.advance(Duration::minutes(31));
            assert_eq!(nursing::raise_unmet(&app.state).await.expect("raised"), 1);
            assert_eq!(nursing::raise_unmet(&app.state).await.expect("raised"), 0);
            assert_eq!(bells(&app, "ward_manager", "escalation_unmet").await, times, "at the highest level too");
        }
        let stay = after(&app, stay, 1).await;
        let escalation = id(&app, sql("SELECT id FROM escalations")).await;
        ok(&stay.nurse.post("/api/nursing/attend", &[("escalation_id", &escalation), ("whom", "Dr. Costa")]).await);
        ok(&stay.observe(&worse).await);
        assert_eq!(text(&app, sql("SELECT state FROM escalations")).await, "attended", "somebody is there");
        ok(&stay.observe(&[("pulse", "135"), worse[0], worse[1], worse[2]]).await);
        assert_eq!(text(&app, sql("SELECT state FROM escalations")).await, "open", "the score is higher");
        ok(&stay.nurse.post("/api/nursing/attend", &[("escalation_id", &escalation), ("whom", "Dr. Costa")]).await);
        let stay = after(&app, stay, 30).await;
        ok(&stay.observe(&worse).await);
        assert_eq!(text(&app, sql("SELECT state FROM escalations")).await, "open", "the patient is no better");
        assert_eq!(bells(&app, "doctor", "patient_worse").await, 3);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_childs_bad_score_calls_as_an_adults_does() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let child = admitted(&app, app.fixture.chloe, stay.plan.surgical, stay.plan.s1).await;
        let child = Stay { id: child, patient: app.fixture.chloe, ..stay };
        super::care_confirm(&app, "pews").await;
        let scores = async |points: [i64; 4]| {
            app.state.clock.advance(Duration::minutes(1));
            ok(&super::care_assess(&app, &child, "pews", &points).await);
        };
        scores([1, 1, 1, 0]).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM escalations")).await, 0);
        scores([2, 0, 0, 2]).await;
        assert_eq!(number(&app, sql("SELECT level FROM escalations WHERE because = 'score' AND score = 4")).await, 1);
        let list = child.nurse.get("/nursing/escalations").await.body;
        assert!(list.contains("PEWS 4") && !list.contains("NEWS2 4"), "{list}");
        let wrong = id(&app, sql("SELECT assessment_id FROM escalations")).await;
        let form = [("assessment_id", wrong.as_str()), ("reason", "Another child's")];
        assert_eq!(child.nurse.post("/api/nursing/assessment_wrong", &form).await.status, StatusCode::OK);
        assert_eq!(number(&app, sql("SELECT count(*) FROM escalations WHERE withdrawn")).await, 1);
        ok(&child.observe(&[]).await);
        scores([3, 0, 0, 0]).await;
        assert_eq!(number(&app, sql("SELECT level FROM escalations WHERE because = 'single' AND state = 'open'")).await, 3);
        assert_eq!(bells(&app, "doctor", "patient_worse").await, 2);
        let ward = child.nurse.get(&format!("/nursing?ward={}&show=all", child.plan.surgical)).await.body;
        assert!(ward.contains("PEWS 3") && child.sheet().await.contains("PEWS 3"), "{ward}");
        let board = child.nurse.get(&format!("/wards/{}", child.plan.surgical)).await.body;
        assert!(board.contains("PEWS 3"), "{board}");
        let handover = child.nurse.get(&format!("/nursing/handover?ward={}", child.plan.surgical)).await.body;
        assert!(handover.contains("PEWS 3 · 10 to 11 years"), "{handover}");
        let round = child.doctor.get(&format!("/ward-round?ward={}", child.plan.surgical)).await.body;
        assert!(round.contains("PEWS 3 · 10 to 11 years, worst 3"), "{round}");
        let both = sql("UPDATE escalations SET version = version + 1, assessment_id = NULL WHERE state = 'open'");
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(both).await.expect_err("the cause stays");
        assert!(error.violates("escalations_frozen"), "{error}");
        drop(tx);
        // The next set is due after half an hour, not after four.
        let child = after(&app, child, 35).await;
        let late = child.nurse.get("/nursing/overdue").await.body;
        assert!(late.contains("PEWS 3") && late.contains("S1"), "{late}");
        app.assert_sound().await;
    })
    .await;
}
