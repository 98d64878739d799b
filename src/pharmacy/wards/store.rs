//! The SQL of medicines for patients on wards.

use super::{UnitsToSupply, WardOrder, WardSupply};
use crate::{
    core::{CareOrderId, ClinicId, Result, Stamp, list::PAGE_SIZE},
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
    let query = sql("SELECT y.id, i.name AS item_name, i.unit, y.quantity, y.at, u.display_name AS by_name, w.display_name AS witness
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
