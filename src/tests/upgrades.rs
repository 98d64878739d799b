//! Tests of upgrades: a backup of an older program is restored and brought up to date, a killed migration goes on, and a server of before
//! goes on beside a newer one that only adds.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use axum::http::StatusCode;

use sha2::{Digest as _, Sha256};

use super::{
    app::{test_keys, test_now},
    databases, on_both_engines,
    sealing::fill_as_before,
    test_config, unprepared_databases,
};
use crate::{
    app::PROGRAM,
    db::{Database, Engine, Fit, sql, upkeep::sqlite_path},
    operations::{
        age::{Identity, Seal},
        backup::{AsItIs, Ask, Bytes, Manifest, restore},
        schema,
    },
    sealing,
    server::config::{Config, Hidden},
};

fn bytes(content: &[u8]) -> Bytes {
    Bytes { length: u64::try_from(content.len()).expect("a length"), sha256: data_encoding::HEXLOWER.encode(&Sha256::digest(content)) }
}

fn sealed(content: &[u8], to: &Identity) -> Vec<u8> {
    let mut seal = Seal::new(Vec::new(), &[to.recipient()]).expect("begun");
    seal.write_all(content).expect("written");
    seal.finish().expect("ended")
}

/// Makes a backup of a database as an older program did: without its checks, which that program made with its own rules.
async fn old_backup(db: &Database, url: &str, folder: &Path, key: &Identity) {
    let copy = folder.join("copy");
    match sqlite_path(url) {
        Some(_) => db.copy_into(&copy).await.expect("copied"),
        None => {
            let done = Command::new("pg_dump").arg("--format=custom").arg("--file").arg(&copy).arg("--dbname").arg(url).status();
            assert!(done.expect("pg_dump runs").success());
        }
    }
    let plain = fs::read(&copy).expect("a copy");
    let shut = sealed(&plain, key);
    let manifest = Manifest {
        format: 1,
        made_at: test_now(),
        program: "0.0.1".to_owned(),
        engine: db.engine().as_str().to_owned(),
        engine_version: db.postgres_version().await.expect("an answer"),
        schema: db.schema().await.expect("an answer").expect("a schema"),
        rows: db.rows_of_tables().await.expect("counted"),
        plain: bytes(&plain),
        sealed: bytes(&shut),
        current_key: 0,
        oldest_key: 0,
        recipients: vec![key.recipient().to_string()],
        findings: Vec::new(),
        key_file: String::new(),
    };
    let text = serde_json::to_vec_pretty(&manifest).expect("text");
    let place = folder.join("infirmary-20261121T153000Z");
    fs::create_dir(&place).expect("a folder");
    for (name, content) in [("database.age", shut), ("manifest.age", sealed(&text, key)), ("manifest.json", text)] {
        fs::write(place.join(name), content).expect("written");
    }
}

