//! The SQL of reports and addenda.

use uuid::Uuid;

use super::{RadiologyAddendum, RadiologyReport, ReportForm, ReportText};
use crate::{
    clinical::{DocumentSignature, DocumentSigner, OutsideReader, holds},
    core::{ClinicId, ImagingOrderId, PatientId, RadiologyAddendumId, RadiologyReportId, Result, Stamp, UserId, time::Instant},
    db::{DbError, Locked, Sql, Tx, sql},
    imaging::{studies::ImagingStudy, vocabulary::RadiologyReportState},
    keys::{Keyring, RADIOLOGY_ADDENDA, RADIOLOGY_REPORTS as FIELDS, Sealed, ToSeal, Unopened},
    lab::Weight,
};

/// The reports that a check reads at a time.
const TOGETHER: i64 = 200;

#[derive(sqlx::FromRow)]
struct ReportRow {
    id: RadiologyReportId,
    imaging_id: ImagingOrderId,
    patient_id: PatientId,
    clinic_id: ClinicId,
    version: i64,
    state: RadiologyReportState,
    sealed: Sealed,
    weight: Option<Weight>,
    saved: i64,
    author: String,
    signed_at: Option<Instant>,
    signed_by: Option<UserId>,
    signer_name: String,
    key_id: Option<Uuid>,
    signature: Option<Vec<u8>>,
    portal_from: Option<Instant>,
    superseded_at: Option<Instant>,
}

impl ReportRow {
    fn open(self, keys: &Keyring) -> Result<RadiologyReport, Unopened> {
        let [technique, comparison, findings, impression, correction] = FIELDS.open(keys, self.id, self.patient_id, &self.sealed)?;
        Ok(RadiologyReport {
            id: self.id,
            imaging_id: self.imaging_id,
            patient_id: self.patient_id,
            clinic_id: self.clinic_id,
            version: self.version,
            state: self.state,
            text: ReportText { technique, comparison, findings, impression, correction },
            weight: self.weight,
            saved: self.saved,
            author: self.author,
            signed_at: self.signed_at,
            signed_by: self.signed_by,
            signer_name: self.signer_name,
            signature: self.key_id.zip(self.signature).map(|(key, bytes)| DocumentSignature { key, bytes }),
            portal_from: self.portal_from,
            superseded_at: self.superseded_at,
        })
    }
}

const REPORTS: &str = "SELECT r.id, r.imaging_id, r.patient_id, r.clinic_id, r.version, r.state, r.sealed, r.weight, r.saved,
        u.display_name AS author, r.signed_at, r.signed_by, r.signer_name, r.key_id, r.signature, r.portal_from, r.superseded_at
    FROM radiology_reports r JOIN users u ON u.id = r.author_id WHERE ";

async fn opened(tx: &mut Tx, query: Sql) -> Result<Vec<RadiologyReport>> {
    let rows: Vec<ReportRow> = tx.all(query).await?;
    let keys = tx.keys();
    Ok(rows.into_iter().map(|row| row.open(keys)).collect::<Result<_, _>>()?)
}

/// Reads a version of a report.
///
/// # Errors
/// When the database refuses.
pub async fn report(tx: &mut Tx, id: RadiologyReportId) -> Result<Option<RadiologyReport>> {
    Ok(opened(tx, sql(REPORTS).push("r.id = ").push_bind(id)).await?.pop())
}

/// Reads the versions of a study's report, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_study(tx: &mut Tx, id: ImagingOrderId) -> Result<Vec<RadiologyReport>> {
    opened(tx, sql(REPORTS).push("r.imaging_id = ").push_bind(id).push(" ORDER BY r.version DESC")).await
}

/// Reads the signed reports of a patient that count, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn final_of_patient(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<RadiologyReport>> {
    let mut query = sql(REPORTS).push("r.state = 'final' AND r.superseded_at IS NULL AND r.patient_id = ").push_bind(patient);
    if let Some(before) = before {
        query = query.push(" AND r.signed_at < ").push_bind(before);
    }
    opened(tx, query.push(" ORDER BY r.signed_at DESC, r.id LIMIT ").push_bind(limit)).await
}

