//! The SQL of the time that a patient holds.

use crate::{
    core::{ClinicId, PatientId, Result, ServiceId, StaffId, time::Instant},
    db::{Tx, sql},
};

#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct Held {
    pub clinic_id: ClinicId,
    pub service_id: ServiceId,
    pub doctor_id: StaffId,
    pub starts_at: Instant,
}

pub(super) async fn held(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<Option<Held>> {
    let query = sql("SELECT a.clinic_id, a.service_id, a.doctor_id, a.starts_at FROM appointments a
        WHERE a.patient_id = $1 AND a.state = 'held' AND a.held_until > $2
            AND NOT EXISTS (SELECT 1 FROM waitlist w WHERE w.appointment_id = a.id AND w.state = 'offered')
        ORDER BY a.held_until DESC LIMIT 1")
    .bind(patient)
    .bind(now);
    Ok(tx.optional(query).await?)
}
