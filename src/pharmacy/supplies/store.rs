//! The SQL of supplies.

use chrono::NaiveDate;

use super::{DAYS, Refusal, SubstituteReason, Supply, SupplyState};
use crate::{
    clinical::{Dosage, PrescriptionState},
    core::{ClinicId, DrugId, PatientId, Result, Stamp, StockItemId, SupplyId, UserId, VisitId, list::PAGE_SIZE, time::Instant},
    db::{Lockable, Locked, Sql, Tx, sql},
    formulary::{Dose, Unit},
    inventory::StockUnit,
    patients::{Birth, PatientName, Sex},
};

impl Lockable for SupplyId {
    const TABLE: &'static str = "supplies";
}

#[derive(sqlx::FromRow)]
struct SupplyRow {
    id: SupplyId,
    patient_id: PatientId,
    #[sqlx(flatten)]
    patient_name: PatientName,
    mrn: String,
    #[sqlx(flatten)]
    birth: Birth,
    sex: Sex,
    clinic_id: ClinicId,
    visit_id: Option<VisitId>,
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
    prescription_state: PrescriptionState,
    override_reason: String,
    prescriber: String,
    prescribed_by: UserId,
    item_id: Option<StockItemId>,
    item_name: Option<String>,
    unit: Option<StockUnit>,
    ordered: i64,
    dispensed: i64,
    returned: i64,
    state: SupplyState,
    refusal: Option<Refusal>,
    note: String,
    substitute_reason: Option<SubstituteReason>,
    substitute_for: String,
    signed_at: Instant,
    version: i64,
    held_until: Option<NaiveDate>,
    answered: bool,
}

impl From<SupplyRow> for Supply {
    fn from(row: SupplyRow) -> Self {
        Self {
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
            id: row.id,
            patient_id: row.patient_id,
            patient_name: row.patient_name,
            mrn: row.mrn,
            birth: row.birth,
            sex: row.sex,
            clinic_id: row.clinic_id,
            visit_id: row.visit_id,
            drug_id: row.drug_id,
            drug: row.drug,
            prescription_state: row.prescription_state,
            override_reason: row.override_reason,
            prescriber: row.prescriber,
            prescribed_by: row.prescribed_by,
            item_id: row.item_id,
            item_name: row.item_name,
            unit: row.unit,
            ordered: row.ordered,
            dispensed: row.dispensed,
            returned: row.returned,
            state: row.state,
            refusal: row.refusal,
            note: row.note,
            substitute_reason: row.substitute_reason,
            substitute_for: row.substitute_for,
            signed_at: row.signed_at,
            version: row.version,
            held_until: row.held_until,
            answered: row.answered,
        }
    }
}

const SUPPLIES: &str = "SELECT s.id, s.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, p.birth_date, p.birth_precision, p.sex,
        s.clinic_id, e.visit_id, x.drug_id, x.drug, x.dose, x.route, x.frequency, x.duration_days, x.as_needed, x.max_per_day, x.instructions,
        x.dose_amount, x.dose_unit, x.times, x.in_days, x.no_substitution, x.state AS prescription_state, x.allergy_override AS override_reason,
        u.display_name AS prescriber, x.prescribed_by, s.item_id, i.name AS item_name, i.unit, s.ordered, s.dispensed, s.returned, s.state,
        s.refusal, s.note, s.substitute_reason, s.substitute_for, s.signed_at, s.version,
        (SELECT z.until_on FROM supply_pauses z WHERE z.supply_id = s.id AND z.outcome IS NULL) AS held_until,
        EXISTS (SELECT 1 FROM supply_pauses z WHERE z.supply_id = s.id AND z.outcome = 'answered'
            AND z.ended_at >= coalesce(s.verified_at, s.signed_at)) AS answered
    FROM supplies s JOIN prescriptions x ON x.id = s.id JOIN encounters e ON e.id = x.encounter_id JOIN patients p ON p.id = s.patient_id
    JOIN users u ON u.id = x.prescribed_by LEFT JOIN stock_items i ON i.id = s.item_id WHERE ";

async fn read(tx: &mut Tx, query: Sql) -> Result<Vec<Supply>> {
    Ok(tx.all::<SupplyRow>(query).await?.into_iter().map(Supply::from).collect())
}

/// Reads a supply.
///
/// # Errors
/// When the database refuses.
pub async fn find(tx: &mut Tx, id: SupplyId) -> Result<Option<Supply>> {
    Ok(read(tx, sql(SUPPLIES).push("s.id = ").push_bind(id)).await?.pop())
}

