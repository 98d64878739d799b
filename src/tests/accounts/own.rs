//! Tests a user's own password and sessions.

use axum::http::StatusCode;

use crate::{
    core::Error,
    tests::{Browser, fixture::PASSWORD, on_both_engines},
};

const PAGE: &str = "/account/security";
const NEW: &str = "violet harbor eleven spoons";

async fn change(browser: &Browser, from: &str, to: &str, again: &str) -> Result<(), Vec<String>> {
    let form = [("password", from), ("new_password", to), ("new_password_again", again)];
    let answer = browser.post("/api/accounts/change_password", &form).await;
    match answer.status {
        StatusCode::OK => Ok(()),
        _ => match answer.error() {
            Error::Invalid(errors) => Err(errors.into_iter().map(|error| error.field).collect()),
            other => panic!("{other:?}"),
        },
    }
}

async fn is_signed_in(browser: &Browser) -> bool {
    browser.get(PAGE).await.status == StatusCode::OK
}

/// Returns the names of the sessions that the page offers to end.
async fn handles(browser: &Browser) -> Vec<String> {
    let page = browser.get(PAGE).await.body;
    let values = page.split("name=\"session\" value=\"").skip(1);
    values.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

#[tokio::test]
async fn a_new_password_ends_every_other_session_on_every_node() {
    on_both_engines(|app| async move {
        let other = app.another_node().await;
        let (here, there, ben) = (app.as_("ana").await, other.as_("ana").await, app.as_("ben").await);
        assert!(is_signed_in(&here).await && is_signed_in(&there).await);
        assert_eq!(change(&here, "wrong", NEW, NEW).await, Err(vec!["password".to_owned()]));
        assert_eq!(change(&here, PASSWORD, "short", "short").await, Err(vec!["new_password".to_owned()]));
        assert_eq!(change(&here, PASSWORD, PASSWORD, PASSWORD).await, Err(vec!["new_password".to_owned()]));
        assert_eq!(change(&here, PASSWORD, NEW, "something else").await, Err(vec!["new_password_again".to_owned()]));
        assert!(is_signed_in(&there).await);
        assert_eq!(change(&here, PASSWORD, NEW, NEW).await, Ok(()));
        assert!(is_signed_in(&here).await && is_signed_in(&ben).await);
        assert!(!is_signed_in(&there).await, "the other node's session is dead");
        let sign_in = |password| {
            let browser = other.browser();
            async move { browser.post("/api/accounts/sign_in", &[("login", "ana"), ("password", password)]).await.status }
        };
        assert_eq!(sign_in(PASSWORD).await, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(sign_in(NEW).await, StatusCode::OK);
        other.end().await;
    })
    .await;
}

#[tokio::test]
async fn guessing_at_the_password_of_who_is_signed_in_is_slowed_down_too() {
    on_both_engines(|app| async move {
        let here = app.as_("ana").await;
        for _ in 0..5 {
            assert_eq!(change(&here, "wrong", NEW, NEW).await, Err(vec!["password".to_owned()]));
        }
        assert_eq!(change(&here, PASSWORD, NEW, NEW).await, Err(vec!["password".to_owned()]));
        app.state.clock.advance(chrono::Duration::seconds(61));
        assert_eq!(change(&here, PASSWORD, NEW, NEW).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn one_sees_where_one_is_signed_in_and_signs_out_there() {
    on_both_engines(|app| async move {
        let (here, second, third) = (app.as_("ana").await, app.as_("ana").await, app.as_("ana").await);
        let ben = app.as_("ben").await;
        let (elsewhere, of_ben) = (handles(&here).await, handles(&ben).await);
        assert_eq!((elsewhere.len(), of_ben.len()), (2, 0));
        assert!(here.get(PAGE).await.body.contains("This one"));
        // Another user's session gives `NotFound`.
        let answer = ben.post("/api/accounts/end_session", &[("session", &elsewhere[0])]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(here.post("/api/accounts/end_session", &[("session", &elsewhere[0])]).await.status, StatusCode::OK);
        assert_eq!(usize::from(is_signed_in(&second).await) + usize::from(is_signed_in(&third).await), 1);
        assert_eq!(here.post("/api/accounts/end_other_sessions", &[]).await.status, StatusCode::OK);
        assert!(!is_signed_in(&second).await && !is_signed_in(&third).await);
        assert!(is_signed_in(&here).await && is_signed_in(&ben).await);
        assert_eq!(handles(&here).await, Vec::<String>::new());

        // After some time the password is required: a person who finds the screen unlocked cannot end sessions.
        let fourth = app.as_("ana").await;
        app.state.clock.advance(chrono::Duration::minutes(6));
        assert_eq!(handles(&here).await, Vec::<String>::new());
        assert!(here.get(PAGE).await.body.contains("/api/accounts/confirm"));
        let end = "/api/accounts/end_other_sessions";
        assert_eq!(here.post(end, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(is_signed_in(&fourth).await);
        assert_eq!(here.post(end, &[("password", PASSWORD)]).await.status, StatusCode::OK);
        assert!(is_signed_in(&here).await && !is_signed_in(&fourth).await);
    })
    .await;
}

#[tokio::test]
async fn the_account_of_who_works_here_stands_in_panels() {
    on_both_engines(|app| async move {
        // With one clinic there is no choice of clinic.
        for (login, panels) in [("nurse", 4), ("admin", 5)] {
            let page = app.as_(login).await.get("/account").await.body;
            let main = page.split("<main").nth(1).and_then(|rest| rest.split("</main>").next()).expect("a page");
            assert_eq!(main.matches("class=\"panel\"").count(), panels, "{login}: {main}");
            assert_eq!(main.matches("<form").count() + 2, main.matches("form__actions").count(), "{login}: {main}");
        }
    })
    .await;
}
