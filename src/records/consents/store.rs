//! The SQL of consents.

use chrono::NaiveDate;

use super::ConsentKind;
use crate::{
    core::{ClinicId, ConsentId, DocumentId, PatientId, Result, Stamp, time::Instant},
    db::{Tx, sql},
};

/// A consent.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Consent {
    pub id: ConsentId,
    pub patient_id: PatientId,
    pub kind: ConsentKind,
    pub given_on: NaiveDate,
    pub document_id: Option<DocumentId>,
    pub recorder: String,
    pub withdrawn_at: Option<Instant>,
}

/// Returns the consents of these records of one patient, those that hold first.
pub(super) async fn of_patient(tx: &mut Tx, records: &[PatientId]) -> Result<Vec<Consent>> {
    let query = sql("SELECT c.id, c.patient_id, c.kind, c.given_on, c.document_id, u.display_name AS recorder, c.withdrawn_at
        FROM patient_consents c JOIN users u ON u.id = c.recorded_by WHERE c.patient_id IN ")
    .push_list(records.iter().copied())
    .push(" ORDER BY CASE WHEN c.withdrawn_at IS NULL THEN 0 ELSE 1 END, c.recorded_at DESC, c.id LIMIT 100");
    Ok(tx.all(query).await?)
}

/// A consent to be recorded.
pub(super) struct NewConsent {
    pub id: ConsentId,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub kind: ConsentKind,
    pub given: NaiveDate,
    pub document: Option<DocumentId>,
}

/// Records a consent; `false` when one of the kind holds already.
pub(super) async fn insert(tx: &mut Tx, new: &NewConsent, stamp: Stamp) -> Result<bool> {
    let query = sql("INSERT INTO patient_consents (id, patient_id, clinic_id, kind, given_on, document_id, recorded_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(new.id)
    .bind(new.patient)
    .bind(new.clinic)
    .bind(new.kind)
    .bind(new.given)
    .bind(new.document)
    .bind(stamp.at)
    .bind(stamp.by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Ok(false),
        done => Ok(done.map(|_| true)?),
    }
}

/// Withdraws a consent; `false` when it is withdrawn already, or another patient's.
pub(super) async fn withdraw(tx: &mut Tx, id: ConsentId, patient: PatientId, stamp: Stamp) -> Result<bool> {
    let query =
        sql("UPDATE patient_consents SET withdrawn_at = $3, withdrawn_by = $4 WHERE id = $1 AND patient_id = $2 AND withdrawn_at IS NULL")
            .bind(id)
            .bind(patient)
            .bind(stamp.at)
            .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
