//! The SQL of signatures and signing keys.

use ed25519_dalek::SigningKey;
use uuid::Uuid;

use super::{SKEW, Signer, stock::Untold, verifies};
use crate::{
    clinical::Meaning,
    core::{AddendumId, EncounterId, NoteId, Result, UserId, time::Instant},
    db::{Locked, Tx, sql},
    keys::{SIGNING_KEYS, Sealed},
};

/// The number of encounters that are checked at a time.
const TOGETHER: i64 = 200;

/// A signature as it is stored.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    note_id: NoteId,
    addendum_id: Option<AddendumId>,
    name: String,
    meaning: Meaning,
    signed_at: Instant,
    format: i64,
    signature: Vec<u8>,
    key_id: Uuid,
    user_id: UserId,
    public_key: Vec<u8>,
    sealed: Sealed,
    created_at: Instant,
    retired_at: Option<Instant>,
}

/// A signature, and whether its key belongs to the signer.
#[derive(Debug)]
pub(super) struct Kept {
    pub note_id: NoteId,
    pub addendum_id: Option<AddendumId>,
    pub name: String,
    pub meaning: Meaning,
    /// The format of the signed bytes.
    pub format: i64,
    signed_at: Instant,
    signature: Vec<u8>,
    user_id: UserId,
    public_key: Vec<u8>,
    is_theirs: bool,
}

impl Kept {
    pub fn signer(&self) -> Signer<'_> {
        Signer { user: self.user_id, name: &self.name, meaning: self.meaning, at: self.signed_at }
    }

    pub fn verifies(&self, content: &[u8]) -> bool {
        // Only the import signs content that was signed in another system, and it signs nothing else.
        let by_the_import = self.user_id == UserId::SYSTEM;
        self.is_theirs && by_the_import == (self.meaning == Meaning::Imported) && verifies(&self.public_key, &self.signature, content)
    }
}

/// Returns the owner of a public key, as it is sealed with the key.
fn owner(user: UserId, public: &[u8]) -> String {
    format!("{user} {}", hex(public))
}

/// Returns the owner with the microseconds since 1970 at which the key was created and retired.
fn dated(owner: &str, created: i64, retired: Option<i64>) -> String {
    format!("{owner} {created} {}", retired.map_or_else(|| "-".to_owned(), |retired| retired.to_string()))
}

/// The time during which a key is in use. Keys from before the signatures were counted have it in plain columns only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Life {
    created: i64,
    retired: Option<i64>,
}

impl Life {
    /// Parses the sealed text after the owner; `None` when the owner is different or the text has another form.
    fn parse(sealed: &str, owner: &str, plain: Self) -> Option<Self> {
        let rest = sealed.strip_prefix(owner)?;
        if rest.is_empty() {
            return Some(plain);
        }
        let (created, retired) = rest.strip_prefix(' ')?.split_once(' ')?;
        let retired = if retired == "-" { None } else { Some(retired.parse().ok()?) };
        Some(Self { created: created.parse().ok()?, retired })
    }

