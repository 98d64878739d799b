//! The SQL of recalls.

use chrono::NaiveDate;

use super::{RecallPatientState, RecallSource, RecallState, ToldWay};
use crate::{
    core::{
        ClinicId, PatientId, RecallId, RecallNoticeId, RecallPatientId, Result, Stamp, StockBatchId, StockItemId, list::PAGE_SIZE,
        time::Instant,
    },
    db::{DbError, Lockable, Locked, Sql, Tx, sql},
    inventory::{BatchStatus, MovementKind, StockUnit},
    patients::PatientName,
};

impl Lockable for RecallId {
    const TABLE: &'static str = "stock_recalls";
}

/// A recall at a clinic.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Recall {
    pub id: RecallId,
    pub notice_id: RecallNoticeId,
    pub clinic_id: ClinicId,
    pub item_id: StockItemId,
    pub item_name: String,
    pub item_name_es: String,
    pub unit: StockUnit,
    pub source: RecallSource,
    pub reference: String,
    pub reason: String,
    pub state: RecallState,
    pub announced_at: Instant,
    pub announcer: String,
    pub quarantined_at: Option<Instant>,
    pub blocker: Option<String>,
    pub traced_at: Option<Instant>,
    pub tracer: Option<String>,
    pub closed_at: Option<Instant>,
    pub closer: Option<String>,
    pub version: i64,
}

/// A batch that is recalled, or can be.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct RecallBatch {
    pub id: StockBatchId,
    pub batch_no: String,
    pub expires_on: Option<NaiveDate>,
    pub status: BatchStatus,
    pub version: i64,
}

/// Units of a recalled batch that are still in a storeroom.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Remaining {
    pub batch_id: StockBatchId,
    pub store_name: String,
    pub on_hand: i64,
}

/// A patient who got something of the batches.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct RecallPatient {
    pub id: RecallPatientId,
    pub recall_id: RecallId,
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub name: PatientName,
    pub mrn: String,
    pub state: RecallPatientState,
    pub way: Option<ToldWay>,
    pub settled_at: Option<Instant>,
    pub settler: Option<String>,
}

/// A recall to be announced.
#[derive(Clone, Debug)]
pub(super) struct NewRecall {
    pub id: RecallId,
    pub notice: RecallNoticeId,
    pub clinic: ClinicId,
    pub item: StockItemId,
    pub source: RecallSource,
    pub reference: String,
    pub reason: String,
}

const RECALLS: &str = "SELECT c.id, c.notice_id, c.clinic_id, c.item_id, i.name AS item_name, i.name_es AS item_name_es, i.unit, c.source, c.reference,
        c.reason, c.state, c.announced_at, a.display_name AS announcer, c.quarantined_at, q.display_name AS blocker, c.traced_at,
        t.display_name AS tracer, c.closed_at, e.display_name AS closer, c.version
    FROM stock_recalls c JOIN stock_items i ON i.id = c.item_id JOIN users a ON a.id = c.announced_by LEFT JOIN users q ON q.id = c.quarantined_by
    LEFT JOIN users t ON t.id = c.traced_by LEFT JOIN users e ON e.id = c.closed_by WHERE ";

pub(super) async fn find(tx: &mut Tx, id: RecallId) -> Result<Option<Recall>> {
    Ok(tx.optional(sql(RECALLS).push("c.id = ").push_bind(id)).await?)
}

/// Reads a page of the recalls of a clinic, the latest first, with one row more than the page has.
pub(super) async fn list(tx: &mut Tx, clinic: ClinicId, all: bool, skip: i64) -> Result<Vec<Recall>> {
    let query = sql(RECALLS).push(if all { "" } else { "c.state <> 'closed' AND " }).push("c.clinic_id = ").push_bind(clinic);
    let query = query.push(" ORDER BY c.announced_at DESC, c.id DESC LIMIT ").push_bind(PAGE_SIZE + 1).push(" OFFSET ").push_bind(skip);
    Ok(tx.all(query).await?)
}

