//! Acts on one slot, one study and one report at the same moment.

use axum::http::StatusCode;

use super::{Radiology, number, ok, slot, study};
use crate::{
    db::sql,
    tests::{TestApp, all_at_once, fixture::PASSWORD, races_from},
};

fn told(status: StatusCode) -> bool {
    [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE].contains(&status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_who_book_a_slot_one_does() {
    let prepare = async |app: &TestApp| {
        let radiology = Radiology::open(app).await;
        for code in ["us-abdomen", "us-pelvis"] {
            ok(&radiology.order(code, &[]).await);
        }
        radiology
    };
    races_from(prepare, |app, radiology| async move {
        let (room, day, time) = slot(&app, "US", 60).await;
        let mut tx = app.state.db.read().await.expect("a connection");
        let studies: Vec<(uuid::Uuid, i64)> = tx.all(sql("SELECT id, version FROM imaging_orders ORDER BY id")).await.expect("studies");
        drop(tx);
        let bookings = (0..100).map(|nth: usize| {
            let browser = radiology.technologist.in_copy(&app);
            let (id, version) = studies[nth % studies.len()];
            let (room, day, time) = (room.clone(), day.clone(), time.clone());
            async move {
                let (id, version) = (id.to_string(), version.to_string());
                let form = [("imaging_order_id", id.as_str()), ("version", &version), ("room", &room), ("day", &day), ("time", &time)];
                browser.post("/api/imaging/book", &form).await.status
            }
        });
        let answers = all_at_once(bookings).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM imaging_orders WHERE step = 'scheduled'")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_start_and_another_answer_at_once_are_one_of_the_two() {
    let prepare = async |app: &TestApp| {
        let radiology = Radiology::open(app).await;
        ok(&radiology.order("xr-chest", &[]).await);
        ok(&radiology.book(app, "CR", 60).await);
        ok(&radiology.act(app, &radiology.technologist, "arrive", &[]).await);
        ok(&radiology.answer(app, &[("pregnancy", "no")]).await);
        radiology
    };
    races_from(prepare, |app, radiology| async move {
        let (id, version) = study(&app).await;
        let acts = (0..40).map(|nth| {
            let browser = radiology.technologist.in_copy(&app);
            let (id, version) = (id.clone(), version.clone());
            async move {
                let form = [("imaging_order_id", id.as_str()), ("version", &version), ("answer-pregnancy", "yes")];
                match nth % 2 {
                    0 => browser.post("/api/imaging/start", &form[..2]).await.status,
                    _ => browser.post("/api/imaging/answer_safety", &form).await.status,
                }
            }
        });
        let answers = all_at_once(acts).await;
        assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
        let yes = number(&app, sql("SELECT count(*) FROM imaging_safety WHERE answer = 'yes' AND superseded_at IS NULL")).await;
        let started = number(&app, sql("SELECT count(*) FROM imaging_orders WHERE step = 'started'")).await;
        assert_eq!(yes + started, 1, "begun with a safe answer, or not begun: {answers:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_signatures_one_counts() {
    let prepare = async |app: &TestApp| {
        let radiology = Radiology::open(app).await;
        radiology.chest(app).await;
        radiology
    };
    races_from(prepare, |app, radiology| async move {
        let (id, _) = study(&app).await;
        let signatures = (0..20).map(|nth| {
            let browser = radiology.radiologist.in_copy(&app);
            let (id, impression) = (id.clone(), format!("Impression {nth}"));
            async move {
                let form = [
                    ("imaging_order_id", id.as_str()),
                    ("saved", "0"),
                    ("findings", "Clear"),
                    ("impression", &impression),
                    ("weight", "normal"),
                    ("password", PASSWORD),
                ];
                browser.post("/api/imaging/sign_report", &form).await.status
            }
        });
        let answers = all_at_once(signatures).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM radiology_reports WHERE state = 'final'")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM radiology_reviews")).await, 1);
        app.assert_sound().await;
    })
    .await;
}
