//! The SQL of statements of patients.

use super::StatementState;
use crate::{
    core::{AppointmentId, ClinicId, PatientId, Result, Stamp, StatementId, time::Instant},
    db::{Locked, Tx, sql},
    keys::{STATEMENTS, Sealed},
};

#[derive(sqlx::FromRow)]
struct StatementRow {
    id: StatementId,
    patient_id: PatientId,
    clinic_id: ClinicId,
    by_guardian: bool,
    sealed: Sealed,
    state: StatementState,
    told_at: Instant,
    teller: String,
    ended_at: Option<Instant>,
    ender: Option<String>,
}

/// A statement of a patient.
#[derive(Clone, Debug)]
pub(in crate::clinical) struct Statement {
    pub id: StatementId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    /// Whether a person who acts for the patient wrote it.
    pub by_guardian: bool,
    pub allergies: String,
    pub medicines: String,
    pub history: String,
    pub state: StatementState,
    pub told_at: Instant,
    /// The name of the user who wrote it.
    pub teller: String,
    pub ended_at: Option<Instant>,
    pub ender: String,
}

const STATEMENT: &str = "SELECT s.id, s.patient_id, s.clinic_id, s.by_guardian, s.sealed, s.state, s.told_at, t.display_name AS teller,
    s.ended_at, e.display_name AS ender
    FROM patient_statements s JOIN users t ON t.id = s.told_by LEFT JOIN users e ON e.id = s.ended_by WHERE ";

fn opened(tx: &Tx, row: StatementRow) -> Result<Statement> {
    let [allergies, medicines, history] = STATEMENTS.open(tx.keys(), row.id, row.patient_id, &row.sealed)?;
    Ok(Statement {
        id: row.id,
        patient_id: row.patient_id,
        clinic_id: row.clinic_id,
        by_guardian: row.by_guardian,
        allergies,
        medicines,
        history,
        state: row.state,
        told_at: row.told_at,
        teller: row.teller,
        ended_at: row.ended_at,
        ender: row.ender.unwrap_or_default(),
    })
}

/// Reads one statement.
pub(super) async fn find(tx: &mut Tx, id: StatementId) -> Result<Option<Statement>> {
    let row: Option<StatementRow> = tx.optional(sql(STATEMENT).push("s.id = ").push_bind(id)).await?;
    row.map(|row| opened(tx, row)).transpose()
}

/// Reads the latest statement of a patient.
pub(super) async fn latest(tx: &mut Tx, patient: PatientId) -> Result<Option<Statement>> {
    let query = sql(STATEMENT).push("s.patient_id = ").push_bind(patient).push(" ORDER BY s.told_at DESC, s.id DESC LIMIT 1");
    let row: Option<StatementRow> = tx.optional(query).await?;
    row.map(|row| opened(tx, row)).transpose()
}

/// Reads the statements of these records that wait to be taken over: one each, at most.
pub(super) async fn open_of(tx: &mut Tx, patients: &[PatientId]) -> Result<Vec<Statement>> {
    let query = sql(STATEMENT).push("s.state = 'told' AND s.patient_id IN ").push_list(patients.iter().copied());
    let rows: Vec<StatementRow> = tx.all(query.push(" ORDER BY s.told_at DESC, s.id")).await?;
    rows.into_iter().map(|row| opened(tx, row)).collect()
}

/// A statement to be stored.
pub(super) struct NewStatement<'s> {
    pub id: StatementId,
    pub clinic: ClinicId,
    pub appointment: Option<AppointmentId>,
    pub by_guardian: bool,
    pub allergies: &'s str,
    pub medicines: &'s str,
    pub history: &'s str,
}

/// Stores a statement; the one that waited is replaced.
pub(super) async fn insert(tx: &mut Tx, patient: Locked<PatientId>, new: &NewStatement<'_>, stamp: Stamp) -> Result<()> {
    let query =
        sql("UPDATE patient_statements SET state = 'replaced', ended_at = $2, ended_by = $3 WHERE patient_id = $1 AND state = 'told'")
            .bind(patient.id())
            .bind(stamp.at)
            .bind(stamp.by);
    tx.execute(query).await?;
    let query =
        sql("INSERT INTO patient_statements (id, patient_id, clinic_id, appointment_id, by_guardian, sealed, state, told_at, told_by)
        VALUES ($1, $2, $3, $4, $5, $6, 'told', $7, $8)")
        .bind(new.id)
        .bind(patient.id())
        .bind(new.clinic)
        .bind(new.appointment)
        .bind(new.by_guardian)
        .bind(STATEMENTS.seal(new.id, patient.id(), [new.allergies, new.medicines, new.history]))
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await.map_err(crate::db::DbError::of_form_key)?;
    Ok(())
}

/// Ends a statement; `false` when it has ended already.
pub(super) async fn end(tx: &mut Tx, id: StatementId, state: StatementState, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE patient_statements SET state = $2, ended_at = $3, ended_by = $4 WHERE id = $1 AND state = 'told'")
        .bind(id)
        .bind(state)
        .bind(stamp.at)
        .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
