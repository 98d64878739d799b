//! The SQL of admissions.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Admission, AdmissionState, FactsForm, RequestForm, StayAct, Urgency};
use crate::{
    core::{AdmissionId, BedId, ClinicId, PatientId, Result, Stamp, VisitId, WardId, time::Instant},
    db::{DbError, Lockable, Locked, Tx, sql},
    organisation::Isolation,
    patients::{Birth, Sex},
    wards::equipment::Equipment,
};

impl Lockable for AdmissionId {
    const TABLE: &'static str = "admissions";
}

const ADMISSION: &str = "SELECT a.id, a.number, a.clinic_id, a.patient_id, a.class, a.source, a.urgency, a.reason, a.ward_id, \
                         a.accepted_ward_id, a.class_id, a.wanted_on, a.isolation, a.organism, a.oxygen, a.suction, a.monitor, a.ventilator, \
                         a.bariatric, a.low_bed, a.private, a.visit_id, a.doctor_id, d.display_name AS doctor, a.mother_id, a.expected_on, a.state, a.requested_at, \
                         a.admitted_at, a.left_at, a.version FROM admissions a LEFT JOIN staff d ON d.id = a.doctor_id WHERE ";

pub(super) async fn find(tx: &mut Tx, id: AdmissionId) -> Result<Option<Admission>> {
    Ok(tx.optional(sql(ADMISSION).push("a.id = ").push_bind(id)).await?)
}

/// Returns the patient's admissions, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId, limit: i64) -> Result<Vec<Admission>> {
    let query = sql(ADMISSION).push("a.patient_id = ").push_bind(patient);
    Ok(tx.all(query.push(" ORDER BY a.requested_at DESC, a.id DESC LIMIT ").push_bind(limit)).await?)
}

/// Returns the patient's open admission or request.
///
/// # Errors
/// When the database refuses.
pub async fn latest_of(tx: &mut Tx, patient: PatientId) -> Result<Option<Admission>> {
    let query = sql(ADMISSION).push("a.patient_id = ").push_bind(patient).push(" AND a.state IN ('requested', 'accepted', 'admitted')");
    Ok(tx.optional(query.push(" ORDER BY a.requested_at DESC, a.id DESC LIMIT 1")).await?)
}

/// A patient whom a ward is asked to admit.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Waiting {
    pub id: AdmissionId,
    pub patient_id: PatientId,
    pub ward_id: WardId,
    pub ward: String,
    pub urgency: Urgency,
    pub state: AdmissionState,
    pub reason: String,
    pub wanted_on: NaiveDate,
    pub requested_at: Instant,
    /// The reserved bed.
    pub bed: Option<String>,
    /// The time at which the reservation runs out.
    pub due_at: Option<Instant>,
}

/// Returns the requests of a clinic, or those that are for one ward: the urgent first, then by age.
///
/// # Errors
/// When the database refuses.
pub async fn waiting(tx: &mut Tx, clinic: ClinicId, ward: Option<WardId>) -> Result<Vec<Waiting>> {
    let mut query =
        sql("SELECT a.id, a.patient_id, w.id AS ward_id, w.name AS ward, a.urgency, a.state, a.reason, a.wanted_on, a.requested_at,
            b.name AS bed, u.due_at
        FROM admissions a JOIN wards w ON w.id = coalesce(a.accepted_ward_id, a.ward_id)
        LEFT JOIN bed_uses u ON u.admission_id = a.id AND u.kind = 'reservation' AND u.ended_at IS NULL AND u.voided_at IS NULL
        LEFT JOIN beds b ON b.id = u.bed_id
        WHERE a.state IN ('requested', 'accepted') AND a.clinic_id = ")
        .push_bind(clinic);
    if let Some(ward) = ward {
        query = query.push(" AND w.id = ").push_bind(ward);
    }
    let query = query.push(
        " ORDER BY CASE a.urgency WHEN 'emergency' THEN 1 WHEN 'urgent' THEN 2 ELSE 3 END, a.wanted_on, a.requested_at, a.id LIMIT 200",
    );
    Ok(tx.all(query).await?)
}

/// Returns the admitted children of a mother's admission, in the order of their birth.
pub(super) async fn babies_of(tx: &mut Tx, mother: AdmissionId) -> Result<Vec<Admission>> {
    let query = sql(ADMISSION).push("a.state = 'admitted' AND a.mother_id = ").push_bind(mother);
    Ok(tx.all(query.push(" ORDER BY a.requested_at, a.id")).await?)
}

/// The patient of an admission, and what it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whose {
    pub clinic: ClinicId,
    pub patient: PatientId,
    pub visit: Option<VisitId>,
    /// The admission of the mother, for a child that is born on the ward.
    pub mother: Option<AdmissionId>,
}

