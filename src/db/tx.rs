//! A connection for reading or a transaction for writing; only this module distinguishes the engines.

use std::collections::BTreeSet;

use sqlx::{
    FromRow, PgConnection, Postgres, SqlStr, Sqlite, SqliteConnection, Transaction,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

use super::{DbError, Engine, Sql, slow::Watched};
use crate::keys::{Keyring, SealedFields};

/// Any type that both engines can read from a row: `#[derive(sqlx::FromRow)]`, or a tuple of columns.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// Runs queries. A writing `Tx` rolls back when it is dropped without [`Tx::commit`].
pub struct Tx {
    on: On,
    keys: Keyring,
    /// The sealed rows whose change is recorded at the commit.
    changed: Vec<(&'static dyn SealedFields, Uuid)>,
    /// The tables that a statement of this transaction changed; kept in debug builds only.
    tables: BTreeSet<String>,
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("on", &self.on).field("keys", &self.keys).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) enum On {
    SqliteRead(PoolConnection<Sqlite>),
    SqliteWrite(Transaction<'static, Sqlite>),
    PostgresRead(PoolConnection<Postgres>),
    /// A transaction for reading as a [`Reader`](super::Reader).
    PostgresLook(Transaction<'static, Postgres>),
    PostgresWrite(Transaction<'static, Postgres>),
}

/// The connection of either engine.
enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Tx {
    pub(super) const fn new(on: On, keys: Keyring) -> Self {
        Self { on, keys, changed: Vec::new(), tables: BTreeSet::new() }
    }

    /// The engine that runs the queries.
    pub const fn engine(&self) -> Engine {
        match self.on {
            On::SqliteRead(_) | On::SqliteWrite(_) => Engine::Sqlite,
            On::PostgresRead(_) | On::PostgresLook(_) | On::PostgresWrite(_) => Engine::Postgres,
        }
    }

    /// Whether it is a transaction for writing.
    pub(crate) const fn is_writing(&self) -> bool {
        matches!(self.on, On::SqliteWrite(_) | On::PostgresWrite(_))
    }

    /// The keys that open sealed fields.
    pub const fn keys(&self) -> &Keyring {
        &self.keys
    }

    fn connection(&mut self) -> (Connection<'_>, &Keyring) {
        let connection = match &mut self.on {
            On::SqliteRead(connection) => Connection::Sqlite(connection),
            On::SqliteWrite(transaction) => Connection::Sqlite(transaction),
            On::PostgresRead(connection) => Connection::Postgres(connection),
            On::PostgresLook(transaction) | On::PostgresWrite(transaction) => Connection::Postgres(transaction),
        };
        (connection, &self.keys)
    }

    /// Runs a statement; returns the number of changed rows.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn execute(&mut self, query: Sql) -> Result<u64, DbError> {
        let table = if cfg!(debug_assertions) { query.changed_table().map(str::to_owned) } else { None };
        let (connection, keys) = self.connection();
        let rows = match connection {
            Connection::Sqlite(connection) => {
                let (text, arguments) = sqlite(query, keys)?;
                let _watched = Watched::begin(&text);
                sqlx::query_with(text, arguments).execute(connection).await?.rows_affected()
            }
            Connection::Postgres(connection) => {
                let (text, arguments) = postgres(query, keys)?;
                let _watched = Watched::begin(&text);
                sqlx::query_with(text, arguments).execute(connection).await?.rows_affected()
            }
        };
        if rows > 0 {
            self.tables.extend(table);
        }
        Ok(rows)
    }

    /// The tables that `execute` has changed so far; empty in release builds.
    pub const fn changed_tables(&self) -> &BTreeSet<String> {
        &self.tables
    }

    /// Returns all rows.
    ///
    /// # Errors
    /// When the database refuses, or a row is not a `T`.
    pub async fn all<T: Record>(&mut self, query: Sql) -> Result<Vec<T>, DbError> {
        let (connection, keys) = self.connection();
        match connection {
            Connection::Sqlite(connection) => {
                let (text, arguments) = sqlite(query, keys)?;
                let _watched = Watched::begin(&text);
                Ok(sqlx::query_as_with(text, arguments).fetch_all(connection).await?)
            }
            Connection::Postgres(connection) => {
                let (text, arguments) = postgres(query, keys)?;
                let _watched = Watched::begin(&text);
                Ok(sqlx::query_as_with(text, arguments).fetch_all(connection).await?)
            }
        }
    }

    /// Returns the first row, if there is one.
    ///
    /// # Errors
    /// When the database refuses, or the row is not a `T`.
    pub async fn optional<T: Record>(&mut self, query: Sql) -> Result<Option<T>, DbError> {
        let (connection, keys) = self.connection();
        match connection {
            Connection::Sqlite(connection) => {
                let (text, arguments) = sqlite(query, keys)?;
                let _watched = Watched::begin(&text);
                Ok(sqlx::query_as_with(text, arguments).fetch_optional(connection).await?)
            }
            Connection::Postgres(connection) => {
                let (text, arguments) = postgres(query, keys)?;
                let _watched = Watched::begin(&text);
                Ok(sqlx::query_as_with(text, arguments).fetch_optional(connection).await?)
            }
        }
    }

    /// Returns the row of a query that must have one.
    ///
    /// # Errors
    /// When the database refuses, or there is no row.
    pub async fn one<T: Record>(&mut self, query: Sql) -> Result<T, DbError> {
        self.optional(query).await?.ok_or_else(|| DbError::from(sqlx::Error::RowNotFound))
    }

    /// Returns the number of `SELECT count(*) ...` and similar queries.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count(&mut self, query: Sql) -> Result<i64, DbError> {
        Ok(self.one::<(i64,)>(query).await?.0)
    }

    /// Returns the numbers of several `SELECT count(*) ...` queries, in their order, by one query.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn counts(&mut self, queries: Vec<Sql>) -> Result<Vec<i64>, DbError> {
        let Some(all) = Sql::numbered(queries) else { return Ok(Vec::new()) };
        let mut rows: Vec<(i64, i64)> = self.all(all).await?;
        rows.sort_unstable();
        Ok(rows.into_iter().map(|(_, number)| number).collect())
    }

    /// Records, at the commit, that the sealed fields of this row were changed or that the row was removed. A store
    /// calls this after each such statement. `infirmary check` finds a row that holds an older copy of them.
    pub fn changed(&mut self, fields: &'static dyn SealedFields, id: impl Into<Uuid>) {
        debug_assert!(self.is_writing(), "a change needs a writing transaction");
        let id = id.into();
        if !self.changed.iter().any(|(other, row)| *row == id && other.table() == fields.table()) {
            self.changed.push((fields, id));
        }
    }

    /// Commits the changes. For a reading `Tx` it does nothing.
    ///
    /// # Errors
    /// When the database refuses; nothing is changed then.
    pub async fn commit(mut self) -> Result<(), DbError> {
        let changed = std::mem::take(&mut self.changed);
        if !changed.is_empty() {
            super::changes::write(&mut self, changed).await?;
        }
        match self.on {
            On::SqliteWrite(transaction) => transaction.commit().await?,
            On::PostgresWrite(transaction) => transaction.commit().await?,
            On::SqliteRead(_) | On::PostgresRead(_) | On::PostgresLook(_) => {}
        }
        Ok(())
    }
}

fn sqlite(mut query: Sql, keys: &Keyring) -> Result<(SqlStr, SqliteArguments), DbError> {
    super::recording::note(&query);
    let mut arguments = SqliteArguments::default();
    for value in std::mem::take(&mut query.values) {
        value.add_sqlite(&mut arguments, keys).map_err(sqlx::Error::Encode)?;
    }
    Ok((query.into_text(Engine::Sqlite), arguments))
}

fn postgres(mut query: Sql, keys: &Keyring) -> Result<(SqlStr, PgArguments), DbError> {
    super::recording::note(&query);
    let mut arguments = PgArguments::default();
    for value in std::mem::take(&mut query.values) {
        value.add_postgres(&mut arguments, keys).map_err(sqlx::Error::Encode)?;
    }
    Ok((query.into_text(Engine::Postgres), arguments))
}
