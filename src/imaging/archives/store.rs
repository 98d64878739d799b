//! The SQL of archives and the studies that they hold.

use super::{ArchiveForm, ArchivedState, ArchivedStudy, ImageArchive, OrderKey, SentPatient, UnmatchedReason, dicomweb::FoundStudy};
use crate::{
    core::{ArchivedStudyId, ClinicId, ImagingArchiveId, ImagingOrderId, PatientId, Result, Stamp, UserId, time::Instant},
    db::{DbError, Lockable, Locked, Sql, Tx, sql},
    keys::{IMAGING_ARCHIVES, IMAGING_STUDIES, Sealed},
};

impl Lockable for ImagingArchiveId {
    const TABLE: &'static str = "imaging_archives";
}

impl Lockable for ArchivedStudyId {
    const TABLE: &'static str = "imaging_studies";
}

const ARCHIVES: &str =
    "SELECT id, clinic_id, name, base_url, sealed, version, asked_at, failed_at, failure, retired_at FROM imaging_archives WHERE ";

#[derive(sqlx::FromRow)]
struct ArchiveRow {
    id: ImagingArchiveId,
    clinic_id: ClinicId,
    name: String,
    base_url: String,
    sealed: Sealed,
    version: i64,
    asked_at: Option<Instant>,
    failed_at: Option<Instant>,
    failure: String,
    retired_at: Option<Instant>,
}

async fn opened_archives(tx: &mut Tx, query: Sql) -> Result<Vec<ImageArchive>> {
    let rows: Vec<ArchiveRow> = tx.all(query).await?;
    let mut archives = Vec::with_capacity(rows.len());
    for row in rows {
        let [login, password] = IMAGING_ARCHIVES.open(tx.keys(), row.id, row.id, &row.sealed)?;
        archives.push(ImageArchive {
            id: row.id,
            clinic_id: row.clinic_id,
            name: row.name,
            base_url: row.base_url,
            login,
            password,
            version: row.version,
            asked_at: row.asked_at,
            failed_at: row.failed_at,
            failure: row.failure,
            retired_at: row.retired_at,
        });
    }
    Ok(archives)
}

