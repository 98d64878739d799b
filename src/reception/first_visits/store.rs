//! The SQL of requests for a first appointment.

use super::{FirstVisitState, SuitableTime};
use crate::{
    core::{AppointmentId, ClinicId, FirstVisitId, Result, SpecialtyId, StaffId, Stamp, time::Instant},
    db::{Sql, Tx, sql},
    keys::{FIRST_VISITS, Sealed},
};

#[derive(sqlx::FromRow)]
struct FirstVisitRow {
    id: FirstVisitId,
    clinic_id: ClinicId,
    specialty_id: Option<SpecialtyId>,
    specialty: Option<String>,
    doctor_id: Option<StaffId>,
    doctor: Option<String>,
    language: String,
    suits: SuitableTime,
    sealed: Sealed,
    state: FirstVisitState,
    asked_at: Instant,
    decided_at: Option<Instant>,
    decider: Option<String>,
    appointment_id: Option<AppointmentId>,
}

/// A request for a first appointment.
#[derive(Clone, Debug)]
pub struct FirstVisit {
    pub id: FirstVisitId,
    pub clinic_id: ClinicId,
    pub specialty_id: Option<SpecialtyId>,
    /// Empty when none was named.
    pub specialty: String,
    pub doctor_id: Option<StaffId>,
    /// Empty when none was named.
    pub doctor: String,
    /// `en` or `es`.
    pub language: String,
    pub suits: SuitableTime,
    pub name: String,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
    pub phone: String,
    /// Empty when none was given.
    pub email: String,
    pub reason: String,
    /// The desk's answer.
    pub answer: String,
    pub state: FirstVisitState,
    pub asked_at: Instant,
    pub decided_at: Option<Instant>,
    pub decider: String,
    pub appointment_id: Option<AppointmentId>,
}

const FIRST_VISIT: &str =
    "SELECT f.id, f.clinic_id, f.specialty_id, p.name AS specialty, f.doctor_id, s.display_name AS doctor, f.language,
    f.suits, f.sealed, f.state, f.asked_at, f.decided_at, u.display_name AS decider, f.appointment_id
    FROM first_visits f LEFT JOIN specialties p ON p.id = f.specialty_id LEFT JOIN staff s ON s.id = f.doctor_id
    LEFT JOIN users u ON u.id = f.decided_by WHERE ";

fn opened(tx: &Tx, row: FirstVisitRow) -> Result<FirstVisit> {
    let [name, birth_date, phone, email, reason, answer] = FIRST_VISITS.open(tx.keys(), row.id, row.clinic_id, &row.sealed)?;
    Ok(FirstVisit {
        id: row.id,
        clinic_id: row.clinic_id,
        specialty_id: row.specialty_id,
        specialty: row.specialty.unwrap_or_default(),
        doctor_id: row.doctor_id,
        doctor: row.doctor.unwrap_or_default(),
        language: row.language,
        suits: row.suits,
        name,
        birth_date,
        phone,
        email,
        reason,
        answer,
        state: row.state,
        asked_at: row.asked_at,
        decided_at: row.decided_at,
        decider: row.decider.unwrap_or_default(),
        appointment_id: row.appointment_id,
    })
}

/// Reads one request.
pub(super) async fn find(tx: &mut Tx, id: FirstVisitId) -> Result<Option<FirstVisit>> {
    let row: Option<FirstVisitRow> = tx.optional(sql(FIRST_VISIT).push("f.id = ").push_bind(id)).await?;
    row.map(|row| opened(tx, row)).transpose()
}

