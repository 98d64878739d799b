//! The SQL of the list "To settle".

use std::collections::{BTreeSet, HashMap};

use super::{Because, Settled};
use crate::{
    appointments::hours::{Coming, Placed},
    core::{AppointmentId, ClinicId, PatientId, Result, ServiceId, SettlementId, StaffId, Stamp, VisitTypeId, time::Instant},
    db::{Locked, Sql, Tx, Value, sql},
};

/// An open line of the list, without its patient.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Line {
    pub id: SettlementId,
    pub appointment_id: AppointmentId,
    pub clinic_id: ClinicId,
    pub doctor_id: StaffId,
    /// The doctor's name.
    pub doctor: String,
    pub service_id: ServiceId,
    /// The service's name.
    pub service: String,
    pub because: Because,
    pub starts_at: Instant,
}

const LINE: &str =
    "SELECT t.id, t.appointment_id, t.clinic_id, t.doctor_id, d.display_name AS doctor, t.service_id, v.name AS service, t.because,
        t.starts_at
    FROM to_settle t JOIN staff d ON d.id = t.doctor_id JOIN services v ON v.id = t.service_id ";

/// The open lines of a clinic, of one doctor or all, in order of time.
pub async fn lines(tx: &mut Tx, clinic: ClinicId, doctor: Option<StaffId>) -> Result<Vec<Line>> {
    let mut query = sql(LINE).push("WHERE t.clinic_id = ").push_bind(clinic);
    if let Some(doctor) = doctor {
        query = query.push(" AND t.doctor_id = ").push_bind(doctor);
    }
    Ok(tx.all(query.push(" ORDER BY t.starts_at, t.id")).await?)
}

pub async fn line(tx: &mut Tx, id: SettlementId) -> Result<Option<Line>> {
    Ok(tx.optional(sql(LINE).push("WHERE t.id = $1").bind(id)).await?)
}

/// The query for the number of appointments of a clinic, or of one doctor there, that wait to be settled.
pub fn waiting(clinic: ClinicId, doctor: Option<StaffId>) -> Sql {
    let mut query = sql("SELECT count(*) FROM to_settle WHERE clinic_id = ").push_bind(clinic);
    if let Some(doctor) = doctor {
        query = query.push(" AND doctor_id = ").push_bind(doctor);
    }
    query
}

/// Puts appointments on the list; one that is on it already stays as it is.
pub async fn open(tx: &mut Tx, lost: &[Coming], because: Because, stamp: Stamp) -> Result<()> {
    for part in lost.chunks(2_000) {
        let rows = part.iter().map(|one| {
            vec![
                Value::from(SettlementId::new()),
                Value::from(one.id),
                Value::from(one.clinic_id),
                Value::from(one.doctor_id),
                Value::from(because.as_str()),
                Value::from(stamp.at),
                Value::from(stamp.by),
            ]
        });
        let query = sql("INSERT INTO settlements (id, appointment_id, clinic_id, doctor_id, because, opened_at, opened_by) VALUES ")
            .push_rows(rows)
            .push(" ON CONFLICT (appointment_id) WHERE closed_at IS NULL DO NOTHING");
        tx.execute(query).await?;
    }
    Ok(())
}

/// Takes appointments off the list.
pub async fn close(tx: &mut Tx, appointments: &[AppointmentId], outcome: Settled, stamp: Stamp) -> Result<()> {
    for part in appointments.chunks(2_000) {
        let query =
            sql("UPDATE settlements SET outcome = $1, closed_at = $2, closed_by = $3 WHERE closed_at IS NULL AND appointment_id IN ")
                .bind(outcome)
                .bind(stamp.at)
                .bind(stamp.by)
                .push_list(part.iter().copied());
        tx.execute(query).await?;
    }
    Ok(())
}

/// Notes how a booked appointment stands to the doctor's hours.
pub async fn mark(tx: &mut Tx, id: Locked<AppointmentId>, placed: Placed, stamp: Stamp) -> Result<()> {
    let query = sql(
        "UPDATE appointments SET placed = $1, updated_at = $2, updated_by = $3, version = version + 1 WHERE id = $4 AND state = 'booked'",
    )
    .bind(placed)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(id.id());
    tx.execute(query).await?;
    Ok(())
}

