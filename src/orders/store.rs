//! The SQL of orders and their kinds.

use super::{
    Asked, KindStop, Order, OrderAct, OrderPriority, OrderState,
    order::NamedStamp,
    workflow::{Place, Report},
};
use crate::{
    core::{AdmissionId, ClinicId, EncounterId, Error, OrderId, PatientId, RequisitionId, Result, Stamp, UserId, VisitId, time::Instant},
    db::{DbError, Lockable, Locked, Sql, Tx, sql},
    keys::{Keyring, ORDERS as FIELDS, Sealed, Unopened},
    patients::PatientName,
};

impl Lockable for OrderId {
    const TABLE: &'static str = "orders";
}

#[derive(sqlx::FromRow)]
pub(super) struct KindRow {
    pub name: String,
    pub offered: bool,
    pub stop: KindStop,
    pub version: i64,
}

pub(super) async fn kinds(tx: &mut Tx) -> Result<Vec<KindRow>> {
    Ok(tx.all(sql("SELECT name, offered, stop, version FROM order_kinds ORDER BY name")).await?)
}

/// Changes the settings of a kind. Returns whether the row still had that version.
pub(super) async fn settle_kind(tx: &mut Tx, name: &str, version: i64, offered: bool, stop: KindStop, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE order_kinds SET offered = $3, stop = $4, version = version + 1, updated_at = $5, updated_by = $6
        WHERE name = $1 AND version = $2")
    .bind(name)
    .bind(version)
    .bind(offered)
    .bind(stop)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

#[derive(sqlx::FromRow)]
struct OrderRow {
    id: OrderId,
    patient_id: PatientId,
    #[sqlx(flatten)]
    name: PatientName,
    mrn: String,
    clinic_id: ClinicId,
    visit_id: Option<VisitId>,
    encounter_id: Option<EncounterId>,
    admission_id: Option<AdmissionId>,
    requisition: Option<String>,
    kind: String,
    service: String,
    priority: OrderPriority,
    sealed: Sealed,
    state: OrderState,
    stop_reason: String,
    ordered_at: Instant,
    ordered_by: UserId,
    orderer: String,
    requested_at: Option<Instant>,
    accepted_at: Option<Instant>,
    accepter: Option<String>,
    started_at: Option<Instant>,
    starter: Option<String>,
    completed_at: Option<Instant>,
    completer: Option<String>,
    stopped_at: Option<Instant>,
    stopper: Option<String>,
    version: i64,
    updated_by: UserId,
}

impl OrderRow {
    fn open(self, keys: &Keyring) -> Result<Order, Unopened> {
        let [reason, instructions, outcome] = FIELDS.open(keys, self.id, self.patient_id, &self.sealed)?;
        let stamp = |at: Option<Instant>, by: Option<String>| at.zip(by).map(|(at, by)| NamedStamp { at, by });
        Ok(Order {
            id: self.id,
            patient: self.patient_id,
            patient_name: self.name,
            mrn: self.mrn,
            clinic: self.clinic_id,
            visit: self.visit_id,
            encounter: self.encounter_id,
            admission: self.admission_id,
            requisition: self.requisition,
            kind: self.kind,
            service: self.service,
            priority: self.priority,
            reason,
            instructions,
            outcome,
            state: self.state,
            stop_reason: self.stop_reason,
            ordered: NamedStamp { at: self.ordered_at, by: self.orderer },
            ordered_by: self.ordered_by,
            requested_at: self.requested_at,
            accepted: stamp(self.accepted_at, self.accepter),
            started: stamp(self.started_at, self.starter),
            completed: stamp(self.completed_at, self.completer),
            stopped: stamp(self.stopped_at, self.stopper),
            version: self.version,
            updated_by: self.updated_by,
        })
    }
}

const ORDERS: &str =
    "SELECT o.id, o.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, o.clinic_id, o.visit_id, o.encounter_id, o.admission_id,
        r.number AS requisition, o.kind, o.service, o.priority, o.sealed, o.state, o.stop_reason, o.ordered_at, o.ordered_by, ub.display_name AS orderer,
        o.requested_at, o.accepted_at, ua.display_name AS accepter, o.started_at, us.display_name AS starter, o.completed_at,
        uc.display_name AS completer, o.stopped_at, ux.display_name AS stopper, o.version, o.updated_by
    FROM orders o JOIN patients p ON p.id = o.patient_id JOIN users ub ON ub.id = o.ordered_by
    LEFT JOIN users ua ON ua.id = o.accepted_by LEFT JOIN users us ON us.id = o.started_by
    LEFT JOIN users uc ON uc.id = o.completed_by LEFT JOIN users ux ON ux.id = o.stopped_by
    LEFT JOIN requisitions r ON r.id = o.requisition_id WHERE ";

async fn opened(tx: &mut Tx, query: Sql) -> Result<Vec<Order>> {
    let rows: Vec<OrderRow> = tx.all(query).await?;
    let keys = tx.keys();
    Ok(rows.into_iter().map(|row| row.open(keys)).collect::<Result<_, _>>()?)
}

pub(super) async fn order(tx: &mut Tx, id: OrderId) -> Result<Option<Order>> {
    Ok(opened(tx, sql(ORDERS).push("o.id = ").push_bind(id)).await?.pop())
}

/// Reads the orders of a visit, without those that were entered in error, in the order of their times.
pub(super) async fn of_visit(tx: &mut Tx, visit: VisitId) -> Result<Vec<Order>> {
    let query = sql(ORDERS).push("o.state <> 'entered_in_error' AND o.visit_id = ").push_bind(visit);
    opened(tx, query.push(" ORDER BY o.ordered_at, o.id")).await
}

/// Reads the orders of a stay, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_stay(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<Order>> {
    let query = sql(ORDERS).push("o.state <> 'entered_in_error' AND o.admission_id = ").push_bind(admission);
    opened(tx, query.push(" ORDER BY o.ordered_at DESC, o.id LIMIT 200")).await
}

