//! The SQL of addresses and wishes.

use super::MessageWishes;
use crate::{
    core::{MessageChannelId, PatientId, Result, Stamp, UserId, time::Instant},
    db::{Tx, sql},
    keys::{MESSAGE_CHANNELS, Sealed},
    messages::{AddressKind, MessageChannel, MessageKind, quiet::QuietHours},
};

#[derive(sqlx::FromRow)]
struct AddressRow {
    id: MessageChannelId,
    kind: AddressKind,
    sealed: Sealed,
    code_until: Option<Instant>,
    tries: i64,
    confirmed_at: Option<Instant>,
}

/// An address of a patient.
#[derive(Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "the text is the address; the rest tells of it")]
pub struct Address {
    pub id: MessageChannelId,
    pub kind: AddressKind,
    pub address: String,
    /// Empty once it is confirmed.
    pub code: String,
    pub code_until: Option<Instant>,
    pub tries: i64,
    pub confirmed_at: Option<Instant>,
}

const ADDRESSES: &str =
    "SELECT id, kind, sealed, code_until, tries, confirmed_at FROM message_channels WHERE removed_at IS NULL AND patient_id = ";

fn opened(tx: &Tx, row: AddressRow, patient: PatientId) -> Result<Address> {
    let [address, code] = MESSAGE_CHANNELS.open(tx.keys(), row.id, patient, &row.sealed)?;
    let AddressRow { id, kind, code_until, tries, confirmed_at, .. } = row;
    Ok(Address { id, kind, address, code, code_until, tries, confirmed_at })
}

/// Reads the addresses of a patient that are in use or wait for their code.
///
/// # Errors
/// When the database refuses.
pub async fn channels(tx: &mut Tx, patient: PatientId) -> Result<Vec<Address>> {
    let rows: Vec<AddressRow> = tx.all(sql(ADDRESSES).push_bind(patient).push(" ORDER BY created_at, id")).await?;
    rows.into_iter().map(|row| opened(tx, row, patient)).collect()
}

pub(super) async fn waiting(tx: &mut Tx, patient: PatientId, id: MessageChannelId) -> Result<Option<Address>> {
    let query = sql(ADDRESSES).push_bind(patient).push(" AND confirmed_at IS NULL AND id = ").push_bind(id);
    let row: Option<AddressRow> = tx.optional(query).await?;
    row.map(|row| opened(tx, row, patient)).transpose()
}

pub(super) async fn asked_since(tx: &mut Tx, patient: PatientId, since: Instant) -> Result<i64> {
    let query = sql("SELECT count(*) FROM message_channels WHERE patient_id = $1 AND created_at > $2").bind(patient).bind(since);
    Ok(tx.count(query).await?)
}

