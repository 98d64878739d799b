//! The SQL of giving at the bedside.

use super::{Scan, Scanned};
use crate::{
    core::{
        AdministrationId, AdmissionId, BedsideScanId, CareOrderId, ClinicId, DoseId, DrugId, MovementId, PatientId, Result, StockItemId,
        StoreroomId, UserId, WardId, time::Instant,
    },
    db::{DbError, Sql, Tx, sql},
    medicine_record::{doses::OrderTimes, vocabulary::DoseTiming},
};

/// The ways of a ward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Ways {
    pub scans: bool,
    pub storeroom_id: Option<StoreroomId>,
    pub version: i64,
}

/// Reads the ways of a ward; `None` when nobody set them.
///
/// # Errors
/// When the database refuses.
pub async fn ways(tx: &mut Tx, ward: WardId) -> Result<Option<Ways>> {
    Ok(tx.optional(sql("SELECT scans, storeroom_id, version FROM ward_bedsides WHERE ward_id = ").push_bind(ward)).await?)
}

/// Sets the ways; `false` when the version is not the latest. Version 0 is that of a ward without ways.
pub(super) async fn set_ways(
    tx: &mut Tx,
    ward: WardId,
    version: i64,
    (scans, room): (bool, Option<StoreroomId>),
    (now, by): (Instant, UserId),
) -> Result<bool> {
    let query = match version {
        0 => sql("INSERT INTO ward_bedsides (ward_id, scans, storeroom_id, set_at, set_by) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (ward_id) DO NOTHING"),
        _ => sql("UPDATE ward_bedsides SET scans = $2, storeroom_id = $3, set_at = $4, set_by = $5, version = version + 1
            WHERE ward_id = $1 AND version = $6"),
    };
    let query = query.bind(ward).bind(scans).bind(room).bind(now).bind(by);
    let query = if version == 0 { query } else { query.bind(version) };
    Ok(tx.execute(query).await? == 1)
}

/// Reads a scan.
///
/// # Errors
/// When the database refuses.
pub async fn find_scan(tx: &mut Tx, id: BedsideScanId) -> Result<Option<Scan>> {
    let query = sql("SELECT id, ward_id, clinic_id, kind, outcome, admission_id, dose_id, drug_id, at FROM bedside_scans WHERE id = ")
        .push_bind(id);
    Ok(tx.optional(query).await?)
}

pub(super) async fn insert_scan(tx: &mut Tx, scan: &Scan, patient: Option<PatientId>, by: UserId) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO bedside_scans (id, ward_id, clinic_id, kind, outcome, admission_id, patient_id, dose_id, drug_id, at, done_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
        .bind(scan.id)
        .bind(scan.ward_id)
        .bind(scan.clinic_id)
        .bind(scan.kind)
        .bind(scan.outcome)
        .bind(scan.admission_id)
        .bind(patient)
        .bind(scan.dose_id)
        .bind(scan.drug_id)
        .bind(scan.at)
        .bind(by);
    tx.execute(query).await?;
    Ok(())
}

/// Finds the admission of the patient with this number among those who lie on the ward.
pub(super) async fn admission_by_mrn(tx: &mut Tx, ward: WardId, mrn: &str) -> Result<Option<AdmissionId>> {
    let query = sql("SELECT u.admission_id FROM patients p JOIN admissions a ON a.patient_id = p.id AND a.state = 'admitted'
        JOIN bed_uses u ON u.admission_id = a.id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL
        JOIN beds b ON b.id = u.bed_id JOIN ward_rooms r ON r.id = b.room_id WHERE p.mrn = ")
    .push_bind(mrn)
    .push(" AND r.ward_id = ")
    .push_bind(ward);
    let row: Option<(AdmissionId,)> = tx.optional(query).await?;
    Ok(row.map(|(id,)| id))
}

/// Whether a patient has this number, as far as the reader may know.
pub(super) async fn is_mrn(tx: &mut Tx, mrn: &str) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM patients WHERE mrn = ").push_bind(mrn)).await? > 0)
}

/// Finds the drug by the code of an item in stock, or by its own code.
pub(super) async fn drug_by_code(tx: &mut Tx, code: &str) -> Result<Option<DrugId>> {
    let item =
        sql("SELECT drug_id FROM stock_items WHERE retired_at IS NULL AND drug_id IS NOT NULL AND upper(code) = upper(").push_bind(code);
    let row: Option<(DrugId,)> = tx.optional(item.push(")")).await?;
    if let Some((drug,)) = row {
        return Ok(Some(drug));
    }
    let drug = sql("SELECT coalesce(same_as, id) FROM drugs WHERE code <> '' AND upper(code) = upper(").push_bind(code).push(")");
    let row: Option<(DrugId,)> = tx.optional(drug).await?;
    Ok(row.map(|(drug,)| drug))
}

/// A dose that is due for the patient whose wristband was scanned.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DueRow {
    pub id: DoseId,
    pub title: String,
    pub dose: String,
    pub route: String,
    pub timing: DoseTiming,
    pub two_person: bool,
    pub due_at: Instant,
    #[sqlx(flatten)]
    pub times: OrderTimes,
    /// The drug of which stock is kept.
    pub item_drug: DrugId,
}

