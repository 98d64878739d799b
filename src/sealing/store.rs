//! The SQL of keys and of sealed rows of any table. Names of tables and columns are those of `crate::keys`.

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};
use uuid::Uuid;

use super::Version;
use crate::{
    core::{PatientId, time::Instant},
    db::{Database, DbError, Engine, Sql, Tx, Value, sql, sql_for},
    keys::{BlindIndex, INDEXES, Sealed, SealedFields},
    row,
};

/// So many rows are read at a time, and written in one transaction: writers beside it hardly wait.
pub(super) const TOGETHER: i64 = 250;

pub(super) async fn is_migrated(db: &Database, migration: i64) -> Result<bool, DbError> {
    let query = sql("SELECT count(*) FROM _sqlx_migrations WHERE success AND version = $1");
    Ok(db.read().await?.count(query.bind(migration)).await? > 0)
}

pub(super) async fn versions(db: &Database) -> Result<Vec<Version>, DbError> {
    type Columns = (i64, Vec<u8>, Option<Instant>, Option<Instant>);
    let query = sql("SELECT version, check_value, closed_at, retired_at FROM encryption_keys ORDER BY version");
    let rows: Vec<Columns> = db.read().await?.all(query).await?;
    let version = |(number, check, closed_at, retired_at): Columns| Version {
        number: u32::try_from(number).unwrap_or_default(),
        check,
        closed_at,
        retired_at,
    };
    Ok(rows.into_iter().map(version).collect())
}

pub(super) async fn add_version(db: &Database, version: u32, check: &[u8; 16], now: Instant) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    let query =
        sql("INSERT INTO encryption_keys (version, marker, check_value, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
    tx.execute(query.bind(version).bind(version.to_be_bytes().to_vec()).bind(check.to_vec()).bind(now)).await?;
    tx.commit().await
}

/// From now on the database refuses rows that are sealed with it. Writers that are under way are waited for; when that takes long they
/// are let by, and it is `false`.
pub(super) async fn close(db: &Database, version: u32, tables: &[&dyn SealedFields], now: Instant) -> Result<bool, DbError> {
    let mut tx = db.write().await?;
    if tx.engine() == Engine::Postgres {
        // Shorter than the time after which PostgreSQL looks for deadlocks: we give way, never a writer.
        tx.execute(sql("SET LOCAL lock_timeout = '500ms'")).await?;
        let mut lock = sql("LOCK TABLE ");
        for (number, fields) in tables.iter().enumerate() {
            lock = lock.push(if number == 0 { "" } else { ", " }).push(fields.table());
        }
        match tx.execute(lock.push(" IN SHARE MODE")).await {
            Err(error) if error.is_busy() => return Ok(false),
            done => done?,
        };
    }
    tx.execute(sql("UPDATE encryption_keys SET closed_at = $2 WHERE version = $1 AND closed_at IS NULL").bind(version).bind(now)).await?;
    tx.commit().await?;
    Ok(true)
}

pub(super) async fn retire(db: &Database, version: u32, now: Instant) -> Result<(), DbError> {
    let mut tx = db.write().await?;
    let query = sql("UPDATE encryption_keys SET retired_at = $2 WHERE version = $1 AND closed_at IS NOT NULL");
    tx.execute(query.bind(version).bind(now)).await?;
    tx.commit().await
}

/// Removes what was plain from the free pages of the database's files too.
pub(super) async fn sweep(db: &Database) -> Result<(), DbError> {
    let statements: &[&str] = match db.engine() {
        Engine::Sqlite => &["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"],
        Engine::Postgres => &[
            "VACUUM FULL patients",
            "VACUUM FULL patient_contacts",
            "VACUUM FULL coverages",
            "VACUUM FULL notes",
            "VACUUM FULL addenda",
            "VACUUM FULL mails",
            "VACUUM FULL imported_records",
        ],
    };
    db.alone(statements).await
}

/// A sealed row, with its blind indexes in the order in which [`rows`] asked for them.
#[derive(Debug)]
pub(super) struct SealedRow {
    pub id: Uuid,
    pub sealed: Sealed,
    pub indexes: Vec<Option<Vec<u8>>>,
}

/// Columns whose number is known at run time.
impl<'r, R: Row> FromRow<'r, R> for SealedRow
where
    usize: ColumnIndex<R>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    Sealed: Decode<'r, R::Database> + Type<R::Database>,
    Option<Vec<u8>>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let indexes = (2..row.len()).map(|column| row.try_get(column)).collect::<sqlx::Result<_>>()?;
        Ok(Self { id: row.try_get(0)?, sealed: row.try_get(1)?, indexes })
    }
}

/// The blind indexes of a table.
pub(super) fn indexes(of: &dyn SealedFields) -> impl Iterator<Item = &'static BlindIndex> {
    let table = of.table();
    INDEXES.into_iter().filter(move |index| index.table == table)
}

/// The next rows after `after` (the first ones without it) whose fields are not all empty; with `not`, those of other versions.
pub(super) async fn rows(tx: &mut Tx, of: &dyn SealedFields, after: Option<Uuid>, not: Option<u32>) -> Result<Vec<SealedRow>, DbError> {
    let mut query = sql("SELECT id, sealed");
    for index in indexes(of) {
        query = query.push(", ").push(index.column);
    }
    query = query.push(" FROM ").push(of.table()).push(" WHERE length(sealed) > 0");
    if let Some(version) = not {
        query = of_other_versions(query, version);
    }
    tx.all(next(query, after)).await
}

fn of_other_versions(query: Sql, version: u32) -> Sql {
    query.push(" AND substr(sealed, 2, 4) <> ").push_bind(version.to_be_bytes().to_vec())
}

