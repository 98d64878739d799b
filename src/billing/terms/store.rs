//! The SQL of payment terms.

use crate::{
    core::{ClinicId, Result, Stamp},
    db::{Tx, sql},
};

/// The clinics that have days set, with them.
///
/// # Errors
/// When the database refuses.
pub async fn chosen(tx: &mut Tx) -> Result<Vec<(ClinicId, i64)>> {
    Ok(tx.all(sql("SELECT clinic_id, days FROM payment_terms")).await?)
}

pub(super) async fn set(tx: &mut Tx, clinic: ClinicId, days: i64, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO payment_terms (clinic_id, days, updated_at, updated_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (clinic_id) DO UPDATE SET days = excluded.days, updated_at = excluded.updated_at, updated_by = excluded.updated_by")
    .bind(clinic)
    .bind(days)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
