//! Sessions, doors, headers, events: what every department stands on.

use axum::http::StatusCode;

use super::on_both_engines;
use crate::core::Error;

#[tokio::test]
async fn the_fixture_is_sound() {
    on_both_engines(|app| async move { app.assert_sound().await }).await;
}

#[tokio::test]
async fn only_who_may_comes_in() {
    on_both_engines(|app| async move {
        let stranger = app.browser();
        let answer = stranger.get("/").await;
        assert_eq!((answer.status, answer.location.as_deref()), (StatusCode::SEE_OTHER, Some("/sign-in")));
        for (login, password) in [("ana", "wrong"), ("nobody", super::fixture::PASSWORD), ("system", ""), ("", "")] {
            let answer = stranger.post("/api/accounts/sign_in", &[("login", login), ("password", password)]).await;
            assert!(matches!(answer.error(), Error::Invalid(errors) if errors[0].field == "login"), "{login}");
        }
        let ana = app.as_("ana").await;
        assert_eq!(ana.get("/").await.location.as_deref(), Some("/portal"));
        ana.post("/api/accounts/sign_out", &[]).await;
        assert_eq!(ana.get("/").await.location.as_deref(), Some("/sign-in"));
    })
    .await;
}

#[tokio::test]
async fn a_session_gets_a_new_id_at_sign_in_and_dies_when_idle() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        app.state.clock.advance(chrono::Duration::minutes(29));
        assert_eq!(ana.get("/").await.location.as_deref(), Some("/portal"));
        app.state.clock.advance(chrono::Duration::minutes(31));
        assert_eq!(ana.get("/").await.location.as_deref(), Some("/sign-in"));
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_after_its_hours_whatever_happens() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        for _ in 0..26 {
            app.state.clock.advance(chrono::Duration::minutes(27));
            ana.get("/").await;
        }
        app.state.clock.advance(chrono::Duration::minutes(27));
        assert_eq!(ana.get("/").await.location.as_deref(), Some("/sign-in"));
    })
    .await;
}

#[tokio::test]
async fn a_refused_form_shows_its_page_again_with_what_was_typed() {
    on_both_engines(|app| async move {
        let form = [("login", "</textarea><script>alert(1)</script>"), ("password", "secret-typed")];
        let answer = app.browser().submit("/sign-in", "/api/accounts/sign_in", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)"), "{}", answer.body);
        assert!(!answer.body.contains("<script>alert"));
        assert!(!answer.body.contains("secret-typed"));
    })
    .await;
}

#[tokio::test]
async fn unreadable_and_enormous_bodies_are_refused_with_words() {
    on_both_engines(|app| async move {
        let browser = app.browser();
        let form = "application/x-www-form-urlencoded";
        let answer = browser.post_raw("/api/accounts/sign_in", form, "login=%ff%fe&password=x").await;
        assert!(matches!(answer.error(), Error::Invalid(errors) if errors[0].field == "login"));
        let answer = browser.post_raw("/api/accounts/sign_in", form, vec![b'a'; 10 * 1024 * 1024]).await;
        assert_eq!((answer.status, answer.error()), (StatusCode::PAYLOAD_TOO_LARGE, Error::TooLarge));
        let answer = browser.post("/api/accounts/clinic", &[]).await;
        assert!(matches!(answer.error(), Error::Invalid(errors) if errors[0].field == "clinic_id"), "{}", answer.body);
        let answer = browser.post("/api/no/such/function", &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn every_page_carries_the_protective_headers() {
    on_both_engines(|app| async move {
        let answer = app.browser().get("/sign-in").await;
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!(answer.status, StatusCode::OK);
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"));
        assert!(!header("content-security-policy").contains("unsafe-inline"));
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("strict-transport-security").starts_with("max-age="));
        let nonce = header("content-security-policy").split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).map(str::to_owned);
        assert!(nonce.is_some_and(|nonce| answer.body.contains(&format!("nonce=\"{nonce}\""))));
    })
    .await;
}
