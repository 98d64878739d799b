//! The SQL of notes of a stay.

use uuid::Uuid;

use super::{StayNote, StayNoteAddendum, StayNoteForm, StayNoteText};
use crate::{
    clinical::{DocumentSignature, DocumentSigner},
    core::{AdmissionId, ClinicId, PatientId, Result, Stamp, StayNoteAddendumId, StayNoteId, UserId, time::Instant},
    db::{DbError, Locked, Sql, Tx, sql},
    keys::{Keyring, STAY_NOTE_ADDENDA, STAY_NOTES as FIELDS, Sealed, ToSeal, Unopened},
    rounds::vocabulary::{StayNoteKind, StayNoteState, StayNoteStyle},
    wards::Admission,
};

/// The notes that a check reads at a time.
const TOGETHER: i64 = 200;

#[derive(sqlx::FromRow)]
struct NoteRow {
    id: StayNoteId,
    note_id: StayNoteId,
    admission_id: AdmissionId,
    patient_id: PatientId,
    clinic_id: ClinicId,
    version: i64,
    kind: StayNoteKind,
    headings: StayNoteStyle,
    state: StayNoteState,
    sealed: Sealed,
    saved: i64,
    created_at: Instant,
    author_id: UserId,
    author: String,
    signed_at: Option<Instant>,
    signed_by: Option<UserId>,
    signer_name: String,
    key_id: Option<Uuid>,
    signature: Option<Vec<u8>>,
    superseded_at: Option<Instant>,
}

impl NoteRow {
    fn open(self, keys: &Keyring) -> Result<StayNote, Unopened> {
        let [subjective, objective, assessment, plan, amendment] = FIELDS.open(keys, self.id, self.patient_id, &self.sealed)?;
        Ok(StayNote {
            id: self.id,
            note_id: self.note_id,
            admission_id: self.admission_id,
            patient_id: self.patient_id,
            clinic_id: self.clinic_id,
            version: self.version,
            kind: self.kind,
            headings: self.headings,
            state: self.state,
            text: StayNoteText { sections: [subjective, objective, assessment, plan], amendment },
            saved: self.saved,
            created_at: self.created_at,
            author_id: self.author_id,
            author: self.author,
            signed_at: self.signed_at,
            signed_by: self.signed_by,
            signer_name: self.signer_name,
            signature: self.key_id.zip(self.signature).map(|(key, bytes)| DocumentSignature { key, bytes }),
            superseded_at: self.superseded_at,
        })
    }
}

const NOTES: &str =
    "SELECT n.id, n.note_id, n.admission_id, n.patient_id, n.clinic_id, n.version, n.kind, n.style AS headings, n.state, n.sealed, n.saved,
        n.created_at, n.author_id, u.display_name AS author, n.signed_at, n.signed_by, n.signer_name, n.key_id, n.signature, n.superseded_at
    FROM stay_notes n JOIN users u ON u.id = n.author_id WHERE ";

async fn opened(tx: &mut Tx, query: Sql) -> Result<Vec<StayNote>> {
    let rows: Vec<NoteRow> = tx.all(query).await?;
    let keys = tx.keys();
    Ok(rows.into_iter().map(|row| row.open(keys)).collect::<Result<_, _>>()?)
}

/// Reads a version of a note.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: StayNoteId) -> Result<Option<StayNote>> {
    Ok(opened(tx, sql(NOTES).push("n.id = ").push_bind(id)).await?.pop())
}

/// Reads the versions of a note, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn versions(tx: &mut Tx, note: StayNoteId) -> Result<Vec<StayNote>> {
    opened(tx, sql(NOTES).push("n.note_id = ").push_bind(note).push(" ORDER BY n.version DESC")).await
}

/// Reads the notes of a stay that count, and the drafts, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_stay(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<StayNote>> {
    let query = sql(NOTES).push("n.superseded_at IS NULL AND n.state <> 'discarded' AND n.admission_id = ").push_bind(admission);
    opened(tx, query.push(" ORDER BY n.created_at DESC, n.id DESC LIMIT 200")).await
}

/// Reads the signed notes of a patient that count, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<StayNote>> {
    let mut query = sql(NOTES).push("n.state = 'final' AND n.superseded_at IS NULL AND n.patient_id = ").push_bind(patient);
    if let Some(before) = before {
        query = query.push(" AND n.signed_at < ").push_bind(before);
    }
    opened(tx, query.push(" ORDER BY n.signed_at DESC, n.id LIMIT ").push_bind(limit)).await
}

/// Reads the unsigned notes of an author at a clinic, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn drafts_of(tx: &mut Tx, author: UserId, clinic: ClinicId) -> Result<Vec<StayNote>> {
    let query = sql(NOTES).push("n.state = 'draft' AND n.author_id = ").push_bind(author).push(" AND n.clinic_id = ").push_bind(clinic);
    opened(tx, query.push(" ORDER BY n.created_at, n.id LIMIT 100")).await
}

/// The query for the number of unsigned notes of an author at a clinic.
pub fn count_drafts(author: UserId, clinic: ClinicId) -> Sql {
    let query = sql("SELECT count(*) FROM stay_notes n WHERE n.state = 'draft' AND n.author_id = ").push_bind(author);
    query.push(" AND n.clinic_id = ").push_bind(clinic)
}

