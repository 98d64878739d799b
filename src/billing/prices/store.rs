//! The SQL of the price list. A clinic's own price goes before the hospital's, the later start before the earlier.

use chrono::NaiveDate;

use crate::{
    core::{ClinicId, DepartmentId, Result},
    db::{Tx, sql},
};

use super::PriceRow;

pub(super) async fn consultation(tx: &mut Tx, clinic: ClinicId, department: DepartmentId, day: NaiveDate) -> Result<Option<PriceRow>> {
    let query = sql("SELECT i.id AS item_id, i.code, i.name, i.kind, p.amount, (p.clinic_id IS NOT NULL) AS own, p.valid_from, p.valid_to
        FROM price_items i JOIN prices p ON p.item_id = i.id
        WHERE i.kind = 'consultation' AND i.department_id = $2 AND i.retired_at IS NULL
          AND (p.clinic_id IS NULL OR p.clinic_id = $1) AND p.valid_from <= $3 AND (p.valid_to IS NULL OR p.valid_to >= $3)
        ORDER BY (CASE WHEN p.clinic_id IS NULL THEN 1 ELSE 0 END), p.valid_from DESC, i.code LIMIT 1")
    .bind(clinic)
    .bind(department)
    .bind(day);
    Ok(tx.optional(query).await?)
}

/// What everything costs at the clinic on the day, by kind and name.
///
/// # Errors
/// What the database refused.
pub async fn price_list(tx: &mut Tx, clinic: ClinicId, day: NaiveDate) -> Result<Vec<PriceRow>> {
    let query = sql("SELECT i.id AS item_id, i.code, i.name, i.kind, p.amount, (p.clinic_id IS NOT NULL) AS own, p.valid_from, p.valid_to
        FROM price_items i JOIN prices p ON p.item_id = i.id
        WHERE i.retired_at IS NULL AND (p.clinic_id IS NULL OR p.clinic_id = $1) AND p.valid_from <= $2 AND (p.valid_to IS NULL OR p.valid_to >= $2)
        ORDER BY i.kind, i.name, i.code, (CASE WHEN p.clinic_id IS NULL THEN 1 ELSE 0 END), p.valid_from DESC")
    .bind(clinic)
    .bind(day);
    let mut rows: Vec<PriceRow> = tx.all(query).await?;
    rows.dedup_by_key(|row| row.item_id);
    Ok(rows)
}
