//! The SQL of records opened in an emergency.

use super::{EmergencyAccess, LASTS, Verdict};
use crate::{
    core::{
        ClinicId, EmergencyAccessId, Error, PatientId, Result, UserId,
        list::{PAGE_SIZE, Slice},
        time::Instant,
    },
    db::{Tx, sql},
    tr,
};

/// Opens the record; one that is open already stays as it is. Clicks of one user on one record take turns: the record itself cannot be
/// locked by somebody whom it is not open to.
pub(super) async fn open(
    tx: &mut Tx,
    patient: PatientId,
    clinic: ClinicId,
    reason: &str,
    now: Instant,
    by: UserId,
) -> Result<Option<EmergencyAccessId>> {
    tx.take_turn("emergency", &format!("{by} {patient}")).await?;
    if !crate::accounts::scope::emergencies(tx, &[patient], by, now).await?.is_empty() {
        return Ok(None);
    }
    let id = EmergencyAccessId::new();
    let query = sql("INSERT INTO emergency_accesses (id, patient_id, user_id, clinic_id, reason, began_at, ends_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)")
    .bind(id)
    .bind(patient)
    .bind(by)
    .bind(clinic)
    .bind(reason)
    .bind(now)
    .bind(now + LASTS);
    match tx.execute(query).await {
        Err(error) if error.violates("emergency_accesses_once") => Err(Error::conflict(tr!(patients.emergency_open_already))),
        done => Ok(done.map(|_| Some(id))?),
    }
}

/// The list, newest first: those that nobody has judged, or all.
pub(super) async fn listed(tx: &mut Tx, all: bool, page: i64, offset: i64) -> Result<Slice<EmergencyAccess>> {
    let query =
        sql("SELECT e.id, e.patient_id, p.mrn, p.given_names, p.family_name, p.preferred_name, u.display_name AS user_name, u.login,
            k.name AS clinic, e.reason, e.began_at, e.ends_at, e.reviewed_at, r.display_name AS reviewed_by, e.verdict, e.remark
        FROM emergency_accesses e JOIN patients p ON p.id = e.patient_id JOIN users u ON u.id = e.user_id
        JOIN clinics k ON k.id = e.clinic_id LEFT JOIN users r ON r.id = e.reviewed_by")
        .push(if all { "" } else { " WHERE e.reviewed_at IS NULL" })
        .push(" ORDER BY e.began_at DESC, e.id DESC LIMIT ")
        .push_bind(PAGE_SIZE + 1)
        .push(" OFFSET ")
        .push_bind(offset);
    Ok(Slice::from_surplus(tx.all(query).await?, page))
}

/// Whom an access was to, and who had it.
pub(super) async fn of(tx: &mut Tx, id: EmergencyAccessId) -> Result<Option<(PatientId, UserId)>> {
    Ok(tx.optional(sql("SELECT patient_id, user_id FROM emergency_accesses WHERE id = $1").bind(id)).await?)
}

/// Notes the verdict, unless somebody has.
pub(super) async fn judge(tx: &mut Tx, id: EmergencyAccessId, verdict: Verdict, remark: &str, now: Instant, by: UserId) -> Result<bool> {
    let query = sql("UPDATE emergency_accesses SET reviewed_at = $2, reviewed_by = $3, verdict = $4, remark = $5
        WHERE id = $1 AND reviewed_at IS NULL AND user_id <> $6")
    .bind(id)
    .bind(now)
    .bind(by)
    .bind(verdict)
    .bind(remark)
    .bind(by);
    Ok(tx.execute(query).await? == 1)
}
