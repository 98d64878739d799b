//! The SQL of delivery.

use uuid::Uuid;

use super::reads;
use crate::{
    core::{ClinicId, MessageChannelId, MessageId, PatientId, Result, locale::Locale, time::Instant},
    db::{Tx, sql},
    keys::{MESSAGE_CHANNELS, Sealed},
    messages::{MessageChannel, MessageKind},
};

/// The messages of one run.
const AT_ONCE: i64 = 200;

/// Returns the messages that are due, and those whose sender has stopped.
pub(super) async fn due(tx: &mut Tx, now: Instant) -> Result<Vec<MessageId>> {
    let stopped = sql("SELECT id FROM messages WHERE state = 'sending' AND leased_until <= $1 ORDER BY leased_until LIMIT 50").bind(now);
    let mut due: Vec<(MessageId,)> = tx.all(stopped).await?;
    let query =
        sql("SELECT id FROM messages WHERE state IN ('due', 'failed') AND channel <> 'call' AND due_at <= $1 ORDER BY due_at LIMIT $2")
            .bind(now)
            .bind(AT_ONCE);
    due.extend(tx.all::<(MessageId,)>(query).await?);
    Ok(due.into_iter().map(|(id,)| id).collect())
}

/// Claims a message; `false` when another sender has it.
pub(super) async fn claim(tx: &mut Tx, id: MessageId, lease: Uuid, now: Instant, until: Instant) -> Result<bool> {
    let query = sql("UPDATE messages SET state = 'sending', lease = $2, claimed_at = $3, leased_until = $4, attempts = attempts + 1,
            repeats = repeats + CASE WHEN state = 'sending' THEN 1 ELSE 0 END
        WHERE id = $1 AND ((state IN ('due', 'failed') AND channel <> 'call' AND due_at <= $5) OR (state = 'sending' AND leased_until <= $6))")
    .bind(id)
    .bind(lease)
    .bind(now)
    .bind(until)
    .bind(now)
    .bind(now);
    Ok(tx.execute(query).await? == 1)
}

/// The facts of a claimed message.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct ToSend {
    pub patient_id: PatientId,
    pub person_id: PatientId,
    pub channel: MessageChannel,
    pub kind: MessageKind,
    pub clinic_id: ClinicId,
    pub about_at: Option<Instant>,
    pub expires_at: Option<Instant>,
    pub needed_by: Option<Instant>,
    pub subject_id: Uuid,
    pub link: String,
    pub attempts: i64,
    channel_id: MessageChannelId,
    /// The record to which the address belongs now: that of the person, or one of the same person since a merge.
    owner_id: PatientId,
    sealed: Sealed,
    pub confirmed: bool,
    pub removed: bool,
    pub is_dead: bool,
    wished: String,
    spoken: String,
    pub quiet_from: i64,
    pub quiet_until: i64,
}

impl ToSend {
    /// Decrypts the address and the code.
    pub fn opened(&self, tx: &Tx) -> Result<(String, String)> {
        let [address, code] = MESSAGE_CHANNELS.open(tx.keys(), self.channel_id, self.owner_id, &self.sealed)?;
        Ok((address, code))
    }

    /// The language of the person: the wished one, or that of the record, as far as the program has it.
    pub fn language(&self) -> Option<Locale> {
        reads(&self.wished).or_else(|| reads(&self.spoken))
    }
}

