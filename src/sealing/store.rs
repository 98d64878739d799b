//! The SQL of keys, and of sealed rows of any table. The names of tables and columns come from `crate::keys`.

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};
use uuid::Uuid;

use super::Version;
use crate::{
    core::{PatientId, time::Instant},
    db::{Database, DbError, Engine, Sql, Tx, Value, sql, sql_for},
    keys::{BlindIndex, ChangesEnd, END_ID, INDEXES, RowOf, Sealed, SealedFields, beginning},
    row,
};

/// The number of rows that are read at a time and written in one transaction: other writers hardly wait.
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

/// Makes the database refuse rows of this version from now on. It waits for active writers; returns `false` when that takes too long,
/// so that the writers can continue.
pub(super) async fn close(db: &Database, version: u32, tables: &[&dyn SealedFields], now: Instant) -> Result<bool, DbError> {
    let mut tx = db.write().await?;
    if tx.engine() == Engine::Postgres {
        // The timeout is shorter than PostgreSQL's deadlock timeout, so that this statement gives way and never a
        // writer.
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

/// Starts the record of changes; `false` when it exists already. A record with changes but without an end is not repaired, because it
/// was changed from outside.
pub(super) async fn begin_changes(db: &Database) -> Result<bool, DbError> {
    if changes_end(&mut db.read().await?).await?.is_some() {
        return Ok(false);
    }
    let mut tx = db.write().await?;
    let query = sql("INSERT INTO sealed_changes_end (id, sealed) SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM sealed_changes)
        ON CONFLICT DO NOTHING");
    let begun = tx.execute(query.bind(END_ID).bind(ChangesEnd::NONE.seal())).await?;
    tx.commit().await?;
    Ok(begun == 1)
}

/// Reads the encrypted end of the record of changes and the number of the last change, in one query.
pub(super) async fn changes_end(tx: &mut Tx) -> Result<Option<(Sealed, i64)>, DbError> {
    let query = sql("SELECT sealed, (SELECT coalesce(max(number), 0) FROM sealed_changes) FROM sealed_changes_end WHERE id = $1");
    tx.optional(query.bind(END_ID)).await
}

/// A recorded change.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Change {
    pub number: i64,
    pub table_name: String,
    pub row_id: Uuid,
    pub digest: Option<Vec<u8>>,
}

/// Returns the next changes after that number.
pub(super) async fn changes(tx: &mut Tx, after: i64) -> Result<Vec<Change>, DbError> {
    let query = sql("SELECT number, table_name, row_id, digest FROM sealed_changes WHERE number > $1 ORDER BY number LIMIT ");
    tx.all(query.bind(after).push_bind(TOGETHER)).await
}

/// The last change of a row, and the row's present content.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct ChangedRow {
    pub number: i64,
    pub row_id: Uuid,
    pub digest: Option<Vec<u8>>,
    pub sealed: Option<Sealed>,
}

/// Returns the next changed rows of a table, by the number of their last change.
pub(super) async fn changed_rows(tx: &mut Tx, of: &dyn SealedFields, after: i64) -> Result<Vec<ChangedRow>, DbError> {
    let query = sql("SELECT c.number, c.row_id, c.digest, t.sealed FROM sealed_changes c LEFT JOIN ")
        .push(of.table())
        .push(" t ON t.id = c.row_id WHERE c.table_name = ")
        .push_bind(of.table())
        .push(" AND c.number > ")
        .push_bind(after)
        .push(" AND NOT EXISTS (SELECT 1 FROM sealed_changes n WHERE n.table_name = c.table_name AND n.row_id = c.row_id AND n.number > c.number)")
        .push(" ORDER BY c.number LIMIT ")
        .push_bind(TOGETHER);
    tx.all(query).await
}

/// Whether a change of a row of that table is recorded.
pub(super) async fn is_on_record(tx: &mut Tx, of: &dyn SealedFields) -> Result<bool, DbError> {
    let query = sql("SELECT EXISTS (SELECT 1 FROM sealed_changes WHERE table_name = $1)");
    Ok(tx.one::<(bool,)>(query.bind(of.table())).await?.0)
}

/// Removes the plain texts from the free pages of the database's files too.
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

/// A sealed row, with its blind indexes in the order in which [`rows`] selects them.
#[derive(Debug)]
pub(super) struct SealedRow {
    pub of: RowOf,
    pub sealed: Sealed,
    pub indexes: Vec<Option<Vec<u8>>>,
}

/// Reads columns whose number is known only at run time.
impl<'r, R: Row> FromRow<'r, R> for SealedRow
where
    usize: ColumnIndex<R>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    Sealed: Decode<'r, R::Database> + Type<R::Database>,
    Option<Vec<u8>>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let indexes = (3..row.len()).map(|column| row.try_get(column)).collect::<sqlx::Result<_>>()?;
        Ok(Self { of: RowOf { id: row.try_get(0)?, owner: row.try_get(1)? }, sealed: row.try_get(2)?, indexes })
    }
}

