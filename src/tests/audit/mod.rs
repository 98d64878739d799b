//! Tests the sealed audit log: every change that bypasses the program is detected and named.

mod corrections;
mod end;
mod store;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use tokio_util::sync::CancellationToken;

use super::{TestApp, all_at_once, on_both_engines, races_on_both_engines};
use crate::{
    audit::{Broken, Sealer, Verdict, Witness, seal, verify},
    db::{Engine, sql},
    server::{AppState, config::Config},
};

async fn seal_all(app: &TestApp) -> u64 {
    seal(&app.state.db, app.state.clock.now()).await.expect("sealed")
}

async fn add(app: &TestApp, rows: usize) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    store::write(&mut tx, app, rows).await;
    tx.commit().await.expect("committed");
}

async fn verdict(app: &TestApp, witness: Option<&Witness>) -> Verdict {
    let mut tx = app.state.db.read().await.expect("a connection");
    verify(&mut tx, witness).await.expect("verified")
}

/// Writes ten rows under three seals; two more rows have no seal yet.
async fn sealed(app: &TestApp) {
    for rows in [3, 3, 4] {
        add(app, rows).await;
        assert_eq!(seal_all(app).await, rows as u64);
    }
    add(app, 2).await;
}

#[tokio::test]
async fn what_nobody_touched_is_well_and_what_is_not_sealed_yet_is_counted() {
    on_both_engines(|app| async move {
        assert_eq!(verdict(&app, None).await, Verdict::default());
        assert_eq!(seal_all(&app).await, 0);
        sealed(&app).await;
        let found = verdict(&app, None).await;
        let waiting = (found.waiting, found.waiting_since);
        assert_eq!((found.seals, found.sealed, waiting), (3, 10, (2, Some(app.state.clock.now()))));
        assert_eq!(found.broken, []);
        // The rows exceed the size of one seal.
        add(&app, 2_500).await;
        assert_eq!(seal_all(&app).await, 2_502);
        let found = verdict(&app, None).await;
        assert_eq!((found.seals, found.sealed, found.waiting, found.broken), (6, 2_512, 0, vec![]));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_changed_a_removed_and_an_inserted_row_are_named() {
    on_both_engines(|app| async move {
        store::tamper(&app, store::row_of_number(-5), 1).await;
        seal_all(&app).await;
        sealed(&app).await;
        let row = store::numbers(&app).await;
        store::tamper(&app, sql("UPDATE audit_log SET what = 'banner' WHERE id = $1").bind(row[2]), 1).await;
        store::tamper(&app, sql("UPDATE audit_log SET patient_id = NULL WHERE id = $1").bind(row[5]), 1).await;
        store::tamper(&app, sql("DELETE FROM audit_log WHERE id = $1").bind(row[8]), 1).await;
        store::tamper(&app, store::row_of_number(-3), 1).await;
        let found = verdict(&app, None).await;
        let expected = [
            Broken::RowInserted { row: -3 },
            Broken::RowChanged { row: row[2], seal: 2 },
            Broken::RowChanged { row: row[5], seal: 3 },
            Broken::RowRemoved { row: row[8], seal: 4 },
        ];
        assert_eq!(found.broken, expected);
        assert_eq!(found.waiting, 2);
        let broken = crate::invariants::check(&mut app.state.db.read().await.expect("a connection")).await.expect("checked");
        assert_eq!(
            broken.iter().find(|finding| finding.rule.contains("audit log is as it was sealed")).map(|finding| finding.broken),
            Some(4)
        );
    })
    .await;
}

#[tokio::test]
async fn a_row_that_no_longer_reads_as_one_is_changed() {
    on_both_engines(|app| async move {
        sealed(&app).await;
        let row = store::numbers(&app).await[4];
        let nonsense = crate::db::sql_for(
            "UPDATE audit_log SET at = 'nonsense', user_id = X'00' WHERE id = $1",
            // PostgreSQL accepts no invalid text here, but it accepts the infinite time.
            "UPDATE audit_log SET at = 'infinity' WHERE id = $1",
        );
        store::tamper(&app, nonsense.bind(row), 1).await;
        assert_eq!(verdict(&app, None).await.broken, [Broken::RowChanged { row, seal: 2 }]);
    })
    .await;
}

#[tokio::test]
async fn a_changed_a_rewritten_and_a_removed_seal_are_named() {
    on_both_engines(|app| async move {
        sealed(&app).await;
        add(&app, 1).await;
        seal_all(&app).await;
        store::tamper(
            &app,
            sql("UPDATE audit_seals SET first_position = first_position + 1, last_position = last_position + 1 WHERE number = 2"),
            1,
        )
        .await;
        assert_eq!(verdict(&app, None).await.broken, [Broken::SealChanged { seal: 2 }, Broken::SealRewritten { seal: 2 }]);
        store::tamper(&app, sql("DELETE FROM audit_seals WHERE number = 2"), 1).await;
        assert_eq!(verdict(&app, None).await.broken, [Broken::SealRemoved { seal: 2 }]);
        store::tamper(&app, sql("DELETE FROM audit_log WHERE id IN (SELECT max(id) FROM audit_log)"), 1).await;
        let last = store::numbers(&app).await.last().copied().unwrap_or_default() + 1;
        let found = verdict(&app, None).await.broken;
        assert_eq!(found, [Broken::SealRemoved { seal: 2 }, Broken::RowRemoved { row: last, seal: 4 }]);
    })
    .await;
}

/// Returns a sealer that writes checkpoints into the test's folder.
pub(super) async fn with_checkpoints(app: &TestApp, folder: &tempfile::TempDir) -> (Sealer, Config) {
    let config = Config { audit_checkpoints: Some(folder.path().join("audit")), ..Config::default() };
    let state = AppState::new(app.state.db.clone(), app.state.clock.clone(), config.clone(), &crate::app::PROGRAM).await.expect("a state");
    (Sealer::new(&state).expect("a key"), config)
}

pub(super) fn witness(config: &Config) -> Witness {
    Witness::read(config, None, None).expect("readable").expect("configured")
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_is_the_programs_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let app = TestApp::sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (sealer, config) = with_checkpoints(&app, &folder).await;
    let key = folder.path().join("audit.key");
    assert_eq!(std::fs::metadata(&key).expect("a key").permissions().mode() & 0o777, 0o600);
    drop(sealer);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).expect("opened");
    let state = AppState::new(app.state.db.clone(), app.state.clock.clone(), config, &crate::app::PROGRAM).await.expect("a state");
    assert!(Sealer::new(&state).expect_err("refused").contains("others may read this key"));
    app.end().await;
}

#[tokio::test]
async fn the_log_and_its_seals_are_only_ever_added_to() {
    on_both_engines(|app| async move {
        sealed(&app).await;
        for (change, guard) in [
            ("UPDATE audit_log SET what = 'x'", "audit_log_append_only"),
            ("DELETE FROM audit_log", "audit_log_append_only"),
            ("UPDATE audit_seals SET number = number + 1", "audit_seals_append_only"),
            ("DELETE FROM audit_seals WHERE number = 3", "audit_seals_append_only"),
        ] {
            assert!(store::is_refused(&app, sql(change), guard).await, "{change}");
        }
        match app.state.db.engine() {
            Engine::Sqlite => {
                for (change, guard) in [
                    ("REPLACE INTO audit_log SELECT * FROM audit_log LIMIT 1", "audit_log_append_only"),
                    ("REPLACE INTO audit_seals SELECT * FROM audit_seals LIMIT 1", "audit_seals_append_only"),
                ] {
                    assert!(store::is_refused(&app, sql(change), guard).await, "{change}");
                }
            }
            Engine::Postgres => {
                for (table, change) in [
                    ("audit_log", "UPDATE audit_log SET what = 'x'"),
                    ("audit_log", "DELETE FROM audit_log"),
                    ("audit_log", "TRUNCATE audit_log"),
                    ("audit_seals", "UPDATE audit_seals SET number = number + 1"),
                    ("audit_seals", "DELETE FROM audit_seals"),
                    ("audit_seals", "TRUNCATE audit_seals"),
                ] {
                    assert!(store::owner_is_refused(&app, table, change).await, "{change}");
                }
            }
        }
        assert_eq!(verdict(&app, None).await.broken, []);
    })
    .await;
}

/// Tests a row with an earlier number that is committed later.
#[tokio::test]
async fn sealing_waits_for_who_began_before() {
    let Some(app) = TestApp::postgres().await else { return };
    let mut early = app.state.db.write().await.expect("a transaction");
    store::write(&mut early, &app, 1).await;
    add(&app, 1).await;
    let sealing = tokio::time::timeout(Duration::from_millis(500), seal_all(&app)).await;
    assert!(sealing.is_err(), "sealed while somebody was writing an earlier row");
    let (sealed, ()) = tokio::join!(seal_all(&app), async { early.commit().await.expect("committed") });
    assert_eq!(sealed, 2);
    let found = verdict(&app, None).await;
    assert_eq!((found.sealed, found.waiting, found.broken), (2, 0, vec![]));
    app.end().await;
}

#[tokio::test]
async fn what_was_searched_for_can_be_taken_out_as_a_file() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        desk.get(&format!("/patients/{}", app.fixture.ben)).await;
        app.state.reads.finish().await;
        let fresh = app.another_node().await;
        let auditor = fresh.as_("auditor").await;
        assert!(auditor.get("/audit?user=rosa&action=read").await.body.contains("href=\"/audit/export?user=rosa&amp;action=read\""));
        let answer = auditor.get("/audit/export?user=rosa&action=read").await;
        let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!(header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(header("content-disposition"), "attachment; filename=\"audit.csv\"");
        let lines: Vec<&str> = answer.body.trim_end().split("\r\n").collect();
        assert!(lines[0].starts_with("\u{feff}\"Number\",\"When\",\"Who\""), "{}", lines[0]);
        assert!(
            lines.len() > 1 && lines[1..].iter().all(|line| line.contains("\"Rosa Reception\",\"desk\",\"receptionist\",\"Read\"")),
            "{lines:#?}"
        );
        assert!(answer.body.contains("\"2026-11-21T10:30:00-05:00\"") && answer.body.contains("\"Adams, Ben\""), "{lines:#?}");
        assert_eq!(auditor.get("/audit/export?user=nobody").await.body.trim_end().lines().count(), 1);
        // The export, and a read of each patient in it, are in the log.
        fresh.state.reads.finish().await;
        let third = app.another_node().await;
        let log = third.as_("auditor").await.get("/audit?user=auditor&action=read").await.body;
        assert!(log.contains("export of the audit log") && log.contains("Adams, Ben"), "{log}");
        // A part of the result is never sent.
        add(&app, 10_001).await;
        let answer = third.as_("auditor").await.get("/audit/export").await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.body.contains("More than 10000 lines"), "{}", answer.body);
        fresh.end().await;
        third.end().await;
    })
    .await;
}

