//! Copies of a whole database, and questions about it as a whole: its schema, its size, whether it is damaged or empty.

use std::{collections::BTreeMap, path::Path, str::FromStr as _};

use sqlx::{
    ConnectOptions as _, Connection as _,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteConnection},
};

use crate::core::time::Instant;

use super::{Database, DbError, Engine, database, database::Pools, sql, sql::made_here, sql_for};

impl Engine {
    /// The word for it in manifests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// Returns the path of a SQLite URL; `None` for PostgreSQL.
pub fn sqlite_path(url: &str) -> Option<&Path> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return None;
    }
    Some(Path::new(url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url)))
}

/// Whether the file of a SQLite database is missing or empty, so that a restore may take its place. A file with anything in it is not
/// looked into: opening it would leave other files beside it.
pub fn is_vacant(path: &Path) -> bool {
    std::fs::metadata(path).map_or_else(|error| error.kind() == std::io::ErrorKind::NotFound, |about| about.len() == 0)
}

/// Returns the same URL of PostgreSQL with another database.
pub fn with_database(url: &str, name: &str) -> String {
    let (base, settings) = url.split_once('?').map_or((url, None), |(base, settings)| (base, Some(settings)));
    let start = base.find("://").map_or(0, |at| at + 3);
    let end = base[start..].find('/').map_or(base.len(), |at| start + at);
    let settings = settings.map(|settings| format!("?{settings}")).unwrap_or_default();
    format!("{}/{name}{settings}", &base[..end])
}

/// Returns the name of the database in a URL of PostgreSQL.
///
/// # Errors
/// When the URL is wrong.
pub fn database_name(url: &str) -> Result<String, DbError> {
    let options = PgConnectOptions::from_str(url)?;
    Ok(options.get_database().unwrap_or_else(|| options.get_username()).to_owned())
}

/// The TLS mode that the program uses for a URL, in the words of PostgreSQL's own programs.
///
/// # Errors
/// When the URL is wrong.
pub fn tls_mode(url: &str) -> Result<&'static str, DbError> {
    use sqlx::postgres::PgSslMode;
    Ok(match database::postgres_options(url)?.get_ssl_mode() {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    })
}

