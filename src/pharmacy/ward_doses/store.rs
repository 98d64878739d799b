//! The SQL of doses from the storerooms of wards.

use chrono::NaiveDate;

use crate::{
    core::{CareOrderId, ClinicId, DoseId, PatientId, Result, StockItemId},
    db::{Tx, sql},
};

/// The units that left a ward's storeroom for a dose.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct Taken {
    pub order_id: CareOrderId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub item_id: StockItemId,
    /// Those that did not come back.
    pub kept: i64,
    /// The clinic's day on which the first of them left.
    pub day: NaiveDate,
}

/// Reads what left for a dose, with all its records; of two items the one that the patient has.
pub(super) async fn taken(tx: &mut Tx, dose: DoseId) -> Result<Option<Taken>> {
    let query = sql("SELECT a.order_id, a.patient_id, a.clinic_id, l.item_id,
            CAST(sum(CASE WHEN t.returned_id IS NULL THEN t.quantity ELSE 0 END) AS BIGINT) AS kept, min(m.day) AS day
        FROM administrations a JOIN dose_stock t ON t.administration_id = a.id JOIN stock_movements m ON m.id = t.movement_id
        JOIN stock_lines l ON l.id = m.line_id WHERE a.dose_id = ")
    .push_bind(dose)
    .push(" GROUP BY a.order_id, a.patient_id, a.clinic_id, l.item_id ORDER BY kept DESC, l.item_id LIMIT 1");
    Ok(tx.optional(query).await?)
}

/// Adds up the units of the item that the pharmacy supplied for the order by name, without those that came back.
pub(super) async fn supplied_by_name(tx: &mut Tx, taken: &Taken) -> Result<i64> {
    let query =
        sql("SELECT coalesce(CAST(sum(quantity - returned) AS BIGINT), 0) FROM ward_supplies WHERE order_id = ").push_bind(taken.order_id);
    Ok(tx.count(query.push(" AND item_id = ").push_bind(taken.item_id)).await?)
}

/// Adds up the units of the item that other doses of the order took without a charge.
pub(super) async fn taken_free(tx: &mut Tx, dose: DoseId, taken: &Taken) -> Result<i64> {
    let query = sql("SELECT coalesce(CAST(sum(t.quantity) AS BIGINT), 0) FROM administrations a JOIN dose_stock t ON t.administration_id = a.id
        JOIN stock_movements m ON m.id = t.movement_id JOIN stock_lines l ON l.id = m.line_id WHERE t.returned_id IS NULL AND a.order_id = ")
    .push_bind(taken.order_id)
    .push(" AND a.dose_id <> ")
    .push_bind(dose)
    .push(" AND l.item_id = ")
    .push_bind(taken.item_id);
    let all = tx.count(query).await?;
    let query = sql("SELECT coalesce(CAST(sum(c.quantity_milli / 1000) AS BIGINT), 0) FROM doses d JOIN charges c ON c.source_id = d.id
        WHERE c.source = 'ward_dose' AND c.state NOT IN ('cancelled', 'entered_in_error') AND d.order_id = ")
    .push_bind(taken.order_id)
    .push(" AND d.id <> ")
    .push_bind(dose);
    Ok((all - tx.count(query).await?).max(0))
}