#[tokio::test]
async fn patients_see_who_opened_their_record() {
    on_both_engines(|app| async move {
        let ana = app.as_("ana").await;
        let path = "/portal/account/access";
        assert!(ana.get("/portal/account").await.body.contains(&format!("href=\"{path}\"")));
        assert!(ana.get(path).await.body.contains("Nobody has opened your record yet"));
        let (desk, doctor) = (app.as_("desk").await, app.as_("doctor").await);
        desk.get(&format!("/patients/{}", app.fixture.ana)).await;
        desk.get(&format!("/patients/{}", app.fixture.ben)).await;
        app.state.clock.advance(chrono::Duration::minutes(5));
        for _ in 0..3 {
            doctor.get(&format!("/patients/{}/chart", app.fixture.ana)).await;
            app.state.clock.advance(chrono::Duration::minutes(2));
        }
        app.state.reads.finish().await;
        let fresh = app.another_node().await;
        let ana = fresh.as_("ana").await;
        let page = ana.get(path).await.body;
        for words in [
            "Saturday 21 November 2026",
            "Rosa Reception",
            "Receptionist",
            "Dr. Carmen Costa",
            "Looked at: chart",
            "10:35–10:39",
            "3 times",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("Ana María Núñez</strong>"), "one's own looks are no news: {page}");
        let ben = fresh.as_("ben").await.get(path).await.body;
        assert!(ben.contains("Rosa Reception") && !ben.contains("Costa"), "{ben}");
        // Adds more rows than one page shows.
        let mut tx = app.state.db.write().await.expect("a transaction");
        for _ in 0..30 {
            store::look(&mut tx, &app, "doctor2").await;
        }
        tx.commit().await.expect("committed");
        assert!(ana.get(path).await.body.contains("page=2"));
        assert!(ana.get(&format!("{path}?page=2")).await.body.contains("Rosa Reception"));
        ana.post("/api/accounts/language", &[("language", "es")]).await;
        assert!(ana.get(path).await.body.contains("Quién abrió mi historia"));
        fresh.end().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sealing_among_fifty_writers_loses_nothing() {
    races_on_both_engines(|app| async move {
        let other = app.another_node().await;
        let (nodes, stop) = ([app.clone(), other.clone()], CancellationToken::new());
        let begun = Arc::new(AtomicBool::new(false));
        let sealers = nodes.clone().map(|node| {
            let (stop, begun) = (stop.clone(), begun.clone());
            tokio::spawn(async move {
                let mut sealed = 0;
                while !stop.is_cancelled() {
                    sealed += seal_all(&node).await;
                    begun.fetch_or(sealed > 0, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
                sealed
            })
        });
        all_at_once((0..50_usize).map(|writer| {
            let (node, begun) = (nodes[writer % 2].clone(), begun.clone());
            async move {
                // Each writer continues until rows were sealed while it writes.
                let mut round = 0;
                while round < 4 || !begun.load(Ordering::Relaxed) {
                    // SQLite's one writer may be busy for longer than the timeout of a queue of fifty.
                    let mut tx = loop {
                        if let Ok(tx) = node.state.db.write().await {
                            break tx;
                        }
                    };
                    store::write(&mut tx, &node, 1 + (writer + round) % 7).await;
                    // Some writers roll back; their numbers stay unused in PostgreSQL.
                    if (writer + round) % 5 != 0 {
                        tx.commit().await.expect("committed");
                    }
                    round += 1;
                }
            }
        }))
        .await;
        stop.cancel();
        let mut sealed = 0;
        for sealer in sealers {
            sealed += sealer.await.expect("a sealer");
        }
        sealed += seal_all(&app).await;
        let rows = store::numbers(&app).await.len();
        let found = verdict(&app, None).await;
        assert_eq!((found.sealed, found.waiting, found.broken), (i64::try_from(rows).expect("few"), 0, vec![]));
        assert_eq!(sealed, rows as u64);
        other.end().await;
    })
    .await;
}

#[tokio::test]
async fn the_log_is_searched_by_name_and_days_and_handed_out_on_paper() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        desk.get(&format!("/patients/{}", app.fixture.ben)).await;
        desk.get(&format!("/patients/{}", app.fixture.ana)).await;
        app.state.reads.finish().await;
        let fresh = app.another_node().await;
        let auditor = fresh.as_("auditor").await;
        let by_name = auditor.get("/audit?patient=adam+b&from=2026-11-20&to=2026-11-21").await.body;
        assert!(by_name.contains("Adams, Ben") && !by_name.contains("Núñez"), "{by_name}");
        assert!(auditor.get("/audit?patient=N%C3%BA%C3%B1ez").await.body.contains("Núñez, Ana"), "with accents");
        assert!(!auditor.get("/audit?patient=adams&to=2026-11-20").await.body.contains("Rosa Reception"));
        assert!(!auditor.get("/audit?patient=nobody").await.body.contains("Rosa Reception"));
        fresh.state.reads.finish().await;
        let third = app.another_node().await;
        let auditor = third.as_("auditor").await;
        let told = |body: String| body.matches("Aldo Auditor").count();
        let (without, with) = (auditor.get("/audit?patient=adams").await.body, auditor.get("/audit?patient=adams&own=yes").await.body);
        assert!(told(with) > told(without), "one's own reading is shown when it is asked for");
        let paper = auditor.get("/audit/report?patient=adams").await.body;
        assert!(paper.contains("Report for the patient") && paper.contains("Ben") && paper.contains("Rosa Reception"), "{paper}");
        assert!(paper.contains("<td>Aldo Auditor"), "the auditor opened it too: {paper}");
        assert_eq!(auditor.get("/audit/report").await.status, StatusCode::CONFLICT, "about one patient");
        fresh.end().await;
        third.end().await;
    })
    .await;
}
