//! The SQL of codes for the portal.

use chrono::NaiveDate;

use crate::{
    core::{ClinicId, Error, PatientId, Result, UserId, time::Instant},
    db::{Locked, Tx, sql},
};

/// Returns the time since which the patient's account has access, the time until which a code can be used, and whether the
/// account has a second factor or a passkey.
pub(super) async fn access(tx: &mut Tx, patient: PatientId) -> Result<(Option<Instant>, Option<Instant>, bool)> {
    let query = sql(
        "SELECT (SELECT linked_at FROM patient_users WHERE patient_id = $1), (SELECT expires_at FROM portal_codes WHERE patient_id = $2),
            (EXISTS (SELECT 1 FROM patient_users p JOIN second_factors f ON f.user_id = p.user_id WHERE p.patient_id = $3 AND f.confirmed_at IS NOT NULL)
            OR EXISTS (SELECT 1 FROM patient_users p JOIN passkeys k ON k.user_id = p.user_id WHERE p.patient_id = $4))",
    )
    .bind(patient)
    .bind(patient)
    .bind(patient)
    .bind(patient);
    Ok(tx.optional(query).await?.unwrap_or_default())
}

pub(super) async fn replace(
    tx: &mut Tx,
    patient: Locked<PatientId>,
    (selector, hash): (&str, String),
    (now, until): (Instant, Instant),
    by: UserId,
) -> Result<()> {
    tx.execute(sql("DELETE FROM portal_codes WHERE patient_id = $1 OR expires_at <= $2").bind(patient.id()).bind(now)).await?;
    let query = sql(
        "INSERT INTO portal_codes (patient_id, selector, code_hash, created_at, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(patient.id())
    .bind(selector)
    .bind(hash)
    .bind(now)
    .bind(by)
    .bind(until);
    tx.execute(query).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
pub(super) struct CodeRow {
    pub patient_id: PatientId,
    pub code_hash: String,
    pub created_by: UserId,
    pub birth_date: Option<NaiveDate>,
}

pub(super) async fn find(tx: &mut Tx, selector: &str, now: Instant) -> Result<Option<CodeRow>> {
    let query =
        sql("SELECT c.patient_id, c.code_hash, c.created_by, p.birth_date FROM portal_codes c JOIN patients p ON p.id = c.patient_id
        WHERE c.selector = $1 AND c.expires_at > $2")
        .bind(selector)
        .bind(now);
    Ok(tx.optional(query).await?)
}

/// Uses up the record's code and returns the user who created it; `None` when another request was first, or `user`
/// created it.
pub(super) async fn spend(tx: &mut Tx, patient: Locked<PatientId>, user: UserId, now: Instant) -> Result<Option<UserId>> {
    let query = sql("DELETE FROM portal_codes WHERE patient_id = $1 AND expires_at > $2 AND created_by <> $3 RETURNING created_by")
        .bind(patient.id())
        .bind(now)
        .bind(user);
    Ok(tx.optional::<(UserId,)>(query).await?.map(|(maker,)| maker))
}

/// Removes the account's access to the record and an unused code; returns `false` when there is neither.
pub(super) async fn take_away(tx: &mut Tx, patient: Locked<PatientId>) -> Result<bool> {
    let codes = tx.execute(sql("DELETE FROM portal_codes WHERE patient_id = $1").bind(patient.id())).await?;
    let accounts = tx.execute(sql("DELETE FROM patient_users WHERE patient_id = $1").bind(patient.id())).await?;
    Ok(codes + accounts > 0)
}

/// Records the user who created the code with which the account was linked to the record.
pub(super) async fn note_maker(tx: &mut Tx, patient: Locked<PatientId>, maker: UserId) -> Result<()> {
    let query = sql("UPDATE patient_users SET given_by = $2 WHERE patient_id = $1").bind(patient.id()).bind(maker);
    tx.execute(query).await?;
    Ok(())
}

/// Returns the clinic that took the patient in last.
pub(super) async fn clinic_of(tx: &mut Tx, patient: PatientId) -> Result<ClinicId> {
    let query = sql("SELECT clinic_id FROM care WHERE patient_id = $1 ORDER BY since DESC, clinic_id LIMIT 1").bind(patient);
    tx.optional::<(ClinicId,)>(query).await?.map(|(clinic,)| clinic).ok_or(Error::NotFound)
}
