//! The SQL of the requests of patients.

use super::{ProfileRequestKind, ProfileRequestState};
use crate::{
    audit::{FieldChange, changes_text, read_changes},
    core::{ClinicId, DocumentId, PatientId, ProfileRequestId, Result, Stamp, UserId, time::Instant},
    db::{Sql, Tx, sql},
    keys::{PROFILE_REQUESTS, Sealed},
};

/// A request of a patient.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct ProfileRequest {
    pub id: ProfileRequestId,
    pub patient_id: PatientId,
    pub kind: ProfileRequestKind,
    pub state: ProfileRequestState,
    pub document_id: Option<DocumentId>,
    pub asked_at: Instant,
    pub asked_by: UserId,
    pub asker: String,
    #[sqlx(skip)]
    pub changes: Vec<FieldChange>,
    #[sqlx(skip)]
    pub words: String,
    #[sqlx(skip)]
    pub answer: String,
}

#[derive(sqlx::FromRow)]
struct RequestRow {
    #[sqlx(flatten)]
    request: ProfileRequest,
    sealed: Sealed,
}

const REQUESTS: &str =
    "SELECT r.id, r.patient_id, r.kind, r.state, r.document_id, r.asked_at, r.asked_by, a.display_name AS asker, r.sealed
    FROM profile_requests r JOIN users a ON a.id = r.asked_by";

async fn opened(tx: &mut Tx, query: Sql) -> Result<Vec<ProfileRequest>> {
    let rows: Vec<RequestRow> = tx.all(query).await?;
    let mut found = Vec::with_capacity(rows.len());
    for RequestRow { mut request, sealed } in rows {
        let [changes, words, answer] = PROFILE_REQUESTS.open(tx.keys(), request.id, request.patient_id, &sealed)?;
        (request.changes, request.words, request.answer) = (read_changes(&changes), words, answer);
        found.push(request);
    }
    Ok(found)
}

pub(super) async fn one(tx: &mut Tx, id: ProfileRequestId) -> Result<Option<ProfileRequest>> {
    Ok(opened(tx, sql(REQUESTS).push(" WHERE r.id = ").push_bind(id)).await?.pop())
}

/// Returns the requests of a patient, the latest first.
pub(super) async fn of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<ProfileRequest>> {
    let query = sql(REQUESTS).push(" WHERE r.patient_id = ").push_bind(patient);
    opened(tx, query.push(" ORDER BY r.asked_at DESC, r.id DESC LIMIT 20")).await
}

/// Returns the requests that wait, of patients in the care of a clinic, the oldest first.
pub(super) async fn waiting(tx: &mut Tx, clinic: ClinicId, limit: i64) -> Result<Vec<ProfileRequest>> {
    let query = sql(REQUESTS)
        .push(" JOIN care k ON k.patient_id = r.patient_id WHERE r.state = 'told' AND k.clinic_id = ")
        .push_bind(clinic)
        .push(" ORDER BY r.asked_at, r.id LIMIT ")
        .push_bind(limit);
    opened(tx, query).await
}

/// The query for the number of requests that wait for the desk of a clinic, up to a thousand.
pub fn count_waiting(clinic: ClinicId) -> Sql {
    // `OFFSET 0`: PostgreSQL looks the care of each request up, and does not read all care of the clinic.
    sql("SELECT count(*) FROM (SELECT 1 AS one FROM profile_requests r WHERE r.state = 'told' AND EXISTS
        (SELECT 1 FROM care k WHERE k.patient_id = r.patient_id AND k.clinic_id = ")
    .push_bind(clinic)
    .push_for("", " OFFSET 0")
    .push(") LIMIT 1000) AS waiting")
}

/// A request to be recorded.
pub(super) struct NewRequest<'r> {
    pub id: ProfileRequestId,
    pub patient: PatientId,
    pub kind: ProfileRequestKind,
    pub document: Option<DocumentId>,
    pub changes: &'r [FieldChange],
    pub words: &'r str,
}

/// Records a request; `false` when one of the kind waits already.
pub(super) async fn insert(tx: &mut Tx, new: &NewRequest<'_>, stamp: Stamp) -> Result<bool> {
    let query = sql("INSERT INTO profile_requests (id, patient_id, kind, state, document_id, sealed, asked_at, asked_by)
        VALUES ($1, $2, $3, 'told', $4, $5, $6, $7)")
    .bind(new.id)
    .bind(new.patient)
    .bind(new.kind)
    .bind(new.document)
    .bind(PROFILE_REQUESTS.seal(new.id, new.patient, [&changes_text(new.changes), new.words, ""]))
    .bind(stamp.at)
    .bind(stamp.by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Ok(false),
        done => Ok(done.map(|_| true)?),
    }
}

/// Decides a request; `false` when it is decided already.
pub(super) async fn decide(
    tx: &mut Tx,
    found: &ProfileRequest,
    (state, answer): (ProfileRequestState, &str),
    stamp: Stamp,
) -> Result<bool> {
    let query =
        sql("UPDATE profile_requests SET state = $2, decided_at = $3, decided_by = $4, sealed = $5 WHERE id = $1 AND state = 'told'")
            .bind(found.id)
            .bind(state)
            .bind(stamp.at)
            .bind(stamp.by)
            .bind(PROFILE_REQUESTS.seal(found.id, found.patient_id, [&changes_text(&found.changes), &found.words, answer]));
    let done = tx.execute(query).await? == 1;
    tx.changed(&PROFILE_REQUESTS, found.id);
    Ok(done)
}