/// The query for the number of open recalls of a clinic.
pub(super) fn count_open(clinic: ClinicId) -> Sql {
    sql("SELECT count(*) FROM stock_recalls WHERE state <> 'closed' AND clinic_id = ").push_bind(clinic)
}

/// Reads the recalls of a notice at all clinics.
pub(super) async fn of_notice(tx: &mut Tx, notice: RecallNoticeId) -> Result<Vec<Recall>> {
    Ok(tx.all(sql(RECALLS).push("c.notice_id = ").push_bind(notice).push(" ORDER BY c.id")).await?)
}

/// Reads the batches of a recall.
pub(super) async fn batches(tx: &mut Tx, recall: RecallId) -> Result<Vec<RecallBatch>> {
    let query = sql(
        "SELECT b.id, b.batch_no, b.expires_on, b.status, b.version FROM stock_recall_batches k JOIN stock_batches b ON b.id = k.batch_id
        WHERE k.recall_id = ",
    )
    .push_bind(recall);
    Ok(tx.all(query.push(" ORDER BY b.batch_key, b.id")).await?)
}

/// Reads the batches of an item that the hospital has or had, the last to expire first.
pub(super) async fn batches_of_item(tx: &mut Tx, item: StockItemId, most: i64) -> Result<Vec<RecallBatch>> {
    let query = sql("SELECT b.id, b.batch_no, b.expires_on, b.status, b.version FROM stock_batches b WHERE b.item_id = ").push_bind(item);
    Ok(tx.all(query.push(" ORDER BY coalesce(b.expires_on, '9999-12-31') DESC, b.id LIMIT ").push_bind(most)).await?)
}

/// Reads the clinics that have, or had, something of the batches.
pub(super) async fn clinics_of(tx: &mut Tx, batches: &[StockBatchId]) -> Result<Vec<ClinicId>> {
    let query = sql("SELECT DISTINCT r.clinic_id FROM stock_lines l JOIN storerooms r ON r.id = l.store_id WHERE l.batch_id IN ");
    Ok(tx.all::<(ClinicId,)>(query.push_list(batches.iter().copied())).await?.into_iter().map(|(clinic,)| clinic).collect())
}

