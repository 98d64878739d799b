//! Opens a database and provides transactions.

use std::{borrow::Cow, path::Path, str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, PgPool, Postgres, SqlitePool, Transaction,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{DbError, Fit, Reader, Tx, sql::made_here, tx::On};
use crate::keys::Keyring;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// A PostgreSQL connection that was unused for this long is tested before use.
const RESTED: Duration = Duration::from_secs(1);

/// The number of the newest migration; both engines have the same.
pub(super) fn newest_migration() -> i64 {
    SQLITE_MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// An open database.
#[derive(Clone, Debug)]
pub struct Database {
    pub(super) pools: Pools,
    pub(super) url: String,
    keys: Keyring,
}

#[derive(Clone, Debug)]
pub(super) enum Pools {
    /// Readers run in parallel; writers queue for the one writing connection, in order, instead of competing for the
    /// file's lock.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

/// Creates a missing database file that only this system user can read; SQLite gives the files beside it the same mode. An error here
/// is ignored, because opening the file reports it.
fn make_private(path: &str) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}

impl Database {
    /// Opens `postgres://...`, `sqlite:path` or a plain path. Creates a missing SQLite file and its folder.
    ///
    /// # Errors
    /// When the database cannot be reached or opened.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let cores = std::thread::available_parallelism().map_or(2, usize::from);
            let pool = PgPoolOptions::new()
                .max_connections(u32::try_from(cores * 4).unwrap_or(16).max(8))
                .acquire_timeout(Duration::from_secs(5))
                // Testing a connection at each use would cost every page one more round trip.
                .test_before_acquire(false)
                .before_acquire(|connection, about| {
                    Box::pin(async move {
                        if about.idle_for > RESTED {
                            connection.ping().await?;
                        }
                        Ok(true)
                    })
                })
                .connect_with(postgres_options(url)?)
                .await?;
            return Ok(Self { pools: Pools::Postgres(pool), url: url.to_owned(), keys: Keyring::default() });
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
        if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(sqlx::Error::Io)?;
        }
        make_private(path);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // With NORMAL, a power failure would lose committed transactions.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            // 8 MB for each connection; the operating system's cache, through the memory map, holds the pages that many
            // connections read.
            .pragma("cache_size", "-8192")
            .pragma("mmap_size", "268435456")
            .statement_cache_capacity(500)
            .optimize_on_close(true, None)
            // Logging a slow statement would log its whole text.
            .disable_statement_logging();
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(10))
            // On a full disk SQLite itself ends the transaction, and the connection's state is then wrong: the pool replaces it.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .connect_with(options.clone())
            .await?;
        let read = SqlitePoolOptions::new()
            .max_connections(8)
            // A connection to a file does not break.
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self { pools: Pools::Sqlite { read, write }, url: url.to_owned(), keys: Keyring::default() })
    }

    /// Which engine this is.
    pub const fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Returns the URL without its password, for logs.
    pub fn shown_url(&self) -> String {
        match (self.url.split_once("://"), self.url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
            _ => self.url.clone(),
        }
    }

    /// The keys of the sealed fields; empty until `crate::sealing::prepare` has loaded them.
    pub const fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// Migrates the schema to the newest version, or to the migration with this number. `crate::sealing::prepare` does so
    /// in its steps.
    ///
    /// # Errors
    /// When a migration fails, or a newer program has changed the schema.
    pub async fn migrate(&self, last: Option<i64>) -> Result<(), DbError> {
        let all = match &self.pools {
            Pools::Sqlite { .. } => &SQLITE_MIGRATIONS,
            Pools::Postgres(_) => &POSTGRES_MIGRATIONS,
        };
        let some: Vec<_> = all.iter().filter(|migration| last.is_none_or(|last| migration.version <= last)).cloned().collect();
        let mut some = Migrator { migrations: some.into(), ..Migrator::DEFAULT };
        some.set_ignore_missing(last.is_some() || matches!(self.fit().await?, Fit::Added(_)));
        match &self.pools {
            Pools::Sqlite { write, .. } => some.run(write).await,
            Pools::Postgres(pool) => some.run(pool).await,
        }
        .map_err(|error| DbError::from(sqlx::Error::from(error)))
    }

    /// Returns a [`Tx`] for reading, without a transaction, so that a page costs no extra round trips.
    ///
    /// # Errors
    /// When no connection becomes free.
    pub async fn read(&self) -> Result<Tx, DbError> {
        let on = match &self.pools {
            Pools::Sqlite { read, .. } => On::SqliteRead(read.acquire().await?),
            Pools::Postgres(pool) => On::PostgresRead(pool.acquire().await?),
        };
        Ok(Tx::new(on, self.keys.clone()))
    }

    /// Returns a [`Tx`] for writing: a transaction that rolls back unless [`Tx::commit`] is called.
    ///
    /// # Errors
    /// When no connection becomes free.
    pub async fn write(&self) -> Result<Tx, DbError> {
        let on = match &self.pools {
            Pools::Sqlite { write, .. } => On::SqliteWrite(write.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => On::PostgresWrite(begin(pool, "BEGIN".into()).await?),
        };
        Ok(Tx::new(on, self.keys.clone()))
    }

    /// Runs statements outside any transaction.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn alone(&self, statements: &[&'static str]) -> Result<(), DbError> {
        for statement in statements {
            match &self.pools {
                Pools::Sqlite { write, .. } => sqlx::raw_sql(*statement).execute(write).await.map(|_| ())?,
                Pools::Postgres(pool) => sqlx::raw_sql(*statement).execute(pool).await.map(|_| ())?,
            }
        }
        Ok(())
    }

    /// Like [`Database::read`], for a reader: in PostgreSQL a transaction that reads only that reader's rows.
    ///
    /// # Errors
    /// When no connection becomes free.
    pub async fn read_for(&self, reader: &Reader) -> Result<Tx, DbError> {
        match &self.pools {
            Pools::Sqlite { .. } => self.read().await,
            Pools::Postgres(pool) => Ok(Tx::new(On::PostgresLook(begin(pool, reader.begins().into()).await?), self.keys.clone())),
        }
    }

    /// Like [`Database::write`], for a reader.
    ///
    /// # Errors
    /// When no connection becomes free.
    pub async fn write_for(&self, reader: &Reader) -> Result<Tx, DbError> {
        match &self.pools {
            Pools::Sqlite { .. } => self.write().await,
            Pools::Postgres(pool) => Ok(Tx::new(On::PostgresWrite(begin(pool, reader.begins().into()).await?), self.keys.clone())),
        }
    }

    /// The PostgreSQL pool, for `LISTEN`.
    pub const fn postgres(&self) -> Option<&PgPool> {
        match &self.pools {
            Pools::Postgres(pool) => Some(pool),
            Pools::Sqlite { .. } => None,
        }
    }

    /// Finishes running queries and closes the database.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Begins a transaction. `BEGIN` always completes, even if its request was cancelled; otherwise the next request would get a
