//! Tests that patients sign up and link their record with a code from reception.

use axum::http::StatusCode;

use crate::{
    accounts::{self, answer_forgotten},
    core::Error,
    server::{
        config::Config,
        mail::{Post, send_due},
    },
    tests::{Answer, Browser, TestApp, all_at_once, on_both_engines, races_on_both_engines},
};

pub(in crate::tests) const NEW: &str = "violet harbor eleven spoons";

/// Returns the message of the field.
fn said(answer: &Answer) -> String {
    match answer.error() {
        Error::Invalid(errors) => errors[0].message.clone(),
        other => panic!("{other:?}"),
    }
}

pub(in crate::tests) async fn ask(app: &TestApp, login: &str) -> Answer {
    app.browser().post("/api/accounts/sign_up", &[("name", "Chloe Baker"), ("login", login)]).await
}

/// Sends the letters; returns the recipient and the text of each.
pub(in crate::tests) async fn letters(app: &TestApp) -> Vec<(String, String)> {
    answer_forgotten(&app.state).await.expect("answered");
    let folder = tempfile::tempdir().expect("a folder");
    let post = Post::new(&Config { mail: format!("file:{}", folder.path().display()), ..Config::default() }).expect("a way");
    send_due(&app.state, &post).await.expect("sent");
    let files = std::fs::read_dir(folder.path()).expect("a folder").map(|file| file.expect("a file").path());
    files
        .map(|path| {
            let text = std::fs::read_to_string(path).expect("a letter").replace("=\r\n", "").replace("=3D", "=");
            let to = text.split("To: ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a recipient").to_owned();
            (to, text)
        })
        .collect()
}

/// Returns the secret part of the link in a letter.
pub(in crate::tests) fn token(letter: &str) -> String {
    letter.split("/link/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a link").to_owned()
}

