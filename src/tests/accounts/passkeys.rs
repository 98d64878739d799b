//! Tests passkeys: adding, signing in, removing, and answers that must not count.

use axum::http::StatusCode;

use super::{
    authenticator::{Authenticator, options},
    factor::{set_up, with_password},
    sign_up::letters,
};
use crate::{
    core::Error,
    db::sql,
    tests::{Answer, Browser, TestApp, all_at_once, fixture::PASSWORD, on_both_engines, races_on_both_engines},
};

/// Returns the message of the field.
fn said(answer: &Answer) -> String {
    match answer.error() {
        Error::Invalid(errors) => errors[0].message.clone(),
        other => panic!("{other:?}"),
    }
}

const REFUSED: &str = "The passkey did not work";

/// Begins to add a passkey and answers with the authenticator.
async fn offer(browser: &Browser, device: &mut Authenticator, name: &str) -> Answer {
    assert_eq!(browser.post("/api/accounts/begin_passkey", &[]).await.location.as_deref(), Some("/account/passkey"));
    let key = device.make(&options(browser, "/account/passkey").await);
    browser.post("/api/accounts/add_passkey", &[("name", name), ("key", &key)]).await
}

/// Adds a passkey to the account of the signed-in user.
async fn added(browser: &Browser, name: &str) -> Authenticator {
    let mut device = Authenticator::new();
    let answer = offer(browser, &mut device, name).await;
    assert_eq!(answer.location.as_deref(), Some("/account/security?done=passkey-added"), "{}", answer.body);
    device
}

/// Begins to sign in; returns the authenticator's answer.
async fn begun(browser: &Browser, device: &mut Authenticator) -> String {
    let begun = browser.post("/api/accounts/begin_passkey_sign_in", &[("next", "/account")]).await;
    assert_eq!(begun.location.as_deref(), Some("/sign-in/passkey"), "{}", begun.body);
    device.answer(&options(browser, "/sign-in/passkey").await)
}

async fn send(browser: &Browser, key: &str) -> Answer {
    browser.post("/api/accounts/sign_in_passkey", &[("key", key)]).await
}

async fn sign_in(app: &TestApp, device: &mut Authenticator) -> (Browser, Answer) {
    let browser = app.browser();
    let key = begun(&browser, device).await;
    let answer = send(&browser, &key).await;
    (browser, answer)
}

/// Returns the id of the passkey that the page shows.
async fn shown(browser: &Browser) -> String {
    let page = browser.get("/account/security").await.body;
    page.split("id=\"remove-passkey-").nth(1).and_then(|rest| rest.split('"').next()).expect("a passkey").to_owned()
}

