//! The SQL of doses and their records.

use super::{Administration, OrderTimes, PlannedDose};
use crate::{
    core::{
        AdministrationId, AdmissionId, CareOrderId, ClinicId, DoseId, DrugId, PatientId, Result, Stamp, UserId, WardId,
        time::{Instant, Zone},
    },
    db::{DbError, Locked, Tx, sql},
    keys::{ADMINISTRATIONS, Sealed},
    medicine_record::{
        holds::{self, HoldCheck},
        orders::CareOrder,
        vocabulary::{DoseOutcome, DoseReason, DoseState, DoseTiming},
    },
    organisation,
    patients::AllergyStatus,
    row,
};

const DOSES: &str = "SELECT d.id, d.order_id, d.due_at, d.state, d.version FROM doses d ";

pub(super) async fn find(tx: &mut Tx, id: DoseId) -> Result<Option<PlannedDose>> {
    Ok(tx.optional(sql(DOSES).push("WHERE d.id = ").push_bind(id)).await?)
}

/// Writes doses that are due; those that exist stay.
pub(super) async fn insert(tx: &mut Tx, order: Locked<CareOrderId>, due: &[Instant]) -> Result<()> {
    if due.is_empty() {
        return Ok(());
    }
    let rows = due.iter().map(|at| row![DoseId::new(), order.id(), *at, DoseState::Due]);
    let query =
        sql("INSERT INTO doses (id, order_id, due_at, state) VALUES ").push_rows(rows).push(" ON CONFLICT (order_id, due_at) DO NOTHING");
    tx.execute(query).await?;
    Ok(())
}

/// Writes a dose that is given as needed.
pub(super) async fn insert_one(tx: &mut Tx, order: Locked<CareOrderId>, dose: &PlannedDose) -> Result<(), DbError> {
    let query = sql("INSERT INTO doses (id, order_id, due_at, state) VALUES ($1, $2, $3, $4)");
    let query = query.bind(dose.id).bind(order.id()).bind(dose.due_at).bind(dose.state);
    tx.execute(query).await?;
    Ok(())
}

/// Cancels the doses of an order that are due.
///
/// # Errors
/// When the database refuses.
pub async fn cancel_due(tx: &mut Tx, order: Locked<CareOrderId>) -> Result<()> {
    let query =
        sql("UPDATE doses SET state = 'cancelled', version = version + 1 WHERE state = 'due' AND order_id = ").push_bind(order.id());
    tx.execute(query).await?;
    Ok(())
}

/// Holds the doses of an order that are due.
///
/// # Errors
/// When the database refuses.
pub async fn hold_due(tx: &mut Tx, order: Locked<CareOrderId>) -> Result<()> {
    let query = sql("UPDATE doses SET state = 'held', version = version + 1 WHERE state = 'due' AND order_id = ").push_bind(order.id());
    tx.execute(query).await?;
    Ok(())
}

