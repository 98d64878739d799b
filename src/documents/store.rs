//! The SQL of documents.

use std::path::Path;

use chrono::NaiveDate;
use data_encoding::BASE64;
use uuid::Uuid;

use super::{DocumentKind, DocumentMedia, acts::NewDocument, scanner::ScanState};
use crate::{
    core::{ClinicId, DocumentId, Error, PatientId, Result, Stamp, UserId, time::Instant},
    db::{Tx, sql},
    keys::{DOCUMENT_CHUNKS, DOCUMENTS, Sealed},
    server::spool::{self, Spool, Spooling},
    tr,
};

#[derive(sqlx::FromRow)]
struct DocumentRow {
    id: DocumentId,
    patient_id: PatientId,
    clinic_id: ClinicId,
    kind: DocumentKind,
    sealed: Sealed,
    media: DocumentMedia,
    size: i64,
    chunks: i64,
    digest: String,
    day: NaiveDate,
    portal: bool,
    by_patient: bool,
    added_at: Instant,
    added_by_name: String,
    error_at: Option<Instant>,
    error_by_name: Option<String>,
    added_by: UserId,
    replaces: Option<DocumentId>,
    replaced_by: Option<DocumentId>,
    scan: ScanState,
}

/// A document, without its bytes.
#[derive(Clone, Debug)]
pub struct Document {
    pub id: DocumentId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub kind: DocumentKind,
    pub title: String,
    pub file_name: String,
    /// Why it was marked as wrong.
    pub reason: String,
    pub media: DocumentMedia,
    /// Bytes.
    pub size: i64,
    pub chunks: i64,
    /// SHA-256 of the bytes.
    pub digest: String,
    pub day: NaiveDate,
    pub portal: bool,
    pub by_patient: bool,
    pub added_at: Instant,
    pub added_by_name: String,
    pub error_at: Option<Instant>,
    pub error_by_name: Option<String>,
    pub added_by: UserId,
    /// The version before.
    pub replaces: Option<DocumentId>,
    /// The newer version that is not marked as wrong.
    pub replaced_by: Option<DocumentId>,
    pub scan: ScanState,
}

impl Document {
    /// Whether it may be opened: it neither waits for the scanner nor is it infected.
    pub const fn is_safe(&self) -> bool {
        matches!(self.scan, ScanState::Clean | ScanState::NotScanned)
    }
}

const DOCUMENT: &str =
    "SELECT d.id, d.patient_id, d.clinic_id, d.kind, d.sealed, d.media, d.size, d.chunks, d.digest, d.day, d.portal, d.by_patient,
    d.added_at, u.display_name AS added_by_name, d.error_at, e.display_name AS error_by_name, d.added_by, d.replaces, d.scan,
    n.id AS replaced_by
    FROM patient_documents d JOIN users u ON u.id = d.added_by LEFT JOIN users e ON e.id = d.error_by
    LEFT JOIN patient_documents n ON n.replaces = d.id AND n.error_at IS NULL WHERE ";

fn opened(tx: &Tx, row: DocumentRow) -> Result<Document> {
    let [title, file_name, reason] = DOCUMENTS.open(tx.keys(), row.id, row.patient_id, &row.sealed)?;
    Ok(Document {
        id: row.id,
        patient_id: row.patient_id,
        clinic_id: row.clinic_id,
        kind: row.kind,
        title,
        file_name,
        reason,
        media: row.media,
        size: row.size,
        chunks: row.chunks,
        digest: row.digest,
        day: row.day,
        portal: row.portal,
        by_patient: row.by_patient,
        added_at: row.added_at,
        added_by_name: row.added_by_name,
        error_at: row.error_at,
        error_by_name: row.error_by_name,
        added_by: row.added_by,
        replaces: row.replaces,
        replaced_by: row.replaced_by,
        scan: row.scan,
    })
}

/// Reads one document.
///
/// # Errors
/// When the database refuses.
pub async fn document(tx: &mut Tx, id: DocumentId) -> Result<Option<Document>> {
    let row: Option<DocumentRow> = tx.optional(sql(DOCUMENT).push("d.id = ").push_bind(id)).await?;
    row.map(|row| opened(tx, row)).transpose()
}

