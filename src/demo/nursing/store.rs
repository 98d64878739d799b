//! The SQL of the demo's nursing.

use chrono::{Duration, NaiveDate, Timelike as _};

use super::Made;
use crate::{
    core::{
        AdmissionId, ClinicId, HandoverId, PatientId, UserId, WardId,
        time::{Instant, Zone},
    },
    db::{DbError, Tx, insert_rows, sql},
    patients::Birth,
    row,
};

/// A patient in a bed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Lying {
    pub admission: AdmissionId,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub ward: WardId,
    pub ward_code: String,
    pub since: Instant,
    #[sqlx(flatten)]
    pub birth: Birth,
}

/// Returns the patients in the beds of a clinic, those of the medical ward first.
pub(super) async fn lying(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Lying>, DbError> {
    let query = sql("SELECT a.id AS admission, a.patient_id AS patient, a.clinic_id AS clinic, w.id AS ward, w.code AS ward_code,
            a.admitted_at AS since, p.birth_date, p.birth_precision
        FROM bed_uses u JOIN beds b ON b.id = u.bed_id JOIN ward_rooms r ON r.id = b.room_id JOIN wards w ON w.id = r.ward_id
        JOIN admissions a ON a.id = u.admission_id JOIN patients p ON p.id = a.patient_id
        WHERE u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL AND a.state = 'admitted' AND a.clinic_id = ")
    .push_bind(clinic);
    tx.all(query.push(" ORDER BY CASE WHEN w.code = 'MED' THEN 0 ELSE 1 END, w.code, r.name, b.position, b.name, a.id")).await
}

/// Returns a doctor who signs in.
pub(super) async fn a_doctor(tx: &mut Tx) -> Result<Option<UserId>, DbError> {
    let query =
        sql("SELECT u.id FROM users u JOIN user_roles r ON r.user_id = u.id WHERE r.role = 'doctor' ORDER BY u.login, u.id LIMIT 1");
    Ok(tx.optional::<(UserId,)>(query).await?.map(|(user,)| user))
}

/// Returns the day and the word of a moment's shift, as the wards have them.
pub(super) fn shift_at(zone: Zone, at: Instant) -> (NaiveDate, &'static str) {
    let local = zone.local(at);
    match local.hour() {
        ..8 => (local.date().pred_opt().unwrap_or(local.date()), "night"),
        8..20 => (local.date(), "day"),
        _ => (local.date(), "night"),
    }
}

/// Inserts the rows, those first to which others refer.
pub(super) async fn write(
    tx: &mut Tx,
    made: Made,
    handover: Option<HandoverId>,
    (clinic, zone, now, by): (ClinicId, Zone, Instant, UserId),
) -> Result<(), DbError> {
    let plans = "INSERT INTO observation_plans (id, admission_id, patient_id, clinic_id, nth, spo2_scale, pregnant, reason, set_at, set_by) VALUES ";
    insert_rows(tx, plans, "", made.plans).await?;
    let sets = "INSERT INTO observations (id, admission_id, patient_id, clinic_id, set_id, version, kind, taken_at, recorded_at, recorded_by,
            respiration, spo2, oxygen, systolic, diastolic, pulse, consciousness, temperature, spo2_scale, score, single_red, unscored, reason)
        VALUES ";
    insert_rows(tx, sets, "", made.sets).await?;
    let escalations =
        "INSERT INTO escalations (id, admission_id, patient_id, clinic_id, observation_id, because, score, level, state, opened_at,
            answer_by) VALUES ";
    insert_rows(tx, escalations, "", made.escalations).await?;
    let steps = "INSERT INTO escalation_steps (id, escalation_id, nth, step, level, at, by_user, whom, sealed) VALUES ";
    insert_rows(tx, steps, "", made.steps).await?;
    let fluids =
        "INSERT INTO fluid_entries (id, admission_id, patient_id, clinic_id, entry_id, version, direction, kind, ml, taken_at, recorded_at,
            recorded_by) VALUES ";
    insert_rows(tx, fluids, "", made.fluids).await?;
    let plans =
        "INSERT INTO nursing_task_plans (id, admission_id, patient_id, clinic_id, kind, detail, repeats, starts_at, created_at, created_by)
        VALUES ";
    insert_rows(tx, plans, "", made.task_plans).await?;
    let tasks =
        "INSERT INTO nursing_tasks (id, admission_id, patient_id, clinic_id, origin_id, due_at, state, settled_at, settled_by) VALUES ";
    insert_rows(tx, tasks, "", made.tasks).await?;
    let allocations =
        "INSERT INTO nursing_allocations (id, admission_id, patient_id, clinic_id, nurse_id, day, shift, set_at, set_by) VALUES ";
    insert_rows(tx, allocations, "", made.allocations).await?;
    let Some(id) = handover else { return Ok(()) };
    let (day, shift) = shift_at(zone, now);
    let ward = sql("SELECT w.id FROM wards w WHERE w.code = 'MED' AND w.clinic_id = ").push_bind(clinic);
    let Some((ward,)) = tx.optional::<(WardId,)>(ward).await? else { return Ok(()) };
    let begun = now - Duration::minutes(30);
    let rows = vec![row![id, clinic, ward, day, shift, "preparing", begun, by]];
    insert_rows(tx, "INSERT INTO handovers (id, clinic_id, ward_id, day, shift, state, created_at, created_by) VALUES ", "", rows).await?;
    let notes = "INSERT INTO handover_notes (id, handover_id, admission_id, patient_id, clinic_id, version, sealed, written_at, written_by) VALUES ";
    insert_rows(tx, notes, "", made.notes).await
}
