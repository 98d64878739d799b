//! The SQL of the medicines that patients take home.

use uuid::Uuid;

use super::{HomeMedicine, NewHome};
use crate::{
    core::{AdmissionId, Result, Stamp, time::Instant},
    db::{DbError, Locked, Tx, sql},
};

/// Returns the decisions that count, the first at the beginning.
pub(super) async fn of_stay(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<HomeMedicine>> {
    let query = sql("SELECT h.id, h.order_id, h.decision, h.prescription_id, h.decided_at, u.display_name AS decided_by, s.state AS supply
        FROM home_medicines h JOIN users u ON u.id = h.decided_by LEFT JOIN supplies s ON s.id = h.prescription_id
        WHERE h.replaced_at IS NULL AND h.admission_id = ");
    Ok(tx.all(query.push_bind(admission).push(" ORDER BY h.decided_at, h.id")).await?)
}

pub(super) async fn is_there(tx: &mut Tx, id: Uuid) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM home_medicines WHERE id = ").push_bind(id)).await? > 0)
}

pub(super) async fn replace(tx: &mut Tx, stay: Locked<AdmissionId>, id: Uuid, now: Instant) -> Result<()> {
    let query = sql("UPDATE home_medicines SET replaced_at = $3 WHERE id = $1 AND admission_id = $2 AND replaced_at IS NULL");
    tx.execute(query.bind(id).bind(stay.id()).bind(now)).await?;
    Ok(())
}

pub(super) async fn insert(tx: &mut Tx, (id, stay): (Uuid, Locked<AdmissionId>), new: NewHome, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO home_medicines (id, admission_id, order_id, decision, prescription_id, decided_at, decided_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)")
    .bind(id)
    .bind(stay.id())
    .bind(new.order)
    .bind(new.decision)
    .bind(new.prescription)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
