//! The SQL of follow-ups.

use chrono::NaiveDate;

use super::{FollowUp, FollowUpForm};
use crate::{
    core::{AdmissionId, AppointmentId, ClinicId, FollowUpId, PatientId, Result, ServiceId, StaffId, UserId, VisitTypeId, time::Instant},
    db::{DbError, Sql, Tx, sql},
    keys::{FOLLOW_UPS as FIELDS, Sealed},
    patients::PatientName,
    rounds::vocabulary::FollowUpState,
};

#[derive(sqlx::FromRow)]
struct FollowUpRow {
    id: FollowUpId,
    patient_id: PatientId,
    #[sqlx(flatten)]
    name: PatientName,
    mrn: String,
    clinic_id: ClinicId,
    admission_id: Option<AdmissionId>,
    service_id: ServiceId,
    service: String,
    doctor_id: Option<StaffId>,
    doctor: Option<String>,
    visit_type_id: Option<VisitTypeId>,
    visit_type: Option<String>,
    weeks: i64,
    due_on: NaiveDate,
    until_on: NaiveDate,
    sealed: Sealed,
    state: FollowUpState,
    proposed_at: Instant,
    proposer: String,
    appointment_id: Option<AppointmentId>,
}

const FOLLOW_UPS: &str =
    "SELECT f.id, f.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, f.clinic_id, f.admission_id, f.service_id,
        s.name AS service, f.doctor_id, d.display_name AS doctor, f.visit_type_id, t.name AS visit_type, f.weeks, f.due_on, f.until_on, f.sealed, f.state, f.proposed_at,
        u.display_name AS proposer, f.appointment_id
    FROM follow_ups f JOIN patients p ON p.id = f.patient_id JOIN services s ON s.id = f.service_id JOIN users u ON u.id = f.proposed_by
    LEFT JOIN staff d ON d.id = f.doctor_id LEFT JOIN visit_types t ON t.id = f.visit_type_id WHERE ";

async fn opened(tx: &mut Tx, query: Sql) -> Result<Vec<FollowUp>> {
    let rows: Vec<FollowUpRow> = tx.all(query).await?;
    let keys = tx.keys();
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let [reason] = FIELDS.open(keys, row.id, row.patient_id, &row.sealed)?;
        found.push(FollowUp {
            id: row.id,
            patient_id: row.patient_id,
            patient_name: row.name,
            mrn: row.mrn,
            clinic_id: row.clinic_id,
            admission_id: row.admission_id,
            service_id: row.service_id,
            service: row.service,
            doctor_id: row.doctor_id,
            doctor: row.doctor,
            visit_type_id: row.visit_type_id,
            visit_type: row.visit_type,
            weeks: row.weeks,
            due_on: row.due_on,
            until_on: row.until_on,
            reason,
            state: row.state,
            proposed_at: row.proposed_at,
            proposer: row.proposer,
            appointment_id: row.appointment_id,
        });
    }
    Ok(found)
}

pub(super) async fn find(tx: &mut Tx, id: FollowUpId) -> Result<Option<FollowUp>> {
    Ok(opened(tx, sql(FOLLOW_UPS).push("f.id = ").push_bind(id)).await?.pop())
}

/// Reads the follow-ups of a clinic that stand, those that are due first.
///
/// # Errors
/// When the database refuses.
pub async fn open(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<FollowUp>> {
    let query = sql(FOLLOW_UPS).push("f.state = 'proposed' AND f.clinic_id = ").push_bind(clinic);
    opened(tx, query.push(" ORDER BY f.due_on, f.id LIMIT 200")).await
}

/// The query for the number of follow-ups of a clinic that stand.
pub fn count_open(clinic: ClinicId) -> Sql {
    sql("SELECT count(*) FROM follow_ups f WHERE f.state = 'proposed' AND f.clinic_id = ").push_bind(clinic)
}

/// Reads the follow-ups of a patient, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<FollowUp>> {
    opened(tx, sql(FOLLOW_UPS).push("f.patient_id = ").push_bind(patient).push(" ORDER BY f.due_on DESC, f.id LIMIT 50")).await
}

/// Reads the appointments of a patient that belong to a follow-up.
pub(super) async fn attached(tx: &mut Tx, patient: PatientId) -> Result<Vec<AppointmentId>> {
    let query = sql("SELECT appointment_id FROM follow_ups WHERE appointment_id IS NOT NULL AND patient_id = ").push_bind(patient);
    Ok(tx.all::<(AppointmentId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Reads the follow-ups whose last day is before a day.
pub(super) async fn over(tx: &mut Tx, day: NaiveDate) -> Result<Vec<(FollowUpId, PatientId, ClinicId)>> {
    let query = sql("SELECT id, patient_id, clinic_id FROM follow_ups WHERE state = 'proposed' AND until_on < ").push_bind(day);
    Ok(tx.all(query.push(" ORDER BY until_on, id LIMIT 500")).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: FollowUpId,
    (patient, clinic, stay): (PatientId, ClinicId, Option<AdmissionId>),
    form: &FollowUpForm,
    (due, until): (NaiveDate, NaiveDate),
    (now, by): (Instant, UserId),
) -> Result<()> {
    let query = sql(
        "INSERT INTO follow_ups (id, patient_id, clinic_id, admission_id, service_id, doctor_id, weeks, due_on, until_on, sealed, state,
            proposed_at, proposed_by, visit_type_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'proposed', $11, $12, $13)",
    )
    .bind(id)
    .bind(patient)
    .bind(clinic)
    .bind(stay)
    .bind(form.service)
    .bind(form.doctor)
    .bind(form.weeks)
    .bind(due)
    .bind(until)
    .bind(FIELDS.seal(id, patient, [&form.reason]))
    .bind(now)
    .bind(by)
    .bind(form.visit_type);
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}

/// Settles a follow-up that stands; returns whether it did.
pub(super) async fn settle(
    tx: &mut Tx,
    id: FollowUpId,
    state: FollowUpState,
    appointment: Option<AppointmentId>,
    (now, by): (Instant, UserId),
) -> Result<bool> {
    let query = sql("UPDATE follow_ups SET state = $2, appointment_id = $3, settled_at = $4, settled_by = $5
        WHERE id = $1 AND state = 'proposed'")
    .bind(id)
    .bind(state)
    .bind(appointment)
    .bind(now)
    .bind(by);
    Ok(tx.execute(query).await? == 1)
}
