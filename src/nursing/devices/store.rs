//! The SQL of lines and devices.

use super::{DeviceCheck, DeviceForm, StayDevice};
use crate::{
    core::{AdmissionId, Result, Stamp, StayDeviceId, TaskPlanId, UserId, time::Instant},
    db::{DbError, Tx, sql},
    nursing::{
        bedside::Whose,
        vocabulary::{DeviceAct, DeviceRemoval},
    },
};

const DEVICES: &str = "SELECT d.id, d.admission_id, d.patient_id, d.clinic_id, d.kind, d.site, d.side, d.size, d.inserted_at, d.inserted_by, \
                       d.dressing_due, u.display_name AS recorder, d.task_plan_id, d.removed_at, r.display_name AS remover, d.removal \
                       FROM stay_devices d JOIN users u ON u.id = d.recorded_by LEFT JOIN users r ON r.id = d.removed_by WHERE ";

pub(super) async fn find(tx: &mut Tx, id: StayDeviceId) -> Result<Option<StayDevice>> {
    Ok(tx.optional(sql(DEVICES).push("d.id = ").push_bind(id)).await?)
}

/// Reads the devices of an admission: those in place first, by the time of their insertion.
///
/// # Errors
/// When the database refuses.
pub async fn of_admission(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<StayDevice>> {
    let query = sql(DEVICES).push("d.admission_id = ").push_bind(admission);
    Ok(tx.all(query.push(" ORDER BY CASE WHEN d.removed_at IS NULL THEN 0 ELSE 1 END, d.inserted_at, d.id LIMIT 200")).await?)
}

/// Reads the checks of the devices of an admission, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn checks_of(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<DeviceCheck>> {
    let query = sql("SELECT c.device_id, c.act, c.vip, c.remark, c.at, u.display_name AS checker FROM stay_devices d
        JOIN stay_device_checks c ON c.device_id = d.id JOIN users u ON u.id = c.by_user WHERE d.admission_id = ");
    Ok(tx.all(query.push_bind(admission).push(" ORDER BY c.at DESC, c.id DESC LIMIT 300")).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: StayDeviceId,
    whose: Whose,
    form: &DeviceForm,
    (inserted_at, dressing, task): (Instant, Option<Instant>, TaskPlanId),
    (now, by): (Instant, UserId),
) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO stay_devices (id, admission_id, patient_id, clinic_id, kind, site, side, size, inserted_at, inserted_by, dressing_due,
            recorded_at, recorded_by, task_plan_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(id)
    .bind(whose.admission)
    .bind(whose.patient)
    .bind(whose.clinic)
    .bind(form.kind)
    .bind(&form.site)
    .bind(form.side)
    .bind(&form.size)
    .bind(inserted_at)
    .bind(&form.inserted_by)
    .bind(dressing)
    .bind(now)
    .bind(by)
    .bind(task);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_check(
    tx: &mut Tx,
    device: StayDeviceId,
    (act, vip, remark): (DeviceAct, Option<i64>, &str),
    stamp: Stamp,
) -> Result<()> {
    let query = sql("INSERT INTO stay_device_checks (id, device_id, act, vip, remark, at, by_user) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(uuid::Uuid::now_v7())
        .bind(device)
        .bind(act)
        .bind(vip)
        .bind(remark)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn set_dressing(tx: &mut Tx, id: StayDeviceId, due: Instant) -> Result<()> {
    tx.execute(sql("UPDATE stay_devices SET dressing_due = $2 WHERE id = $1 AND removed_at IS NULL").bind(id).bind(due)).await?;
    Ok(())
}

pub(super) async fn remove(tx: &mut Tx, id: StayDeviceId, removal: DeviceRemoval, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE stay_devices SET removed_at = $2, removed_by = $3, removal = $4 WHERE id = $1 AND removed_at IS NULL")
        .bind(id)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(removal);
    Ok(tx.execute(query).await? == 1)
}