/// Quotes the name of a table or database.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Database {
    /// The URL that it was opened with, with its password.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Writes a consistent copy of a SQLite database into a new file, while others read and write. It has a connection of its own: the
    /// reading ones refuse to, and the writing one would be blocked.
    ///
    /// # Errors
    /// When the file cannot be written, or the database is PostgreSQL.
    pub async fn copy_into(&self, file: &Path) -> Result<(), DbError> {
        let path = sqlite_path(&self.url).ok_or_else(|| sqlx::Error::Configuration("only a SQLite database is a file".into()))?;
        let mut connection: SqliteConnection =
            SqliteConnectOptions::new().filename(path).create_if_missing(false).disable_statement_logging().connect().await?;
        let copied = sqlx::query("VACUUM INTO $1").bind(file.to_string_lossy().into_owned()).execute(&mut connection).await;
        connection.close().await?;
        copied?;
        Ok(())
    }

    /// The version of its schema: the number of its last migration. `None` for a database without tables.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schema(&self) -> Result<Option<i64>, DbError> {
        let mut tx = self.read().await?;
        let tables = sql_for(
            "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'",
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = '_sqlx_migrations'",
        );
        if tx.count(tables).await? == 0 {
            return Ok(None);
        }
        Ok(tx.one::<(Option<i64>,)>(sql("SELECT max(version) FROM _sqlx_migrations")).await?.0)
    }

    /// The version of the schema that this program works with.
    pub fn newest_schema() -> i64 {
        database::newest_migration()
    }

    /// Whether the database has a table.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_tables(&self) -> Result<bool, DbError> {
        Ok(self.occupants().await?.0)
    }

    /// Whether the database has a table, and the number of other connections to a PostgreSQL database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn occupants(&self) -> Result<(bool, i64), DbError> {
        let tables = sql_for(
            "SELECT count(*) FROM sqlite_schema",
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p')",
        );
        let others = sql_for(
            "SELECT CAST(0 AS BIGINT)",
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
             AND backend_type = 'client backend'",
        );
        // Both on one connection: a second one of this pool would count as another's.
        let mut tx = self.read().await?;
        Ok((tx.count(tables).await? > 0, tx.count(others).await?))
    }

    /// The number of rows of each table.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rows_of_tables(&self) -> Result<BTreeMap<String, i64>, DbError> {
        let mut tx = self.read().await?;
        let tables = sql_for(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
            "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
        );
        let mut rows = BTreeMap::new();
        for (table,) in tx.all::<(String,)>(tables).await? {
            let count = tx.count(super::Sql::made(format!("SELECT count(*) FROM {}", quoted(&table)))).await?;
            rows.insert(table, count);
        }
        Ok(rows)
    }

    /// Reads the whole database and returns its damaged pages. PostgreSQL reads each table while it makes and restores an archive, so it
    /// has none here.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn damage(&self) -> Result<Vec<String>, DbError> {
        if self.engine() == Engine::Postgres {
            return Ok(Vec::new());
        }
        let found = sql("SELECT integrity_check FROM pragma_integrity_check");
        let found = self.read().await?.all::<(String,)>(found).await?;
        Ok(found.into_iter().map(|(fault,)| fault).filter(|fault| fault != "ok").collect())
    }

    /// The major version of a PostgreSQL server.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn postgres_version(&self) -> Result<i64, DbError> {
        let version = sql_for("SELECT CAST(0 AS BIGINT)", "SELECT current_setting('server_version_num')::bigint / 10000");
        self.read().await?.count(version).await
    }

    /// The size of the database in bytes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn bytes(&self) -> Result<i64, DbError> {
        let pages = "SELECT c.page_count * s.page_size FROM pragma_page_count AS c, pragma_page_size AS s";
        self.read().await?.count(sql_for(pages, "SELECT pg_database_size(current_database())")).await
    }

    /// When a PostgreSQL server last copied its changes to the archive, and when that last failed; `None` where it has no archive.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn archived(&self) -> Result<Option<(Option<Instant>, Option<Instant>)>, DbError> {
        let told = "SELECT last_archived_time, last_failed_time FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off'";
        self.read().await?.optional(sql_for("SELECT NULL, NULL WHERE 1 = 0", told)).await
    }

    /// The port of a PostgreSQL server, and its folder, if this user is told.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn postgres_place(&self) -> Result<(i64, Option<String>), DbError> {
        let port = sql_for("SELECT CAST(0 AS BIGINT)", "SELECT current_setting('port')::bigint");
        let mut tx = self.read().await?;
        let port = tx.count(port).await?;
        let told = "SELECT CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END";
        Ok((port, tx.one::<(Option<String>,)>(sql_for("SELECT NULL", told)).await?.0))
    }

    /// Creates an empty database on the same PostgreSQL server, in place of an older one of this name, and returns its URL.
    ///
    /// # Errors
    /// When the user may not create databases.
    pub async fn create_scratch(&self, name: &str) -> Result<String, DbError> {
        self.drop_scratch(name).await?;
        let same = "SELECT format('LC_COLLATE %L LC_CTYPE %L ENCODING %L', datcollate, datctype, pg_encoding_to_char(encoding))
            FROM pg_database WHERE datname = current_database()";
        let (same,) = self.read().await?.one::<(String,)>(sql_for("SELECT ''", same)).await?;
        self.run_alone(format!("CREATE DATABASE {} TEMPLATE template0 {same}", quoted(name))).await?;
        Ok(with_database(&self.url, name))
    }

    /// Removes a database that [`Database::create_scratch`] made.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn drop_scratch(&self, name: &str) -> Result<(), DbError> {
        self.run_alone(format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name))).await
    }

    /// Creates the role of requests on a new PostgreSQL server, as the migrations do.
    ///
    /// # Errors
    /// When the user may not create roles.
    pub async fn ensure_role(&self) -> Result<(), DbError> {
        let missing = "SELECT count(*) FROM pg_roles WHERE rolname = 'infirmary_app'";
        if self.read().await?.count(sql_for("SELECT CAST(1 AS BIGINT)", missing)).await? > 0 {
            return Ok(());
        }
        self.run_alone("CREATE ROLE infirmary_app NOLOGIN NOBYPASSRLS".to_owned()).await?;
        self.run_alone("GRANT infirmary_app TO CURRENT_USER".to_owned()).await
    }

    /// The connections of each pool: its name, how many are open, and how many of them nobody uses.
    pub fn pools(&self) -> Vec<(&'static str, usize, usize)> {
        let size = |open: u32| usize::try_from(open).unwrap_or(usize::MAX);
        match &self.pools {
            Pools::Sqlite { read, write } => {
                vec![("read", size(read.size()), read.num_idle()), ("write", size(write.size()), write.num_idle())]
            }
            Pools::Postgres(pool) => vec![("all", size(pool.size()), pool.num_idle())],
        }
    }

    /// Runs a statement outside any transaction; its text consists of this module's words and quoted names.
    async fn run_alone(&self, statement: String) -> Result<(), DbError> {
        if let Some(pool) = self.postgres() {
            sqlx::raw_sql(made_here(statement.into())).execute(pool).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gets_another_database() {
        for (url, other) in [
            ("postgres://u:p@h:5/x", "postgres://u:p@h:5/y"),
            ("postgres://u@h/x?sslmode=require", "postgres://u@h/y?sslmode=require"),
            ("postgresql://h", "postgresql://h/y"),
        ] {
            assert_eq!(with_database(url, "y"), other);
        }
        assert_eq!(sqlite_path("postgres://h/x"), None);
        assert_eq!(sqlite_path("sqlite:a/b.db"), Some(Path::new("a/b.db")));
    }
}