pub(super) async fn insert(
    tx: &mut Tx,
    (id, number): (AdmissionId, &str),
    whose: &Whose,
    typed: &RequestForm,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO admissions (id, number, clinic_id, patient_id, class, source, urgency, reason, ward_id, class_id, wanted_on,
            isolation, organism, oxygen, suction, monitor, ventilator, bariatric, low_bed, private, visit_id, doctor_id, expected_on, state,
            requested_at, requested_by, updated_at, updated_by, mother_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, 'requested',
            $24, $25, $26, $27, $28)")
        .bind(id)
        .bind(number)
        .bind(whose.clinic)
        .bind(whose.patient)
        .bind(typed.class)
        .bind(typed.source)
        .bind(typed.urgency)
        .bind(&typed.reason)
        .bind(typed.ward)
        .bind(typed.bed_class)
        .bind(typed.wanted_on)
        .bind(typed.isolation)
        .bind(&typed.organism)
        .bind(typed.equipment.oxygen)
        .bind(typed.equipment.suction)
        .bind(typed.equipment.monitor)
        .bind(typed.equipment.ventilator)
        .bind(typed.equipment.bariatric)
        .bind(typed.equipment.low_bed)
        .bind(typed.private)
        .bind(whose.visit)
        .bind(typed.doctor)
        .bind(typed.expected_on)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(whose.mother);
    tx.execute(query).await?;
    Ok(())
}

/// The fields of an admission that an act changes.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub state: AdmissionState,
    pub accepted_ward: Option<WardId>,
    pub admitted_at: Option<Instant>,
    pub left_at: Option<Instant>,
}