/// Reads the reports that a patient sees in the portal and that are not kept from this reader, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn in_portal(tx: &mut Tx, patient: PatientId, reader: OutsideReader, now: Instant, limit: i64) -> Result<Vec<RadiologyReport>> {
    let query = sql(REPORTS)
        .push("r.state = 'final' AND r.superseded_at IS NULL AND r.patient_id = ")
        .push_bind(patient)
        .push(" AND r.portal_from <= ")
        .push_bind(now);
    let query = holds::unless_held(
        query,
        " JOIN imaging_orders i ON i.order_id = h.order_id WHERE h.patient_id = r.patient_id AND i.id = r.imaging_id",
        reader,
    );
    opened(tx, query.push(" ORDER BY r.signed_at DESC, r.id LIMIT ").push_bind(limit)).await
}

/// Reads the next signed reports, with replaced ones, in the order of their ids.
///
/// # Errors
/// When the database refuses.
pub async fn signed(tx: &mut Tx, after: Option<RadiologyReportId>) -> Result<Vec<RadiologyReport>> {
    let mut query = sql(REPORTS).push("r.state = 'final'");
    if let Some(after) = after {
        query = query.push(" AND r.id > ").push_bind(after);
    }
    opened(tx, query.push(" ORDER BY r.id LIMIT ").push_bind(TOGETHER)).await
}

fn sealed(id: RadiologyReportId, patient: PatientId, text: &ReportText) -> ToSeal {
    FIELDS.seal(id, patient, [&text.technique, &text.comparison, &text.findings, &text.impression, &text.correction])
}

pub(super) async fn insert(
    tx: &mut Tx,
    study: Locked<ImagingOrderId>,
    (id, version): (RadiologyReportId, i64),
    of: &ImagingStudy,
    form: &ReportForm,
    stamp: Stamp,
) -> Result<()> {
    let query =
        sql("INSERT INTO radiology_reports (id, imaging_id, patient_id, clinic_id, version, state, sealed, weight, created_at, author_id)
        VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7, $8, $9)")
        .bind(id)
        .bind(study.id())
        .bind(of.patient_id)
        .bind(of.clinic_id)
        .bind(version)
        .bind(sealed(id, of.patient_id, &form.text))
        .bind(form.weight)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}

/// Writes the texts of a draft.
pub(super) async fn save(tx: &mut Tx, study: Locked<ImagingOrderId>, draft: &RadiologyReport, form: &ReportForm) -> Result<()> {
    let query = sql(
        "UPDATE radiology_reports SET sealed = $3, weight = $4, saved = saved + 1 WHERE id = $1 AND imaging_id = $2 AND state = 'draft'",
    )
    .bind(draft.id)
    .bind(study.id())
    .bind(sealed(draft.id, draft.patient_id, &form.text))
    .bind(form.weight);
    tx.execute(query).await?;
    tx.changed(&FIELDS, draft.id);
    Ok(())
}

/// Marks the version that counted as replaced. Returns whether there was one.
pub(super) async fn supersede(tx: &mut Tx, study: Locked<ImagingOrderId>, now: Instant) -> Result<bool> {
    let query = sql("UPDATE radiology_reports SET superseded_at = $2 WHERE imaging_id = $1 AND state = 'final' AND superseded_at IS NULL");
    Ok(tx.execute(query.bind(study.id()).bind(now)).await? > 0)
}

