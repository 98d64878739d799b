//! The SQL of medicines for patients on wards.

use super::{UnitsToSupply, WardOrder, WardSupply, WardSupplyPart};
use crate::{
    core::{
        AdmissionId, CareOrderId, ClinicId, DrugId, MovementId, PatientId, Result, Stamp, StockDocumentId, list::PAGE_SIZE, time::Instant,
    },
    db::{DbError, Tx, sql},
};

const ORDERS: &str = "SELECT o.id, o.admission_id, o.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, o.clinic_id, w.name AS ward,
        o.title, o.dose, o.drug_id, u.display_name AS prescriber, o.prescriber_id, o.ordered_at,
        (SELECT max(y.at) FROM ward_supplies y WHERE y.order_id = o.id) AS supplied_at
    FROM admissions a JOIN care_orders o ON o.admission_id = a.id JOIN patients p ON p.id = o.patient_id JOIN wards w ON w.id = a.accepted_ward_id
    JOIN users u ON u.id = o.prescriber_id WHERE o.kind = 'medicine' AND ";

/// Reads a page of the active orders, with one row more than the page has.
pub(super) async fn orders(tx: &mut Tx, clinic: ClinicId, offset: i64) -> Result<Vec<WardOrder>> {
    let query = sql(ORDERS)
        .push("(o.state = 'active' OR o.state = 'on_hold') AND a.state = 'admitted' AND a.clinic_id = ")
        .push_bind(clinic)
        .push(" ORDER BY w.name, p.family_name, p.given_names, o.ordered_at, o.id LIMIT ")
        .push_bind(PAGE_SIZE + 1)
        .push(" OFFSET ")
        .push_bind(offset);
    Ok(tx.all(query).await?)
}

pub(super) async fn find(tx: &mut Tx, id: CareOrderId) -> Result<Option<WardOrder>> {
    Ok(tx.optional(sql(ORDERS).push("o.id = ").push_bind(id)).await?)
}

/// Reads what was supplied for an order, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn supplied(tx: &mut Tx, order: CareOrderId) -> Result<Vec<WardSupply>> {
    let query = sql("SELECT y.id, y.item_id, i.name AS item_name, i.unit, y.quantity, y.returned, y.at, u.display_name AS by_name, w.display_name AS witness
        FROM ward_supplies y JOIN stock_items i ON i.id = y.item_id JOIN users u ON u.id = y.by_user LEFT JOIN users w ON w.id = y.witness_id
        WHERE y.order_id = ")
    .push_bind(order)
    .push(" ORDER BY y.at DESC, y.id DESC");
    Ok(tx.all(query).await?)
}

pub(super) async fn insert(tx: &mut Tx, order: &WardOrder, new: &UnitsToSupply, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO ward_supplies (id, order_id, patient_id, clinic_id, item_id, quantity, at, by_user, witness_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
    .bind(new.key)
    .bind(order.id)
    .bind(order.patient_id)
    .bind(order.clinic_id)
    .bind(new.item)
    .bind(new.quantity)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(new.witness);
    tx.execute(query).await?;
    Ok(())
}

/// Reads the batches of what was supplied for an order.
///
/// # Errors
/// When the database refuses.
pub async fn parts(tx: &mut Tx, order: CareOrderId) -> Result<Vec<WardSupplyPart>> {
    let query = sql("SELECT m.id, y.id AS supply_id, l.store_id, l.batch_id, b.batch_no, b.expires_on, -m.quantity AS quantity,
            coalesce((SELECT CAST(sum(r.quantity) AS BIGINT) FROM stock_movements r WHERE r.reverses = m.id), 0) AS returned
        FROM ward_supplies y JOIN stock_movements m ON m.document_id = y.id JOIN stock_lines l ON l.id = m.line_id
        JOIN stock_batches b ON b.id = l.batch_id WHERE y.order_id = ")
    .push_bind(order)
    .push(" ORDER BY y.at DESC, m.id");
    Ok(tx.all(query).await?)
}

/// Reads the supply and the order of a movement.
pub(super) async fn of_movement(tx: &mut Tx, movement: MovementId) -> Result<Option<(StockDocumentId, CareOrderId)>> {
    let query = sql("SELECT y.id, y.order_id FROM stock_movements m JOIN ward_supplies y ON y.id = m.document_id WHERE m.id = ");
    Ok(tx.optional(query.push_bind(movement)).await?)
}

pub(super) async fn add_returned(tx: &mut Tx, supply: StockDocumentId, quantity: i64) -> Result<()> {
    tx.execute(sql("UPDATE ward_supplies SET returned = returned + $2 WHERE id = $1").bind(supply).bind(quantity)).await?;
    Ok(())
}

/// Reads the present admissions of a patient.
pub(super) async fn admissions_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<AdmissionId>> {
    let query = sql("SELECT id FROM admissions WHERE state = 'admitted' AND patient_id = ").push_bind(patient);
    Ok(tx.all::<(AdmissionId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Reads the medicine orders of a patient that ended since a time.
pub(super) async fn ended(tx: &mut Tx, patient: PatientId, since: Instant) -> Result<Vec<(uuid::Uuid, DrugId, String, Instant)>> {
    let query = sql("SELECT id, drug_id, title, ended_at FROM care_orders WHERE kind = 'medicine' AND patient_id = ").push_bind(patient);
    Ok(tx.all(query.push(" AND ended_at >= ").push_bind(since).push(" ORDER BY ended_at DESC, id LIMIT 200")).await?)
}
