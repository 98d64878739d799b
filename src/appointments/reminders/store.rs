//! The SQL of reminders.

use crate::{
    core::{AppointmentId, ClinicId, Result, time::Instant},
    db::{Tx, sql},
    messages::MessageKind,
};

/// The reminders of one run.
const AT_ONCE: i64 = 1_000;

/// Returns the booked appointments of a clinic that begin in this time, were made before `made_before`, and have no such reminder yet.
pub(super) async fn due(
    tx: &mut Tx,
    (clinic, kind): (ClinicId, MessageKind),
    (from, until): (Instant, Instant),
    made_before: Instant,
) -> Result<Vec<AppointmentId>> {
    let query = sql("SELECT a.id FROM appointments a
        WHERE a.clinic_id = $6 AND a.state = 'booked' AND a.starts_at > $1 AND a.starts_at <= $2 AND a.created_at <= $3
            AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.subject_id = a.id AND m.kind = $4) ORDER BY a.starts_at LIMIT $5")
    .bind(from)
    .bind(until)
    .bind(made_before)
    .bind(kind)
    .bind(AT_ONCE)
    .bind(clinic);
    Ok(tx.all::<(AppointmentId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}
