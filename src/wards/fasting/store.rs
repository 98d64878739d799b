//! The SQL of patients who must not eat or drink.

use uuid::Uuid;

use super::{Fasting, NewFasting};
use crate::{
    core::{AdmissionId, Result, Stamp},
    db::{DbError, Locked, Tx, sql},
};

/// Returns the mark that nobody ended.
pub(super) async fn open(tx: &mut Tx, admission: AdmissionId) -> Result<Option<Fasting>> {
    let query = sql("SELECT n.id, n.from_at, n.until_at, n.reason, n.set_at, u.display_name AS set_by
        FROM nil_by_mouth n JOIN users u ON u.id = n.set_by WHERE n.ended_at IS NULL AND n.admission_id = ");
    Ok(tx.optional(query.push_bind(admission)).await?)
}

pub(super) async fn is_there(tx: &mut Tx, id: Uuid) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM nil_by_mouth WHERE id = ").push_bind(id)).await? > 0)
}

/// Ends the open mark; returns `false` when there is none.
pub(super) async fn end(tx: &mut Tx, admission: Locked<AdmissionId>, stamp: Stamp) -> Result<bool, DbError> {
    let query = sql("UPDATE nil_by_mouth SET ended_at = $2, ended_by = $3 WHERE admission_id = $1 AND ended_at IS NULL");
    Ok(tx.execute(query.bind(admission.id()).bind(stamp.at).bind(stamp.by)).await? == 1)
}

pub(super) async fn insert(
    tx: &mut Tx,
    (id, admission): (Uuid, Locked<AdmissionId>),
    new: &NewFasting,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO nil_by_mouth (id, admission_id, from_at, until_at, reason, set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(id)
            .bind(admission.id())
            .bind(new.from_at)
            .bind(new.until_at)
            .bind(&new.reason)
            .bind(stamp.at)
            .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
