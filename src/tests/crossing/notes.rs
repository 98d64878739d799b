//! Tests concurrent addenda by several people to one signed note.

use axum::http::StatusCode;

use super::{called, send, summary};
use crate::{
    clinical::Verdict,
    db::sql,
    tests::{Fixture, all_at_once, fixture::PASSWORD, races_on_both_engines},
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
        // The second doctor has no signing key yet: one of her signatures creates it.
        let answers = all_at_once((0..8).map(|n| {
            let doctor = if n % 2 == 0 { costa.clone() } else { ruiz.clone() };
            let form = [
                ("encounter_id", encounter.to_string()),
                ("key", Fixture::key()),
                ("body", format!("Addendum {n}")),
                ("password", PASSWORD.to_owned()),
            ];
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_addendum_whose_button_is_pressed_twice_is_there_once() {
    races_on_both_engines(|app| async move {
        let (costa, ruiz) = (app.as_("doctor").await, app.as_("doctor2").await);
        let visit = called(&app, &costa, app.fixture.ana).await;
        let sign =
            [("visit_id", visit.to_string()), ("version", "0".to_owned()), ("plan", "Rest".to_owned()), ("password", PASSWORD.to_owned())];
        assert_eq!(send(&costa, "/api/clinical/sign", &sign.into()).await.status, StatusCode::OK);
        let encounter = summary(&app, visit).await.encounter.id.to_string();
        let page = costa.get(&format!("/patients/{}/chart", app.fixture.ana)).await.body;
        let key = page.split("addendum-form-").nth(1).and_then(|form| form.split("name=\"key\" value=\"").nth(1)?.get(..36));
        let key = key.expect("a key of the form").to_owned();
        let form = |body: &str, key: &str| {
            vec![
                ("encounter_id", encounter.clone()),
                ("key", key.to_owned()),
                ("body", body.to_owned()),
                ("password", PASSWORD.to_owned()),
                ("back", "chart".to_owned()),
            ]
        };
        let twice = form("Called back: better.", &key);
        let answers = all_at_once((0..4).map(|_| {
            let (costa, twice) = (costa.clone(), twice.clone());
            async move { send(&costa, "/api/clinical/add_addendum", &twice).await }
        }))
        .await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
        assert_eq!(summary(&app, visit).await.addenda.len(), 1);
        let told = sql("SELECT count(*) FROM audit_log WHERE action = 'create' AND what = 'addendum'");
        assert_eq!(app.state.db.read().await.expect("a connection").count(told).await.expect("counted"), 1);
        // The same key with another text, or from another doctor, is not a repeated request.
        for (doctor, body) in [(&costa, "Something else"), (&ruiz, "Called back: better.")] {
            let answer = send(doctor, "/api/clinical/add_addendum", &form(body, &key)).await;
            assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
        }
        let own = Fixture::key();
        assert_eq!(send(&ruiz, "/api/clinical/add_addendum", &form("Called back: better.", &own)).await.status, StatusCode::OK);
        assert_eq!(summary(&app, visit).await.addenda.len(), 2);
        app.assert_sound().await;
    })
    .await;
}