/// Reads the documents of a patient that were added before a time, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<Document>> {
    let mut query = sql(DOCUMENT).push("d.patient_id = ").push_bind(patient);
    if let Some(before) = before {
        query = query.push(" AND d.added_at < ").push_bind(before);
    }
    let rows: Vec<DocumentRow> = tx.all(query.push(" ORDER BY d.added_at DESC, d.id LIMIT ").push_bind(limit)).await?;
    rows.into_iter().map(|row| opened(tx, row)).collect()
}

/// Reads the documents that the portal shows of these records, the latest first.
pub(super) async fn shown(tx: &mut Tx, records: &[PatientId], limit: i64) -> Result<Vec<Document>> {
    let query =
        sql(DOCUMENT).push("d.portal AND d.error_at IS NULL AND n.id IS NULL AND d.patient_id IN ").push_list(records.iter().copied());
    let rows: Vec<DocumentRow> = tx.all(query.push(" ORDER BY d.added_at DESC, d.id LIMIT ").push_bind(limit)).await?;
    rows.into_iter().map(|row| opened(tx, row)).collect()
}

/// Adds a document with its bytes.
pub(super) async fn insert(tx: &mut Tx, new: &NewDocument, stamp: Stamp) -> Result<()> {
    let file = &new.file.spool;
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let query =
        sql("INSERT INTO patient_documents (id, patient_id, clinic_id, kind, sealed, media, size, chunks, digest, day, portal, by_patient,
        added_at, added_by, replaces, scan, scanned_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)")
        .bind(new.id)
        .bind(new.patient)
        .bind(new.clinic)
        .bind(new.kind)
        .bind(DOCUMENTS.seal(new.id, new.patient, [&new.title, &new.file_name, ""]))
        .bind(new.file.media)
        .bind(number(file.size()))
        .bind(number(file.parts()))
        .bind(file.digest())
        .bind(new.day)
        .bind(new.portal)
        .bind(new.by_patient)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(new.replaces)
        .bind(new.scan)
        .bind((new.scan == ScanState::Clean).then_some(stamp.at));
    tx.execute(query).await.map_err(refused)?;
    // One part is in memory at a time.
    for position in 0..file.parts() {
        let part = file.part(position).await.map_err(spool::failed)?;
        let id = Uuid::now_v7();
        let query = sql("INSERT INTO document_chunks (id, document_id, patient_id, position, sealed) VALUES ($1, $2, $3, $4, $5)")
            .bind(id)
            .bind(new.id)
            .bind(new.patient)
            .bind(number(position))
            .bind(DOCUMENT_CHUNKS.seal(id, new.patient, [&BASE64.encode(&part)]));
        tx.execute(query).await?;
    }
    Ok(())
}

/// Translates the refusal of a newer version: the version before has one already, or was marked as wrong.
fn refused(error: crate::db::DbError) -> Error {
    if error.violates("documents_replaced_once") || error.violates("documents_same_patient") || error.violates("patient_documents.replaces")
    {
        return Error::conflict(tr!(documents.replaced_already));
    }
    error.of_form_key()
}

/// Returns the documents that wait for the scanner after this one, the oldest first.
pub(super) async fn to_scan(tx: &mut Tx, after: Option<(Instant, DocumentId)>, limit: usize) -> Result<Vec<(Instant, DocumentId)>> {
    let mut query = sql("SELECT added_at, id FROM patient_documents WHERE scan = 'waiting'");
    if let Some((at, id)) = after {
        query = query.push(" AND (added_at, id) > (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    Ok(tx.all(query.push(" ORDER BY added_at, id LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?)
}

/// Writes the result of a scan; `false` when another node was first.
pub(super) async fn scanned(tx: &mut Tx, id: DocumentId, result: ScanState, now: Instant) -> Result<bool> {
    let query =
        sql("UPDATE patient_documents SET scan = $2, scanned_at = $3 WHERE id = $1 AND scan = 'waiting'").bind(id).bind(result).bind(now);
    Ok(tx.execute(query).await? == 1)
}

/// Reads a part of a document; `None` when it is missing.
async fn part(tx: &mut Tx, document: &Document, position: i64) -> Result<Option<Vec<u8>>> {
    let query = sql("SELECT id, sealed FROM document_chunks WHERE document_id = $1 AND position = $2").bind(document.id).bind(position);
    let Some((id, sealed)): Option<(Uuid, Sealed)> = tx.optional(query).await? else { return Ok(None) };
    let [text] = DOCUMENT_CHUNKS.open(tx.keys(), id, document.patient_id, &sealed)?;
    Ok(BASE64.decode(text.as_bytes()).ok())
}

/// Reads a document into a file in `folder`, one part at a time; `None` when a part is missing or they are not those that were added.
///
/// # Errors
/// When the database or the disk refuses, or a part cannot be decrypted.
pub(super) async fn spooled(tx: &mut Tx, document: &Document, folder: &Path) -> Result<Option<Spool>> {
    let mut spooling = Spooling::new(folder).map_err(spool::failed)?;
    for position in 0..document.chunks {
        let Some(part) = part(tx, document, position).await? else { return Ok(None) };
        spooling = spooling.add(&part).await.map_err(spool::failed)?;
    }
    let file = spooling.end();
    Ok((file.digest() == document.digest).then_some(file))
}

/// Reads the bytes of a document; `None` when a part is missing or they are not those that were added.
///
/// # Errors
/// When the database refuses, or a part cannot be decrypted.
pub(super) async fn bytes(tx: &mut Tx, document: &Document) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::with_capacity(usize::try_from(document.size).unwrap_or_default());
    for position in 0..document.chunks {
        let Some(part) = part(tx, document, position).await? else { return Ok(None) };
        bytes.extend_from_slice(&part);
    }
    Ok((super::acts::digest(&bytes) == document.digest).then_some(bytes))
}

