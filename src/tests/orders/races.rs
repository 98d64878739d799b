//! Acts on one order at the same moment.

use axum::http::StatusCode;

use super::{called, number, ordered, placed, state, withdraw, work};
use crate::{
    db::sql,
    tests::{TestApp, all_at_once, races_from},
};

/// The doctor and the nurse, and an order of the visit at hand.
async fn prepare(app: &TestApp) -> (crate::tests::Browser, crate::tests::Browser, String) {
    let (doctor, nurse) = (app.as_("doctor").await, app.as_("nurse").await);
    let visit = called(app, &doctor, app.fixture.ana).await;
    let order = placed(&doctor, visit, "ECG").await;
    (doctor, nurse, order)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_who_accept_an_order_one_does() {
    let prepare = async |app: &TestApp| {
        let (_, nurse, order) = prepare(app).await;
        // A second nurse: the same user pressing twice is answered as the first time.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let role = sql("INSERT INTO user_roles (user_id, role, clinic_id, granted_at, granted_by)
            SELECT user_id, 'nurse', clinic_id, granted_at, granted_by FROM user_roles WHERE user_id = ")
        .push_bind(app.fixture.user("doctor2"));
        tx.execute(role).await.expect("a role");
        tx.commit().await.expect("committed");
        (nurse, app.as_("doctor2").await, order)
    };
    races_from(prepare, |app, (nurse, other, order)| async move {
        let accepts = (0..100).map(|number| {
            let (browser, order) = (if number % 2 == 0 { nurse.in_copy(&app) } else { other.in_copy(&app) }, order.clone());
            async move { (number % 2, work(&browser, &order, "1", "accept", &[]).await.status) }
        });
        let answers = all_at_once(accepts).await;
        let won = |side: i32| answers.iter().any(|(of, status)| *of == side && *status == StatusCode::OK);
        assert!(won(0) != won(1), "one of the two: {answers:?}");
        let told = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];
        assert!(answers.iter().all(|(_, status)| told.contains(status)), "{answers:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders WHERE state = 'accepted' AND version = 2")).await, 1);
        let acts = sql("SELECT count(*) FROM audit_log WHERE what = 'order' AND action = 'update'");
        assert_eq!(number(&app, acts).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_that_is_cancelled_while_it_is_started_is_one_of_the_two() {
    races_from(prepare, |app, (doctor, nurse, order)| async move {
        let acts = (0..40).map(|number| {
            let (doctor, nurse, order) = (doctor.in_copy(&app), nurse.in_copy(&app), order.clone());
            async move {
                match number % 2 {
                    0 => ("in_progress", work(&nurse, &order, "1", "start", &[]).await.status),
                    _ => ("cancelled", withdraw(&doctor, &order, "1", "cancel", "Not needed").await.status),
                }
            }
        });
        let answers = all_at_once(acts).await;
        let state = state(&app, &order).await;
        assert!(["in_progress", "cancelled"].contains(&state.as_str()), "{state}");
        assert!(answers.iter().all(|(to, status)| *status != StatusCode::OK || *to == state), "{state}: {answers:?}");
        assert!(answers.iter().any(|(_, status)| *status == StatusCode::OK), "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_order_the_same_at_once_one_does_and_the_others_are_asked() {
    let prepare = async |app: &TestApp| {
        let doctor = app.as_("doctor").await;
        (called(app, &doctor, app.fixture.ana).await, doctor)
    };
    races_from(prepare, |app, (visit, doctor)| async move {
        let orders = (0..20).map(|_| {
            let doctor = doctor.in_copy(&app);
            async move { ordered(&doctor, visit, "ECG", &[]).await.1.status }
        });
        let statuses = all_at_once(orders).await;
        assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders")).await, 1);
        app.assert_sound().await;
    })
    .await;
}
