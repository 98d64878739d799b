//! The SQL of signatures and signing keys.

use ed25519_dalek::SigningKey;
use uuid::Uuid;

use super::{Signer, verifies};
use crate::{
    clinical::Meaning,
    core::{AddendumId, EncounterId, NoteId, Result, UserId, time::Instant},
    db::{Locked, Tx, sql},
    keys::{SIGNING_KEYS, Sealed},
};

/// So many encounters are looked through at a time.
const TOGETHER: i64 = 200;

/// A signature as it is kept.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    note_id: NoteId,
    addendum_id: Option<AddendumId>,
    name: String,
    meaning: Meaning,
    signed_at: Instant,
    signature: Vec<u8>,
    key_id: Uuid,
    user_id: UserId,
    public_key: Vec<u8>,
    sealed: Sealed,
}

/// A signature, and whether its key is the signer's.
#[derive(Debug)]
pub(super) struct Kept {
    pub note_id: NoteId,
    pub addendum_id: Option<AddendumId>,
    pub name: String,
    pub meaning: Meaning,
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
        self.is_theirs && verifies(&self.public_key, &self.signature, content)
    }
}

/// Whose a public key is, as it is sealed with it.
fn owner(user: UserId, public: &[u8]) -> String {
    format!("{user} {}", hex(public))
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

/// All signatures of the notes and their addenda.
pub(super) async fn of_notes(tx: &mut Tx, notes: &[NoteId]) -> Result<Vec<Kept>> {
    let query =
        sql("SELECT s.note_id, s.addendum_id, s.name, s.meaning, s.signed_at, s.signature, s.key_id, k.user_id, k.public_key, k.sealed
        FROM note_signatures s JOIN signing_keys k ON k.id = s.key_id WHERE s.note_id IN ")
        .push_list(notes.iter().copied())
        .push(" ORDER BY s.signed_at, s.id");
    let rows: Vec<Row> = tx.all(query).await?;
    let kept = |row: Row| {
        let sealed = SIGNING_KEYS.open_one("owner", tx.keys(), row.key_id, row.user_id, &row.sealed);
        Kept {
            is_theirs: sealed.is_ok_and(|sealed| sealed == owner(row.user_id, &row.public_key)),
            note_id: row.note_id,
            addendum_id: row.addendum_id,
            name: row.name,
            meaning: row.meaning,
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
    note: NoteId,
    addendum: Option<AddendumId>,
    key: Uuid,
    signer: &Signer<'_>,
    signature: [u8; 64],
) -> Result<()> {
    let query = sql("INSERT INTO note_signatures (id, note_id, addendum_id, key_id, name, meaning, signed_at, format, signature)
        VALUES ($1, (SELECT id FROM notes WHERE id = $2 AND encounter_id = $9), $3, $4, $5, $6, $7, 1, $8)")
    .bind(Uuid::now_v7())
    .bind(note)
    .bind(addendum)
    .bind(key)
    .bind(signer.name)
    .bind(signer.meaning)
    .bind(signer.at)
    .bind(signature.to_vec())
    .bind(encounter.id());
    tx.execute(query).await?;
    Ok(())
}

/// The key in use.
pub(super) async fn key_of(tx: &mut Tx, user: UserId) -> Result<Option<(Uuid, SigningKey)>> {
    let query = sql("SELECT id, sealed FROM signing_keys WHERE user_id = $1 AND retired_at IS NULL").bind(user);
    let Some((id, sealed)) = tx.optional::<(Uuid, Sealed)>(query).await? else { return Ok(None) };
    let secret = zeroize::Zeroizing::new(SIGNING_KEYS.open_one("secret", tx.keys(), id, user, &sealed)?);
    Ok(parse(&secret).map(|seed| (id, SigningKey::from_bytes(&seed))))
}

pub(super) async fn insert_key(tx: &mut Tx, user: UserId, key: &SigningKey, now: Instant) -> Result<()> {
    let (id, public) = (Uuid::now_v7(), key.verifying_key());
    let sealed = SIGNING_KEYS.seal(id, user, [&hex(&key.to_bytes()), &owner(user, public.as_bytes())]);
    let query = sql("INSERT INTO signing_keys (id, user_id, public_key, sealed, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (user_id) WHERE retired_at IS NULL DO NOTHING")
    .bind(id)
    .bind(user)
    .bind(public.as_bytes().to_vec())
    .bind(sealed)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// The private half is gone.
pub(super) async fn retire_key(tx: &mut Tx, user: UserId, now: Instant) -> Result<bool> {
    let query = sql("SELECT id, sealed FROM signing_keys WHERE user_id = $1 AND retired_at IS NULL").bind(user);
    let Some((id, sealed)) = tx.optional::<(Uuid, Sealed)>(query).await? else { return Ok(false) };
    let owner = SIGNING_KEYS.open_one("owner", tx.keys(), id, user, &sealed)?;
    let query = sql("UPDATE signing_keys SET retired_at = $2, sealed = $3 WHERE id = $1 AND retired_at IS NULL");
    let retired = tx.execute(query.bind(id).bind(now).bind(SIGNING_KEYS.seal(id, user, ["", &owner]))).await? == 1;
    if retired {
        tx.changed(&SIGNING_KEYS, id);
    }
    Ok(retired)
}

pub(super) async fn is_any(tx: &mut Tx) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM (SELECT 1 FROM note_signatures LIMIT 1) AS any_one")).await? > 0)
}

/// Some encounters whose signed note, or an addendum to it, has no signature.
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

/// The addenda to the encounter's note that have no signature.
pub(super) async fn bare_addenda(tx: &mut Tx, encounter: EncounterId) -> Result<Vec<AddendumId>> {
    let query = sql("SELECT a.id FROM addenda a JOIN notes n ON n.id = a.note_id WHERE n.encounter_id = $1
        AND NOT EXISTS (SELECT 1 FROM note_signatures s WHERE s.addendum_id = a.id)");
    let rows: Vec<(AddendumId,)> = tx.all(query.bind(encounter)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The next encounters with a signed note.
pub(super) async fn signed_after(tx: &mut Tx, last: EncounterId) -> Result<Vec<EncounterId>> {
    let query = sql("SELECT encounter_id FROM notes WHERE state = 'signed' AND encounter_id > ")
        .push_bind(last)
        .push(" ORDER BY encounter_id LIMIT ")
        .push_bind(TOGETHER);
    let rows: Vec<(EncounterId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