/// Reads the next signed notes, with replaced ones, in the order of their ids.
pub(super) async fn signed(tx: &mut Tx, after: Option<StayNoteId>) -> Result<Vec<StayNote>> {
    let mut query = sql(NOTES).push("n.state = 'final'");
    if let Some(after) = after {
        query = query.push(" AND n.id > ").push_bind(after);
    }
    opened(tx, query.push(" ORDER BY n.id LIMIT ").push_bind(TOGETHER)).await
}

fn sealed(id: StayNoteId, patient: PatientId, text: &StayNoteText) -> ToSeal {
    let [subjective, objective, assessment, plan] = &text.sections;
    FIELDS.seal(id, patient, [subjective, objective, assessment, plan, &text.amendment])
}

pub(super) async fn insert(
    tx: &mut Tx,
    stay: Locked<AdmissionId>,
    (id, note, version): (StayNoteId, StayNoteId, i64),
    of: &Admission,
    form: &StayNoteForm,
    stamp: Stamp,
) -> Result<()> {
    let query =
        sql("INSERT INTO stay_notes (id, note_id, admission_id, patient_id, clinic_id, version, kind, style, state, sealed, created_at,
            author_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'draft', $9, $10, $11)")
        .bind(id)
        .bind(note)
        .bind(stay.id())
        .bind(of.patient_id)
        .bind(of.clinic_id)
        .bind(version)
        .bind(form.kind)
        .bind(form.headings)
        .bind(sealed(id, of.patient_id, &form.text))
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}

/// Writes the texts of a draft.
pub(super) async fn save(tx: &mut Tx, stay: Locked<AdmissionId>, draft: &StayNote, form: &StayNoteForm) -> Result<()> {
    let query =
        sql("UPDATE stay_notes SET sealed = $3, style = $4, saved = saved + 1 WHERE id = $1 AND admission_id = $2 AND state = 'draft'")
            .bind(draft.id)
            .bind(stay.id())
            .bind(sealed(draft.id, draft.patient_id, &form.text))
            .bind(form.headings);
    tx.execute(query).await?;
    tx.changed(&FIELDS, draft.id);
    Ok(())
}

pub(super) async fn discard(tx: &mut Tx, stay: Locked<AdmissionId>, id: StayNoteId) -> Result<()> {
    let query = sql("UPDATE stay_notes SET state = 'discarded' WHERE id = $1 AND admission_id = $2 AND state = 'draft'");
    tx.execute(query.bind(id).bind(stay.id())).await?;
    Ok(())
}

/// Marks the version that counted as replaced.
pub(super) async fn supersede(tx: &mut Tx, stay: Locked<AdmissionId>, note: StayNoteId, now: Instant) -> Result<()> {
    let query = sql("UPDATE stay_notes SET superseded_at = $3 WHERE note_id = $1 AND admission_id = $2 AND state = 'final'
        AND superseded_at IS NULL");
    tx.execute(query.bind(note).bind(stay.id()).bind(now)).await?;
    Ok(())
}

pub(super) async fn set_final(
    tx: &mut Tx,
    stay: Locked<AdmissionId>,
    id: StayNoteId,
    signer: &DocumentSigner<'_>,
    signature: &DocumentSignature,
) -> Result<()> {
    let query = sql("UPDATE stay_notes SET state = 'final', signed_at = $3, signed_by = $4, signer_name = $5, key_id = $6, signature = $7
        WHERE id = $1 AND admission_id = $2 AND state = 'draft'")
    .bind(id)
    .bind(stay.id())
    .bind(signer.at)
    .bind(signer.user)
    .bind(signer.name)
    .bind(signature.key)
    .bind(signature.bytes.clone());
    tx.execute(query).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct AddendumRow {
    id: StayNoteAddendumId,
    sealed: Sealed,
    written_at: Instant,
    written_by: UserId,
    signer_name: String,
    key_id: Uuid,
    signature: Vec<u8>,
}

/// Reads the addenda of a version, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn addenda_of(tx: &mut Tx, version: StayNoteId, patient: PatientId) -> Result<Vec<StayNoteAddendum>> {
    let query = sql("SELECT id, sealed, written_at, written_by, signer_name, key_id, signature FROM stay_note_addenda WHERE version_id = ");
    let rows: Vec<AddendumRow> = tx.all(query.push_bind(version).push(" ORDER BY written_at, id")).await?;
    let keys = tx.keys();
    let open = |row: AddendumRow| {
        let [body] = STAY_NOTE_ADDENDA.open(keys, row.id, patient, &row.sealed)?;
        let signature = DocumentSignature { key: row.key_id, bytes: row.signature };
        Ok(StayNoteAddendum {
            id: row.id,
            body,
            written_at: row.written_at,
            written_by: row.written_by,
            signer_name: row.signer_name,
            signature,
        })
    };
    Ok(rows.into_iter().map(open).collect::<Result<_, Unopened>>()?)
}

pub(super) async fn insert_addendum(
    tx: &mut Tx,
    _stay: Locked<AdmissionId>,
    (id, note): (StayNoteAddendumId, &StayNote),
    body: &str,
    signer: &DocumentSigner<'_>,
    signature: &DocumentSignature,
) -> Result<()> {
    let query =
        sql("INSERT INTO stay_note_addenda (id, version_id, patient_id, sealed, written_at, written_by, signer_name, key_id, signature)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        .bind(id)
        .bind(note.id)
        .bind(note.patient_id)
        .bind(STAY_NOTE_ADDENDA.seal(id, note.patient_id, [body]))
        .bind(signer.at)
        .bind(signer.user)
        .bind(signer.name)
        .bind(signature.key)
        .bind(signature.bytes.clone());
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}
