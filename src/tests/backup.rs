//! Tests of backups and their return on both engines: whole, changed, interrupted, in the wrong place, with the wrong key.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, sqlite::SqliteConnectOptions};

use super::{TestApp, app::test_now, databases, on_both_engines, test_config};
use crate::{
    app::PROGRAM,
    core::time::Instant,
    db::{Database, Engine, upkeep::sqlite_path},
    operations::{
        age::Identity,
        backup::{AsItIs, Ask, Made, Plan, Restored, Step, Steps, found, make, newest_at, restore},
    },
    server::config::{Config, Hidden},
};

/// A hospital with a folder for backups and the private key of them.
struct Hospital {
    config: Config,
    folder: tempfile::TempDir,
    secret: String,
}

impl Hospital {
    fn of(app: &TestApp) -> Self {
        Self {
            config: settings(&app.url),
            folder: tempfile::tempdir().expect("a folder"),
            secret: Identity::generate().expect("a key").reveal().to_string(),
        }
    }

    fn to(&self) -> PathBuf {
        self.folder.path().join("backups")
    }

    fn identities(&self) -> Vec<Identity> {
        Identity::list(&self.secret).expect("a key")
    }

    async fn make(&self, steps: impl Steps + 'static, at: Instant) -> Result<Made, String> {
        let plan = Plan {
            to: self.to(),
            recipients: self.identities().iter().map(Identity::recipient).collect(),
            scratch: Some(self.folder.path().join("scratch")),
            steps: Arc::new(steps),
        };
        make(&PROGRAM, &self.config, &plan, at).await
    }

    fn ask(&self, from: &Path) -> Ask {
        Ask {
            from: from.to_path_buf(),
            identities: self.identities(),
            verify_only: false,
            despite_findings: false,
            scratch: Some(self.folder.path().join("scratch")),
            steps: Arc::new(AsItIs),
        }
    }

    /// Restores into another database, whose URL is given.
    async fn restore(&self, url: &str, ask: Ask) -> Result<Restored, String> {
        restore(&PROGRAM, &settings(url), ask).await
    }

    /// The unencrypted copies that are still there.
    fn left(&self) -> Vec<String> {
        let scratch = self.folder.path().join("scratch/.infirmary-backup");
        let names = fs::read_dir(scratch).into_iter().flatten().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name != ".lock").collect()
    }
}

/// The settings for a database with the keys of the tests.
fn settings(url: &str) -> Config {
    Config { database_url: url.to_owned(), keys: Some(Hidden(format!("1:{}", "5e".repeat(32)))), ..test_config() }
}

/// Returns a place of the same engine for a restored database.
async fn empty_place(app: &TestApp) -> (String, tempfile::TempDir) {
    match app.state.db.engine() {
        Engine::Sqlite => databases::empty_sqlite(),
        Engine::Postgres => (databases::empty_postgres().await.expect("a server"), tempfile::tempdir().expect("a folder")),
    }
}

