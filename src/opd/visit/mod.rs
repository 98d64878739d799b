//! A visit: one patient's day at one service, from arrival to leaving, with one token.

mod store;

use chrono::NaiveDate;

use super::{Closure, Outcome, Priority, QueueState, Step, queue};
use crate::{
    core::{
        AppointmentId, ClinicId, Error, IdempotencyKey, PatientId, Result, ServiceId, StaffId, Stamp, VisitId,
        time::{Instant, Zone},
    },
    db::{Locked, Tx},
    tr,
};

/// A visit.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Visit {
    pub id: VisitId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    /// The service at which the patient checked in; after a transfer the queue entry has another one.
    pub service_id: ServiceId,
    pub appointment_id: Option<AppointmentId>,
    /// The doctor that the patient asked for, if any.
    pub doctor_id: Option<StaffId>,
    /// The clinic's day, to which the token belongs.
    pub day: NaiveDate,
    /// `A-017`.
    pub token: String,
    pub reason: String,
    /// `None` while the patient is here.
    pub outcome: Option<Outcome>,
    pub arrived_at: Instant,
    pub ended_at: Option<Instant>,
    /// The key of the check-in request: random, and only the database stores it.
    #[sqlx(rename = "idempotency_key")]
    pub key: IdempotencyKey,
}

/// The values of a new arrival.
#[derive(Clone, Debug)]
pub struct CheckIn {
    pub patient: PatientId,
    pub service: ServiceId,
    /// `None` for a walk-in.
    pub appointment: Option<AppointmentId>,
    /// The doctor that the patient waits for; `None` when any doctor will do.
    pub doctor: Option<StaffId>,
    pub priority: Priority,
    /// The reason for going before others; empty for normal priority.
    pub priority_reason: String,
    /// The patient's reason for the visit.
    pub reason: String,
    pub key: IdempotencyKey,
}

/// Checks a patient in: issues a token of the service's day, and opens the first stay in its queue, at triage. The same
/// key twice returns the same visit.
///
/// # Errors
/// [`Error::Conflict`] when the patient is already in the queue of this service; [`Error::NotFound`] when there is no
/// such service.
pub async fn check_in(tx: &mut Tx, arrival: &CheckIn, stamp: Stamp) -> Result<Visit> {
    let patient = tx.lock(arrival.patient).await?;
    if let Some(visit) = known(tx, patient, arrival.key).await? {
        return Ok(visit);
    }
    let service = store::service(tx, arrival.service).await?.ok_or(Error::NotFound)?;
    if let Some(open) = store::open_at(tx, arrival.patient, arrival.service).await? {
        return Err(Error::conflict(tr!(opd.already_here, token = open.token)));
    }
    let day = Zone::named(&service.time_zone).day(stamp.at);
    let number = store::next_token(tx, arrival.service, day).await?;
    let visit = Visit {
        id: VisitId::new(),
        patient_id: arrival.patient,
        clinic_id: service.clinic_id,
        service_id: arrival.service,
        appointment_id: arrival.appointment,
        doctor_id: arrival.doctor,
        day,
        token: token(&service.token_letter, number),
        reason: arrival.reason.clone(),
        outcome: None,
        arrived_at: stamp.at,
        ended_at: None,
        key: arrival.key,
    };
    store::insert(tx, patient, &visit, number, arrival.key, stamp).await?;
    let locked = tx.lock(visit.id).await?;
    let place = queue::Opening {
        step: Step::Triage,
        state: QueueState::Waiting,
        service: arrival.service,
        priority: arrival.priority,
        priority_reason: arrival.priority_reason.clone(),
        point: None,
        doctor: arrival.doctor,
        waiting_since: stamp.at,
        previous: None,
    };
    queue::open(tx, locked, visit.clinic_id, &place, stamp).await?;
    Ok(visit)
}

/// Returns the visit that was already made with this key, when the button was pressed twice. It locks the patient, so
/// that other arrivals of the patient wait until the transaction ends.
///
/// # Errors
/// [`Error::Conflict`] when the key is another patient's.
pub async fn checked_in_before(tx: &mut Tx, patient: PatientId, key: IdempotencyKey) -> Result<Option<Visit>> {
    let patient = tx.lock(patient).await?;
    known(tx, patient, key).await
}

/// Returns the patient's visit that was already made with this key.
async fn known(tx: &mut Tx, patient: Locked<PatientId>, key: IdempotencyKey) -> Result<Option<Visit>> {
    match store::by_key(tx, key).await? {
        // The check-in was undone: the patient is in no queue.
        Some(visit) if visit.outcome == Some(Outcome::EnteredInError) => Err(Error::key_used()),
        Some(visit) if visit.patient_id == patient.id() => Ok(Some(visit)),
        Some(_) => Err(Error::conflict(tr!(opd.key_used))),
        None => Ok(None),
    }
}

/// Returns a visit.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn visit(tx: &mut Tx, id: VisitId) -> Result<Visit> {
    store::find(tx, id).await?.ok_or(Error::NotFound)
}

