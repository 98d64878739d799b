//! The SQL of studies and their questions of safety.

use super::{Dose, DoseSource, FoundDose, ImagingForm, ImagingStudy, SafetyCheck};
use crate::{
    core::{
        ClinicId, ImagingDoseId, ImagingOrderId, ImagingProcedureId, ImagingRoomId, ImagingSafetyId, OrderId, PatientId, Result, Stamp,
        UserId, VisitId, time::Instant,
    },
    db::{DbError, Lockable, Locked, Sql, Tx, Value, sql},
    imaging::{
        step::ImagingStep,
        vocabulary::{BodySide, SafetyAnswer, SafetyQuestion},
    },
    keys::{IMAGING_ORDERS as FIELDS, Keyring, ORDERS, Sealed, Unopened},
    orders::{OrderPriority, OrderState},
    patients::{Birth, PatientName, Sex},
};

impl Lockable for ImagingOrderId {
    const TABLE: &'static str = "imaging_orders";
}

#[derive(sqlx::FromRow)]
struct Row {
    id: ImagingOrderId,
    order_id: OrderId,
    requisition: Option<String>,
    order_state: OrderState,
    order_stop_reason: String,
    patient_id: PatientId,
    #[sqlx(flatten)]
    patient_name: PatientName,
    mrn: String,
    #[sqlx(flatten)]
    birth: Birth,
    sex: Sex,
    clinic_id: ClinicId,
    visit_id: Option<VisitId>,
    procedure_id: ImagingProcedureId,
    side: BodySide,
    priority: OrderPriority,
    wanted_from: Option<Instant>,
    step: ImagingStep,
    accession: Option<String>,
    study_uid: Option<String>,
    ordered_by: UserId,
    orderer: String,
    ordered_at: Instant,
    sealed: Sealed,
    order_sealed: Sealed,
    vetted_at: Option<Instant>,
    vetter: Option<String>,
    room_id: Option<ImagingRoomId>,
    room: Option<String>,
    starts_at: Option<Instant>,
    ends_at: Option<Instant>,
    arrived_at: Option<Instant>,
    started_at: Option<Instant>,
    starter: Option<String>,
    acquired_at: Option<Instant>,
    acquirer: Option<String>,
    stop_reason: String,
    version: i64,
    updated_by: UserId,
}

impl Row {
    fn open(self, keys: &Keyring) -> Result<ImagingStudy, Unopened> {
        let [protocol, question, answer] = FIELDS.open(keys, self.id, self.patient_id, &self.sealed)?;
        let [reason, instructions, _] = ORDERS.open(keys, self.order_id, self.patient_id, &self.order_sealed)?;
        Ok(ImagingStudy {
            id: self.id,
            order_id: self.order_id,
            requisition: self.requisition,
            order_state: self.order_state,
            order_stop_reason: self.order_stop_reason,
            patient_id: self.patient_id,
            patient_name: self.patient_name,
            mrn: self.mrn,
            birth: self.birth,
            sex: self.sex,
            clinic_id: self.clinic_id,
            visit_id: self.visit_id,
            procedure_id: self.procedure_id,
            side: self.side,
            priority: self.priority,
            wanted_from: self.wanted_from,
            step: self.step,
            accession: self.accession.unwrap_or_default(),
            study_uid: self.study_uid.unwrap_or_default(),
            ordered_by: self.ordered_by,
            orderer: self.orderer,
            ordered_at: self.ordered_at,
            reason,
            instructions,
            protocol,
            question,
            answer,
            vetted_at: self.vetted_at,
            vetter: self.vetter,
            room_id: self.room_id,
            room: self.room,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            arrived_at: self.arrived_at,
            started_at: self.started_at,
            starter: self.starter,
            acquired_at: self.acquired_at,
            acquirer: self.acquirer,
            stop_reason: self.stop_reason,
            version: self.version,
            updated_by: self.updated_by,
        })
    }
}

const STUDIES: &str = "SELECT i.id, i.order_id, q.number AS requisition, o.state AS order_state, o.stop_reason AS order_stop_reason, i.patient_id,
        p.given_names, p.family_name, p.preferred_name, p.mrn, p.birth_date, p.birth_precision, p.sex, i.clinic_id, o.visit_id, i.procedure_id,
        i.side, i.priority, i.wanted_from, i.step, i.accession, i.study_uid, o.ordered_by, uo.display_name AS orderer, o.ordered_at, i.sealed,
        o.sealed AS order_sealed, i.vetted_at, uv.display_name AS vetter, i.room_id, r.name AS room, i.starts_at, i.ends_at, i.arrived_at,
        i.started_at, us.display_name AS starter, i.acquired_at, ua.display_name AS acquirer, i.stop_reason, i.version, i.updated_by
    FROM imaging_orders i JOIN orders o ON o.id = i.order_id JOIN patients p ON p.id = i.patient_id JOIN users uo ON uo.id = o.ordered_by
    LEFT JOIN requisitions q ON q.id = o.requisition_id LEFT JOIN imaging_rooms r ON r.id = i.room_id LEFT JOIN users uv ON uv.id = i.vetted_by
    LEFT JOIN users us ON us.id = i.started_by LEFT JOIN users ua ON ua.id = i.acquired_by WHERE ";

