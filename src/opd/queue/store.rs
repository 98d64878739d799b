//! The SQL of the queue.

use super::{CameFrom, Entry, Opening, QueueFilter, QueueRow};
use crate::{
    core::{
        AppointmentId, ClinicId, Error, PatientId, QueueEntryId, Result, ServiceId, ServicePointId, StaffId, Stamp, UserId, VisitId,
        time::Instant,
    },
    db::{Locked, Sql, Tx, sql},
    opd::{Closure, Priority, QueueState, Step},
    patients::{Birth, Sex},
    tr,
};

const ENTRY: &str = "SELECT e.id, e.visit_id, v.patient_id, e.clinic_id, e.service_id, v.token, e.step, e.state, e.priority, e.priority_reason, \
                     e.service_point_id, e.doctor_id, e.previous_id, e.waiting_since, e.opened_at, e.closed_at, e.closed_because \
                     FROM queue_entries e JOIN visits v ON v.id = e.visit_id WHERE ";

const ROW: &str = "SELECT e.id, e.visit_id, e.clinic_id, e.service_id, s.name AS service_name, v.patient_id, p.given_names, p.family_name, p.mrn, \
                   p.birth_date, p.birth_precision, p.sex, v.appointment_id, v.token, v.reason, e.step, e.state, e.priority, e.priority_reason, e.service_point_id, \
                   sp.name AS point_name, e.doctor_id, d.display_name AS doctor_name, v.arrived_at, e.waiting_since, e.opened_at, \
                   before.step AS from_step, before.closed_because AS from_because \
                   FROM queue_entries e JOIN visits v ON v.id = e.visit_id JOIN services s ON s.id = e.service_id \
                   JOIN patients p ON p.id = v.patient_id LEFT JOIN service_points sp ON sp.id = e.service_point_id \
                   LEFT JOIN staff d ON d.id = e.doctor_id LEFT JOIN queue_entries before ON before.id = e.previous_id \
                   WHERE e.closed_at IS NULL AND ";

/// The order of the queue: by priority, then by the time waited. A patient who was called and not there comes after all
/// patients who waited at that moment, however urgent, because the next call must reach another patient.
const ORDER: &str = " ORDER BY CASE WHEN before.closed_because = 'skipped' THEN 3 ELSE e.priority END, \
                     CASE WHEN before.closed_because = 'skipped' THEN e.opened_at ELSE e.waiting_since END, e.id";

#[derive(sqlx::FromRow)]
struct Row {
    id: QueueEntryId,
    visit_id: VisitId,
    clinic_id: ClinicId,
    service_id: ServiceId,
    service_name: String,
    patient_id: PatientId,
    given_names: String,
    family_name: String,
    mrn: String,
    #[sqlx(flatten)]
    birth: Birth,
    sex: Sex,
    appointment_id: Option<AppointmentId>,
    token: String,
    reason: String,
    step: Step,
    state: QueueState,
    #[sqlx(try_from = "i64")]
    priority: Priority,
    priority_reason: String,
    service_point_id: Option<ServicePointId>,
    point_name: Option<String>,
    doctor_id: Option<StaffId>,
    doctor_name: Option<String>,
    arrived_at: Instant,
    waiting_since: Instant,
    opened_at: Instant,
    from_step: Option<Step>,
    from_because: Option<Closure>,
}

impl From<Row> for QueueRow {
    fn from(row: Row) -> Self {
        let names = [row.family_name, row.given_names];
        Self {
            entry: row.id,
            visit: row.visit_id,
            clinic: row.clinic_id,
            service: row.service_id,
            service_name: row.service_name,
            patient: row.patient_id,
            patient_name: names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", "),
            mrn: row.mrn,
            birth: row.birth,
            sex: row.sex,
            appointment: row.appointment_id,
            token: row.token,
            reason: row.reason,
            step: row.step,
            state: row.state,
            priority: row.priority,
            priority_reason: row.priority_reason,
            point: row.service_point_id,
            point_name: row.point_name,
            doctor: row.doctor_id,
            doctor_name: row.doctor_name,
            arrived_at: row.arrived_at,
            waiting_since: row.waiting_since,
            opened_at: row.opened_at,
            came_from: row.from_step.zip(row.from_because).map(|(step, because)| CameFrom { step, because }),
        }
    }
}