/// Locks the visit, after its appointment, and then reads it: actions on one visit run one after the other.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn lock_visit(tx: &mut Tx, id: VisitId) -> Result<(Locked<VisitId>, Visit)> {
    let appointment = store::appointment_of(tx, id).await?;
    let locked = lock(tx, id, appointment).await?;
    Ok((locked, visit(tx, id).await?))
}

/// Locks several visits, after their appointments; returns those that exist.
///
/// # Errors
/// When the database refuses.
pub async fn lock_visits(tx: &mut Tx, ids: &[VisitId]) -> Result<Vec<Locked<VisitId>>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let appointments = store::appointments_of(tx, ids).await?;
    tx.lock_all(appointments).await?;
    tx.lock_all(ids.iter().copied()).await
}

/// Locks a visit whose appointment is known.
pub(super) async fn lock(tx: &mut Tx, id: VisitId, appointment: Option<AppointmentId>) -> Result<Locked<VisitId>> {
    if let Some(appointment) = appointment {
        tx.lock(appointment).await?;
    }
    tx.lock(id).await
}

/// Returns the patient's present visit, the latest if there are several.
///
/// # Errors
/// When the database refuses.
pub async fn open_visit_of(tx: &mut Tx, patient: PatientId) -> Result<Option<Visit>> {
    store::open_of(tx, patient).await
}

/// Returns a patient's visits, latest first.
///
/// # Errors
/// When the database refuses.
pub async fn visits_of(tx: &mut Tx, patient: PatientId, limit: i64) -> Result<Vec<Visit>> {
    store::of_patient(tx, patient, limit).await
}

/// The numbers of a clinic's day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct VisitCounts {
    pub arrived: i64,
    pub done: i64,
    pub left: i64,
}

/// Returns the visits of a clinic's day that began last, latest first.
///
/// # Errors
/// When the database refuses.
pub async fn last_arrived(tx: &mut Tx, clinic: ClinicId, day: NaiveDate, limit: i64) -> Result<Vec<Visit>> {
    store::last_arrived(tx, clinic, day, limit).await
}

/// Returns the numbers of patients who came to the clinic on a day, are done, and left.
///
/// # Errors
/// When the database refuses.
pub async fn visit_counts(tx: &mut Tx, clinic: ClinicId, day: NaiveDate) -> Result<VisitCounts> {
    store::visit_counts(tx, clinic, day).await
}

/// Undoes a check-in if no other action followed: the visit is marked as entered in error, and its token stays used.
///
/// # Errors
/// [`Error::Conflict`] when the patient has been called meanwhile or the time is over.
pub async fn undo_check_in(tx: &mut Tx, id: VisitId, stamp: Stamp) -> Result<Visit> {
    let (locked, visit) = lock_visit(tx, id).await?;
    let entry = queue::open_entry(tx, id).await?;
    if entry.previous_id.is_some() || entry.state != QueueState::Waiting || stamp.at - visit.arrived_at > super::UNDO_FOR {
        return Err(Error::conflict(tr!(opd.too_late_to_undo)));
    }
    queue::close(tx, locked, &entry, Closure::EnteredInError, stamp).await?;
    store::enter_in_error(tx, locked, "", stamp).await?;
    Ok(visit)
}

/// Cancels a wrong check-in at any later time, with the reason, as long as the visit has no clinical record.
///
/// # Errors
/// [`Error::Conflict`] when the visit is over, or vital signs or a consultation were begun.
pub async fn take_check_in_back(tx: &mut Tx, id: VisitId, reason: &str, stamp: Stamp) -> Result<Visit> {
    let (locked, visit) = lock_visit(tx, id).await?;
    let entry = queue::open_entry(tx, id).await?;
    queue::close(tx, locked, &entry, Closure::EnteredInError, stamp).await?;
    store::enter_in_error(tx, locked, reason, stamp).await?;
    Ok(visit)
}

/// Corrects the patient's reason for the visit, while the visit is open. `seen` is the reason that the page showed when the
/// user decided.
///
/// # Errors
/// [`Error::Conflict`] when the visit is over or has another reason by now.
pub async fn correct_reason(tx: &mut Tx, id: VisitId, seen: &str, reason: &str, stamp: Stamp) -> Result<Visit> {
    let (locked, visit) = lock_visit(tx, id).await?;
    store::correct_reason(tx, locked, seen, reason, stamp).await?;
    Ok(visit)
}

/// Ends the visit, whose queue entry is closed already.
pub(super) async fn end(tx: &mut Tx, visit: Locked<VisitId>, outcome: Outcome, stamp: Stamp) -> Result<()> {
    store::end(tx, visit, outcome, stamp).await
}

/// Undoes the end of a visit.
pub(super) async fn reopen(tx: &mut Tx, visit: Locked<VisitId>, stamp: Stamp) -> Result<()> {
    store::reopen(tx, visit, stamp).await
}

/// Returns the token `A-017`.
fn token(letter: &str, number: i64) -> String {
    format!("{letter}-{number:03}")
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn tokens_have_three_digits_until_they_need_more() {
        assert_eq!(token("A", 17), "A-017");
        assert_eq!(token("GM", 1203), "GM-1203");
    }
}