async fn opened(tx: &mut Tx, query: Sql) -> Result<Vec<ImagingStudy>> {
    let rows: Vec<Row> = tx.all(query).await?;
    let keys = tx.keys();
    Ok(rows.into_iter().map(|row| row.open(keys)).collect::<Result<_, _>>()?)
}

/// Reads a study.
///
/// # Errors
/// When the database refuses.
pub async fn study(tx: &mut Tx, id: ImagingOrderId) -> Result<Option<ImagingStudy>> {
    Ok(opened(tx, sql(STUDIES).push("i.id = ").push_bind(id)).await?.pop())
}

/// Reads the study of an order.
///
/// # Errors
/// When the database refuses.
pub async fn of_order(tx: &mut Tx, order: OrderId) -> Result<Option<ImagingStudy>> {
    Ok(opened(tx, sql(STUDIES).push("i.order_id = ").push_bind(order)).await?.pop())
}

/// Reads the studies of a patient without drafts, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId, limit: i64) -> Result<Vec<ImagingStudy>> {
    let query = sql(STUDIES).push("i.requested_at IS NOT NULL AND i.patient_id = ").push_bind(patient);
    opened(tx, query.push(" ORDER BY i.requested_at DESC, i.id LIMIT ").push_bind(limit)).await
}

/// Reads the studies that are booked between two times at a clinic, in the order of their times.
///
/// # Errors
/// When the database refuses.
pub async fn booked_on(tx: &mut Tx, clinic: ClinicId, (from, to): (Instant, Instant)) -> Result<Vec<ImagingStudy>> {
    let query =
        sql(STUDIES).push("i.room_id IS NOT NULL AND i.clinic_id = ").push_bind(clinic).push(" AND i.starts_at >= ").push_bind(from);
    opened(tx, query.push(" AND i.starts_at < ").push_bind(to).push(" ORDER BY i.starts_at, i.id LIMIT 500")).await
}

/// The studies of a clinic at some steps, the most urgent first. `steps` has quoted words.
fn waiting(clinic: ClinicId, steps: &'static str) -> Sql {
    sql(STUDIES)
        .push("i.id IN (SELECT w.id FROM imaging_orders w WHERE w.step IN (")
        .push(steps)
        .push(") AND w.clinic_id = ")
        .push_bind(clinic)
        .push(") ORDER BY CASE i.priority WHEN 'stat' THEN 1 WHEN 'asap' THEN 2 WHEN 'urgent' THEN 3 ELSE 4 END, i.requested_at, i.id LIMIT 200")
}

