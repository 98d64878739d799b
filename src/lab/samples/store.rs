//! The SQL of samples, draws and analyses.

use super::{Analysis, AnalysisState, NewDraw, NewSample, Pregnancy, Sample, SampleState};
use crate::{
    core::{ClinicId, LabAnalysisId, LabSampleId, OrderId, PatientId, RequisitionId, Result, Stamp, UserId, time::Instant},
    db::{DbError, Lockable, Locked, Sql, Tx, Value, sql},
    lab::{catalogue::LabTest, requests::LabRequest, vocabulary::Rejection},
};

impl Lockable for LabSampleId {
    const TABLE: &'static str = "lab_samples";
}

impl Lockable for LabAnalysisId {
    const TABLE: &'static str = "lab_analyses";
}

pub(super) const SAMPLES: &str = "SELECT s.id, s.number, s.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, p.birth_date,
        p.birth_precision, p.sex, s.clinic_id, s.requisition_id, q.number AS requisition, s.specimen, s.container_id, s.priority,
        CASE WHEN s.state = 'expected' THEN coalesce((SELECT w.name || ' · ' || b.name FROM bed_uses u JOIN beds b ON b.id = u.bed_id
            JOIN ward_rooms r ON r.id = b.room_id JOIN wards w ON w.id = r.ward_id
            WHERE u.patient_id = s.patient_id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL), s.place) ELSE s.place END AS place,
        s.wanted_from, s.origin, s.state, s.draw_id, s.site, s.label_printed_at, s.expected_at, s.collected_at, uc.display_name AS collector,
        s.sent_at, s.received_at, ur.display_name AS receiver, s.stored_at, s.stored_place, s.discarded_at, s.recollection_of, s.parent_id,
        (SELECT a.number FROM lab_samples a WHERE a.id = s.parent_id) AS parent, s.index_h, s.index_i, s.index_l, s.pregnancy, s.pregnancy_source, s.pregnancy_at, up.display_name AS pregnancy_said, s.rejection, s.stop_note,
        s.stopped_at, ux.display_name AS stopper, s.version
    FROM lab_samples s JOIN patients p ON p.id = s.patient_id JOIN requisitions q ON q.id = s.requisition_id
    LEFT JOIN users uc ON uc.id = s.collected_by LEFT JOIN users ur ON ur.id = s.received_by LEFT JOIN users ux ON ux.id = s.stopped_by
    LEFT JOIN users up ON up.id = s.pregnancy_by WHERE ";

/// Reads a sample.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: LabSampleId) -> Result<Option<Sample>> {
    Ok(tx.optional(sql(SAMPLES).push("s.id = ").push_bind(id)).await?)
}

/// Reads the sample with this number.
///
/// # Errors
/// When the database refuses.
pub async fn by_number(tx: &mut Tx, number: &str) -> Result<Option<Sample>> {
    Ok(tx.optional(sql(SAMPLES).push("s.number = ").push_bind(number)).await?)
}

/// Reads the samples of a requisition, in the order of their numbers.
///
/// # Errors
/// When the database refuses.
pub async fn of_requisition(tx: &mut Tx, id: RequisitionId) -> Result<Vec<Sample>> {
    Ok(tx.all(sql(SAMPLES).push("s.requisition_id = ").push_bind(id).push(" ORDER BY s.number")).await?)
}

/// Reads the samples that a patient's draws of the last days filled; tubes that the laboratory filled from them are not among them.
///
/// # Errors
/// When the database refuses.
pub async fn draws_of(tx: &mut Tx, patient: PatientId, since: Instant) -> Result<Vec<Sample>> {
    let query = sql(SAMPLES).push("s.patient_id = ").push_bind(patient).push(" AND s.expected_at >= ").push_bind(since);
    Ok(tx.all(query.push(" AND s.parent_id IS NULL ORDER BY s.expected_at DESC, s.number")).await?)
}

