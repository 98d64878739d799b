//! The SQL of patients' wishes for their results.

use super::StatedWish;
use crate::{
    core::{PatientId, Result, Stamp},
    db::{Tx, sql},
};

pub(super) async fn wish(tx: &mut Tx, patient: PatientId) -> Result<Option<StatedWish>> {
    Ok(tx.optional(sql("SELECT wish, version FROM lab_result_wishes WHERE patient_id = ").push_bind(patient)).await?)
}

/// Saves the wish; `false` when it has another version by now.
pub(super) async fn save(tx: &mut Tx, patient: PatientId, stated: StatedWish, stamp: Stamp) -> Result<bool> {
    let query = if stated.version == 0 {
        sql("INSERT INTO lab_result_wishes (patient_id, wish, updated_at, updated_by) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
    } else {
        sql(
            "UPDATE lab_result_wishes SET wish = $2, updated_at = $3, updated_by = $4, version = version + 1 WHERE patient_id = $1 AND version = $5",
        )
    };
    let query = query.bind(patient).bind(stated.wish).bind(stamp.at).bind(stamp.by);
    let query = if stated.version == 0 { query } else { query.bind(stated.version) };
    Ok(tx.execute(query).await? == 1)
}