/// Reads the requests on which a radiologist is to decide, and those that wait for a doctor's answer.
///
/// # Errors
/// When the database refuses.
pub async fn to_vet(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<ImagingStudy>> {
    opened(tx, waiting(clinic, "'requested', 'returned'")).await
}

/// Reads the studies that are to be booked.
///
/// # Errors
/// When the database refuses.
pub async fn to_book(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<ImagingStudy>> {
    opened(tx, waiting(clinic, "'vetted', 'no_show'")).await
}

/// Reads the studies that are to be reported.
///
/// # Errors
/// When the database refuses.
pub async fn reading_list(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<ImagingStudy>> {
    opened(tx, waiting(clinic, "'acquired'")).await
}

/// Reads the bookings of a patient from a time on.
///
/// # Errors
/// When the database refuses.
pub async fn in_portal(tx: &mut Tx, patient: PatientId, from: Instant) -> Result<Vec<ImagingStudy>> {
    let query =
        sql(STUDIES).push("i.step = 'scheduled' AND i.patient_id = ").push_bind(patient).push(" AND i.starts_at >= ").push_bind(from);
    opened(tx, query.push(" ORDER BY i.starts_at, i.id LIMIT 20")).await
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: ImagingOrderId,
    (patient, clinic): (PatientId, ClinicId),
    form: &ImagingForm,
    stamp: Stamp,
) -> Result<()> {
    let query =
        sql("INSERT INTO imaging_orders (id, order_id, patient_id, clinic_id, procedure_id, side, priority, wanted_from, step, sealed,
        updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'draft', $9, $10, $11)")
        .bind(id)
        .bind(form.key)
        .bind(patient)
        .bind(clinic)
        .bind(form.procedure.id)
        .bind(form.side)
        .bind(form.priority)
        .bind(form.wanted_from)
        .bind(FIELDS.seal(id, patient, ["", "", ""]))
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}

/// The columns that an act sets besides the step.
pub(super) type Columns = Vec<(&'static str, Value)>;

/// The sealed protocol, question and answer of a study.
pub(super) fn texts(study: &ImagingStudy, texts: [&str; 3]) -> Value {
    FIELDS.seal(study.id, study.patient_id, texts).into()
}

/// Records that the sealed texts of a study were changed.
pub(super) fn texts_changed(tx: &mut Tx, id: ImagingOrderId) {
    tx.changed(&FIELDS, id);
}

/// Writes the step of a study after an act. Returns whether it still had the version that was read.
pub(super) async fn step(
    tx: &mut Tx,
    lock: Locked<ImagingOrderId>,
    version: i64,
    to: ImagingStep,
    columns: Columns,
    stamp: Stamp,
) -> Result<bool, DbError> {
    let mut query =
        sql("UPDATE imaging_orders SET step = ").push_bind(to).push(", version = version + 1, updated_at = ").push_bind(stamp.at);
    query = query.push(", updated_by = ").push_bind(stamp.by);
    for (column, value) in columns {
        query = query.push(", ").push(column).push(" = ").push_bind(value);
    }
    query = query.push(" WHERE id = ").push_bind(lock.id()).push(" AND version = ").push_bind(version);
    Ok(tx.execute(query).await? == 1)
}

/// Reads the questions of a study with the answers in use.
///
/// # Errors
/// When the database refuses.
pub async fn safety_of(tx: &mut Tx, id: ImagingOrderId) -> Result<Vec<SafetyCheck>> {
    let query = sql("SELECT s.id, s.question, s.answer, s.egfr, s.egfr_at, s.answered_at, ua.display_name AS answerer, s.override_reason,
        uo.display_name AS overrider, s.overridden_at FROM imaging_safety s LEFT JOIN users ua ON ua.id = s.answered_by
        LEFT JOIN users uo ON uo.id = s.overridden_by WHERE s.superseded_at IS NULL AND s.imaging_id = ")
    .push_bind(id);
    Ok(tx.all(query.push(" ORDER BY s.question")).await?)
}

/// Asks a question.
pub(super) async fn ask(tx: &mut Tx, id: ImagingOrderId, question: SafetyQuestion, now: Instant) -> Result<()> {
    let query = sql("INSERT INTO imaging_safety (id, imaging_id, question, asked_at) VALUES ($1, $2, $3, $4)")
        .bind(ImagingSafetyId::new())
        .bind(id)
        .bind(question)
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Writes the answer to a question that has none.
pub(super) async fn set_answer(
    tx: &mut Tx,
    id: ImagingOrderId,
    question: SafetyQuestion,
    (answer, egfr): (SafetyAnswer, Option<(i64, Instant)>),
    stamp: Stamp,
) -> Result<()> {
    let query = sql("UPDATE imaging_safety SET answer = $3, egfr = $4, egfr_at = $5, answered_at = $6, answered_by = $7
        WHERE imaging_id = $1 AND question = $2 AND superseded_at IS NULL")
    .bind(id)
    .bind(question)
    .bind(answer)
    .bind(egfr.map(|(value, _)| value))
    .bind(egfr.map(|(_, at)| at))
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Marks an answer as replaced.
pub(super) async fn supersede(tx: &mut Tx, id: ImagingSafetyId, now: Instant) -> Result<()> {
    tx.execute(sql("UPDATE imaging_safety SET superseded_at = $2 WHERE id = $1").bind(id).bind(now)).await?;
    Ok(())
}

pub(super) async fn set_override(tx: &mut Tx, id: ImagingSafetyId, reason: &str, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE imaging_safety SET override_reason = $2, overridden_at = $3, overridden_by = $4
        WHERE id = $1 AND superseded_at IS NULL AND overridden_at IS NULL")
    .bind(id)
    .bind(reason)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Reads the dose of a study that is in use.
///
/// # Errors
/// When the database refuses.
pub async fn dose_of(tx: &mut Tx, id: ImagingOrderId) -> Result<Option<Dose>> {
    let query = sql("SELECT d.id, d.ctdi_vol, d.dlp, d.dap, d.source, d.recorded_at, u.display_name AS recorder, d.recorded_by
        FROM imaging_doses d JOIN users u ON u.id = d.recorded_by WHERE d.superseded_at IS NULL AND d.imaging_id = ");
    Ok(tx.optional(query.push_bind(id)).await?)
}

/// Marks the dose of a study as replaced.
pub(super) async fn supersede_dose(tx: &mut Tx, id: ImagingOrderId, now: Instant) -> Result<()> {
    tx.execute(sql("UPDATE imaging_doses SET superseded_at = $2 WHERE imaging_id = $1 AND superseded_at IS NULL").bind(id).bind(now))
        .await?;
    Ok(())
}

pub(super) async fn insert_dose(
    tx: &mut Tx,
    (id, study): (ImagingDoseId, ImagingOrderId),
    found: FoundDose,
    source: DoseSource,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO imaging_doses (id, imaging_id, ctdi_vol, dlp, dap, source, recorded_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(id)
    .bind(study)
    .bind(found.ctdi_vol)
    .bind(found.dlp)
    .bind(found.dap)
    .bind(source)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
