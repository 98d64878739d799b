//! The SQL of hand-overs and returns.

use uuid::Uuid;

use super::{CollectorCheck, Dispense, DispenseLine, Handover, Returned, Supply};
use crate::{
    clinical::{OutsideReader, holds},
    core::{ClinicId, DispenseId, MovementId, PatientId, Result, Stamp, StockBatchId, StoreroomId, SupplyId, time::Instant},
    db::{DbError, Locked, Tx, sql},
    inventory::Posted,
    patients::PatientName,
};

const DISPENSES: &str =
    "SELECT d.id, d.supply_id, d.patient_id, i.name AS item_name, i.name_es AS item_name_es, i.unit, d.quantity, d.returned, d.at,
        u.display_name AS by_name, w.display_name AS witness, d.collector, d.counselling, s.substitute_for,
        d.paid_first, d.handed_at, h.display_name AS handed_by
    FROM dispenses d JOIN supplies s ON s.id = d.supply_id JOIN stock_items i ON i.id = s.item_id JOIN users u ON u.id = d.by_user
    LEFT JOIN users w ON w.id = d.witness_id LEFT JOIN users h ON h.id = d.handed_by WHERE ";

/// Reads a hand-over.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: DispenseId) -> Result<Option<Dispense>> {
    Ok(tx.optional(sql(DISPENSES).push("d.id = ").push_bind(id)).await?)
}

/// Reads the hand-overs of a supply, the first one first.
///
/// # Errors
/// When the database refuses.
pub async fn of_supply(tx: &mut Tx, supply: SupplyId) -> Result<Vec<Dispense>> {
    Ok(tx.all(sql(DISPENSES).push("d.supply_id = ").push_bind(supply).push(" ORDER BY d.at, d.id")).await?)
}

/// Reads the latest hand-overs to a patient, only those before a time if one is given.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient_before(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<Dispense>> {
    let mut query = sql(DISPENSES).push("d.patient_id = ").push_bind(patient);
    if let Some(before) = before {
        query = query.push(" AND d.at < ").push_bind(before);
    }
    Ok(tx.all(query.push(" ORDER BY d.at DESC, d.id DESC LIMIT ").push_bind(limit)).await?)
}

/// Reads the hand-overs to a patient of prescriptions that are not kept from this reader, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn in_portal(tx: &mut Tx, patient: PatientId, reader: OutsideReader, limit: i64) -> Result<Vec<Dispense>> {
    let query = sql(DISPENSES).push("(d.handed_at IS NOT NULL OR NOT d.paid_first) AND d.patient_id = ").push_bind(patient);
    let query = holds::unless_held(query, " WHERE h.patient_id = d.patient_id AND h.prescription_id = d.supply_id", reader);
    Ok(tx.all(query.push(" ORDER BY d.at DESC, d.id DESC LIMIT ").push_bind(limit)).await?)
}

/// Reads the batches of hand-overs.
///
/// # Errors
/// When the database refuses.
pub async fn lines_of(tx: &mut Tx, dispenses: &[DispenseId]) -> Result<Vec<DispenseLine>> {
    let query = sql("SELECT l.id, l.dispense_id, b.batch_no, b.expires_on, l.quantity, l.returned
        FROM dispense_lines l JOIN stock_batches b ON b.id = l.batch_id WHERE l.dispense_id IN ")
    .push_list(dispenses.iter().copied())
    .push(" ORDER BY l.dispense_id, coalesce(b.expires_on, '9999-12-31'), l.id");
    Ok(tx.all(query).await?)
}

/// A patient who has something of a batch.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Recipient {
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub name: PatientName,
    pub mrn: String,
    /// The folder of the page: `supplies`, or `wards` for a patient on a ward, where a dose may also have come from the ward's storeroom.
    pub place: String,
    /// The supply, or the order of the stay.
    pub subject_id: Uuid,
    pub at: Instant,
    pub quantity: i64,
    pub returned: i64,
}