/// The open states, as the partial index has them.
const OPEN: &str = "(s.state = 'to_verify' OR s.state = 'verified' OR s.state = 'part_dispensed' OR s.state = 'on_hold' OR s.state = 'queried') AND s.clinic_id = ";

/// Reads a page of the open supplies of a clinic, the longest waiting first, with one row more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn queue(tx: &mut Tx, clinic: ClinicId, only: Option<SupplyState>, now: Instant, offset: i64) -> Result<Vec<Supply>> {
    let since = now - chrono::Duration::days(DAYS);
    let mut query = sql(SUPPLIES).push(OPEN).push_bind(clinic).push(" AND s.signed_at >= ").push_bind(since);
    if let Some(state) = only {
        query = query.push(" AND s.state = ").push_bind(state);
    }
    read(tx, query.push(" ORDER BY s.signed_at, s.id LIMIT ").push_bind(PAGE_SIZE + 1).push(" OFFSET ").push_bind(offset)).await
}

/// Counts the open supplies of a clinic by state.
///
/// # Errors
/// When the database refuses.
pub async fn count_open(tx: &mut Tx, clinic: ClinicId, now: Instant) -> Result<Vec<(SupplyState, i64)>> {
    let since = now - chrono::Duration::days(DAYS);
    let query =
        sql("SELECT s.state, count(*) FROM supplies s WHERE ").push(OPEN).push_bind(clinic).push(" AND s.signed_at >= ").push_bind(since);
    Ok(tx.all(query.push(" GROUP BY s.state")).await?)
}

/// Reads the supplies of some patients at a clinic, ended and expired ones too, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patients(tx: &mut Tx, clinic: ClinicId, patients: &[PatientId], limit: i64) -> Result<Vec<Supply>> {
    let query = sql(SUPPLIES).push("s.patient_id IN ").push_list(patients.iter().copied()).push(" AND s.clinic_id = ").push_bind(clinic);
    read(tx, query.push(" ORDER BY s.updated_at DESC, s.id DESC LIMIT ").push_bind(limit)).await
}

/// Reads the supplies of a patient, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_patient(tx: &mut Tx, patient: PatientId, limit: i64) -> Result<Vec<Supply>> {
    let query = sql(SUPPLIES).push("s.patient_id = ").push_bind(patient).push(" ORDER BY s.updated_at DESC, s.id DESC LIMIT ");
    read(tx, query.push_bind(limit)).await
}

pub(super) async fn verify(
    tx: &mut Tx,
    supply: Locked<SupplyId>,
    (item, ordered): (StockItemId, i64),
    (note, substitute): (&str, Option<(SubstituteReason, String)>),
    stamp: Stamp,
) -> Result<()> {
    let query = sql("UPDATE supplies SET state = 'verified', item_id = $2, ordered = $3, note = $4, verified_at = $5, verified_by = $6,
            updated_at = $5, updated_by = $6, substitute_reason = $7, substitute_for = $8, version = version + 1 WHERE id = $1")
    .bind(supply.id())
    .bind(item)
    .bind(ordered)
    .bind(note)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(substitute.as_ref().map(|(reason, _)| *reason))
    .bind(substitute.map(|(_, prescribed)| prescribed).unwrap_or_default());
    tx.execute(query).await?;
    Ok(())
}

/// Writes the state of a supply, with the refusal where it has one.
pub(in crate::pharmacy) async fn reach_state(
    tx: &mut Tx,
    supply: Locked<SupplyId>,
    state: SupplyState,
    refusal: Option<(Refusal, &str)>,
    stamp: Stamp,
) -> Result<()> {
    let query = sql(
        "UPDATE supplies SET state = $2, refusal = $3, note = CASE WHEN $4 = '' THEN note ELSE $4 END, updated_at = $5, updated_by = $6,
            version = version + 1 WHERE id = $1",
    )
    .bind(supply.id())
    .bind(state)
    .bind(refusal.map(|(refusal, _)| refusal))
    .bind(refusal.map_or("", |(_, note)| note))
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Writes the units that were handed out and came back, with the state that follows.
pub(in crate::pharmacy) async fn set_counts(
    tx: &mut Tx,
    supply: Locked<SupplyId>,
    (dispensed, returned): (i64, i64),
    (state, refusal): (SupplyState, Option<Refusal>),
    stamp: Stamp,
) -> Result<()> {
    let query = sql("UPDATE supplies SET dispensed = $2, returned = $3, state = $4, refusal = $5, updated_at = $6, updated_by = $7,
            version = version + 1 WHERE id = $1")
    .bind(supply.id())
    .bind(dispensed)
    .bind(returned)
    .bind(state)
    .bind(refusal)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
