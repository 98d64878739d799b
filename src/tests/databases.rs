//! The databases of the tests: empty ones, and copies of prepared and filled ones, which each process creates once for each engine.

use std::{
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use tokio::sync::OnceCell;

use super::{
    Fixture,
    app::{open, test_now},
};
use crate::{
    core::time::Instant,
    db::{Database, Engine},
};

/// The largest age, in seconds, of a process that may still copy its template.
const TEMPLATE_SECONDS: i64 = 24 * 3_600;

/// Returns the URL of a SQLite file that does not exist yet, and its folder.
pub fn empty_sqlite() -> (String, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (format!("sqlite:{}/test.db", folder.path().display()), folder)
}

/// Creates an empty PostgreSQL database and returns its URL, if a server is configured.
pub async fn empty_postgres() -> Option<String> {
    let server = server()?;
    let name = new_name();
    run(&server, format!("CREATE DATABASE {name}")).await;
    Some(database_on(&server, &name))
}

/// Returns the URL of a migrated database without content on SQLite, and its folder. Its migrations cost as much as ten tests, so they
/// run once.
pub async fn prepared_sqlite() -> (String, tempfile::TempDir) {
    static CONTENT: OnceCell<Content> = OnceCell::const_new();
    let content = CONTENT.get_or_init(|| async {
        let (url, _folder) = empty_sqlite();
        Content::of(&open(&url).await, &url).await
    });
    let (url, folder) = content.await.copy().await;
    (url, folder.expect("the folder of a file"))
}

/// Returns the URL of a migrated database without content on PostgreSQL, if a server is configured.
pub async fn prepared_postgres() -> Option<String> {
    static CONTENT: OnceCell<Content> = OnceCell::const_new();
    let server = server()?;
    let content = CONTENT.get_or_init(|| async {
        let url = new_template(&server).await;
        Content::of(&open(&url).await, &url).await
    });
    Some(content.await.copy().await.0)
}

/// A filled database that is copied for each test that may change it.
#[derive(Debug)]
pub struct Template {
    content: Content,
    pub fixture: Arc<Fixture>,
    /// The time of the hospital in it.
    pub now: Instant,
}

#[derive(Debug)]
enum Content {
    /// The bytes of a SQLite file.
    File(Vec<u8>),
    /// The URL of a PostgreSQL database.
    Database(String),
}

impl Template {
    /// Creates a template from a database that has no other users, and closes it.
    pub async fn of(db: &Database, url: &str, fixture: Arc<Fixture>, now: Instant) -> Self {
        Self { content: Content::of(db, url).await, fixture, now }
    }

    /// Returns the template of the fixture hospital on SQLite.
    pub async fn sqlite() -> &'static Self {
        static TEMPLATE: OnceCell<Template> = OnceCell::const_new();
        TEMPLATE
            .get_or_init(|| async {
                let (url, _folder) = prepared_sqlite().await;
                Self::filled(&url).await
            })
            .await
    }

    /// Returns the template of the fixture hospital on PostgreSQL, if a server is configured.
    pub async fn postgres() -> Option<&'static Self> {
        static TEMPLATE: OnceCell<Template> = OnceCell::const_new();
        let server = server()?;
        let template = TEMPLATE.get_or_init(|| async { Self::filled(&new_template(&server).await).await });
        Some(template.await)
    }

    async fn filled(url: &str) -> Self {
        let db = open(url).await;
        let fixture = Fixture::fill(&db, test_now()).await.expect("filled");
        Self::of(&db, url, Arc::new(fixture), test_now()).await
    }

    /// Returns the URL of a new copy; for SQLite also its folder.
    pub async fn copy(&self) -> (String, Option<tempfile::TempDir>) {
        self.content.copy().await
    }

    /// Drops the template of a race; the templates of the process stay until it ends.
    pub async fn remove(&self) {
        if let Content::Database(url) = &self.content {
            drop_postgres(url).await;
        }
    }
}

impl Content {
    /// Takes the content of a database that has no other users, and closes it.
    async fn of(db: &Database, url: &str) -> Self {
        let content = if db.engine() == Engine::Sqlite {
            // Moves the content of the write-ahead log into the file.
            db.alone(&["PRAGMA wal_checkpoint(TRUNCATE)"]).await.expect("a checkpoint");
            Self::File(std::fs::read(path_of(url)).expect("the file"))
        } else {
            Self::Database(url.to_owned())
        };
        // PostgreSQL copies only a database without connections.
        db.close().await;
        content
    }

    async fn copy(&self) -> (String, Option<tempfile::TempDir>) {
        match self {
            Self::File(bytes) => {
                let (url, folder) = empty_sqlite();
                // The mode that the program gives a file that it creates itself.
                let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path_of(&url));
                file.and_then(|mut file| file.write_all(bytes)).expect("copied");
                (url, Some(folder))
            }
            Self::Database(url) => {
                let (_, template) = url.rsplit_once('/').expect("a URL with a database");
                let (server, name) = (database_on(url, "postgres"), new_name());
                // Copying files takes seven tenths of the time of copying through the log.
                run(&server, format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")).await;
                (database_on(&server, &name), None)
            }
        }
    }
}

/// Creates a database for a template of this process and returns its URL. A process cannot drop its template when it ends, so this
/// function drops those of the day before.
async fn new_template(server: &str) -> String {
    let mut connection = connect(server).await;
    let query = "SELECT datname::text, split_part(datname, '_', 3)::bigint < extract(epoch FROM now()) - $1 FROM pg_database
        WHERE datname ~ '^test_template_[0-9]+_'";
    for row in sqlx::query(query).bind(TEMPLATE_SECONDS).fetch_all(&mut connection).await.expect("names") {
        if row.get(1) {
            // Another process may drop it at the same time.
            let drop = format!("DROP DATABASE IF EXISTS {}", row.get::<String, _>(0));
            let _ = sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut connection).await;
        }
    }
    let now = sqlx::query("SELECT extract(epoch FROM now())::bigint").fetch_one(&mut connection).await.expect("the time");
    connection.close().await.expect("closed");
    let name = new_name().replacen("test_", &format!("test_template_{}_", now.get::<i64, _>(0)), 1);
    run(server, format!("CREATE DATABASE {name}")).await;
    database_on(server, &name)
}

/// Drops a PostgreSQL database.
pub async fn drop_postgres(url: &str) {
    let (_, name) = url.rsplit_once('/').expect("a URL with a database");
    run(&database_on(url, "postgres"), format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

fn server() -> Option<String> {
    std::env::var("INFIRMARY_TEST_POSTGRES").ok()
}

fn new_name() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

fn path_of(url: &str) -> &str {
    url.strip_prefix("sqlite:").expect("a SQLite file")
}

/// Returns the URL of another database on the same server.
fn database_on(server: &str, name: &str) -> String {
    let (base, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{base}/{name}")
}

async fn connect(server: &str) -> PgConnection {
    PgConnection::connect(server).await.expect("PostgreSQL answers")
}

async fn run(server: &str, statement: String) {
    let mut connection = connect(server).await;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect("done");
    connection.close().await.expect("closed");
}