/// Sets the held doses of an order due that are still ahead and have no record.
///
/// # Errors
/// When the database refuses.
pub async fn release_held(tx: &mut Tx, order: Locked<CareOrderId>, now: Instant) -> Result<()> {
    let query = sql("UPDATE doses SET state = 'due', version = version + 1 WHERE order_id = $1 AND state = 'held' AND due_at >= $2
        AND NOT EXISTS (SELECT 1 FROM administrations a WHERE a.dose_id = doses.id AND a.superseded_at IS NULL)")
    .bind(order.id())
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Sets the state of a dose that has the given version; returns `false` when somebody was first.
pub(super) async fn set_state(tx: &mut Tx, dose: &PlannedDose, state: DoseState) -> Result<bool, DbError> {
    let query = sql("UPDATE doses SET state = $3, version = version + 1 WHERE id = $1 AND version = $2")
        .bind(dose.id)
        .bind(dose.version)
        .bind(state);
    Ok(tx.execute(query).await? == 1)
}

/// Sets a dose missed that is due; returns `false` when it is not due any more.
///
/// # Errors
/// When the database refuses.
pub async fn set_missed(tx: &mut Tx, id: DoseId) -> Result<bool> {
    let query = sql("UPDATE doses SET state = 'missed', version = version + 1 WHERE state = 'due' AND id = ").push_bind(id);
    Ok(tx.execute(query).await? == 1)
}

/// Returns the doses that were due before a time and have no outcome, with their admissions; those first that were due first.
///
/// # Errors
/// When the database refuses.
pub async fn due_before(tx: &mut Tx, before: Instant, limit: i64) -> Result<Vec<(DoseId, CareOrderId, Instant)>> {
    let query = sql("SELECT d.id, d.order_id, d.due_at FROM doses d WHERE d.state = 'due' AND d.due_at < ").push_bind(before);
    Ok(tx.all(query.push(" ORDER BY d.due_at, d.id LIMIT ").push_bind(limit)).await?)
}

/// Whether the patient was away from the ward at a time.
///
/// # Errors
/// When the database refuses.
pub async fn on_leave(tx: &mut Tx, admission: AdmissionId, at: Instant) -> Result<bool> {
    let query = sql("SELECT count(*) FROM ward_absences WHERE admission_id = $1 AND left_at <= $2 AND (back_at IS NULL OR back_at > $2)")
        .bind(admission)
        .bind(at);
    Ok(tx.count(query).await? > 0)
}

/// Returns the doses of an admission's orders that are due in a period, in order.
///
/// # Errors
/// When the database refuses.
pub async fn of_admission(tx: &mut Tx, admission: AdmissionId, (from, until): (Instant, Instant)) -> Result<Vec<PlannedDose>> {
    let query = sql(DOSES).push("JOIN care_orders o ON o.id = d.order_id WHERE o.admission_id = ").push_bind(admission);
    let query = query.push(" AND d.due_at >= ").push_bind(from).push(" AND d.due_at < ").push_bind(until);
    Ok(tx.all(query.push(" ORDER BY d.due_at, d.id LIMIT 2000")).await?)
}

/// Returns the time zone of a clinic.
///
/// # Errors
/// When the database refuses.
pub async fn zone_of(tx: &mut Tx, clinic: ClinicId) -> Result<Zone> {
    Ok(organisation::clinic(tx, clinic).await?.zone)
}

#[derive(sqlx::FromRow)]
struct AdministrationRow {
    id: AdministrationId,
    dose_id: DoseId,
    order_id: CareOrderId,
    patient_id: PatientId,
    version: i64,
    outcome: DoseOutcome,
    given_at: Option<Instant>,
    recorded_at: Instant,
    recorded_by: UserId,
    recorder: String,
    checker: Option<String>,
    reason: Option<DoseReason>,
    sealed: Sealed,
    entered_after: bool,
    superseded_at: Option<Instant>,
}

const ADMINISTERED: &str =
    "SELECT a.id, a.dose_id, a.order_id, a.patient_id, a.version, a.outcome, a.given_at, a.recorded_at, a.recorded_by,
        r.display_name AS recorder, c.display_name AS checker, a.reason, a.sealed, a.superseded_at,
        EXISTS (SELECT 1 FROM back_entries e WHERE e.administration_id = a.id) AS entered_after
    FROM administrations a JOIN users r ON r.id = a.recorded_by LEFT JOIN users c ON c.id = a.checked_by ";

impl AdministrationRow {
    fn open(self, tx: &Tx) -> Result<Administration> {
        let [remark, correction] = ADMINISTRATIONS.open(tx.keys(), self.id, self.patient_id, &self.sealed)?;
        Ok(Administration {
            id: self.id,
            dose_id: self.dose_id,
            order_id: self.order_id,
            patient_id: self.patient_id,
            version: self.version,
            outcome: self.outcome,
            given_at: self.given_at,
            recorded_at: self.recorded_at,
            recorded_by: self.recorded_by,
            recorder: self.recorder,
            checker: self.checker,
            reason: self.reason,
            remark,
            correction,
            entered_after: self.entered_after,
            superseded_at: self.superseded_at,
        })
    }
}

/// Returns all versions of the records of an admission's doses that were due from a time on.
///
/// # Errors
/// When the database refuses.
pub async fn administrations(tx: &mut Tx, admission: AdmissionId, from: Instant) -> Result<Vec<Administration>> {
    let query = sql(ADMINISTERED)
        .push("JOIN doses d ON d.id = a.dose_id JOIN care_orders o ON o.id = a.order_id WHERE o.admission_id = ")
        .push_bind(admission)
        .push(" AND d.due_at >= ")
        .push_bind(from)
        .push(" ORDER BY a.dose_id, a.version");
    let rows: Vec<AdministrationRow> = tx.all(query).await?;
    rows.into_iter().map(|row| row.open(tx)).collect()
}

/// Returns the versions of the record of a dose, in order.
///
/// # Errors
/// When the database refuses.
pub async fn administrations_of(tx: &mut Tx, dose: DoseId) -> Result<Vec<Administration>> {
    let query = sql(ADMINISTERED).push("WHERE a.dose_id = ").push_bind(dose).push(" ORDER BY a.version");
    let rows: Vec<AdministrationRow> = tx.all(query).await?;
    rows.into_iter().map(|row| row.open(tx)).collect()
}

/// Returns the dose of the record with this id.
pub(super) async fn dose_of(tx: &mut Tx, id: AdministrationId) -> Result<Option<DoseId>> {
    let row: Option<(DoseId,)> = tx.optional(sql("SELECT dose_id FROM administrations WHERE id = ").push_bind(id)).await?;
    Ok(row.map(|(dose,)| dose))
}

/// A record of a dose to write.
pub(super) struct NewRecord<'n> {
    pub id: AdministrationId,
    pub dose: DoseId,
    pub order: CareOrderId,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub version: i64,
    pub outcome: DoseOutcome,
    pub given_at: Option<Instant>,
    pub checked_by: Option<UserId>,
    pub reason: Option<DoseReason>,
    pub remark: &'n str,
    pub correction: &'n str,
    /// The values by which the nurse decided, of an order with hold-if rules.
    pub checks: Vec<HoldCheck>,
}

pub(super) async fn insert_record(tx: &mut Tx, new: &NewRecord<'_>, stamp: Stamp) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO administrations (id, dose_id, order_id, patient_id, clinic_id, version, outcome, given_at, recorded_at, recorded_by,
            checked_by, reason, sealed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(new.id)
    .bind(new.dose)
    .bind(new.order)
    .bind(new.patient)
    .bind(new.clinic)
    .bind(new.version)
    .bind(new.outcome)
    .bind(new.given_at)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(new.checked_by)
    .bind(new.reason)
    .bind(ADMINISTRATIONS.seal(new.id, new.patient, [new.remark, new.correction]));
    tx.execute(query).await?;
    tx.changed(&ADMINISTRATIONS, new.id);
    holds::keep(tx, new.id, &new.checks).await
}

/// Marks the standing record of a dose as superseded; returns its version.
pub(super) async fn supersede(tx: &mut Tx, dose: DoseId, now: Instant) -> Result<i64> {
    let query = sql("UPDATE administrations SET superseded_at = $2 WHERE dose_id = $1 AND superseded_at IS NULL").bind(dose).bind(now);
    tx.execute(query).await?;
    Ok(tx.count(sql("SELECT coalesce(max(version), 0) FROM administrations WHERE dose_id = ").push_bind(dose)).await?)
}

/// Returns the times at which the patient was given the medicine, or one that shares a substance, since a time.
///
/// # Errors
/// When the database refuses.
pub async fn given_of_substance(tx: &mut Tx, patient: PatientId, drug: DrugId, since: Instant) -> Result<Vec<Instant>> {
    let query = sql("SELECT g.given_at FROM administrations g JOIN care_orders o ON o.id = g.order_id
        WHERE g.patient_id = $1 AND g.outcome = 'given' AND g.superseded_at IS NULL AND g.given_at > $3
          AND (o.drug_id = $2 OR EXISTS (SELECT 1 FROM drug_ingredients i JOIN drug_ingredients j ON j.substance_id = i.substance_id
              WHERE i.drug_id = $2 AND j.drug_id = o.drug_id))
        ORDER BY g.given_at")
    .bind(patient)
    .bind(drug)
    .bind(since);
    let rows: Vec<(Instant,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(at,)| at).collect())
}

/// A dose of the medicine round of a ward.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RoundRow {
    pub id: DoseId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub bed: String,
    pub title: String,
    pub dose: String,
    pub route: String,
    pub timing: DoseTiming,
    pub two_person: bool,
    pub due_at: Instant,
    #[sqlx(flatten)]
    pub times: OrderTimes,
    /// Whether the order has a hold-if rule: the dose is given from its own page, which shows the value.
    pub hold_if: bool,
    /// Whether the patient is away from the ward.
    pub away: bool,
    pub drug_id: Option<DrugId>,
}

