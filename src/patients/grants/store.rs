//! The SQL of access that was given.

use chrono::NaiveDate;

use super::GrantKind;
use crate::{
    core::{AccessGrantId, ClinicId, MessageChannelId, MessageId, PatientId, Result, UserId, time::Instant},
    db::{Locked, Tx, sql},
    keys::{MESSAGE_CHANNELS, Sealed},
};

pub(super) async fn insert(
    tx: &mut Tx,
    patient: Locked<PatientId>,
    kind: GrantKind,
    (guardian, document): (Option<PatientId>, &str),
    (by, clinic): (UserId, ClinicId),
    now: Instant,
) -> Result<()> {
    let query = sql("INSERT INTO access_grants (id, patient_id, kind, user_id, clinic_id, guardian_id, document, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(AccessGrantId::new())
    .bind(patient.id())
    .bind(kind)
    .bind(by)
    .bind(clinic)
    .bind(guardian)
    .bind(document)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Whether an account of the portal opens one of the records.
pub(in crate::patients) async fn is_any_opened(tx: &mut Tx, records: [PatientId; 2]) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM bells WHERE patient_id IN ").push_list(records)).await? > 0)
}

/// Returns the patients for whom a person acts, each with the last day.
pub(in crate::patients) async fn acted_for(tx: &mut Tx, guardian: PatientId, now: Instant) -> Result<Vec<(PatientId, NaiveDate)>> {
    let query = sql("SELECT patient_id, until_day FROM guardians WHERE ended_at IS NULL AND agreed_at IS NOT NULL AND guardian_id = ")
        .push_bind(guardian)
        .push(" AND ends_at > ")
        .push_bind(now)
        .push(" ORDER BY patient_id");
    Ok(tx.all(query).await?)
}

/// Returns the e-mail address that the patient confirmed for messages.
pub(super) async fn confirmed_emails(tx: &mut Tx, patient: PatientId) -> Result<Vec<String>> {
    let query = sql("SELECT id, sealed FROM message_channels WHERE kind = 'email' AND confirmed_at IS NOT NULL AND removed_at IS NULL
        AND patient_id = ")
    .push_bind(patient);
    let rows: Vec<(MessageChannelId, Sealed)> = tx.all(query).await?;
    let open = |(id, sealed): (MessageChannelId, Sealed)| -> Result<String> {
        let [address, _] = MESSAGE_CHANNELS.open(tx.keys(), id, patient, &sealed)?;
        Ok(address)
    };
    rows.into_iter().map(open).collect()
}

/// Puts a living patient on the desk's call list, because nobody can be written to about the access to the record.
pub(super) async fn ask_for_call(tx: &mut Tx, patient: PatientId, (clinic, link): (ClinicId, &str), now: Instant) -> Result<()> {
    let query =
        sql("INSERT INTO messages (id, patient_id, person_id, channel, kind, clinic_id, subject_id, link, state, due_at, created_at)
        SELECT $1, p.id, p.id, 'call', 'access', $2, $3, $4, 'due', $5, $6 FROM patients p WHERE p.deceased_on IS NULL AND p.id = $7")
        .bind(MessageId::new())
        .bind(clinic)
        .bind(uuid::Uuid::now_v7())
        .bind(link)
        .bind(now)
        .bind(now)
        .bind(patient);
    tx.execute(query).await?;
    Ok(())
}