/// Returns the blind indexes of a table.
pub(super) fn indexes(of: &dyn SealedFields) -> impl Iterator<Item = &'static BlindIndex> {
    let table = of.table();
    INDEXES.into_iter().filter(move |index| index.table == table)
}

/// Returns the next rows after `after` (the first ones without it) whose fields are not all empty; with `not`, only those of
/// other versions or not bound to their owner.
pub(super) async fn rows(tx: &mut Tx, of: &dyn SealedFields, after: Option<Uuid>, not: Option<u32>) -> Result<Vec<SealedRow>, DbError> {
    let mut query = sql("SELECT id, ").push(of.owner()).push(", sealed");
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
    query.push(" AND substr(sealed, 1, 5) <> ").push_bind(beginning(version))
}

/// Appends the condition and order that go through a table by its ids. Without `after` it starts at the first row,
/// whatever its id is.
fn next(query: Sql, after: Option<Uuid>) -> Sql {
    let query = match after {
        Some(last) => query.push(" AND id > ").push_bind(last),
        None => query,
    };
    query.push(" ORDER BY id LIMIT ").push_bind(TOGETHER)
}

/// Returns the number of rows that have another version or are not bound to their owner.
pub(super) async fn left(tx: &mut Tx, of: &dyn SealedFields, version: u32) -> Result<i64, DbError> {
    let query = sql("SELECT count(*) FROM ").push(of.table()).push(" WHERE length(sealed) > 0");
    tx.count(of_other_versions(query, version)).await
}

/// Replaces the envelope `old`, unless another writer changed the row in the meantime.
pub(super) async fn reseal(
    tx: &mut Tx,
    of: &dyn SealedFields,
    row: &SealedRow,
    sealed: Value,
    values: Vec<(&'static BlindIndex, Value)>,
) -> Result<u64, DbError> {
    let mut query = update(of, sealed, values).push(" WHERE id = ").push_bind(row.of.id);
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

/// A row with plain fields.
#[derive(Debug)]
pub(super) struct PlainRow {
    pub of: RowOf,
    pub fields: Vec<String>,
}

impl<'r, R: Row> FromRow<'r, R> for PlainRow
where
    usize: ColumnIndex<R>,
    Uuid: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let fields = (2..row.len()).map(|column| row.try_get(column)).collect::<sqlx::Result<_>>()?;
        Ok(Self { of: RowOf { id: row.try_get(0)?, owner: row.try_get(1)? }, fields })
    }
}

/// Fields that were added after encryption: no table ever had them as plain text.
const NEVER_PLAIN: [(&str, &str); 1] = [("patients", "description")];

/// Returns the next rows after `after` that are not encrypted yet.
pub(super) async fn plain_rows(tx: &mut Tx, of: &dyn SealedFields, after: Option<Uuid>) -> Result<Vec<PlainRow>, DbError> {
    let mut query = sql("SELECT id, ").push(of.owner());
    for column in of.columns() {
        let is_newer = NEVER_PLAIN.contains(&(of.table(), *column));
        query = query.push(", ").push(if is_newer { "''" } else { column });
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

/// Returns some plain external identifiers.
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
    row![id, system, crate::keys::IDENTIFIER_INDEX.of(value), patient, crate::keys::IDENTIFIERS.seal(id, patient, [value])]
}

/// An imported record: source, kind, external id, text.
pub(super) type Body = (String, String, String, String);

/// Returns the next plain records after that one.
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
    let sealed = crate::keys::IMPORTED.seal(id, id, [&body]);
    tx.execute(query.bind(id).bind(source).bind(kind).bind(external).bind(sealed)).await.map(drop)
}

/// Returns the number of columns in a sealed table that have the name of a sealed field: their content is plain.
pub(super) async fn plain_columns(tx: &mut Tx, of: &dyn SealedFields) -> Result<i64, DbError> {
    let query = sql_for(
        "SELECT count(*) FROM pragma_table_info($1) WHERE name IN ",
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 AND column_name IN ",
    );
    tx.count(query.bind(of.table()).push_list(of.columns().iter().copied())).await
}

/// Reads the envelope of a mark; a writing transaction locks the row.
pub(super) async fn mark(tx: &mut Tx, id: Uuid) -> Result<Option<Sealed>, DbError> {
    let query = sql("SELECT sealed FROM sealed_marks WHERE id = ").push_bind(id);
    let query = if tx.is_writing() { query.push_for("", " FOR UPDATE") } else { query };
    Ok(tx.optional::<(Sealed,)>(query).await?.map(|(sealed,)| sealed))
}

pub(super) async fn set_mark(tx: &mut Tx, id: Uuid, name: &'static str, sealed: Value, now: Instant) -> Result<(), DbError> {
    let query = sql("INSERT INTO sealed_marks (id, name, sealed, changed_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at");
    tx.execute(query.bind(id).bind(name).bind(sealed).bind(now)).await.map(drop)
}
