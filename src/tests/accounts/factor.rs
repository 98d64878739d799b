//! Tests the second factor.

use axum::http::StatusCode;

use crate::{
    accounts::factor::{Factor, factor, secret_words, shown},
    core::{Error, Stamp},
    server::{
        config::Config,
        mail::{Post, send_due},
    },
    tests::{Answer, Browser, TestApp, all_at_once, fixture::PASSWORD, on_both_engines, races_on_both_engines},
};

/// Returns the message of the field.
fn said(answer: &Answer) -> String {
    match answer.error() {
        Error::Invalid(errors) => errors[0].message.clone(),
        other => panic!("{other:?}"),
    }
}

/// Sets up the second factor for the signed-in user; returns the app's key and the recovery codes.
pub(in crate::tests) async fn set_up(app: &TestApp, browser: &Browser) -> (String, Vec<String>) {
    let key = begun(browser).await;
    let code = shown(&key, app.state.clock.now(), 0);
    let done = browser.post("/api/accounts/finish_factor", &[("code", &code)]).await;
    assert_eq!((done.status, done.location.as_deref()), (StatusCode::OK, Some("/account/recovery-codes")), "{}", done.body);
    let page = browser.get("/account/recovery-codes").await.body;
    let codes = page.split("<code>").skip(1).filter_map(|rest| Some(rest.split_once('<')?.0.to_owned())).collect();
    (key, codes)
}

/// Begins the setup; returns the key that the page shows.
pub(super) async fn begun(browser: &Browser) -> String {
    assert_eq!(browser.post("/api/accounts/begin_factor", &[]).await.status, StatusCode::OK);
    let page = browser.get("/account/second-factor").await.body;
    assert!(page.contains("class=\"qr\""), "{page}");
    page.split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("the key").to_owned()
}

pub(in crate::tests) async fn with_password(app: &TestApp, login: &str) -> Browser {
    let browser = app.browser();
    let answer = browser.post("/api/accounts/sign_in", &[("login", login), ("password", PASSWORD), ("next", "/account")]).await;
    assert_eq!((answer.status, answer.location.as_deref()), (StatusCode::OK, Some("/sign-in/code")));
    browser
}

pub(in crate::tests) async fn with_code(browser: &Browser, code: &str) -> Answer {
    browser.post("/api/accounts/sign_in_code", &[("code", code)]).await
}

