//! Acts on one dose and one order at the same moment.

use axum::http::StatusCode;

use super::{OnWard, PARACETAMOL, due, give, give_as_needed, later, number};
use crate::{
    db::sql,
    tests::{Fixture, TestApp, all_at_once, races_from},
};

fn told(status: StatusCode) -> bool {
    [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE].contains(&status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dose_that_is_pressed_a_hundred_times_is_given_once() {
    let prepare = async |app: &TestApp| {
        let ward = OnWard::open(app).await;
        let order = ward.order(app, PARACETAMOL, &[]).await;
        later(app, 200);
        (due(app, &order).await, app.as_("nurse").await, app.as_(ward.other).await)
    };
    races_from(prepare, |app, (dose, nurse, other)| async move {
        let presses = (0..100).map(|press| {
            let (browser, dose) = (if press % 2 == 0 { nurse.in_copy(&app) } else { other.in_copy(&app) }, dose.clone());
            async move { give(&browser, &dose, &[]).await.status }
        });
        let answers = all_at_once(presses).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM administrations")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_nurses_one_gives_the_medicine_as_needed() {
    let prepare = async |app: &TestApp| {
        let ward = OnWard::open(app).await;
        let order = ward.as_needed(app).await;
        (order, app.as_("nurse").await, app.as_(ward.other).await)
    };
    races_from(prepare, |app, (order, nurse, other)| async move {
        let presses = (0..20).map(|press| {
            let (browser, order) = (if press % 2 == 0 { nurse.in_copy(&app) } else { other.in_copy(&app) }, order.clone());
            async move { give_as_needed(&browser, &order, &[]).await.status }
        });
        let answers = all_at_once(presses).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM administrations")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses")).await, 1, "no dose is left without a record");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_is_stopped_while_its_dose_is_given() {
    let prepare = async |app: &TestApp| {
        let ward = OnWard::open(app).await;
        let order = ward.order(app, PARACETAMOL, &[]).await;
        later(app, 200);
        (order.clone(), due(app, &order).await, app.as_("nurse").await, app.as_("doctor").await)
    };
    races_from(prepare, |app, (order, dose, nurse, doctor)| async move {
        let acts = (0..20).map(|press| {
            let (nurse, doctor, order, dose) = (nurse.in_copy(&app), doctor.in_copy(&app), order.clone(), dose.clone());
            async move {
                if press % 2 == 0 {
                    return give(&nurse, &dose, &[]).await.status;
                }
                let key = Fixture::key();
                let form = [("care_order_id", order.as_str()), ("key", &key), ("reason", "not_needed")];
                doctor.post("/api/medicine_record/stop", &form).await.status
            }
        });
        let answers = all_at_once(acts).await;
        assert!(answers.iter().all(|status| told(*status)), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM care_orders WHERE state = 'stopped'")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM doses WHERE state = 'due'")).await, 0);
        assert!(number(&app, sql("SELECT count(*) FROM administrations")).await <= 1);
        app.assert_sound().await;
    })
    .await;
}
