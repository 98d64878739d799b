//! Tests the proof of identity that a sensitive step requires.

use axum::http::StatusCode;

use crate::{
    core::Error,
    tests::{Answer, Browser, fixture::PASSWORD, on_both_engines},
};

/// Returns the message of the password field.
fn said(answer: &Answer) -> String {
    match answer.error() {
        Error::Invalid(errors) if errors.len() == 1 && errors[0].field == "password" => errors[0].message.clone(),
        other => panic!("{other:?}"),
    }
}

async fn deactivate(admin: &Browser, user: &str, password: &str) -> Answer {
    admin.post("/api/accounts/set_active", &[("user_id", user), ("active", "false"), ("password", password)]).await
}

#[tokio::test]
async fn a_sensitive_step_asks_again_after_five_minutes_and_the_session_goes_on_under_a_new_id() {
    on_both_engines(|app| async move {
        let (admin, nurse) = (app.as_("admin").await, app.fixture.user("nurse").to_string());
        let page = format!("/users/{nurse}");
        assert!(admin.get(&page).await.body.contains("/api/accounts/retire"), "just signed in");
        app.state.clock.advance(chrono::Duration::minutes(6));
        let asking = admin.get(&page).await.body;
        assert!(asking.contains("/api/accounts/confirm") && !asking.contains("/api/accounts/retire"), "first the password");
        assert!(admin.get("/users/new").await.body.contains("type=\"password\""));
        assert_eq!(said(&deactivate(&admin, &nurse, "").await), "Enter your password.");
        assert_eq!(said(&deactivate(&admin, &nurse, "wrong").await), "This is not your password.");
        let other_tab = admin.clone();
        let thief = admin.copied();
        assert_eq!(deactivate(&admin, &nurse, PASSWORD).await.status, StatusCode::OK);
        assert_ne!(thief.get("/account").await.status, StatusCode::OK, "the id of before opens nothing");
        assert_eq!(other_tab.get("/account").await.status, StatusCode::OK);
        // From here on no password is required, for five minutes.
        assert!(!admin.get("/users/new").await.body.contains("type=\"password\""));
        app.state.clock.advance(chrono::Duration::minutes(5));
        let again = admin.post("/api/accounts/set_active", &[("user_id", &nurse), ("active", "true")]).await;
        assert_eq!(again.status, StatusCode::OK);
        app.state.clock.advance(chrono::Duration::seconds(1));
        assert_eq!(said(&deactivate(&admin, &nurse, "").await), "Enter your password.");
        // A page with many buttons has one form that asks for the password.
        let next = [("password", PASSWORD), ("next", page.as_str())];
        let confirmed = admin.submit(&page, "/api/accounts/confirm", &next).await;
        assert_eq!((confirmed.status, confirmed.location.as_deref()), (StatusCode::SEE_OTHER, Some(page.as_str())));
        assert!(admin.get(&page).await.body.contains("/api/accounts/retire"));
    })
    .await;
}

#[tokio::test]
async fn a_form_refused_for_another_reason_does_not_ask_for_the_password_twice() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        app.state.clock.advance(chrono::Duration::minutes(6));
        let form = [("name", ""), ("login", "nina"), ("role", "nurse"), ("password", PASSWORD)];
        let refused = admin.submit("/users/new", "/api/accounts/invite", &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains("Enter the name") && !refused.body.contains("type=\"password\""));
    })
    .await;
}

#[tokio::test]
async fn wrong_proofs_count_for_signing_in_too_and_stand_in_the_log() {
    on_both_engines(|app| async move {
        let (admin, nurse) = (app.as_("admin").await, app.fixture.user("nurse").to_string());
        app.state.clock.advance(chrono::Duration::minutes(6));
        for _ in 0..3 {
            assert_eq!(said(&deactivate(&admin, &nurse, "wrong").await), "This is not your password.");
        }
        let stranger = app.browser().at("198.51.100.9", None);
        let sign_in = async |password: &str| stranger.post("/api/accounts/sign_in", &[("login", "admin"), ("password", password)]).await;
        for _ in 0..2 {
            assert!(matches!(sign_in("wrong").await.error(), Error::Invalid(errors) if errors[0].message.starts_with("The name")));
        }
        assert!(matches!(sign_in(PASSWORD).await.error(), Error::Invalid(errors) if errors[0].message.starts_with("Too many")));
        // Failed sign-ins by a stranger do not delay the signed-in user; her own wrong passwords do.
        for _ in 0..2 {
            assert_eq!(said(&deactivate(&admin, &nurse, "wrong").await), "This is not your password.");
        }
        assert!(said(&deactivate(&admin, &nurse, PASSWORD).await).starts_with("Too many attempts."));
        app.state.clock.advance(chrono::Duration::seconds(61));
        assert_eq!(deactivate(&admin, &nurse, PASSWORD).await.status, StatusCode::OK);
        let log = app.as_("auditor").await.get("/audit?action=refused").await.body;
        assert_eq!(log.matches("proof of identity").count(), 5, "{log}");
    })
    .await;
}

#[tokio::test]
async fn the_log_leaves_the_house_only_with_a_proof() {
    on_both_engines(|app| async move {
        let auditor = app.as_("auditor").await;
        let file = "/audit/export?action=sign_in";
        assert_eq!(auditor.get(file).await.status, StatusCode::OK);
        app.state.clock.advance(chrono::Duration::minutes(6));
        let turned_away = auditor.get(file).await;
        assert_eq!((turned_away.status, turned_away.location.as_deref()), (StatusCode::SEE_OTHER, Some("/audit?action=sign_in")));
        let page = auditor.get("/audit?action=sign_in").await.body;
        assert!(page.contains("value=\"/audit/export?action=sign_in\""), "{page}");
        let refused = auditor.submit("/audit", "/api/accounts/confirm", &[("password", "wrong"), ("next", file)]).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("This is not your password."));
        let confirmed = auditor.submit("/audit", "/api/accounts/confirm", &[("password", PASSWORD), ("next", file)]).await;
        assert_eq!(confirmed.location.as_deref(), Some(file));
        let csv = auditor.get(file).await;
        assert!(csv.status == StatusCode::OK && csv.body.contains("Aldo Auditor"));
        for elsewhere in ["https://evil.test", "//evil.test", "/api/accounts/sign_out"] {
            let answer = auditor.post("/api/accounts/confirm", &[("password", PASSWORD), ("next", elsewhere)]).await;
            assert_eq!((answer.status, answer.location), (StatusCode::OK, None), "{elsewhere}");
        }
    })
    .await;
}
