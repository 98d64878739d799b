//! Tests that a backup of an older program is restored by this one and brought up to date, with what was in it.

use std::{fs, io::Write as _, path::Path, process::Command, sync::Arc};

use sha2::{Digest as _, Sha256};

use super::{app::test_now, databases, sealing::fill_as_before, test_config, unprepared_databases};
use crate::{
    app::PROGRAM,
    db::{Database, Engine, sql, upkeep::sqlite_path},
    operations::{
        age::{Identity, Seal},
        backup::{AsItIs, Ask, Bytes, Manifest, restore},
    },
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
