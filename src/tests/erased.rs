//! A person who was erased stays erased when an older backup is restored.

use std::{path::Path, sync::Arc};

use clap::Parser;

use super::{app::test_now, databases, fixture::PASSWORD, lab, on_both_engines, test_config};
use crate::{
    app::PROGRAM,
    db::{Database, Engine, sql},
    operations::{
        Restore,
        age::Identity,
        backup::{AsItIs, Plan, make},
        erasures::{LIST, compare},
        restore,
    },
    server::config::{Config, Hidden},
};

/// The arguments of `infirmary restore`, as they are typed.
#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    arguments: Restore,
}

fn settings(url: &str) -> Config {
    Config { database_url: url.to_owned(), keys: Some(Hidden(format!("1:{}", "5e".repeat(32)))), ..test_config() }
}

/// Restores into an empty place, and returns its URL and what the command said.
async fn restored(engine: Engine, from: &Path, folder: &Path) -> (String, tempfile::TempDir, Result<(), String>) {
    let (url, place) = match engine {
        Engine::Sqlite => databases::empty_sqlite(),
        Engine::Postgres => (databases::empty_postgres().await.expect("a server"), tempfile::tempdir().expect("a folder")),
    };
    let (from, key, scratch) =
        (from.display().to_string(), folder.join("key").display().to_string(), folder.join("scratch").display().to_string());
    let words = ["infirmary", "--from", &from, "--identity", &key, "--scratch", &scratch];
    let what = Typed::try_parse_from(words).expect("arguments").arguments;
    let said = restore(&settings(&url), &what).await;
    (url, place, said)
}

async fn accounts(url: &str) -> i64 {
    let db = Database::open(url).await.expect("opens");
    let there = db.read().await.expect("a connection").count(sql("SELECT count(*) FROM users WHERE login = 'ana'")).await.expect("counted");
    db.close().await;
    there
}

#[tokio::test]
async fn an_older_backup_does_not_bring_an_erased_person_back() {
    on_both_engines(|app| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let (secret, to) = (Identity::generate().expect("a key"), folder.path().join("backups"));
        std::fs::write(folder.path().join("key"), secret.reveal().as_bytes()).expect("written");
        let scratch = Some(folder.path().join("scratch"));
        let plan = Plan { to: to.clone(), recipients: vec![secret.recipient()], scratch, steps: Arc::new(AsItIs) };
        let made = make(&PROGRAM, &settings(&app.url), &plan, test_now()).await.expect("made");

        let (ana, desk) = (app.as_("ana").await, app.as_("desk").await);
        lab::ok(&ana.post("/api/records/ask_erasure", &[("words", "I moved away"), ("password", PASSWORD)]).await);
        let id = lab::id(&app, sql("SELECT id FROM erasure_requests WHERE state = 'asked'")).await;
        let form = [("erasure_id", id.as_str()), ("verdict", "erase"), ("answer", "Done"), ("password", PASSWORD)];
        lab::ok(&desk.post("/api/records/decide_erasure", &form).await);

        let engine = app.state.db.engine();
        if engine == Engine::Sqlite {
            let (_, _place, said) = restored(engine, &made.folder, folder.path()).await;
            let error = said.expect_err("without the list the restore does not count");
            assert!(error.contains("NOT done again") && error.contains(LIST), "{error}");
        }
        assert_eq!(compare(&app.state.db, &to, test_now()).await.expect("listed").added, 1);
        let (url, _place, said) = restored(engine, &made.folder, folder.path()).await;
        assert_eq!(said, Ok(()));
        assert_eq!(accounts(&url).await, 0, "the account went again");
        if engine == Engine::Postgres {
            databases::drop_postgres(&url).await;
        }
    })
    .await;
}
