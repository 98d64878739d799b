//! The SQL of copies of records and of requests to erase them.

use super::{ErasureState, ExportPurpose, ExportState};
use crate::{
    core::{ClinicId, ErasureId, ExportId, PatientId, Result, Stamp, UserId, time::Instant},
    db::{Sql, Tx, sql},
    keys::{ERASURES, Sealed},
};

/// A copy of a record that was asked for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Export {
    pub id: ExportId,
    pub patient_id: PatientId,
    pub state: ExportState,
    pub purpose: ExportPurpose,
    pub by_patient: bool,
    pub asked_at: Instant,
    pub asked_by: UserId,
    pub asker: String,
    pub decided_at: Option<Instant>,
    pub decider: Option<String>,
    pub expires_at: Option<Instant>,
}

impl Export {
    /// Whether the file can be fetched now.
    pub fn is_open(&self, now: Instant) -> bool {
        self.state == ExportState::Ready && self.expires_at.is_some_and(|until| until > now)
    }
}

const EXPORT: &str = "SELECT e.id, e.patient_id, e.state, e.purpose, e.by_patient, e.asked_at, e.asked_by, a.display_name AS asker,
    e.decided_at, d.display_name AS decider, e.expires_at
    FROM record_exports e JOIN users a ON a.id = e.asked_by LEFT JOIN users d ON d.id = e.decided_by WHERE ";

pub(super) async fn export(tx: &mut Tx, id: ExportId) -> Result<Option<Export>> {
    Ok(tx.optional(sql(EXPORT).push("e.id = ").push_bind(id)).await?)
}

/// Returns the copies of a patient's record, the latest first.
pub(super) async fn exports_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Export>> {
    Ok(tx.all(sql(EXPORT).push("e.patient_id = ").push_bind(patient).push(" ORDER BY e.asked_at DESC, e.id DESC LIMIT 50")).await?)
}