fn filtered(mut query: Sql, filter: &QueueFilter) -> Sql {
    if let Some(service) = filter.service {
        query = query.push(" AND e.service_id = ").push_bind(service);
    }
    if let Some(step) = filter.step {
        query = query.push(" AND e.step = ").push_bind(step);
    }
    if let Some(doctor) = filter.doctor {
        query = query.push(" AND (e.doctor_id IS NULL OR e.doctor_id = ").push_bind(doctor).push(")");
    }
    query
}

pub(super) async fn queue(tx: &mut Tx, clinic: ClinicId, filter: &QueueFilter) -> Result<Vec<QueueRow>> {
    let query = filtered(sql(ROW).push("e.clinic_id = ").push_bind(clinic), filter).push(ORDER);
    let rows: Vec<Row> = tx.all(query).await?;
    Ok(rows.into_iter().map(QueueRow::from).collect())
}

pub(super) async fn row_of(tx: &mut Tx, visit: VisitId) -> Result<Option<QueueRow>> {
    let row: Option<Row> = tx.optional(sql(ROW).push("e.visit_id = ").push_bind(visit)).await?;
    Ok(row.map(QueueRow::from))
}

/// Returns the number of patients who wait before this one in its queue: doctors call the patients of their service, triage and the cashier
/// all patients. The result is for the patient, who learns nothing else about the others.
pub(super) async fn ahead_of(tx: &mut Tx, mine: &QueueRow) -> Result<i64> {
    let query = filtered(
        sql("SELECT e.visit_id FROM waiting_places e WHERE e.state = 'waiting' AND e.clinic_id = ").push_bind(mine.clinic),
        &QueueFilter { service: own_service(mine), step: Some(mine.step), doctor: mine.doctor },
    );
    let query = query.push(
        " ORDER BY CASE WHEN e.came_by = 'skipped' THEN 3 ELSE e.priority END, \
         CASE WHEN e.came_by = 'skipped' THEN e.opened_at ELSE e.waiting_since END, e.id",
    );
    let rows: Vec<(VisitId,)> = tx.all(query).await?;
    Ok(i64::try_from(rows.iter().take_while(|(visit,)| *visit != mine.visit).count()).unwrap_or(i64::MAX))
}

/// Returns the service whose patients alone are called where this patient waits.
fn own_service(mine: &QueueRow) -> Option<ServiceId> {
    (mine.step == Step::Doctor).then_some(mine.service)
}

/// Returns the visit to be called, with its entry. In PostgreSQL both rows are locked. A visit that another transaction holds
/// at this moment is skipped. The entry is locked too, so that an entry that was closed meanwhile is noticed. In SQLite only
/// one transaction writes at a time.
pub(super) async fn next_waiting(tx: &mut Tx, clinic: ClinicId, filter: &QueueFilter) -> Result<Option<(VisitId, QueueEntryId)>> {
    const NEXT: &str = "SELECT e.visit_id, e.id FROM queue_entries e JOIN visits v ON v.id = e.visit_id \
                        LEFT JOIN queue_entries before ON before.id = e.previous_id \
                        WHERE e.closed_at IS NULL AND e.state = 'waiting' AND e.clinic_id = ";
    let mut query = filtered(sql(NEXT).push_bind(clinic), filter).push(ORDER).push(" LIMIT 1");
    if tx.engine() == crate::db::Engine::Postgres {
        query = query.push(" FOR NO KEY UPDATE OF v, e SKIP LOCKED");
    }
    Ok(tx.optional(query).await?)
}

pub(super) async fn who_is_at(tx: &mut Tx, clinic: ClinicId, point: ServicePointId) -> Result<Option<(QueueEntryId, String)>> {
    let query = sql("SELECT e.id, v.token FROM queue_entries e JOIN visits v ON v.id = e.visit_id \
                     WHERE e.closed_at IS NULL AND e.clinic_id = $1 AND e.service_point_id = $2 AND e.state <> 'waiting' \
                     ORDER BY e.opened_at LIMIT 1")
    .bind(clinic)
    .bind(point);
    Ok(tx.optional(query).await?)
}

