//! The SQL of the outbox.

use super::NewMessage;
use crate::{
    core::{ClinicId, MessageChannelId, MessageId, PatientId, Result, Stamp, UserId, time::Instant},
    db::{Lockable, Locked, Sql, Tx, sql},
    messages::{AddressKind, DeskOutcome, MessageChannel, MessageKind, MessageState},
    patients::PatientName,
};

impl Lockable for MessageId {
    const TABLE: &'static str = "messages";
}

/// A person who hears of a patient, with one confirmed address or none.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Target {
    pub person_id: PatientId,
    pub channel_id: Option<MessageChannelId>,
    pub kind: Option<AddressKind>,
    unwanted: String,
    pub quiet_from: i64,
    pub quiet_until: i64,
}

impl Target {
    /// Whether the person does not want messages of this kind on this channel.
    pub fn is_unwanted(&self, kind: MessageKind, channel: MessageChannel) -> bool {
        let word = format!("{kind}:{channel}");
        self.unwanted.split(' ').any(|unwanted| unwanted == word)
    }
}

pub(super) async fn targets(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<Vec<Target>> {
    let query = sql("SELECT person_id, channel_id, kind, unwanted, quiet_from, quiet_until FROM message_targets
        WHERE patient_id = $1 AND (ends_at IS NULL OR ends_at > $2)")
    .bind(patient)
    .bind(now);
    Ok(tx.all(query).await?)
}

/// Adds a message; `false` when the person has it already. A message about an appointment that was dropped because its step was undone is
/// due again when the step is done again.
pub(super) async fn insert(tx: &mut Tx, new: &NewMessage<'_>, now: Instant) -> Result<bool> {
    let query =
        sql("INSERT INTO messages (id, patient_id, person_id, channel, channel_id, kind, clinic_id, subject_id, about_at, expires_at,
            needed_by, link, state, due_at, cause, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        ON CONFLICT (subject_id, kind, person_id, channel) DO UPDATE SET state = excluded.state, cause = '', due_at = excluded.due_at
        WHERE messages.state = 'dropped' AND messages.cause = 'overtaken' AND messages.kind IN ('booked', 'moved', 'cancelled')
            AND excluded.state = 'due'")
        .bind(new.id)
        .bind(new.patient)
        .bind(new.person)
        .bind(new.channel)
        .bind(new.address)
        .bind(new.about.kind)
        .bind(new.about.clinic)
        .bind(new.about.subject)
        .bind(new.about.at)
        .bind(new.about.expires)
        .bind(new.about.needed_by)
        .bind(new.about.link.clone())
        .bind(new.state)
        .bind(new.due_at)
        .bind(new.cause)
        .bind(now);
    Ok(tx.execute(query).await? == 1)
}

/// A message in a list. It has no address and no text.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listed {
    pub id: MessageId,
    pub patient_id: PatientId,
    pub channel: MessageChannel,
    pub kind: MessageKind,
    pub clinic_id: ClinicId,
    pub about_at: Option<Instant>,
    pub state: MessageState,
    pub due_at: Instant,
    pub attempts: i64,
    pub repeats: i64,
    pub sent_at: Option<Instant>,
    pub cause: String,
    pub created_at: Instant,
}

const LISTED: &str =
    "SELECT m.id, m.patient_id, m.channel, m.kind, m.clinic_id, m.about_at, m.state, m.due_at, m.attempts, m.repeats, m.sent_at,
    m.cause, m.created_at FROM messages m WHERE ";

/// The messages of the administrator's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageFilter {
    /// Those that are not tried again.
    Dead,
    /// Those that wait, are being sent, or are tried again.
    Waiting,
    All,
}

/// Reads the messages of the administrator's list, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(tx: &mut Tx, filter: MessageFilter, limit: i64, offset: i64) -> Result<Vec<Listed>> {
    let query = match filter {
        MessageFilter::Dead => sql(LISTED).push("m.state = 'dead' ORDER BY m.created_at DESC"),
        MessageFilter::Waiting => sql(LISTED).push("m.state IN ('due', 'failed') AND m.channel <> 'call' ORDER BY m.due_at DESC"),
        MessageFilter::All => sql(LISTED).push("1 = 1 ORDER BY m.created_at DESC"),
    };
    Ok(tx.all(query.push(", m.id DESC LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset)).await?)
}

/// Reads one message.
///
/// # Errors
/// When the database refuses.
pub async fn message(tx: &mut Tx, id: MessageId) -> Result<Option<Listed>> {
    Ok(tx.optional(sql(LISTED).push("m.id = ").push_bind(id)).await?)
}

/// Reads the latest messages about a patient.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId, limit: i64) -> Result<Vec<Listed>> {
    let query = sql(LISTED).push("m.patient_id = ").push_bind(patient).push(" ORDER BY m.created_at DESC, m.id LIMIT ").push_bind(limit);
    Ok(tx.all(query).await?)
}

/// The query for the number of messages that are not tried again, up to a thousand.
pub fn count_dead() -> Sql {
    sql("SELECT count(*) FROM (SELECT 1 AS one FROM messages WHERE state = 'dead' LIMIT 1000) AS dead")
}

/// The query for the number of calls that the desk of a clinic has to make.
pub fn count_calls(clinic: ClinicId) -> Sql {
    sql("SELECT count(*) FROM messages WHERE channel = 'call' AND state IN ('due', 'failed') AND clinic_id = ").push_bind(clinic)
}

/// A call that the desk has to make.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ToCall {
    pub id: MessageId,
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub name: PatientName,
    pub mrn: String,
    pub kind: MessageKind,
    pub about_at: Option<Instant>,
    pub due_at: Instant,
    pub attempts: i64,
    pub cause: String,
    pub created_at: Instant,
}

/// Reads the calls of a clinic, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn to_call(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<ToCall>> {
    let query =
        sql("SELECT m.id, m.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, m.kind, m.about_at, m.due_at, m.attempts,
        m.cause, m.created_at FROM messages m JOIN patients p ON p.id = m.patient_id
        WHERE m.channel = 'call' AND m.state IN ('due', 'failed') AND m.clinic_id = ")
        .push_bind(clinic)
        .push(" ORDER BY m.due_at, m.id LIMIT ")
        .push_bind(limit);
    Ok(tx.all(query).await?)
}

/// Records a call. Returns `false` when the message waits for no call.
///
/// # Errors
/// When the database refuses.
pub async fn record_call(tx: &mut Tx, id: Locked<MessageId>, outcome: DeskOutcome, again: Instant, stamp: Stamp) -> Result<bool> {
    let (state, cause) = if outcome.is_done() { (MessageState::Sent, "") } else { (MessageState::Failed, outcome.as_str()) };
    let query =
        sql("UPDATE messages SET state = $2, outcome = $3, cause = $4, sent_at = $5, due_at = $6, attempts = attempts + 1, handled_by = $7
        WHERE id = $1 AND channel = 'call' AND state IN ('due', 'failed')")
        .bind(id.id())
        .bind(state)
        .bind(outcome)
        .bind(cause)
        .bind(outcome.is_done().then_some(stamp.at))
        .bind(again)
        .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Makes a dead message due again. Returns `false` when it is not dead.
///
/// # Errors
/// When the database refuses.
pub async fn send_again(tx: &mut Tx, id: Locked<MessageId>, stamp: Stamp) -> Result<bool> {
    let query =
        sql("UPDATE messages SET state = 'due', cause = '', attempts = 0, due_at = $2, handled_by = $3 WHERE id = $1 AND state = 'dead'")
            .bind(id.id())
            .bind(stamp.at)
            .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Drops a message that was not sent. Returns `false` when that is not possible any more.
///
/// # Errors
/// When the database refuses.
pub async fn drop_message(tx: &mut Tx, id: Locked<MessageId>, by: UserId) -> Result<bool> {
    let query: Sql = sql(
        "UPDATE messages SET state = 'dropped', cause = 'by_hand', handled_by = $2 WHERE id = $1 AND state IN ('due', 'failed', 'dead')",
    )
    .bind(id.id())
    .bind(by);
    Ok(tx.execute(query).await? == 1)
}