/// Returns the copies that wait for a release at the clinic, the oldest first.
pub(super) async fn exports_waiting(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Export>> {
    let query = sql(EXPORT).push("e.state = 'asked' AND e.clinic_id = ").push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY e.asked_at, e.id LIMIT 200")).await?)
}

/// The query for the number of copies that wait for a release at the clinic.
pub(super) fn count_exports(clinic: ClinicId) -> Sql {
    sql("SELECT count(*) FROM record_exports WHERE state = 'asked' AND clinic_id = ").push_bind(clinic)
}

/// A copy to be asked for; with an end it is ready at once.
pub(super) struct NewExport {
    pub id: ExportId,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub purpose: ExportPurpose,
    pub by_patient: bool,
    pub until: Option<Instant>,
}

pub(super) async fn insert_export(tx: &mut Tx, new: &NewExport, stamp: Stamp) -> Result<()> {
    let ready = new.until.is_some();
    let query = sql("INSERT INTO record_exports (id, patient_id, clinic_id, state, purpose, by_patient, asked_at, asked_by, decided_at,
            decided_by, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")
    .bind(new.id)
    .bind(new.patient)
    .bind(new.clinic)
    .bind(if ready { ExportState::Ready } else { ExportState::Asked })
    .bind(new.purpose)
    .bind(new.by_patient)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(ready.then_some(stamp.at))
    .bind(ready.then_some(stamp.by))
    .bind(new.until);
    tx.execute(query).await.map_err(crate::db::DbError::of_form_key)?;
    Ok(())
}

/// Releases a copy until a time, or refuses it; `false` when it is decided already.
pub(super) async fn decide_export(tx: &mut Tx, id: ExportId, until: Option<Instant>, stamp: Stamp) -> Result<bool> {
    let state = if until.is_some() { ExportState::Ready } else { ExportState::Refused };
    let query =
        sql("UPDATE record_exports SET state = $2, decided_at = $3, decided_by = $4, expires_at = $5 WHERE id = $1 AND state = 'asked'")
            .bind(id)
            .bind(state)
            .bind(stamp.at)
            .bind(stamp.by)
            .bind(until);
    Ok(tx.execute(query).await? == 1)
}

/// A request to erase a record.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Erasure {
    pub id: ErasureId,
    pub patient_id: PatientId,
    pub state: ErasureState,
    pub asked_at: Instant,
    pub asked_by: UserId,
    pub asker: String,
    pub decided_at: Option<Instant>,
    pub decider: Option<String>,
    #[sqlx(skip)]
    pub words: String,
    #[sqlx(skip)]
    pub answer: String,
}

#[derive(sqlx::FromRow)]
struct ErasureRow {
    #[sqlx(flatten)]
    erasure: Erasure,
    sealed: Sealed,
}

const ERASURE: &str = "SELECT e.id, e.patient_id, e.state, e.sealed, e.asked_at, e.asked_by, a.display_name AS asker,
    e.decided_at, d.display_name AS decider
    FROM erasure_requests e JOIN users a ON a.id = e.asked_by LEFT JOIN users d ON d.id = e.decided_by WHERE ";

async fn erasures(tx: &mut Tx, query: Sql) -> Result<Vec<Erasure>> {
    let rows: Vec<ErasureRow> = tx.all(query).await?;
    let mut found = Vec::with_capacity(rows.len());
    for ErasureRow { mut erasure, sealed } in rows {
        [erasure.words, erasure.answer] = ERASURES.open(tx.keys(), erasure.id, erasure.patient_id, &sealed)?;
        found.push(erasure);
    }
    Ok(found)
}

pub(super) async fn erasure(tx: &mut Tx, id: ErasureId) -> Result<Option<Erasure>> {
    Ok(erasures(tx, sql(ERASURE).push("e.id = ").push_bind(id)).await?.pop())
}

/// Returns the requests of a patient, the latest first.
pub(super) async fn erasures_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Erasure>> {
    erasures(tx, sql(ERASURE).push("e.patient_id = ").push_bind(patient).push(" ORDER BY e.asked_at DESC, e.id DESC LIMIT 50")).await
}

/// Returns the requests of a clinic: those that wait, the oldest first.
pub(super) async fn erasures_waiting(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Erasure>> {
    let query = sql(ERASURE).push("e.state = 'asked' AND e.clinic_id = ").push_bind(clinic);
    erasures(tx, query.push(" ORDER BY e.asked_at, e.id LIMIT 200")).await
}

/// The query for the number of erasures that wait for the clinic.
pub(super) fn count_erasures(clinic: ClinicId) -> Sql {
    sql("SELECT count(*) FROM erasure_requests WHERE state = 'asked' AND clinic_id = ").push_bind(clinic)
}

/// A request to be recorded.
pub(super) struct NewErasure<'w> {
    pub id: ErasureId,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub by_patient: bool,
    pub words: &'w str,
}

/// Records a request; `false` when one waits already.
pub(super) async fn insert_erasure(tx: &mut Tx, new: &NewErasure<'_>, stamp: Stamp) -> Result<bool> {
    let query = sql("INSERT INTO erasure_requests (id, patient_id, clinic_id, state, by_patient, sealed, asked_at, asked_by)
        VALUES ($1, $2, $3, 'asked', $4, $5, $6, $7)")
    .bind(new.id)
    .bind(new.patient)
    .bind(new.clinic)
    .bind(new.by_patient)
    .bind(ERASURES.seal(new.id, new.patient, [new.words, ""]))
    .bind(stamp.at)
    .bind(stamp.by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Ok(false),
        done => Ok(done.map(|_| true)?),
    }
}

/// Decides a request; `false` when it is decided already.
pub(super) async fn decide_erasure(tx: &mut Tx, found: &Erasure, state: ErasureState, answer: &str, stamp: Stamp) -> Result<bool> {
    let query =
        sql("UPDATE erasure_requests SET state = $2, decided_at = $3, decided_by = $4, sealed = $5 WHERE id = $1 AND state = 'asked'")
            .bind(found.id)
            .bind(state)
            .bind(stamp.at)
            .bind(stamp.by)
            .bind(ERASURES.seal(found.id, found.patient_id, [&found.words, answer]));
    let done = tx.execute(query).await? == 1;
    tx.changed(&ERASURES, found.id);
    Ok(done)
}