/// Reads the archives of a clinic, those in use first.
///
/// # Errors
/// When the database refuses.
pub async fn archives(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<ImageArchive>> {
    let query = sql(ARCHIVES).push("clinic_id = ").push_bind(clinic);
    opened_archives(tx, query.push(" ORDER BY CASE WHEN retired_at IS NULL THEN 0 ELSE 1 END, name, id")).await
}

/// Reads the archives in use of all clinics.
pub(super) async fn in_use(tx: &mut Tx) -> Result<Vec<ImageArchive>> {
    opened_archives(tx, sql(ARCHIVES).push("retired_at IS NULL ORDER BY clinic_id, name, id")).await
}

pub(super) async fn archive(tx: &mut Tx, id: ImagingArchiveId) -> Result<Option<ImageArchive>> {
    Ok(opened_archives(tx, sql(ARCHIVES).push("id = ").push_bind(id)).await?.pop())
}

pub(super) async fn insert_archive(
    tx: &mut Tx,
    (id, clinic): (ImagingArchiveId, ClinicId),
    form: &ArchiveForm,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO imaging_archives (id, clinic_id, name, base_url, sealed, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)")
    .bind(id)
    .bind(clinic)
    .bind(&form.name)
    .bind(&form.base_url)
    .bind(IMAGING_ARCHIVES.seal(id, id, [&form.login, &form.password]))
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn update_archive(
    tx: &mut Tx,
    id: Locked<ImagingArchiveId>,
    version: i64,
    form: &ArchiveForm,
    stamp: Stamp,
) -> Result<bool, DbError> {
    let id = id.id();
    let query =
        sql("UPDATE imaging_archives SET name = $3, base_url = $4, sealed = $5, updated_at = $6, updated_by = $7, failed_at = NULL,
        failure = '', version = version + 1 WHERE id = $1 AND version = $2")
        .bind(id)
        .bind(version)
        .bind(&form.name)
        .bind(&form.base_url)
        .bind(IMAGING_ARCHIVES.seal(id, id, [&form.login, &form.password]))
        .bind(stamp.at)
        .bind(stamp.by);
    let is_changed = tx.execute(query).await? == 1;
    if is_changed {
        tx.changed(&IMAGING_ARCHIVES, id);
    }
    Ok(is_changed)
}

pub(super) async fn set_archive_retired(
    tx: &mut Tx,
    id: Locked<ImagingArchiveId>,
    version: i64,
    retired: Option<Instant>,
    stamp: Stamp,
) -> Result<bool> {
    let query = sql("UPDATE imaging_archives SET retired_at = $3, updated_at = $4, updated_by = $5, version = version + 1
        WHERE id = $1 AND version = $2")
    .bind(id.id())
    .bind(version)
    .bind(retired)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Notes that an archive answered, or why it did not.
pub(super) async fn note_asked(tx: &mut Tx, id: ImagingArchiveId, now: Instant, failure: Option<&str>) -> Result<()> {
    let query = match failure {
        None => sql("UPDATE imaging_archives SET asked_at = $2, failed_at = NULL, failure = '' WHERE id = $1").bind(id).bind(now),
        Some(words) => {
            let words: String = words.chars().take(300).collect();
            sql("UPDATE imaging_archives SET failed_at = $2, failure = $3 WHERE id = $1").bind(id).bind(now).bind(words)
        }
    };
    tx.execute(query).await?;
    Ok(())
}

const STUDIES: &str = "SELECT s.id, s.archive_id, a.name AS archive, s.clinic_id, s.study_uid, s.accession, s.modalities, s.taken,
        s.series_count, s.image_count, s.sealed, s.state, s.reason, s.imaging_id, s.patient_id, s.matched_at, u.display_name AS matcher,
        s.matched_by, s.remark, s.found_at, s.version
    FROM imaging_studies s JOIN imaging_archives a ON a.id = s.archive_id LEFT JOIN users u ON u.id = s.matched_by WHERE ";

#[derive(sqlx::FromRow)]
struct ArchivedRow {
    id: ArchivedStudyId,
    archive_id: ImagingArchiveId,
    archive: String,
    clinic_id: ClinicId,
    study_uid: String,
    accession: String,
    modalities: String,
    taken: String,
    series_count: i64,
    image_count: i64,
    sealed: Sealed,
    state: ArchivedState,
    reason: UnmatchedReason,
    imaging_id: Option<ImagingOrderId>,
    patient_id: Option<PatientId>,
    matched_at: Option<Instant>,
    matcher: Option<String>,
    matched_by: Option<UserId>,
    remark: String,
    found_at: Instant,
    version: i64,
}

async fn opened(tx: &mut Tx, query: Sql) -> Result<Vec<ArchivedStudy>> {
    let rows: Vec<ArchivedRow> = tx.all(query).await?;
    let mut studies = Vec::with_capacity(rows.len());
    for row in rows {
        let [number, name, birth_date, sex, description] = IMAGING_STUDIES.open(tx.keys(), row.id, row.archive_id, &row.sealed)?;
        studies.push(ArchivedStudy {
            id: row.id,
            archive_id: row.archive_id,
            archive: row.archive,
            clinic_id: row.clinic_id,
            study_uid: row.study_uid,
            accession: row.accession,
            modalities: row.modalities,
            taken: row.taken,
            series_count: row.series_count,
            image_count: row.image_count,
            patient: SentPatient { number, name, birth_date, sex },
            description,
            state: row.state,
            reason: row.reason,
            imaging_id: row.imaging_id,
            patient_id: row.patient_id,
            matched_at: row.matched_at,
            matcher: row.matcher.filter(|_| row.matched_by != Some(UserId::SYSTEM)),
            remark: row.remark,
            found_at: row.found_at,
            version: row.version,
        });
    }
    Ok(studies)
}

/// Reads a study of an archive.
///
/// # Errors
/// When the database refuses.
pub async fn study(tx: &mut Tx, id: ArchivedStudyId) -> Result<Option<ArchivedStudy>> {
    Ok(opened(tx, sql(STUDIES).push("s.id = ").push_bind(id)).await?.pop())
}

/// Reads the studies that are tied to orders.
///
/// # Errors
/// When the database refuses.
pub async fn of_orders(tx: &mut Tx, orders: &[ImagingOrderId]) -> Result<Vec<ArchivedStudy>> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql(STUDIES).push("s.state = 'matched' AND s.imaging_id IN ").push_list(orders.iter().copied());
    opened(tx, query.push(" ORDER BY s.taken, s.id")).await
}

/// Reads the unmatched studies of a clinic, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn unmatched(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<ArchivedStudy>> {
    let query = sql(STUDIES).push("s.state = 'unmatched' AND s.clinic_id = ").push_bind(clinic);
    opened(tx, query.push(" ORDER BY s.found_at DESC, s.id DESC LIMIT ").push_bind(limit)).await
}

/// The query for the number of unmatched studies of a clinic.
pub fn count_unmatched(clinic: ClinicId) -> Sql {
    sql("SELECT count(*) FROM imaging_studies WHERE state = 'unmatched' AND clinic_id = ").push_bind(clinic)
}

/// Reads the studies of an archive with some UIDs.
pub(super) async fn known(tx: &mut Tx, archive: ImagingArchiveId, uids: &[String]) -> Result<Vec<ArchivedStudy>> {
    let mut all = Vec::new();
    for some in uids.chunks(500) {
        let query = sql(STUDIES).push("s.archive_id = ").push_bind(archive).push(" AND s.study_uid IN ").push_list(some.iter());
        all.extend(opened(tx, query).await?);
    }
    Ok(all)
}

const ORDERS: &str =
    "SELECT i.id, i.patient_id, p.mrn, i.accession, i.study_uid, i.step FROM imaging_orders i JOIN patients p ON p.id = i.patient_id
    WHERE i.accession IS NOT NULL AND i.clinic_id = ";

/// Reads the orders of a clinic that some studies name by their UID or accession number.
pub(super) async fn orders_named(tx: &mut Tx, clinic: ClinicId, found: &[FoundStudy]) -> Result<Vec<OrderKey>> {
    let mut all = Vec::new();
    for some in found.chunks(200) {
        for (column, values) in [
            (" AND i.study_uid IN ", some.iter().map(|one| one.uid.clone()).collect::<Vec<_>>()),
            (" AND i.accession IN ", some.iter().filter(|one| !one.accession.is_empty()).map(|one| one.accession.clone()).collect()),
        ] {
            all.extend(tx.all::<OrderKey>(sql(ORDERS).push_bind(clinic).push(column).push_list(values)).await?);
        }
    }
    Ok(all)
}

/// Reads the accession numbers of a clinic whose images are awaited and not found, the latest first.
pub(super) async fn awaited(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<String>> {
    let query =
        sql("SELECT i.accession FROM imaging_orders i WHERE i.accession IS NOT NULL AND i.step IN ('arrived', 'started', 'acquired')
        AND NOT EXISTS (SELECT 1 FROM imaging_studies s WHERE s.imaging_id = i.id) AND i.clinic_id = ")
        .push_bind(clinic);
    let rows: Vec<(String,)> = tx.all(query.push(" ORDER BY i.requested_at DESC, i.id LIMIT ").push_bind(limit)).await?;
    Ok(rows.into_iter().map(|(accession,)| accession).collect())
}

/// The fate of a study of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StudyFate {
    pub state: ArchivedState,
    pub reason: UnmatchedReason,
    pub order: Option<(ImagingOrderId, PatientId)>,
    pub remark: String,
}

fn sealed(id: ArchivedStudyId, archive: ImagingArchiveId, found: &FoundStudy) -> crate::keys::ToSeal {
    let SentPatient { number, name, birth_date, sex } = &found.patient;
    IMAGING_STUDIES.seal(id, archive, [number, name, birth_date, sex, &found.description])
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: ArchivedStudyId,
    archive: &ImageArchive,
    found: &FoundStudy,
    fate: &StudyFate,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO imaging_studies (id, archive_id, clinic_id, study_uid, accession, modalities, taken, series_count, image_count, sealed,
        state, reason, imaging_id, patient_id, matched_at, matched_by, remark, found_at, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)")
        .bind(id)
        .bind(archive.id)
        .bind(archive.clinic_id)
        .bind(&found.uid)
        .bind(&found.accession)
        .bind(&found.modalities)
        .bind(&found.taken)
        .bind(found.series_count)
        .bind(found.image_count)
        .bind(sealed(id, archive.id, found))
        .bind(fate.state)
        .bind(fate.reason)
        .bind(fate.order.map(|(order, _)| order))
        .bind(fate.order.map(|(_, patient)| patient))
        .bind(fate.order.map(|_| stamp.at))
        .bind(fate.order.map(|_| stamp.by))
        .bind(&fate.remark)
        .bind(stamp.at)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Writes what an archive says of a study now.
pub(super) async fn set_found(tx: &mut Tx, id: Locked<ArchivedStudyId>, archive: ImagingArchiveId, found: &FoundStudy) -> Result<()> {
    let id = id.id();
    let query =
        sql("UPDATE imaging_studies SET accession = $2, modalities = $3, taken = $4, series_count = $5, image_count = $6, sealed = $7
        WHERE id = $1")
        .bind(id)
        .bind(&found.accession)
        .bind(&found.modalities)
        .bind(&found.taken)
        .bind(found.series_count)
        .bind(found.image_count)
        .bind(sealed(id, archive, found));
    tx.execute(query).await?;
    tx.changed(&IMAGING_STUDIES, id);
    Ok(())
}

/// Writes the fate of a study. Returns whether it still had the version.
pub(super) async fn settle(
    tx: &mut Tx,
    id: Locked<ArchivedStudyId>,
    version: i64,
    fate: &StudyFate,
    stamp: Stamp,
) -> Result<bool, DbError> {
    let query =
        sql("UPDATE imaging_studies SET state = $3, reason = $4, imaging_id = $5, patient_id = $6, matched_at = $7, matched_by = $8,
        remark = $9, updated_at = $10, updated_by = $11, dose_asked = -1, version = version + 1 WHERE id = $1 AND version = $2")
        .bind(id.id())
        .bind(version)
        .bind(fate.state)
        .bind(fate.reason)
        .bind(fate.order.map(|(order, _)| order))
        .bind(fate.order.map(|(_, patient)| patient))
        .bind(fate.order.map(|_| stamp.at))
        .bind(fate.order.map(|_| stamp.by))
        .bind(&fate.remark)
        .bind(stamp.at)
        .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Reads the orders of a clinic whose images are awaited or there, without a study of an archive: those that a person may tie.
pub(super) async fn open_orders(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<ImagingOrderId>> {
    let query = sql("SELECT i.id FROM imaging_orders i WHERE i.step IN ('arrived', 'started', 'acquired')
        AND NOT EXISTS (SELECT 1 FROM imaging_studies s WHERE s.imaging_id = i.id) AND i.clinic_id = ")
    .push_bind(clinic);
    let rows: Vec<(ImagingOrderId,)> = tx.all(query.push(" ORDER BY i.requested_at DESC, i.id LIMIT ").push_bind(limit)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Reads the order of a clinic with an accession number.
pub(super) async fn by_accession(tx: &mut Tx, clinic: ClinicId, accession: &str) -> Result<Option<ImagingOrderId>> {
    let query =
        sql("SELECT i.id FROM imaging_orders i WHERE i.clinic_id = ").push_bind(clinic).push(" AND i.accession = ").push_bind(accession);
    Ok(tx.optional::<(ImagingOrderId,)>(query).await?.map(|(id,)| id))
}

/// A study that is tied to an order, and whose dose is not known.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct DoseAwaited {
    pub id: ArchivedStudyId,
    pub study_uid: String,
    pub imaging_id: ImagingOrderId,
    pub image_count: i64,
}

/// Reads studies of an archive whose dose is not known and was not asked for since the number of their images changed, the latest first.
pub(super) async fn doses_awaited(tx: &mut Tx, archive: ImagingArchiveId, limit: i64) -> Result<Vec<DoseAwaited>> {
    let query =
        sql("SELECT s.id, s.study_uid, s.imaging_id, s.image_count FROM imaging_studies s JOIN imaging_orders i ON i.id = s.imaging_id
        JOIN imaging_procedures p ON p.id = i.procedure_id
        WHERE s.state = 'matched' AND s.dose_asked < s.image_count AND p.ionising AND i.step IN ('started', 'acquired', 'reported')
            AND NOT EXISTS (SELECT 1 FROM imaging_doses d WHERE d.imaging_id = i.id AND d.superseded_at IS NULL) AND s.archive_id = ")
        .push_bind(archive);
    Ok(tx.all(query.push(" ORDER BY s.found_at DESC, s.id LIMIT ").push_bind(limit)).await?)
}

/// Notes the number of images at which the archive was asked for the dose of a study.
pub(super) async fn note_dose_asked(tx: &mut Tx, id: ArchivedStudyId, images: i64) -> Result<()> {
    tx.execute(sql("UPDATE imaging_studies SET dose_asked = $2 WHERE id = $1").bind(id).bind(images)).await?;
    Ok(())
}