/// Returns the user whom the results of a requisition wait for: the doctor of the stay, or else the person who ordered.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn responsible(tx: &mut Tx, requisition: RequisitionId) -> Result<UserId> {
    let query = sql("SELECT coalesce(u.id, q.requested_by) FROM requisitions q LEFT JOIN admissions a ON a.id = q.admission_id
        LEFT JOIN staff s ON s.id = a.doctor_id LEFT JOIN users u ON u.id = s.user_id AND u.status = 'active' WHERE q.id = ")
    .push_bind(requisition);
    let row: Option<(UserId,)> = tx.optional(query).await?;
    row.map(|(user,)| user).ok_or(Error::NotFound)
}

/// Returns the user whom the result of an order waits for.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn responsible_for(tx: &mut Tx, order: OrderId) -> Result<UserId> {
    let row: Option<(Option<RequisitionId>, UserId)> =
        tx.optional(sql("SELECT requisition_id, ordered_by FROM orders WHERE id = ").push_bind(order)).await?;
    match row.ok_or(Error::NotFound)? {
        (Some(requisition), _) => responsible(tx, requisition).await,
        (None, orderer) => Ok(orderer),
    }
}

/// Reads the orders of a patient without drafts, the latest first.
pub(super) async fn of_patient(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<Order>> {
    let mut query = sql(ORDERS).push("o.state <> 'draft' AND o.patient_id = ").push_bind(patient);
    if let Some(before) = before {
        query = query.push(" AND o.ordered_at < ").push_bind(before);
    }
    opened(tx, query.push(" ORDER BY o.ordered_at DESC, o.id LIMIT ").push_bind(limit)).await
}

/// Reads the orders that the portal shows, the latest first: none whose results a doctor holds back from everybody or from this reader, who is
/// the patient or, `acting`, a person who acts for the patient. The name of a test can say as much as its result.
pub(super) async fn in_portal(tx: &mut Tx, patient: PatientId, acting: bool, limit: i64) -> Result<Vec<Order>> {
    let query = sql(ORDERS)
        .push("o.state NOT IN ('draft', 'entered_in_error') AND o.patient_id = ")
        .push_bind(patient)
        .push(" AND NOT EXISTS (SELECT 1 FROM note_holds h WHERE h.patient_id = o.patient_id AND h.order_id = o.id AND h.ended_at IS NULL AND h.hidden_from IN ('everybody', ")
        .push_bind(if acting { "guardians" } else { "patient" })
        .push_for("))", ") OFFSET 0)");
    opened(tx, query.push(" ORDER BY o.ordered_at DESC, o.id LIMIT ").push_bind(limit)).await
}

/// Reads the services that are on order for the patient: of this kind, not completed and not cancelled.
pub(super) async fn on_order(tx: &mut Tx, patient: PatientId, kind: &str) -> Result<Vec<String>> {
    let query = sql("SELECT service FROM orders
        WHERE patient_id = $1 AND kind = $2 AND state IN ('draft', 'requested', 'accepted', 'in_progress', 'on_hold')")
    .bind(patient)
    .bind(kind);
    let rows: Vec<(String,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(service,)| service).collect())
}

/// The filter of a worklist.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub kinds: Vec<&'static str>,
    /// One state; without it all open orders.
    pub state: Option<OrderState>,
    pub priority: Option<OrderPriority>,
    /// Only orders that were placed before this time.
    pub before: Option<Instant>,
    /// Only orders of this user.
    pub by: Option<UserId>,
}