/// Sets whether the patient sees a document; `false` when it is marked as wrong.
pub(super) async fn show(tx: &mut Tx, id: DocumentId, portal: bool) -> Result<bool> {
    let query = sql("UPDATE patient_documents SET portal = $2 WHERE id = $1 AND error_at IS NULL").bind(id).bind(portal);
    Ok(tx.execute(query).await? == 1)
}

/// Marks a document as wrong; `false` when it is marked already.
pub(super) async fn mark_error(tx: &mut Tx, document: &Document, reason: &str, stamp: Stamp) -> Result<bool> {
    let (id, patient) = (document.id, document.patient_id);
    let query =
        sql("UPDATE patient_documents SET error_at = $2, error_by = $3, portal = $4, sealed = $5 WHERE id = $1 AND error_at IS NULL")
            .bind(id)
            .bind(stamp.at)
            .bind(stamp.by)
            .bind(false)
            .bind(DOCUMENTS.seal(id, patient, [&document.title, &document.file_name, reason]));
    let is_marked = tx.execute(query).await? == 1;
    tx.changed(&DOCUMENTS, id);
    Ok(is_marked)
}

/// Returns the documents after this id, for the check of all.
pub(super) async fn after(tx: &mut Tx, last: Option<DocumentId>, limit: i64) -> Result<Vec<DocumentId>> {
    let query = match last {
        Some(last) => sql("SELECT id FROM patient_documents WHERE id > ").push_bind(last),
        None => sql("SELECT id FROM patient_documents"),
    };
    let rows: Vec<(DocumentId,)> = tx.all(query.push(" ORDER BY id LIMIT ").push_bind(limit)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Refuses a document that nobody opens now.
fn refuse_closed(document: &Document) -> Result<()> {
    match document.scan {
        ScanState::Waiting => Err(Error::conflict(tr!(documents.waits_for_scan))),
        ScanState::Infected => Err(Error::conflict(tr!(documents.is_infected))),
        ScanState::Clean | ScanState::NotScanned => Ok(()),
    }
}

fn damaged(document: &Document) -> Error {
    Error::internal("a document is not what was added", &document.id)
}

/// The file of a document that is there, for a reader: all of it was compared before the first byte leaves.
///
/// # Errors
/// [`Error::Conflict`] while it waits for the scanner, and when it is infected; [`Error::Internal`] when its bytes are not those that were
/// added.
pub(super) async fn intact(tx: &mut Tx, document: &Document, folder: &Path) -> Result<Spool> {
    refuse_closed(document)?;
    spooled(tx, document, folder).await?.ok_or_else(|| damaged(document))
}

/// Returns the bytes of a document that its reader has been allowed to open. All of them are in memory.
///
/// # Errors
/// As `intact`.
pub async fn intact_bytes(tx: &mut Tx, document: &Document) -> Result<Vec<u8>> {
    refuse_closed(document)?;
    bytes(tx, document).await?.ok_or_else(|| damaged(document))
}
