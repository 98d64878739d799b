//! Marks on the board: the risk of falls, and patients who must not eat or drink. Each is a symbol with words, and none is on the wall.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Stay, care_assess, care_confirm, id, number, ok};
use crate::{
    db::sql,
    tests::{Answer, Fixture, TestApp, all_at_once, on_both_engines, races_on_both_engines},
};

/// Does an act of the nurse on the mark.
async fn act(app: &TestApp, stay: &Stay, name: &str, more: &[(&str, &str)]) -> Answer {
    let (id, key) = (stay.id.to_string(), Fixture::key());
    let form = [&[("admission_id", id.as_str()), ("key", &key)][..], more].concat();
    app.as_("nurse").await.post(&format!("/api/wards/{name}"), &form).await
}

async fn open(app: &TestApp) -> String {
    id(app, sql("SELECT id FROM nil_by_mouth WHERE ended_at IS NULL")).await
}

#[tokio::test]
async fn the_risk_of_falls_stands_on_the_board_with_words_and_not_on_the_wall() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        care_confirm(&app, "morse").await;
        let board = format!("/wards/{}", stay.plan.medical);
        let shown = async |page: &str| app.as_("nurse").await.get(page).await.body;
        assert!(!shown(&board).await.contains("isk of falls"));
        // Each row: the points, and the words of the mark.
        for (points, words) in [
            ([25, 0, 0, 0, 0, 0], Some("Risk of falls")),
            ([25, 15, 30, 20, 20, 15], Some("High risk of falls")),
            ([0, 0, 0, 0, 0, 0], None),
        ] {
            app.state.clock.advance(Duration::minutes(2));
            ok(&care_assess(&app, &stay, "morse", &points).await);
            app.state.clock.advance(Duration::minutes(1));
            let page = shown(&board).await;
            match words {
                Some(words) => {
                    assert!(page.contains(words), "{words}: {page}");
                    assert!(page.contains("Marks and their symbols"), "{page}");
                }
                None => assert!(!page.contains("isk of falls"), "the last assessment counts: {page}"),
            }
            let wall = shown(&format!("{board}/wall")).await;
            assert!(!wall.contains("isk of falls") && !wall.contains("Marks and their symbols"), "{wall}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_patient_is_nil_by_mouth_from_a_time_until_a_time_and_the_mark_goes_by_itself() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let (board, page) = (format!("/wards/{}", stay.plan.medical), format!("/admissions/{}", stay.id));
        let shown = async |page: &str| app.as_("nurse").await.get(page).await.body;
        let none = [("seen", ""), ("reason", "Theatre"), ("until_day", "2026-11-20"), ("until_time", "10:00")];
        let answer = act(&app, &stay, "set_fasting", &none).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"until_time\""), "{}", answer.body);
        let answer = act(&app, &stay, "set_fasting", &none[..1]).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"reason\""), "{}", answer.body);
        let cashier = app.as_("cashier").await;
        let (whose, key) = (stay.id.to_string(), Fixture::key());
        let form = [("admission_id", whose.as_str()), ("key", &key), ("reason", "Theatre")];
        assert_eq!(cashier.post("/api/wards/set_fasting", &form).await.status, StatusCode::FORBIDDEN);
        assert!(!shown(&board).await.contains("Nil by mouth"));

        // From midnight until eight in the morning.
        let night = [
            ("seen", ""),
            ("reason", "Theatre at 8"),
            ("from_day", "2026-11-22"),
            ("from_time", "00:00"),
            ("until_day", "2026-11-22"),
            ("until_time", "08:00"),
        ];
        ok(&act(&app, &stay, "set_fasting", &night).await);
        assert_eq!(act(&app, &stay, "set_fasting", &night).await.status, StatusCode::CONFLICT, "an older page");
        assert!(shown(&board).await.contains("Nil by mouth from"));
        assert!(shown(&page).await.contains("Theatre at 8"));
        let audited = sql("SELECT count(*) FROM audit_log WHERE what = 'nil_by_mouth'");
        assert_eq!(number(&app, audited).await, 1);
        app.state.clock.advance(Duration::hours(16));
        let fasts = shown(&board).await;
        assert!(fasts.contains("Nil by mouth, until") && !fasts.contains("Nil by mouth from"), "{fasts}");
        assert!(!shown(&format!("{board}/wall")).await.contains("Nil by mouth"), "the wall shows no clinical mark");
        assert!(shown(&format!("{board}/census")).await.contains("Nil by mouth"), "the census on paper does");
        app.state.clock.advance(Duration::hours(8));
        assert!(!shown(&board).await.contains("Nil by mouth"), "its time is over");

        // A new one takes the place of the old one, and a nurse ends it.
        ok(&act(&app, &stay, "set_fasting", &[("seen", ""), ("reason", "Vomits")]).await);
        assert!(shown(&board).await.contains("Nil by mouth"));
        let seen = open(&app).await;
        assert!(shown(&page).await.contains("May eat and drink"));
        assert_eq!(act(&app, &stay, "end_fasting", &[("seen", &Fixture::key())]).await.status, StatusCode::CONFLICT);
        ok(&act(&app, &stay, "end_fasting", &[("seen", &seen)]).await);
        assert!(!shown(&board).await.contains("Nil by mouth"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_the_marks_of_nil_by_mouth() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        ok(&act(&app, &stay, "set_fasting", &[("seen", ""), ("reason", "Theatre")]).await);
        for (guard, query) in [
            ("nil_by_mouth_fixed", "UPDATE nil_by_mouth SET reason = 'Other'"),
            ("nil_by_mouth_fixed", "DELETE FROM nil_by_mouth"),
            ("nil_by_mouth_times", "UPDATE nil_by_mouth SET ended_at = set_at"),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(sql(query)).await.expect_err(guard);
            assert!(error.violates(guard), "{guard}: {error}");
        }
        let mut tx = app.state.db.write().await.expect("a transaction");
        let query = sql("INSERT INTO nil_by_mouth (id, admission_id, from_at, reason, set_at, set_by)
            SELECT $1, admission_id, from_at, reason, set_at, set_by FROM nil_by_mouth");
        assert!(tx.execute(query.bind(uuid::Uuid::now_v7())).await.expect_err("one at a time").is_unique());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_who_set_the_mark_at_once_one_is_first() {
    races_on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let (nurse, id) = (stay.nurse.clone(), stay.id.to_string());
        let statuses = all_at_once((0..20).map(|_| {
            let (nurse, id) = (nurse.clone(), id.clone());
            async move {
                let key = Fixture::key();
                let form = [("admission_id", id.as_str()), ("key", &key), ("seen", ""), ("reason", "Theatre")];
                nurse.post("/api/wards/set_fasting", &form).await.status
            }
        }))
        .await;
        assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
        assert!(
            statuses.iter().all(|status| [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE].contains(status)),
            "{statuses:?}"
        );
        assert_eq!(number(&app, sql("SELECT count(*) FROM nil_by_mouth")).await, 1);
    })
    .await;
}