#[tokio::test]
async fn a_passkey_signs_in_alone_until_it_is_removed() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let form = [("name", "Nina New"), ("login", "nina@home.test"), ("role", "nurse"), ("clinic", "all")];
        admin.post("/api/accounts/invite", &form).await;
        let link = super::sign_up::token(&letters(&app).await[0].1);
        let new = super::sign_up::NEW;
        app.browser().post("/api/accounts/use_link", &[("token", &link), ("new_password", new), ("new_password_again", new)]).await;
        let (here, there) = (app.browser(), app.browser());
        for browser in [&here, &there] {
            let entered = browser.post("/api/accounts/sign_in", &[("login", "nina@home.test"), ("password", new)]).await;
            assert_eq!(entered.status, StatusCode::OK, "{}", entered.body);
        }
        letters(&app).await;
        let mut device = added(&here, "Nina’s <phone>").await;
        assert_ne!(there.get("/account").await.status, StatusCode::OK, "the other sessions ended");
        let page = here.get("/account/security").await.body;
        assert!(page.contains("Nina’s &lt;phone&gt;") && page.contains("Not used yet"), "{page}");
        let written = letters(&app).await;
        assert!(written.len() == 1 && written[0].0 == "nina@home.test" && written[0].1.contains("A passkey was added"), "{written:?}");
        let (inside, answer) = sign_in(&app, &mut device).await;
        assert_eq!((answer.status, answer.location.as_deref()), (StatusCode::OK, Some("/account")), "{}", answer.body);
        assert_eq!(inside.get("/account").await.status, StatusCode::OK);
        let page = inside.get("/account/security").await.body;
        assert!(page.contains("Last used") && !page.contains("Not used yet"), "{page}");
        // A passkey of one user is nothing on the pages of another, and not theirs to remove.
        let id = shown(&inside).await;
        let nurse = app.as_("nurse").await;
        assert!(!nurse.get("/account/security").await.body.contains(&id));
        assert_eq!(nurse.post("/api/accounts/remove_passkey", &[("id", &id)]).await.status, StatusCode::NOT_FOUND);
        // Removing it asks for the password when the last proof is old.
        app.state.clock.advance(chrono::Duration::minutes(6));
        assert_eq!(said(&inside.post("/api/accounts/remove_passkey", &[("id", &id)]).await), "Enter your password.");
        let removed = inside.post("/api/accounts/remove_passkey", &[("id", &id), ("password", new)]).await;
        assert_eq!(removed.location.as_deref(), Some("/account/security?done=passkey-removed"), "{}", removed.body);
        assert_ne!(here.get("/account").await.status, StatusCode::OK, "the other sessions ended");
        assert!(letters(&app).await.iter().any(|(_, text)| text.contains("A passkey was removed")));
        assert!(said(&sign_in(&app, &mut device).await.1).starts_with(REFUSED));
        let log = app.as_("auditor").await.get("/audit?user=nina@home.test").await.body;
        assert!(log.contains("passkey") && !log.contains("&lt;phone"), "{log}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_counts_once_in_its_browser_and_for_its_site_only() {
    on_both_engines(|app| async move {
        let here = app.as_("nurse").await;
        // A new passkey: from another site, without verifying the owner, without a challenge, and twice.
        for change in [
            |device: &mut Authenticator| device.origin = "https://localhost.evil.test",
            |device: &mut Authenticator| device.verifies = false,
        ] {
            let mut device = Authenticator::new();
            change(&mut device);
            assert!(said(&offer(&here, &mut device, "wrong").await).starts_with(REFUSED));
        }
        let mut device = Authenticator::new();
        here.post("/api/accounts/begin_passkey", &[]).await;
        let key = device.make(&options(&here, "/account/passkey").await);
        let other = app.as_("doctor").await;
        assert!(said(&other.post("/api/accounts/add_passkey", &[("name", "x"), ("key", &key)]).await).starts_with(REFUSED));
        assert_eq!(here.post("/api/accounts/add_passkey", &[("name", "x"), ("key", &key)]).await.status, StatusCode::OK);
        assert!(said(&here.post("/api/accounts/add_passkey", &[("name", "x"), ("key", &key)]).await).starts_with(REFUSED));
        // Signing in: the same answer again, in the same browser and in another one.
        let browser = app.browser();
        let key = begun(&browser, &mut device).await;
        let thief = browser.copied();
        assert_eq!(send(&browser, &key).await.status, StatusCode::OK);
        for again in [&thief, &browser, &app.browser()] {
            assert!(said(&send(again, &key).await).starts_with(REFUSED));
        }
        begun(&thief, &mut device).await;
        assert!(said(&send(&thief, &key).await).starts_with(REFUSED), "an answer to another challenge");
        for change in [
            |device: &mut Authenticator| device.origin = "https://localhost.evil.test",
            |device: &mut Authenticator| device.verifies = false,
        ] {
            let browser = app.browser();
            change(&mut device);
            let key = begun(&browser, &mut device).await;
            assert!(said(&send(&browser, &key).await).starts_with(REFUSED));
            assert_ne!(browser.get("/account").await.status, StatusCode::OK);
            (device.origin, device.verifies) = (super::authenticator::SITE, true);
        }
        // A copy of the key whose counter is behind.
        device.counter = 0;
        assert!(said(&sign_in(&app, &mut device).await.1).starts_with(REFUSED));
        // A challenge lasts five minutes.
        device.counter = 100;
        let browser = app.browser();
        let key = begun(&browser, &mut device).await;
        app.state.clock.advance(chrono::Duration::seconds(301));
        assert!(said(&send(&browser, &key).await).starts_with(REFUSED));
        assert_eq!(sign_in(&app, &mut device).await.1.status, StatusCode::OK);
        // Nonsense is refused in the same words.
        for key in ["", "{}", "[1]", "{\"id\":\"x\"}"] {
            let browser = app.browser();
            begun(&browser, &mut device).await;
            assert!(said(&send(&browser, key).await).starts_with(REFUSED), "{key}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_passkey_is_both_factors_and_the_password_alone_still_is_not() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let here = app.as_("nurse").await;
        let mut device = added(&here, "Key").await;
        assert_eq!(admin.post("/api/accounts/require_factor", &[("role", "nurse"), ("required", "true")]).await.status, StatusCode::OK);
        let (inside, answer) = sign_in(&app, &mut device).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(inside.get("/account").await.status, StatusCode::OK, "a passkey is both factors");
        let by_password = app.as_("nurse").await;
        assert_eq!(by_password.get("/account").await.location.as_deref(), Some("/account/second-factor"));
        // With a second factor the password still leads to the code, and the passkey needs none.
        set_up(&app, &by_password).await;
        with_password(&app, "nurse").await;
        assert_eq!(sign_in(&app, &mut device).await.1.location.as_deref(), Some("/account"));
        // The administrator helps a user whose phone is lost: the passkeys of the phone are gone too.
        let nurse = app.fixture.user("nurse").to_string();
        assert_eq!(admin.post("/api/accounts/reset_factor", &[("user_id", &nurse)]).await.status, StatusCode::OK);
        assert!(said(&sign_in(&app, &mut device).await.1).starts_with(REFUSED));
        // A user who may not sign in does not do so with a passkey.
        let cashier = app.as_("cashier").await;
        let mut device = added(&cashier, "Key").await;
        let cashier = app.fixture.user("cashier").to_string();
        assert_eq!(admin.post("/api/accounts/set_active", &[("user_id", &cashier), ("active", "false")]).await.status, StatusCode::OK);
        assert!(said(&sign_in(&app, &mut device).await.1).starts_with(REFUSED));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn wrong_answers_are_slowed_down_as_wrong_passwords_are() {
    on_both_engines(|app| async move {
        let mut device = added(&app.as_("nurse").await, "Key").await;
        let stranger = |app: &TestApp| app.browser().at("203.0.113.9", None);
        for _ in 0..5 {
            let browser = stranger(&app);
            device.verifies = false;
            let key = begun(&browser, &mut device).await;
            assert!(said(&send(&browser, &key).await).starts_with(REFUSED));
        }
        device.verifies = true;
        let browser = stranger(&app);
        let key = begun(&browser, &mut device).await;
        assert!(said(&send(&browser, &key).await).starts_with("Too many attempts. Wait 1 min"));
        app.state.clock.advance(chrono::Duration::seconds(61));
        let key = begun(&browser, &mut device).await;
        assert_eq!(send(&browser, &key).await.status, StatusCode::OK);
        // An address may begin so often an hour; whoever signs in gives a beginning back.
        let names = app.state.config.attempts_per_address;
        let mut held = None;
        for count in 0..names + 5 {
            let answer = app.browser().at("203.0.113.77", None).post("/api/accounts/begin_passkey_sign_in", &[]).await;
            if answer.status != StatusCode::OK {
                held = Some((count, said(&answer)));
                break;
            }
        }
        let (count, words) = held.expect("the address is held back");
        assert!(count == names && words.starts_with("Too many attempts"), "{count} {words}");
    })
    .await;
}

#[tokio::test]
async fn the_schema_keeps_the_last_way_in_and_the_owner_of_a_passkey() {
    on_both_engines(|app| async move {
        let here = app.as_("nurse").await;
        added(&here, "One").await;
        let (nurse, doctor) = (app.fixture.user("nurse"), app.fixture.user("doctor"));
        let id = shown(&here).await;
        for (name, statement) in [
            ("passkeys_fixed", sql("UPDATE passkeys SET user_id = $2 WHERE user_id = $1").bind(nurse).bind(doctor)),
            (
                "passkeys_fixed",
                sql("UPDATE passkeys SET created_at = $2 WHERE user_id = $1")
                    .bind(nurse)
                    .bind(app.state.clock.now() + chrono::Duration::days(1)),
            ),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(statement).await.expect_err("refused");
            assert!(error.violates(name), "{name}: {error:?}");
        }
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE users SET password_hash = NULL WHERE id = $1").bind(nurse)).await.expect("without a password");
        tx.commit().await.expect("committed");
        // The session ended with the password; the guard is asked directly.
        let mut tx = app.state.db.write().await.expect("a transaction");
        let error = tx.execute(sql("DELETE FROM passkeys WHERE user_id = $1").bind(nurse)).await.expect_err("refused");
        assert!(error.violates("passkeys_last_way"), "{error:?}");
        drop(tx);
        assert!(!id.is_empty());
        let there = app.as_("doctor").await;
        for _ in 0..10 {
            added(&there, "Key").await;
        }
        let full = there.post("/api/accounts/begin_passkey", &[]).await;
        assert!(matches!(full.error(), Error::Conflict(words) if words.contains("You have 10 passkeys")), "{}", full.body);
    })
    .await;
}

#[tokio::test]
async fn a_user_without_a_password_keeps_the_last_passkey() {
    on_both_engines(|app| async move {
        let here = app.as_("nurse").await;
        let mut device = added(&here, "Only").await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE users SET password_hash = NULL WHERE id = $1").bind(app.fixture.user("nurse"))).await.expect("done");
        tx.commit().await.expect("committed");
        let (inside, answer) = sign_in(&app, &mut device).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let id = shown(&inside).await;
        let refused = inside.post("/api/accounts/remove_passkey", &[("id", &id)]).await;
        assert!(matches!(refused.error(), Error::Conflict(words) if words.contains("your last way to sign in")), "{}", refused.body);
        added(&inside, "Second").await;
        assert_eq!(inside.post("/api/accounts/remove_passkey", &[("id", &id)]).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn without_scripts_the_pages_say_what_to_do() {
    on_both_engines(|app| async move {
        let browser = app.browser();
        let page = browser.get("/sign-in").await.body;
        assert!(page.contains("/api/accounts/begin_passkey_sign_in"), "{page}");
        let empty = browser.get("/sign-in/passkey").await;
        assert!(empty.status == StatusCode::OK && !empty.body.contains("data-options"), "{}", empty.body);
        browser.post("/api/accounts/begin_passkey_sign_in", &[("next", "https://evil.test/")]).await;
        let page = browser.submit("/sign-in/passkey", "/api/accounts/sign_in_passkey", &[("key", "")]).await;
        assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY && page.body.contains(REFUSED), "{}", page.body);
        assert!(page.body.contains("Sign in with your password") && page.body.contains("<noscript>"), "{}", page.body);
        let here = app.as_("nurse").await;
        assert!(here.get("/account/passkey").await.body.contains("/api/accounts/begin_passkey"));
        assert_eq!(here.post("/api/accounts/begin_passkey", &[("password", PASSWORD)]).await.status, StatusCode::OK);
        let page = here.submit("/account/passkey", "/api/accounts/add_passkey", &[("name", ""), ("key", "")]).await;
        assert!(page.status == StatusCode::UNPROCESSABLE_ENTITY && page.body.contains("data-options"), "{}", page.body);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_thirty_with_the_same_answer_one_comes_in() {
    races_on_both_engines(|app| async move {
        let mut device = added(&app.as_("nurse").await, "Key").await;
        let browser = app.browser();
        let key = begun(&browser, &mut device).await;
        let tries: Vec<_> = (0..30).map(|_| (browser.copied(), key.clone())).collect();
        let entered = all_at_once(tries.into_iter().map(|(browser, key)| async move { send(&browser, &key).await.status })).await;
        assert_eq!(entered.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{entered:?}");
    })
    .await;
}
