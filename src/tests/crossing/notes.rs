//! Addenda of several people to one signed note.

use axum::http::StatusCode;

use super::{called, send, summary};
use crate::{
    clinical::Verdict,
    tests::{all_at_once, fixture::PASSWORD, races_on_both_engines},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn addenda_that_are_added_at_once_are_all_there_and_verify() {
    races_on_both_engines(|app| async move {
        let (costa, ruiz) = (app.as_("doctor").await, app.as_("doctor2").await);
        let visit = called(&app, &costa, app.fixture.ana).await;
        let sign =
            [("visit_id", visit.to_string()), ("version", "0".to_owned()), ("plan", "Rest".to_owned()), ("password", PASSWORD.to_owned())];
        assert_eq!(send(&costa, "/api/clinical/sign", &sign.into()).await.status, StatusCode::OK);
        let encounter = summary(&app, visit).await.encounter.id;
        // The second doctor has no signing key yet: one of her signatures makes it.
        let answers = all_at_once((0..8).map(|n| {
            let doctor = if n % 2 == 0 { costa.clone() } else { ruiz.clone() };
            let form = [("encounter_id", encounter.to_string()), ("body", format!("Addendum {n}")), ("password", PASSWORD.to_owned())];
            async move { send(&doctor, "/api/clinical/add_addendum", &form.into()).await }
        }))
        .await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
        let summary = summary(&app, visit).await;
        let mut bodies: Vec<_> = summary.addenda.iter().map(|one| one.body.clone()).collect();
        bodies.sort();
        assert_eq!(bodies, (0..8).map(|n| format!("Addendum {n}")).collect::<Vec<_>>());
        assert!(summary.addenda.iter().all(|one| one.verdict == Verdict::Verified));
        assert!(summary.note.expect("a note").is_verified());
        app.assert_sound().await;
    })
    .await;
}