#[tokio::test]
async fn a_backup_of_the_first_schema_is_restored_and_brought_up_to_date() {
    unprepared_databases(|db, url| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let key = Identity::generate().expect("a key");
        fill_as_before(&db).await;
        let before = db.rows_of_tables().await.expect("counted");
        old_backup(&db, &url, folder.path(), &key).await;
        let engine = db.engine();
        db.close().await;

        let (place, _kept) = match engine {
            Engine::Sqlite => databases::empty_sqlite(),
            Engine::Postgres => (databases::empty_postgres().await.expect("a server"), tempfile::tempdir().expect("a folder")),
        };
        let config = Config { database_url: place.clone(), keys: Some(Hidden(format!("1:{}", "5e".repeat(32)))), ..test_config() };
        let ask = || Ask {
            from: folder.path().join("infirmary-20261121T153000Z"),
            identities: Identity::list(&key.reveal()).expect("a key"),
            verify_only: false,
            despite_findings: false,
            scratch: Some(folder.path().join("scratch")),
            steps: Arc::new(AsItIs),
        };
        // That program made no signatures: its signed note and addendum stand out, and somebody decides.
        let error = restore(&PROGRAM, &config, ask()).await.expect_err("there are findings");
        assert!(error.contains("--despite-findings"), "{error}");
        let restored = restore(&PROGRAM, &config, Ask { despite_findings: true, ..ask() }).await.expect("restored");
        assert!(restored.placed);

        let db = crate::commands::open(&config).await.expect("opens");
        assert_eq!(db.schema().await.expect("an answer"), Some(Database::newest_schema()));
        let after = db.rows_of_tables().await.expect("counted");
        for table in ["patients", "coverages", "encounters", "notes", "addenda", "mails", "patient_contacts"] {
            assert_eq!(after[table], before[table], "{table}");
            assert!(after[table] > 0, "{table}");
        }
        let plain = sql("SELECT count(*) FROM patients WHERE given_names = 'Ada' AND length(sealed) > 0");
        assert_eq!(db.read().await.expect("a connection").count(plain).await.expect("counted"), 1, "her fields are sealed now");
        db.close().await;
        if engine == Engine::Postgres {
            databases::drop_postgres(&place).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_goes_on_when_a_newer_one_adds_and_ends_when_it_changes() {
    on_both_engines(|app| async move {
        let migrated = async |version: i64, name: &str| {
            let row = sql("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES ($1, $2, TRUE, ")
                .push_for("x'00'", "'\\x00'::bytea")
                .push(", 0)")
                .bind(version)
                .bind(name);
            let mut tx = app.state.db.write().await.expect("a transaction");
            tx.execute(row).await.expect("inserted");
            tx.commit().await.expect("committed");
        };
        assert_eq!(schema::look(&app.state).await, Ok(Fit::Known));

        migrated(99_990_101_000_000, "additive rooms").await;
        let started = Database::open(&app.url).await.expect("opens");
        let told = sealing::prepare(&started, &test_keys(), test_now()).await.expect("a server of before starts");
        assert!(told.iter().any(|words| words.contains("99990101000000")), "{told:?}");
        let node = app.another_node().await;
        assert_eq!(schema::look(&node.state).await, Ok(Fit::Added(99_990_101_000_000)));
        assert_eq!(node.browser().get("/health/ready").await.status, StatusCode::OK);
        assert_eq!(node.as_("desk").await.get("/patients?q=N%C3%BA%C3%B1ez").await.status, StatusCode::OK);
        let page = app.as_("admin").await.get("/status").await;
        assert!(page.body.contains("newer than this program"), "{}", page.body);

        migrated(99_990_102_000_000, "rooms renamed").await;
        assert!(!node.state.stopping.is_cancelled());
        assert_eq!(schema::look(&node.state).await, Ok(Fit::Changed(99_990_102_000_000)));
        assert!(node.state.stopping.is_cancelled(), "it must not write any more");
        assert_eq!(node.browser().get("/health/ready").await.status, StatusCode::SERVICE_UNAVAILABLE);
        let refused = sealing::prepare(&started, &test_keys(), test_now()).await.expect_err("refused");
        assert!(refused.contains("99990102000000") && refused.contains("install the newer program"), "{refused}");
        started.close().await;
        node.end().await;
    })
    .await;
}

/// The variable that names the database of [`the_process_that_migrates`].
const MIGRATED: &str = "INFIRMARY_MIGRATED_DATABASE";

/// The process that [`a_killed_migration_goes_on`] starts and kills; by itself it does nothing.
#[tokio::test]
async fn the_process_that_migrates() {
    let Ok(url) = std::env::var(MIGRATED) else { return };
    let db = Database::open(&url).await.expect("opens");
    sealing::prepare(&db, &test_keys(), test_now()).await.expect("prepared");
}

#[tokio::test]
async fn a_killed_migration_goes_on() {
    unprepared_databases(|db, url| async move {
        fill_as_before(&db).await;
        let before = db.rows_of_tables().await.expect("counted");
        let done = async || {
            let mut tx = db.read().await.expect("a connection");
            tx.count(sql("SELECT count(*) FROM _sqlx_migrations WHERE success")).await.expect("counted")
        };
        let (first, mut kills) = (done().await, 0);
        // Each process is killed when it has made forty more steps; the migrations of one process take longer than that.
        while done().await < first + 120 {
            let there = done().await;
            let mut process = Command::new(std::env::current_exe().expect("this program"))
                .args(["upgrades::the_process_that_migrates", "--nocapture"])
                .env(MIGRATED, &url)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("a process");
            while done().await < there + 40 && process.try_wait().expect("asked").is_none() {}
            process.kill().expect("killed");
            let _ = process.wait();
            kills += 1;
            assert!(done().await >= there + 40, "it got on: {there}");
        }
        assert!(kills > 1, "it was killed midway");
        sealing::prepare(&db, &test_keys(), test_now()).await.expect("it goes on");
        assert_eq!(db.schema().await.expect("read"), Some(Database::newest_schema()));
        let failed = sql("SELECT count(*) FROM _sqlx_migrations WHERE NOT success");
        assert_eq!(db.read().await.expect("a connection").count(failed).await.expect("counted"), 0);
        let after = db.rows_of_tables().await.expect("counted");
        for table in ["patients", "coverages", "encounters", "notes", "addenda", "mails", "patient_contacts"] {
            assert_eq!(after[table], before[table], "{table}");
        }
        db.close().await;
    })
    .await;
}