/// Takes the addresses of a kind that wait for a code out of use.
pub(super) async fn forget_waiting(tx: &mut Tx, patient: PatientId, kind: AddressKind, now: Instant) -> Result<()> {
    let query = sql("UPDATE message_channels SET removed_at = $3
        WHERE patient_id = $1 AND kind = $2 AND confirmed_at IS NULL AND removed_at IS NULL")
    .bind(patient)
    .bind(kind)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Takes the confirmed address of a kind out of use.
pub(super) async fn remove_confirmed(tx: &mut Tx, patient: PatientId, kind: AddressKind, now: Instant) -> Result<()> {
    let query = sql("UPDATE message_channels SET removed_at = $3
        WHERE patient_id = $1 AND kind = $2 AND confirmed_at IS NOT NULL AND removed_at IS NULL")
    .bind(patient)
    .bind(kind)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert(
    tx: &mut Tx,
    (id, patient, kind): (MessageChannelId, PatientId, AddressKind),
    (address, code): (&str, &str),
    (now, until): (Instant, Instant),
    by: UserId,
) -> Result<()> {
    let query = sql("INSERT INTO message_channels (id, patient_id, kind, sealed, code_until, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)")
    .bind(id)
    .bind(patient)
    .bind(kind)
    .bind(MESSAGE_CHANNELS.seal(id, patient, [address, code]))
    .bind(until)
    .bind(now)
    .bind(by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn count_try(tx: &mut Tx, id: MessageChannelId) -> Result<()> {
    tx.execute(sql("UPDATE message_channels SET tries = tries + 1 WHERE id = $1").bind(id)).await?;
    Ok(())
}

pub(super) async fn confirm(tx: &mut Tx, address: &Address, patient: PatientId, now: Instant) -> Result<()> {
    let query = sql("UPDATE message_channels SET confirmed_at = $2, code_until = NULL, sealed = $3 WHERE id = $1")
        .bind(address.id)
        .bind(now)
        .bind(MESSAGE_CHANNELS.seal(address.id, patient, [&address.address, ""]));
    tx.execute(query).await?;
    tx.changed(&MESSAGE_CHANNELS, address.id);
    Ok(())
}

pub(super) async fn remove(tx: &mut Tx, patient: PatientId, id: MessageChannelId, now: Instant) -> Result<bool> {
    let query = sql("UPDATE message_channels SET removed_at = $3 WHERE id = $1 AND patient_id = $2 AND removed_at IS NULL")
        .bind(id)
        .bind(patient)
        .bind(now);
    Ok(tx.execute(query).await? == 1)
}

#[derive(sqlx::FromRow)]
struct WishRow {
    language: String,
    quiet_from: i64,
    quiet_until: i64,
    unwanted: String,
    version: i64,
}

pub(super) async fn wishes(tx: &mut Tx, patient: PatientId) -> Result<Option<MessageWishes>> {
    let query =
        sql("SELECT language, quiet_from, quiet_until, unwanted, version FROM message_preferences WHERE patient_id = $1").bind(patient);
    let row: Option<WishRow> = tx.optional(query).await?;
    Ok(row.map(|row| MessageWishes {
        language: row.language,
        quiet: QuietHours { from: row.quiet_from, until: row.quiet_until },
        unwanted: row.unwanted.split_whitespace().filter_map(choice).collect(),
        version: row.version,
    }))
}

/// Reads one word: "receipt:sms".
fn choice(word: &str) -> Option<(MessageKind, MessageChannel)> {
    let (kind, channel) = word.split_once(':')?;
    Some((kind.parse().ok()?, channel.parse().ok()?))
}

/// Saves the wishes; `false` when they have another version by now.
pub(super) async fn save(tx: &mut Tx, patient: PatientId, wishes: &MessageWishes, stamp: Stamp) -> Result<bool> {
    let unwanted = wishes.unwanted.iter().map(|(kind, channel)| format!("{kind}:{channel}")).collect::<Vec<_>>().join(" ");
    let query = if wishes.version == 0 {
        sql("INSERT INTO message_preferences (patient_id, language, quiet_from, quiet_until, unwanted, updated_at, updated_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING")
    } else {
        sql("UPDATE message_preferences SET language = $2, quiet_from = $3, quiet_until = $4, unwanted = $5, updated_at = $6, updated_by = $7,
            version = version + 1 WHERE patient_id = $1 AND version = $8")
    };
    let query = query
        .bind(patient)
        .bind(wishes.language.clone())
        .bind(wishes.quiet.from)
        .bind(wishes.quiet.until)
        .bind(unwanted)
        .bind(stamp.at)
        .bind(stamp.by);
    let query = if wishes.version == 0 { query } else { query.bind(wishes.version) };
    Ok(tx.execute(query).await? == 1)
}

/// Forgets the addresses and wishes of a patient whose record was erased as far as possible, and drops what waits for them.
///
/// # Errors
/// When the database refuses.
pub async fn forget_addresses(tx: &mut Tx, patient: PatientId, stamp: Stamp) -> Result<()> {
    let known: Vec<(MessageChannelId,)> = tx.all(sql("SELECT id FROM message_channels WHERE patient_id = ").push_bind(patient)).await?;
    for (id,) in known {
        let query = sql("UPDATE message_channels SET removed_at = coalesce(removed_at, $2), sealed = $3 WHERE id = $1")
            .bind(id)
            .bind(stamp.at)
            .bind(MESSAGE_CHANNELS.seal(id, patient, ["", ""]));
        tx.execute(query).await?;
        tx.changed(&MESSAGE_CHANNELS, id);
    }
    tx.execute(sql("DELETE FROM message_preferences WHERE patient_id = ").push_bind(patient)).await?;
    let waiting = sql("UPDATE messages SET state = 'dropped', cause = 'by_hand', handled_by = $2
        WHERE person_id = $1 AND state IN ('due', 'failed')")
    .bind(patient)
    .bind(stamp.by);
    tx.execute(waiting).await?;
    Ok(())
}