/// The appointments on the list.
pub async fn open_appointments(tx: &mut Tx) -> Result<BTreeSet<AppointmentId>> {
    let rows: Vec<(AppointmentId,)> = tx.all(sql("SELECT appointment_id FROM settlements WHERE closed_at IS NULL")).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The visit types of those of these appointments that have one.
pub async fn visit_types(tx: &mut Tx, appointments: &[AppointmentId]) -> Result<HashMap<AppointmentId, VisitTypeId>> {
    if appointments.is_empty() {
        return Ok(HashMap::new());
    }
    let query = sql("SELECT id, visit_type_id FROM appointments WHERE visit_type_id IS NOT NULL AND id IN ");
    Ok(tx.all::<(AppointmentId, VisitTypeId)>(query.push_list(appointments.iter().copied())).await?.into_iter().collect())
}

/// When staff last decided that coming appointments stand without hours.
pub async fn kept_at(tx: &mut Tx, now: Instant) -> Result<HashMap<AppointmentId, Instant>> {
    let query = sql("SELECT s.appointment_id, s.closed_at FROM settlements s JOIN coming_appointments a ON a.id = s.appointment_id
        WHERE s.outcome = 'kept' AND s.closed_at IS NOT NULL AND a.starts_at > $1 ORDER BY s.closed_at")
    .bind(now);
    // The latest stands last.
    Ok(tx.all::<(AppointmentId, Instant)>(query).await?.into_iter().collect())
}

/// The times at which these patients are booked already.
pub async fn busy(tx: &mut Tx, patients: &[PatientId], now: Instant) -> Result<HashMap<PatientId, Vec<(AppointmentId, Instant, Instant)>>> {
    let mut busy: HashMap<PatientId, Vec<(AppointmentId, Instant, Instant)>> = HashMap::new();
    if patients.is_empty() {
        return Ok(busy);
    }
    let query = sql("SELECT patient_id, id, starts_at, ends_at FROM appointments
        WHERE state IN ('held', 'booked', 'checked_in', 'in_consultation') AND ends_at > $1 AND patient_id IN ")
    .bind(now)
    .push_list(patients.iter().copied());
    let rows: Vec<(PatientId, AppointmentId, Instant, Instant)> = tx.all(query).await?;
    for (patient, id, starts_at, ends_at) in rows {
        busy.entry(patient).or_default().push((id, starts_at, ends_at));
    }
    Ok(busy)
}

/// A line of the call list: an appointment that is on the list or was settled since, and the one that took its place.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CallRow {
    pub patient_id: PatientId,
    /// The doctor's name.
    pub doctor: String,
    pub starts_at: Instant,
    pub outcome: Option<Settled>,
    pub cancel_reason: String,
    pub new_at: Option<Instant>,
    pub new_doctor: Option<String>,
}

/// The appointments of patients without an account of the portal that were put on the clinic's list since, or are on it.
pub async fn calls(tx: &mut Tx, clinic: ClinicId, doctor: Option<StaffId>, since: Instant) -> Result<Vec<CallRow>> {
    let mut query = sql("SELECT a.patient_id, d.display_name AS doctor, a.starts_at, s.outcome, a.cancel_reason, n.starts_at AS new_at,
            e.display_name AS new_doctor
        FROM settlements s JOIN appointments a ON a.id = s.appointment_id JOIN staff d ON d.id = a.doctor_id
        LEFT JOIN appointments n ON n.id = a.replaced_by LEFT JOIN staff e ON e.id = n.doctor_id
        WHERE s.clinic_id = $1 AND (s.closed_at IS NULL OR s.closed_at >= $2) AND (s.outcome IS NULL OR s.outcome IN ('moved', 'cancelled', 'kept'))
        AND a.state IN ('booked', 'cancelled', 'rescheduled')
        AND NOT EXISTS (SELECT 1 FROM patient_users u WHERE u.patient_id = a.patient_id)")
    .bind(clinic)
    .bind(since);
    if let Some(doctor) = doctor {
        query = query.push(" AND s.doctor_id = ").push_bind(doctor);
    }
    Ok(tx.all(query.push(" ORDER BY a.starts_at, a.id")).await?)
}
