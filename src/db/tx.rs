//! A connection to read from or a transaction to write in; the only place that tells the engines apart.

use sqlx::{
    AssertSqlSafe, Either, FromRow, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{DbError, Engine, Sql};

/// Anything both engines can make of a row: `#[derive(sqlx::FromRow)]`, or a tuple of columns.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// Where queries run. A writing one rolls back when dropped without [`Tx::commit`].
#[derive(Debug)]
pub enum Tx {
    SqliteRead(PoolConnection<Sqlite>),
    SqliteWrite(Transaction<'static, Sqlite>),
    PostgresRead(PoolConnection<Postgres>),
    PostgresWrite(Transaction<'static, Postgres>),
}

/// The connection of either engine.
enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Tx {
    /// Which engine runs the queries.
    pub const fn engine(&self) -> Engine {
        match self {
            Self::SqliteRead(_) | Self::SqliteWrite(_) => Engine::Sqlite,
            Self::PostgresRead(_) | Self::PostgresWrite(_) => Engine::Postgres,
        }
    }

    fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::SqliteRead(connection) => Connection::Sqlite(connection),
            Self::SqliteWrite(transaction) => Connection::Sqlite(transaction),
            Self::PostgresRead(connection) => Connection::Postgres(connection),
            Self::PostgresWrite(transaction) => Connection::Postgres(transaction),
        }
    }

    /// Runs it; the number of rows changed.
    ///
    /// # Errors
    /// What the database refused.
    pub async fn execute(&mut self, query: Sql) -> Result<u64, DbError> {
        match self.connection() {
            Connection::Sqlite(connection) => {
                let (text, arguments) = sqlite(query)?;
                let done = match text {
                    Either::Left(fixed) => sqlx::query_with(fixed, arguments).execute(connection).await?,
                    Either::Right(made) => sqlx::query_with(AssertSqlSafe(made), arguments).execute(connection).await?,
                };
                Ok(done.rows_affected())
            }
            Connection::Postgres(connection) => {
                let (text, arguments) = postgres(query)?;
                let done = match text {
                    Either::Left(fixed) => sqlx::query_with(fixed, arguments).execute(connection).await?,
                    Either::Right(made) => sqlx::query_with(AssertSqlSafe(made), arguments).execute(connection).await?,
                };
                Ok(done.rows_affected())
            }
        }
    }

    /// All rows.
    ///
    /// # Errors
    /// What the database refused, or a row that is no `T`.
    pub async fn all<T: Record>(&mut self, query: Sql) -> Result<Vec<T>, DbError> {
        match self.connection() {
            Connection::Sqlite(connection) => {
                let (text, arguments) = sqlite(query)?;
                Ok(match text {
                    Either::Left(fixed) => sqlx::query_as_with(fixed, arguments).fetch_all(connection).await?,
                    Either::Right(made) => sqlx::query_as_with(AssertSqlSafe(made), arguments).fetch_all(connection).await?,
                })
            }
            Connection::Postgres(connection) => {
                let (text, arguments) = postgres(query)?;
                Ok(match text {
                    Either::Left(fixed) => sqlx::query_as_with(fixed, arguments).fetch_all(connection).await?,
                    Either::Right(made) => sqlx::query_as_with(AssertSqlSafe(made), arguments).fetch_all(connection).await?,
                })
            }
        }
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// What the database refused, or a row that is no `T`.
    pub async fn optional<T: Record>(&mut self, query: Sql) -> Result<Option<T>, DbError> {
        match self.connection() {
            Connection::Sqlite(connection) => {
                let (text, arguments) = sqlite(query)?;
                Ok(match text {
                    Either::Left(fixed) => sqlx::query_as_with(fixed, arguments).fetch_optional(connection).await?,
                    Either::Right(made) => sqlx::query_as_with(AssertSqlSafe(made), arguments).fetch_optional(connection).await?,
                })
            }
            Connection::Postgres(connection) => {
                let (text, arguments) = postgres(query)?;
                Ok(match text {
                    Either::Left(fixed) => sqlx::query_as_with(fixed, arguments).fetch_optional(connection).await?,
                    Either::Right(made) => sqlx::query_as_with(AssertSqlSafe(made), arguments).fetch_optional(connection).await?,
                })
            }
        }
    }

    /// The one row there must be.
    ///
    /// # Errors
    /// What the database refused, or no row.
    pub async fn one<T: Record>(&mut self, query: Sql) -> Result<T, DbError> {
        self.optional(query).await?.ok_or_else(|| DbError::from(sqlx::Error::RowNotFound))
    }

    /// The one number of `SELECT count(*) ...` and its like.
    ///
    /// # Errors
    /// What the database refused.
    pub async fn count(&mut self, query: Sql) -> Result<i64, DbError> {
        Ok(self.one::<(i64,)>(query).await?.0)
    }

    /// Makes the changes last. For a reading one there is nothing to do.
    ///
    /// # Errors
    /// What the database refused; nothing is changed then.
    pub async fn commit(self) -> Result<(), DbError> {
        match self {
            Self::SqliteWrite(transaction) => transaction.commit().await?,
            Self::PostgresWrite(transaction) => transaction.commit().await?,
            Self::SqliteRead(_) | Self::PostgresRead(_) => {}
        }
        Ok(())
    }
}

type Text = Either<&'static str, String>;

fn text(query: &mut Sql, engine: Engine) -> Text {
    let chosen = match (engine, query.postgres.take()) {
        (Engine::Postgres, Some(postgres)) => postgres,
        _ => std::mem::take(&mut query.sqlite),
    };
    match chosen {
        std::borrow::Cow::Borrowed(fixed) => Either::Left(fixed),
        std::borrow::Cow::Owned(made) => Either::Right(made),
    }
}

fn sqlite(mut query: Sql) -> Result<(Text, SqliteArguments), DbError> {
    super::recording::note(&query);
    let mut arguments = SqliteArguments::default();
    for value in std::mem::take(&mut query.values) {
        value.add_sqlite(&mut arguments).map_err(sqlx::Error::Encode)?;
    }
    Ok((text(&mut query, Engine::Sqlite), arguments))
}

fn postgres(mut query: Sql) -> Result<(Text, PgArguments), DbError> {
    super::recording::note(&query);
    let mut arguments = PgArguments::default();
    for value in std::mem::take(&mut query.values) {
        value.add_postgres(&mut arguments).map_err(sqlx::Error::Encode)?;
    }
    Ok((text(&mut query, Engine::Postgres), arguments))
}
