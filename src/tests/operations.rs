//! Tests of the daily backup, the page of the system's status and the figures for Prometheus.

use std::path::Path;

use axum::http::StatusCode;
use chrono::Duration;
use uuid::Uuid;

use super::{TestApp, all_at_once, on_both_engines, races_on_both_engines, test_config};
use crate::{
    core::Error,
    db::sql,
    operations::{
        age::Identity,
        erasures::{LIST, Replayed, compare},
        nodes,
        runs::{RunBy, RunState, begin, runs, tick},
        trials::{self, last_trial},
    },
    organisation::{Line, checklist},
    server::config::{Config, Hidden},
};

/// The settings of a node that makes backups below a folder.
fn settings(app: &TestApp, folder: &Path) -> Config {
    Config {
        database_url: app.url.to_string(),
        keys: Some(Hidden(format!("1:{}", "5e".repeat(32)))),
        backup_to: Some(folder.join("backups")),
        backup_key: Identity::generate().expect("a key").recipient().to_string(),
        backup_scratch: Some(folder.join("scratch")),
        ..test_config()
    }
}

async fn unread(app: &TestApp, login: &str) -> i64 {
    let query = sql("SELECT count(*) FROM notifications WHERE kind LIKE 'backup%' AND user_id = ").push_bind(app.fixture.user(login));
    app.state.db.read().await.expect("a connection").count(query).await.expect("counted")
}