/// Reads the units of the batches that are still in storerooms of a clinic, and on the way between them.
pub(super) async fn remaining(tx: &mut Tx, batches: &[StockBatchId], clinic: ClinicId) -> Result<Vec<Remaining>> {
    let query = sql("SELECT l.batch_id, r.name AS store_name, l.on_hand FROM stock_lines l JOIN storerooms r ON r.id = l.store_id
        WHERE l.on_hand > 0 AND l.batch_id IN ")
    .push_list(batches.iter().copied())
    .push(" AND r.clinic_id = ")
    .push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY r.name, l.id")).await?)
}

/// Reads the movements of the batches at a clinic, summed by batch and kind.
pub(super) async fn moved(tx: &mut Tx, batches: &[StockBatchId], clinic: ClinicId) -> Result<Vec<(StockBatchId, MovementKind, i64)>> {
    let lines = sql("SELECT l.id, l.batch_id FROM stock_lines l JOIN storerooms r ON r.id = l.store_id WHERE l.batch_id IN ")
        .push_list(batches.iter().copied())
        .push(" AND r.clinic_id = ")
        .push_bind(clinic);
    let lines: Vec<(uuid::Uuid, StockBatchId)> = tx.all(lines).await?;
    let mut sums = Vec::new();
    // Line by line: PostgreSQL would read all movements to join them with a few lines.
    for (line, batch) in lines {
        let query = sql("SELECT m.kind, CAST(sum(m.quantity) AS BIGINT) FROM stock_movements m WHERE m.line_id = ").push_bind(line);
        let found: Vec<(MovementKind, i64)> = tx.all(query.push(" GROUP BY m.kind")).await?;
        sums.extend(found.into_iter().map(|(kind, quantity)| (batch, kind, quantity)));
    }
    Ok(sums)
}

pub(super) async fn insert(tx: &mut Tx, new: &NewRecall, stamp: Stamp) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO stock_recalls (id, notice_id, clinic_id, item_id, source, reference, reason, state, announced_at, announced_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'announced', $8, $9)")
        .bind(new.id)
        .bind(new.notice)
        .bind(new.clinic)
        .bind(new.item)
        .bind(new.source)
        .bind(&new.reference)
        .bind(&new.reason)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_batch(tx: &mut Tx, recall: RecallId, batch: StockBatchId) -> Result<(), DbError> {
    tx.execute(sql("INSERT INTO stock_recall_batches (recall_id, batch_id) VALUES ($1, $2)").bind(recall).bind(batch)).await?;
    Ok(())
}

/// Writes the next step of a recall. Returns whether it still had the version that was read.
pub(super) async fn step(tx: &mut Tx, recall: Locked<RecallId>, version: i64, next: RecallState, stamp: Stamp) -> Result<bool, DbError> {
    let text = match next {
        RecallState::Announced | RecallState::Quarantined => {
            "UPDATE stock_recalls SET state = $3, quarantined_at = $4, quarantined_by = $5, version = version + 1 WHERE id = $1 AND version = $2"
        }
        RecallState::Traced => {
            "UPDATE stock_recalls SET state = $3, traced_at = $4, traced_by = $5, version = version + 1 WHERE id = $1 AND version = $2"
        }
        RecallState::Closed => {
            "UPDATE stock_recalls SET state = $3, closed_at = $4, closed_by = $5, version = version + 1 WHERE id = $1 AND version = $2"
        }
    };
    let query = sql(text).bind(recall.id()).bind(version).bind(next).bind(stamp.at).bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Writes that a patient got something; one who is known already stays as before. Returns whether the patient is new.
pub(super) async fn insert_patient(tx: &mut Tx, recall: &Recall, patient: PatientId, now: Instant) -> Result<bool> {
    let query = sql(
        "INSERT INTO recall_patients (id, recall_id, patient_id, clinic_id, found_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(RecallPatientId::new())
    .bind(recall.id)
    .bind(patient)
    .bind(recall.clinic_id)
    .bind(now);
    Ok(tx.execute(query).await? == 1)
}

const PATIENTS: &str =
    "SELECT x.id, x.recall_id, x.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, x.state, x.way, x.settled_at,
        u.display_name AS settler
    FROM recall_patients x JOIN patients p ON p.id = x.patient_id LEFT JOIN users u ON u.id = x.settled_by WHERE ";

pub(super) async fn patient(tx: &mut Tx, id: RecallPatientId) -> Result<Option<RecallPatient>> {
    Ok(tx.optional(sql(PATIENTS).push("x.id = ").push_bind(id)).await?)
}

/// Reads the patients of a recall, those who wait to be told first.
pub(super) async fn patients(tx: &mut Tx, recall: RecallId, limit: i64, skip: i64) -> Result<Vec<RecallPatient>> {
    let query = sql(PATIENTS).push("x.recall_id = ").push_bind(recall).push(
        " ORDER BY CASE x.state WHEN 'found' THEN 0 WHEN 'not_reached' THEN 1 ELSE 2 END,
        p.family_name, p.given_names, x.id LIMIT ",
    );
    Ok(tx.all(query.push_bind(limit).push(" OFFSET ").push_bind(skip)).await?)
}

/// Counts the patients of a recall by state.
pub(super) async fn patient_counts(tx: &mut Tx, recall: RecallId) -> Result<Vec<(RecallPatientState, i64)>> {
    let query = sql("SELECT state, count(*) FROM recall_patients WHERE recall_id = ").push_bind(recall);
    Ok(tx.all(query.push(" GROUP BY state")).await?)
}

/// Writes whether a patient was told. Returns whether the state was still the one that was read.
pub(super) async fn settle(
    tx: &mut Tx,
    patient: &RecallPatient,
    (state, way): (RecallPatientState, Option<ToldWay>),
    stamp: Stamp,
) -> Result<bool, DbError> {
    let query = sql("UPDATE recall_patients SET state = $3, way = $4, settled_at = $5, settled_by = $6 WHERE id = $1 AND state = $2")
        .bind(patient.id)
        .bind(patient.state)
        .bind(state)
        .bind(way.map(ToldWay::as_str))
        .bind(stamp.at)
        .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
