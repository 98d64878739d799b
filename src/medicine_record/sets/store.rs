//! The SQL of order sets.

use super::{OrderSet, SetLine};
use crate::{
    core::{DrugId, Error, OrderSetId, OrderSetLineId, Result, UserId, time::Instant},
    db::{DbError, Tx, sql},
    medicine_record::{orders::CareOrder, vocabulary::CareKind},
};

const SETS: &str = "SELECT s.id, s.root_id, s.version, s.name, s.purpose, s.made_at, u.display_name AS maker, s.retired
    FROM order_sets s JOIN users u ON u.id = s.made_by WHERE ";

/// Reads a version of a set.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: OrderSetId) -> Result<Option<OrderSet>> {
    Ok(tx.optional(sql(SETS).push("s.id = ").push_bind(id)).await?)
}

/// Reads the latest version of each set, by name: those that are ordered, or all of them.
///
/// # Errors
/// When the database refuses.
pub async fn current(tx: &mut Tx, all: bool) -> Result<Vec<OrderSet>> {
    let query = sql(SETS).push(if all { "s.superseded_at IS NULL" } else { "s.superseded_at IS NULL AND NOT s.retired" });
    Ok(tx.all(query.push(" ORDER BY s.name, s.id LIMIT 200")).await?)
}

/// Reads the versions of a set, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn versions_of(tx: &mut Tx, root: OrderSetId) -> Result<Vec<OrderSet>> {
    Ok(tx.all(sql(SETS).push("s.root_id = ").push_bind(root).push(" ORDER BY s.version DESC LIMIT 50")).await?)
}

type LineRow = (OrderSetLineId, i64, CareKind, Option<DrugId>, Option<String>, String, bool);

/// Reads the lines of a version, in order.
///
/// # Errors
/// When the database refuses.
pub async fn lines_of(tx: &mut Tx, set: OrderSetId) -> Result<Vec<SetLine>> {
    let query = sql("SELECT l.id, l.position, l.kind, l.drug_id, d.name, l.fields, l.ticked FROM order_set_lines l
        LEFT JOIN drugs d ON d.id = l.drug_id WHERE l.set_id = ")
    .push_bind(set);
    let rows: Vec<LineRow> = tx.all(query.push(" ORDER BY l.position")).await?;
    let line = |(id, position, kind, drug_id, drug, fields, ticked): LineRow| {
        let fields = serde_json::from_str(&fields).map_err(|error| Error::internal("the fields of an order set cannot be read", &error))?;
        Ok(SetLine { id, position, kind, drug_id, drug: drug.unwrap_or_default(), fields, ticked })
    };
    rows.into_iter().map(line).collect()
}

pub(super) async fn insert(tx: &mut Tx, set: &OrderSet, by: UserId) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO order_sets (id, root_id, version, name, purpose, made_at, made_by, retired) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(set.id)
    .bind(set.root_id)
    .bind(set.version)
    .bind(&set.name)
    .bind(&set.purpose)
    .bind(set.made_at)
    .bind(by)
    .bind(set.retired);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_line(tx: &mut Tx, set: OrderSetId, line: &SetLine) -> Result<()> {
    let fields =
        serde_json::to_string(&line.fields).map_err(|error| Error::internal("the fields of an order set cannot be written", &error))?;
    let query =
        sql("INSERT INTO order_set_lines (id, set_id, position, kind, drug_id, fields, ticked) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(line.id)
            .bind(set)
            .bind(line.position)
            .bind(line.kind)
            .bind(line.drug_id)
            .bind(fields)
            .bind(line.ticked);
    tx.execute(query).await?;
    Ok(())
}

/// Marks a version as superseded; `false` when it was.
pub(super) async fn supersede(tx: &mut Tx, id: OrderSetId, now: Instant) -> Result<bool> {
    let query = sql("UPDATE order_sets SET superseded_at = $2 WHERE id = $1 AND superseded_at IS NULL").bind(id).bind(now);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn insert_origin(tx: &mut Tx, order: &CareOrder, line: OrderSetLineId) -> Result<(), DbError> {
    let query = sql("INSERT INTO order_set_origins (order_id, patient_id, line_id) VALUES ($1, $2, $3) ON CONFLICT (order_id) DO NOTHING")
        .bind(order.id)
        .bind(order.patient_id)
        .bind(line);
    tx.execute(query).await?;
    Ok(())
}