#[tokio::test]
async fn a_backup_is_made_each_day_and_a_failure_rings_the_administrators_bell_once() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let (admin, desk) = (app.as_("admin").await, app.as_("desk").await);
        let page = admin.get("/status").await;
        assert!(page.body.contains("No backups are set up") && page.body.contains("No backup was made yet"), "{}", page.body);
        assert!(!tick(&app.state).await.expect("looked"), "nothing is set up on this node");

        let node = app.another_node_with(settings(&app, folder.path())).await;
        assert!(tick(&node.state).await.expect("made"));
        assert!(!tick(&node.state).await.expect("looked"), "one is enough");
        let all = runs(&mut app.state.db.read().await.expect("a connection"), 10).await.expect("runs");
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].state, all[0].started_by, all[0].error.as_str()), (RunState::Sound, RunBy::Schedule, ""));
        assert!(all[0].size > 100_000 && all[0].row_count > 100 && all[0].verified_at.is_some(), "{:?}", all[0]);
        let page = admin.get("/status").await;
        assert!(page.body.contains("checked") && page.body.contains(&all[0].place), "{}", page.body);
        assert!(!page.body.contains("No backups are set up"), "another node makes them");
        assert_eq!(desk.get("/status").await.status, StatusCode::FORBIDDEN);
        let line = async |now| {
            let list = checklist(&mut app.state.db.read().await.expect("a connection"), now).await.expect("a list");
            list.lines.into_iter().find(|state| state.line == Line::Backup).expect("the line")
        };
        let now = app.state.clock.now();
        assert!(line(now).await.is_done() && line(now).await.backup == Some(now));
        assert!(!line(now + Duration::hours(37)).await.is_done(), "too old");

        // The folder is gone: a file stands in its place.
        app.state.clock.advance(Duration::hours(24));
        std::fs::remove_dir_all(folder.path().join("backups")).expect("removed");
        std::fs::write(folder.path().join("backups"), "no folder").expect("written");
        assert!(tick(&node.state).await.expect("tried"));
        assert!(!tick(&node.state).await.expect("looked"), "it is tried again in an hour");
        app.state.clock.advance(Duration::hours(1));
        assert!(tick(&node.state).await.expect("tried"));
        let all = runs(&mut app.state.db.read().await.expect("a connection"), 10).await.expect("runs");
        assert_eq!(all.iter().map(|run| run.state).collect::<Vec<_>>(), [RunState::Failed, RunState::Failed, RunState::Sound]);
        assert!(all[0].error.contains("backups"), "{}", all[0].error);
        assert_eq!((unread(&app, "admin").await, unread(&app, "desk").await), (1, 0));
        assert!(!line(app.state.clock.now()).await.is_done());
        // The session of the day before has ended.
        let admin = app.as_("admin").await;
        let page = admin.get("/status").await;
        assert!(page.body.contains("The last backup failed") && page.body.contains(&folder.path().display().to_string()), "{}", page.body);
        let page = admin.get("/users").await;
        assert!(page.body.contains("System status"), "each page of an administrator has the link");
        assert!(admin.get("/notifications").await.body.contains("The backup failed."));
        // It fails every hour of the next day and a half: once a day the bell rings again.
        for hour in 2..36 {
            app.state.clock.advance(Duration::hours(1));
            assert!(tick(&node.state).await.expect("tried"));
            assert_eq!(unread(&app, "admin").await, if hour < 24 { 1 } else { 2 }, "{hour} hours after the first failure");
        }
        node.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_backups_that_begin_at_once_one_is_made() {
    races_on_both_engines(|app| async move {
        let now = app.state.clock.now();
        let begun = all_at_once((0..20).map(|_| {
            let db = app.state.db.clone();
            async move { begin(&db, Uuid::now_v7(), RunBy::Schedule, ("/backups", "a"), now).await }
        }))
        .await;
        assert_eq!(begun.iter().filter(|done| done.is_ok()).count(), 1, "{begun:?}");
        assert!(begun.iter().all(|done| matches!(done, Ok(_) | Err(Error::Conflict(_) | Error::Busy))), "{begun:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_run_whose_program_stopped_ends_with_its_lease_and_an_ended_run_stays() {
    on_both_engines(|app| async move {
        let (db, now) = (&app.state.db, app.state.clock.now());
        let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
        begin(db, first, RunBy::Schedule, ("/backups", "a"), now).await.expect("begun");
        let refused = begin(db, second, RunBy::Command, ("/backups", "a"), now + Duration::minutes(9)).await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        let events = begin(db, second, RunBy::Command, ("/backups", "a"), now + Duration::minutes(11)).await.expect("begun");
        assert!(!events.is_empty() && unread(&app, "admin").await == 1, "the run that was given up notifies the administrators");
        let all = runs(&mut db.read().await.expect("a connection"), 10).await.expect("runs");
        assert_eq!(all.iter().map(|run| (run.id, run.state)).collect::<Vec<_>>(), [(second, RunState::Running), (first, RunState::Failed)]);
        assert!(all[1].error.contains("no end was recorded"));
        for statement in ["UPDATE backups SET error = 'another' WHERE id = ", "DELETE FROM backups WHERE id = "] {
            let mut tx = db.write().await.expect("a transaction");
            let refused = tx.execute(sql(statement).push_bind(first)).await.expect_err("refused");
            assert!(refused.violates("backups_ended_stay"), "{refused}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_figures_are_for_this_machine_or_a_token_and_have_nothing_of_a_patient() {
    on_both_engines(|app| async move {
        let node = app.another_node_with(Config { metrics_token: Hidden("a token of many letters".to_owned()), ..test_config() }).await;
        let desk = node.as_("desk").await;
        let ana = app.fixture.ana.0.to_string();
        assert_eq!(desk.get(&format!("/patients/{ana}")).await.status, StatusCode::OK);
        assert_eq!(desk.get("/patients?q=N%C3%BA%C3%B1ez").await.status, StatusCode::OK);
        assert_eq!(desk.get("/no/such/page").await.status, StatusCode::NOT_FOUND);
        assert_eq!(desk.post("/api/no/such/function", &[]).await.status, StatusCode::NOT_FOUND);
        let wrong = node.browser().post("/api/accounts/sign_in", &[("login", "desk"), ("password", "not this one at all")]).await;
        assert!(wrong.status.is_client_error());

        let here = node.browser().at("127.0.0.1", None).get("/metrics").await;
        assert_eq!(here.status, StatusCode::OK);
        for line in [
            "infirmary_http_requests_total{method=\"GET\",route=\"/patients/{id}\",status=\"200\"} 1",
            "infirmary_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1",
            "infirmary_http_requests_total{method=\"POST\",route=\"/api/{*function}\",status=\"404\"} 1",
            "infirmary_sign_ins_refused_total 1",
            "infirmary_http_request_seconds_bucket{",
            "infirmary_http_request_seconds_count{route=\"/patients/{id}\"} 1",
            "infirmary_database_answers 1",
            "infirmary_audit_writable 1",
            "infirmary_backup_failed 0",
            "infirmary_restore_trial_failed 0",
            "infirmary_audit_unsealed_rows",
            "infirmary_letters_waiting 0",
            "infirmary_pool_connections{pool=",
            "infirmary_streams_open 0",
            "infirmary_jobs_running 0",
            "infirmary_slow_queries ",
            "# EOF",
        ] {
            assert!(here.body.contains(line), "{line} is not in {}", here.body);
        }
        assert!(!here.body.contains("infirmary_backup_age_seconds"), "there is no backup");
        // Each rule for alarms asks for a figure that exists.
        for word in include_str!("../../docs/alerts.yml").split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
            // A database without a backup has no age of one, and without an archive nothing that fails.
            let figure = word.starts_with("infirmary_")
                && !["infirmary_backup_age_seconds", "infirmary_restore_trial_age_seconds", "infirmary_archive_failing"].contains(&word);
            assert!(!figure || here.body.contains(word), "{word} is in docs/alerts.yml and not in {}", here.body);
        }
        for word in [&ana, "Núñez", "N%C3%BA", "no/such", "desk\""] {
            assert!(!here.body.contains(word), "{word} is in {}", here.body);
        }
        for browser in [node.browser(), node.browser().at("127.0.0.1", Some("10.1.2.3")), node.browser().at("10.1.2.3", None)] {
            assert_eq!(browser.get("/metrics").await.status, StatusCode::FORBIDDEN);
        }
        for (token, status) in
            [("a token of many letters", StatusCode::OK), ("a token of many lettres", StatusCode::FORBIDDEN), ("", StatusCode::FORBIDDEN)]
        {
            let request = axum::http::Request::builder()
                .uri("/metrics")
                .header("host", "hospital.test")
                .header("authorization", format!("Bearer {token}"))
                .body(axum::body::Body::empty())
                .expect("a request");
            let answer = tower::ServiceExt::oneshot(node.router.clone(), request).await.expect("an answer");
            assert_eq!(answer.status(), status, "{token}");
        }
        node.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_backup_into_a_bucket_without_credentials_fails_in_words_and_rings_the_bell() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        for (to, words) in [("s3://bucket/hospital", "AWS_ACCESS_KEY_ID"), ("s3://b", "is not the address of a bucket")] {
            let node = app.another_node_with(Config { backup_to: Some(to.into()), ..settings(&app, folder.path()) }).await;
            assert!(tick(&node.state).await.expect("tried"));
            let all = runs(&mut app.state.db.read().await.expect("a connection"), 10).await.expect("runs");
            assert_eq!(all[0].state, RunState::Failed);
            assert!(all[0].error.contains(words), "{}", all[0].error);
            app.state.clock.advance(Duration::hours(1));
            node.end().await;
        }
        assert_eq!(unread(&app, "admin").await, 1, "the second failure within a day rings no bell");
    })
    .await;
}

/// Takes requests as a collector of traces does, and keeps their bodies.
async fn collector() -> (String, std::sync::Arc<tokio::sync::Mutex<Vec<u8>>>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let kept = std::sync::Arc::new(tokio::sync::Mutex::new(Vec::new()));
    let all = kept.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            loop {
                let mut piece = [0; 4096];
                let some = stream.read(&mut piece).await.unwrap_or_default();
                bytes.extend_from_slice(&piece[..some]);
                let head = bytes.windows(4).position(|end| end == b"\r\n\r\n");
                let length = head.and_then(|end| {
                    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok())?;
                    Some(end + 4 + length)
                });
                if some == 0 || length.is_some_and(|length| bytes.len() >= length) {
                    break;
                }
            }
            all.lock().await.extend(bytes);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        }
    });
    (address, kept)
}

#[tokio::test]
async fn traces_name_routes_and_queries_and_nothing_of_a_patient() {
    on_both_engines(|app| async move {
        let (traces_url, kept) = collector().await;
        let node = app.another_node_with(Config { traces_url, traces_percent: 100, ..test_config() }).await;
        let desk = node.as_("desk").await;
        let ana = app.fixture.ana.0.to_string();
        assert_eq!(desk.get(&format!("/patients/{ana}")).await.status, StatusCode::OK);
        assert_eq!(desk.get("/patients?q=N%C3%BA%C3%B1ez").await.status, StatusCode::OK);
        node.state.traces.finish().await;
        let bytes = kept.lock().await.clone();
        let sent = String::from_utf8_lossy(&bytes).into_owned();
        for words in ["POST /v1/traces", "GET /patients/{id}", "http.response.status_code", "SELECT patients ", "infirmary"] {
            assert!(sent.contains(words), "{words} is not in {sent}");
        }
        for words in [ana.as_str(), "Núñez", "N%C3%BA", "desk", "hospital.test"] {
            assert!(!sent.contains(words), "{words} is in the trace");
        }
        node.end().await;
    })
    .await;
}

#[tokio::test]
async fn traces_go_to_this_machine_or_by_tls() {
    for (traces_url, traces_percent) in [("http://10.0.0.1:4318", 5), ("collector", 5), ("http://127.0.0.1:4318", 0), ("", 101)] {
        let config = Config { traces_url: traces_url.to_owned(), traces_percent, ..test_config() };
        let error = crate::server::traces::Traces::start(&config).expect_err(traces_url);
        assert!(error.contains("setting `traces_"), "{error}");
    }
}

#[tokio::test]
async fn the_newest_backup_is_tried_each_week_and_one_that_does_not_come_back_rings_the_bell() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let (safe, trial) = (Identity::generate().expect("a key"), Identity::generate().expect("a key"));
        let key = folder.path().join("trial.key");
        std::fs::write(&key, trial.reveal().as_bytes()).expect("written");
        let backup_key = format!("{},{}", safe.recipient(), trial.recipient());
        let config = Config { backup_key, backup_trial_key: Some(key.clone()), ..settings(&app, folder.path()) };
        let node = app.another_node_with(config).await;
        assert!(!trials::tick(&node.state).await.expect("looked"), "there is no backup yet");
        assert!(tick(&node.state).await.expect("made"));
        assert!(trials::tick(&node.state).await.expect("tried"));
        assert!(!trials::tick(&node.state).await.expect("looked"), "once a week");
        let latest = async || last_trial(&mut app.state.db.read().await.expect("a connection")).await.expect("read").expect("a trial");
        let done = latest().await;
        assert_eq!((done.state, done.error.as_str()), (RunState::Sound, ""));
        assert!(done.made_at.is_some() && done.place.contains("infirmary-"), "{done:?}");
        let page = app.as_("admin").await.get("/status").await.body;
        assert!(page.contains("Last trial restore") && page.contains(&done.place), "{page}");
        let figures = node.browser().at("127.0.0.1", None).get("/metrics").await.body;
        assert!(
            figures.contains("infirmary_restore_trial_age_seconds 0") && figures.contains("infirmary_restore_trial_failed 0"),
            "{figures}"
        );

        // The backup is damaged: a byte of it is another one.
        let sealed = std::path::Path::new(&done.place).join("database.age");
        let mut bytes = std::fs::read(&sealed).expect("a backup");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&sealed, bytes).expect("written");
        app.state.clock.advance(Duration::days(7));
        assert!(trials::tick(&node.state).await.expect("tried"));
        let done = latest().await;
        assert_eq!(done.state, RunState::Failed);
        assert!(done.error.contains("was changed or is damaged"), "{}", done.error);
        assert!(!trials::tick(&node.state).await.expect("looked"), "again in some hours");
        app.state.clock.advance(Duration::hours(6));
        assert!(trials::tick(&node.state).await.expect("tried"));
        let query = sql("SELECT count(*) FROM notifications WHERE kind = 'restore_trial_failed' AND user_id = ");
        let rung = query.push_bind(app.fixture.user("admin"));
        assert_eq!(app.state.db.read().await.expect("a connection").count(rung).await.expect("counted"), 1, "once a day");
        let page = app.as_("admin").await.get("/status").await.body;
        assert!(page.contains("The last trial restore failed") && page.contains("was changed or is damaged"), "{page}");
        for statement in ["UPDATE restore_trials SET error = 'x'", "DELETE FROM restore_trials"] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let refused = tx.execute(sql(statement)).await.expect_err("refused");
            assert!(refused.violates("restore_trials_ended_stay"), "{refused}");
        }
        node.end().await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn servers_and_their_jobs_stand_on_the_status_page() {
    on_both_engines(|app| async move {
        let id = Uuid::now_v7();
        let mut every = crate::server::jobs::Beat::new(&app.state, "reminders", std::time::Duration::from_hours(1));
        every.tick().await;
        every.failed(&"the words of an error", "reminders wait");
        // The next run waits an hour; the end of this one is noted at once.
        assert!(tokio::time::timeout(std::time::Duration::from_millis(1), every.tick()).await.is_err());
        nodes::beat(&app.state, id).await.expect("a sign of life");
        let admin = app.as_("admin").await;
        let page = admin.get("/status").await.body;
        for words in ["Servers of this database", env!("CARGO_PKG_VERSION"), "alive", "Reminders", "reminders wait", "failed"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("the words of an error"), "{page}");
        let (now, lease) = (app.state.clock.now(), Uuid::now_v7());
        begin(&app.state.db, lease, RunBy::Schedule, ("/backups", "hall:3000"), now).await.expect("begun");
        assert_eq!(
            crate::operations::runs::holder(&mut app.state.db.read().await.expect("a connection"), now).await.expect("read").as_deref(),
            Some("hall:3000")
        );
        app.state.clock.advance(Duration::minutes(4));
        assert!(admin.get("/status").await.body.contains("silent"));
        app.state.clock.advance(Duration::days(2));
        nodes::beat(&app.state, Uuid::now_v7()).await.expect("a sign of life");
        let known = nodes::nodes(&mut app.state.db.read().await.expect("a connection")).await.expect("servers");
        assert_eq!(known.len(), 1, "a server that is long silent is forgotten");
    })
    .await;
}