/// The condition that something waits for an expected sample: an analysis of an order that is not on hold.
const WANTED: &str = " AND EXISTS (SELECT 1 FROM lab_analyses a JOIN orders o ON o.id = a.order_id WHERE a.sample_id = s.id
        AND a.state = 'waiting' AND o.state IN ('requested', 'accepted', 'in_progress'))";

/// Whether something waits for an expected sample.
pub(super) async fn is_wanted(tx: &mut Tx, sample: LabSampleId) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM lab_samples s WHERE s.id = ").push_bind(sample).push(WANTED)).await? > 0)
}

/// Reads the samples of a patient that are expected by now, in the order of draw.
///
/// # Errors
/// When the database refuses.
pub async fn expected_of(tx: &mut Tx, clinic: ClinicId, patient: PatientId, until: Instant) -> Result<Vec<Sample>> {
    let query =
        sql(SAMPLES).push("s.state = 'expected' AND s.clinic_id = ").push_bind(clinic).push(" AND s.patient_id = ").push_bind(patient);
    let query = query.push(" AND s.wanted_from <= ").push_bind(until).push(WANTED);
    let query = query.push(" ORDER BY (SELECT c.draw_order FROM lab_containers c WHERE c.id = s.container_id), s.number");
    Ok(tx.all(query).await?)
}

