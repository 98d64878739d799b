//! The SQL of codes for the portal.

use chrono::NaiveDate;

use crate::{
    core::{PatientId, Result, UserId, time::Instant},
    db::{Tx, sql},
};

/// Since when the patient's account sees the record, until when a code can be used, and whether the account has a second factor.
pub(super) async fn access(tx: &mut Tx, patient: PatientId) -> Result<(Option<Instant>, Option<Instant>, bool)> {
    let query = sql(
        "SELECT (SELECT linked_at FROM patient_users WHERE patient_id = $1), (SELECT expires_at FROM portal_codes WHERE patient_id = $2),
            EXISTS (SELECT 1 FROM patient_users p JOIN second_factors f ON f.user_id = p.user_id WHERE p.patient_id = $3 AND f.confirmed_at IS NOT NULL)",
    )
    .bind(patient)
    .bind(patient)
    .bind(patient);
    Ok(tx.optional(query).await?.unwrap_or_default())
}

pub(super) async fn replace(
    tx: &mut Tx,
    patient: PatientId,
    (selector, hash): (&str, String),
    (now, until): (Instant, Instant),
    by: UserId,
) -> Result<()> {
    tx.execute(sql("DELETE FROM portal_codes WHERE patient_id = $1 OR expires_at <= $2").bind(patient).bind(now)).await?;
    let query = sql(
        "INSERT INTO portal_codes (patient_id, selector, code_hash, created_at, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(patient)
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
    pub birth_date: Option<NaiveDate>,
}

pub(super) async fn find(tx: &mut Tx, selector: &str, now: Instant) -> Result<Option<CodeRow>> {
    let query = sql("SELECT c.patient_id, c.code_hash, p.birth_date FROM portal_codes c JOIN patients p ON p.id = c.patient_id
        WHERE c.selector = $1 AND c.expires_at > $2")
    .bind(selector)
    .bind(now);
    Ok(tx.optional(query).await?)
}

/// Uses the record's code up; `false` when somebody was first.
pub(in crate::patients) async fn spend(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<bool> {
    let query = sql("DELETE FROM portal_codes WHERE patient_id = $1 AND expires_at > $2").bind(patient).bind(now);
    Ok(tx.execute(query).await? == 1)
}