/// Reads the doses of an admission that are due until a time, those first that were due first.
pub(super) async fn due_of(tx: &mut Tx, admission: AdmissionId, until: Instant) -> Result<Vec<DueRow>> {
    let query = sql("SELECT d.id, o.title, o.dose, o.route, o.timing, o.two_person, d.due_at, o.times, o.first_now, o.starts_at,
            o.dose_count, coalesce(n.same_as, n.id) AS item_drug
        FROM care_orders o JOIN doses d ON d.order_id = o.id AND d.state = 'due' JOIN drugs n ON n.id = o.drug_id
        WHERE o.state = 'active' AND o.admission_id = ")
    .push_bind(admission)
    .push(" AND d.due_at < ")
    .push_bind(until);
    Ok(tx.all(query.push(" ORDER BY d.due_at, o.title, d.id LIMIT 100")).await?)
}

/// Returns the orders of an admission by which a drug may be given as needed, the oldest first.
pub(super) async fn as_needed_of(tx: &mut Tx, admission: AdmissionId, drug: DrugId, now: Instant) -> Result<Vec<CareOrderId>> {
    let query = sql("SELECT o.id FROM care_orders o JOIN drugs n ON n.id = o.drug_id WHERE o.state = 'active' AND o.timing = 'as_needed'
        AND o.admission_id = $1 AND coalesce(n.same_as, n.id) = $2 AND o.starts_at <= $3 AND (o.ends_at IS NULL OR o.ends_at > $4)
        ORDER BY o.ordered_at, o.id")
    .bind(admission)
    .bind(drug)
    .bind(now)
    .bind(now);
    Ok(tx.all::<(CareOrderId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn insert_dose_scans(tx: &mut Tx, record: AdministrationId, patient: PatientId, scanned: Scanned) -> Result<(), DbError> {
    let query = sql("INSERT INTO dose_scans (administration_id, patient_id, band_id, medicine_id, unscanned) VALUES ($1, $2, $3, $4, $5)")
        .bind(record)
        .bind(patient)
        .bind(scanned.band)
        .bind(scanned.medicine)
        .bind(scanned.unscanned);
    tx.execute(query).await?;
    Ok(())
}

/// Returns the reason for which a record has no scans; `None` for one that was scanned, and on a ward that does not scan.
///
/// # Errors
/// When the database refuses.
pub async fn scans_of(tx: &mut Tx, record: AdministrationId) -> Result<Option<super::Unscanned>> {
    let row: Option<(Option<super::Unscanned>,)> =
        tx.optional(sql("SELECT unscanned FROM dose_scans WHERE administration_id = ").push_bind(record)).await?;
    Ok(row.and_then(|(reason,)| reason))
}

/// Whether the storeroom keeps the item.
pub(super) async fn keeps(tx: &mut Tx, room: StoreroomId, item: StockItemId) -> Result<bool> {
    let query = sql("SELECT count(*) FROM store_items WHERE store_id = ").push_bind(room).push(" AND item_id = ").push_bind(item);
    Ok(tx.count(query).await? > 0)
}

pub(super) async fn insert_stock(
    tx: &mut Tx,
    (record, patient): (AdministrationId, PatientId),
    (movement, quantity): (MovementId, i64),
) -> Result<(), DbError> {
    let query = sql("INSERT INTO dose_stock (movement_id, administration_id, patient_id, quantity) VALUES ($1, $2, $3, $4)")
        .bind(movement)
        .bind(record)
        .bind(patient)
        .bind(quantity);
    tx.execute(query).await?;
    Ok(())
}

/// Finds the dose of a record.
pub(super) async fn dose_of(tx: &mut Tx, record: AdministrationId) -> Result<Option<DoseId>> {
    let row: Option<(DoseId,)> = tx.optional(sql("SELECT dose_id FROM administrations WHERE id = ").push_bind(record)).await?;
    Ok(row.map(|(dose,)| dose))
}

/// Reads the movements of a dose that were not taken back: movement, quantity, storeroom.
pub(super) async fn taken_for(tx: &mut Tx, dose: DoseId) -> Result<Vec<(MovementId, i64, StoreroomId)>> {
    let query = sql("SELECT s.movement_id, s.quantity, t.store_id FROM administrations a JOIN dose_stock s ON s.administration_id = a.id
        JOIN stock_movements m ON m.id = s.movement_id JOIN stock_documents t ON t.id = m.document_id
        WHERE s.returned_id IS NULL AND a.dose_id = ")
    .push_bind(dose);
    Ok(tx.all(query.push(" ORDER BY s.movement_id")).await?)
}

pub(super) async fn set_returned(tx: &mut Tx, movement: MovementId, back: MovementId) -> Result<(), DbError> {
    let query = sql("UPDATE dose_stock SET returned_id = $2 WHERE movement_id = $1 AND returned_id IS NULL").bind(movement).bind(back);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_shortage(
    tx: &mut Tx,
    record: AdministrationId,
    (clinic, room, item): (ClinicId, StoreroomId, StockItemId),
    quantity: Option<i64>,
    now: Instant,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO ward_shortages (id, clinic_id, store_id, item_id, quantity, at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(record.0)
        .bind(clinic)
        .bind(room)
        .bind(item)
        .bind(quantity)
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// A dose that the ward's stock did not cover.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Shortage {
    pub id: uuid::Uuid,
    pub room: String,
    pub item_id: StockItemId,
    pub item: String,
    pub quantity: Option<i64>,
    pub at: Instant,
}

/// Reads the shortages of a clinic that nobody settled, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn open_shortages(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Shortage>> {
    let query = sql("SELECT s.id, r.name AS room, s.item_id, i.name AS item, s.quantity, s.at FROM ward_shortages s
        JOIN storerooms r ON r.id = s.store_id JOIN stock_items i ON i.id = s.item_id WHERE s.settled_at IS NULL AND s.clinic_id = ")
    .push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY s.at, s.id LIMIT 200")).await?)
}

/// The query for the number of shortages of a clinic that nobody settled.
pub fn count_shortages(clinic: ClinicId) -> Sql {
    sql("SELECT count(*) FROM ward_shortages WHERE settled_at IS NULL AND clinic_id = ").push_bind(clinic)
}

/// Marks a shortage of a clinic as settled; `false` when it was, or is another clinic's.
///
/// # Errors
/// When the database refuses.
pub async fn settle(tx: &mut Tx, id: uuid::Uuid, clinic: ClinicId, (now, by): (Instant, UserId)) -> Result<bool> {
    let query = sql("UPDATE ward_shortages SET settled_at = $3, settled_by = $4 WHERE id = $1 AND clinic_id = $2 AND settled_at IS NULL")
        .bind(id)
        .bind(clinic)
        .bind(now)
        .bind(by);
    Ok(tx.execute(query).await? == 1)
}
