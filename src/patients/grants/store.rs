//! The SQL of access that was given.

use super::{AccessGrant, GrantKind};
use crate::{
    core::{
        AccessGrantId, ClinicId, PatientId, Result, UserId,
        list::{PAGE_SIZE, Slice},
        time::Instant,
    },
    db::{Locked, Tx, sql},
    patients::emergency::Verdict,
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

/// The list, newest first: those that are not judged yet, or all.
pub(super) async fn listed(tx: &mut Tx, all: bool, page: i64, offset: i64) -> Result<Slice<AccessGrant>> {
    let query = sql("SELECT a.id, a.patient_id, p.mrn, p.given_names, p.family_name, p.preferred_name, a.kind,
            u.display_name AS user_name, u.login, k.name AS clinic,
            (SELECT trim(i.given_names || ' ' || i.family_name) || ' · ' || i.mrn FROM patient_identities i WHERE i.id = a.guardian_id) AS guardian,
            a.document, a.made_at, a.reviewed_at, r.display_name AS reviewed_by, a.verdict, a.remark
        FROM access_grants a JOIN patients p ON p.id = a.patient_id JOIN users u ON u.id = a.user_id
        JOIN clinics k ON k.id = a.clinic_id LEFT JOIN users r ON r.id = a.reviewed_by")
    .push(if all { "" } else { " WHERE a.reviewed_at IS NULL" })
    .push(" ORDER BY a.made_at DESC, a.id DESC LIMIT ")
    .push_bind(PAGE_SIZE + 1)
    .push(" OFFSET ")
    .push_bind(offset);
    Ok(Slice::from_surplus(tx.all(query).await?, page))
}

/// The patient whose record it opens, and the user who gave it.
pub(super) async fn of(tx: &mut Tx, id: AccessGrantId) -> Result<Option<(PatientId, UserId)>> {
    Ok(tx.optional(sql("SELECT patient_id, user_id FROM access_grants WHERE id = $1").bind(id)).await?)
}

/// Notes the verdict; `false` when it is judged already.
pub(super) async fn judge(tx: &mut Tx, id: AccessGrantId, verdict: Verdict, remark: &str, now: Instant, by: UserId) -> Result<bool> {
    let query = sql("UPDATE access_grants SET reviewed_at = $2, reviewed_by = $3, verdict = $4, remark = $5
        WHERE id = $1 AND reviewed_at IS NULL AND user_id <> $6")
    .bind(id)
    .bind(now)
    .bind(by)
    .bind(verdict)
    .bind(remark)
    .bind(by);
    Ok(tx.execute(query).await? == 1)
}
