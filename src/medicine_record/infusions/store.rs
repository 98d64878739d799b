//! The SQL of infusions.

use uuid::Uuid;

use super::{DoseRate, Infusion, InfusionEvent, InfusionEventKind, InfusionOrder, InfusionReason, InfusionState, Step};
use crate::{
    core::{AdmissionId, CareOrderId, InfusionId, PatientId, Result, UserId, WardId, time::Instant},
    db::{DbError, Lockable, Tx, sql},
    medicine_record::orders::CareOrder,
};

impl Lockable for InfusionId {
    const TABLE: &'static str = "infusions";
}

const INFUSIONS: &str =
    "SELECT i.id, i.order_id, i.admission_id, i.patient_id, i.clinic_id, i.state, i.rate_ul_h, i.started_at, i.last_at, i.seq, i.ended_at
    FROM infusions i WHERE ";

/// Reads an infusion.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: InfusionId) -> Result<Option<Infusion>> {
    Ok(tx.optional(sql(INFUSIONS).push("i.id = ").push_bind(id)).await?)
}

/// Reads the infusion of an order that stands: the one that was not entered in error.
///
/// # Errors
/// When the database refuses.
pub async fn of_dose_order(tx: &mut Tx, order: CareOrderId) -> Result<Option<Infusion>> {
    let query = sql(INFUSIONS).push("i.state <> 'voided' AND i.order_id = ").push_bind(order);
    Ok(tx.optional(query.push(" ORDER BY i.started_at DESC LIMIT 1")).await?)
}

/// Reads the infusions of an admission, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_admission(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<Infusion>> {
    let query = sql(INFUSIONS).push("i.admission_id = ").push_bind(admission);
    Ok(tx.all(query.push(" ORDER BY i.started_at DESC, i.id LIMIT 200")).await?)
}

