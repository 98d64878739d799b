//! Tests sessions, permission checks, headers and events, which every department uses.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use tower::ServiceExt as _;

use super::{TestApp, fixture::PASSWORD, on_both_engines};
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
        for (login, password) in [("ana", "wrong"), ("nobody", PASSWORD), ("system", ""), ("", "")] {
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

#[tokio::test]
async fn what_is_no_page_carries_them_too() {
    let app = TestApp::sqlite().await;
    for (method, path, site, status) in [
        (Method::GET, "/health/live", "none", StatusCode::OK),
        (Method::GET, "/assets/none/none.js", "none", StatusCode::NOT_FOUND),
        (Method::POST, "/api/accounts/sign_out", "cross-site", StatusCode::FORBIDDEN),
        (Method::TRACE, "/sign-in", "same-origin", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let request = Request::builder().method(method).uri(path).header("sec-fetch-site", site).body(Body::empty()).expect("a request");
        let answer = app.router.clone().oneshot(request).await.expect("an answer");
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!(answer.status(), status, "{path}");
        for directive in ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(header("content-security-policy").contains(directive), "{path}: {directive}");
        }
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert!(header("strict-transport-security").contains("includeSubDomains"), "{path}");
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{path}");
    }
    app.end().await;
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let app = TestApp::sqlite().await;
    for next in ["https://elsewhere.test", "//elsewhere.test", "/\\elsewhere.test", "/\t/elsewhere.test", "/\n/elsewhere.test"] {
        let form = [("login", "ana"), ("password", PASSWORD), ("next", next)];
        let answer = app.browser().submit("/sign-in", "/api/accounts/sign_in", &form).await;
        assert_eq!((answer.status, answer.location.as_deref()), (StatusCode::SEE_OTHER, Some("/")), "{next:?}");
    }
    // A form without a next page redirects to its own page, but not to one whose address leads to another site.
    let form = [("language", "es")];
    let answer = app.browser().submit("//elsewhere.test/", "/api/accounts/language", &form).await;
    assert_eq!(answer.location.as_deref(), Some("/"));
    let answer = app.browser().submit("/forgot", "/api/accounts/language", &form).await;
    assert_eq!(answer.location.as_deref(), Some("/forgot"));
    app.end().await;
}

#[tokio::test]
async fn cookies_are_this_host_s_alone_and_no_script_reads_them() {
    let app = TestApp::sqlite().await;
    let browser = app.browser();
    let chosen = browser.post("/api/accounts/language", &[("language", "es")]).await;
    let signed_in = browser.post("/api/accounts/sign_in", &[("login", "ana"), ("password", PASSWORD)]).await;
    for (answer, name) in [(&chosen, "__Host-language="), (&signed_in, "__Host-session=")] {
        let cookies: Vec<_> = answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()).collect();
        assert_eq!(cookies.len(), 1, "{cookies:?}");
        assert!(cookies[0].starts_with(name), "{cookies:?}");
        for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(cookies[0].contains(attribute), "{attribute}: {cookies:?}");
        }
        assert!(!cookies[0].contains("Domain"), "{cookies:?}");
    }
    let stranger = app.browser();
    stranger.post("/api/accounts/language", &[("language", "es")]).await;
    assert!(stranger.get("/sign-in").await.body.contains("<html lang=\"es\""));
    app.end().await;
}

#[tokio::test]
async fn a_field_sent_twice_is_refused() {
    let app = TestApp::sqlite().await;
    let form = "application/x-www-form-urlencoded";
    for (login, status) in [("login=ana&login=ana", StatusCode::UNPROCESSABLE_ENTITY), ("login=ana", StatusCode::OK)] {
        let answer =
            app.browser().post_raw("/api/accounts/sign_in", form, format!("{login}&password={}", PASSWORD.replace(' ', "+"))).await;
        assert_eq!(answer.status, status, "{login}: {}", answer.body);
    }
    app.end().await;
}

#[tokio::test]
async fn a_program_that_has_ended_is_freed() {
    let app = TestApp::sqlite().await;
    let part = Arc::downgrade(&app.state.hospital());
    // A refused form is shown again by the router that the state knows.
    let ana = app.as_("ana").await;
    let refused = app.browser().submit("/sign-in", "/api/accounts/sign_in", &[("login", "ana"), ("password", "wrong")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.headers.get(header::CONTENT_LOCATION).and_then(|page| page.to_str().ok()), Some("/sign-in"));
    drop(ana);
    app.end().await;
    assert!(part.upgrade().is_some());
    drop(app);
    assert!(part.upgrade().is_none(), "something that is never freed holds the state");
}

/// The captured log lines.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the lines").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn who_is_refused_is_logged() {
    let app = TestApp::sqlite().await;
    let ana = app.as_("ana").await;
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let listening = tracing::subscriber::set_default(subscriber);
    assert_eq!(ana.post("/api/patients/search", &[("text", "núñez")]).await.status, StatusCode::FORBIDDEN);
    drop(listening);
    let logged = String::from_utf8(lines.0.lock().expect("the lines").clone()).expect("text");
    assert!(logged.contains("refused: no role allows it") && logged.contains("permission=\"find_patients\""), "{logged}");
    assert!(!logged.contains("núñez"), "what was typed is nobody's business: {logged}");
    app.end().await;
}
