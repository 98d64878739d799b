//! The SQL of decisions about resuscitation.

use uuid::Uuid;

use super::{CareDecision, NewDecision};
use crate::{
    core::{AdmissionId, Result, Stamp, time::Instant},
    db::{DbError, Tx, sql},
};

/// Returns the decision that counts.
pub(super) async fn open(tx: &mut Tx, admission: AdmissionId) -> Result<Option<CareDecision>> {
    let query = sql("SELECT r.id, r.level, r.ground, r.review_on, r.decided_at, u.display_name AS decided_by
        FROM resuscitation_decisions r JOIN users u ON u.id = r.decided_by WHERE r.replaced_at IS NULL AND r.admission_id = ");
    Ok(tx.optional(query.push_bind(admission)).await?)
}

pub(super) async fn is_there(tx: &mut Tx, id: Uuid) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM resuscitation_decisions WHERE id = ").push_bind(id)).await? > 0)
}

pub(super) async fn replace(tx: &mut Tx, admission: AdmissionId, now: Instant) -> Result<()> {
    let query = sql("UPDATE resuscitation_decisions SET replaced_at = $2 WHERE admission_id = $1 AND replaced_at IS NULL");
    tx.execute(query.bind(admission).bind(now)).await?;
    Ok(())
}

pub(super) async fn insert(tx: &mut Tx, (id, admission): (Uuid, AdmissionId), new: &NewDecision, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO resuscitation_decisions (id, admission_id, level, ground, review_on, decided_at, decided_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)")
    .bind(id)
    .bind(admission)
    .bind(new.level)
    .bind(new.ground)
    .bind(new.review_on)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
