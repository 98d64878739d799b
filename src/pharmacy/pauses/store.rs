//! The SQL of prescriptions that wait.

use chrono::NaiveDate;

use super::{OpenQuery, Pause, PauseKind, PauseOutcome, Supply};
use crate::{
    clinical::Dosage,
    core::{ClinicId, PatientId, Result, Stamp, SupplyId, SupplyPauseId, UserId, time::Instant},
    db::{DbError, Sql, Tx, sql},
    keys::{SUPPLY_PAUSES as FIELDS, Sealed},
    patients::PatientName,
};

#[derive(sqlx::FromRow)]
struct PauseRow {
    id: SupplyPauseId,
    supply_id: SupplyId,
    patient_id: PatientId,
    kind: PauseKind,
    until_on: Option<NaiveDate>,
    sealed: Sealed,
    at: Instant,
    by_name: String,
    asked: Option<String>,
    outcome: Option<PauseOutcome>,
    ended_at: Option<Instant>,
    ended_by: Option<String>,
}

const COLUMNS: &str =
    "z.id, z.supply_id, z.patient_id, z.kind, z.until_on, z.sealed, z.at, u.display_name AS by_name, k.display_name AS asked,
        z.outcome, z.ended_at, n.display_name AS ended_by";
const PAUSES: &str =
    " FROM supply_pauses z JOIN users u ON u.id = z.by_user LEFT JOIN users k ON k.id = z.asked_id LEFT JOIN users n ON n.id = z.ended_by";

fn opened(tx: &Tx, row: PauseRow) -> Result<Pause> {
    let [words, answer] = FIELDS.open(tx.keys(), row.id, row.patient_id, &row.sealed)?;
    Ok(Pause {
        id: row.id,
        supply_id: row.supply_id,
        patient_id: row.patient_id,
        kind: row.kind,
        until_on: row.until_on,
        words,
        answer,
        at: row.at,
        by_name: row.by_name,
        asked: row.asked,
        outcome: row.outcome,
        ended_at: row.ended_at,
        ended_by: row.ended_by,
    })
}

fn pauses() -> Sql {
    sql("SELECT ").push(COLUMNS).push(PAUSES).push(" WHERE ")
}

pub(super) async fn find(tx: &mut Tx, id: SupplyPauseId) -> Result<Option<Pause>> {
    let row: Option<PauseRow> = tx.optional(pauses().push("z.id = ").push_bind(id)).await?;
    row.map(|row| opened(tx, row)).transpose()
}

/// Reads the pause that a supply has now.
pub(super) async fn open_of(tx: &mut Tx, supply: SupplyId) -> Result<Option<Pause>> {
    let row: Option<PauseRow> = tx.optional(pauses().push("z.outcome IS NULL AND z.supply_id = ").push_bind(supply)).await?;
    row.map(|row| opened(tx, row)).transpose()
}

/// Reads the pauses of a supply, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn of_supply(tx: &mut Tx, supply: SupplyId) -> Result<Vec<Pause>> {
    let query = pauses().push("z.supply_id = ").push_bind(supply).push(" ORDER BY z.at DESC, z.id DESC LIMIT 50");
    let rows: Vec<PauseRow> = tx.all(query).await?;
    rows.into_iter().map(|row| opened(tx, row)).collect()
}

pub(super) async fn insert(
    tx: &mut Tx,
    (id, supply): (SupplyPauseId, &Supply),
    (kind, until): (PauseKind, Option<NaiveDate>),
    words: &str,
    stamp: Stamp,
) -> Result<()> {
    let query = sql("INSERT INTO supply_pauses (id, supply_id, patient_id, clinic_id, kind, until_on, asked_id, sealed, at, by_user)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
    .bind(id)
    .bind(supply.id)
    .bind(supply.patient_id)
    .bind(supply.clinic_id)
    .bind(kind)
    .bind(until)
    .bind((kind == PauseKind::Queried).then_some(supply.prescribed_by))
    .bind(FIELDS.seal(id, supply.patient_id, [words, ""]))
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await.map_err(DbError::of_form_key)?;
    Ok(())
}

/// Ends a pause, with the answer to a question.
pub(super) async fn end(tx: &mut Tx, pause: &Pause, (outcome, answer): (PauseOutcome, &str), stamp: Stamp) -> Result<()> {
    let answered = outcome == PauseOutcome::Answered;
    let mut query = sql("UPDATE supply_pauses SET outcome = ")
        .push_bind(outcome)
        .push(", ended_at = ")
        .push_bind(stamp.at)
        .push(", ended_by = ")
        .push_bind(stamp.by);
    if answered {
        query = query.push(", sealed = ").push_bind(FIELDS.seal(pause.id, pause.patient_id, [pause.words.as_str(), answer]));
    }
    tx.execute(query.push(" WHERE outcome IS NULL AND id = ").push_bind(pause.id)).await?;
    tx.changed(&FIELDS, pause.id);
    Ok(())
}

#[derive(sqlx::FromRow)]
struct QueryRow {
    #[sqlx(flatten)]
    pause: PauseRow,
    asked_id: UserId,
    #[sqlx(flatten)]
    patient_name: PatientName,
    mrn: String,
    drug: String,
    dose: String,
    route: String,
    frequency: String,
    duration_days: Option<i64>,
    as_needed: bool,
    max_per_day: Option<i64>,
}

/// Reads the questions of a clinic that wait for an answer, those to the user first.
///
/// # Errors
/// When the database refuses.
pub async fn open_queries(tx: &mut Tx, clinic: ClinicId, user: UserId) -> Result<Vec<OpenQuery>> {
    let query = sql("SELECT ")
        .push(COLUMNS)
        .push(
            ", z.asked_id, p.given_names, p.family_name, p.preferred_name, p.mrn, x.drug, x.dose, x.route, x.frequency, x.duration_days,
            x.as_needed, x.max_per_day",
        )
        .push(PAUSES)
        .push(
            " JOIN patients p ON p.id = z.patient_id JOIN prescriptions x ON x.id = z.supply_id
            WHERE z.outcome IS NULL AND z.kind = 'queried' AND z.clinic_id = ",
        )
        .push_bind(clinic)
        .push(" ORDER BY CASE WHEN z.asked_id = ")
        .push_bind(user)
        .push(" THEN 0 ELSE 1 END, z.at, z.id LIMIT 200");
    let rows: Vec<QueryRow> = tx.all(query).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        found.push(OpenQuery {
            pause: opened(tx, row.pause)?,
            asked_id: row.asked_id,
            patient_name: row.patient_name,
            mrn: row.mrn,
            drug: row.drug,
            dosage: Dosage {
                dose: row.dose,
                route: row.route,
                frequency: row.frequency,
                days: row.duration_days,
                as_needed: row.as_needed,
                max_per_day: row.max_per_day,
                ..Dosage::default()
            },
        });
    }
    Ok(found)
}

/// The query for the number of questions to a user that wait for an answer.
pub fn count_asked(clinic: ClinicId, user: UserId) -> Sql {
    let query = sql("SELECT count(*) FROM supply_pauses WHERE outcome IS NULL AND asked_id = ").push_bind(user);
    query.push(" AND clinic_id = ").push_bind(clinic)
}