/// Returns the doses of a ward that are due until a time and have no outcome: by time and bed.
///
/// # Errors
/// When the database refuses.
pub async fn of_ward(tx: &mut Tx, ward: WardId, until: Instant) -> Result<Vec<RoundRow>> {
    let query = sql("SELECT d.id, o.admission_id, o.patient_id, b.name AS bed, o.title, o.dose, o.route, o.timing, o.two_person, d.due_at,
            o.times, o.first_now, o.starts_at, o.dose_count,
            EXISTS (SELECT 1 FROM order_hold_rules h WHERE h.order_id = o.id) AS hold_if,
            EXISTS (SELECT 1 FROM ward_absences w WHERE w.admission_id = o.admission_id AND w.back_at IS NULL) AS away, o.drug_id
        FROM ward_rooms r JOIN beds b ON b.room_id = r.id
        JOIN bed_uses u ON u.bed_id = b.id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL
        JOIN care_orders o ON o.admission_id = u.admission_id AND o.state = 'active'
        JOIN doses d ON d.order_id = o.id AND d.state = 'due'
        WHERE r.ward_id = ")
    .push_bind(ward)
    .push(" AND d.due_at < ")
    .push_bind(until);
    Ok(tx.all(query.push(" ORDER BY d.due_at, b.name, o.title, d.id LIMIT 500")).await?)
}

/// The doses of an order that have rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Progress {
    pub given: i64,
    /// Held, refused, not available or missed.
    pub not_given: i64,
}