    fn has(self, at: Instant) -> bool {
        (at + SKEW).timestamp_micros() >= self.created && self.retired.is_none_or(|retired| at.timestamp_micros() <= retired)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Returns all signatures of the notes and their addenda.
pub(super) async fn of_notes(tx: &mut Tx, notes: &[NoteId]) -> Result<Vec<Kept>> {
    let query =
        sql("SELECT s.note_id, s.addendum_id, s.name, s.meaning, s.signed_at, s.format, s.signature, s.key_id, k.user_id, k.public_key, k.sealed,
            k.created_at, k.retired_at
        FROM note_signatures s JOIN signing_keys k ON k.id = s.key_id WHERE s.note_id IN ")
        .push_list(notes.iter().copied())
        .push(" ORDER BY s.signed_at, s.id");
    let rows: Vec<Row> = tx.all(query).await?;
    let kept = |row: Row| {
        let sealed = SIGNING_KEYS.open_one("owner", tx.keys(), row.key_id, row.user_id, &row.sealed);
        Kept {
            is_theirs: sealed.is_ok_and(|sealed| {
                let plain = Life { created: row.created_at.timestamp_micros(), retired: row.retired_at.map(|at| at.timestamp_micros()) };
                Life::parse(&sealed, &owner(row.user_id, &row.public_key), plain).is_some_and(|life| life.has(row.signed_at))
            }),
            note_id: row.note_id,
            addendum_id: row.addendum_id,
            name: row.name,
            meaning: row.meaning,
            format: row.format,
            signed_at: row.signed_at,
            signature: row.signature,
            user_id: row.user_id,
            public_key: row.public_key,
        }
    };
    Ok(rows.into_iter().map(kept).collect())
}

pub(super) async fn insert(
    tx: &mut Tx,
    encounter: Locked<EncounterId>,
    (note, addendum): (NoteId, Option<AddendumId>),
    key: Uuid,
    signer: &Signer<'_>,
    (format, signature): (i64, [u8; 64]),
) -> Result<()> {
    let query = sql("INSERT INTO note_signatures (id, note_id, addendum_id, key_id, name, meaning, signed_at, format, signature)
        VALUES ($1, (SELECT id FROM notes WHERE id = $2 AND encounter_id = $9), $3, $4, $5, $6, $7, $10, $8)")
    .bind(Uuid::now_v7())
    .bind(note)
    .bind(addendum)
    .bind(key)
    .bind(signer.name)
    .bind(signer.meaning)
    .bind(signer.at)
    .bind(signature.to_vec())
    .bind(encounter.id())
    .bind(format);
    tx.execute(query).await?;
    Ok(())
}

/// Returns the key in use. It is not retired before this transaction ends.
pub(super) async fn key_of(tx: &mut Tx, user: UserId) -> Result<Option<(Uuid, SigningKey)>> {
    let query =
        sql("SELECT id, sealed FROM signing_keys WHERE retired_at IS NULL AND user_id = ").push_bind(user).push_for("", " FOR SHARE");
    let Some((id, sealed)) = tx.optional::<(Uuid, Sealed)>(query).await? else { return Ok(None) };
    let secret = zeroize::Zeroizing::new(SIGNING_KEYS.open_one("secret", tx.keys(), id, user, &sealed)?);
    Ok(parse(&secret).map(|seed| (id, SigningKey::from_bytes(&seed))))
}

pub(super) async fn insert_key(tx: &mut Tx, user: UserId, key: &SigningKey, now: Instant) -> Result<()> {
    let (id, public) = (Uuid::now_v7(), key.verifying_key());
    let owner = dated(&owner(user, public.as_bytes()), now.timestamp_micros(), None);
    let sealed = SIGNING_KEYS.seal(id, user, [&hex(&key.to_bytes()), &owner]);
    let query = sql("INSERT INTO signing_keys (id, user_id, public_key, sealed, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (user_id) WHERE retired_at IS NULL DO NOTHING")
    .bind(id)
    .bind(user)
    .bind(public.as_bytes().to_vec())
    .bind(sealed)
    .bind(now);
    // Another signature of the same person may have created one.
    if tx.execute(query).await? == 1 {
        tx.changed(&SIGNING_KEYS, id);
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: Uuid,
    user_id: UserId,
    public_key: Vec<u8>,
    sealed: Sealed,
    created_at: Instant,
    retired_at: Option<Instant>,
}

const KEYS: &str = "SELECT id, user_id, public_key, sealed, created_at, retired_at FROM signing_keys";

impl KeyRow {
    /// Returns the sealed fields (private half and owner), the time in use, and whether its dates are sealed too.
    fn opened(&self, tx: &Tx) -> Result<([String; 2], Option<Life>, bool)> {
        let fields = SIGNING_KEYS.open(tx.keys(), self.id, self.user_id, &self.sealed)?;
        let owner = owner(self.user_id, &self.public_key);
        let plain = Life { created: self.created_at.timestamp_micros(), retired: self.retired_at.map(|at| at.timestamp_micros()) };
        let (life, is_dated) = (Life::parse(&fields[1], &owner, plain), fields[1] != owner);
        Ok((fields, life, is_dated))
    }
}

/// Returns the public half of a key, if it is the user's and was in use at that time.
pub(super) async fn public_key(tx: &mut Tx, key: Uuid, user: UserId, at: Instant) -> Result<Option<Vec<u8>>> {
    let query = sql(KEYS).push(" WHERE id = ").push_bind(key).push(" AND user_id = ").push_bind(user);
    let Some(row) = tx.optional::<KeyRow>(query).await? else { return Ok(None) };
    // A key that cannot be opened proves nothing.
    let Ok((_, life, _)) = row.opened(tx) else { return Ok(None) };
    Ok(life.filter(|life| life.has(at)).map(|_| row.public_key))
}

/// Deletes the private half of the user's key and returns the key's id. The key counts as in use until `now`, or until its last
/// signature when the clock of another node is ahead.
pub(super) async fn retire_key(tx: &mut Tx, user: UserId, now: Instant) -> Result<Option<Uuid>> {
    let query = sql(KEYS).push(" WHERE retired_at IS NULL AND user_id = ").push_bind(user).push_for("", " FOR UPDATE");
    let Some(key) = tx.optional::<KeyRow>(query).await? else { return Ok(None) };
    let ([secret, sealed], life, _) = key.opened(tx)?;
    drop(zeroize::Zeroizing::new(secret));
    let last = sql("SELECT max(signed_at) FROM signed_rows WHERE key_id = ").push_bind(key.id);
    let now = tx.one::<(Option<Instant>,)>(last).await?.0.map_or(now, |last| last.max(now));
    // A key whose sealed owner does not match keeps its sealed text.
    let sealed = match life {
        Some(life) => dated(&owner(user, &key.public_key), life.created, Some(now.timestamp_micros())),
        None => sealed,
    };
    let query = sql("UPDATE signing_keys SET retired_at = $2, sealed = $3 WHERE id = $1 AND retired_at IS NULL");
    let done = tx.execute(query.bind(key.id).bind(now).bind(SIGNING_KEYS.seal(key.id, user, ["", &sealed]))).await?;
    if done != 1 {
        return Ok(None);
    }
    tx.changed(&SIGNING_KEYS, key.id);
    Ok(Some(key.id))
}

/// Whether the dates of a key are sealed, which means that the signatures were counted before.
pub(super) async fn is_any_key_dated(tx: &mut Tx) -> Result<bool> {
    let keys: Vec<KeyRow> = tx.all(sql(KEYS)).await?;
    // An earlier version of the program did not write a key that cannot be opened.
    Ok(keys.iter().any(|key| key.opened(tx).map_or(true, |(_, _, is_dated)| is_dated)))
}

/// Seals into each key the times when it was created and retired.
pub(super) async fn date_keys(tx: &mut Tx) -> Result<()> {
    let keys: Vec<KeyRow> = tx.all(sql(KEYS)).await?;
    for key in keys {
        let ([secret, _], Some(life), false) = key.opened(tx)? else { continue };
        let secret = zeroize::Zeroizing::new(secret);
        let sealed = dated(&owner(key.user_id, &key.public_key), life.created, life.retired);
        let query = sql("UPDATE signing_keys SET sealed = $2 WHERE id = $1");
        tx.execute(query.bind(key.id).bind(SIGNING_KEYS.seal(key.id, key.user_id, [secret.as_str(), &sealed]))).await?;
        tx.changed(&SIGNING_KEYS, key.id);
    }
    Ok(())
}

/// Returns the signed notes, addenda and changed prescriptions of signed notes that have no row in the audit log.
pub(super) async fn untold(tx: &mut Tx) -> Result<Vec<Untold>> {
    Ok(tx.all(sql(UNTOLD)).await?)
}

const UNTOLD: &str = "SELECT n.id, n.patient_id, e.clinic_id, 'note' AS what
    FROM notes n JOIN encounters e ON e.id = n.encounter_id
        LEFT JOIN (SELECT DISTINCT subject_id FROM audit_log WHERE action = 'sign' AND what = 'note') l ON l.subject_id = n.id
    WHERE n.state = 'signed' AND l.subject_id IS NULL
    UNION ALL
    SELECT a.id, n.patient_id, e.clinic_id, 'addendum'
    FROM addenda a JOIN notes n ON n.id = a.note_id JOIN encounters e ON e.id = n.encounter_id
        LEFT JOIN (SELECT DISTINCT subject_id FROM audit_log WHERE action IN ('create', 'sign') AND what = 'addendum') l ON l.subject_id = a.id
    WHERE l.subject_id IS NULL
    UNION ALL
    SELECT p.id, n.patient_id, e.clinic_id, p.state
    FROM prescriptions p JOIN notes n ON n.encounter_id = p.encounter_id JOIN encounters e ON e.id = p.encounter_id
        LEFT JOIN (SELECT DISTINCT subject_id FROM audit_log WHERE action = 'update' AND what IN ('prescription', 'prescription_replaced')) l
            ON l.subject_id = p.id
    WHERE n.state = 'signed' AND p.state IN ('stopped', 'completed') AND l.subject_id IS NULL";

/// Returns the number of signed notes and addenda without a signature.
pub(super) async fn count_bare(tx: &mut Tx) -> Result<u64> {
    let query = sql("SELECT (SELECT count(*) FROM notes n WHERE n.state = 'signed'
            AND NOT EXISTS (SELECT 1 FROM note_signatures s WHERE s.note_id = n.id AND s.addendum_id IS NULL))
        + (SELECT count(*) FROM addenda a JOIN notes n ON n.id = a.note_id WHERE n.state = 'signed'
            AND NOT EXISTS (SELECT 1 FROM note_signatures s WHERE s.addendum_id = a.id))");
    Ok(u64::try_from(tx.count(query).await?).unwrap_or(0))
}

/// Returns some encounters whose signed note, or an addendum to it, has no signature.
pub(super) async fn unsigned(tx: &mut Tx) -> Result<Vec<EncounterId>> {
    let query = sql("SELECT n.encounter_id FROM notes n WHERE n.state = 'signed'
            AND (NOT EXISTS (SELECT 1 FROM note_signatures s WHERE s.note_id = n.id AND s.addendum_id IS NULL)
                OR EXISTS (SELECT 1 FROM addenda a WHERE a.note_id = n.id
                    AND NOT EXISTS (SELECT 1 FROM note_signatures s WHERE s.addendum_id = a.id)))
        ORDER BY n.id LIMIT ");
    let rows: Vec<(EncounterId,)> = tx.all(query.push_bind(TOGETHER)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Whether the encounter's signed note has no signature; `None` without such a note.
pub(super) async fn bare_note(tx: &mut Tx, encounter: EncounterId) -> Result<Option<bool>> {
    let query = sql("SELECT NOT EXISTS (SELECT 1 FROM note_signatures s WHERE s.note_id = n.id AND s.addendum_id IS NULL)
        FROM notes n WHERE n.state = 'signed' AND n.encounter_id = $1");
    let row: Option<(bool,)> = tx.optional(query.bind(encounter)).await?;
    Ok(row.map(|(bare,)| bare))
}

/// Returns the addenda to the encounter's note that have no signature.
pub(super) async fn bare_addenda(tx: &mut Tx, encounter: EncounterId) -> Result<Vec<AddendumId>> {
    let query = sql("SELECT a.id FROM addenda a JOIN notes n ON n.id = a.note_id WHERE n.encounter_id = $1
        AND NOT EXISTS (SELECT 1 FROM note_signatures s WHERE s.addendum_id = a.id)");
    let rows: Vec<(AddendumId,)> = tx.all(query.bind(encounter)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Returns the next encounters with a signed note.
pub(super) async fn signed_after(tx: &mut Tx, last: EncounterId) -> Result<Vec<EncounterId>> {
    let query = sql("SELECT encounter_id FROM notes WHERE state = 'signed' AND encounter_id > ")
        .push_bind(last)
        .push(" ORDER BY encounter_id LIMIT ")
        .push_bind(TOGETHER);
    let rows: Vec<(EncounterId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
