//! Tests that ids which the program does not create are refused, and that a row with such an id is rotated and checked
//! like all others.

use std::time::Duration;

use axum::http::StatusCode;

use super::{key_file, store};
use crate::{
    core::{Error, time::Clock},
    sealing,
    tests::{app::test_now, on_both_engines},
};

/// Zeros, ones, versions 1 and 5, a wrong variant.
const OTHERS: [&str; 5] = [
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "2ed6657d-e927-168b-95e1-2665a8aea6a2",
    "2ed6657d-e927-568b-95e1-2665a8aea6a2",
    "2ed6657d-e927-768b-05e1-2665a8aea6a2",
];

#[tokio::test]
async fn an_id_that_nobody_makes_is_refused_with_its_field() {
    on_both_engines(|app| async move {
        let (desk, ana) = (app.as_("desk").await, app.fixture.ana.to_string());
        for id in OTHERS {
            let refused = [
                ("reception/register", "patient_id", vec![("patient_id", id)]),
                ("patients/add_coverage", "coverage_id", vec![("patient_id", &ana), ("key", id)]),
                ("patients/remove_contact", "contact_id", vec![("patient_id", &ana), ("contact_id", id)]),
                ("patients/end_guardian", "guardian", vec![("patient_id", &ana), ("guardian", id)]),
                ("reception/check_in", "idempotency_key", vec![("patient", &ana), ("idempotency_key", id)]),
            ];
            for (path, field, form) in refused {
                let answer = desk.post(&format!("/api/{path}"), &form).await;
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {id}: {}", answer.body);
                assert!(matches!(answer.error(), Error::Invalid(errors) if errors[0].field == field), "{path} {id}: {}", answer.body);
            }
            assert_eq!(desk.get(&format!("/patients/{id}")).await.status, StatusCode::NOT_FOUND);
        }
    })
    .await;
}

#[tokio::test]
async fn the_row_of_zeros_is_rotated_and_checked() {
    on_both_engines(|app| async move {
        let (folder, clock) = (tempfile::tempdir().expect("a folder"), Clock::standing_at(test_now()));
        let source = key_file(&folder);
        sealing::prepare(&app.state.db, &source, test_now()).await.expect("the same key");
        store::contact_of_zeros(&app).await;
        sealing::rotate(&app.state.db, &source, &clock, Duration::ZERO, |_| {}).await.expect("rotated");
        assert_eq!(store::under(&app, 1).await.0, 0, "nothing is left under the old key");
        store::spoil_contact_of_zeros(&app).await;
        let sound = sealing::check(&mut app.state.db.read().await.expect("a connection")).await.expect("checked");
        assert_eq!(sound.unopened, 1);
    })
    .await;
}

#[tokio::test]
async fn a_rotation_does_not_end_while_a_row_is_left() {
    on_both_engines(|app| async move {
        let (folder, clock) = (tempfile::tempdir().expect("a folder"), Clock::standing_at(test_now()));
        let source = key_file(&folder);
        sealing::prepare(&app.state.db, &source, test_now()).await.expect("the same key");
        store::many(&app, 2).await;
        store::keep_contacts_as_they_are(&app, true).await;
        let rotate = || sealing::rotate(&app.state.db, &source, &clock, Duration::ZERO, |_| {});
        let error = rotate().await.expect_err("rows are left");
        assert!(error.starts_with("2 rows are still sealed with another version than 2"), "{error}");
        store::keep_contacts_as_they_are(&app, false).await;
        let done = rotate().await.expect("rotated");
        assert_eq!((done.from, done.to, done.resumed), (1, 2, true));
        assert_eq!(store::under(&app, 1).await.0, 0, "nothing is left under the old key");
        app.assert_sound().await;
    })
    .await;
}