/// Returns a text for each table that differs when any value of any row does.
async fn digests(url: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    if let Some(path) = sqlite_path(url) {
        let mut connection = SqliteConnectOptions::new().filename(path).read_only(true).connect().await.expect("opens");
        let tables: Vec<(String,)> = sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
            .fetch_all(&mut connection)
            .await
            .expect("tables");
        for (table,) in tables {
            let columns: Vec<(String,)> =
                sqlx::query_as("SELECT name FROM pragma_table_info($1)").bind(&table).fetch_all(&mut connection).await.expect("columns");
            let row = columns.iter().map(|(name,)| format!("quote(\"{name}\")")).collect::<Vec<_>>().join(" || ',' || ");
            let rows: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(format!("SELECT {row} FROM \"{table}\" ORDER BY 1")))
                .fetch_all(&mut connection)
                .await
                .expect("rows");
            all.insert(table, rows.into_iter().map(|(row,)| row + "\n").collect());
        }
        connection.close().await.expect("closed");
        return all;
    }
    let mut connection = PgConnection::connect(url).await.expect("opens");
    let tables: Vec<(String,)> = sqlx::query_as("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
        .fetch_all(&mut connection)
        .await
        .expect("tables");
    for (table,) in tables {
        let query = format!("SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM \"{table}\" t");
        let (rows,): (String,) = sqlx::query_as(AssertSqlSafe(query)).fetch_one(&mut connection).await.expect("rows");
        all.insert(table, rows);
    }
    connection.close().await.expect("closed");
    all
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Ends the program before a step, as a kill does: nothing cleans up.
#[derive(Debug)]
struct KilledAt(Step);

impl Steps for KilledAt {
    fn before(&self, step: Step) -> io::Result<()> {
        if step == self.0 { Err(io::Error::other("killed")) } else { Ok(()) }
    }

    fn cleans(&self) -> bool {
        false
    }
}

/// A disk on which so many bytes are free before a copy is made.
#[derive(Debug)]
struct NearlyFull(u64);

impl Steps for NearlyFull {
    fn free(&self, _: &Path) -> io::Result<u64> {
        Ok(self.0)
    }
}

/// A disk with room for so many bytes.
#[derive(Debug)]
struct SmallDisk {
    room: Arc<AtomicU64>,
    cleans: bool,
}

impl SmallDisk {
    fn of(bytes: u64, cleans: bool) -> Self {
        Self { room: Arc::new(AtomicU64::new(bytes)), cleans }
    }
}

struct OnSmallDisk(File, Arc<AtomicU64>);

impl Write for OnSmallDisk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let some = bytes.len().min(usize::try_from(self.1.load(Ordering::Relaxed)).expect("small"));
        if some == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.1.fetch_sub(some as u64, Ordering::Relaxed);
        self.0.write(&bytes[..some])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Steps for SmallDisk {
    fn writer(&self, file: File) -> Box<dyn Write + Send> {
        Box::new(OnSmallDisk(file, self.room.clone()))
    }

    fn cleans(&self) -> bool {
        self.cleans
    }
}

#[tokio::test]
async fn what_was_backed_up_while_people_worked_comes_back_row_by_row() {
    on_both_engines(|app| async move {
        let hospital = Hospital::of(&app);
        // Patients are registered while the copy is made: the backup is one moment of them.
        let (made, _) = tokio::join!(hospital.make(AsItIs, test_now()), app.people(30));
        let made = made.expect("made");
        assert_eq!(made.manifest.findings, Vec::<String>::new());
        assert_eq!(names(&made.folder), ["database.age", "manifest.age", "manifest.json"], "the key file is not in it");
        assert_eq!(hospital.left(), Vec::<String>::new(), "no unencrypted copy is left");

        // A second one without work beside it is compared row by row.
        app.state.reads.finish().await;
        let before = digests(&app.url).await;
        let made = hospital.make(AsItIs, test_now() + chrono::TimeDelta::hours(1)).await.expect("made");
        assert_eq!(made.removed.len(), 1, "the one of the same day is superseded");
        let count: i64 = made.manifest.all_rows();
        assert!(count > 100 && made.manifest.rows["patients"] == 34, "{count} rows");
        assert_eq!(found(&hospital.to()).expect("backups").len(), 1);

        let (url, _place) = empty_place(&app).await;
        let verified = hospital.restore(&url, Ask { verify_only: true, ..hospital.ask(&made.folder) }).await.expect("verified");
        assert!(!verified.placed && verified.findings.is_empty());
        assert_eq!(hospital.left(), Vec::<String>::new());
        let restored = hospital.restore(&url, hospital.ask(&made.folder)).await.expect("restored, since the check left the place empty");
        assert!(restored.placed);
        let after = digests(&url).await;
        for (table, rows) in &before {
            assert_eq!(after.get(table), Some(rows), "{table}");
        }
        assert_eq!(before.len(), after.len());
        // It works: it opens with the keys and holds every rule.
        crate::commands::check(&settings(&url)).await.expect("sound");

        let error = hospital.restore(&url, hospital.ask(&made.folder)).await.expect_err("there is a database");
        // SQLite's log stays beside the file for a moment when a reader closes after the writer.
        assert!(error.contains("never overwrites") || error.contains("-wal is there"), "{error}");
        if app.state.db.engine() == Engine::Postgres {
            databases::drop_postgres(&url).await;
        }
    })
    .await;
}

#[tokio::test]
async fn documents_come_back_with_their_bytes() {
    on_both_engines(|app| async move {
        super::documents::add_one(&app).await;
        app.state.reads.finish().await;
        let hospital = Hospital::of(&app);
        let made = hospital.make(AsItIs, test_now()).await.expect("made");
        assert_eq!(made.manifest.findings, Vec::<String>::new());
        let before = digests(&app.url).await;
        let (url, _place) = empty_place(&app).await;
        let restored = hospital.restore(&url, hospital.ask(&made.folder)).await.expect("restored");
        assert!(restored.placed && restored.findings.is_empty());
        let after = digests(&url).await;
        for table in ["patient_documents", "document_chunks"] {
            assert!(before.get(table).is_some_and(|rows| rows.len() > 100), "{table}");
            assert_eq!(before.get(table), after.get(table), "{table}");
        }
        if app.state.db.engine() == Engine::Postgres {
            databases::drop_postgres(&url).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_backup_that_was_changed_anywhere_or_has_another_key_is_refused() {
    let app = TestApp::sqlite().await;
    let hospital = Hospital::of(&app);
    let made = hospital.make(AsItIs, test_now()).await.expect("made");
    let (url, _place) = databases::empty_sqlite();
    let verify = async |hospital: &Hospital| hospital.restore(&url, Ask { verify_only: true, ..hospital.ask(&made.folder) }).await;
    for name in ["database.age", "manifest.age", "manifest.json"] {
        let path = made.folder.join(name);
        let whole = fs::read(&path).expect("a file");
        for part in 0..25 {
            let mut changed = whole.clone();
            changed[part * (whole.len() - 1) / 24] ^= 1;
            fs::write(&path, &changed).expect("changed");
            let error = verify(&hospital).await.expect_err("refused");
            assert!(["changed", "cannot be read", "does not open"].iter().any(|word| error.contains(word)), "{name}, part {part}: {error}");
        }
        fs::write(&path, &whole[..whole.len() - 1]).expect("cut off");
        verify(&hospital).await.expect_err("cut off");
        fs::remove_file(&path).expect("removed");
        verify(&hospital).await.expect_err("missing");
        fs::write(&path, &whole).expect("put back");
    }
    verify(&hospital).await.expect("as it was made");

    let error = hospital.restore(&url, Ask { identities: vec![Identity::generate().expect("a key")], ..hospital.ask(&made.folder) }).await;
    assert!(error.expect_err("another private key").contains("does not open"));
    let other_keys = Config { keys: Some(Hidden(format!("1:{}", "4d".repeat(32)))), ..settings(&url) };
    let error = restore(&PROGRAM, &other_keys, hospital.ask(&made.folder)).await.expect_err("other keys of fields");
    assert!(error.contains("is not the key that this database is sealed with"), "{error}");
    let no_keys = Config { keys: None, key_file: Some(hospital.folder.path().join("none")), ..settings(&url) };
    let error = restore(&PROGRAM, &no_keys, hospital.ask(&made.folder)).await.expect_err("no keys of fields");
    assert!(error.contains("They are not in a backup"), "{error}");
    assert!(!sqlite_path(&url).expect("a path").exists(), "nothing stands in the place");
    assert_eq!(hospital.left(), Vec::<String>::new());
    app.remove().await;
}

#[tokio::test]
async fn a_backup_that_is_interrupted_or_finds_no_room_leaves_nothing_that_counts() {
    let app = TestApp::sqlite().await;
    let hospital = Hospital::of(&app);
    let mut at = test_now() - chrono::TimeDelta::days(100);
    let mut next = || {
        at += chrono::TimeDelta::seconds(1);
        at
    };
    for step in Step::OF_BACKUP.into_iter().filter(|step| *step != Step::Remove) {
        hospital.make(KilledAt(step), next()).await.expect_err("killed");
        assert_eq!(found(&hospital.to()).expect("backups").len(), 0, "{step:?}");
    }
    let kept = hospital.make(AsItIs, next()).await.expect("made after the kills").folder;
    assert_eq!(names(&hospital.to()), [".lock".to_owned(), kept.file_name().expect("a name").to_string_lossy().into_owned()], "swept");
    assert_eq!(hospital.left(), Vec::<String>::new());

    let length = fs::metadata(kept.join("database.age")).expect("a file").len();
    for part in 0..6 {
        let room = length * part / 5 + part;
        for cleans in [true, false] {
            let error = hospital.make(SmallDisk::of(room, cleans), next()).await.expect_err("no room");
            assert!(error.contains("the disk is full") && error.contains(".age") || error.contains("manifest"), "{room}: {error}");
            assert_eq!(found(&hospital.to()).expect("backups").len(), 1, "{room}");
            hospital.restore("sqlite:none", Ask { verify_only: true, ..hospital.ask(&kept) }).await.expect("the older one is whole");
        }
    }
    // Two copies do not fit beside the room for the hospital's work: nothing is copied.
    let needed = 2 * u64::try_from(app.state.db.bytes().await.expect("a size")).expect("positive") + 512 * 1024 * 1024;
    let error = hospital.make(NearlyFull(needed - 1), next()).await.expect_err("too little");
    assert!(error.contains("MB are free") && error.contains("backup_scratch"), "{error}");
    hospital.make(NearlyFull(needed), next()).await.expect("made");
    let mut nowhere = Hospital::of(&app);
    nowhere.folder = tempfile::tempdir().expect("a folder");
    fs::write(nowhere.to(), "a file").expect("written");
    let error = nowhere.make(AsItIs, next()).await.expect_err("no folder");
    assert!(error.contains(&nowhere.to().display().to_string()), "{error}");

    // A kill while older ones are removed: the new one counts, and the next run removes them.
    let last = test_now();
    let made = hospital.make(AsItIs, last).await.expect("made");
    assert_eq!((made.removed.len(), made.not_removed), (0, None), "one of each month");
    let made = hospital.make(KilledAt(Step::Remove), last + chrono::TimeDelta::hours(1)).await.expect("made");
    assert!(made.not_removed.expect("a reason").contains("older backups"));
    assert_eq!(found(&hospital.to()).expect("backups").len(), 3);
    let made = hospital.make(AsItIs, last + chrono::TimeDelta::hours(2)).await.expect("made");
    assert_eq!(made.removed.len(), 2);
    assert_eq!(found(&hospital.to()).expect("backups").len(), 2);
    app.remove().await;
}

#[tokio::test]
async fn a_restore_that_is_interrupted_leaves_the_place_empty_and_succeeds_when_repeated() {
    on_both_engines(|app| async move {
        let hospital = Hospital::of(&app);
        let made = hospital.make(AsItIs, test_now()).await.expect("made");
        let (url, _place) = empty_place(&app).await;
        for step in Step::OF_RESTORE {
            let error = hospital.restore(&url, Ask { steps: Arc::new(KilledAt(step)), ..hospital.ask(&made.folder) }).await;
            assert!(error.expect_err("killed").contains("killed"));
            match sqlite_path(&url) {
                Some(path) => assert!(!path.exists(), "{step:?}"),
                None => {
                    let db = Database::open(&url).await.expect("opens");
                    assert!(!db.has_tables().await.expect("an answer"), "{step:?}");
                    db.close().await;
                }
            }
        }
        let full = SmallDisk::of(100_000, true);
        let error = hospital.restore(&url, Ask { steps: Arc::new(full), ..hospital.ask(&made.folder) }).await.expect_err("no room");
        assert!(error.contains("the disk is full"), "{error}");
        assert!(hospital.restore(&url, hospital.ask(&made.folder)).await.expect("restored").placed);
        if app.state.db.engine() == Engine::Postgres {
            databases::drop_postgres(&url).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_database_in_use_or_of_another_engine_or_schema_is_refused_in_words() {
    on_both_engines(|app| async move {
        let hospital = Hospital::of(&app);
        let made = hospital.make(AsItIs, test_now()).await.expect("made");
        let error = hospital.restore(&app.url, hospital.ask(&made.folder)).await.expect_err("the server has it open");
        assert!(error.contains("is there: a program has the database open") || error.contains("never overwrites"), "{error}");
        let other = if app.state.db.engine() == Engine::Sqlite { "postgres://nobody@127.0.0.1:1/x" } else { "sqlite:/none/x.db" };
        let error = hospital.restore(other, hospital.ask(&made.folder)).await.expect_err("another engine");
        assert!(error.contains("the setting `database_url` names a database of"), "{error}");
        let error = hospital.restore(&app.url, hospital.ask(&hospital.to())).await.expect_err("the folder of all");
        assert!(error.contains("is no backup"), "{error}");
        let error = hospital.make(AsItIs, test_now()).await.expect_err("the same second");
        assert!(error.contains("of this second already"), "{error}");

        app.state.db.alone(&["UPDATE _sqlx_migrations SET version = version + 10000000000000 WHERE version = (SELECT max(version) FROM _sqlx_migrations)"])
            .await
            .expect("a newer schema");
        let error = hospital.make(AsItIs, test_now() + chrono::TimeDelta::hours(1)).await.expect_err("a newer schema");
        assert!(error.contains("back it up with the program that serves it"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_database_with_findings_is_backed_up_and_does_not_count_as_sound() {
    let app = TestApp::sqlite().await;
    let hospital = Hospital::of(&app);
    let sound = hospital.make(AsItIs, test_now()).await.expect("made");
    let mut connection =
        SqliteConnectOptions::new().filename(sqlite_path(&app.url).expect("a path")).foreign_keys(false).connect().await.expect("opens");
    let broken =
        "CREATE TABLE one (id INTEGER PRIMARY KEY); CREATE TABLE two (one INTEGER REFERENCES one (id)); INSERT INTO two VALUES (1)";
    sqlx::raw_sql(broken).execute(&mut connection).await.expect("broken");
    connection.close().await.expect("closed");
    let made = hospital.make(AsItIs, test_now() + chrono::TimeDelta::hours(1)).await.expect("made all the same");
    assert_eq!(made.manifest.findings, ["infirmary check: every reference leads somewhere (1 times)"]);
    assert_eq!(made.removed, Vec::<PathBuf>::new(), "it supersedes no sound one");
    assert!(sound.folder.exists());
    // The newest sound one of a moment is chosen; one with findings takes no place of it, and an unreadable one is not passed over.
    let chosen = |hours| newest_at(found(&hospital.to()).expect("backups"), test_now() + chrono::TimeDelta::hours(hours));
    assert_eq!(chosen(2), Ok(sound.folder.clone()));
    assert!(chosen(-1).is_err_and(|error| error.contains("no sound backup")));
    let unreadable = hospital.to().join((test_now() + chrono::TimeDelta::minutes(30)).format("infirmary-%Y%m%dT%H%M%SZ").to_string());
    fs::create_dir(&unreadable).expect("a folder");
    assert_eq!(chosen(0), Ok(sound.folder.clone()));
    assert!(chosen(2).is_err_and(|error| error.contains("cannot be read")));
    let (url, _place) = databases::empty_sqlite();
    let error = hospital.restore(&url, hospital.ask(&made.folder)).await.expect_err("not without being asked");
    assert!(error.contains("--despite-findings") && error.contains("every reference"), "{error}");
    assert!(!sqlite_path(&url).expect("a path").exists());
    let restored = hospital.restore(&url, Ask { despite_findings: true, ..hospital.ask(&made.folder) }).await.expect("restored");
    assert!(restored.placed && restored.findings.len() == 1);
    app.remove().await;
}