/// Reads the open requests of a clinic, the oldest first.
pub(super) async fn open(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<FirstVisit>> {
    let query = sql(FIRST_VISIT).push("f.state IN ('waiting', 'answered') AND f.clinic_id = ").push_bind(clinic);
    let rows: Vec<FirstVisitRow> = tx.all(query.push(" ORDER BY f.asked_at, f.id LIMIT ").push_bind(limit)).await?;
    rows.into_iter().map(|row| opened(tx, row)).collect()
}

/// Reads all requests of a clinic, the latest first.
pub(super) async fn all(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<FirstVisit>> {
    let query = sql(FIRST_VISIT).push("f.clinic_id = ").push_bind(clinic);
    let rows: Vec<FirstVisitRow> = tx.all(query.push(" ORDER BY f.asked_at DESC, f.id LIMIT ").push_bind(limit)).await?;
    rows.into_iter().map(|row| opened(tx, row)).collect()
}

/// The query for the number of open requests of a clinic.
pub(in crate::reception) fn count_open(clinic: ClinicId) -> Sql {
    sql("SELECT count(*) FROM first_visits WHERE state IN ('waiting', 'answered') AND clinic_id = ").push_bind(clinic)
}

/// Counts the open requests that came from a network.
pub(super) async fn count_of_network(tx: &mut Tx, network: &[u8]) -> Result<i64> {
    let query = sql("SELECT count(*) FROM first_visits WHERE state IN ('waiting', 'answered') AND network = ").push_bind(network.to_vec());
    Ok(tx.count(query).await?)
}

/// Reads open requests about which nothing was done since then, of all clinics, the oldest first.
pub(super) async fn left_alone(tx: &mut Tx, since: Instant) -> Result<Vec<FirstVisit>> {
    let query = sql(FIRST_VISIT).push("f.state IN ('waiting', 'answered') AND coalesce(f.decided_at, f.asked_at) < ").push_bind(since);
    let rows: Vec<FirstVisitRow> = tx.all(query.push(" ORDER BY f.asked_at, f.id LIMIT 200")).await?;
    rows.into_iter().map(|row| opened(tx, row)).collect()
}

/// A request to be stored.
#[derive(Clone, Debug)]
pub(super) struct NewFirstVisit {
    pub id: FirstVisitId,
    pub clinic: ClinicId,
    pub specialty: Option<SpecialtyId>,
    pub doctor: Option<StaffId>,
    pub language: &'static str,
    pub suits: SuitableTime,
    pub name: String,
    pub birth_date: String,
    pub phone: String,
    pub email: String,
    pub reason: String,
}

/// Stores a request; `false` when the same form stored one before.
pub(super) async fn insert(tx: &mut Tx, new: &NewFirstVisit, network: Option<&[u8]>, now: Instant) -> Result<bool> {
    let sealed = FIRST_VISITS.seal(new.id, new.clinic, [&new.name, &new.birth_date, &new.phone, &new.email, &new.reason, ""]);
    let query = sql("INSERT INTO first_visits (id, clinic_id, specialty_id, doctor_id, language, suits, sealed, state, asked_at, network)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9) ON CONFLICT (id) DO NOTHING")
    .bind(new.id)
    .bind(new.clinic)
    .bind(new.specialty)
    .bind(new.doctor)
    .bind(new.language)
    .bind(new.suits)
    .bind(sealed)
    .bind(now)
    .bind(network.map(<[u8]>::to_vec));
    Ok(tx.execute(query).await? == 1)
}

/// An act of the desk on a request.
pub(super) struct Decision<'d> {
    pub state: FirstVisitState,
    pub answer: &'d str,
    pub appointment: Option<AppointmentId>,
}

/// Writes the act; `false` when the request has ended meanwhile.
pub(super) async fn decide(tx: &mut Tx, of: &FirstVisit, decision: &Decision<'_>, stamp: Stamp) -> Result<bool> {
    let sealed = FIRST_VISITS.seal(of.id, of.clinic_id, [&of.name, &of.birth_date, &of.phone, &of.email, &of.reason, decision.answer]);
    let query = sql("UPDATE first_visits SET state = $2, sealed = $3, decided_at = $4, decided_by = $5, appointment_id = $6
        WHERE id = $1 AND state IN ('waiting', 'answered')")
    .bind(of.id)
    .bind(decision.state)
    .bind(sealed)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(decision.appointment);
    let is_written = tx.execute(query).await? == 1;
    tx.changed(&FIRST_VISITS, of.id);
    Ok(is_written)
}

/// Deletes the requests that ended before a time.
pub(super) async fn delete_ended(tx: &mut Tx, before: Instant) -> Result<u64> {
    let query = sql("SELECT id FROM first_visits WHERE state IN ('booked', 'refused') AND decided_at < ").push_bind(before);
    let ended: Vec<(FirstVisitId,)> = tx.all(query.push(" ORDER BY decided_at LIMIT 500")).await?;
    for (id,) in &ended {
        tx.execute(sql("DELETE FROM first_visits WHERE id = ").push_bind(*id)).await?;
        tx.changed(&FIRST_VISITS, *id);
    }
    Ok(ended.len().try_into().unwrap_or_default())
}