#[tokio::test]
async fn an_erased_person_stays_erased_when_an_older_state_comes_back() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let (db, clock, ana) = (&app.state.db, &app.state.clock, app.fixture.ana);
        assert_eq!(compare(db, folder.path(), clock.now()).await.expect("compared"), Replayed::default());
        assert!(folder.path().join(LIST).is_file(), "an empty list says that nobody was erased");
        // The list of the days after the backup: the database of the backup has neither the request nor the decision.
        let erased = crate::operations::erasures::Line { at: clock.now(), erasure: crate::core::ErasureId::new(), patient: ana };
        let stranger =
            crate::operations::erasures::Line { patient: crate::core::PatientId::new(), erasure: crate::core::ErasureId::new(), ..erased };
        let keys = db.read().await.expect("a connection").keys().browser_keys(LIST).expect("keys");
        let (text, _) = crate::operations::erasures::written(&keys, "", &[erased, stranger]);
        std::fs::write(folder.path().join(LIST), &text).expect("written");
        let reached = async || {
            let query = sql("SELECT count(*) FROM patient_users WHERE patient_id = ").push_bind(ana);
            db.read().await.expect("a connection").count(query).await.expect("counted")
        };
        assert_eq!(reached().await, 1);
        let done = compare(db, folder.path(), clock.now()).await.expect("compared");
        assert_eq!((done.done, done.unproven), (1, 0));
        assert_eq!(reached().await, 0);
        let record = crate::patients::find(&mut db.read().await.expect("a connection"), ana).await.expect("the record stays");
        assert_eq!((record.facts.more.phone.as_str(), record.facts.name.family_name.as_str()), ("", "Núñez"));
        assert_eq!(compare(db, folder.path(), clock.now()).await.expect("compared").done, 0, "once");
        assert_eq!(std::fs::read_to_string(folder.path().join(LIST)).expect("a list"), text, "no line is lost");
        // A line that somebody wrote by hand erases nobody.
        std::fs::write(folder.path().join(LIST), text.replace(&ana.to_string(), &app.fixture.ben.to_string())).expect("written");
        let forged = compare(db, folder.path(), clock.now()).await.expect("compared");
        assert_eq!((forged.done, forged.unproven), (0, 1));
        app.assert_sound().await;
    })
    .await;
}
