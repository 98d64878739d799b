//! Tests the rate limits of sign-in attempts: password guessing is slowed down, and no user is locked out by it.

use std::time::{Duration, Instant};

use axum::http::StatusCode;

use crate::{
    accounts::Caller,
    core::Error,
    db::sql,
    tests::{Answer, Browser, TestApp, all_at_once, fixture::PASSWORD, on_both_engines},
};

async fn try_in(browser: &Browser, login: &str, password: &str) -> Answer {
    browser.post("/api/accounts/sign_in", &[("login", login), ("password", password)]).await
}

/// Returns the message of a refusal.
fn said(answer: &Answer) -> String {
    match answer.error() {
        Error::Invalid(errors) => errors[0].message.clone(),
        other => panic!("{other:?}"),
    }
}

const WRONG: &str = "The name or the password is not right";
const WAIT: &str = "Too many attempts. Wait 1 min";
/// Once an address of the tests has used its 20 names, it may try another one every three minutes.
const WAIT_3: &str = "Too many attempts. Wait 3 min";

#[tokio::test]
async fn who_guesses_waits_longer_each_time_whether_or_not_the_account_exists() {
    on_both_engines(|app| async move {
        let other = app.another_node().await;
        let nodes = [app.browser(), other.browser()];
        for login in ["ana", "nobody"] {
            for attempt in 0..5 {
                assert!(said(&try_in(&nodes[attempt % 2], login, "wrong").await).starts_with(WRONG), "{login}");
            }
            // Now the right password is refused too, on every node; further attempts do not extend the wait.
            for browser in &nodes {
                assert!(said(&try_in(browser, login, PASSWORD).await).starts_with(WAIT), "{login}");
            }
            app.state.clock.advance(chrono::Duration::seconds(61));
            assert!(said(&try_in(&nodes[0], login, "wrong").await).starts_with(WRONG));
            assert!(said(&try_in(&nodes[1], login, PASSWORD).await).starts_with("Too many attempts. Wait 2 min"));
        }
        // Other users are not affected, and the right password works after the wait.
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
        // The address in its own `X-Forwarded-For` header does not help it.
        let answers = guesses(&app, 22, "192.0.2.1", |number| Some(format!("203.0.113.{number}"))).await;
        assert!(answers[..20].iter().all(|answer| answer.starts_with(WRONG)), "{answers:?}");
        assert!(answers[20..].iter().all(|answer| answer.starts_with(WAIT_3)), "{answers:?}");
        let refused = try_in(&app.browser().at("192.0.2.1", None), "ana", PASSWORD).await;
        assert!(said(&refused).starts_with(WAIT_3));
        assert_eq!(try_in(&app.browser().at("192.0.2.2", None), "ana", PASSWORD).await.status, StatusCode::OK);
        // Behind a trusted proxy each visitor counts separately.
        let answers = guesses(&app, 22, "10.9.0.1", |number| Some(format!("203.0.113.{number}"))).await;
        assert!(answers.iter().all(|answer| answer.starts_with(WRONG)), "{answers:?}");
        let answers = guesses(&app, 21, "10.9.0.1", |number| Some(format!("203.0.113.{number}, 198.51.100.7"))).await;
        assert!(answers[20].starts_with(WAIT_3), "{answers:?}");
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
        // She signs in from an address that she used before; from other addresses the sign-in is still refused.
        assert_eq!(try_in(&here, "ana", PASSWORD).await.status, StatusCode::OK);
        assert!(said(&try_in(&far, "ana", PASSWORD).await).starts_with(WAIT));
        // Wrong passwords from this address are counted too; the answers do not reveal that her account was used here.
        for _ in 0..5 {
            assert!(said(&try_in(&here, "ana", "wrong").await).starts_with(WAIT));
        }
        assert!(said(&try_in(&here, "ana", PASSWORD).await).starts_with(WAIT));
    })
    .await;
}

