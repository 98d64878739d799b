//! The SQL of a doctor's day.

use super::Met;
use crate::{
    core::{ClinicId, Result, StaffId, time::Instant},
    db::{Tx, sql},
};

/// Returns the doctor's encounters that began within the time, in order, and whether each has a prescription to print.
///
/// # Errors
/// When the database refuses.
pub async fn begun_by_doctor(tx: &mut Tx, doctor: StaffId, clinic: ClinicId, from: Instant, to: Instant) -> Result<Vec<Met>> {
    let query = sql(
        "SELECT e.id, e.visit_id, e.patient_id, p.given_names, p.family_name, v.token, v.appointment_id, e.state, e.reason, e.started_at,
            EXISTS (SELECT 1 FROM prescriptions r WHERE r.encounter_id = e.id AND r.state = 'active') AS prescribed
        FROM encounters e JOIN visits v ON v.id = e.visit_id JOIN patients p ON p.id = e.patient_id
        WHERE e.doctor_id = $1 AND e.clinic_id = $2 AND e.started_at >= $3 AND e.started_at < $4 AND e.state <> 'entered_in_error'
        ORDER BY e.started_at, e.id",
    )
    .bind(doctor)
    .bind(clinic)
    .bind(from)
    .bind(to);
    Ok(tx.all(query).await?)
}
