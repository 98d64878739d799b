//! The SQL of transfers, absences and proposed swaps.

use super::{AwayKind, Escort, NewTransfer, SheetDose, SheetLine, SwapState, TransferKind, TransferState};
use crate::{
    core::{AdmissionId, AwayId, ClinicId, PatientId, Result, Stamp, SwapId, TransferId, WardId, time::Instant},
    db::{DbError, Locked, Tx, sql},
    organisation::Isolation,
    wards::equipment::Equipment,
};

/// A transfer.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Transfer {
    pub id: TransferId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub from_ward: String,
    pub to_ward_id: WardId,
    pub to_ward: String,
    pub kind: TransferKind,
    pub handover: String,
    pub state: TransferState,
    pub asked_at: Instant,
    #[sqlx(flatten)]
    pub equipment: Equipment,
    /// `None` in a request that does not say it.
    pub isolation: Option<Isolation>,
    pub needs_note: String,
    pub escort: Option<Escort>,
}

const TRANSFER: &str = "SELECT t.id, t.admission_id, a.patient_id, f.name AS from_ward, t.to_ward_id, w.name AS to_ward, t.kind, t.handover, \
                        t.state, t.asked_at, t.oxygen, t.suction, t.monitor, t.ventilator, t.bariatric, t.low_bed, t.isolation, \
                        t.needs_note, t.escort ";

/// Returns the open transfer of an admission.
///
/// # Errors
/// When the database refuses.
pub async fn open_transfer(tx: &mut Tx, admission: AdmissionId) -> Result<Option<Transfer>> {
    let query = sql(TRANSFER).push(
        "FROM transfers t JOIN admissions a ON a.id = t.admission_id JOIN wards f ON f.id = t.from_ward_id JOIN wards w ON w.id = t.to_ward_id
        WHERE t.state IN ('requested', 'accepted') AND t.admission_id = ",
    );
    Ok(tx.optional(query.push_bind(admission)).await?)
}

/// Returns the last transfer of an admission that is open, or by which the patient came to the ward.
///
/// # Errors
/// When the database refuses.
pub async fn last_transfer(tx: &mut Tx, admission: AdmissionId) -> Result<Option<Transfer>> {
    let query = sql(TRANSFER).push(
        "FROM transfers t JOIN admissions a ON a.id = t.admission_id JOIN wards f ON f.id = t.from_ward_id JOIN wards w ON w.id = t.to_ward_id
        WHERE t.state IN ('requested', 'accepted', 'completed') AND t.admission_id = ",
    );
    Ok(tx.optional(query.push_bind(admission).push(" ORDER BY t.asked_at DESC, t.id DESC LIMIT 1")).await?)
}

