//! The SQL of outages, and of the records that were entered after one.

use super::Outage;
use crate::{
    core::{AdministrationId, CareOrderId, ClinicId, DoseId, OutageId, PatientId, Result, UserId, WardId, time::Instant},
    db::{DbError, Tx, sql},
};

const OUTAGES: &str = "SELECT id, clinic_id, started_at, ended_at, source FROM outages WHERE ";

/// Reads an outage.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: OutageId) -> Result<Option<Outage>> {
    Ok(tx.optional(sql(OUTAGES).push("id = ").push_bind(id)).await?)
}

/// Reads the outages of a clinic that ended since a time, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_clinic(tx: &mut Tx, clinic: ClinicId, since: Instant) -> Result<Vec<Outage>> {
    let query = sql(OUTAGES).push("clinic_id = ").push_bind(clinic).push(" AND ended_at > ").push_bind(since);
    Ok(tx.all(query.push(" ORDER BY ended_at DESC, id LIMIT 50")).await?)
}

/// Reads the outage of a clinic in which a time lies, among those that ended since another.
///
/// # Errors
/// When the database refuses.
pub async fn covering(tx: &mut Tx, clinic: ClinicId, at: Instant, since: Instant) -> Result<Option<Outage>> {
    Ok(of_clinic(tx, clinic, since).await?.into_iter().find(|outage| outage.contains(at)))
}

pub(super) async fn last_beat(tx: &mut Tx) -> Result<Option<Instant>> {
    let row: Option<(Instant,)> = tx.optional(sql("SELECT at FROM heartbeats WHERE id = 1")).await?;
    Ok(row.map(|(at,)| at))
}

pub(super) async fn set_beat(tx: &mut Tx, now: Instant) -> Result<()> {
    let query = sql("INSERT INTO heartbeats (id, at) VALUES (1, ").push_bind(now).push(") ON CONFLICT (id) DO UPDATE SET at = excluded.at");
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert(tx: &mut Tx, outage: &Outage, (by, now): (UserId, Instant)) -> Result<()> {
    let query = sql(
        "INSERT INTO outages (id, clinic_id, started_at, ended_at, source, recorded_at, recorded_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (clinic_id, started_at) DO NOTHING",
    )
    .bind(outage.id)
    .bind(outage.clinic_id)
    .bind(outage.started_at)
    .bind(outage.ended_at)
    .bind(outage.source)
    .bind(now)
    .bind(by);
    tx.execute(query).await?;
    Ok(())
}

/// Marks a record of a dose as entered after an outage.
///
/// # Errors
/// When the database refuses.
pub async fn insert_entry(
    tx: &mut Tx,
    record: AdministrationId,
    outage: OutageId,
    patient: PatientId,
    now: Instant,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO back_entries (administration_id, outage_id, patient_id, entered_at) VALUES ($1, $2, $3, $4)")
        .bind(record)
        .bind(outage)
        .bind(patient)
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// A dose that was due in an outage and has no record.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct BackRow {
    pub id: DoseId,
    pub patient_id: PatientId,
    pub bed: String,
    pub title: String,
    pub dose: String,
    pub due_at: Instant,
    pub two_person: bool,
}

/// Reads the doses of a ward's patients that were due in an outage and have no record, by bed and time; also of orders that were stopped since.
///
/// # Errors
/// When the database refuses.
pub async fn waiting_on_ward(tx: &mut Tx, ward: WardId, outage: &Outage) -> Result<Vec<BackRow>> {
    let query = sql("SELECT d.id, o.patient_id, b.name AS bed, o.title, o.dose, d.due_at, o.two_person
        FROM ward_rooms r JOIN beds b ON b.room_id = r.id
        JOIN bed_uses u ON u.bed_id = b.id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL
        JOIN care_orders o ON o.admission_id = u.admission_id AND o.state IN ('active', 'stopped')
        JOIN doses d ON d.order_id = o.id AND ((o.state = 'active' AND d.state IN ('due', 'missed'))
            OR (d.state IN ('cancelled', 'missed') AND d.due_at < o.ended_at AND NOT EXISTS (SELECT 1 FROM infusion_orders f WHERE f.order_id = o.id)))
        WHERE r.ward_id = ")
    .push_bind(ward)
    .push(" AND d.due_at >= ")
    .push_bind(outage.started_at)
    .push(" AND d.due_at < ")
    .push_bind(outage.ended_at);
    Ok(tx.all(query.push(" ORDER BY b.name, d.due_at, o.title, d.id LIMIT 500")).await?)
}

/// A medicine that could be given as needed in an outage.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NeededRow {
    pub id: CareOrderId,
    pub patient_id: PatientId,
    pub bed: String,
    pub title: String,
    pub dose: String,
    pub two_person: bool,
    /// The doses that were entered from paper.
    pub entered: i64,
}

/// Reads the orders of a ward's patients by which a medicine could be given as needed in an outage, by bed; also those that were stopped since.
///
/// # Errors
/// When the database refuses.
pub async fn needed_on_ward(tx: &mut Tx, ward: WardId, outage: &Outage) -> Result<Vec<NeededRow>> {
    let query = sql("SELECT o.id, o.patient_id, b.name AS bed, o.title, o.dose, o.two_person,
            (SELECT count(*) FROM administrations a JOIN back_entries e ON e.administration_id = a.id
                WHERE a.order_id = o.id AND a.superseded_at IS NULL AND e.outage_id = $1) AS entered
        FROM ward_rooms r JOIN beds b ON b.room_id = r.id
        JOIN bed_uses u ON u.bed_id = b.id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL
        JOIN care_orders o ON o.admission_id = u.admission_id AND o.timing = 'as_needed'
            AND (o.state = 'active' OR (o.state = 'stopped' AND o.ended_at > $2))
        WHERE r.ward_id = $3 AND o.starts_at < $4 AND o.ordered_at < $5 AND (o.ends_at IS NULL OR o.ends_at > $6)
        ORDER BY b.name, o.title, o.id LIMIT 300")
    .bind(outage.id)
    .bind(outage.started_at)
    .bind(ward)
    .bind(outage.ended_at)
    .bind(outage.ended_at)
    .bind(outage.started_at);
    Ok(tx.all(query).await?)
}
