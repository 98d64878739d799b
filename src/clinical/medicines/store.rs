//! The SQL of drugs and prescriptions.

use uuid::Uuid;

use crate::{
    clinical::{Dosage, Prescription, PrescriptionState, store::refused},
    core::{DrugId, EncounterId, PatientId, PrescriptionId, Result, Stamp, UserId, time::Instant},
    db::{Locked, Tx, sql},
    formulary::{Dose, Unit},
};

#[derive(sqlx::FromRow)]
struct PrescriptionRow {
    id: PrescriptionId,
    encounter_id: EncounterId,
    patient_id: PatientId,
    drug_id: Option<DrugId>,
    drug: String,
    dose: String,
    route: String,
    frequency: String,
    duration_days: Option<i64>,
    as_needed: bool,
    max_per_day: Option<i64>,
    instructions: String,
    dose_amount: Option<String>,
    dose_unit: Option<Unit>,
    times: Option<i64>,
    in_days: Option<i64>,
    no_substitution: String,
    state: PrescriptionState,
    allergy_override: String,
    answered: String,
    prescribed_at: Instant,
    prescriber: String,
    prescribed_by: UserId,
    stop_reason: String,
}

impl From<PrescriptionRow> for Prescription {
    fn from(row: PrescriptionRow) -> Self {
        Self {
            id: row.id,
            encounter: row.encounter_id,
            patient: row.patient_id,
            drug_id: row.drug_id,
            drug: row.drug,
            dosage: Dosage {
                dose: row.dose,
                route: row.route,
                frequency: row.frequency,
                days: row.duration_days,
                as_needed: row.as_needed,
                max_per_day: row.max_per_day,
                instructions: row.instructions,
                amount: row.dose_amount.zip(row.dose_unit).map(|(amount, unit)| Dose { amount, unit }),
                often: row.times.zip(row.in_days),
                no_substitution: row.no_substitution,
            },
            state: row.state,
            override_reason: row.allergy_override,
            answered: row.answered,
            prescribed_at: row.prescribed_at,
            prescriber: row.prescriber,
            prescribed_by: row.prescribed_by,
            stop_reason: row.stop_reason,
        }
    }
}

const PRESCRIPTIONS: &str = "SELECT p.id, p.encounter_id, p.patient_id, p.drug_id, p.drug, p.dose, p.route, p.frequency, p.duration_days, p.as_needed,
        p.max_per_day, p.instructions, p.dose_amount, p.dose_unit, p.times, p.in_days, p.no_substitution, p.state, p.allergy_override, p.answered, p.prescribed_at, u.display_name AS prescriber, p.prescribed_by, p.stop_reason
    FROM prescriptions p JOIN users u ON u.id = p.prescribed_by WHERE p.state <> 'entered_in_error' AND ";

