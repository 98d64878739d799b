//! Tests that the audit rows of a command are sealed before it ends.

use clap::Parser;

use super::unprepared_databases;
use crate::{
    audit::verify,
    commands::{self, CreateUser, Migrate, RenewSigning, ResetFactor},
    db::{Database, sql},
    demo::{self, Demo},
    imports::{self, ImportFhir},
    sealing::{self, Rotate},
    server::config::Config,
};

/// The arguments of a command, as they are typed.
#[derive(Parser)]
struct Typed<A: clap::Args> {
    #[command(flatten)]
    arguments: A,
}

fn typed<A: clap::Args>(words: &[&str]) -> A {
    Typed::<A>::try_parse_from(["infirmary"].iter().chain(words)).expect("arguments").arguments
}

/// Returns the number of audit rows, after asserting that each of them has a seal.
async fn sealed(url: &str, config: &Config, command: &str) -> i64 {
    let db = Database::open(url).await.expect("opens");
    crate::sealing::prepare(&db, &config.key_source(), crate::core::time::Clock::default().now()).await.expect("prepared");
    let found = verify(&mut db.read().await.expect("a connection"), None).await.expect("verified");
    assert_eq!((found.waiting, found.broken), (0, vec![]), "{command}");
    db.close().await;
    found.sealed
}

#[tokio::test]
async fn what_a_command_writes_is_sealed_before_it_ends() {
    unprepared_databases(|db: Database, url: String| async move {
        db.close().await;
        let folder = tempfile::tempdir().expect("a folder");
        let config = Config {
            database_url: url.clone(),
            key_file: Some(folder.path().join("keys")),
            audit_checkpoints: Some(folder.path().join("audit")),
            ..Config::default()
        };
        commands::migrate(&config, &Migrate::default()).await.expect("migrated");
        assert_eq!(sealed(&url, &config, "migrate").await, 0);
        let lines = concat!(env!("CARGO_MANIFEST_DIR"), "/src/imports/testdata");
        let report = folder.path().join("report.csv").display().to_string();
        demo::demo(&config, &typed::<Demo>(&[])).await.expect("filled");
        let mut rows = sealed(&url, &config, "demo").await;
        assert!(rows > 300, "{rows}");
        let mut more = async |command: &str| {
            let now = sealed(&url, &config, command).await;
            assert!(now > rows, "{command} writes an audit row");
            rows = now;
        };
        imports::import_fhir(&config, &typed::<ImportFhir>(&[lines, "--report", &report])).await.expect("imported");
        more("import").await;
        let user = typed::<CreateUser>(&["--login", "new", "--name", "New", "--role", "nurse"]);
        commands::create_user_with(&config, &user, "new", "New", "correct horse battery").await.expect("made");
        more("user create").await;
        let user = typed::<CreateUser>(&["--login", "dora@hospital.test", "--name", "Dora", "--role", "administrator", "--role", "doctor"]);
        commands::create_user_with(&config, &user, "dora@hospital.test", "Dora", "correct horse battery").await.expect("made");
        more("user create").await;
        let db = Database::open(&url).await.expect("opens");
        let staff = sql("SELECT s.kind, s.display_name, s.email FROM staff s JOIN users u ON u.id = s.user_id WHERE u.login IN ('new', 'dora@hospital.test')
            ORDER BY s.kind");
        let rows: Vec<(String, String, String)> = db.read().await.expect("a connection").all(staff).await.expect("rows");
        let row = |kind: &str, name: &str, email: &str| (kind.to_owned(), name.to_owned(), email.to_owned());
        assert_eq!(rows, [row("doctor", "Dora", "dora@hospital.test"), row("nurse", "New", "")], "who works here has a row of staff");
        db.close().await;
        for name in ["\u{200b}\u{feff}", ". ,"] {
            let user = typed::<CreateUser>(&["--login", "unseen", "--name", name, "--role", "nurse"]);
            let error = commands::create_user(&config, &user).await.expect_err("refused before the password is read");
            assert!(error.contains("--name: 1 to 200 characters, at least one letter or digit"), "{error}");
        }
        for (words, password, refused) in [
            (&["--login", "new", "--name", "Other", "--role", "nurse"][..], "correct horse battery", "somebody signs in as new already"),
            (
                &["--login", "twice", "--name", "Twice", "--role", "nurse", "--role", "nurse"][..],
                "correct horse battery",
                "nurse stands there twice",
            ),
        ] {
            let user = typed::<CreateUser>(words);
            let error = commands::create_user_with(&config, &user, words[1], words[3], password).await.expect_err(refused);
            assert!(error.contains(refused), "{error}");
        }
        commands::renew_signing(&config, &typed::<RenewSigning>(&["--login", "system"])).await.expect("renewed");
        more("keys renew-signing").await;
        sealing::rotate_keys(&config, &typed::<Rotate>(&[])).await.expect("rotated");
        more("keys rotate").await;
        let db = Database::open(&url).await.expect("opens");
        let rotated = sql("SELECT u.login, l.why FROM audit_log l JOIN users u ON u.id = l.user_id WHERE l.what = 'encryption_key'");
        let rows: Vec<(String, String)> = db.read().await.expect("a connection").all(rotated).await.expect("rows");
        assert_eq!(rows, [("system".to_owned(), "1 → 2".to_owned())]);
        db.close().await;
        let login = typed::<ResetFactor>(&["--login", "new"]);
        assert!(commands::reset_factor(&config, &login).await.expect_err("there is none").contains("second factor"));
        let text = std::fs::read_to_string(folder.path().join("audit")).expect("checkpoints");
        assert_eq!(text.lines().count(), 6, "one for each command that sealed");
        commands::check(&config).await.expect("sound");
    })
    .await;
}
