//! One document, sent many times at once.

use axum::http::StatusCode;

use super::{page_of, picture, send};
use crate::{
    core::DocumentId,
    db::sql,
    tests::{TestApp, all_at_once, races_from},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_times_the_same_document_one_is_kept() {
    races_from(
        async |app: &TestApp| app.as_("nurse").await,
        |app, nurse| async move {
            let key = DocumentId::new().to_string();
            let page = page_of(app.fixture.ana);
            let times = (0..50).map(|_| {
                let (browser, key, page) = (nurse.in_copy(&app), key.clone(), page.clone());
                async move { send(&browser, &page, &picture(), "scan.png", &[("key", &key)]).await.status }
            });
            let answers = all_at_once(times).await;
            assert!(answers.contains(&StatusCode::SEE_OTHER), "{answers:?}");
            let told = [StatusCode::SEE_OTHER, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];
            assert!(answers.iter().all(|status| told.contains(status)), "{answers:?}");
            let count = app.state.db.read().await.expect("a connection").count(sql("SELECT count(*) FROM patient_documents")).await;
            assert_eq!(count.expect("counted"), 1);
            app.assert_sound().await;
        },
    )
    .await;
}