pub(super) async fn set_final(
    tx: &mut Tx,
    study: Locked<ImagingOrderId>,
    report: &RadiologyReport,
    signer: &DocumentSigner<'_>,
    signature: &DocumentSignature,
    portal_from: Option<Instant>,
) -> Result<()> {
    let query =
        sql("UPDATE radiology_reports SET state = 'final', signed_at = $3, signed_by = $4, signer_name = $5, key_id = $6, signature = $7,
        portal_from = $8 WHERE id = $1 AND imaging_id = $2 AND state = 'draft'")
        .bind(report.id)
        .bind(study.id())
        .bind(signer.at)
        .bind(signer.user)
        .bind(signer.name)
        .bind(signature.key)
        .bind(signature.bytes.clone())
        .bind(portal_from);
    tx.execute(query).await?;
    Ok(())
}

/// Shows a report to the patient from now on.
///
/// # Errors
/// When the database refuses.
pub async fn open_to_patient(tx: &mut Tx, report: RadiologyReportId, now: Instant) -> Result<bool> {
    let query = sql("UPDATE radiology_reports SET portal_from = $2, told_at = $3 WHERE id = $1 AND superseded_at IS NULL
        AND (portal_from IS NULL OR portal_from > $4)")
    .bind(report)
    .bind(now)
    .bind(now)
    .bind(now);
    Ok(tx.execute(query).await? == 1)
}

/// Reads the reports that a patient sees since a short time, some hours after their signature, and of which nobody was told. Those that a doctor
/// holds back are not among them.
pub(super) async fn untold(tx: &mut Tx, since: Instant, now: Instant) -> Result<Vec<(RadiologyReportId, PatientId, ClinicId)>> {
    let query = sql("SELECT r.id, r.patient_id, r.clinic_id FROM radiology_reports r JOIN imaging_orders i ON i.id = r.imaging_id
        WHERE r.told_at IS NULL AND r.superseded_at IS NULL AND r.portal_from > r.signed_at
            AND NOT EXISTS (SELECT 1 FROM note_holds h WHERE h.patient_id = r.patient_id AND h.order_id = i.order_id AND h.ended_at IS NULL)
            AND r.portal_from > ")
    .push_bind(since)
    .push(" AND r.portal_from <= ")
    .push_bind(now);
    Ok(tx.all(query.push(" ORDER BY r.portal_from, r.id LIMIT 200")).await?)
}

/// Records that the patient was told of a report; returns whether nobody did so before.
pub(super) async fn set_told(tx: &mut Tx, report: RadiologyReportId, now: Instant) -> Result<bool> {
    let query = sql("UPDATE radiology_reports SET told_at = $2 WHERE id = $1 AND told_at IS NULL").bind(report).bind(now);
    Ok(tx.execute(query).await? == 1)
}

#[derive(sqlx::FromRow)]
struct AddendumRow {
    id: RadiologyAddendumId,
    report_id: RadiologyReportId,
    patient_id: PatientId,
    sealed: Sealed,
    written_at: Instant,
    written_by: UserId,
    signer_name: String,
    key_id: Uuid,
    signature: Vec<u8>,
}

/// Reads the addenda of a report, in their order.
///
/// # Errors
/// When the database refuses.
pub async fn addenda_of(tx: &mut Tx, report: RadiologyReportId) -> Result<Vec<RadiologyAddendum>> {
    let query =
        sql("SELECT id, report_id, patient_id, sealed, written_at, written_by, signer_name, key_id, signature FROM radiology_addenda
        WHERE report_id = ")
        .push_bind(report);
    let rows: Vec<AddendumRow> = tx.all(query.push(" ORDER BY written_at, id")).await?;
    let keys = tx.keys();
    let open = |row: AddendumRow| {
        let [body] = RADIOLOGY_ADDENDA.open(keys, row.id, row.patient_id, &row.sealed)?;
        Ok(RadiologyAddendum {
            id: row.id,
            report_id: row.report_id,
            body,
            written_at: row.written_at,
            written_by: row.written_by,
            signer_name: row.signer_name,
            signature: DocumentSignature { key: row.key_id, bytes: row.signature },
        })
    };
    Ok(rows.into_iter().map(open).collect::<Result<_, Unopened>>()?)
}

pub(super) async fn insert_addendum(
    tx: &mut Tx,
    _: Locked<ImagingOrderId>,
    (id, report): (RadiologyAddendumId, &RadiologyReport),
    body: &str,
    signer: &DocumentSigner<'_>,
    signature: &DocumentSignature,
) -> Result<()> {
    let query =
        sql("INSERT INTO radiology_addenda (id, report_id, patient_id, sealed, written_at, written_by, signer_name, key_id, signature)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        .bind(id)
        .bind(report.id)
        .bind(report.patient_id)
        .bind(RADIOLOGY_ADDENDA.seal(id, report.patient_id, [body]))
        .bind(signer.at)
        .bind(signer.user)
        .bind(signer.name)
        .bind(signature.key)
        .bind(signature.bytes.clone());
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}