pub(super) async fn to_send(tx: &mut Tx, id: MessageId) -> Result<ToSend> {
    let query = sql("SELECT m.patient_id, m.person_id, m.channel, m.kind, m.clinic_id, m.about_at, m.expires_at, m.needed_by, m.subject_id,
            m.link, m.attempts,
            c.id AS channel_id, c.patient_id AS owner_id, c.sealed, c.confirmed_at IS NOT NULL AS confirmed, c.removed_at IS NOT NULL AS removed,
            (p.deceased_on IS NOT NULL OR q.deceased_on IS NOT NULL) AS is_dead, coalesce(w.language, '') AS wished, q.language AS spoken,
            coalesce(w.quiet_from, 1260) AS quiet_from, coalesce(w.quiet_until, 480) AS quiet_until
        FROM messages m JOIN message_channels c ON c.id = m.channel_id JOIN patients p ON p.id = m.patient_id
        JOIN patients q ON q.id = m.person_id LEFT JOIN message_preferences w ON w.patient_id = c.patient_id
        WHERE m.id = $1")
    .bind(id);
    Ok(tx.one(query).await?)
}

/// Records that the message left; `false` when the lease was over and another sender has it.
pub(super) async fn sent(tx: &mut Tx, id: MessageId, lease: Uuid, now: Instant) -> Result<bool> {
    let query = sql("UPDATE messages SET state = 'sent', sent_at = $3, cause = '', lease = NULL, leased_until = NULL
        WHERE id = $1 AND state = 'sending' AND lease = $2")
    .bind(id)
    .bind(lease)
    .bind(now);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn failed(tx: &mut Tx, id: MessageId, lease: Uuid, then: Instant, cause: &str) -> Result<bool> {
    let query = sql("UPDATE messages SET state = 'failed', due_at = $3, cause = $4, lease = NULL, leased_until = NULL
        WHERE id = $1 AND state = 'sending' AND lease = $2")
    .bind(id)
    .bind(lease)
    .bind(then)
    .bind(cause);
    Ok(tx.execute(query).await? == 1)
}

/// Gives a message back that was not tried; it stays as due as it was.
pub(super) async fn given_back(tx: &mut Tx, id: MessageId, lease: Uuid) -> Result<bool> {
    let query = sql("UPDATE messages SET state = 'failed', attempts = attempts - 1, cause = 'waited', lease = NULL, leased_until = NULL
        WHERE id = $1 AND state = 'sending' AND lease = $2")
    .bind(id)
    .bind(lease);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn dead(tx: &mut Tx, id: MessageId, lease: Uuid, cause: &str) -> Result<bool> {
    let query = sql("UPDATE messages SET state = 'dead', cause = $3, lease = NULL, leased_until = NULL
        WHERE id = $1 AND state = 'sending' AND lease = $2")
    .bind(id)
    .bind(lease)
    .bind(cause);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn dropped(tx: &mut Tx, id: MessageId, lease: Uuid, cause: &str) -> Result<bool> {
    let query = sql("UPDATE messages SET state = 'dropped', cause = $3, lease = NULL, leased_until = NULL
        WHERE id = $1 AND state = 'sending' AND lease = $2")
    .bind(id)
    .bind(lease)
    .bind(cause);
    Ok(tx.execute(query).await? == 1)
}

/// Puts the subject of a message on the call list, when no message about it has arrived or may still arrive; `false` when there is nothing
/// to call for.
pub(super) async fn insert_call(tx: &mut Tx, id: MessageId, now: Instant) -> Result<bool> {
    let query =
        sql("INSERT INTO messages (id, patient_id, person_id, channel, kind, clinic_id, subject_id, about_at, expires_at, needed_by, link,
            state, due_at, created_at)
        SELECT $1, m.patient_id, m.patient_id, 'call', m.kind, m.clinic_id, m.subject_id, m.about_at, m.expires_at, m.needed_by, m.link,
            'due', $2, $3
        FROM messages m WHERE m.id = $4 AND m.state IN ('dead', 'dropped') AND m.cause <> 'overtaken'
            AND NOT EXISTS (SELECT 1 FROM messages o WHERE o.subject_id = m.subject_id AND o.kind = m.kind AND o.id <> m.id
                AND o.state IN ('due', 'sending', 'failed', 'sent'))
        ON CONFLICT (subject_id, kind, person_id, channel) DO NOTHING")
        .bind(MessageId::new())
        .bind(now)
        .bind(now)
        .bind(id);
    Ok(tx.execute(query).await? == 1)
}
