//! The SQL of the uses of beds.

use super::{BedUse, NewUse, UseEnd, UseKind};
use crate::{
    core::{AdmissionId, BedId, BedUseId, Result, Stamp, UserId, time::Instant},
    db::{DbError, Locked, Tx, sql},
};

const USE: &str = "SELECT id, bed_id, kind, admission_id, patient_id, terminal, began_at, ended_at, due_at, reason FROM bed_uses \
                   WHERE voided_at IS NULL AND ";

pub(super) async fn open_use(tx: &mut Tx, bed: BedId) -> Result<Option<BedUse>> {
    Ok(tx.optional(sql(USE).push("ended_at IS NULL AND bed_id = ").push_bind(bed)).await?)
}

/// Returns the open use of this kind that an admission has.
///
/// # Errors
/// When the database refuses.
pub async fn open_of_admission(tx: &mut Tx, admission: AdmissionId, kind: UseKind) -> Result<Option<BedUse>> {
    let query = sql(USE).push("ended_at IS NULL AND admission_id = ").push_bind(admission).push(" AND kind = ").push_bind(kind);
    Ok(tx.optional(query).await?)
}

/// Returns all stays of an admission, in order.
///
/// # Errors
/// When the database refuses.
pub async fn stays_of(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<BedUse>> {
    let query = sql(USE).push("kind = 'stay' AND admission_id = ").push_bind(admission).push(" ORDER BY began_at, id");
    Ok(tx.all(query).await?)
}

/// Returns the latest uses of a bed, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_bed(tx: &mut Tx, bed: BedId, limit: i64) -> Result<Vec<BedUse>> {
    let query = sql(USE).push("bed_id = ").push_bind(bed).push(" ORDER BY began_at DESC, id DESC LIMIT ").push_bind(limit);
    Ok(tx.all(query).await?)
}

/// Returns the reservations that have run out.
///
/// # Errors
/// When the database refuses.
pub async fn due_reservations(tx: &mut Tx, now: Instant, limit: i64) -> Result<Vec<BedUse>> {
    let query = sql(USE).push("ended_at IS NULL AND kind = 'reservation' AND due_at <= ").push_bind(now);
    Ok(tx.all(query.push(" ORDER BY due_at, id LIMIT ").push_bind(limit)).await?)
}

pub(super) async fn insert(tx: &mut Tx, bed: Locked<BedId>, new: &NewUse, by: UserId) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO bed_uses (id, clinic_id, bed_id, kind, admission_id, patient_id, terminal, began_at, due_at, reason, opened_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
        .bind(BedUseId::new())
        .bind(new.clinic)
        .bind(bed.id())
        .bind(new.kind)
        .bind(new.whose.map(|(admission, _)| admission))
        .bind(new.whose.map(|(_, patient)| patient))
        .bind(new.terminal)
        .bind(new.began_at)
        .bind(new.due_at)
        .bind(&new.reason)
        .bind(by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn set_ended(tx: &mut Tx, bed: Locked<BedId>, id: BedUseId, because: UseEnd, stamp: Stamp) -> Result<bool, DbError> {
    let query = sql("UPDATE bed_uses SET ended_at = $3, ended_because = $4, closed_by = $5
        WHERE id = $1 AND bed_id = $2 AND ended_at IS NULL AND voided_at IS NULL")
    .bind(id)
    .bind(bed.id())
    .bind(stamp.at)
    .bind(because)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn set_voided(tx: &mut Tx, bed: Locked<BedId>, id: BedUseId, stamp: Stamp) -> Result<bool, DbError> {
    let query = sql("UPDATE bed_uses SET voided_at = $3, closed_by = $4
        WHERE id = $1 AND bed_id = $2 AND ended_at IS NULL AND voided_at IS NULL")
    .bind(id)
    .bind(bed.id())
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn unset_ended(tx: &mut Tx, bed: Locked<BedId>, id: BedUseId) -> Result<bool, DbError> {
    let query = sql("UPDATE bed_uses SET ended_at = NULL, ended_because = NULL, closed_by = NULL
        WHERE id = $1 AND bed_id = $2 AND ended_because = 'moved' AND voided_at IS NULL")
    .bind(id)
    .bind(bed.id());
    Ok(tx.execute(query).await? == 1)
}

/// Sets the time at which a use began.
///
/// # Errors
/// When the bed or the patient was elsewhere then.
pub async fn began_at(tx: &mut Tx, bed: Locked<BedId>, id: BedUseId, at: Instant) -> Result<(), DbError> {
    let query = sql("UPDATE bed_uses SET began_at = $3 WHERE id = $1 AND bed_id = $2 AND voided_at IS NULL");
    tx.execute(query.bind(id).bind(bed.id()).bind(at)).await?;
    Ok(())
}

/// Lets the reservation of an admission, which ended with the stay, end at another time: at the latest when it began.
///
/// # Errors
/// When the database refuses.
pub async fn end_reservation_by(tx: &mut Tx, bed: Locked<BedId>, admission: AdmissionId, at: Instant) -> Result<(), DbError> {
    let query = sql("UPDATE bed_uses SET ended_at = CASE WHEN began_at > $3 THEN began_at ELSE $4 END
        WHERE admission_id = $1 AND bed_id = $2 AND kind = 'reservation' AND ended_because = 'admitted' AND ended_at > $5 AND voided_at IS NULL")
    .bind(admission)
    .bind(bed.id())
    .bind(at)
    .bind(at)
    .bind(at);
    tx.execute(query).await?;
    Ok(())
}