/// Counts the doses of an order by their outcome.
///
/// # Errors
/// When the database refuses.
pub async fn progress(tx: &mut Tx, order: CareOrderId) -> Result<Progress> {
    let query = sql("SELECT count(CASE WHEN state = 'given' THEN 1 END) AS given,
            count(CASE WHEN state IN ('held', 'refused', 'not_available', 'missed') THEN 1 END) AS not_given
        FROM doses WHERE order_id = ");
    Ok(tx.one(query.push_bind(order)).await?)
}

/// The allergies of a patient, as the round shows them.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AllergyWords {
    pub id: PatientId,
    pub status: AllergyStatus,
    pub substance: Option<String>,
}

/// Returns the active allergies of patients, one row each; a patient without one has a row without a substance.
///
/// # Errors
/// When the database refuses.
pub async fn allergies(tx: &mut Tx, patients: &[PatientId]) -> Result<Vec<AllergyWords>> {
    let query = sql("SELECT p.id, p.allergy_status AS status, l.substance FROM patients p LEFT JOIN allergies l ON l.patient_id = p.id
            AND l.entered_in_error_at IS NULL AND l.clinical_status = 'active' AND l.verification <> 'refuted' WHERE p.id IN ")
    .push_list(patients.iter().copied());
    Ok(tx.all(query.push(" ORDER BY p.id, l.substance")).await?)
}

/// Returns the bed of a stay with its ward; empty for one without a bed.
pub(super) async fn place_of(tx: &mut Tx, admission: AdmissionId) -> Result<String> {
    let query = sql("SELECT w.name || ' · ' || b.name FROM bed_uses u JOIN beds b ON b.id = u.bed_id JOIN ward_rooms r ON r.id = b.room_id
        JOIN wards w ON w.id = r.ward_id WHERE u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL AND u.admission_id = ")
    .push_bind(admission);
    Ok(tx.optional::<(String,)>(query).await?.map(|(place,)| place).unwrap_or_default())
}

/// Returns the prescriber of an order and the doctor of its stay, as far as they are active.
pub(super) async fn doctors_of(tx: &mut Tx, order: &CareOrder) -> Result<Vec<UserId>> {
    let query = sql("SELECT u.id FROM users u WHERE u.status = 'active' AND (u.id = $1
        OR u.id IN (SELECT s.user_id FROM admissions a JOIN staff s ON s.id = a.doctor_id WHERE a.id = $2)) ORDER BY u.id")
    .bind(order.prescriber_id)
    .bind(order.admission_id);
    Ok(tx.all::<(UserId,)>(query).await?.into_iter().map(|(user,)| user).collect())
}
