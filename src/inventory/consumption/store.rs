//! The SQL of consumption.

use crate::{
    core::{DepartmentId, MovementId, Result, StockBatchId, StockDocumentId, StockItemId, StoreroomId, time::Instant},
    db::{Tx, sql},
    inventory::{MovementKind, StockUnit, consumption::Goods},
};

/// A department with its cost centre.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CostCentre {
    pub id: DepartmentId,
    pub name: String,
    /// The code of the cost centre: its own, or that of a department without one.
    pub code: String,
}

/// A movement of a consumption, or one that took it back.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Used {
    pub document_id: StockDocumentId,
    pub at: Instant,
    pub by_name: String,
    pub department: String,
    pub cost_centre: String,
    pub note: String,
    pub kind: MovementKind,
    pub item_name: String,
    pub item_name_es: String,
    pub unit: StockUnit,
    pub batch_no: String,
    /// With its sign.
    pub quantity: i64,
    /// The units that came back.
    pub back: i64,
}

/// A movement to be taken back.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Moved {
    pub id: MovementId,
    pub item_id: StockItemId,
    pub batch_id: StockBatchId,
    pub quantity: i64,
    pub value: i64,
    pub back: i64,
}

/// Reads the departments, by name.
///
/// # Errors
/// When the database refuses.
pub async fn cost_centres(tx: &mut Tx) -> Result<Vec<CostCentre>> {
    let query = "SELECT id, name, CASE WHEN cost_centre = '' THEN substr(code, 1, 20) ELSE cost_centre END AS code
        FROM departments WHERE retired_at IS NULL ORDER BY name, id";
    Ok(tx.all(sql(query)).await?)
}

/// Reads the goods of a storeroom that no patient gets by name, by name.
///
/// # Errors
/// When the database refuses.
pub async fn goods_in(tx: &mut Tx, room: StoreroomId, most: i64) -> Result<Vec<Goods>> {
    let query = sql("SELECT s.item_id, i.name, i.name_es, i.unit, s.quantity FROM store_items s JOIN stock_items i ON i.id = s.item_id
        WHERE i.kind <> 'medicine' AND s.quantity > 0 AND s.store_id = ")
    .push_bind(room);
    Ok(tx.all(query.push(" ORDER BY i.name, i.id LIMIT ").push_bind(most)).await?)
}

pub(super) async fn document(tx: &mut Tx, id: StockDocumentId) -> Result<Option<(StoreroomId, DepartmentId, String)>> {
    let query = sql("SELECT store_id, department_id, cost_centre FROM stock_documents WHERE kind = 'consume' AND id = ").push_bind(id);
    Ok(tx.optional(query).await?)
}

const BACK: &str = "coalesce((SELECT CAST(sum(b.quantity) AS BIGINT) FROM stock_movements b WHERE b.reverses = m.id), 0) AS back";

pub(super) async fn movements(tx: &mut Tx, document: StockDocumentId) -> Result<Vec<Moved>> {
    let query = sql("SELECT m.id, l.item_id, l.batch_id, m.quantity, m.value, ")
        .push(BACK)
        .push(" FROM stock_movements m JOIN stock_lines l ON l.id = m.line_id WHERE m.kind = 'consume' AND m.document_id = ");
    Ok(tx.all(query.push_bind(document).push(" ORDER BY m.id")).await?)
}

/// Reads the latest consumption of a storeroom, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn latest(tx: &mut Tx, room: StoreroomId, most: i64) -> Result<Vec<Used>> {
    let query = sql("SELECT d.id AS document_id, d.at, u.display_name AS by_name, p.name AS department, d.cost_centre, d.note, m.kind,
            i.name AS item_name, i.name_es AS item_name_es, i.unit, b.batch_no, m.quantity, ")
    .push(BACK)
    .push(" FROM (SELECT k.* FROM stock_documents k WHERE k.kind = 'consume' AND k.store_id = ")
    .push_bind(room)
    .push(" ORDER BY k.at DESC LIMIT ")
    .push_bind(most)
    .push(") d JOIN users u ON u.id = d.by_user JOIN departments p ON p.id = d.department_id")
    // PostgreSQL is led from the documents to their movements by index: without statistics it would read all movements.
    .push_for(
        " JOIN stock_movements m ON m.document_id = d.id",
        " CROSS JOIN LATERAL (SELECT x.* FROM stock_movements x WHERE x.document_id = d.id OFFSET 0) m",
    )
    .push(
        " JOIN stock_lines l ON l.id = m.line_id JOIN stock_batches b ON b.id = l.batch_id JOIN stock_items i ON i.id = l.item_id
        ORDER BY d.at DESC, m.id DESC",
    );
    Ok(tx.all(query).await?)
}

/// Reads the value of what each department used up from some storerooms since a moment: name, cost centre, thousandths of a minor unit.
///
/// # Errors
/// When the database refuses.
pub async fn cost_by_department(tx: &mut Tx, rooms: &[StoreroomId], since: Instant) -> Result<Vec<(String, String, i64)>> {
    if rooms.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql(
        "SELECT p.name, d.cost_centre, CAST(sum(-m.value) AS BIGINT) FROM stock_documents d JOIN departments p ON p.id = d.department_id",
    )
    .push_for(
        " JOIN stock_movements m ON m.document_id = d.id",
        " CROSS JOIN LATERAL (SELECT x.value FROM stock_movements x WHERE x.document_id = d.id OFFSET 0) m",
    )
    .push(" WHERE d.kind = 'consume' AND d.store_id IN ")
    .push_list(rooms.iter().copied())
    .push(" AND d.at >= ")
    .push_bind(since)
    .push(" GROUP BY p.name, d.cost_centre ORDER BY p.name, d.cost_centre");
    Ok(tx.all(query).await?)
}
