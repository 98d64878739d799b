//! The SQL of the register.

use super::{RegisterBalance, RegisterCheck, RegisterCheckState, RegisterCount, RegisterEntry};
use crate::{
    core::{ClinicId, PatientId, RegisterCheckId, Result, Stamp, StockItemId, StoreroomId, list::PAGE_SIZE},
    db::{DbError, Lockable, Locked, Sql, Tx, sql},
};

impl Lockable for RegisterCheckId {
    const TABLE: &'static str = "register_checks";
}

/// The lines of a printed register.
const PRINTED: i64 = 500;
/// The checks that a page shows.
const CHECKS: i64 = 30;

/// Reads the items of the register of a clinic, by storeroom and name.
///
/// # Errors
/// When the database refuses.
pub async fn balances(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<RegisterBalance>> {
    let query = sql("SELECT e.store_id, s.name AS store_name, e.item_id, i.name, i.name_es, i.unit, d.schedule, e.number, e.balance,
            (SELECT count(*) FROM register_checks c WHERE c.store_id = e.store_id AND c.item_id = e.item_id AND c.state = 'open') AS open_checks,
            (SELECT max(c.at) FROM register_checks c WHERE c.store_id = e.store_id AND c.item_id = e.item_id) AS checked_at
        FROM storerooms s JOIN store_items t ON t.store_id = s.id JOIN stock_items i ON i.id = t.item_id JOIN drugs d ON d.id = i.drug_id
        JOIN register_entries e ON e.store_id = t.store_id AND e.item_id = t.item_id AND e.number = (SELECT max(l.number) FROM register_entries l
            WHERE l.store_id = t.store_id AND l.item_id = t.item_id)
        WHERE s.clinic_id = ")
    .push_bind(clinic)
    .push(" ORDER BY s.name, i.name, i.id");
    Ok(tx.all(query).await?)
}

/// The lines of an item's register, with the patient and the prescriber of a hand-over, of a supply for a ward and of a dose from the storeroom of a
/// ward. What comes back has those of the movement that it reverses, and its own witness.
fn lines(room: StoreroomId, item: StockItemId) -> Sql {
    sql("SELECT e.number, m.at, m.kind, e.quantity, e.balance, b.batch_no, k.reason, k.reference, u.display_name AS by_name,
            w.display_name AS witness, p.given_names, p.family_name, p.mrn, r.display_name AS prescriber, h.collector,
            CASE WHEN k.to_id = e.store_id THEN f.name ELSE t.name END AS other_room
        FROM register_entries e JOIN stock_movements m ON m.id = e.movement_id JOIN stock_lines l ON l.id = m.line_id
        JOIN stock_batches b ON b.id = l.batch_id JOIN stock_documents k ON k.id = m.document_id JOIN users u ON u.id = k.by_user
        LEFT JOIN storerooms f ON f.id = k.store_id LEFT JOIN storerooms t ON t.id = k.to_id LEFT JOIN stock_movements g ON g.id = m.reverses
        LEFT JOIN dispenses h ON h.id = coalesce(g.document_id, m.document_id) LEFT JOIN prescriptions x ON x.id = h.supply_id
        LEFT JOIN ward_supplies y ON y.id = coalesce(g.document_id, m.document_id)
        LEFT JOIN dose_stock n ON n.movement_id = coalesce(m.reverses, m.id) LEFT JOIN administrations a ON a.id = n.administration_id
        LEFT JOIN care_orders o ON o.id = coalesce(y.order_id, a.order_id)
        LEFT JOIN users w ON w.id = CASE WHEN m.reverses IS NULL THEN coalesce(h.witness_id, y.witness_id, a.checked_by, k.witness_id) ELSE k.witness_id END
        LEFT JOIN users r ON r.id = coalesce(x.prescribed_by, o.prescriber_id)
        LEFT JOIN patients p ON p.id = coalesce(h.patient_id, y.patient_id, n.patient_id) WHERE e.store_id = ")
    .push_bind(room)
    .push(" AND e.item_id = ")
    .push_bind(item)
}

/// Reads a page of the lines of an item's register, the latest first, with one row more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn entries(tx: &mut Tx, room: StoreroomId, item: StockItemId, offset: i64) -> Result<Vec<RegisterEntry>> {
    let query = lines(room, item).push(" ORDER BY e.number DESC LIMIT ").push_bind(PAGE_SIZE + 1).push(" OFFSET ").push_bind(offset);
    Ok(tx.all(query).await?)
}

/// Reads the last lines of an item's register for paper, in their order.
///
/// # Errors
/// When the database refuses.
pub async fn whole(tx: &mut Tx, room: StoreroomId, item: StockItemId) -> Result<Vec<RegisterEntry>> {
    let mut rows: Vec<RegisterEntry> = tx.all(lines(room, item).push(" ORDER BY e.number DESC LIMIT ").push_bind(PRINTED)).await?;
    rows.reverse();
    Ok(rows)
}

/// Reads the number and the balance of the last line.
pub(super) async fn last(tx: &mut Tx, room: StoreroomId, item: StockItemId) -> Result<Option<(i64, i64)>> {
    let query = sql("SELECT number, balance FROM register_entries WHERE store_id = ")
        .push_bind(room)
        .push(" AND item_id = ")
        .push_bind(item)
        .push(" ORDER BY number DESC LIMIT 1");
    Ok(tx.optional(query).await?)
}

const REGISTER_CHECKS: &str =
    "SELECT c.id, c.store_id, c.item_id, s.clinic_id, c.number, c.expected, c.counted, c.state, c.occasion, c.at, c.counted_by,
        u.display_name AS counter, c.witness_id, w.display_name AS witness, c.explanation, x.display_name AS explainer
    FROM register_checks c JOIN storerooms s ON s.id = c.store_id JOIN users u ON u.id = c.counted_by JOIN users w ON w.id = c.witness_id
    LEFT JOIN users x ON x.id = c.explained_by WHERE ";

/// Reads a check.
///
/// # Errors
/// When the database refuses.
pub async fn check_of(tx: &mut Tx, id: RegisterCheckId) -> Result<Option<RegisterCheck>> {
    Ok(tx.optional(sql(REGISTER_CHECKS).push("c.id = ").push_bind(id)).await?)
}

/// Reads the latest checks of an item in a storeroom.
///
/// # Errors
/// When the database refuses.
pub async fn checks_of(tx: &mut Tx, room: StoreroomId, item: StockItemId) -> Result<Vec<RegisterCheck>> {
    let query = sql(REGISTER_CHECKS)
        .push("c.store_id = ")
        .push_bind(room)
        .push(" AND c.item_id = ")
        .push_bind(item)
        .push(" ORDER BY c.number DESC, c.at DESC, c.id DESC LIMIT ")
        .push_bind(CHECKS);
    Ok(tx.all(query).await?)
}

pub(super) async fn insert_check(
    tx: &mut Tx,
    new: &RegisterCount,
    (number, expected, state): (i64, i64, RegisterCheckState),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO register_checks (id, store_id, item_id, number, expected, counted, state, occasion, at, counted_by, witness_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
        .bind(new.id)
        .bind(new.room)
        .bind(new.item)
        .bind(number)
        .bind(expected)
        .bind(new.counted)
        .bind(state)
        .bind(new.occasion)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(new.witness);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn explain(tx: &mut Tx, id: Locked<RegisterCheckId>, explanation: &str, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE register_checks SET state = 'explained', explanation = $2, explained_at = $3, explained_by = $4 WHERE id = $1")
        .bind(id.id())
        .bind(explanation)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Reads the patients of the lines of an item's register, for the audit of the page.
///
/// # Errors
/// When the database refuses.
pub async fn patients_of(tx: &mut Tx, room: StoreroomId, item: StockItemId, offset: i64) -> Result<Vec<PatientId>> {
    let query = sql(
        "SELECT coalesce(h.patient_id, y.patient_id, n.patient_id) FROM register_entries e JOIN stock_movements m ON m.id = e.movement_id
        LEFT JOIN stock_movements g ON g.id = m.reverses LEFT JOIN dispenses h ON h.id = coalesce(g.document_id, m.document_id)
        LEFT JOIN ward_supplies y ON y.id = coalesce(g.document_id, m.document_id)
        LEFT JOIN dose_stock n ON n.movement_id = coalesce(m.reverses, m.id) WHERE e.store_id = ",
    )
    .push_bind(room)
    .push(" AND e.item_id = ")
    .push_bind(item)
    .push(" ORDER BY e.number DESC LIMIT ")
    .push_bind(PRINTED)
    .push(" OFFSET ")
    .push_bind(offset);
    let mut found: Vec<PatientId> = tx.all::<(Option<PatientId>,)>(query).await?.into_iter().filter_map(|(patient,)| patient).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
