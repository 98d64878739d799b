//! Values go in and come out the same on both engines, NULLs included.

use chrono::NaiveDate;
use uuid::Uuid;

use super::on_both_engines;
use crate::{
    core::time::Instant,
    db::{Value, sql, sql_for},
};

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    on_both_engines(|app| async move {
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql_for(
            "CREATE TABLE kinds (b INTEGER, i INTEGER, t TEXT, u BLOB, at TEXT, d TEXT, y BLOB)",
            "CREATE TABLE kinds (b BOOLEAN, i BIGINT, t TEXT, u UUID, at TIMESTAMPTZ, d DATE, y BYTEA)",
        ))
        .await
        .expect("a table");
        type Kinds = (Option<bool>, Option<i64>, Option<String>, Option<Uuid>, Option<Instant>, Option<NaiveDate>, Option<Vec<u8>>);
        let kinds: Kinds = (
            Some(true),
            Some(i64::MIN),
            Some("ñandú'; DROP TABLE kinds --".to_owned()),
            Some(Uuid::now_v7()),
            Some("2026-11-21T09:00:00.123456Z".parse().expect("an instant")),
            NaiveDate::from_ymd_opt(1980, 2, 29),
            Some(vec![0, 255]),
        );
        let row = |k: Kinds| vec![Value::from(k.0), k.1.into(), k.2.into(), k.3.into(), k.4.into(), k.5.into(), k.6.into()];
        let rows = [row(kinds.clone()), row((None, None, None, None, None, None, None))];
        tx.execute(sql("INSERT INTO kinds (b, i, t, u, at, d, y) VALUES ").push_rows(rows)).await.expect("two rows");
        let found: Kinds = tx.one(sql("SELECT * FROM kinds WHERE i = ").push_bind(i64::MIN)).await.expect("the row");
        assert_eq!(found, kinds);
        let found: Kinds = tx.one(sql("SELECT * FROM kinds WHERE i IS NULL")).await.expect("the row of NULLs");
        assert_eq!(found, (None, None, None, None, None, None, None));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_committed_is_not_there() {
    on_both_engines(|app| async move {
        let count = sql("SELECT count(*) FROM number_series");
        {
            let mut tx = app.state.db.write().await.expect("a transaction");
            assert_eq!(crate::organisation::next_number(&mut tx, "test").await, Ok(1));
        }
        let mut tx = app.state.db.read().await.expect("a connection");
        assert_eq!(tx.count(count).await.expect("counted"), 0);
    })
    .await;
}

#[tokio::test]
async fn series_are_without_gap_or_repeat_under_a_hundred_at_once() {
    on_both_engines(|app| async move {
        let take = |db: crate::db::Database, fails: bool| async move {
            let mut tx = db.write().await?;
            let number = crate::organisation::next_number(&mut tx, "race").await?;
            if !fails {
                tx.commit().await?;
            }
            crate::core::Result::<_>::Ok((!fails).then_some(number))
        };
        let all = futures::future::join_all((0..100).map(|turn| take(app.state.db.clone(), turn % 3 == 0))).await;
        let mut taken: Vec<i64> = all.into_iter().filter_map(|number| number.expect("no error")).collect();
        taken.sort_unstable();
        assert_eq!(taken, (1..=66).collect::<Vec<_>>());
    })
    .await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let db = crate::db::Database::open(&format!("sqlite:{}/own.db", folder.path().display())).await.expect("open");
    db.migrate(None).await.expect("migrated");
    let mut tx = db.write().await.expect("a transaction");
    crate::organisation::next_number(&mut tx, "mode").await.expect("a number");
    tx.commit().await.expect("committed");
    let files: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").flatten().collect();
    assert!(files.len() >= 2, "the file and its log: {files:?}");
    for file in files {
        let mode = file.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}: {mode:o}", file.path());
    }
    db.close().await;
}