/// Reads the events of an infusion, in order.
///
/// # Errors
/// When the database refuses.
pub async fn events_of(tx: &mut Tx, id: InfusionId) -> Result<Vec<InfusionEvent>> {
    let query =
        sql("SELECT e.kind, e.at, e.recorded_at, r.display_name AS recorder, c.display_name AS checker, e.rate_ul_h, e.volume_ul, e.reason
        FROM infusion_events e JOIN users r ON r.id = e.recorded_by LEFT JOIN users c ON c.id = e.checked_by WHERE e.infusion_id = ")
        .push_bind(id);
    Ok(tx.all(query.push(" ORDER BY e.seq")).await?)
}

type StepRow = (InfusionId, InfusionEventKind, Instant, Option<i64>, Option<i64>);

fn grouped(rows: Vec<StepRow>) -> Vec<(InfusionId, Vec<Step>)> {
    let mut all: Vec<(InfusionId, Vec<Step>)> = Vec::new();
    for (id, kind, at, rate_ul_h, volume_ul) in rows {
        let step = Step { kind, at, rate_ul_h, volume_ul };
        match all.last_mut().filter(|(last, _)| *last == id) {
            Some((_, steps)) => steps.push(step),
            None => all.push((id, vec![step])),
        }
    }
    all
}

/// Reads the events of all infusions of an admission, by infusion.
///
/// # Errors
/// When the database refuses.
pub async fn steps_of_admission(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<(InfusionId, Vec<Step>)>> {
    let query =
        sql("SELECT e.infusion_id, e.kind, e.at, e.rate_ul_h, e.volume_ul FROM infusions i JOIN infusion_events e ON e.infusion_id = i.id
        WHERE i.admission_id = ")
        .push_bind(admission);
    Ok(grouped(tx.all(query.push(" ORDER BY e.infusion_id, e.seq")).await?))
}

/// An infusion that runs on a ward, or is paused.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RunningRow {
    pub id: InfusionId,
    pub patient_id: PatientId,
    pub bed: String,
    pub title: String,
    pub dose: String,
    pub state: InfusionState,
    pub rate_ul_h: i64,
    pub two_person: bool,
}

/// Reads the infusions that run or are paused on a ward, by bed, each with its events.
///
/// # Errors
/// When the database refuses.
pub async fn running_on_ward(tx: &mut Tx, ward: WardId) -> Result<Vec<(RunningRow, Vec<Step>)>> {
    let query = sql("SELECT i.id, i.patient_id, b.name AS bed, o.title, o.dose, i.state, i.rate_ul_h, o.two_person
        FROM ward_rooms r JOIN beds b ON b.room_id = r.id
        JOIN bed_uses u ON u.bed_id = b.id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL
        JOIN care_orders o ON o.admission_id = u.admission_id AND (o.state = 'active' OR o.state = 'on_hold')
        JOIN infusions i ON i.order_id = o.id AND (i.state = 'running' OR i.state = 'paused')
        WHERE r.ward_id = ")
    .push_bind(ward);
    let rows: Vec<RunningRow> = tx.all(query.push(" ORDER BY b.name, o.title, i.id LIMIT 200")).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("SELECT infusion_id, kind, at, rate_ul_h, volume_ul FROM infusion_events WHERE infusion_id IN ")
        .push_list(rows.iter().map(|row| row.id));
    let mut steps = grouped(tx.all(query.push(" ORDER BY infusion_id, seq")).await?);
    let with_steps = |row: RunningRow| {
        let at = steps.iter().position(|(id, _)| *id == row.id);
        let of_row = at.map(|at| steps.swap_remove(at).1).unwrap_or_default();
        (row, of_row)
    };
    Ok(rows.into_iter().map(with_steps).collect())
}

/// Writes the part of an order that makes it an infusion.
///
/// # Errors
/// When the database refuses.
pub async fn insert_order(tx: &mut Tx, order: &CareOrder, infusion: &InfusionOrder) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO infusion_orders (order_id, patient_id, volume_ul, rate_ul_h, most_ul_h, dose_unit, dose_milli, weight_g, content)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
        .bind(order.id)
        .bind(order.patient_id)
        .bind(infusion.volume_ul)
        .bind(infusion.rate_ul_h)
        .bind(infusion.most_ul_h)
        .bind(infusion.dose.map(|dose| dose.unit))
        .bind(infusion.dose.map(|dose| dose.milli))
        .bind(infusion.dose.and_then(|dose: DoseRate| dose.weight_g))
        .bind(infusion.dose.map(|dose| dose.content));
    tx.execute(query).await?;
    Ok(())
}

/// Writes an infusion that starts.
pub(super) async fn insert(tx: &mut Tx, id: InfusionId, order: &CareOrder, rate_ul_h: i64, at: Instant) -> Result<(), DbError> {
    let query = sql("INSERT INTO infusions (id, order_id, admission_id, patient_id, clinic_id, state, rate_ul_h, started_at, last_at)
        VALUES ($1, $2, $3, $4, $5, 'running', $6, $7, $7)")
    .bind(id)
    .bind(order.id)
    .bind(order.admission_id)
    .bind(order.patient_id)
    .bind(order.clinic_id)
    .bind(rate_ul_h)
    .bind(at);
    tx.execute(query).await?;
    Ok(())
}

/// An event to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewEvent {
    pub id: Uuid,
    pub seq: i64,
    pub kind: InfusionEventKind,
    pub at: Instant,
    pub checked_by: Option<UserId>,
    pub rate_ul_h: Option<i64>,
    pub volume_ul: Option<i64>,
    pub reason: Option<InfusionReason>,
}

pub(super) async fn insert_event(
    tx: &mut Tx,
    (infusion, patient): (InfusionId, PatientId),
    new: &NewEvent,
    (by, now): (UserId, Instant),
) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO infusion_events (id, infusion_id, patient_id, seq, kind, at, recorded_at, recorded_by, checked_by, rate_ul_h, volume_ul, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(new.id)
    .bind(infusion)
    .bind(patient)
    .bind(new.seq)
    .bind(new.kind)
    .bind(new.at)
    .bind(now)
    .bind(by)
    .bind(new.checked_by)
    .bind(new.rate_ul_h)
    .bind(new.volume_ul)
    .bind(new.reason);
    tx.execute(query).await?;
    Ok(())
}

/// Returns the infusion of the event with this key.
pub(super) async fn event_of(tx: &mut Tx, key: Uuid) -> Result<Option<InfusionId>> {
    let row: Option<(InfusionId,)> = tx.optional(sql("SELECT infusion_id FROM infusion_events WHERE id = ").push_bind(key)).await?;
    Ok(row.map(|(id,)| id))
}
