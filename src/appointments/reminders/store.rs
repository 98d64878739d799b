//! The SQL of reminders.

use crate::{
    appointments::Appointment,
    core::{AppointmentId, ClinicId, Result, time::Instant},
    db::{Tx, sql},
    messages::MessageKind,
};

/// The appointments that one query returns.
pub(super) const AT_ONCE: usize = 1_000;

/// Returns the booked appointments of a clinic that begin in this time, were made before `made_before`, and have no such reminder yet: the first ones
/// after `after`, by their time.
pub(super) async fn due(
    tx: &mut Tx,
    (clinic, kind): (ClinicId, MessageKind),
    (from, until): (Instant, Instant),
    made_before: Instant,
    after: Option<(Instant, AppointmentId)>,
) -> Result<Vec<(AppointmentId, Instant)>> {
    let query = sql("SELECT a.id, a.starts_at FROM appointments a
        WHERE a.clinic_id = $6 AND a.state = 'booked' AND a.starts_at > $1 AND a.starts_at <= $2 AND a.created_at <= $3
            AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.subject_id = a.id AND m.kind = $4)
            AND (a.starts_at, a.id) > ($7, $8) ORDER BY a.starts_at, a.id LIMIT $5")
    .bind(from)
    .bind(until)
    .bind(made_before)
    .bind(kind)
    .bind(i64::try_from(AT_ONCE).unwrap_or(i64::MAX))
    .bind(clinic)
    .bind(after.map_or(from, |(at, _)| at))
    .bind(after.map_or(uuid::Uuid::nil(), |(_, id)| id.into()));
    Ok(tx.all(query).await?)
}

/// Returns the first of the coming times of an appointment, with those from which it was moved.
pub(super) async fn first_time(tx: &mut Tx, appointment: &Appointment, now: Instant) -> Result<Option<Instant>> {
    let query = sql("SELECT starts_at FROM appointments WHERE patient_id = $1 AND starts_at > $2 AND (id = $3 OR calendar_id = $4)
        ORDER BY starts_at LIMIT 1")
    .bind(appointment.patient_id)
    .bind(now)
    .bind(appointment.calendar_entry())
    .bind(appointment.calendar_entry());
    Ok(tx.optional::<(Instant,)>(query).await?.map(|(at,)| at))
}