/// The rest of a query that walks through a table by its ids. It begins before the first row, whatever its id is.
fn next(query: Sql, after: Option<Uuid>) -> Sql {
    let query = match after {
        Some(last) => query.push(" AND id > ").push_bind(last),
        None => query,
    };
    query.push(" ORDER BY id LIMIT ").push_bind(TOGETHER)
}

/// How many rows are sealed with another version.
pub(super) async fn left(tx: &mut Tx, of: &dyn SealedFields, version: u32) -> Result<i64, DbError> {
    let query = sql("SELECT count(*) FROM ").push(of.table()).push(" WHERE length(sealed) > 0");
    tx.count(of_other_versions(query, version)).await
}

/// Writes an envelope in the place of `old`, unless somebody else wrote the row meanwhile.
pub(super) async fn reseal(
    tx: &mut Tx,
    of: &dyn SealedFields,
    row: &SealedRow,
    sealed: Value,
    values: Vec<(&'static BlindIndex, Value)>,
) -> Result<u64, DbError> {
    let mut query = update(of, sealed, values).push(" WHERE id = ").push_bind(row.id);
    query = query.push(" AND sealed = ").push_bind(row.sealed.0.clone());
    tx.execute(query).await
}

fn update(of: &dyn SealedFields, sealed: Value, values: Vec<(&'static BlindIndex, Value)>) -> Sql {
    let mut query = sql("UPDATE ").push(of.table()).push(" SET sealed = ").push_bind(sealed);
    for (index, value) in values {
        query = query.push(", ").push(index.column).push(" = ").push_bind(value);
    }
    query
}

/// A row whose fields are plain.
#[derive(Debug)]
pub(super) struct PlainRow {
    pub id: Uuid,
    pub fields: Vec<String>,
}

impl<'r, R: Row> FromRow<'r, R> for PlainRow
where
    usize: ColumnIndex<R>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let fields = (1..row.len()).map(|column| row.try_get(column)).collect::<sqlx::Result<_>>()?;
        Ok(Self { id: row.try_get(0)?, fields })
    }
}

/// The next rows after `after` that are not sealed yet.
pub(super) async fn plain_rows(tx: &mut Tx, of: &dyn SealedFields, after: Option<Uuid>) -> Result<Vec<PlainRow>, DbError> {
    let mut query = sql("SELECT id");
    for column in of.columns() {
        query = query.push(", ").push(column);
    }
    tx.all(next(query.push(" FROM ").push(of.table()).push(" WHERE length(sealed) = 0"), after)).await
}

pub(super) async fn seal_plain(
    tx: &mut Tx,
    of: &dyn SealedFields,
    id: Uuid,
    sealed: Value,
    values: Vec<(&'static BlindIndex, Value)>,
) -> Result<u64, DbError> {
    tx.execute(update(of, sealed, values).push(" WHERE id = ").push_bind(id)).await
}

/// Some outside identifiers that are plain.
pub(super) async fn plain_identifiers(tx: &mut Tx) -> Result<Vec<(String, String, PatientId)>, DbError> {
    tx.all(sql("SELECT system, value, patient_id FROM plain_identifiers ORDER BY system, value LIMIT ").push_bind(TOGETHER)).await
}

pub(super) async fn move_identifier(tx: &mut Tx, (system, value, patient): (String, String, PatientId)) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM plain_identifiers WHERE system = $1 AND value = $2").bind(&system).bind(&value)).await?;
    crate::db::insert_rows(tx, IDENTIFIER, " ON CONFLICT DO NOTHING", vec![identifier(system, &value, patient)]).await
}

const IDENTIFIER: &str = "INSERT INTO patient_identifiers (id, system, value_index, patient_id, sealed) VALUES ";

fn identifier(system: String, value: &str, patient: PatientId) -> Vec<Value> {
    let id = Uuid::now_v7();
    row![id, system, crate::keys::IDENTIFIER_INDEX.of(value), patient, crate::keys::IDENTIFIERS.seal(id, [value])]
}

/// A record as it was imported: source, kind, number there, text.
pub(super) type Body = (String, String, String, String);

/// The next plain ones after that one.
pub(super) async fn plain_bodies(tx: &mut Tx, after: &Body) -> Result<Vec<Body>, DbError> {
    let query = sql("SELECT source, kind, external_id, body FROM imported_records
        WHERE body IS NOT NULL AND (source, kind, external_id) > ($1, $2, $3) ORDER BY source, kind, external_id LIMIT $4");
    tx.all(query.bind(&after.0).bind(&after.1).bind(&after.2).bind(TOGETHER)).await
}

pub(super) async fn move_body(tx: &mut Tx, (source, kind, external, body): Body) -> Result<(), DbError> {
    let query = sql("UPDATE imported_records SET body = NULL WHERE source = $1 AND kind = $2 AND external_id = $3");
    tx.execute(query.bind(&source).bind(&kind).bind(&external)).await?;
    let id = Uuid::now_v7();
    let query = sql("INSERT INTO imported_bodies (id, source, kind, external_id, sealed) VALUES ($1, $2, $3, $4, $5)");
    let sealed = crate::keys::IMPORTED.seal(id, [&body]);
    tx.execute(query.bind(id).bind(source).bind(kind).bind(external).bind(sealed)).await.map(drop)
}

/// How many columns of sealed tables have the name of a sealed field: what they hold is plain.
pub(super) async fn plain_columns(tx: &mut Tx, of: &dyn SealedFields) -> Result<i64, DbError> {
    let query = sql_for(
        "SELECT count(*) FROM pragma_table_info($1) WHERE name IN ",
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 AND column_name IN ",
    );
    tx.count(query.bind(of.table()).push_list(of.columns().iter().copied())).await
}
