//! Tests concurrent actions on one account, by two people or twice by one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use tokio::sync::Semaphore;

use super::factor::{begun, set_up, with_code, with_password};
use crate::{
    accounts::{self, NewUser, factor::shown, session_lives},
    core::{Role, Stamp, UserId},
    db::sql,
    tests::{Answer, Browser, TestApp, all_at_once, fixture::PASSWORD, on_both_engines, races_from, races_on_both_engines},
};

const NEW: &str = "violet harbor eleven spoons";

async fn is_signed_in(browser: &Browser) -> bool {
    browser.get("/account").await.status == StatusCode::OK
}

/// Signs in with the old password repeatedly, from several places, while `change` is made; returns the browsers that signed in,
/// at least one.
async fn let_in_during(app: &TestApp, login: &'static str, change: impl Future<Output = Answer> + Send + 'static) -> Vec<Browser> {
    let (over, is_in) = (Arc::new(AtomicBool::new(false)), Arc::new(Semaphore::new(0)));
    let tries = (0..4).map(|number| {
        let (app, over, is_in) = (app.clone(), over.clone(), is_in.clone());
        tokio::spawn(async move {
            let mut inside = Vec::new();
            while !over.load(Ordering::Acquire) {
                let browser = app.browser().at(&format!("192.0.2.{number}"), None);
                if browser.post("/api/accounts/sign_in", &[("login", login), ("password", PASSWORD)]).await.status == StatusCode::OK {
                    inside.push(browser);
                    is_in.add_permits(1);
                }
            }
            inside
        })
    });
    let tries: Vec<_> = tries.collect();
    // The change begins when one browser is signed in and others are signing in.
    drop(is_in.acquire().await.expect("open"));
    let changed = tokio::spawn(change).await.expect("done");
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    over.store(true, Ordering::Release);
    let mut inside = Vec::new();
    for one in tries {
        inside.extend(one.await.expect("done"));
    }
    inside
}

async fn assert_all_out(browsers: &[Browser]) {
    assert!(!browsers.is_empty(), "a test without anybody shows nothing");
    for browser in browsers {
        assert!(!is_signed_in(browser).await, "signed in with what is no longer enough");
    }
}

/// Creates a second administrator of all clinics.
async fn second_administrator(app: &TestApp) -> UserId {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let known = sql("SELECT password_hash FROM users WHERE login = 'admin'");
    let (hash,): (String,) = tx.one(known).await.expect("a hash");
    let user = NewUser {
        id: UserId::new(),
        login: "admin2".to_owned(),
        name: "Berta Admin".to_owned(),
        password_hash: Some(hash),
        language: None,
        demo: false,
        roles: vec![(Role::Administrator, None)],
    };
    accounts::create_user(&mut tx, &user, Stamp::system(app.state.clock.now())).await.expect("made");
    // A staff user has a row in `staff`.
    let staff = sql("INSERT INTO staff (id, user_id, kind, display_name) VALUES ($1, $2, 'other', 'Berta Admin')");
    tx.execute(staff.bind(crate::core::StaffId::new()).bind(user.id)).await.expect("staff");
    tx.commit().await.expect("committed");
    user.id
}

async fn number(app: &TestApp, question: crate::db::Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(question).await.expect("a number")
}

async fn active_administrators(app: &TestApp) -> i64 {
    let question = "SELECT count(*) FROM users u JOIN user_roles r ON r.user_id = u.id
        WHERE u.status = 'active' AND r.role = 'administrator' AND r.clinic_id IS NULL";
    number(app, sql(question)).await
}

/// How far a user gets who types the password before a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gets {
    In,
    /// To the request for a code.
    Halfway,
    Nowhere,
}

async fn change(app: &TestApp, statement: crate::db::Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    assert_eq!(tx.execute(statement).await.expect("changed"), 1);
    tx.commit().await.expect("committed");
}

const GRANT: &str = "INSERT INTO user_roles (user_id, role, granted_at, granted_by) VALUES ($1, 'cashier', $2, $3)";

