//! The SQL of the demo's messages.

use chrono::Duration;

use super::BY;
use crate::{
    core::{AppointmentId, ClinicId, MessageChannelId, MessageId, PatientId, time::Instant},
    db::{DbError, Tx, sql},
    keys::MESSAGE_CHANNELS,
};

/// Adds a confirmed address.
pub(super) async fn channel(tx: &mut Tx, (id, patient): (MessageChannelId, PatientId), address: &str, now: Instant) -> Result<(), DbError> {
    let query = sql("INSERT INTO message_channels (id, patient_id, kind, sealed, confirmed_at, created_at, created_by)
        VALUES ($1, $2, 'email', $3, $4, $5, $6)")
    .bind(id)
    .bind(patient)
    .bind(MESSAGE_CHANNELS.seal(id, patient, [address, ""]))
    .bind(now)
    .bind(now)
    .bind(BY);
    tx.execute(query).await?;
    Ok(())
}

/// Adds a message that left.
pub(super) async fn sent(
    tx: &mut Tx,
    (patient, channel): (PatientId, MessageChannelId),
    clinic: ClinicId,
    now: Instant,
) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO messages (id, patient_id, person_id, channel, channel_id, kind, clinic_id, subject_id, link, state, due_at, attempts,
            sent_at, created_at)
        VALUES ($1, $2, $3, 'email', $4, 'receipt', $5, $6, '/portal', 'sent', $7, 1, $8, $9)",
    )
    .bind(MessageId::new())
    .bind(patient)
    .bind(patient)
    .bind(channel)
    .bind(clinic)
    .bind(MessageId::new())
    .bind(now)
    .bind(now + Duration::seconds(4))
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Adds a message that was given up.
pub(super) async fn dead(
    tx: &mut Tx,
    (patient, channel): (PatientId, MessageChannelId),
    clinic: ClinicId,
    now: Instant,
) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO messages (id, patient_id, person_id, channel, channel_id, kind, clinic_id, subject_id, link, state, due_at, attempts,
            repeats, cause, created_at)
        VALUES ($1, $2, $3, 'email', $4, 'results', $5, $6, '/portal/records', 'dead', $7, 15, 1, '452 4.2.2 the mailbox is full', $8)",
    )
    .bind(MessageId::new())
    .bind(patient)
    .bind(patient)
    .bind(channel)
    .bind(clinic)
    .bind(MessageId::new())
    .bind(now)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// An appointment that is to come.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Coming {
    id: AppointmentId,
    patient_id: PatientId,
    starts_at: Instant,
}

pub(super) async fn coming(tx: &mut Tx, clinic: ClinicId, after: Instant) -> Result<Vec<Coming>, DbError> {
    let query = sql("SELECT id, patient_id, starts_at FROM appointments WHERE clinic_id = $1 AND state = 'booked' AND starts_at > $2
        ORDER BY starts_at, id LIMIT 2")
    .bind(clinic)
    .bind(after);
    tx.all(query).await
}

/// Puts a person on the call list, because the appointment was moved.
pub(super) async fn to_call(tx: &mut Tx, of: &Coming, clinic: ClinicId, now: Instant) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO messages (id, patient_id, person_id, channel, kind, clinic_id, subject_id, about_at, expires_at, link, state, due_at,
            created_at)
        VALUES ($1, $2, $3, 'call', 'moved', $4, $5, $6, $7, '/portal/appointments', 'due', $8, $9)",
    )
    .bind(MessageId::new())
    .bind(of.patient_id)
    .bind(of.patient_id)
    .bind(clinic)
    .bind(of.id)
    .bind(of.starts_at)
    .bind(of.starts_at)
    .bind(now)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}
