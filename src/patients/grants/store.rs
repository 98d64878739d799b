//! The SQL of access that was given.

use super::GrantKind;
use crate::{
    core::{AccessGrantId, ClinicId, PatientId, Result, UserId, time::Instant},
    db::{Locked, Tx, sql},
};

pub(super) async fn insert(
    tx: &mut Tx,
    patient: Locked<PatientId>,
    kind: GrantKind,
    (guardian, document): (Option<PatientId>, &str),
    (by, clinic): (UserId, ClinicId),
    now: Instant,
) -> Result<()> {
    let query = sql("INSERT INTO access_grants (id, patient_id, kind, user_id, clinic_id, guardian_id, document, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(AccessGrantId::new())
    .bind(patient.id())
    .bind(kind)
    .bind(by)
    .bind(clinic)
    .bind(guardian)
    .bind(document)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}