#[tokio::test]
async fn a_session_is_over_when_its_user_changed_whatever_made_the_change() {
    on_both_engines(|app| async move {
        let (nurse, other) = (app.fixture.user("nurse"), app.fixture.user("doctor"));
        let factor = "INSERT INTO second_factors (id, user_id, sealed, created_at, confirmed_at) VALUES ($1, $2, $3, $4, $5)";
        let (key, now) = (uuid::Uuid::now_v7(), app.state.clock.now());
        let sealed = crate::keys::SECOND_FACTORS.seal(key, nurse, ["x"]);
        for (login, gets, statement) in [
            ("nurse", Gets::In, sql(GRANT).bind(nurse).bind(now).bind(nurse)),
            ("nurse", Gets::In, sql("UPDATE user_roles SET role = 'pharmacist' WHERE user_id = $1 AND role = 'cashier'").bind(nurse)),
            ("nurse", Gets::In, sql("DELETE FROM user_roles WHERE user_id = $1 AND role = 'pharmacist'").bind(nurse)),
            ("nurse", Gets::In, sql("UPDATE users SET login = 'nora' WHERE id = $1").bind(nurse)),
            ("nora", Gets::In, sql("UPDATE users SET login = 'nurse' WHERE id = $1").bind(nurse)),
            ("nurse", Gets::In, sql("UPDATE users SET status = 'inactive' WHERE id = $1").bind(nurse)),
            ("nurse", Gets::Nowhere, sql("UPDATE users SET status = 'active' WHERE id = $1").bind(nurse)),
            ("nurse", Gets::In, sql(factor).bind(key).bind(nurse).bind(sealed).bind(now).bind(now)),
            ("nurse", Gets::Halfway, sql("DELETE FROM second_factors WHERE user_id = $1").bind(nurse)),
            ("nurse", Gets::In, sql("UPDATE users SET password_hash = password_hash || '' || '=' WHERE id = $1").bind(nurse)),
        ] {
            let text = statement.text(app.state.db.engine()).to_owned();
            let (before, doctor) = (app.browser(), app.as_("doctor").await);
            let answer = before.post("/api/accounts/sign_in", &[("login", login), ("password", PASSWORD)]).await;
            let reached = match answer.location.as_deref() {
                Some("/sign-in/code") => Gets::Halfway,
                Some(_) => Gets::In,
                None => Gets::Nowhere,
            };
            assert_eq!(reached, gets, "{text}: before it: {}", answer.body);
            assert_eq!(is_signed_in(&before).await, gets == Gets::In, "{text}: before it");
            let session = before.session().filter(|_| gets != Gets::Nowhere);
            if let Some(id) = session {
                assert_eq!(session_lives(&app.state, id).await, Ok(true), "{text}: before it");
            }
            change(&app, statement).await;
            assert!(!is_signed_in(&before).await, "{text}");
            if let Some(id) = session {
                assert_eq!(session_lives(&app.state, id).await, Ok(false), "an open stream of hints ends: {text}");
            }
            assert!(is_signed_in(&doctor).await, "{text}: others go on");
        }
        let name = sql("UPDATE users SET display_name = 'Nora N.', language = 'es' WHERE id = $1").bind(other);
        let doctor = app.as_("doctor").await;
        change(&app, name).await;
        assert!(is_signed_in(&doctor).await, "a name or a language is no credential");
        accounts::tidy(&app.state).await.expect("tidied");
        let left = sql("SELECT count(*) FROM sessions WHERE user_id = $1").bind(nurse);
        assert_eq!(number(&app, left).await, 0, "what is over is removed");
    })
    .await;
}

