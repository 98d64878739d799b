//! Twenty receptionists book one request at the same moment.

use axum::http::StatusCode;

use super::{ask, first_slot, only};
use crate::{
    db::sql,
    tests::{Fixture, TestApp, all_at_once, races_from},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_who_book_a_request_one_does() {
    let prepare = async |app: &TestApp| {
        assert!(ask(app, &[]).await.status.is_success());
        let (desk, id) = (app.as_("desk").await, only(app).await);
        let page = desk.get(&format!("/first-visits/{id}?patient={}", app.fixture.ana)).await.body;
        (desk, id, first_slot(&page))
    };
    races_from(prepare, |app, (desk, id, slot)| async move {
        let times = (0..20).map(|number| {
            let (browser, id, slot) = (desk.in_copy(&app), id.clone(), slot.clone());
            let patient = if number % 2 == 0 { app.fixture.ana } else { app.fixture.ben }.to_string();
            async move {
                let key = Fixture::key();
                let form = [("first_visit_id", id.as_str()), ("patient_id", &patient), ("slot", &slot), ("idempotency_key", &key)];
                browser.post("/api/reception/book_first_visit", &form).await.status
            }
        });
        let answers = all_at_once(times).await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        let told = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];
        assert!(answers.iter().all(|status| told.contains(status)), "{answers:?}");
        let count = app.state.db.read().await.expect("a connection").count(sql("SELECT count(*) FROM appointments")).await;
        assert_eq!(count.expect("counted"), 1, "the others left no appointment");
        app.assert_sound().await;
    })
    .await;
}