pub(super) async fn update(tx: &mut Tx, id: Locked<AdmissionId>, change: &Change, stamp: Stamp) -> Result<(), DbError> {
    let query =
        sql("UPDATE admissions SET state = $2, accepted_ward_id = $3, admitted_at = $4, left_at = $5, updated_at = $6, updated_by = $7,
            version = version + 1 WHERE id = $1")
        .bind(id.id())
        .bind(change.state)
        .bind(change.accepted_ward)
        .bind(change.admitted_at)
        .bind(change.left_at)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Sets the facts of a stay that change while it lasts.
pub(super) async fn set_facts(tx: &mut Tx, id: Locked<AdmissionId>, form: &FactsForm, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE admissions SET isolation = $2, organism = $3, doctor_id = $4, expected_on = $5, oxygen = $6, suction = $7,
            monitor = $8, ventilator = $9, bariatric = $10, low_bed = $11, private = $12, updated_at = $13, updated_by = $14,
            version = version + 1 WHERE id = $1")
    .bind(id.id())
    .bind(form.isolation)
    .bind(&form.organism)
    .bind(form.doctor.as_ref().map(|(doctor, _)| *doctor))
    .bind(form.expected_on)
    .bind(form.equipment.oxygen)
    .bind(form.equipment.suction)
    .bind(form.equipment.monitor)
    .bind(form.equipment.ventilator)
    .bind(form.equipment.bariatric)
    .bind(form.equipment.low_bed)
    .bind(form.private)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Sets the isolation and the equipment that a patient needs.
pub(super) async fn set_needs(
    tx: &mut Tx,
    id: Locked<AdmissionId>,
    (isolation, equipment): (Isolation, Equipment),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("UPDATE admissions SET isolation = $2, oxygen = $3, suction = $4, monitor = $5, ventilator = $6, bariatric = $7,
            low_bed = $8, updated_at = $9, updated_by = $10, version = version + 1 WHERE id = $1")
    .bind(id.id())
    .bind(isolation)
    .bind(equipment.oxygen)
    .bind(equipment.suction)
    .bind(equipment.monitor)
    .bind(equipment.ventilator)
    .bind(equipment.bariatric)
    .bind(equipment.low_bed)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Sets the ward on which the patient lies.
pub(super) async fn set_ward(tx: &mut Tx, id: Locked<AdmissionId>, ward: WardId, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE admissions SET accepted_ward_id = $2, updated_at = $3, updated_by = $4, version = version + 1 WHERE id = $1")
        .bind(id.id())
        .bind(ward)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Returns the admission on which the act with this key was done.
pub(super) async fn act_done(tx: &mut Tx, key: Uuid) -> Result<Option<(AdmissionId, StayAct)>> {
    Ok(tx.optional(sql("SELECT admission_id, act FROM admission_acts WHERE id = $1").bind(key)).await?)
}

/// Returns the latest act on an admission, and its time.
///
/// # Errors
/// When the database refuses.
pub async fn last_act(tx: &mut Tx, id: AdmissionId) -> Result<Option<(StayAct, Instant)>> {
    let query = sql("SELECT act, at FROM admission_acts WHERE admission_id = ").push_bind(id);
    Ok(tx.optional(query.push(" ORDER BY at DESC, id DESC LIMIT 1")).await?)
}

/// An act to be recorded.
#[derive(Clone, Debug)]
pub(super) struct NewAct<'a> {
    pub key: Uuid,
    pub act: StayAct,
    pub ward: Option<WardId>,
    pub bed: Option<BedId>,
    pub reason: &'a str,
}

pub(super) async fn insert_act(tx: &mut Tx, id: AdmissionId, new: &NewAct<'_>, stamp: Stamp) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO admission_acts (id, admission_id, act, ward_id, bed_id, reason, at, done_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.key)
    .bind(id)
    .bind(new.act)
    .bind(new.ward)
    .bind(new.bed)
    .bind(new.reason)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// An act in the history of an admission.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ActRow {
    pub act: StayAct,
    pub ward: Option<String>,
    pub bed: Option<String>,
    pub reason: String,
    pub at: Instant,
    pub done_by: String,
}

/// Returns the acts on an admission, in order.
///
/// # Errors
/// When the database refuses.
pub async fn acts(tx: &mut Tx, id: AdmissionId) -> Result<Vec<ActRow>> {
    let query = sql("SELECT h.act, w.name AS ward, b.name AS bed, h.reason, h.at, u.display_name AS done_by
        FROM admission_acts h JOIN users u ON u.id = h.done_by LEFT JOIN wards w ON w.id = h.ward_id LEFT JOIN beds b ON b.id = h.bed_id
        WHERE h.admission_id = ")
    .push_bind(id);
    Ok(tx.all(query.push(" ORDER BY h.at, h.id")).await?)
}

/// Returns the patient's open visit at the clinic.
pub(super) async fn open_visit(tx: &mut Tx, patient: PatientId, clinic: ClinicId) -> Result<Option<VisitId>> {
    let query = sql("SELECT id FROM visits WHERE patient_id = $1 AND clinic_id = $2 AND ended_at IS NULL ORDER BY arrived_at DESC LIMIT 1");
    let row: Option<(VisitId,)> = tx.optional(query.bind(patient).bind(clinic)).await?;
    Ok(row.map(|(visit,)| visit))
}

/// A patient who lies in a room, or has a reservation there.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Lying {
    pub room: String,
    pub bed_id: BedId,
    pub admission_id: AdmissionId,
    pub sex: Sex,
    #[sqlx(flatten)]
    pub birth: Birth,
}

/// Returns the patients of a ward's rooms and those who have a reservation there.
pub(super) async fn lying(tx: &mut Tx, ward: WardId) -> Result<Vec<Lying>> {
    let query = sql("SELECT r.name AS room, u.bed_id, u.admission_id, p.sex, p.birth_date, p.birth_precision
        FROM bed_uses u JOIN beds b ON b.id = u.bed_id JOIN ward_rooms r ON r.id = b.room_id JOIN patients p ON p.id = u.patient_id
        WHERE u.ended_at IS NULL AND u.voided_at IS NULL AND r.ward_id = ");
    Ok(tx.all(query.push_bind(ward)).await?)
}

/// Returns the beds of a ward that are taken.
pub(super) async fn taken_beds(tx: &mut Tx, ward: WardId) -> Result<Vec<BedId>> {
    let query = sql("SELECT t.bed_id FROM taken_beds t JOIN beds b ON b.id = t.bed_id JOIN ward_rooms r ON r.id = b.room_id
        WHERE r.ward_id = ");
    Ok(tx.all::<(BedId,)>(query.push_bind(ward)).await?.into_iter().map(|(bed,)| bed).collect())
}
