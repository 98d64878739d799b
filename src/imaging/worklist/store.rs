//! The SQL of devices and of the worklist.

use super::{ImagingStation, StationForm};
use crate::{
    core::{ClinicId, ImagingStationId, PatientId, Result, Stamp, time::Instant},
    db::{DbError, Lockable, Locked, Tx, sql},
    imaging::{
        step::ImagingStep,
        vocabulary::{BodySide, Modality},
    },
    orders::OrderPriority,
    patients::{Birth, PatientName, Sex},
};

impl Lockable for ImagingStationId {
    const TABLE: &'static str = "imaging_stations";
}

const STATIONS: &str = "SELECT s.id, s.clinic_id, s.room_id, r.name AS room, s.ae_title, s.peers, s.version, s.asked_at, s.retired_at
    FROM imaging_stations s JOIN imaging_rooms r ON r.id = s.room_id WHERE ";

/// Reads the devices of a clinic, those in use first.
///
/// # Errors
/// When the database refuses.
pub async fn stations(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<ImagingStation>> {
    let query = sql(STATIONS).push("s.clinic_id = ").push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY CASE WHEN s.retired_at IS NULL THEN 0 ELSE 1 END, s.ae_title")).await?)
}

/// Reads the devices in use of all clinics.
pub(super) async fn in_use(tx: &mut Tx) -> Result<Vec<ImagingStation>> {
    Ok(tx.all(sql(STATIONS).push("s.retired_at IS NULL ORDER BY s.ae_title")).await?)
}

pub(super) async fn station(tx: &mut Tx, id: ImagingStationId) -> Result<Option<ImagingStation>> {
    Ok(tx.optional(sql(STATIONS).push("s.id = ").push_bind(id)).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    (id, clinic): (ImagingStationId, ClinicId),
    form: &StationForm,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO imaging_stations (id, clinic_id, room_id, ae_title, peers, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)")
    .bind(id)
    .bind(clinic)
    .bind(form.room)
    .bind(&form.ae_title)
    .bind(&form.peers)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, id: Locked<ImagingStationId>, version: i64, form: &StationForm, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE imaging_stations SET room_id = $3, peers = $4, updated_at = $5, updated_by = $6, version = version + 1
        WHERE id = $1 AND version = $2")
    .bind(id.id())
    .bind(version)
    .bind(form.room)
    .bind(&form.peers)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn set_retired(
    tx: &mut Tx,
    id: Locked<ImagingStationId>,
    version: i64,
    retired: Option<Instant>,
    stamp: Stamp,
) -> Result<bool> {
    let query = sql("UPDATE imaging_stations SET retired_at = $3, updated_at = $4, updated_by = $5, version = version + 1
        WHERE id = $1 AND version = $2")
    .bind(id.id())
    .bind(version)
    .bind(retired)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn note_asked(tx: &mut Tx, id: ImagingStationId, now: Instant) -> Result<()> {
    tx.execute(sql("UPDATE imaging_stations SET asked_at = $2 WHERE id = $1").bind(id).bind(now)).await?;
    Ok(())
}

/// A booked study, as the database has it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct BookedStudy {
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub patient_name: PatientName,
    pub mrn: String,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    pub accession: String,
    pub study_uid: String,
    pub procedure: String,
    pub side: BodySide,
    pub modality: Modality,
    pub priority: OrderPriority,
    pub doctor: String,
    pub room: String,
    pub room_id: crate::core::ImagingRoomId,
    pub starts_at: Instant,
    pub step: ImagingStep,
}

/// Reads the studies of a clinic that are booked between two times and not done.
pub(super) async fn booked(tx: &mut Tx, clinic: ClinicId, (from, to): (Instant, Instant), limit: i64) -> Result<Vec<BookedStudy>> {
    let query = sql("SELECT i.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, p.birth_date, p.birth_precision, p.sex,
        i.accession, i.study_uid, c.name_en AS procedure, i.side, c.modality, i.priority, u.display_name AS doctor, r.name AS room, i.room_id,
        i.starts_at, i.step
        FROM imaging_orders i JOIN patients p ON p.id = i.patient_id JOIN imaging_procedures c ON c.id = i.procedure_id
        JOIN orders o ON o.id = i.order_id JOIN users u ON u.id = o.ordered_by JOIN imaging_rooms r ON r.id = i.room_id
        WHERE i.room_id IS NOT NULL AND i.step IN ('scheduled', 'arrived', 'started') AND i.accession IS NOT NULL AND i.clinic_id = ")
    .push_bind(clinic)
    .push(" AND i.starts_at >= ")
    .push_bind(from)
    .push(" AND i.starts_at < ")
    .push_bind(to)
    .push(" ORDER BY i.starts_at, i.id LIMIT ");
    Ok(tx.all(query.push_bind(limit)).await?)
}