#[tokio::test]
async fn wishes_of_a_stranger_hold_back_nobody_who_signs_in() {
    on_both_engines(|app| async move {
        let stranger = app.browser().at("192.0.2.1", None);
        let (mut forgot, mut wished) = (Vec::new(), Vec::new());
        for number in 0..25 {
            let login = format!("somebody{number}@home.test");
            forgot.push(stranger.post("/api/accounts/forgot", &[("login", &login)]).await.status);
            wished.push(stranger.post("/api/accounts/sign_up", &[("login", &login), ("name", "Somebody")]).await.status);
        }
        for answers in [forgot, wished] {
            assert!(answers[..20].iter().all(|status| *status == StatusCode::OK), "{answers:?}");
            assert!(answers[20..].iter().all(|status| *status == StatusCode::UNPROCESSABLE_ENTITY), "{answers:?}");
        }
        assert_eq!(try_in(&app.browser().at("192.0.2.1", None), "ana", PASSWORD).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_stranger_at_the_address_holds_back_neither_those_known_there_nor_those_signed_in() {
    on_both_engines(|app| async move {
        let at = |address: &'static str| app.browser().at(address, None);
        let doctor = at("192.0.2.1");
        for (browser, login) in [(&doctor, "doctor"), (&at("192.0.2.1"), "ana")] {
            assert_eq!(try_in(browser, login, PASSWORD).await.status, StatusCode::OK);
        }
        guesses(&app, 20, "192.0.2.1", |_| None).await;
        // This also holds for the doctor's own name, from that address and from another one.
        for browser in [at("192.0.2.1"), at("198.51.100.9")] {
            for _ in 0..5 {
                try_in(&browser, "doctor", "wrong").await;
            }
        }
        for round in 0..3 {
            let again = try_in(&at("192.0.2.1"), &format!("again{round}"), "wrong").await;
            assert!(said(&again).starts_with(if round == 0 { WAIT_3 } else { WRONG }), "{round}: {}", said(&again));
            assert!(said(&try_in(&at("192.0.2.1"), "ben", PASSWORD).await).starts_with(WAIT_3), "new at this address");
            assert_eq!(try_in(&at("192.0.2.1"), "ana", PASSWORD).await.status, StatusCode::OK, "known at this address");
            let proof = doctor.post("/api/accounts/confirm", &[("password", PASSWORD)]).await;
            assert_eq!(proof.status, StatusCode::OK, "signed in: {}", proof.body);
            app.state.clock.advance(chrono::Duration::minutes(3));
        }
        assert_eq!(try_in(&at("192.0.2.1"), "ben", PASSWORD).await.status, StatusCode::OK, "three minutes, and not a minute longer");
        // Wrong passwords in a signed-in session have their own limit.
        for _ in 0..5 {
            doctor.post("/api/accounts/confirm", &[("password", "wrong")]).await;
        }
        assert_eq!(doctor.post("/api/accounts/confirm", &[("password", PASSWORD)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    })
    .await;
}

#[tokio::test]
async fn the_budget_of_an_address_is_of_different_names_and_the_right_password_gives_back() {
    on_both_engines(|app| async move {
        let browser = || app.browser().at("192.0.2.1", None);
        for _ in 0..4 {
            assert!(said(&try_in(&browser(), "ana", "wrong").await).starts_with(WRONG));
        }
        for _ in 0..3 {
            assert_eq!(try_in(&browser(), "ana", PASSWORD).await.status, StatusCode::OK);
        }
        for _ in 0..5 {
            assert!(said(&try_in(&browser(), "typo", "wrong").await).starts_with(WRONG));
        }
        let answers = guesses(&app, 20, "192.0.2.1", |_| None).await;
        assert!(answers[..19].iter().all(|answer| answer.starts_with(WRONG)), "{answers:?}");
        assert!(answers[19].starts_with(WAIT_3), "{answers:?}");
    })
    .await;
}

/// One attacker guesses at an address that ana uses, another at a different one: each answer about her is the same as
/// about a name without an account.
#[tokio::test]
async fn no_answer_and_no_count_tells_who_is_known_at_an_address() {
    on_both_engines(|app| async move {
        let (here, far) = (app.browser().at("192.0.2.7", None), app.browser().at("198.51.100.9", None));
        assert_eq!(try_in(&here, "ana", PASSWORD).await.status, StatusCode::OK);
        for steps in ["fffffhhhhhh+f+hf", "ahhf+hh"] {
            let mut told = Vec::new();
            for name in ["ana", "nobody"] {
                let mut answers = Vec::new();
                for step in steps.chars() {
                    match step {
                        'h' => answers.push(said(&try_in(&here, name, "wrong").await)),
                        'f' => answers.push(said(&try_in(&far, name, "wrong").await)),
                        // The address uses up its attempts, or three minutes pass.
                        'a' => drop(guesses(&app, 20, "192.0.2.7", |_| None).await),
                        '+' => app.state.clock.advance(chrono::Duration::minutes(3)),
                        other => panic!("{other}"),
                    }
                }
                told.push(answers);
                app.state.clock.advance(chrono::Duration::hours(13));
            }
            assert_eq!(told[0], told[1], "{steps}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_refusal_that_is_held_back_takes_as_long_whoever_is_known() {
    let app = TestApp::sqlite().await;
    let here = app.browser().at("192.0.2.7", None);
    assert_eq!(try_in(&here, "ana", PASSWORD).await.status, StatusCode::OK);
    guesses(&app, 20, "192.0.2.7", |_| None).await;
    for login in ["ana", "nobody"] {
        let begun = Instant::now();
        assert!(said(&try_in(&here, login, "wrong").await).starts_with(WAIT_3));
        assert!(begun.elapsed() >= Duration::from_millis(500), "{login}");
    }
    app.end().await;
}

/// Tests how many attempts an attacker has: the figures of SECURITY.md.
#[tokio::test]
async fn an_hour_of_guessing_has_its_limits() {
    let app = TestApp::sqlite().await;
    let (db, mut now) = (&app.state.db, app.state.clock.now());
    let names = crate::server::config::Config::default().attempts_per_address;
    // One account, from as many addresses as there are attempts.
    let (mut by_hour, mut attempt) = ([0; 3], 0);
    for hour in &mut by_hour {
        for _ in 0..360 {
            let caller = Caller::new("ana", &format!("203.0.113.{}", attempt % 200), names);
            *hour += u32::from(caller.knock(db, now).await.is_ok());
            attempt += 1;
            now += chrono::Duration::seconds(10);
        }
    }
    assert_eq!(by_hour, [11, 4, 4]);
    // One address: new names each time, each until it is delayed.
    let (mut by_hour, mut name) = ([(0, 0); 2], 0);
    for (tried, attempts) in &mut by_hour {
        for _ in 0..100 {
            loop {
                let caller = Caller::new(&format!("name{name}"), "198.51.100.7", names);
                let mut right = 0;
                while caller.knock(db, now).await.is_ok() {
                    right += 1;
                }
                *tried += u32::from(right > 0);
                *attempts += right;
                if right == 0 {
                    break;
                }
                name += 1;
            }
            now += chrono::Duration::seconds(36);
        }
    }
    assert_eq!(by_hour, [(199, 995), (100, 500)]);
    app.end().await;
}

/// Compares the medians of several alternating attempts: without the password hash, the answer would come a hundred times
/// sooner.
#[tokio::test]
async fn a_wrong_password_takes_as_long_whether_or_not_the_account_exists() {
    let app = TestApp::sqlite().await;
    // The hash that the tests share has a smaller cost.
    let hash = crate::accounts::password::hash(PASSWORD.to_owned()).await.expect("hashed");
    let mut tx = app.state.db.write().await.expect("a transaction");
    let usual = sql("UPDATE users SET password_hash = ").push_bind(hash).push(" WHERE login = 'ana'");
    assert_eq!(tx.execute(usual).await.expect("set"), 1);
    tx.commit().await.expect("committed");
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

#[tokio::test]
async fn new_passwords_are_judged_a_few_times_and_then_it_waits() {
    on_both_engines(|app| async move {
        let here = app.as_("ana").await;
        let change = async |new: &str| {
            let form = [("password", PASSWORD), ("new_password", new), ("new_password_again", new)];
            here.post("/api/accounts/change_password", &form).await
        };
        let admin = app.as_("admin").await;
        let nurse = app.fixture.user("nurse").to_string();
        let token = super::slip(&admin, &nurse).await;
        let choose = async |new: &str| {
            let form = [("token", token.as_str()), ("new_password", new), ("new_password_again", new)];
            app.browser().post("/api/accounts/use_link", &form).await
        };
        // A password that is too short, too long or common is refused before the check, and not counted.
        for _ in 0..6 {
            assert!(said(&change("short").await).starts_with("Use at least 12"));
            assert!(said(&choose(&"long ".repeat(60)).await).starts_with("Use at most 256"));
        }
        for _ in 0..5 {
            assert!(said(&change("aaaaaaaaaaaaaaaa").await).starts_with("Too easy"));
            assert!(said(&choose("aaaaaaaaaaaaaaaa").await).starts_with("Too easy"));
        }
        for answer in [change("violet harbor eleven spoons").await, choose("violet harbor eleven spoons").await] {
            let Error::Invalid(errors) = answer.error() else { panic!("{}", answer.body) };
            assert!(errors[0].field == "new_password" && errors[0].message.starts_with(WAIT), "{errors:?}");
        }
        app.state.clock.advance(chrono::Duration::seconds(61));
        assert_eq!(change("violet harbor eleven spoons").await.status, StatusCode::OK);
        assert_eq!(choose("violet harbor eleven spoons").await.status, StatusCode::OK);
        assert_eq!(try_in(&app.browser(), "nurse", "violet harbor eleven spoons").await.status, StatusCode::OK);
    })
    .await;
}
