//! Signatures over notes and addenda, by the clinician's own Ed25519 key.
//!
//! **Signed content** (formats 1 to 4): `infirmary signature ` with the format, then each of the following values with its length before
//! it (4 bytes, big endian). Ids are 16 bytes, numbers 8 (big endian), times microseconds since 1970, true `1` and false nothing; a missing
//! value is empty. A row names its format; bytes of one format never verify as those of the other. Addenda have format 1. New notes have
//! format 4; notes signed by an earlier version of the program have format 1, which does not contain the visit, format 2, which does not
//! contain the structured dose, or format 3, which does not contain the reason against a substitute; they still verify, as long as no
//! prescription of the note has what their format does not contain.
//!
//! - of a note: `note`; the ids of patient, encounter, clinic, doctor and note; from format 2 on the id of the visit; when the encounter began,
//!   its reason; the author (id), the signer (id) and when; the signer's id, name and meaning, and when; the number of sections, and of
//!   each its name and text; the number of diagnoses, and of each by id: id, code, description, certainty, rank, when; the number of
//!   prescriptions that are not struck out, and of each by id: id, drug (id), drug, dose, route, frequency, days, as needed, at most a day,
//!   instructions, the reason in spite of a warning, when, by whom (id), and from format 3 on amount and unit of the dose, times, in days,
//!   from format 4 on the reason against a substitute;
//! - of an addendum: `addendum`; the ids of patient, encounter, note and addendum; the author (id) and when; the signer's id, name
//!   and meaning, and when; the text.
//!
//! **Keys.** The first signature creates a clinician's key. Its private half is sealed like a note. The owner of the public half and the
//! times when the key was created and retired are sealed with it, so that an attacker who can only write to the database cannot insert a
//! key of their own or change how long a key is valid. A new key ([`renew_key`]) retires the old one: its private half is deleted, its
//! public half stays, and its signatures remain valid. A signature made at a time when its key was not in use is broken.
//!
//! The import signs a note that was signed in another system, with the meaning "imported": the signature says only that the note has not
//! changed since. The demo does this, and an operator does it once for notes that an earlier version of the program stored without
//! signatures (`stock`). A note that loses its signature afterwards is broken.
//!
//! **Deletions.** A signature cannot show that a note, or an addendum with its signature, was deleted or hidden. Each signature, each
//! addendum and each change of a signed prescription has a row in the audit log, which is sealed and marked with the database's keys:
//! `infirmary check` compares them (`crate::invariants`).

mod document;
mod stock;
mod store;

use std::{
    collections::{HashMap, HashSet},
    sync::{LazyLock, Mutex, PoisonError},
};

use ed25519_dalek::{Signature as Ed25519, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Addendum, Meaning, Note, NoteState, Prescription, Summary, Verdict, chart};
use crate::{
    audit::{self, Action, AuditRow},
    core::{AddendumId, EncounterId, Error, NoteId, Result, Stamp, UserId, time::Instant},
    db::{Database, Locked, Tx},
};
pub use document::{DocumentSignature, DocumentSigner, sign_document, verify_document};
pub use stock::{Stock, adopt, is_counted, take_stock};
use store::Kept;

/// The formats in which notes and addenda are signed today.
const NOTE_FORMAT: i64 = 4;
/// The format from which on a signature covers the visit.
const WITH_VISIT: i64 = 2;
/// The format from which on a signature covers the structured dose.
const WITH_DOSE: i64 = 3;
/// The format from which on a signature covers the reason against a substitute.
const WITH_SUBSTITUTION: i64 = 4;
const ADDENDUM_FORMAT: i64 = 1;

/// The clocks of several nodes differ by less than this: a key may appear to be created after its first signature.
const SKEW: chrono::Duration = chrono::Duration::minutes(5);

/// The person who signs, and the meaning of the signature.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signer<'n> {
    pub user: UserId,
    pub name: &'n str,
    pub meaning: Meaning,
    pub at: Instant,
}

/// The bytes that are signed.
struct Content(Vec<u8>);