pub(super) async fn entry(tx: &mut Tx, id: QueueEntryId) -> Result<Option<Entry>> {
    Ok(tx.optional(sql(ENTRY).push("e.id = ").push_bind(id)).await?)
}

/// Returns the visit that an entry belongs to, and the visit's appointment.
pub(super) async fn visit_of(tx: &mut Tx, id: QueueEntryId) -> Result<(VisitId, Option<AppointmentId>)> {
    let query = sql("SELECT v.id, v.appointment_id FROM queue_entries e JOIN visits v ON v.id = e.visit_id WHERE e.id = $1").bind(id);
    tx.optional(query).await?.ok_or(Error::NotFound)
}

pub(super) async fn open_of(tx: &mut Tx, visit: VisitId) -> Result<Option<Entry>> {
    Ok(tx.optional(sql(ENTRY).push("e.closed_at IS NULL AND e.visit_id = ").push_bind(visit)).await?)
}

/// Returns the open entries of visits that began before this time.
pub(super) async fn open_from_before(tx: &mut Tx, clinic: ClinicId, before: Instant) -> Result<Vec<QueueEntryId>> {
    let query = sql("SELECT e.id FROM queue_entries e JOIN visits v ON v.id = e.visit_id \
                     WHERE e.closed_at IS NULL AND e.clinic_id = $1 AND v.arrived_at < $2 ORDER BY v.arrived_at, e.id")
    .bind(clinic)
    .bind(before);
    let rows: Vec<(QueueEntryId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Returns the doctor for whom the visit last waited in this step: a call replaces this doctor with the one who calls.
pub(super) async fn doctor_waited_for(tx: &mut Tx, entry: &Entry) -> Result<Option<StaffId>> {
    let query = sql("SELECT doctor_id FROM queue_entries WHERE visit_id = $1 AND step = $2 AND state = 'waiting' ORDER BY opened_at DESC, id DESC LIMIT 1")
        .bind(entry.visit_id)
        .bind(entry.step);
    Ok(tx.optional::<(Option<StaffId>,)>(query).await?.and_then(|(doctor,)| doctor))
}

/// Returns the doctor and the beginning of the wait from which the patient was sent back to triage, if it was at the same
/// service.
pub(super) async fn sent_back_from(tx: &mut Tx, entry: &Entry) -> Result<Option<(Option<StaffId>, Instant)>> {
    let query = sql("SELECT doctor_id, waiting_since FROM queue_entries WHERE visit_id = $1 AND service_id = $2 AND step = 'doctor' \
                     AND state = 'waiting' AND closed_because = 'moved_on' ORDER BY opened_at DESC, id DESC LIMIT 1")
    .bind(entry.visit_id)
    .bind(entry.service_id);
    Ok(tx.optional(query).await?)
}

pub(super) async fn doctor_who_called(tx: &mut Tx, visit: VisitId) -> Result<Option<StaffId>> {
    let query = sql("SELECT doctor_id FROM queue_entries WHERE visit_id = $1 AND step = 'doctor' AND state <> 'waiting' \
                     AND doctor_id IS NOT NULL ORDER BY opened_at DESC, id DESC LIMIT 1")
    .bind(visit);
    Ok(tx.optional::<(Option<StaffId>,)>(query).await?.and_then(|(doctor,)| doctor))
}

pub(super) async fn same_clinic(tx: &mut Tx, service: ServiceId, clinic: ClinicId) -> Result<bool> {
    let query = sql("SELECT count(*) FROM services WHERE id = $1 AND clinic_id = $2 AND retired_at IS NULL").bind(service).bind(clinic);
    Ok(tx.count(query).await? == 1)
}

/// Closes an open entry. When two requests try, the second one gets an error. A request also gets an error when the
/// entry's priority or reason changed since it was read, because the next stay takes its priority over from this one.
pub(in crate::opd) async fn close(tx: &mut Tx, visit: Locked<VisitId>, entry: &Entry, because: Closure, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE queue_entries SET closed_at = $2, closed_by = $3, closed_because = $4 \
                     WHERE id = $1 AND visit_id = $7 AND closed_at IS NULL AND priority = $5 AND priority_reason = $6")
    .bind(entry.id)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(because)
    .bind(entry.priority.rank())
    .bind(entry.priority_reason.as_str())
    .bind(visit.id());
    first(tx.execute(query).await?)
}

/// Changes the priority of a waiting entry, if it still has the priority `seen`.
pub(super) async fn prioritise(tx: &mut Tx, visit: Locked<VisitId>, seen: Priority, priority: Priority, reason: &str) -> Result<()> {
    let query = sql("UPDATE queue_entries SET priority = $2, priority_reason = $3 \
                     WHERE visit_id = $1 AND closed_at IS NULL AND state = 'waiting' AND priority = $4")
    .bind(visit.id())
    .bind(priority.rank())
    .bind(reason)
    .bind(seen.rank());
    first(tx.execute(query).await?)
}

/// Succeeds when one row changed; otherwise another request changed it before.
fn first(rows: u64) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::conflict(tr!(opd.somebody_was_first))) }
}