/// Reads the patients of a clinic who got something of a batch, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn who_got(tx: &mut Tx, batch: StockBatchId, clinic: ClinicId, limit: i64, offset: i64) -> Result<Vec<Recipient>> {
    // The lines are read first: PostgreSQL would read all movements to join them with a few lines.
    let lines: Vec<(uuid::Uuid,)> = tx.all(sql("SELECT id FROM stock_lines WHERE batch_id = ").push_bind(batch)).await?;
    let lines = if lines.is_empty() { vec![uuid::Uuid::nil()] } else { lines.into_iter().map(|(id,)| id).collect() };
    let doses = lines.clone();
    let query = sql("SELECT r.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, r.place, r.subject_id, r.at, r.quantity, r.returned FROM (
            SELECT d.patient_id, 'supplies' AS place, d.supply_id AS subject_id, d.at, d.id, l.quantity, l.returned
            FROM dispense_lines l JOIN dispenses d ON d.id = l.dispense_id WHERE l.batch_id = ")
    .push_bind(batch)
    .push(" AND d.clinic_id = ")
    .push_bind(clinic)
    .push(" UNION ALL SELECT y.patient_id, 'wards', y.order_id, y.at, y.id, -m.quantity,
                coalesce((SELECT CAST(sum(b.quantity) AS BIGINT) FROM stock_movements b WHERE b.reverses = m.id), 0)
            FROM stock_movements m JOIN ward_supplies y ON y.id = m.document_id WHERE m.line_id IN ")
    .push_list(lines)
    .push(" AND y.clinic_id = ")
    .push_bind(clinic)
    // Doses that a nurse took from the storeroom of the ward.
    .push(" UNION ALL SELECT t.patient_id, 'wards', a.order_id, m.at, t.movement_id, t.quantity, CASE WHEN t.returned_id IS NULL THEN 0 ELSE t.quantity END
            FROM stock_movements m JOIN dose_stock t ON t.movement_id = m.id JOIN administrations a ON a.id = t.administration_id WHERE m.line_id IN ")
    .push_list(doses)
    .push(" AND a.clinic_id = ")
    .push_bind(clinic)
    .push(") r JOIN patients p ON p.id = r.patient_id ORDER BY r.at DESC, r.id DESC LIMIT ")
    .push_bind(limit)
    .push(" OFFSET ")
    .push_bind(offset);
    Ok(tx.all(query).await?)
}

pub(super) async fn insert(tx: &mut Tx, supply: &Supply, handover: &Handover, paid_first: bool, stamp: Stamp) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO dispenses (id, supply_id, patient_id, clinic_id, quantity, identified_by, collector, at, by_user, witness_id, counselling, paid_first)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
        .bind(handover.key)
        .bind(supply.id)
        .bind(supply.patient_id)
        .bind(supply.clinic_id)
        .bind(handover.quantity)
        .bind(handover.identified_by)
        .bind(&handover.collector)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(handover.witness)
        .bind(handover.counselling)
        .bind(paid_first);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_line(tx: &mut Tx, part: &Posted, dispense: DispenseId, patient: PatientId) -> Result<()> {
    let query = sql("INSERT INTO dispense_lines (id, dispense_id, patient_id, batch_id, quantity) VALUES ($1, $2, $3, $4, $5)")
        .bind(part.id)
        .bind(dispense)
        .bind(patient)
        .bind(part.batch)
        .bind(part.quantity);
    tx.execute(query).await?;
    Ok(())
}

/// Reads the hand-over of a line, and the units of it that the patient has.
pub(super) async fn line(tx: &mut Tx, id: MovementId) -> Result<Option<(DispenseId, i64)>> {
    Ok(tx.optional(sql("SELECT dispense_id, quantity - returned FROM dispense_lines WHERE id = ").push_bind(id)).await?)
}

pub(super) async fn insert_return(tx: &mut Tx, returned: &Returned, patient: PatientId, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO dispense_returns (id, line_id, patient_id, quantity, reason, note, at, by_user) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(returned.key)
        .bind(returned.line)
        .bind(patient)
        .bind(returned.quantity)
        .bind(returned.reason)
        .bind(&returned.note)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn add_returned(tx: &mut Tx, line: MovementId, dispense: DispenseId, quantity: i64) -> Result<()> {
    tx.execute(sql("UPDATE dispense_lines SET returned = returned + $2 WHERE id = $1").bind(line).bind(quantity)).await?;
    tx.execute(sql("UPDATE dispenses SET returned = returned + $2 WHERE id = $1").bind(dispense).bind(quantity)).await?;
    Ok(())
}

/// Reads the bags of a clinic that wait to be handed over, the oldest first.
pub(super) async fn waiting(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<Dispense>> {
    let query =
        sql(DISPENSES).push("d.paid_first AND d.handed_at IS NULL AND d.returned < d.quantity AND d.clinic_id = ").push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY d.at, d.id LIMIT ").push_bind(limit)).await?)
}

/// Returns those of the hand-overs whose charge is paid or covered: settled, free, or nothing of its invoice is left for the patient.
pub(super) async fn paid(tx: &mut Tx, ids: &[DispenseId]) -> Result<Vec<DispenseId>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("SELECT c.source_id FROM charges c WHERE c.source = 'dispense' AND c.state NOT IN ('cancelled', 'entered_in_error') AND c.source_id IN ")
        .push_list(ids.iter().copied())
        .push(
            " AND (c.state = 'paid' OR (c.state = 'billable' AND c.net = 0) OR (c.state = 'billed' AND EXISTS (SELECT 1 FROM invoice_lines l
                JOIN invoices i ON i.id = l.invoice_id WHERE l.charge_id = c.id AND l.released_at IS NULL AND i.state <> 'draft' AND i.patient_due <= 0)))",
        );
    Ok(tx.all::<(DispenseId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Writes that a bag was handed over.
pub(super) async fn hand_over(
    tx: &mut Tx,
    supply: Locked<SupplyId>,
    id: DispenseId,
    (check, to): (CollectorCheck, &str),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql(
        "UPDATE dispenses SET handed_at = $3, handed_by = $4, handed_check = $5, handed_to = $6 WHERE id = $1 AND supply_id = $2 AND handed_at IS NULL",
    );
    tx.execute(query.bind(id).bind(supply.id()).bind(stamp.at).bind(stamp.by).bind(check).bind(to)).await?;
    Ok(())
}

/// Reads the parts of a bag with the storeroom and the batch that each came from, and what is left of it.
pub(super) async fn bag_parts(tx: &mut Tx, id: DispenseId) -> Result<Vec<(MovementId, StoreroomId, StockBatchId, i64)>> {
    let query =
        sql("SELECT l.id, s.store_id, l.batch_id, l.quantity - l.returned FROM dispense_lines l JOIN stock_movements m ON m.id = l.id
        JOIN stock_lines s ON s.id = m.line_id WHERE l.quantity > l.returned AND l.dispense_id = ");
    Ok(tx.all(query.push_bind(id).push(" ORDER BY l.id")).await?)
}
