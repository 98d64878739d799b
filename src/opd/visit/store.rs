//! The SQL of visits and their tokens.

use chrono::NaiveDate;

use super::{Visit, VisitCounts};
use crate::{
    core::{AppointmentId, ClinicId, Error, IdempotencyKey, PatientId, Result, ServiceId, Stamp, VisitId},
    db::{Lockable, Locked, Tx, sql},
    opd::Outcome,
    tr,
};

impl Lockable for VisitId {
    const TABLE: &'static str = "visits";
}

const VISIT: &str = "SELECT v.id, v.patient_id, v.clinic_id, v.service_id, v.appointment_id, v.doctor_id, v.day, v.token, v.reason, \
                     v.outcome, v.arrived_at, v.ended_at, v.idempotency_key FROM visits v WHERE ";

#[derive(sqlx::FromRow)]
pub(super) struct ServiceRow {
    pub clinic_id: ClinicId,
    pub token_letter: String,
    pub time_zone: String,
}

pub(super) async fn service(tx: &mut Tx, id: ServiceId) -> Result<Option<ServiceRow>> {
    let query = sql("SELECT s.clinic_id, s.token_letter, c.time_zone FROM services s JOIN clinics c ON c.id = s.clinic_id \
                     WHERE s.id = $1 AND s.retired_at IS NULL")
    .bind(id);
    Ok(tx.optional(query).await?)
}

pub(super) async fn by_key(tx: &mut Tx, key: IdempotencyKey) -> Result<Option<Visit>> {
    Ok(tx.optional(sql(VISIT).push("v.idempotency_key = ").push_bind(key)).await?)
}

/// Returns the visits of a clinic's day that began last, without those whose check-in was cancelled.
pub(super) async fn last_arrived(tx: &mut Tx, clinic: ClinicId, day: NaiveDate, limit: i64) -> Result<Vec<Visit>> {
    let query = sql(VISIT)
        .push("v.clinic_id = ")
        .push_bind(clinic)
        .push(" AND v.day = ")
        .push_bind(day)
        .push(" AND (v.outcome IS NULL OR v.outcome <> 'entered_in_error') ORDER BY v.arrived_at DESC, v.id DESC LIMIT ")
        .push_bind(limit);
    Ok(tx.all(query).await?)
}

pub(super) async fn find(tx: &mut Tx, id: VisitId) -> Result<Option<Visit>> {
    Ok(tx.optional(sql(VISIT).push("v.id = ").push_bind(id)).await?)
}

/// Returns the visit's appointment.
pub(super) async fn appointment_of(tx: &mut Tx, id: VisitId) -> Result<Option<AppointmentId>> {
    let row: Option<(Option<AppointmentId>,)> = tx.optional(sql("SELECT appointment_id FROM visits WHERE id = $1").bind(id)).await?;
    row.map(|(appointment,)| appointment).ok_or(Error::NotFound)
}

/// Returns the appointments of these visits.
pub(super) async fn appointments_of(tx: &mut Tx, ids: &[VisitId]) -> Result<Vec<AppointmentId>> {
    let query = sql("SELECT appointment_id FROM visits WHERE appointment_id IS NOT NULL AND id IN ").push_list(ids.iter().copied());
    let rows: Vec<(AppointmentId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(appointment,)| appointment).collect())
}

pub(super) async fn open_at(tx: &mut Tx, patient: PatientId, service: ServiceId) -> Result<Option<Visit>> {
    let query =
        sql(VISIT).push("v.ended_at IS NULL AND v.patient_id = ").push_bind(patient).push(" AND v.service_id = ").push_bind(service);
    Ok(tx.optional(query).await?)
}

pub(super) async fn open_of(tx: &mut Tx, patient: PatientId) -> Result<Option<Visit>> {
    let query = sql(VISIT).push("v.ended_at IS NULL AND v.patient_id = ").push_bind(patient).push(" ORDER BY v.arrived_at DESC LIMIT 1");
    Ok(tx.optional(query).await?)
}

pub(super) async fn of_patient(tx: &mut Tx, patient: PatientId, limit: i64) -> Result<Vec<Visit>> {
    let query = sql(VISIT)
        .push("(v.outcome IS NULL OR v.outcome <> 'entered_in_error') AND v.patient_id = ")
        .push_bind(patient)
        .push(" ORDER BY v.arrived_at DESC LIMIT ")
        .push_bind(limit);
    Ok(tx.all(query).await?)
}

