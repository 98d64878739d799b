//! Opening a database and handing out transactions.

use std::{borrow::Cow, path::Path, str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions as _, Connection as _, PgPool, Postgres, SqlitePool, Transaction,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{DbError, Reader, Tx, sql::made_here, tx::On};
use crate::keys::Keyring;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// A PostgreSQL connection unused for so long is asked whether it still lives.
const RESTED: Duration = Duration::from_secs(1);

/// The engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// An open database.
#[derive(Clone, Debug)]
pub struct Database {
    pools: Pools,
    url: String,
    keys: Keyring,
}

#[derive(Clone, Debug)]
enum Pools {
    /// Readers run beside each other; writers queue for the one writing connection, in order, instead of fighting
    /// over the file's lock.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

/// Makes a missing file for this program's user alone; SQLite gives what it puts beside it the same mode. Whatever fails here, opening
/// tells.
fn make_private(path: &str) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}

impl Database {
    /// Opens `postgres://...`, `sqlite:path` or a plain path. A SQLite file is made when missing, with its folder.
    ///
    /// # Errors
    /// When it cannot be reached or opened.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let cores = std::thread::available_parallelism().map_or(2, usize::from);
            let pool = PgPoolOptions::new()
                .max_connections(u32::try_from(cores * 4).unwrap_or(16).max(8))
                .acquire_timeout(Duration::from_secs(5))
                // Asking each time whether a connection lives would cost each page a round trip more.
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
            // NORMAL would lose acknowledged commits when the power fails.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            // 8 MB for each connection; the system's own cache, through the map, has what many need.
            .pragma("cache_size", "-8192")
            .pragma("mmap_size", "268435456")
            .statement_cache_capacity(500)
            .optimize_on_close(true, None)
            // A slow statement would be logged with its whole text.
            .disable_statement_logging();
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(10))
            // On a full disk SQLite itself ends the transaction, and the connection no longer knows where it is: another takes its place.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .connect_with(options.clone())
            .await?;
        let read = SqlitePoolOptions::new()
            .max_connections(8)
            // A file does not hang up.
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

    /// The URL without its password, for logs.
    pub fn shown_url(&self) -> String {
        match (self.url.split_once("://"), self.url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
            _ => self.url.clone(),
        }
    }

    /// What its sealed fields are sealed with: without keys until `crate::sealing::prepare` has seen to it.
    pub const fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// Brings the schema up to date, or up to the migration of this number. `crate::sealing::prepare` does so in its steps.
    ///
    /// # Errors
    /// When a migration fails or the schema is from a newer program.
    pub async fn migrate(&self, last: Option<i64>) -> Result<(), DbError> {
        let all = match &self.pools {
            Pools::Sqlite { .. } => &SQLITE_MIGRATIONS,
            Pools::Postgres(_) => &POSTGRES_MIGRATIONS,
        };
        let some: Vec<_> = all.iter().filter(|migration| last.is_none_or(|last| migration.version <= last)).cloned().collect();
        let mut some = Migrator { migrations: some.into(), ..Migrator::DEFAULT };
        some.set_ignore_missing(last.is_some());
        match &self.pools {
            Pools::Sqlite { write, .. } => some.run(write).await,
            Pools::Postgres(pool) => some.run(pool).await,
        }
        .map_err(|error| DbError::from(sqlx::Error::from(error)))
    }

    /// For reading: no transaction, so a page costs no extra round trips.
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

    /// For writing: a transaction that rolls back unless [`Tx::commit`] is called.
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

    /// Runs statements that stand in no transaction.
    ///
    /// # Errors
    /// What the database refused.
    pub async fn alone(&self, statements: &[&'static str]) -> Result<(), DbError> {
        for statement in statements {
            match &self.pools {
                Pools::Sqlite { write, .. } => sqlx::raw_sql(*statement).execute(write).await.map(|_| ())?,
                Pools::Postgres(pool) => sqlx::raw_sql(*statement).execute(pool).await.map(|_| ())?,
            }
        }
        Ok(())
    }

    /// As [`Database::read`], for a reader: in PostgreSQL a transaction that sees that reader's rows only.
    ///
    /// # Errors
    /// When no connection becomes free.
    pub async fn read_for(&self, reader: &Reader) -> Result<Tx, DbError> {
        match &self.pools {
            Pools::Sqlite { .. } => self.read().await,
            Pools::Postgres(pool) => Ok(Tx::new(On::PostgresLook(begin(pool, reader.begins().into()).await?), self.keys.clone())),
        }
    }

    /// As [`Database::write`], for a reader.
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

    /// Finishes what is under way and closes.
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

/// Begins a transaction, to its end even when nobody waits for it any more: a request that goes away between `BEGIN` and its answer
/// would otherwise leave the connection to the next one in the middle of a transaction, as somebody else's reader.
async fn begin(pool: &PgPool, statement: Cow<'static, str>) -> Result<Transaction<'static, Postgres>, DbError> {
    let (pool, statement) = (pool.clone(), made_here(statement));
    let begun = tokio::spawn(async move { pool.begin_with(statement).await }).await;
    Ok(begun.map_err(|_| sqlx::Error::WorkerCrashed)??)
}

/// Whether nothing leaves this machine on the way there.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn postgres_options(url: &str) -> Result<PgConnectOptions, DbError> {
    let mut options = PgConnectOptions::from_str(url)?.application_name("infirmary").disable_statement_logging();
    if matches!(options.get_ssl_mode(), PgSslMode::Prefer | PgSslMode::Allow) {
        // To another machine by TLS and to the right one, or not at all: who wants it otherwise writes `sslmode=disable`.
        let mode = if is_here(&options) { PgSslMode::Disable } else { PgSslMode::VerifyFull };
        options = options.ssl_mode(mode);
    }
    Ok(options.options([
        // What is asked for often is in memory: reading by an index costs hardly more than reading on. PostgreSQL's 4 is for turning
        // disks, and reads whole tables instead.
        ("random_page_cost", "1.1"),
        // Each query is planned once for a connection, not each time for its values: with the policies of row-level security planning
        // took longer than running it. `tests::plans` looks at the very plans.
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
            // However the line ends: nothing came in the open.
            let _ = stream.read_to_end(&mut more).await;
            (asked, more)
        };
        let (opened, (asked, more)) = tokio::join!(Database::open(&url), server);
        assert!(opened.is_err());
        assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47], "the question for TLS");
        assert_eq!(more, Vec::<u8>::new());
    }
}
