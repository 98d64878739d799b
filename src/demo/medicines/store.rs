//! The SQL of the demo's medicine record.

use crate::{
    core::{AdmissionId, ClinicId, DrugId, PatientId, WardId, time::Instant},
    db::{DbError, Tx, sql},
};

/// A patient who lies on a ward.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct Inpatient {
    pub id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub ward_id: WardId,
}

/// Returns patients of a ward who lie there since before a time, by their numbers.
pub(super) async fn inpatients(tx: &mut Tx, ward: &'static str, before: Instant, limit: i64) -> Result<Vec<Inpatient>, DbError> {
    let query = sql("SELECT a.id, a.patient_id, a.clinic_id, w.id AS ward_id FROM admissions a JOIN wards w ON w.id = a.accepted_ward_id
        WHERE a.state = 'admitted' AND w.code = ")
    .push_bind(ward)
    .push(" AND a.admitted_at < ")
    .push_bind(before);
    tx.all(query.push(" ORDER BY a.number LIMIT ").push_bind(limit)).await
}

/// Returns a drug of the formulary by its code, with its name and whether it is a high-alert medicine.
pub(super) async fn drug(tx: &mut Tx, code: &'static str) -> Result<Option<(DrugId, String, bool)>, DbError> {
    tx.optional(sql("SELECT id, name, high_alert FROM drugs WHERE code = ").push_bind(code)).await
}
