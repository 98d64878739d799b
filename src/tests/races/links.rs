//! Race tests for secrets that work once: the link in a letter, an invitation, a code of the second factor.

use axum::http::StatusCode;
use chrono::Duration;

use super::all_answered;
use crate::{
    accounts::factor::shown,
    db::sql,
    tests::{
        Browser, TestApp,
        accounts::{
            factor::{set_up, with_code, with_password},
            sign_up::{NEW, ask, letters, token},
        },
        all_at_once, races_from,
    },
};

/// Uses a link in several browsers concurrently; returns how many got access to the account.
async fn all_use(app: &TestApp, link: &str, browsers: usize) -> usize {
    let statuses = all_at_once((0..browsers).map(|_| {
        let (browser, link) = (app.browser(), link.to_owned());
        async move {
            let form = [("token", link.as_str()), ("new_password", NEW), ("new_password_again", NEW)];
            browser.post("/api/accounts/use_link", &form).await.status
        }
    }))
    .await;
    all_answered(statuses.iter().copied());
    statuses.iter().filter(|status| **status == StatusCode::OK).count()
}

async fn users(app: &TestApp) -> i64 {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.count(sql("SELECT count(*) FROM users")).await.expect("counted")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_link_of_a_sign_up_used_by_twenty_at_once_makes_one_account() {
    let prepare = async |app: &TestApp| {
        ask(app, "chloe@home.test").await;
        (token(&letters(app).await[0].1), users(app).await)
    };
    races_from(prepare, |app, (link, before)| async move {
        assert_eq!(all_use(&app, &link, 20).await, 1);
        assert_eq!(users(&app).await, before + 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_invitation_used_by_ten_at_once_is_used_once() {
    let prepare = async |app: &TestApp| {
        let form = [("name", "Nina New"), ("login", "nina@hospital.test"), ("role", "nurse"), ("clinic", "all")];
        assert_eq!(app.as_("admin").await.post("/api/accounts/invite", &form).await.status, StatusCode::OK);
        token(&letters(app).await[0].1)
    };
    races_from(prepare, |app, link| async move {
        assert_eq!(all_use(&app, &link, 10).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_of_the_app_and_a_recovery_code_used_by_five_at_once_let_one_in() {
    let prepare = async |app: &TestApp| {
        let (key, _) = set_up(app, &app.as_("nurse").await).await;
        let (_, codes) = set_up(app, &app.as_("desk").await).await;
        // The code that turned the second factor on is used up.
        app.state.clock.advance(Duration::seconds(30));
        let mut half_signed_in: [Vec<Browser>; 2] = Default::default();
        for _ in 0..5 {
            half_signed_in[0].push(with_password(app, "nurse").await);
            half_signed_in[1].push(with_password(app, "desk").await);
        }
        (half_signed_in, [shown(&key, app.state.clock.now(), 0), codes[0].clone()])
    };
    races_from(prepare, |app, (half_signed_in, codes)| async move {
        for (browsers, code) in half_signed_in.into_iter().zip(codes) {
            let statuses = all_at_once(browsers.into_iter().map(|browser| {
                let (browser, code) = (browser.in_copy(&app), code.clone());
                async move { with_code(&browser, &code).await.status }
            }))
            .await;
            let refused = statuses.iter().filter(|status| **status == StatusCode::UNPROCESSABLE_ENTITY).count();
            assert_eq!((statuses.iter().filter(|status| **status == StatusCode::OK).count(), refused), (1, 4), "{statuses:?}");
        }
        app.assert_sound().await;
    })
    .await;
}