#[tokio::test]
async fn a_session_that_waits_for_its_code_is_over_when_its_user_changed() {
    on_both_engines(|app| async move {
        let (nurse, now) = (app.fixture.user("nurse"), app.state.clock.now());
        let (key, _) = set_up(&app, &app.as_("nurse").await).await;
        // Each code is valid once: the clock advances before the next one.
        let code = || {
            app.state.clock.advance(chrono::Duration::minutes(1));
            shown(&key, app.state.clock.now(), 0)
        };
        let unchanged = with_password(&app, "nurse").await;
        let answer = with_code(&unchanged, &code()).await;
        assert_eq!((answer.status, answer.location.as_deref()), (StatusCode::OK, Some("/account")), "{}", answer.body);
        assert!(is_signed_in(&unchanged).await, "without a change the same code opens");
        for statements in [
            vec![sql(GRANT).bind(nurse).bind(now).bind(nurse)],
            vec![sql("DELETE FROM user_roles WHERE user_id = $1 AND role = 'cashier'").bind(nurse)],
            vec![
                sql("UPDATE users SET status = 'inactive' WHERE id = $1").bind(nurse),
                sql("UPDATE users SET status = 'active' WHERE id = $1").bind(nurse),
            ],
            vec![sql("UPDATE users SET password_hash = password_hash || '' || '=' WHERE id = $1").bind(nurse)],
        ] {
            let half = with_password(&app, "nurse").await;
            let text = statements.iter().map(|statement| statement.text(app.state.db.engine()).to_owned()).collect::<Vec<_>>().join("; ");
            let id = half.session().expect("a session");
            assert_eq!(session_lives(&app.state, id).await, Ok(true), "{text}: before it");
            for statement in statements {
                change(&app, statement).await;
            }
            assert_eq!(session_lives(&app.state, id).await, Ok(false), "{text}");
            let answer = with_code(&half, &code()).await;
            assert_eq!(answer.location.as_deref(), Some("/sign-in"), "{text}: the password is asked for again: {}", answer.body);
            assert!(!is_signed_in(&half).await, "{text}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_signs_in_while_the_password_is_changed_does_not_stay() {
    races_on_both_engines(|app| async move {
        let here = app.as_("nurse").await;
        let owner = here.clone();
        let form = [("password", PASSWORD), ("new_password", NEW), ("new_password_again", NEW)];
        let inside = let_in_during(&app, "nurse", async move { owner.post("/api/accounts/change_password", &form).await }).await;
        assert_all_out(&inside).await;
        assert!(is_signed_in(&here).await, "the session that changed it goes on");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_signs_in_while_the_second_factor_is_turned_on_does_not_stay() {
    races_on_both_engines(|app| async move {
        let here = app.as_("nurse").await;
        let code = shown(&begun(&here).await, app.state.clock.now(), 0);
        let owner = here.clone();
        let finish = async move { owner.post("/api/accounts/finish_factor", &[("code", &code)]).await };
        let inside = let_in_during(&app, "nurse", finish).await;
        assert_all_out(&inside).await;
        assert!(is_signed_in(&here).await, "the session that turned it on goes on");
        assert!(here.get("/account/recovery-codes").await.body.contains('-'), "and sees the recovery codes");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_signs_in_while_a_link_chooses_another_password_does_not_stay() {
    races_on_both_engines(|app| async move {
        let (admin, nurse) = (app.as_("admin").await, app.fixture.user("nurse").to_string());
        let token = super::slip(&admin, &nurse).await;
        let stranger = app.browser();
        let choose = async move {
            let form = [("token", token.as_str()), ("new_password", NEW), ("new_password_again", NEW)];
            stranger.post("/api/accounts/use_link", &form).await
        };
        let inside = let_in_during(&app, "nurse", choose).await;
        assert_all_out(&inside).await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copied_session_that_proves_the_old_password_meanwhile_does_not_stay() {
    races_on_both_engines(|app| async move {
        let here = app.as_("nurse").await;
        let (thief, over, accepted) = (here.copied(), Arc::new(AtomicBool::new(false)), Arc::new(Semaphore::new(0)));
        let proving = tokio::spawn({
            let (thief, over, accepted) = (thief.clone(), over.clone(), accepted.clone());
            async move {
                while !over.load(Ordering::Acquire) {
                    if thief.post("/api/accounts/confirm", &[("password", PASSWORD)]).await.status == StatusCode::OK {
                        accepted.add_permits(1);
                    }
                }
            }
        });
        // The password is changed after one proof was accepted, while others are being checked.
        tokio::time::timeout(Duration::from_mins(1), accepted.acquire()).await.expect("a proof is accepted").expect("open").forget();
        // A separate session changes the password, because each proof gives the copied session a new id.
        let owner = app.as_("nurse").await;
        let form = [("password", PASSWORD), ("new_password", NEW), ("new_password_again", NEW)];
        let changed = owner.post("/api/accounts/change_password", &form).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        over.store(true, Ordering::Release);
        proving.await.expect("done");
        assert_all_out(&[here, thief]).await;
        assert!(is_signed_in(&owner).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_new_passwords_at_once_one_is_the_password() {
    // Hashing takes half of a round's time, one password after the other: the users sign in once for all rounds.
    let prepare = async |app: &TestApp| [app.as_("nurse").await, app.as_("nurse").await, app.as_("nurse").await];
    races_from(prepare, |app, browsers| async move {
        let words = ["violet harbor eleven spoons", "amber lantern fourteen ladders", "copper meadow thirteen bottles"];
        let browsers = browsers.map(|browser| browser.in_copy(&app));
        let answers = all_at_once(browsers.iter().cloned().zip(words).map(|(browser, new)| async move {
            let form = [("password", PASSWORD), ("new_password", new), ("new_password_again", new)];
            browser.post("/api/accounts/change_password", &form).await.status
        }))
        .await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| !status.is_server_error()), "{answers:?}");
        for ((answer, browser), new) in answers.iter().zip(&browsers).zip(words) {
            let first = *answer == StatusCode::OK;
            assert_eq!(is_signed_in(browser).await, first);
            // The stored hash belongs to one password: if that one works, the others do not.
            if first {
                let sign_in = app.browser().post("/api/accounts/sign_in", &[("login", "nurse"), ("password", new)]).await;
                assert_eq!(sign_in.status, StatusCode::OK, "{}", sign_in.body);
            }
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_administrators_who_deactivate_each_other_one_stays() {
    races_on_both_engines(|app| async move {
        let (first, second) = (app.fixture.user("admin"), second_administrator(&app).await);
        let browsers = [app.as_("admin").await, app.as_("admin2").await];
        let answers = all_at_once(browsers.into_iter().zip([second, first]).map(|(browser, other)| async move {
            browser.post("/api/accounts/set_active", &[("user_id", &other.to_string()), ("active", "false")]).await.status
        }))
        .await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| !status.is_server_error()), "{answers:?}");
        assert_eq!(active_administrators(&app).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_is_retired_stays_out_when_let_in_at_the_same_moment() {
    races_on_both_engines(|app| async move {
        second_administrator(&app).await;
        let (admin, other, nurse) = (app.as_("admin").await, app.as_("admin2").await, app.fixture.user("nurse").to_string());
        let form = [("user_id", nurse.as_str()), ("active", "false")];
        assert_eq!(admin.post("/api/accounts/set_active", &form).await.status, StatusCode::OK);
        let (retire, activate) = (nurse.clone(), nurse);
        let (retired, activated) = tokio::join!(
            tokio::spawn(async move { admin.post("/api/accounts/retire", &[("user_id", &retire)]).await.status }),
            tokio::spawn(async move { other.post("/api/accounts/set_active", &[("user_id", &activate), ("active", "true")]).await.status }),
        );
        let (retired, activated) = (retired.expect("done"), activated.expect("done"));
        assert_eq!(retired, StatusCode::OK);
        assert!([StatusCode::OK, StatusCode::CONFLICT].contains(&activated), "{activated}");
        let alive = "SELECT count(*) FROM users u JOIN staff s ON s.user_id = u.id
            WHERE s.retired_at IS NOT NULL AND (u.status = 'active' OR EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = u.id))";
        assert_eq!(number(&app, sql(alive)).await, 0, "retired, and yet let in");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_role_given_and_taken_at_once_is_there_or_not_and_each_answer_is_true() {
    races_on_both_engines(|app| async move {
        second_administrator(&app).await;
        let (admins, nurse) = ([app.as_("admin").await, app.as_("admin2").await], app.fixture.user("nurse").to_string());
        let answers = all_at_once((0..8).map(|number: usize| {
            let (browser, nurse) = (admins[number / 2 % 2].clone(), nurse.clone());
            let function = ["grant", "revoke"][number % 2];
            async move {
                let form = [("user_id", nurse.as_str()), ("role", "cashier"), ("clinic", "all")];
                (function, browser.post(&format!("/api/accounts/{function}"), &form).await.status)
            }
        }))
        .await;
        assert!(answers.iter().all(|(_, status)| !status.is_server_error()), "{answers:?}");
        let done = |wanted| answers.iter().filter(|(function, status)| *function == wanted && *status == StatusCode::OK).count();
        let there = number(&app, sql("SELECT count(*) FROM user_roles WHERE role = 'cashier' AND clinic_id IS NULL")).await;
        assert_eq!(i64::try_from(done("grant")).expect("few") - i64::try_from(done("revoke")).expect("few"), there, "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_invite_the_same_name_one_does() {
    races_on_both_engines(|app| async move {
        let admin = app.as_("admin").await;
        let answers = all_at_once((0..6).map(|_| {
            let admin = admin.clone();
            async move {
                let form = [("name", "Nina New"), ("login", "nina@hospital.test"), ("role", "nurse"), ("clinic", "all")];
                admin.post("/api/accounts/invite", &form).await.status
            }
        }))
        .await;
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| !status.is_server_error()), "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_last_administrator_of_all_clinics_stays_whoever_asks() {
    on_both_engines(|app| async move {
        let (first, now) = (app.fixture.user("admin"), app.state.clock.now());
        let refused = async |statement: crate::db::Sql| {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(statement).await.expect_err("refused");
            assert!(error.violates("last_administrator"), "{error}");
        };
        refused(sql("UPDATE users SET status = 'inactive' WHERE id = $1").bind(first)).await;
        refused(sql("UPDATE users SET password_hash = NULL WHERE id = $1").bind(first)).await;
        refused(sql("DELETE FROM user_roles WHERE user_id = $1").bind(first)).await;
        refused(sql("UPDATE user_roles SET clinic_id = $2 WHERE user_id = $1").bind(first).bind(app.fixture.north)).await;
        refused(sql("DELETE FROM user_roles WHERE role = $1").bind(Role::Administrator)).await;
        // An invited administrator without a password does not count; an active one does.
        let second = second_administrator(&app).await;
        let mut tx = app.state.db.write().await.expect("a transaction");
        let statement = sql("UPDATE users SET status = 'inactive', updated_at = $2 WHERE id = $1").bind(first).bind(now);
        assert_eq!(tx.execute(statement).await.expect("deactivated"), 1);
        tx.commit().await.expect("committed");
        refused(sql("UPDATE users SET status = 'inactive' WHERE id = $1").bind(second)).await;
        assert_eq!(active_administrators(&app).await, 1);
        app.assert_sound().await;
        // The rule of `infirmary check` detects a change that bypassed the guard.
        let mut tx = app.state.db.write().await.expect("a transaction");
        for (sqlite, postgres) in [
            ("DROP TRIGGER users_last_administrator", "ALTER TABLE users DISABLE TRIGGER users_last_administrator"),
            ("UPDATE users SET status = 'inactive' WHERE login = 'admin2'", "UPDATE users SET status = 'inactive' WHERE login = 'admin2'"),
        ] {
            tx.execute(crate::db::sql_for(sqlite, postgres)).await.expect("done");
        }
        let findings = crate::invariants::check(&mut tx).await.expect("checked");
        let broken: Vec<_> = findings.iter().filter(|finding| finding.broken > 0).map(|finding| finding.rule).collect();
        assert_eq!(broken, ["while somebody who works here can sign in, an administrator of all clinics can"]);
    })
    .await;
}
