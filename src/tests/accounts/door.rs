//! Guessing at passwords.

use std::time::{Duration, Instant};

use axum::http::StatusCode;

use crate::{
    core::Error,
    tests::{Answer, Browser, TestApp, all_at_once, fixture::PASSWORD, on_both_engines},
};

async fn try_in(browser: &Browser, login: &str, password: &str) -> Answer {
    browser.post("/api/accounts/sign_in", &[("login", login), ("password", password)]).await
}

/// What a refusal says.
fn said(answer: &Answer) -> String {
    match answer.error() {
        Error::Invalid(errors) => errors[0].message.clone(),
        other => panic!("{other:?}"),
    }
}

const WRONG: &str = "The name or the password is not right";
const WAIT: &str = "Too many attempts. Wait 1 min";

#[tokio::test]
async fn who_guesses_waits_longer_each_time_whether_or_not_the_account_exists() {
    on_both_engines(|app| async move {
        let other = app.another_node().await;
        let nodes = [app.browser(), other.browser()];
        for login in ["ana", "nobody"] {
            for attempt in 0..5 {
                assert!(said(&try_in(&nodes[attempt % 2], login, "wrong").await).starts_with(WRONG), "{login}");
            }
            // Even the right password does not open now, on no node; and asking does not make it longer.
            for browser in &nodes {
                assert!(said(&try_in(browser, login, PASSWORD).await).starts_with(WAIT), "{login}");
            }
            app.state.clock.advance(chrono::Duration::seconds(61));
            assert!(said(&try_in(&nodes[0], login, "wrong").await).starts_with(WRONG));
            assert!(said(&try_in(&nodes[1], login, PASSWORD).await).starts_with("Too many attempts. Wait 2 min"));
        }
        // Others are not concerned, and who is right is welcome after the wait.
        assert_eq!(try_in(&nodes[0], "ben", PASSWORD).await.status, StatusCode::OK);
        app.state.clock.advance(chrono::Duration::seconds(121));
        assert_eq!(try_in(&nodes[1], "ANA", PASSWORD).await.status, StatusCode::OK);
        for _ in 0..4 {
            try_in(&nodes[0], "ana", "wrong").await;
        }
        assert_eq!(try_in(&nodes[1], "ana", PASSWORD).await.status, StatusCode::OK, "all is forgotten after the right password");
        other.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_guesses_at_once_are_a_hundred_guesses() {
    on_both_engines(|app| async move {
        let answers = all_at_once((0..40).map(|_| {
            let browser = app.browser();
            async move { said(&try_in(&browser, "ana", "wrong").await) }
        }))
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.starts_with(WRONG)).count(), 5);
        assert_eq!(answers.iter().filter(|answer| answer.starts_with(WAIT)).count(), 35);
    })
    .await;
}

async fn guesses(app: &TestApp, count: usize, peer: &str, forwarded: impl Fn(usize) -> Option<String>) -> Vec<String> {
    let mut answers = Vec::new();
    for number in 0..count {
        let browser = app.browser().at(peer, forwarded(number).as_deref());
        answers.push(said(&try_in(&browser, &format!("somebody{number}"), "wrong").await));
    }
    answers
}

#[tokio::test]
async fn an_address_that_tries_many_names_waits_too() {
    on_both_engines(|app| async move {
        // What it says of itself does not help it.
        let answers = guesses(&app, 22, "192.0.2.1", |number| Some(format!("203.0.113.{number}"))).await;
        assert!(answers[..20].iter().all(|answer| answer.starts_with(WRONG)), "{answers:?}");
        assert!(answers[20..].iter().all(|answer| answer.starts_with(WAIT)), "{answers:?}");
        let refused = try_in(&app.browser().at("192.0.2.1", None), "ana", PASSWORD).await;
        assert!(said(&refused).starts_with(WAIT));
        assert_eq!(try_in(&app.browser().at("192.0.2.2", None), "ana", PASSWORD).await.status, StatusCode::OK);
        // Behind a trusted proxy each visitor is himself.
        let answers = guesses(&app, 22, "10.9.0.1", |number| Some(format!("203.0.113.{number}"))).await;
        assert!(answers.iter().all(|answer| answer.starts_with(WRONG)), "{answers:?}");
        let answers = guesses(&app, 21, "10.9.0.1", |number| Some(format!("203.0.113.{number}, 198.51.100.7"))).await;
        assert!(answers[20].starts_with(WAIT), "{answers:?}");
    })
    .await;
}

#[tokio::test]
async fn nobody_far_away_keeps_somebody_out_of_her_own_house() {
    on_both_engines(|app| async move {
        let (here, far) = (app.browser().at("192.0.2.7", None), app.browser().at("198.51.100.9", None));
        assert_eq!(try_in(&here, "ana", PASSWORD).await.status, StatusCode::OK);
        for _ in 0..5 {
            assert!(said(&try_in(&far, "ana", "wrong").await).starts_with(WRONG));
        }
        assert!(said(&try_in(&far, "ana", PASSWORD).await).starts_with(WAIT));
        // She comes in from where she came in before; for those far away that opens nothing.
        assert_eq!(try_in(&here, "ana", PASSWORD).await.status, StatusCode::OK);
        assert!(said(&try_in(&far, "ana", PASSWORD).await).starts_with(WAIT));
        // Guessing from here is counted too.
        for _ in 0..5 {
            assert!(said(&try_in(&here, "ana", "wrong").await).starts_with(WRONG));
        }
        assert!(said(&try_in(&here, "ana", PASSWORD).await).starts_with(WAIT));
    })
    .await;
}

/// In the middle of some tries, taken in turns: without the work of a password the answer would come a hundred times sooner.
#[tokio::test]
async fn a_wrong_password_takes_as_long_whether_or_not_the_account_exists() {
    let app = TestApp::sqlite().await;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        for (login, times) in [("ana", &mut known), ("nobody", &mut unknown)] {
            app.state.clock.advance(chrono::Duration::hours(13));
            let begun = Instant::now();
            assert!(said(&try_in(&app.browser(), login, "wrong").await).starts_with(WRONG));
            times.push(begun.elapsed());
        }
    }
    let middle = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64()
    };
    let ratio = middle(known) / middle(unknown);
    assert!((0.4..2.5).contains(&ratio), "{ratio}");
    app.end().await;
}