/// connection with an open transaction that has another reader's rights.
async fn begin(pool: &PgPool, statement: Cow<'static, str>) -> Result<Transaction<'static, Postgres>, DbError> {
    let (pool, statement) = (pool.clone(), made_here(statement));
    let begun = tokio::spawn(async move { pool.begin_with(statement).await }).await;
    Ok(begun.map_err(|_| sqlx::Error::WorkerCrashed)??)
}

/// Whether the connection stays on this machine.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

pub(super) fn postgres_options(url: &str) -> Result<PgConnectOptions, DbError> {
    let mut options = PgConnectOptions::from_str(url)?.application_name("infirmary").disable_statement_logging();
    if matches!(options.get_ssl_mode(), PgSslMode::Prefer | PgSslMode::Allow) {
        // A connection to another machine uses TLS and verifies the server's name; `sslmode=disable` in the URL turns
        // this off.
        let mode = if is_here(&options) { PgSslMode::Disable } else { PgSslMode::VerifyFull };
        options = options.ssl_mode(mode);
    }
    Ok(options.options([
        // Frequently read data is in memory, so an index read costs hardly more than a sequential read. PostgreSQL's default of 4 is
        // for rotating disks and makes it read whole tables instead.
        ("random_page_cost", "1.1"),
        // Each query is planned once per connection, not each time for its values: with row-level security, planning took longer than
        // running the query. `tests::plans` checks the same plans.
        ("plan_cache_mode", "force_generic_plan"),
    ]))
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn another_machine_is_reached_by_tls_or_not_at_all() {
        for (url, mode) in [
            ("postgres://u@127.0.0.1/x", "Disable"),
            ("postgres://u@localhost/x", "Disable"),
            ("postgres://u@[::1]/x", "Disable"),
            ("postgres://u@db.test/x", "VerifyFull"),
            ("postgres://u@10.0.0.1/x?sslmode=prefer", "VerifyFull"),
            ("postgres://u@db.test/x?sslmode=require", "Require"),
            ("postgres://u@db.test/x?sslmode=disable", "Disable"),
        ] {
            let options = postgres_options(url).expect("a URL");
            assert_eq!(format!("{:?}", options.get_ssl_mode()), mode, "{url}");
        }
    }

    #[tokio::test]
    async fn who_wants_tls_says_nothing_to_a_server_without_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("postgres://somebody:secret@{}/x?sslmode=require", listener.local_addr().expect("an address"));
        let server = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut asked = [0; 8];
            stream.read_exact(&mut asked).await.expect("a question");
            stream.write_all(b"N").await.expect("an answer");
            let mut more = Vec::new();
            // The connection may end in any way; the test requires only that no data arrived unencrypted.
            let _ = stream.read_to_end(&mut more).await;
            (asked, more)
        };
        let (opened, (asked, more)) = tokio::join!(Database::open(&url), server);
        assert!(opened.is_err());
        assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47], "the question for TLS");
        assert_eq!(more, Vec::<u8>::new());
    }
}
