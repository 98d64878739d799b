//! Race tests: when many users act on one object at the same time, one succeeds and the others are refused with a message.
//!
//! `INFIRMARY_RACES=200` sets the number of rounds of each race; `cargo xtask test races` runs them and prints a table. With
//! `INFIRMARY_RACE_REPORT=FILE` each race appends a line for each engine to the file, separated by tabs: its test, the engine, the rounds
//! that held, the milliseconds, and `held` or `failed`.

mod arrivals;
mod bookings;
mod hours;
mod links;
mod notes;
mod payments;
mod waitlist;
mod wards;

use std::{
    any::Any,
    future::Future,
    io::Write as _,
    panic::{AssertUnwindSafe, resume_unwind},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use futures::FutureExt as _;

use super::{Answer, Browser, TestApp, fixture};
use crate::{
    accounts::{self, NewUser},
    core::{PatientId, Role, Stamp, UserId},
    db::Engine,
    patients,
};

/// Runs a race on SQLite and, if a server is configured, on PostgreSQL; each round uses a fresh copy of the fixture
/// hospital.
pub async fn races_on_both_engines<F: Future<Output = ()>>(race: impl Fn(TestApp) -> F) {
    races_from(async |_: &TestApp| (), |app, ()| race(app)).await;
}

/// Like [`races_on_both_engines`]; each round uses a copy of the database that `prepare` filled once. A browser that `prepare`
/// returns continues in the copy through [`Browser::in_copy`].
pub async fn races_from<P: Clone, F: Future<Output = ()>>(prepare: impl AsyncFn(&TestApp) -> P, race: impl Fn(TestApp, P) -> F) {
    let mut failed = None;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(app) = app_on(engine).await else { continue };
        let prepared = prepare(&app).await;
        let template = app.clone().into_template().await;
        let ended = rounds(engine, async || {
            // This value lives until the round ends: a race may move parts of its own copy, but the database's folder
            // must stay.
            let kept = TestApp::copy_of(&template).await;
            race(kept.clone(), prepared.clone()).await;
            kept.remove().await;
        });
        failed = ended.await.err().or(failed);
        template.remove().await;
    }
    if let Some(panic) = failed {
        resume_unwind(panic);
    }
}

async fn app_on(engine: Engine) -> Option<TestApp> {
    if engine == Engine::Sqlite {
        return Some(TestApp::sqlite().await);
    }
    let app = TestApp::postgres().await;
    assert!(app.is_some() || std::env::var_os("CI").is_none(), "INFIRMARY_TEST_POSTGRES must name a server in CI");
    app
}

/// Runs the rounds until one fails; returns the panic of that round.
async fn rounds(engine: Engine, round: impl AsyncFn()) -> Result<(), Box<dyn Any + Send>> {
    let wanted = std::env::var("INFIRMARY_RACES").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1_u32);
    let (mut held, begun) = (0, Instant::now());
    let all = async {
        while held < wanted {
            round().await;
            held += 1;
        }
    };
    let ended = AssertUnwindSafe(all).catch_unwind().await;
    if ended.is_err() {
        eprintln!("on {engine:?}, in round {} of {wanted}", held + 1);
    }
    report(engine, held, begun.elapsed(), ended.is_ok());
    ended
}

fn report(engine: Engine, held: u32, time: Duration, all_held: bool) {
    let Some(file) = std::env::var_os("INFIRMARY_RACE_REPORT") else { return };
    // The test's own thread, which polls the race, has the test's name.
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed");
    let verdict = if all_held { "held" } else { "failed" };
    let line = format!("{name}\t{engine:?}\t{held}\t{}\t{verdict}\n", time.as_millis());
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).expect("the file of the report");
    file.write_all(line.as_bytes()).expect("reported");
}

/// Asserts that each request succeeded, was refused with a message, or was answered that the hospital is busy.
fn all_answered(statuses: impl IntoIterator<Item = StatusCode>) {
    let told = [StatusCode::OK, StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::SERVICE_UNAVAILABLE];
    let other: Vec<_> = statuses.into_iter().filter(|status| !told.contains(status)).collect();
    assert!(other.is_empty(), "{other:?}");
}

/// Repeats the request as long as the answer is that the hospital is busy.
pub async fn until_served<F: Future<Output = Answer>>(ask: impl Fn() -> F) -> Answer {
    loop {
        let answer = ask().await;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            return answer;
        }
    }
}

/// Creates `count` new patients of the north clinic, each signed in to the portal.
pub async fn portals(app: &TestApp, count: usize) -> Vec<(PatientId, Browser)> {
    let mut signed_in = Vec::with_capacity(count);
    for (number, patient) in app.people(count).await.into_iter().enumerate() {
        let (mut tx, now) = (app.state.db.write().await.expect("a transaction"), app.state.clock.now());
        let user = NewUser {
            id: UserId::new(),
            login: format!("portal{number}"),
            name: format!("Portal {number}"),
            password_hash: Some(fixture::shared_hash()),
            language: None,
            demo: false,
            roles: vec![(Role::Patient, None)],
        };
        accounts::create_user(&mut tx, &user, Stamp::system(now)).await.expect("a user");
        patients::open_to(&mut tx, patient, user.id, Stamp::system(now)).await.expect("linked");
        tx.commit().await.expect("committed");
        signed_in.push((patient, app.as_(&user.login).await));
    }
    signed_in
}