/// Returns the doses of an admission that were recorded since a time, with their standing records.
pub(super) async fn recorded_doses(tx: &mut Tx, admission: AdmissionId, since: Instant) -> Result<Vec<SheetDose>> {
    let query = sql("SELECT o.title, o.dose, n.outcome, coalesce(n.given_at, n.recorded_at) AS at
        FROM care_orders o JOIN administrations n ON n.order_id = o.id
        WHERE o.admission_id = $1 AND n.superseded_at IS NULL AND n.recorded_at >= $2 AND coalesce(n.given_at, n.recorded_at) >= $3
        ORDER BY n.recorded_at LIMIT 200")
    .bind(admission)
    .bind(since)
    .bind(since);
    Ok(tx.all(query).await?)
}

/// Returns the doses of an admission that are due and undecided.
pub(super) async fn undecided_doses(tx: &mut Tx, admission: AdmissionId, now: Instant) -> Result<Vec<SheetDose>> {
    let query =
        sql("SELECT o.title, o.dose, CAST(NULL AS TEXT) AS outcome, d.due_at AS at FROM care_orders o JOIN doses d ON d.order_id = o.id
        WHERE o.admission_id = $1 AND (o.state = 'active' OR o.state = 'on_hold') AND d.state = 'due' AND d.due_at <= $2
        ORDER BY d.due_at LIMIT 200")
        .bind(admission)
        .bind(now);
    Ok(tx.all(query).await?)
}

/// Returns the lines and other devices in place.
pub(super) async fn lines(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<SheetLine>> {
    let query =
        sql("SELECT v.kind, v.site, v.side, v.size, v.inserted_at FROM stay_devices v WHERE v.removed_at IS NULL AND v.admission_id = ");
    Ok(tx.all(query.push_bind(admission).push(" ORDER BY v.inserted_at, v.id LIMIT 100")).await?)
}

/// Returns the open transfers to a ward, or to all wards of a clinic, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn coming(tx: &mut Tx, clinic: ClinicId, ward: Option<WardId>) -> Result<Vec<Transfer>> {
    // The wards come first: SQLite would otherwise walk through the open transfers of all clinics.
    let query = sql(TRANSFER).push(
        "FROM wards w CROSS JOIN transfers t JOIN admissions a ON a.id = t.admission_id JOIN wards f ON f.id = t.from_ward_id
        WHERE t.to_ward_id = w.id AND t.state IN ('requested', 'accepted') AND w.clinic_id = ",
    );
    let mut query = query.push_bind(clinic);
    if let Some(ward) = ward {
        query = query.push(" AND t.to_ward_id = ").push_bind(ward);
    }
    Ok(tx.all(query.push(" ORDER BY t.asked_at, t.id LIMIT 100")).await?)
}

pub(super) async fn insert_transfer(
    tx: &mut Tx,
    admission: Locked<AdmissionId>,
    from: WardId,
    new: &NewTransfer,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO transfers (id, admission_id, from_ward_id, to_ward_id, kind, handover, state, asked_at, asked_by, oxygen,
            suction, monitor, ventilator, bariatric, low_bed, isolation, needs_note, escort)
        VALUES ($1, $2, $3, $4, $5, $6, 'requested', $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)")
    .bind(TransferId::new())
    .bind(admission.id())
    .bind(from)
    .bind(new.to)
    .bind(new.kind)
    .bind(&new.handover)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(new.equipment.oxygen)
    .bind(new.equipment.suction)
    .bind(new.equipment.monitor)
    .bind(new.equipment.ventilator)
    .bind(new.equipment.bariatric)
    .bind(new.equipment.low_bed)
    .bind(new.isolation)
    .bind(&new.needs_note)
    .bind(new.escort);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn set_transfer(tx: &mut Tx, id: TransferId, state: TransferState, reason: &str, now: Instant) -> Result<(), DbError> {
    let ended = (state != TransferState::Accepted).then_some(now);
    let query = sql("UPDATE transfers SET state = $2, reason = $3, ended_at = $4, version = version + 1 WHERE id = $1")
        .bind(id)
        .bind(state)
        .bind(reason)
        .bind(ended);
    tx.execute(query).await?;
    Ok(())
}

/// An absence from the ward.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Absence {
    pub kind: AwayKind,
    pub left_at: Instant,
    pub expected_at: Option<Instant>,
    pub back_at: Option<Instant>,
    pub note: String,
}

const ABSENCE: &str = "SELECT kind, left_at, expected_at, back_at, note FROM ward_absences WHERE ";

/// Returns the open absence of a patient.
///
/// # Errors
/// When the database refuses.
pub async fn open_absence(tx: &mut Tx, admission: AdmissionId) -> Result<Option<Absence>> {
    Ok(tx.optional(sql(ABSENCE).push("back_at IS NULL AND admission_id = ").push_bind(admission)).await?)
}

/// Returns all absences of an admission, in order.
///
/// # Errors
/// When the database refuses.
pub async fn absences(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<Absence>> {
    Ok(tx.all(sql(ABSENCE).push("admission_id = ").push_bind(admission).push(" ORDER BY left_at, id")).await?)
}

pub(super) async fn insert_absence(
    tx: &mut Tx,
    (id, admission): (AwayId, Locked<AdmissionId>),
    (kind, expected, note): (AwayKind, Option<Instant>, &str),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO ward_absences (id, admission_id, kind, left_at, expected_at, note, noted_by) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(id)
            .bind(admission.id())
            .bind(kind)
            .bind(stamp.at)
            .bind(expected)
            .bind(note)
            .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Ends the open absence; returns `false` when there is none.
pub(super) async fn end_absence(tx: &mut Tx, admission: Locked<AdmissionId>, now: Instant) -> Result<bool> {
    let query = sql("UPDATE ward_absences SET back_at = $2 WHERE admission_id = $1 AND back_at IS NULL").bind(admission.id()).bind(now);
    Ok(tx.execute(query).await? == 1)
}

/// A proposal to swap two beds.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OpenSwap {
    pub id: SwapId,
    pub admission_id: AdmissionId,
    pub with_id: AdmissionId,
    pub reason: String,
    pub proposed_at: Instant,
    pub proposed_by: String,
}

/// Returns the open proposals about a patient, from both sides, in the order of their ids.
///
/// # Errors
/// When the database refuses.
pub async fn open_swaps(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<OpenSwap>> {
    const SWAP: &str = "SELECT s.id, s.admission_id, s.with_id, s.reason, s.proposed_at, u.display_name AS proposed_by \
                        FROM bed_swaps s JOIN users u ON u.id = s.proposed_by WHERE s.state = 'proposed' AND ";
    let mut open: Vec<OpenSwap> = tx.all(sql(SWAP).push("s.admission_id = ").push_bind(admission)).await?;
    open.extend(tx.all::<OpenSwap>(sql(SWAP).push("s.with_id = ").push_bind(admission)).await?);
    open.sort_by_key(|one| one.id);
    Ok(open)
}

pub(super) async fn insert_swap(
    tx: &mut Tx,
    (one, other): (Locked<AdmissionId>, Locked<AdmissionId>),
    reason: &str,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO bed_swaps (id, admission_id, with_id, reason, state, proposed_at, proposed_by)
        VALUES ($1, $2, $3, $4, 'proposed', $5, $6)")
    .bind(SwapId::new())
    .bind(one.id())
    .bind(other.id())
    .bind(reason)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn end_swap(tx: &mut Tx, id: SwapId, state: SwapState, now: Instant) -> Result<()> {
    let query = sql("UPDATE bed_swaps SET state = $2, ended_at = $3 WHERE id = $1 AND state = 'proposed'").bind(id).bind(state).bind(now);
    tx.execute(query).await?;
    Ok(())
}