/// The patient of a requisition, and the clinic, visit, encounter and stay that it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Requisition {
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub visit: Option<VisitId>,
    pub encounter: Option<EncounterId>,
    pub admission: Option<AdmissionId>,
}

pub(super) async fn insert_requisition(tx: &mut Tx, id: RequisitionId, number: &str, of: Requisition, stamp: Stamp) -> Result<()> {
    let query = sql(
        "INSERT INTO requisitions (id, number, patient_id, clinic_id, visit_id, encounter_id, requested_at, requested_by, admission_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id)
    .bind(number)
    .bind(of.patient)
    .bind(of.clinic)
    .bind(of.visit)
    .bind(of.encounter)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(of.admission);
    tx.execute(query).await?;
    Ok(())
}

/// Reads the orders of the clinic with this requisition number, in any state.
pub(super) async fn of_requisition(tx: &mut Tx, clinic: ClinicId, number: &str, kinds: &[&'static str]) -> Result<Vec<Order>> {
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql(ORDERS).push("o.clinic_id = ").push_bind(clinic).push(" AND o.kind IN ").push_list(kinds.iter().copied());
    let query = query.push(" AND r.number IN (").push_bind(number).push(", ").push_bind(number.to_uppercase());
    opened(tx, query.push(") ORDER BY o.ordered_at, o.id")).await
}

/// Reads the orders of a clinic: the most urgent first, then those that wait longest; closed orders by time, the latest first.
pub(super) async fn worklist(tx: &mut Tx, clinic: ClinicId, filter: &Filter, limit: i64, offset: i64) -> Result<Vec<Order>> {
    if filter.kinds.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = sql(ORDERS).push("o.clinic_id = ").push_bind(clinic).push(" AND o.kind IN ").push_list(filter.kinds.iter().copied());
    // The words equal those of the partial indexes, so that the database uses them.
    let is_open = filter.state.is_none_or(|state| OrderState::OPEN.contains(&state));
    query = match is_open {
        true => query.push(" AND o.state IN ('requested', 'accepted', 'in_progress', 'on_hold')"),
        false => query.push(" AND o.state IN ('completed', 'cancelled', 'entered_in_error')"),
    };
    if let Some(state) = filter.state {
        query = query.push(" AND o.state = ").push_bind(state);
    }
    if let Some(priority) = filter.priority {
        query = query.push(" AND o.priority = ").push_bind(priority);
    }
    if let Some(before) = filter.before {
        query = query.push(" AND o.requested_at <= ").push_bind(before);
    }
    if let Some(by) = filter.by {
        query = query.push(" AND o.ordered_by = ").push_bind(by);
    }
    query = match is_open {
        true => query
            .push(" ORDER BY CASE o.priority WHEN 'stat' THEN 1 WHEN 'asap' THEN 2 WHEN 'urgent' THEN 3 ELSE 4 END, o.requested_at, o.id"),
        false => query.push(" ORDER BY o.updated_at DESC, o.id DESC"),
    };
    opened(tx, query.push(" LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset)).await
}

/// Whether the visit has open orders of kinds with this stop. A patient does not wait for an order on hold.
pub(super) async fn waits(tx: &mut Tx, visit: VisitId, stop: KindStop) -> Result<bool> {
    let query = sql("SELECT count(*) FROM orders o JOIN order_kinds k ON k.name = o.kind
        WHERE o.visit_id = $1 AND k.stop = $2 AND o.state IN ('requested', 'accepted', 'in_progress')")
    .bind(visit)
    .bind(stop);
    Ok(tx.count(query).await? > 0)
}

/// Reads the visit of an order, which never changes: it is locked before the order.
pub(super) async fn visit_of(tx: &mut Tx, id: OrderId) -> Result<Option<VisitId>> {
    let row: Option<(Option<VisitId>,)> = tx.optional(sql("SELECT visit_id FROM orders WHERE id = ").push_bind(id)).await?;
    let (visit,) = row.ok_or(Error::NotFound)?;
    Ok(visit)
}

pub(super) async fn insert(
    tx: &mut Tx,
    patient: Locked<PatientId>,
    place: &Place,
    (asked, requisition): (&Asked, Option<RequisitionId>),
    stamp: Stamp,
) -> Result<()> {
    let state = if asked.is_draft { OrderState::Draft } else { OrderState::Requested };
    let query =
        sql("INSERT INTO orders (id, patient_id, clinic_id, visit_id, encounter_id, kind, service, priority, sealed, state, ordered_at,
            ordered_by, requested_at, updated_at, updated_by, requisition_id, admission_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $11, $12, $14, $15)")
        .bind(asked.id)
        .bind(patient.id())
        .bind(place.clinic)
        .bind(place.visit)
        .bind(place.encounter.map(Locked::id))
        .bind(&asked.kind)
        .bind(&asked.service)
        .bind(asked.priority)
        .bind(FIELDS.seal(asked.id, patient.id(), [&asked.reason, &asked.instructions, ""]))
        .bind(state)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind((!asked.is_draft).then_some(stamp.at))
        .bind(requisition)
        .bind(place.admission.map(Locked::id));
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}

/// Reads the drafts of an encounter.
pub(super) async fn drafts(tx: &mut Tx, encounter: Locked<EncounterId>) -> Result<Vec<OrderId>> {
    let query = sql("SELECT id FROM orders WHERE state = 'draft' AND encounter_id = ").push_bind(encounter.id()).push(" ORDER BY id");
    let rows: Vec<(OrderId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// An act, the state after it, and the new requisition of an order that the act places.
pub(super) struct Move {
    pub act: OrderAct,
    pub to: OrderState,
    pub requisition: Option<RequisitionId>,
}

/// Writes the state after an act, with its times and users. Returns whether the order still had the version that was read.
pub(super) async fn step(
    tx: &mut Tx,
    lock: Locked<OrderId>,
    order: &Order,
    Move { act, to, requisition }: Move,
    report: &Report,
    stamp: Stamp,
) -> Result<bool> {
    let id = lock.id();
    let mut query = sql("UPDATE orders SET state = ").push_bind(to).push(", version = version + 1, updated_at = ").push_bind(stamp.at);
    query = query.push(", updated_by = ").push_bind(stamp.by);
    let stamped = |query: Sql, at: &'static str, person: &'static str| query.push(at).push_bind(stamp.at).push(person).push_bind(stamp.by);
    if act == OrderAct::Place {
        query = query.push(", requested_at = ").push_bind(stamp.at).push(", requisition_id = ").push_bind(requisition);
    }
    if act == OrderAct::Accept || (to == OrderState::InProgress && order.accepted.is_none()) {
        query = stamped(query, ", accepted_at = ", ", accepted_by = ");
    }
    if to == OrderState::InProgress {
        query = stamped(query, ", started_at = ", ", started_by = ");
    }
    if to == OrderState::Completed {
        query = stamped(query, ", completed_at = ", ", completed_by = ");
        let sealed = FIELDS.seal(id, order.patient, [&order.reason, &order.instructions, &report.outcome]);
        query = query.push(", sealed = ").push_bind(sealed);
    }
    query = if act.needs_reason() {
        stamped(query, ", stopped_at = ", ", stopped_by = ").push(", stop_reason = ").push_bind(&report.reason)
    } else {
        query.push(", stopped_at = NULL, stopped_by = NULL, stop_reason = ''")
    };
    let done = tx.execute(query.push(" WHERE id = ").push_bind(id).push(" AND version = ").push_bind(order.version)).await? == 1;
    if done && to == OrderState::Completed {
        tx.changed(&FIELDS, id);
    }
    Ok(done)
}