impl Content {
    fn of(kind: &str, format: i64) -> Self {
        Self(format!("infirmary signature {format}").into_bytes()).text(kind)
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    fn id(self, id: impl Into<Uuid>) -> Self {
        self.bytes(id.into().as_bytes())
    }

    fn maybe_id(self, id: Option<impl Into<Uuid>>) -> Self {
        match id {
            Some(id) => self.id(id),
            None => self.bytes(&[]),
        }
    }

    fn number(self, number: impl Into<Option<i64>>) -> Self {
        match number.into() {
            Some(number) => self.bytes(&number.to_be_bytes()),
            None => self.bytes(&[]),
        }
    }

    fn moment(self, at: Instant) -> Self {
        self.number(at.timestamp_micros())
    }

    fn count(self, count: usize) -> Self {
        self.number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    fn signer(self, signer: &Signer<'_>) -> Self {
        self.id(signer.user).text(signer.name).text(signer.meaning.as_str()).moment(signer.at)
    }
}

fn of_note(summary: &Summary, note: &Note, signer: &Signer<'_>, format: i64) -> Vec<u8> {
    let encounter = &summary.encounter;
    let mut content =
        Content::of("note", format).id(encounter.patient).id(encounter.id).id(encounter.clinic).maybe_id(encounter.doctor).id(note.id);
    if format >= WITH_VISIT {
        content = content.maybe_id(encounter.visit);
    }
    content = content
        .moment(encounter.started_at)
        .text(&encounter.reason)
        .id(note.author)
        .maybe_id(note.signature.as_ref().map(|signature| signature.by))
        .number(note.signature.as_ref().map(|signature| signature.at.timestamp_micros()))
        .signer(signer);
    let sections = note.text.sections();
    content = content.count(sections.len());
    for (name, text) in sections {
        content = content.text(name).text(text);
    }
    let mut diagnoses: Vec<_> = summary.diagnoses.iter().collect();
    diagnoses.sort_by_key(|diagnosis| diagnosis.id);
    content = content.count(diagnoses.len());
    for diagnosis in diagnoses {
        content = content
            .id(diagnosis.id)
            .text(&diagnosis.code)
            .text(&diagnosis.description)
            .text(diagnosis.certainty.as_str())
            .text(diagnosis.rank.as_str())
            .moment(diagnosis.recorded_at);
    }
    let mut prescriptions: Vec<_> = summary.prescriptions.iter().collect();
    prescriptions.sort_by_key(|prescription| prescription.id);
    content = content.count(prescriptions.len());
    for prescription in prescriptions {
        let dosage = &prescription.dosage;
        content = content
            .id(prescription.id)
            .maybe_id(prescription.drug_id)
            .text(&prescription.drug)
            .text(&dosage.dose)
            .text(&dosage.route)
            .text(&dosage.frequency)
            .number(dosage.days)
            .text(if dosage.as_needed { "1" } else { "" })
            .number(dosage.max_per_day)
            .text(&dosage.instructions)
            .text(&prescription.override_reason)
            .moment(prescription.prescribed_at)
            .id(prescription.prescribed_by);
        if format >= WITH_DOSE {
            content = content
                .text(dosage.amount.as_ref().map_or("", |dose| &dose.amount))
                .text(dosage.amount.as_ref().map_or("", |dose| dose.unit.as_str()))
                .number(dosage.often.map(|(times, _)| times))
                .number(dosage.often.map(|(_, days)| days));
        }
        if format >= WITH_SUBSTITUTION {
            content = content.text(&dosage.no_substitution);
        }
    }
    content.0
}

fn of_addendum(summary: &Summary, note: NoteId, addendum: &Addendum, signer: &Signer<'_>) -> Vec<u8> {
    Content::of("addendum", ADDENDUM_FORMAT)
        .id(summary.encounter.patient)
        .id(summary.encounter.id)
        .id(note)
        .id(addendum.id)
        .id(addendum.author)
        .moment(addendum.at)
        .signer(signer)
        .text(&addendum.body)
        .0
}

/// Signs the note of the encounter as it stands in the database.
pub(super) async fn sign_note(tx: &mut Tx, encounter: Locked<EncounterId>, signer: &Signer<'_>) -> Result<()> {
    let summary = chart::encounter_summary(tx, encounter.id()).await?;
    sign_note_of(tx, encounter, &summary, signer).await
}

/// Returns the signature of a note in an older format, as an earlier version of the program made it.
///
/// # Errors
/// When the database refuses, or there is no signed note.
#[cfg(any(debug_assertions, feature = "testing"))]
pub async fn signature_of_before(tx: &mut Tx, encounter: EncounterId, format: i64) -> Result<Vec<u8>> {
    let summary = chart::encounter_summary(tx, encounter).await?;
    let note = summary.note.as_ref().ok_or(Error::NotFound)?;
    let signature = note.signature.as_ref().ok_or(Error::NotFound)?;
    let signer = Signer { user: signature.by, name: &signature.name, meaning: Meaning::Author, at: signature.at };
    let (_, key) = key(tx, &signer).await?;
    Ok(key.sign(&of_note(&summary, note, &signer, format)).to_bytes().to_vec())
}

async fn sign_note_of(tx: &mut Tx, encounter: Locked<EncounterId>, summary: &Summary, signer: &Signer<'_>) -> Result<()> {
    let note = summary.note.as_ref().ok_or(Error::NotFound)?;
    let (id, key) = key(tx, signer).await?;
    let signature = key.sign(&of_note(summary, note, signer, NOTE_FORMAT));
    store::insert(tx, encounter, (note.id, None), id, signer, (NOTE_FORMAT, signature.to_bytes())).await
}

/// Signs an addendum as it stands in the database.
pub(super) async fn sign_addendum(tx: &mut Tx, encounter: Locked<EncounterId>, addendum: AddendumId, signer: &Signer<'_>) -> Result<()> {
    let summary = chart::encounter_summary(tx, encounter.id()).await?;
    sign_addendum_of(tx, encounter, &summary, addendum, signer).await
}

async fn sign_addendum_of(
    tx: &mut Tx,
    encounter: Locked<EncounterId>,
    summary: &Summary,
    addendum: AddendumId,
    signer: &Signer<'_>,
) -> Result<()> {
    let note = summary.note.as_ref().ok_or(Error::NotFound)?.id;
    let addendum = summary.addenda.iter().find(|one| one.id == addendum).ok_or(Error::NotFound)?;
    let (id, key) = key(tx, signer).await?;
    let signature = key.sign(&of_addendum(summary, note, addendum, signer));
    store::insert(tx, encounter, (note, Some(addendum.id)), id, signer, (ADDENDUM_FORMAT, signature.to_bytes())).await
}

/// A signature over the bytes of another department: of an order on a ward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBytes {
    pub key: Uuid,
    pub signature: Vec<u8>,
    /// The user who signed, and when.
    pub by: UserId,
    pub at: Instant,
}

/// Signs bytes with the user's own key. The bytes begin with words that no note or addendum begins with.
///
/// # Errors
/// When the database refuses.
pub async fn sign_bytes(tx: &mut Tx, stamp: Stamp, content: &[u8]) -> Result<SignedBytes> {
    let (id, key) = key(tx, &Signer { user: stamp.by, name: "", meaning: Meaning::Author, at: stamp.at }).await?;
    Ok(SignedBytes { key: id, signature: key.sign(content).to_bytes().to_vec(), by: stamp.by, at: stamp.at })
}

/// Whether a signature is that of its user over these bytes, made while the key was in use.
///
/// # Errors
/// When the database refuses.
pub async fn verify_bytes(tx: &mut Tx, signed: &SignedBytes, content: &[u8]) -> Result<bool> {
    let public = store::public_key(tx, signed.key, signed.by, signed.at).await?;
    Ok(public.is_some_and(|public| verifies(&public, &signed.signature, content)))
}

/// Returns the signer's key; the first signature creates it.
async fn key(tx: &mut Tx, signer: &Signer<'_>) -> Result<(Uuid, SigningKey)> {
    if let Some(key) = store::key_of(tx, signer.user).await? {
        return Ok(key);
    }
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(&mut seed[..]).map_err(|error| {
        tracing::error!(%error, "no random bytes");
        Error::Busy
    })?;
    store::insert_key(tx, signer.user, &SigningKey::from_bytes(&seed), signer.at).await?;
    // Another signature of the same person may have created one in the meantime.
    store::key_of(tx, signer.user).await?.ok_or(Error::Busy)
}

/// Retires the key of a user; the next signature creates another. Returns `false` when there was none.
///
/// # Errors
/// When the database refuses.
pub async fn renew_key(tx: &mut Tx, user: UserId, now: Instant) -> Result<bool> {
    let Some(retired) = store::retire_key(tx, user, now).await? else { return Ok(false) };
    audit::write(tx, &[AuditRow::by_command(Action::Update, "signing_key", Some(retired), now)]).await?;
    Ok(true)
}

/// Sets for each signed note and addendum whether it is still what was signed.
pub(super) async fn judge(tx: &mut Tx, summaries: &mut [Summary]) -> Result<()> {
    let notes = summaries.iter().filter_map(|summary| summary.note.as_ref());
    let notes: Vec<NoteId> = notes.filter(|note| note.state == NoteState::Signed).map(|note| note.id).collect();
    if notes.is_empty() {
        return Ok(());
    }
    let mut of_notes: HashMap<NoteId, Vec<Kept>> = HashMap::new();
    for kept in store::of_notes(tx, &notes).await? {
        of_notes.entry(kept.note_id).or_default().push(kept);
    }
    for summary in summaries {
        let Some(note) = summary.note.clone().filter(|note| note.state == NoteState::Signed) else { continue };
        let kept = of_notes.get(&note.id).map(Vec::as_slice).unwrap_or_default();
        judge_note(summary, &note, kept);
        judge_addenda(summary, note.id, kept);
    }
    Ok(())
}

fn judge_note(summary: &mut Summary, note: &Note, kept: &[Kept]) {
    let signatures: Vec<&Kept> = kept.iter().filter(|kept| kept.addendum_id.is_none()).collect();
    // Entries of another patient do not belong to this note.
    let patient = summary.encounter.patient;
    let is_whole = note.patient == patient
        && summary.diagnoses.iter().all(|diagnosis| diagnosis.patient == patient)
        && summary.prescriptions.iter().all(|prescription| prescription.patient == patient);
    let holds = |kept: &&&Kept| {
        let signer = kept.signer();
        // The author's signature must have the time and the person that the note names.
        let stands = signer.meaning != Meaning::Author
            || note
                .signature
                .as_ref()
                .is_some_and(|signature| signature.by == signer.user && signature.at == signer.at && note.is_genuine());
        // A format without the structured dose, or without the reason against a substitute, does not vouch for one.
        let plain = |one: &Prescription| one.dosage.amount.is_none() && one.dosage.often.is_none();
        let is_covered = (kept.format >= WITH_DOSE || summary.prescriptions.iter().all(plain))
            && (kept.format >= WITH_SUBSTITUTION || summary.prescriptions.iter().all(|one| one.dosage.no_substitution.is_empty()));
        is_whole && stands && is_covered && kept.verifies(&of_note(summary, note, &signer, kept.format))
    };
    // All signatures must be valid, and one of them must be the author's or the import's.
    let principal = signatures.iter().find(|kept| kept.meaning != Meaning::CoSigned);
    let verdict = match principal {
        Some(_) if signatures.iter().all(|kept| holds(&kept)) => Verdict::Verified,
        _ => Verdict::Broken,
    };
    let (name, meaning) = principal.map_or((None, Meaning::Author), |kept| (Some(kept.name.clone()), kept.meaning));
    if let Some(signature) = summary.note.as_mut().and_then(|note| note.signature.as_mut()) {
        if let Some(name) = name.filter(|_| meaning == Meaning::Author) {
            signature.name = name;
        }
        (signature.meaning, signature.verdict) = (meaning, verdict);
    }
}

fn judge_addenda(summary: &mut Summary, note: NoteId, kept: &[Kept]) {
    let verdicts: Vec<Verdict> = summary
        .addenda
        .iter()
        .map(|addendum| {
            let kept = kept.iter().find(|kept| kept.addendum_id == Some(addendum.id));
            let holds = kept.is_some_and(|kept| {
                let signer = kept.signer();
                let stands = signer.meaning != Meaning::Author || (addendum.author == signer.user && addendum.at == signer.at);
                stands && kept.format == ADDENDUM_FORMAT && kept.verifies(&of_addendum(summary, note, addendum, &signer))
            });
            if holds { Verdict::Verified } else { Verdict::Broken }
        })
        .collect();
    for (addendum, verdict) in summary.addenda.iter_mut().zip(verdicts) {
        addendum.verdict = verdict;
    }
}

/// Remembers verified signatures by a digest of key, signature and content, because the result is always the same.
/// Verifying takes twenty times as long.
static VERIFIED: LazyLock<Mutex<HashSet<[u8; 32]>>> = LazyLock::new(Mutex::default);
/// The number of remembered digests: 3 MB.
const REMEMBERED: usize = 100_000;

/// Whether this key made this signature of this content.
fn verifies(public: &[u8], signature: &[u8], content: &[u8]) -> bool {
    let digest: [u8; 32] = Sha256::new().chain_update(public).chain_update(signature).chain_update(content).finalize().into();
    let known = || VERIFIED.lock().unwrap_or_else(PoisonError::into_inner);
    if known().contains(&digest) {
        return true;
    }
    let public = <&[u8; 32]>::try_from(public).ok().and_then(|public| VerifyingKey::from_bytes(public).ok());
    let signature = Ed25519::from_slice(signature).ok();
    let holds = public.zip(signature).is_some_and(|(public, signature)| public.verify_strict(content, &signature).is_ok());
    if holds {
        let mut known = known();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(digest);
    }
    holds
}

/// Signs as the import all notes and addenda that count as signed but have no signature, and returns their number. Each
/// one has a row in the audit log.
///
/// # Errors
/// When the database refuses.
pub async fn sign_imported(db: &Database, now: Instant) -> Result<u64> {
    let signer = Signer { user: UserId::SYSTEM, name: "Import", meaning: Meaning::Imported, at: now };
    let row = |summary: &Summary, what: &'static str, subject: Uuid| AuditRow {
        patient: Some(summary.encounter.patient),
        clinic: Some(summary.encounter.clinic),
        ..AuditRow::by_command(Action::Sign, what, Some(subject), now)
    };
    let mut signed = 0;
    loop {
        let mut tx = db.write().await?;
        let encounters = store::unsigned(&mut tx).await?;
        if encounters.is_empty() {
            return Ok(signed);
        }
        let locked = tx.lock_all(encounters.iter().copied()).await?;
        let mut rows = Vec::new();
        for summary in chart::summaries(&mut tx, &encounters).await? {
            let encounter = *locked.iter().find(|locked| locked.id() == summary.encounter.id).ok_or(Error::NotFound)?;
            if let Some(note) = store::bare_note(&mut tx, summary.encounter.id).await? {
                if note {
                    sign_note_of(&mut tx, encounter, &summary, &signer).await?;
                    rows.extend(summary.note.as_ref().map(|note| row(&summary, "note", note.id.into())));
                }
                for addendum in store::bare_addenda(&mut tx, summary.encounter.id).await? {
                    sign_addendum_of(&mut tx, encounter, &summary, addendum, &signer).await?;
                    rows.push(row(&summary, "addendum", addendum.into()));
                }
            }
        }
        audit::write(&mut tx, &rows).await?;
        signed += rows.len() as u64;
        tx.commit().await?;
    }
}

/// Returns the number of signed notes and addenda that differ from what was signed.
///
/// # Errors
/// When the database refuses.
pub async fn broken(tx: &mut Tx) -> Result<i64> {
    let (mut broken, mut last) = (0, EncounterId(Uuid::nil()));
    loop {
        let encounters = store::signed_after(tx, last).await?;
        let Some(newest) = encounters.last() else { return Ok(broken) };
        last = *newest;
        for summary in chart::summaries(tx, &encounters).await? {
            let note = summary.note.iter().filter(|note| note.state == NoteState::Signed && !note.is_verified()).count();
            let addenda = summary.addenda.iter().filter(|addendum| addendum.verdict != Verdict::Verified).count();
            broken += i64::try_from(note + addenda).unwrap_or(i64::MAX);
        }
    }
}