/// Creates a new signed-in user without a record.
async fn newcomer(app: &TestApp, login: &str) -> Browser {
    assert_eq!(ask(app, login).await.status, StatusCode::OK);
    let letter = letters(app).await.into_iter().rfind(|(to, _)| to == login).expect("a letter").1;
    let form = [("token", token(&letter)), ("new_password", NEW.to_owned()), ("new_password_again", NEW.to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(app.browser().post("/api/accounts/use_link", &form).await.status, StatusCode::OK);
    let browser = app.browser();
    let answer = browser.post("/api/accounts/sign_in", &[("login", login), ("password", NEW)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    browser
}

/// Returns a code for a record, as it is printed.
async fn code(app: &TestApp, desk: &Browser, patient: &str) -> String {
    let given = desk.post("/api/patients/give_access", &[("patient_id", patient)]).await;
    assert_eq!((given.status, given.location), (StatusCode::OK, Some(format!("/patients/{patient}/access"))), "{}", given.body);
    let paper = desk.get(&format!("/patients/{patient}/access")).await.body;
    assert!(paper.contains(&format!("{}/sign-up", app.state.config.site_address())), "{paper}");
    paper.split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a code").to_owned()
}

async fn link(browser: &Browser, code: &str, born: &str) -> Answer {
    browser.post("/api/patients/link_record", &[("link_code", code), ("birth_date", born)]).await
}

#[tokio::test]
async fn who_signs_up_confirms_the_address_and_nobody_learns_who_has_an_account() {
    on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let invited = [("name", "Nina New"), ("login", "nina@hospital.test"), ("role", "nurse"), ("clinic", "all")];
        assert_eq!(admin.post("/api/accounts/invite", &invited).await.status, StatusCode::OK);
        let answers = [ask(&app, "Chloe@Home.test").await, ask(&app, "nina@hospital.test").await];
        assert_eq!(answers[0].status, StatusCode::OK);
        assert_eq!(
            (answers[0].status, &answers[0].location, &answers[0].body),
            (answers[1].status, &answers[1].location, &answers[1].body)
        );
        for wrong in ["chloe", "chloe@", "chloe baker@home.test", "a@b.test\nBcc: c@d.test"] {
            assert_eq!(ask(&app, wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        }
        let sign_in = |password: &'static str| {
            let browser = app.browser();
            async move { browser.post("/api/accounts/sign_in", &[("login", "chloe@home.test"), ("password", password)]).await.status }
        };
        let all = letters(&app).await;
        let (_, letter) = all.iter().rfind(|(to, _)| to == "chloe@home.test").expect("a letter");
        assert!(!letter.contains("Chloe Baker"), "a stranger may have typed anything as a name");
        assert_eq!(sign_in(NEW).await, StatusCode::UNPROCESSABLE_ENTITY, "not before the address is confirmed");
        let token = token(letter);
        assert_eq!(app.browser().get(&format!("/link/{token}")).await.status, StatusCode::OK);
        let form = [("token", token.as_str()), ("new_password", NEW), ("new_password_again", NEW)];
        assert_eq!(app.browser().post("/api/accounts/use_link", &form).await.status, StatusCode::OK);
        assert_eq!(app.browser().post("/api/accounts/use_link", &form).await.status, StatusCode::CONFLICT);
        assert_eq!(sign_in(NEW).await, StatusCode::OK);
        // A second sign-up sends a letter that says so, without a link to the account.
        assert_eq!(ask(&app, "chloe@home.test").await.status, StatusCode::OK);
        let all = letters(&app).await;
        let (_, letter) = all.iter().rfind(|(to, _)| to == "chloe@home.test").expect("a letter");
        assert!(letter.contains("You have an account already") && !letter.contains("/link/"), "{letter}");
        assert_eq!(sign_in(NEW).await, StatusCode::OK);
        // A patient is not listed among the staff, and has access to no record yet.
        assert!(!admin.get("/users?q=chloe").await.body.contains("chloe@home.test"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_link_of_who_signed_up_lasts_a_day() {
    on_both_engines(|app| async move {
        ask(&app, "chloe@home.test").await;
        let token = token(&letters(&app).await[0].1);
        app.state.clock.advance(chrono::Duration::hours(24));
        assert_eq!(app.browser().get(&format!("/link/{token}")).await.status, StatusCode::CONFLICT);
    })
    .await;
}

#[tokio::test]
async fn who_never_confirms_a_sign_up_leaves_nothing_behind() {
    on_both_engines(|app| async move {
        let count = async |table: &'static str| {
            let mut tx = app.state.db.read().await.expect("a transaction");
            tx.count(crate::db::sql("SELECT count(*) FROM ").push(table)).await.expect("counted")
        };
        newcomer(&app, "confirmed@home.test").await;
        let users = count("users").await;
        for login in ["never@home.test", "late@home.test", "late@home.test"] {
            assert_eq!(ask(&app, login).await.status, StatusCode::OK);
        }
        let letters_to_late: Vec<_> = letters(&app).await.into_iter().filter(|(to, _)| to == "late@home.test").collect();
        let (first, second) = (token(&letters_to_late[0].1), token(&letters_to_late[1].1));
        assert_eq!([count("users").await, count("sign_ups").await], [users, 3], "who has not confirmed is nobody yet");
        app.state.clock.advance(chrono::Duration::minutes(24 * 60 - 1));
        accounts::tidy(&app.state).await.expect("tidied");
        assert_eq!(count("sign_ups").await, 3, "not a minute too early");
        let choose = async |token: &str| {
            let form = [("token", token), ("new_password", NEW), ("new_password_again", NEW)];
            app.browser().post("/api/accounts/use_link", &form).await.status
        };
        assert_eq!([choose(&second).await, choose(&first).await], [StatusCode::OK, StatusCode::CONFLICT], "either, and then no other");
        assert_eq!([count("users").await, count("sign_ups").await], [users + 1, 1]);
        app.state.clock.advance(chrono::Duration::minutes(1));
        accounts::tidy(&app.state).await.expect("tidied");
        assert_eq!([count("users").await, count("sign_ups").await], [users + 1, 0]);
        for login in ["confirmed@home.test", "late@home.test"] {
            let answer = app.browser().post("/api/accounts/sign_in", &[("login", login), ("password", NEW)]).await;
            assert_eq!(answer.status, StatusCode::OK, "{login}");
        }
        newcomer(&app, "never@home.test").await;
        // A person who was invited in the meantime keeps the invited account: the earlier sign-up creates no second
        // one.
        assert_eq!(ask(&app, "nina@hospital.test").await.status, StatusCode::OK);
        let wish = token(&letters(&app).await[0].1);
        let form = [("name", "Nina New"), ("login", "nina@hospital.test"), ("role", "nurse"), ("clinic", "all")];
        assert_eq!(app.as_("admin").await.post("/api/accounts/invite", &form).await.status, StatusCode::OK);
        assert_eq!(choose(&wish).await, StatusCode::CONFLICT);
        assert!(app.as_("admin").await.get("/users?q=nina").await.body.contains("Invited"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn code_and_birth_date_open_ones_own_record_once() {
    on_both_engines(|app| async move {
        let (chloe, desk) = (newcomer(&app, "chloe@home.test").await, app.as_("desk").await);
        let id = app.fixture.chloe.to_string();
        let empty = chloe.get("/portal").await;
        assert!(empty.status == StatusCode::OK && empty.body.contains("/api/patients/link_record"), "{}", empty.body);
        for page in ["/portal/records", "/portal/account"] {
            assert!(chloe.get(page).await.body.contains("/api/patients/link_record"), "{page}");
        }
        assert_eq!(chloe.get("/portal/statement").await.location.as_deref(), Some("/portal/records"));
        assert!(desk.get(&format!("/patients/{id}")).await.body.contains("The patient does not use the portal."));
        let first = code(&app, &desk, &id).await;
        assert!(desk.get(&format!("/patients/{id}/access")).await.status.is_redirection(), "shown once");
        assert!(desk.get(&format!("/patients/{id}")).await.body.contains("A code was handed over."));
        let second = code(&app, &desk, &id).await;
        assert_ne!(first, second);
        let wrong = "The code and the birth date do not match";
        assert!(said(&link(&chloe, &first, "2015-06-30").await).starts_with(wrong), "a new code makes the old one worthless");
        assert!(said(&link(&chloe, &second, "2015-06-29").await).starts_with(wrong));
        let thief = chloe.copied();
        assert_eq!(link(&chloe, &second.to_lowercase().replace('-', " "), "2015-06-30").await.status, StatusCode::OK);
        assert!(chloe.get("/portal/account").await.body.contains("Chloe Baker"));
        assert_ne!(thief.get("/portal").await.status, StatusCode::OK, "the session goes on under a new id");
        assert_eq!(link(&chloe, &second, "2015-06-30").await.status, StatusCode::CONFLICT);
        let other = newcomer(&app, "other@home.test").await;
        assert!(said(&link(&other, &second, "2015-06-30").await).starts_with(wrong), "used");
        // A patient who has a portal account gets no code, and neither does a patient without a birth date.
        assert_eq!(desk.post("/api/patients/give_access", &[("patient_id", &id)]).await.status, StatusCode::CONFLICT);
        let nameless = app.people(1).await[0].to_string();
        assert_eq!(desk.post("/api/patients/give_access", &[("patient_id", &nameless)]).await.status, StatusCode::CONFLICT);
        let log = app.as_("auditor").await.get("/audit?action=create").await.body;
        assert!(log.contains("code for the portal") && log.contains("access to the portal"), "{log}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_code_lasts_fourteen_days_and_guessing_is_slowed_down() {
    on_both_engines(|app| async move {
        let (chloe, desk, id) = (newcomer(&app, "chloe@home.test").await, app.as_("desk").await, app.fixture.chloe.to_string());
        let late = code(&app, &desk, &id).await;
        app.state.clock.advance(chrono::Duration::days(14));
        let sign_in = [("login", "chloe@home.test"), ("password", NEW)];
        assert_eq!(chloe.post("/api/accounts/sign_in", &sign_in).await.status, StatusCode::OK);
        assert!(said(&link(&chloe, &late, "2015-06-30").await).starts_with("The code and the birth date"));
        let desk = app.as_("desk").await;
        let right = code(&app, &desk, &id).await;
        for _ in 0..4 {
            assert!(said(&link(&chloe, "AAAA-BBBB-CCCC", "2015-06-30").await).starts_with("The code and the birth date"));
        }
        assert!(said(&link(&chloe, &right, "2015-06-30").await).starts_with("Too many attempts. Wait 1 min"));
        app.state.clock.advance(chrono::Duration::seconds(61));
        assert_eq!(link(&chloe, &right, "2015-06-30").await.status, StatusCode::OK);
        // Only patients can link a record, and only reception creates codes.
        assert_eq!(link(&desk, &right, "2015-06-30").await.status, StatusCode::FORBIDDEN);
        let nurse = app.as_("nurse").await.post("/api/patients/give_access", &[("patient_id", &id)]).await;
        assert_eq!(nurse.status, StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_with_one_code_one_gets_the_record() {
    races_on_both_engines(|app| async move {
        let mut people = Vec::new();
        for number in 0..5 {
            people.push(newcomer(&app, &format!("somebody{number}@home.test")).await);
        }
        let code = code(&app, &app.as_("desk").await, &app.fixture.chloe.to_string()).await;
        let linked = all_at_once(people.into_iter().map(|browser| {
            let code = code.clone();
            async move { link(&browser, &code, "2015-06-30").await.status == StatusCode::OK }
        }))
        .await;
        assert_eq!(linked.iter().filter(|linked| **linked).count(), 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn without_a_record_each_page_of_the_portal_says_how_to_link_one() {
    on_both_engines(|app| async move {
        let chloe = newcomer(&app, "chloe@home.test").await;
        let pages = ["", "/appointments", "/book", "/book/times", "/records", "/account", "/account/access"];
        for page in pages.map(|page| format!("/portal{page}")) {
            let answer = chloe.get(&page).await;
            assert_eq!(answer.status, StatusCode::OK, "{page}");
            assert!(answer.body.contains("action=\"/api/patients/link_record\""), "{page}: {}", answer.body);
        }
        let account = chloe.get("/portal/account").await.body;
        for own in
            ["action=\"/api/accounts/language\"", "href=\"/account/security\"", "chloe@home.test", "action=\"/api/accounts/sign_out\""]
        {
            assert!(account.contains(own), "{own}: {account}");
        }
    })
    .await;
}