#[tokio::test]
async fn password_and_code_open_and_either_alone_does_not() {
    on_both_engines(|app| async move {
        let (here, there) = (app.as_("nurse").await, app.as_("nurse").await);
        let (key, codes) = set_up(&app, &here).await;
        assert_eq!(codes.len(), 10);
        assert!(here.get("/account/recovery-codes").await.status.is_redirection(), "shown once");
        assert_ne!(there.get("/account").await.status, StatusCode::OK, "who has shown no code is signed out");
        assert_eq!(here.get("/account").await.status, StatusCode::OK);
        // The code that turned the second factor on is used up.
        let browser = with_password(&app, "nurse").await;
        let now = app.state.clock.now();
        assert!(said(&with_code(&browser, &shown(&key, now, 0)).await).starts_with("This code is not right, or was used"));
        // A half signed-in user has no access.
        for path in ["/account", "/triage", "/portal", "/notifications/live"] {
            assert_ne!(browser.get(path).await.status, StatusCode::OK, "{path}");
        }
        assert_eq!(browser.post("/api/notifications/read_all", &[]).await.status, StatusCode::UNAUTHORIZED);
        let right = with_code(&browser, &shown(&key, now, 1)).await;
        assert_eq!((right.status, right.location.as_deref()), (StatusCode::OK, Some("/account")), "{}", right.body);
        assert_eq!(browser.get("/account").await.status, StatusCode::OK);
        // One step later the same code is one step old, and used up.
        app.state.clock.advance(chrono::Duration::seconds(30));
        let again = with_password(&app, "nurse").await;
        assert_eq!(with_code(&again, &shown(&key, now, 1)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        // The code must follow the password within five minutes, and a code without the password is refused.
        let late = with_password(&app, "nurse").await;
        app.state.clock.advance(chrono::Duration::seconds(301));
        let code = shown(&key, app.state.clock.now(), 0);
        assert_eq!(with_code(&late, &code).await.location.as_deref(), Some("/sign-in"));
        assert_eq!(with_code(&app.browser(), &code).await.location.as_deref(), Some("/sign-in"));
        assert!(late.get("/sign-in/code").await.status.is_redirection());
        assert_eq!(with_code(&with_password(&app, "nurse").await, &code).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn each_recovery_code_opens_once_and_new_ones_make_the_old_worthless() {
    on_both_engines(|app| async move {
        let here = app.as_("nurse").await;
        let (_, codes) = set_up(&app, &here).await;
        for (code, opens) in [(codes[0].to_uppercase().replace('-', " "), true), (codes[0].clone(), false), (codes[1].clone(), true)] {
            let answer = with_code(&with_password(&app, "nurse").await, &code).await;
            assert_eq!(answer.status == StatusCode::OK, opens, "{code}");
        }
        assert!(here.get("/account/security").await.body.contains("Recovery codes left: 8"));
        // Another user's code is refused.
        let (_, of_ben) = set_up(&app, &app.as_("ben").await).await;
        assert_ne!(with_code(&with_password(&app, "nurse").await, &of_ben[0]).await.status, StatusCode::OK);
        assert_eq!(here.post("/api/accounts/new_recovery_codes", &[]).await.status, StatusCode::OK);
        assert_ne!(with_code(&with_password(&app, "nurse").await, &codes[2]).await.status, StatusCode::OK);
        // The log records the use of codes and changes of the second factor, but never the codes themselves.
        let log = app.as_("auditor").await.get("/audit?user=nurse").await.body;
        assert!(log.contains("second factor") && log.contains("recovery codes") && !log.contains(&codes[3]));
    })
    .await;
}

#[tokio::test]
async fn guessing_at_codes_is_slowed_down_and_the_right_password_does_not_help() {
    on_both_engines(|app| async move {
        let (key, _) = set_up(&app, &app.as_("nurse").await).await;
        for _ in 0..5 {
            let answer = with_code(&with_password(&app, "nurse").await, "000000").await;
            assert!(said(&answer).starts_with("This code is not right"), "{}", answer.body);
        }
        let code = shown(&key, app.state.clock.now(), 1);
        assert!(said(&with_code(&with_password(&app, "nurse").await, &code).await).starts_with("Too many attempts. Wait 1 min"));
        app.state.clock.advance(chrono::Duration::seconds(61));
        let code = shown(&key, app.state.clock.now(), 1);
        assert_eq!(with_code(&with_password(&app, "nurse").await, &code).await.status, StatusCode::OK);
        let log = app.as_("auditor").await.get("/audit?user=nurse&action=refused").await.body;
        assert_eq!(log.matches("<td").count() / 7, 5, "{log}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_with_the_same_code_one_comes_in() {
    races_on_both_engines(|app| async move {
        let (key, codes) = set_up(&app, &app.as_("nurse").await).await;
        app.state.clock.advance(chrono::Duration::seconds(30));
        for code in [shown(&key, app.state.clock.now(), 0), codes[0].clone()] {
            // Calls the function directly, without the rate limit of sign-in.
            let user = app.fixture.user("nurse");
            let used = all_at_once((0..50).map(|_| {
                let (state, code) = (app.state.clone(), code.clone());
                async move {
                    let mut tx = state.db.write().await.expect("a transaction");
                    let user = tx.lock(user).await.expect("locked");
                    let used = crate::accounts::use_code(&mut tx, user, &code, state.clock.now()).await.expect("an answer");
                    tx.commit().await.expect("committed");
                    used
                }
            }))
            .await;
            assert_eq!(used.iter().filter(|used| **used).count(), 1);
        }
    })
    .await;
}

#[tokio::test]
async fn who_must_have_one_gets_nowhere_before() {
    on_both_engines(|app| async move {
        let (admin, nurse) = (app.as_("admin").await, app.as_("nurse").await);
        let ask = |required: &'static str| {
            let admin = admin.clone();
            async move { admin.post("/api/accounts/require_factor", &[("role", "nurse"), ("required", required)]).await }
        };
        assert_eq!(nurse.get("/triage").await.status, StatusCode::OK);
        assert_eq!(ask("true").await.status, StatusCode::OK);
        for browser in [&nurse, &app.as_("nurse").await] {
            for path in ["/", "/triage", "/account", "/account/security", "/patients"] {
                let answer = browser.get(path).await;
                let led = (answer.status, answer.location.as_deref());
                assert_eq!(led, (StatusCode::SEE_OTHER, Some("/account/second-factor")), "{path}");
            }
            assert_eq!(browser.post("/api/opd/queue", &[("step", "triage")]).await.status, StatusCode::FORBIDDEN);
            assert_eq!(browser.get("/account/second-factor").await.status, StatusCode::OK);
        }
        // Users of other roles are not affected.
        assert_eq!(app.as_("doctor").await.get("/consultation").await.status, StatusCode::OK);
        let (key, _) = set_up(&app, &nurse).await;
        assert_eq!(nurse.get("/triage").await.status, StatusCode::OK);
        // The administrator removes her second factor: she is signed out and must set it up again.
        let user = app.fixture.user("nurse").to_string();
        assert!(admin.get(&format!("/users/{user}")).await.body.contains("/api/accounts/reset_factor"));
        assert_eq!(admin.post("/api/accounts/reset_factor", &[("user_id", &user)]).await.status, StatusCode::OK);
        assert_eq!(nurse.get("/triage").await.location.as_deref(), Some("/sign-in?next=/triage"));
        let nurse = app.as_("nurse").await;
        assert_eq!(nurse.get("/triage").await.location.as_deref(), Some("/account/second-factor"));
        let fresh = begun(&nurse).await;
        assert_ne!(fresh, key);
        assert_eq!(ask("false").await.status, StatusCode::OK);
        assert_eq!(nurse.get("/triage").await.status, StatusCode::OK);
        assert_eq!(app.as_("doctor").await.post("/api/accounts/require_factor", &[("role", "nurse")]).await.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn what_was_typed_when_the_role_came_to_need_one_is_sent_after_setting_it_up() {
    on_both_engines(|app| async move {
        let (admin, desk) = (app.as_("admin").await, app.as_("desk").await);
        assert_eq!(
            admin.post("/api/accounts/require_factor", &[("role", "receptionist"), ("required", "true")]).await.status,
            StatusCode::OK
        );
        let form = [("patient_id", app.fixture.chloe.to_string()), ("link_code", "\"<i>".to_owned()), ("password", PASSWORD.to_owned())];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (from, action) = (format!("/patients/{}", app.fixture.chloe), "/api/patients/give_access");
        let kept = desk.submit(&from, action, &form).await;
        assert_eq!(kept.status, StatusCode::FORBIDDEN);
        let says = |words: &str| kept.body.contains(words);
        assert!(says("Your role needs a second factor now") && says("href=\"/account/second-factor\""), "{}", kept.body);
        assert!(says(&format!("action=\"{action}?page={from}\"")) && says("value=\"&quot;&lt;i&gt;\""), "{}", kept.body);
        assert!(!says(PASSWORD) && !says("<i>"), "{}", kept.body);
        // An empty form has no values to keep.
        assert_eq!(desk.submit(&from, action, &[]).await.location.as_deref(), Some("/account/second-factor"));
        set_up(&app, &desk).await;
        let again = desk.submit("/api/patients/give_access", &format!("{action}?page={from}"), &form[..1]).await;
        assert_eq!(again.location.as_deref(), Some(format!("{from}/access").as_str()), "{}", again.body);
    })
    .await;
}

#[tokio::test]
async fn turning_it_on_and_off_asks_who_one_is_and_a_code_is_an_answer() {
    on_both_engines(|app| async move {
        let here = app.as_("nurse").await;
        app.state.clock.advance(chrono::Duration::minutes(6));
        assert_eq!(said(&here.post("/api/accounts/begin_factor", &[]).await), "Enter your password.");
        assert_eq!(here.post("/api/accounts/begin_factor", &[("password", PASSWORD)]).await.status, StatusCode::OK);
        let (key, _) = set_up(&app, &here).await;
        app.state.clock.advance(chrono::Duration::minutes(6));
        for function in ["end_factor", "new_recovery_codes"] {
            assert_eq!(said(&here.post(&format!("/api/accounts/{function}"), &[]).await), "Enter your password.");
        }
        let code = shown(&key, app.state.clock.now(), 0);
        assert_eq!(here.post("/api/accounts/new_recovery_codes", &[("password", &code)]).await.status, StatusCode::OK);
        app.state.clock.advance(chrono::Duration::minutes(6));
        assert_eq!(said(&here.post("/api/accounts/end_factor", &[("password", &code)]).await), "This is not your password.");
        assert_eq!(here.post("/api/accounts/end_factor", &[("password", PASSWORD)]).await.status, StatusCode::OK);
        app.as_("nurse").await;
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_what_was_half_begun_with_the_old_one() {
    on_both_engines(|app| async move {
        let here = app.as_("nurse").await;
        let (key, _) = set_up(&app, &here).await;
        let half = with_password(&app, "nurse").await;
        let new = "violet harbor eleven spoons";
        let form = [("password", PASSWORD), ("new_password", new), ("new_password_again", new)];
        assert_eq!(here.post("/api/accounts/change_password", &form).await.status, StatusCode::OK);
        let code = shown(&key, app.state.clock.now(), 1);
        assert_eq!(with_code(&half, &code).await.location.as_deref(), Some("/sign-in"));
        assert_ne!(half.get("/account").await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn the_key_is_the_apps_until_it_is_confirmed_and_then_nobodys() {
    on_both_engines(|app| async move {
        let here = app.as_("nurse").await;
        let first = begun(&here).await;
        let key = begun(&here).await;
        assert_ne!(first, key, "beginning again is another key");
        let state = || async {
            let mut tx = app.state.db.read().await.expect("a connection");
            factor(&mut tx, app.fixture.user("nurse")).await.expect("found")
        };
        let Factor::Begun { secret } = state().await else { panic!("begun") };
        assert_eq!(secret_words(&secret), key);
        app.as_("nurse").await;
        let old = shown(&first, app.state.clock.now(), 0);
        assert_eq!(here.post("/api/accounts/finish_factor", &[("code", &old)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let code = shown(&key, app.state.clock.now(), 0);
        assert_eq!(here.post("/api/accounts/finish_factor", &[("code", &code)]).await.status, StatusCode::OK);
        assert!(matches!(state().await, Factor::On { codes_left: 10, .. }));
        assert!(!here.get("/account/security").await.body.contains(&key));
        assert!(here.get("/account/second-factor").await.status.is_redirection());
        assert_eq!(here.post("/api/accounts/begin_factor", &[]).await.status, StatusCode::CONFLICT);
    })
    .await;
}

#[tokio::test]
async fn the_last_administrator_is_helped_on_the_command_line() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        set_up(&app, &admin).await;
        let (mut tx, now) = (app.state.db.write().await.expect("a transaction"), app.state.clock.now());
        assert_eq!(crate::accounts::reset_factor_of(&mut tx, "desk", now).await, Ok(false));
        assert_eq!(crate::accounts::reset_factor_of(&mut tx, "admin", now).await, Ok(true));
        tx.commit().await.expect("committed");
        assert!(admin.get("/users").await.status.is_redirection());
        assert_eq!(app.as_("admin").await.get("/users").await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn the_desk_helps_a_patient_who_lost_phone_and_codes_and_no_colleague() {
    on_both_engines(|app| async move {
        let (ana, desk) = (app.as_("ana").await, app.as_("desk").await);
        let id = app.fixture.ana.to_string();
        let record = format!("/patients/{id}");
        assert!(!desk.get(&record).await.body.contains("/api/patients/reset_factor"), "there is none");
        assert!(matches!(desk.post("/api/patients/reset_factor", &[("patient_id", &id)]).await.error(), Error::Conflict(_)));
        set_up(&app, &ana).await;
        assert!(desk.get(&record).await.body.contains("/api/patients/reset_factor"));
        for login in ["ben", "nurse", "doctor", "cashier", "admin", "auditor"] {
            let answer = app.as_(login).await.post("/api/patients/reset_factor", &[("patient_id", &id)]).await;
            assert_ne!(answer.status, StatusCode::OK, "{login}");
        }
        let south = app.as_("desk2").await.post("/api/patients/reset_factor", &[("patient_id", &id)]).await;
        assert_eq!(south.error(), Error::NotInCare { patient: app.fixture.ana }, "in the care of another clinic");
        app.state.clock.advance(chrono::Duration::minutes(6));
        assert_eq!(said(&desk.post("/api/patients/reset_factor", &[("patient_id", &id)]).await), "Enter your password.");
        let form = [("patient_id", id.as_str()), ("password", PASSWORD)];
        let done = desk.post("/api/patients/reset_factor", &form).await;
        assert_eq!(done.location.as_deref(), Some(format!("{record}?done=factor_reset").as_str()), "{}", done.body);
        assert_ne!(ana.get("/portal").await.status, StatusCode::OK, "signed out everywhere");
        assert_eq!(app.as_("ana").await.get("/portal").await.status, StatusCode::OK, "with the password alone");
        let log = app.as_("auditor").await.get("/audit?user=desk&action=update").await.body;
        assert!(log.contains("second factor") && log.contains("Núñez"), "{log}");

        // A staff member has access to more than her own record: reception cannot reset her second factor.
        let (mut tx, now) = (app.state.db.write().await.expect("a transaction"), app.state.clock.now());
        let nurse = app.fixture.user("nurse");
        crate::patients::open_to(&mut tx, app.fixture.chloe, nurse, Stamp { by: nurse, at: now }).await.expect("linked");
        tx.commit().await.expect("committed");
        let nurse = app.as_("nurse").await;
        set_up(&app, &nurse).await;
        let chloe = app.fixture.chloe.to_string();
        let answer = app.as_("desk").await.post("/api/patients/reset_factor", &[("patient_id", &chloe)]).await;
        assert!(matches!(answer.error(), Error::Conflict(words) if words.contains("an administrator")));
        assert_eq!(nurse.get("/triage").await.status, StatusCode::OK);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_loses_the_second_factor_is_told_by_letter() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let config = Config { mail: format!("file:{}", folder.path().display()), ..Config::default() };
        let post = Post::new(&config).expect("a way");
        let admin = app.as_("admin").await;
        let form = [("name", "Nina New"), ("login", "nina@hospital.test"), ("role", "nurse"), ("clinic", "all")];
        let user =
            admin.post("/api/accounts/invite", &form).await.location.expect("an address").replace("/users/", "").replace("?done=sent", "");
        send_due(&app.state, &post).await.expect("sent");
        let letters = || {
            let files = std::fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
            files.map(|path| std::fs::read_to_string(path).expect("a letter").replace("=\r\n", "")).collect::<Vec<_>>()
        };
        let token = letters()[0].split("/link/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a link").to_owned();
        let password = "violet harbor eleven spoons";
        let form = [("token", token.as_str()), ("new_password", password), ("new_password_again", password)];
        assert_eq!(app.browser().post("/api/accounts/use_link", &form).await.status, StatusCode::OK);
        let nina = app.browser();
        nina.post("/api/accounts/sign_in", &[("login", "nina@hospital.test"), ("password", password)]).await;
        set_up(&app, &nina).await;
        assert_eq!(admin.post("/api/accounts/reset_factor", &[("user_id", &user)]).await.status, StatusCode::OK);
        assert_eq!(send_due(&app.state, &post).await, Ok(2), "it was set up, and it was reset");
        let told = letters().into_iter().find(|letter| letter.contains("second factor of your account was reset")).expect("a letter");
        assert!(told.contains("To: nina@hospital.test") && told.contains("Nina New"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn an_administrator_reads_that_no_role_needs_one_until_one_does() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let said = async || admin.get("/users").await.body.contains("No role needs a second factor");
        assert!(said().await);
        for (required, expected) in [("true", false), ("false", true)] {
            let answer = admin.post("/api/accounts/require_factor", &[("role", "nurse"), ("required", required)]).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!(said().await, expected);
        }
        assert!(!admin.get("/users/new").await.body.contains("No role needs"), "where it helps, and not everywhere");
    })
    .await;
}
