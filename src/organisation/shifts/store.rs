//! The SQL of shifts.

use super::{PlannedShift, ShiftWorker};
use crate::{
    core::{ClinicId, Error, Result, ServicePointId, ShiftId, StaffId, Stamp, time::Instant},
    db::{DbError, Lockable, Locked, Tx, sql},
};

impl Lockable for ShiftId {
    const TABLE: &'static str = "shifts";
}

const SHIFTS: &str =
    "SELECT h.id, h.staff_id, s.display_name AS name, s.kind AS profession, h.service_point_id, p.name AS place, h.starts_at,
        h.ends_at, h.version
    FROM shifts h JOIN staff s ON s.id = h.staff_id LEFT JOIN service_points p ON p.id = h.service_point_id
    WHERE h.removed_at IS NULL AND h.clinic_id = ";

pub(super) async fn between(tx: &mut Tx, clinic: ClinicId, from: Instant, to: Instant) -> Result<Vec<PlannedShift>> {
    let query = sql(SHIFTS).push_bind(clinic).push(" AND h.starts_at < ").push_bind(to).push(" AND h.ends_at > ").push_bind(from);
    // A shift lasts at most a day: an earlier start cannot reach into the time.
    let query = query.push(" AND h.starts_at >= ").push_bind(from - chrono::Duration::days(1));
    Ok(tx.all(query.push(" ORDER BY h.starts_at, s.display_name, h.id")).await?)
}

pub(super) async fn at(tx: &mut Tx, clinic: ClinicId, now: Instant) -> Result<Vec<PlannedShift>> {
    let query = sql(SHIFTS).push_bind(clinic).push(" AND s.retired_at IS NULL AND h.starts_at <= ").push_bind(now);
    let query = query.push(" AND h.ends_at > ").push_bind(now).push(" AND h.starts_at > ").push_bind(now - chrono::Duration::days(1));
    Ok(tx.all(query.push(" ORDER BY s.kind, s.display_name, h.id")).await?)
}

pub(super) async fn find(tx: &mut Tx, id: ShiftId) -> Result<(ClinicId, PlannedShift)> {
    let clinic: Option<(ClinicId,)> =
        tx.optional(sql("SELECT clinic_id FROM shifts WHERE id = $1 AND removed_at IS NULL").bind(id)).await?;
    let (clinic,) = clinic.ok_or(Error::NotFound)?;
    let shift = tx.optional(sql(SHIFTS).push_bind(clinic).push(" AND h.id = ").push_bind(id)).await?;
    Ok((clinic, shift.ok_or(Error::NotFound)?))
}

pub(super) async fn workers(tx: &mut Tx) -> Result<Vec<ShiftWorker>> {
    let query = sql("SELECT id, display_name AS name, kind AS profession FROM staff WHERE retired_at IS NULL AND kind <> 'doctor'
        ORDER BY display_name, id");
    Ok(tx.all(query).await?)
}

/// Whether there is a row with this id.
pub(super) async fn is_there(tx: &mut Tx, id: ShiftId) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM shifts WHERE id = $1").bind(id)).await? > 0)
}

/// A shift to be planned.
#[derive(Clone, Debug)]
pub(super) struct NewShift {
    pub id: ShiftId,
    pub staff: StaffId,
    pub clinic: ClinicId,
    pub place: Option<ServicePointId>,
    pub starts_at: Instant,
    pub ends_at: Instant,
}

pub(super) async fn insert(tx: &mut Tx, shift: &NewShift, stamp: Stamp) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO shifts (id, staff_id, clinic_id, service_point_id, starts_at, ends_at, created_at, created_by, updated_at,
            updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        .bind(shift.id)
        .bind(shift.staff)
        .bind(shift.clinic)
        .bind(shift.place)
        .bind(shift.starts_at)
        .bind(shift.ends_at)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn remove(tx: &mut Tx, shift: Locked<ShiftId>, version: i64, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE shifts SET removed_at = $2, updated_at = $3, updated_by = $4, version = version + 1
        WHERE id = $1 AND removed_at IS NULL AND version = $5")
    .bind(shift.id())
    .bind(stamp.at)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(version);
    Ok(tx.execute(query).await? == 1)
}