pub(in crate::opd) async fn open(
    tx: &mut Tx,
    visit: Locked<VisitId>,
    clinic: ClinicId,
    opening: &Opening,
    stamp: Stamp,
) -> Result<QueueEntryId> {
    let id = QueueEntryId::new();
    let query =
        sql("INSERT INTO queue_entries (id, visit_id, clinic_id, service_id, step, state, priority, priority_reason, service_point_id, \
                     doctor_id, previous_id, waiting_since, opened_at, opened_by) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)")
        .bind(id)
        .bind(visit.id())
        .bind(clinic)
        .bind(opening.service)
        .bind(opening.step)
        .bind(opening.state)
        .bind(opening.priority.rank())
        .bind(opening.priority_reason.as_str())
        .bind(opening.point)
        .bind(opening.doctor)
        .bind(opening.previous)
        .bind(opening.waiting_since)
        .bind(stamp.at)
        .bind(stamp.by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Err(Error::conflict(tr!(opd.somebody_was_first))),
        done => Ok(done.map(|_| id)?),
    }
}

/// The service time and the server of one of a queue's last patients, from which waits are estimated.
#[derive(sqlx::FromRow)]
pub(super) struct Served {
    pub opened_at: Instant,
    pub closed_at: Instant,
    pub closed_by: UserId,
}

pub(super) async fn served_since(tx: &mut Tx, mine: &QueueRow, since: Instant) -> Result<Vec<Served>> {
    let query = sql("SELECT opened_at, closed_at, closed_by FROM served_times WHERE service_id ");
    let query = match own_service(mine) {
        Some(service) => query.push("= ").push_bind(service),
        None => query.push("IN (SELECT id FROM services WHERE clinic_id = ").push_bind(mine.clinic).push(")"),
    };
    let query = query.push(" AND step = ").push_bind(mine.step).push(" AND closed_at >= ").push_bind(since);
    Ok(tx.all(query.push(" ORDER BY closed_at DESC LIMIT 100")).await?)
}

/// Returns the same for one service.
pub(super) async fn served_at(tx: &mut Tx, service: ServiceId, step: Step, since: Instant) -> Result<Vec<Served>> {
    let query = sql("SELECT opened_at, closed_at, closed_by FROM served_times WHERE service_id = $1 AND step = $2 AND closed_at >= $3 \
                     ORDER BY closed_at DESC LIMIT 100")
    .bind(service)
    .bind(step)
    .bind(since);
    Ok(tx.all(query).await?)
}

#[derive(sqlx::FromRow)]
pub(super) struct BoardRow {
    pub token: String,
    pub state: QueueState,
    pub room: Option<String>,
    pub opened_at: Instant,
    pub entry: QueueEntryId,
}

/// Returns tokens and rooms without names: the last calls first, then the waiting patients in their order.
pub(super) async fn board(tx: &mut Tx, clinic: ClinicId, since: Instant) -> Result<Vec<BoardRow>> {
    let query = sql(
        "SELECT v.token, e.state, sp.name AS room, e.opened_at, e.id AS entry FROM queue_entries e JOIN visits v ON v.id = e.visit_id \
                     LEFT JOIN service_points sp ON sp.id = e.service_point_id LEFT JOIN queue_entries before ON before.id = e.previous_id \
                     WHERE e.closed_at IS NULL AND e.clinic_id = $1 AND v.arrived_at >= $2",
    )
    .bind(clinic)
    .bind(since)
    .push(ORDER);
    Ok(tx.all(query).await?)
}