pub(in crate::clinical) async fn of_encounter(tx: &mut Tx, encounter: EncounterId) -> Result<Vec<Prescription>> {
    let query = sql(PRESCRIPTIONS).push("p.encounter_id = ").push_bind(encounter).push(" ORDER BY p.prescribed_at, p.id");
    let rows: Vec<PrescriptionRow> = tx.all(query).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub(in crate::clinical) async fn of_encounters(tx: &mut Tx, encounters: &[EncounterId]) -> Result<Vec<Prescription>> {
    let query = sql(PRESCRIPTIONS).push("p.encounter_id IN ").push_list(encounters.iter().copied()).push(" ORDER BY p.prescribed_at, p.id");
    let rows: Vec<PrescriptionRow> = tx.all(query).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Returns the patient's active prescriptions and drafts, newest first, with those of records that were merged into the patient's.
pub(in crate::clinical) async fn open_of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<Prescription>> {
    let family = crate::patients::merges::family(tx, patient).await?;
    let query = sql(PRESCRIPTIONS)
        .push("p.state IN ('draft', 'active') AND p.patient_id IN ")
        .push_list(family)
        .push(" ORDER BY p.prescribed_at DESC, p.id LIMIT 200");
    let rows: Vec<PrescriptionRow> = tx.all(query).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// A medicine that the patient no longer takes.
pub(in crate::clinical) struct Ended {
    pub id: PrescriptionId,
    pub drug: Option<DrugId>,
    pub name: String,
    pub at: Instant,
}

/// Returns the signed prescriptions of a patient that may have ended since this time, with the end of each: the day on which it was stopped, or the
/// end of its days.
pub(in crate::clinical) async fn ended_of_patient(tx: &mut Tx, patient: PatientId, since: Instant) -> Result<Vec<Ended>> {
    let family = crate::patients::merges::family(tx, patient).await?;
    let query = sql("SELECT id, drug_id, drug, prescribed_at, duration_days, stopped_at FROM prescriptions WHERE (state = 'stopped' OR (state IN ('active', 'completed')
            AND duration_days IS NOT NULL)) AND (stopped_at IS NULL OR stopped_at >= ")
    .push_bind(since)
    .push(") AND patient_id IN ")
    .push_list(family)
    .push(" ORDER BY prescribed_at DESC, id LIMIT 200");
    type Row = (PrescriptionId, Option<DrugId>, String, Instant, Option<i64>, Option<Instant>);
    let rows: Vec<Row> = tx.all(query).await?;
    let ended = |(id, drug, name, prescribed_at, days, stopped_at): Row| {
        let at = stopped_at.or_else(|| Some(prescribed_at + chrono::Duration::days(days?)))?;
        Some(Ended { id, drug, name, at })
    };
    Ok(rows.into_iter().filter_map(ended).collect())
}

/// Returns a prescription and the patient that it belongs to.
pub(in crate::clinical) async fn one(tx: &mut Tx, id: PrescriptionId) -> Result<Option<(PatientId, Prescription)>> {
    let owner: Option<(PatientId,)> = tx.optional(sql("SELECT patient_id FROM prescriptions WHERE id = $1").bind(id)).await?;
    let row: Option<PrescriptionRow> = tx.optional(sql(PRESCRIPTIONS).push("p.id = ").push_bind(id)).await?;
    Ok(owner.zip(row).map(|((patient,), row)| (patient, row.into())))
}

/// The values of a new prescription. Encounter and patient are locked, because whether a reason is needed depends on all
/// that the patient takes.
pub(in crate::clinical) struct NewPrescription {
    pub id: PrescriptionId,
    pub encounter: Locked<EncounterId>,
    pub patient: Locked<PatientId>,
    pub drug_id: Option<DrugId>,
    pub drug: String,
    pub dosage: Dosage,
    pub override_reason: String,
    /// The keys of the warnings that it answers.
    pub answered: String,
}

/// Inserts the prescription; returns `false` when the same one is already in this consultation.
pub(in crate::clinical) async fn insert(tx: &mut Tx, new: NewPrescription, stamp: Stamp) -> Result<bool> {
    let query =
        sql("INSERT INTO prescriptions (id, encounter_id, patient_id, drug_id, drug, dose, route, frequency, duration_days, as_needed,
            max_per_day, instructions, state, allergy_override, answered, prescribed_at, prescribed_by, dose_amount, dose_unit, times, in_days,
            no_substitution)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'draft', $13, $14, $15, $16, $17, $18, $19, $20, $21)
        ON CONFLICT DO NOTHING")
        .bind(new.id)
        .bind(new.encounter.id())
        .bind(new.patient.id())
        .bind(new.drug_id)
        .bind(new.drug)
        .bind(new.dosage.dose)
        .bind(new.dosage.route)
        .bind(new.dosage.frequency)
        .bind(new.dosage.days)
        .bind(new.dosage.as_needed)
        .bind(new.dosage.max_per_day)
        .bind(new.dosage.instructions)
        .bind(new.override_reason)
        .bind(new.answered)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(new.dosage.amount.as_ref().map(|dose| dose.amount.clone()))
        .bind(new.dosage.amount.as_ref().map(|dose| dose.unit))
        .bind(new.dosage.often.map(|(times, _)| times))
        .bind(new.dosage.often.map(|(_, days)| days))
        .bind(new.dosage.no_substitution);
    Ok(tx.execute(query).await.map_err(refused)? > 0)
}

/// Records the reason for a draft that has a new warning; returns `false` when it is no longer a draft.
pub(in crate::clinical) async fn answer(
    tx: &mut Tx,
    encounter: Locked<EncounterId>,
    id: PrescriptionId,
    reason: &str,
    answered: &str,
) -> Result<bool> {
    let query = sql("UPDATE prescriptions SET allergy_override = $3, answered = $4, version = version + 1
        WHERE id = $1 AND encounter_id = $2 AND state = 'draft'")
    .bind(id)
    .bind(encounter.id())
    .bind(reason)
    .bind(answered);
    Ok(tx.execute(query).await.map_err(refused)? > 0)
}

/// Changes the state from `from` to `to` (stopped or entered in error); returns `false` when it is no longer `from`.
pub(in crate::clinical) async fn stop(
    tx: &mut Tx,
    encounter: Locked<EncounterId>,
    id: PrescriptionId,
    from: PrescriptionState,
    to: PrescriptionState,
    reason: &str,
    stamp: Stamp,
) -> Result<bool> {
    let query = sql("UPDATE prescriptions SET state = $3, stopped_at = $4, stopped_by = $5, stop_reason = $6, version = version + 1
        WHERE id = $1 AND state = $2 AND encounter_id = $7")
    .bind(id)
    .bind(from)
    .bind(to)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(reason)
    .bind(encounter.id());
    Ok(tx.execute(query).await.map_err(refused)? > 0)
}

/// Activates the encounter's drafts on signing, and completes the prescriptions that they repeat. Returns the number of
/// activated prescriptions, and the completed ones.
pub(in crate::clinical) async fn activate(
    tx: &mut Tx,
    patient: Locked<PatientId>,
    encounter: Locked<EncounterId>,
    repeated: &[PrescriptionId],
    now: Instant,
) -> Result<(u64, Vec<PrescriptionId>)> {
    let query = sql(
        "UPDATE prescriptions SET state = 'active', prescribed_at = $2, version = version + 1 WHERE encounter_id = $1 AND state = 'draft'",
    );
    let valid = tx.execute(query.bind(encounter.id()).bind(now)).await.map_err(refused)?;
    // A new prescription of the same medicine replaces the old one. Where the doctor wants both, the new one has a
    // reason.
    let query = sql("UPDATE prescriptions SET state = 'completed', version = version + 1
        WHERE state = 'active' AND encounter_id <> $1 AND patient_id = $2
        AND drug IN (SELECT drug FROM prescriptions WHERE encounter_id = $1 AND state = 'active' AND allergy_override = '') RETURNING id");
    let mut over: Vec<(PrescriptionId,)> = tx.all(query.bind(encounter.id()).bind(patient.id())).await.map_err(refused)?;
    if !repeated.is_empty() {
        let query = sql("UPDATE prescriptions SET state = 'completed', version = version + 1 WHERE state = 'active' AND patient_id = ")
            .push_bind(patient.id())
            .push(" AND id IN ")
            .push_list(repeated.iter().copied())
            .push(" RETURNING id");
        over.extend(tx.all::<(PrescriptionId,)>(query).await.map_err(refused)?);
    }
    Ok((valid, over.into_iter().map(|(id,)| id).collect()))
}

/// Returns drafts of prescriptions whose encounter is over: no doctor would sign or strike them out any more.
pub(in crate::clinical) async fn forgotten_drafts(tx: &mut Tx) -> Result<Vec<Uuid>> {
    let query = sql("SELECT p.id FROM prescriptions p JOIN encounters e ON e.id = p.encounter_id
        WHERE p.state = 'draft' AND e.state <> 'in_progress' ORDER BY p.id");
    Ok(tx.all::<(PrescriptionId,)>(query).await?.into_iter().map(|(id,)| id.0).collect())
}