/// Returns the patient of this record number or sample number for whom samples are expected at the clinic.
///
/// # Errors
/// When the database refuses.
pub async fn patient_scanned(tx: &mut Tx, clinic: ClinicId, scanned: &str) -> Result<Option<PatientId>> {
    let query = sql("SELECT s.patient_id FROM lab_samples s JOIN patients p ON p.id = s.patient_id
        WHERE s.state = 'expected' AND s.clinic_id = $1 AND (p.mrn = $2 OR s.number = $3) ORDER BY s.wanted_from, s.id LIMIT 1")
    .bind(clinic)
    .bind(scanned)
    .bind(scanned);
    Ok(tx.optional::<(PatientId,)>(query).await?.map(|(patient,)| patient))
}

/// Returns the expected sample of the requisition with the same specimen, container, priority and time.
pub(super) async fn same_expected(tx: &mut Tx, new: &NewSample) -> Result<Option<LabSampleId>> {
    let query = sql("SELECT id FROM lab_samples WHERE requisition_id = $1 AND specimen = $2 AND container_id = $3 AND priority = $4
        AND wanted_from = $5 AND state = 'expected' AND recollection_of IS NULL ORDER BY number LIMIT 1")
    .bind(new.requisition)
    .bind(new.specimen)
    .bind(new.container)
    .bind(new.priority)
    .bind(new.wanted_from);
    Ok(tx.optional::<(LabSampleId,)>(query).await?.map(|(id,)| id))
}

pub(super) async fn insert(tx: &mut Tx, id: LabSampleId, number: &str, new: &NewSample, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO lab_samples (id, number, patient_id, clinic_id, requisition_id, specimen, container_id, priority, place,
        wanted_from, state, expected_at, recollection_of, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'expected', $11, $12, $13, $14)")
    .bind(id)
    .bind(number)
    .bind(new.patient)
    .bind(new.clinic)
    .bind(new.requisition)
    .bind(new.specimen)
    .bind(new.container)
    .bind(new.priority)
    .bind(&new.place)
    .bind(new.wanted_from)
    .bind(stamp.at)
    .bind(new.recollection_of)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_draw(tx: &mut Tx, draw: &NewDraw, by: UserId) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO lab_draws (id, patient_id, clinic_id, drawn_at, drawn_by, place, identified_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(draw.id)
    .bind(draw.patient)
    .bind(draw.clinic)
    .bind(draw.at)
    .bind(by)
    .bind(&draw.place)
    .bind(draw.identified_by);
    tx.execute(query).await?;
    Ok(())
}

/// The columns that an act sets besides the state.
pub(super) type Columns = Vec<(&'static str, Value)>;

/// Writes the state of a sample after an act. Returns whether it still had the version that was read.
pub(super) async fn step(
    tx: &mut Tx,
    lock: Locked<LabSampleId>,
    version: i64,
    to: SampleState,
    columns: Columns,
    stamp: Stamp,
) -> Result<bool, DbError> {
    let mut query = sql("UPDATE lab_samples SET state = ").push_bind(to).push(", version = version + 1, updated_at = ").push_bind(stamp.at);
    query = query.push(", updated_by = ").push_bind(stamp.by);
    for (column, value) in columns {
        query = query.push(", ").push(column).push(" = ").push_bind(value);
    }
    query = query.push(" WHERE id = ").push_bind(lock.id()).push(" AND version = ").push_bind(version);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn label_printed(tx: &mut Tx, lock: Locked<LabSampleId>, now: Instant) -> Result<()> {
    let query = sql("UPDATE lab_samples SET label_printed_at = $2 WHERE id = $1 AND label_printed_at IS NULL").bind(lock.id()).bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// The columns of a stated pregnancy.
pub(super) fn stated((trimester, source): Pregnancy, stamp: Stamp) -> Columns {
    vec![
        ("pregnancy", Value::from(trimester)),
        ("pregnancy_source", Value::from(source)),
        ("pregnancy_at", Value::from(stamp.at)),
        ("pregnancy_by", Value::from(stamp.by)),
    ]
}

/// Writes the pregnancy that a sample says, or takes it back. Returns whether the sample still had the version that was read.
pub(super) async fn set_pregnancy(
    tx: &mut Tx,
    lock: Locked<LabSampleId>,
    version: i64,
    pregnancy: Option<Pregnancy>,
    stamp: Stamp,
) -> Result<bool, DbError> {
    let query =
        sql("UPDATE lab_samples SET pregnancy = $3, pregnancy_source = $4, pregnancy_at = $5, pregnancy_by = $6, version = version + 1,
        updated_at = $7, updated_by = $8 WHERE id = $1 AND version = $2")
        .bind(lock.id())
        .bind(version)
        .bind(pregnancy.map(|(trimester, _)| trimester))
        .bind(pregnancy.map(|(_, source)| source))
        .bind(pregnancy.map(|_| stamp.at))
        .bind(pregnancy.map(|_| stamp.by))
        .bind(stamp.at)
        .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) fn rejected(reason: Rejection, note: &str) -> Columns {
    vec![("rejection", Value::from(reason)), ("stop_note", Value::from(note))]
}

const ANALYSES: &str = "SELECT id, order_id, test_id, patient_id, clinic_id, sample_id, bench, priority, due_at, outside, state, version
    FROM lab_analyses WHERE ";

async fn analyses(tx: &mut Tx, query: Sql) -> Result<Vec<Analysis>> {
    Ok(tx.all(query).await?)
}

/// Reads an analysis.
///
/// # Errors
/// When the database refuses.
pub async fn analysis(tx: &mut Tx, id: LabAnalysisId) -> Result<Option<Analysis>> {
    Ok(analyses(tx, sql(ANALYSES).push("id = ").push_bind(id)).await?.pop())
}

/// Reads the analyses of samples, cancelled ones included.
///
/// # Errors
/// When the database refuses.
pub async fn analyses_of_samples(tx: &mut Tx, samples: &[LabSampleId]) -> Result<Vec<Analysis>> {
    if samples.is_empty() {
        return Ok(Vec::new());
    }
    analyses(tx, sql(ANALYSES).push("sample_id IN ").push_list(samples.iter().copied()).push(" ORDER BY id")).await
}

pub(super) async fn analyses_of_order(tx: &mut Tx, order: OrderId) -> Result<Vec<Analysis>> {
    analyses(tx, sql(ANALYSES).push("order_id = ").push_bind(order).push(" ORDER BY id")).await
}

/// Reads the waiting analyses of an order whose sample is in the laboratory.
pub(super) async fn waiting_with_sample(tx: &mut Tx, order: OrderId) -> Result<Vec<Analysis>> {
    let query =
        sql(ANALYSES).push("state = 'waiting' AND sample_id IN (SELECT s.id FROM lab_samples s WHERE s.state IN ('received', 'stored'))");
    analyses(tx, query.push(" AND order_id = ").push_bind(order).push(" ORDER BY id")).await
}

/// Counts the analyses of an order.
///
/// # Errors
/// When the database refuses.
pub async fn of_order(tx: &mut Tx, order: OrderId) -> Result<i64> {
    Ok(tx.count(sql("SELECT count(*) FROM lab_analyses WHERE order_id = ").push_bind(order)).await?)
}

/// Reads the orders that a sample serves.
///
/// # Errors
/// When the database refuses.
pub async fn orders_of_sample(tx: &mut Tx, sample: LabSampleId) -> Result<Vec<OrderId>> {
    let query = sql("SELECT DISTINCT order_id FROM lab_analyses WHERE sample_id = ").push_bind(sample).push(" ORDER BY order_id");
    Ok(tx.all::<(OrderId,)>(query).await?.into_iter().map(|(order,)| order).collect())
}

/// Reads the laboratory's orders of the requisitions that these analyses belong to.
///
/// # Errors
/// When the database refuses.
pub async fn orders_beside(tx: &mut Tx, analyses: &[LabAnalysisId]) -> Result<Vec<OrderId>> {
    let query = sql("SELECT DISTINCT o.id FROM orders o JOIN lab_orders l ON l.order_id = o.id WHERE o.requisition_id IN
        (SELECT n.requisition_id FROM lab_analyses a JOIN orders n ON n.id = a.order_id WHERE a.id IN ")
    .push_list(analyses.iter().copied())
    .push(") ORDER BY o.id");
    Ok(tx.all::<(OrderId,)>(query).await?.into_iter().map(|(order,)| order).collect())
}

/// Adds an analysis that waits for its sample.
///
/// # Errors
/// When the database refuses.
pub async fn insert_analysis(
    tx: &mut Tx,
    id: LabAnalysisId,
    request: &LabRequest,
    test: &LabTest,
    sample: LabSampleId,
    stamp: Stamp,
) -> Result<()> {
    let query = sql(
        "INSERT INTO lab_analyses (id, order_id, test_id, patient_id, clinic_id, sample_id, bench, priority, state, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $10)",
    )
    .bind(id)
    .bind(request.order_id)
    .bind(test.id)
    .bind(request.patient_id)
    .bind(request.clinic_id)
    .bind(sample)
    .bind(&test.bench)
    .bind(request.priority)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Writes the state of an analysis. Returns whether it still had the version that was read.
///
/// # Errors
/// When the database refuses.
pub async fn set_analysis_state(
    tx: &mut Tx,
    lock: Locked<LabAnalysisId>,
    version: i64,
    to: AnalysisState,
    columns: Vec<(&'static str, Value)>,
    stamp: Stamp,
) -> Result<bool, DbError> {
    let mut query =
        sql("UPDATE lab_analyses SET state = ").push_bind(to).push(", version = version + 1, updated_at = ").push_bind(stamp.at);
    query = query.push(", updated_by = ").push_bind(stamp.by);
    for (column, value) in columns {
        query = query.push(", ").push(column).push(" = ").push_bind(value);
    }
    query = query.push(" WHERE id = ").push_bind(lock.id()).push(" AND version = ").push_bind(version);
    Ok(tx.execute(query).await? == 1)
}

/// Moves the waiting analyses of a sample to another one.
pub(super) async fn move_to(tx: &mut Tx, from: LabSampleId, to: LabSampleId) -> Result<()> {
    let query = sql("UPDATE lab_analyses SET sample_id = $2 WHERE sample_id = $1 AND state = 'waiting'").bind(from).bind(to);
    tx.execute(query).await?;
    Ok(())
}

/// Replaces the current results of analyses whose sample was rejected: they are no longer current.
pub(super) async fn supersede_results(tx: &mut Tx, analysis: Locked<LabAnalysisId>, now: Instant) -> Result<()> {
    let query =
        sql("UPDATE lab_results SET superseded_at = $2 WHERE analysis_id = $1 AND superseded_at IS NULL").bind(analysis.id()).bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Returns the expected samples of an order that no other open analysis waits for.
pub(super) async fn idle_samples(tx: &mut Tx, order: OrderId) -> Result<Vec<LabSampleId>> {
    let query = sql("SELECT DISTINCT s.id FROM lab_samples s JOIN lab_analyses a ON a.sample_id = s.id
        WHERE s.state = 'expected' AND a.order_id = $1
            AND NOT EXISTS (SELECT 1 FROM lab_analyses o WHERE o.sample_id = s.id AND o.state <> 'cancelled') ORDER BY s.id")
    .bind(order);
    Ok(tx.all::<(LabSampleId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Reads the orderers of a sample's orders.
pub(super) async fn orderers(tx: &mut Tx, sample: LabSampleId) -> Result<Vec<UserId>> {
    let query =
        sql("SELECT DISTINCT o.ordered_by FROM lab_analyses a JOIN orders o ON o.id = a.order_id WHERE a.sample_id = ").push_bind(sample);
    Ok(tx.all::<(UserId,)>(query).await?.into_iter().map(|(user,)| user).collect())
}

/// The place where an expected sample is collected: the ward where the patient lies, otherwise the service that ordered.
const PLACE: &str = "coalesce((SELECT w.name FROM bed_uses u JOIN beds b ON b.id = u.bed_id JOIN ward_rooms r ON r.id = b.room_id
    JOIN wards w ON w.id = r.ward_id WHERE u.patient_id = s.patient_id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL), s.place)";

pub(super) async fn expected(
    tx: &mut Tx,
    clinic: ClinicId,
    place: Option<&str>,
    until: Instant,
    limit: i64,
    offset: i64,
) -> Result<Vec<Sample>> {
    let mut query =
        sql(SAMPLES).push("s.state = 'expected' AND s.clinic_id = ").push_bind(clinic).push(" AND s.wanted_from <= ").push_bind(until);
    if let Some(place) = place {
        query = query.push(" AND ").push(PLACE).push(" = ").push_bind(place);
    }
    query = query
        .push(WANTED)
        .push(" ORDER BY CASE s.priority WHEN 'stat' THEN 1 WHEN 'asap' THEN 2 WHEN 'urgent' THEN 3 ELSE 4 END, s.wanted_from, s.number");
    Ok(tx.all(query.push(" LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset)).await?)
}

pub(super) async fn expected_places(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<(String, i64)>> {
    let query = sql("SELECT e.place, count(*) FROM (SELECT ")
        .push(PLACE)
        .push(" AS place FROM lab_samples s WHERE s.state = 'expected' AND s.clinic_id = ")
        .push_bind(clinic)
        .push(WANTED);
    Ok(tx.all(query.push(") e GROUP BY e.place ORDER BY e.place")).await?)
}

/// Reads the collected and sent samples of a clinic, the oldest first.
pub(super) async fn under_way(tx: &mut Tx, clinic: ClinicId, collected_before: Option<Instant>, limit: i64) -> Result<Vec<Sample>> {
    let mut query = sql(SAMPLES).push("(s.state = 'collected' OR s.state = 'sent') AND s.clinic_id = ").push_bind(clinic);
    if let Some(before) = collected_before {
        query = query.push(" AND s.collected_at <= ").push_bind(before);
    }
    Ok(tx.all(query.push(" ORDER BY s.collected_at, s.number LIMIT ").push_bind(limit)).await?)
}
