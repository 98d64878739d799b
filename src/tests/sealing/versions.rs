//! Tests that the source of the keys determines the current version, and that the database cannot choose an older one.

use std::time::Duration;

use super::{key_file, store};
use crate::{
    core::time::Clock,
    db::Database,
    keys::Source,
    sealing,
    tests::{app::test_now, unprepared_databases},
};

fn setting(text: &str) -> Source {
    Source::Setting(text.replace('A', &"5e".repeat(32)).replace('B', &"b7".repeat(32)).into())
}

async fn starts(url: &str, source: &Source) -> Result<Vec<String>, String> {
    let db = Database::open(url).await.expect("opens");
    let told = sealing::prepare(&db, source, test_now()).await;
    db.close().await;
    told
}

#[tokio::test]
async fn the_database_does_not_choose_an_older_key() {
    unprepared_databases(|db: Database, url: String| async move {
        let (folder, clock) = (tempfile::tempdir().expect("a folder"), Clock::standing_at(test_now()));
        let source = key_file(&folder);
        let Source::File(path) = &source else { unreachable!("a file") };
        let text = || std::fs::read_to_string(path).expect("read");
        sealing::prepare(&db, &source, test_now()).await.expect("prepared");
        assert!(!text().contains("current:"), "a file of before");
        sealing::rotate(&db, &source, &clock, Duration::ZERO, |_| {}).await.expect("rotated");
        assert!(text().contains("\ncurrent:2\noldest:2\n"), "the file says so");
        assert_eq!(starts(&url, &source).await, Ok(Vec::new()));
        for change in store::VERSION_CHANGES {
            store::change_versions(&db, change).await;
            let error = starts(&url, &source).await.expect_err(change);
            assert!(error.contains("says that version 2 of the key is current and 2 the oldest in use"), "{change}: {error}");
            let error = starts(&url, &setting(&text())).await.expect_err(change);
            assert!(error.contains("the setting `keys` says that version 2"), "{change}: {error}");
            // A running program does not follow either.
            assert!(sealing::look_again(&db, &source).await.is_err(), "{change}");
            assert_eq!(db.keys().current(), 2, "{change}");
            store::put_versions_right(&db).await;
            assert_eq!(starts(&url, &source).await, Ok(Vec::new()));
        }
        db.close().await;
    })
    .await;
}

/// A started rotation is between two versions: the servers start with either state of the file.
#[tokio::test]
async fn a_rotation_that_was_begun_goes_on_from_any_state_of_the_file() {
    unprepared_databases(|db: Database, url: String| async move {
        let (folder, clock) = (tempfile::tempdir().expect("a folder"), Clock::standing_at(test_now()));
        let source = key_file(&folder);
        sealing::prepare(&db, &source, test_now()).await.expect("prepared");
        // It was stopped after the file had the key.
        source.add(2).expect("added");
        assert_eq!(starts(&url, &source).await, Ok(Vec::new()));
        // It was stopped after the database recorded the version, before the file was advanced.
        let hear = Duration::from_mins(10);
        let stopped = tokio::time::timeout(Duration::from_secs(2), sealing::rotate(&db, &source, &clock, hear, |_| {})).await;
        assert!(stopped.is_err() && source.read().expect("read").current == 2);
        assert_eq!(starts(&url, &source).await, Ok(Vec::new()));
        let Source::File(path) = &source else { unreachable!("a file") };
        let text = std::fs::read_to_string(path).expect("read");
        std::fs::write(path, text.replace("current:2", "current:1")).expect("written");
        assert_eq!(starts(&url, &source).await, Ok(Vec::new()));
        let done = sealing::rotate(&db, &source, &clock, Duration::ZERO, |_| {}).await.expect("rotated");
        assert_eq!((done.from, done.to, done.resumed), (1, 2, true));
        let set = source.read().expect("read");
        assert_eq!((set.current, set.oldest), (2, 2));
        db.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_highest_version_of_a_setting_is_current() {
    unprepared_databases(|db: Database, url: String| async move {
        let clock = Clock::standing_at(test_now());
        sealing::prepare(&db, &setting("1:A"), test_now()).await.expect("prepared");
        let error = sealing::rotate(&db, &setting("1:A"), &clock, Duration::ZERO, |_| {}).await.expect_err("no key");
        assert!(error.contains("add `2:`") && error.contains("`current:1`"), "{error}");
        let error = starts(&url, &setting("1:A,2:B")).await.expect_err("not rotated to it");
        assert!(error.contains("`current:1` until it is rotated"), "{error}");
        let both = setting("1:A,2:B,current:1");
        assert_eq!(starts(&url, &both).await, Ok(Vec::new()));
        let done = sealing::rotate(&db, &both, &clock, Duration::ZERO, |_| {}).await.expect("rotated");
        assert_eq!((done.from, done.to), (1, 2));
        assert_eq!(starts(&url, &setting("1:A,2:B")).await, Ok(Vec::new()));
        db.close().await;
    })
    .await;
}

/// A file that was created by hand where the program cannot write: its name is too long for a new file beside it.
#[tokio::test]
async fn a_key_file_that_cannot_be_written_is_rotated_and_the_command_says_what_is_missing() {
    unprepared_databases(|db: Database, url: String| async move {
        let (folder, clock) = (tempfile::tempdir().expect("a folder"), Clock::standing_at(test_now()));
        let path = folder.path().join("k".repeat(250));
        let written = |text: &str| {
            std::fs::write(&path, text.replace('A', &"5e".repeat(32)).replace('B', &"b7".repeat(32))).expect("written");
            #[cfg(unix)]
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("for its owner alone");
        };
        written("1:A\n");
        let source = Source::File(path.clone());
        sealing::prepare(&db, &source, test_now()).await.expect("prepared");
        let error = sealing::rotate(&db, &source, &clock, Duration::ZERO, |_| {}).await.expect_err("no key");
        assert!(error.contains("add a line with `2:`") && error.contains("`current:1`"), "{error}");
        written("1:A\n2:B\ncurrent:1\n");
        let done = sealing::rotate(&db, &source, &clock, Duration::ZERO, |_| {}).await.expect("rotated");
        assert_eq!((done.from, done.to), (1, 2));
        let by_hand = done.by_hand.expect("the file does not say it");
        assert!(by_hand.contains("`current:2`") && by_hand.contains("`oldest:2`") && by_hand.contains("by hand"), "{by_hand}");
        assert_eq!(starts(&url, &source).await, Ok(Vec::new()));
        // Once the file has these lines, nothing must be written.
        written("1:A\n2:B\ncurrent:2\noldest:2\n");
        assert_eq!(source.advance(2, Some(2)), Ok(None));
        assert_eq!(starts(&url, &source).await, Ok(Vec::new()));
        db.close().await;
    })
    .await;
}