pub(super) async fn visit_counts(tx: &mut Tx, clinic: ClinicId, day: NaiveDate) -> Result<VisitCounts> {
    let query = sql("SELECT count(*) AS arrived, count(CASE WHEN outcome = 'done' THEN 1 END) AS done, \
                     count(CASE WHEN outcome = 'left' THEN 1 END) AS \"left\" FROM visits \
                     WHERE clinic_id = $1 AND day = $2 AND (outcome IS NULL OR outcome <> 'entered_in_error')")
    .bind(clinic)
    .bind(day);
    Ok(tx.one(query).await?)
}

/// Returns the next token number. In PostgreSQL it waits for another transaction that takes a number of the same
/// service and day; a rollback returns the number.
pub(super) async fn next_token(tx: &mut Tx, service: ServiceId, day: NaiveDate) -> Result<i64> {
    let query = sql("INSERT INTO token_series (service_id, day, last) VALUES ($1, $2, 1) \
                     ON CONFLICT (service_id, day) DO UPDATE SET last = token_series.last + 1 RETURNING last")
    .bind(service)
    .bind(day);
    Ok(tx.count(query).await?)
}

/// Inserts the visit of a patient who is locked, so that arrivals run one after the other.
pub(super) async fn insert(
    tx: &mut Tx,
    patient: Locked<PatientId>,
    visit: &Visit,
    number: i64,
    key: IdempotencyKey,
    stamp: Stamp,
) -> Result<()> {
    let query =
        sql("INSERT INTO visits (id, patient_id, clinic_id, service_id, appointment_id, doctor_id, day, token_number, token, reason, \
                     arrived_at, idempotency_key, created_by, updated_at, updated_by) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $11, $13)")
        .bind(visit.id)
        .bind(patient.id())
        .bind(visit.clinic_id)
        .bind(visit.service_id)
        .bind(visit.appointment_id)
        .bind(visit.doctor_id)
        .bind(visit.day)
        .bind(number)
        .bind(visit.token.as_str())
        .bind(visit.reason.as_str())
        .bind(stamp.at)
        .bind(key)
        .bind(stamp.by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Err(Error::conflict(tr!(opd.somebody_was_first))),
        done => Ok(done.map(|_| ())?),
    }
}

pub(super) async fn end(tx: &mut Tx, visit: Locked<VisitId>, outcome: Outcome, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE visits SET outcome = $2, ended_at = $3, updated_at = $3, updated_by = $4, version = version + 1 \
                     WHERE id = $1 AND ended_at IS NULL")
    .bind(visit.id())
    .bind(outcome)
    .bind(stamp.at)
    .bind(stamp.by);
    first(tx.execute(query).await?)
}

pub(super) async fn reopen(tx: &mut Tx, visit: Locked<VisitId>, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE visits SET outcome = NULL, ended_at = NULL, updated_at = $2, updated_by = $3, version = version + 1 \
                     WHERE id = $1 AND ended_at IS NOT NULL AND outcome <> 'entered_in_error'")
    .bind(visit.id())
    .bind(stamp.at)
    .bind(stamp.by);
    match tx.execute(query).await {
        // The patient checked in again meanwhile.
        Err(error) if error.is_unique() => Err(Error::conflict(tr!(opd.somebody_was_first))),
        done => first(done?),
    }
}

/// Marks the visit as entered in error. Its appointment becomes free for the right check-in; the audit log keeps the
/// visit.
pub(super) async fn enter_in_error(tx: &mut Tx, visit: Locked<VisitId>, reason: &str, stamp: Stamp) -> Result<()> {
    let query =
        sql("UPDATE visits SET outcome = 'entered_in_error', ended_at = $2, appointment_id = NULL, error_reason = $4, updated_at = $2, \
                     updated_by = $3, version = version + 1 WHERE id = $1 AND ended_at IS NULL")
        .bind(visit.id())
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(reason);
    match tx.execute(query).await {
        Err(error) if error.violates("visit_has_record") => Err(Error::conflict(tr!(opd.visit_has_record))),
        done => first(done?),
    }
}

pub(super) async fn correct_reason(tx: &mut Tx, visit: Locked<VisitId>, seen: &str, reason: &str, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE visits SET reason = $2, updated_at = $3, updated_by = $4, version = version + 1 \
                     WHERE id = $1 AND ended_at IS NULL AND reason = $5")
    .bind(visit.id())
    .bind(reason)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(seen);
    first(tx.execute(query).await?)
}

/// Succeeds when one row changed; otherwise another request changed it before.
fn first(rows: u64) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::conflict(tr!(opd.somebody_was_first))) }
}
