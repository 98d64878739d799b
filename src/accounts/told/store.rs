//! The SQL of what users are told about their sign-in.

use uuid::Uuid;

use super::{AccessChange, NamedRole};
use crate::{
    core::{MessageId, Result, UserId, time::Instant},
    db::{Tx, sql},
};

pub(super) async fn insert(
    tx: &mut Tx,
    user: UserId,
    (what, role): (AccessChange, Option<&NamedRole>),
    by: &str,
    now: Instant,
) -> Result<()> {
    let query = sql("INSERT INTO access_notices (id, user_id, what, role, clinic, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(Uuid::now_v7())
        .bind(user)
        .bind(what)
        .bind(role.map_or("", |(role, _)| role.as_str()))
        .bind(role.and_then(|(_, clinic)| clinic.clone()))
        .bind(by)
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Puts the patient whose account it is on the call list of the clinic that took the patient in last, or of the first clinic.
pub(super) async fn ask_for_call(tx: &mut Tx, user: UserId, now: Instant) -> Result<()> {
    let query =
        sql("INSERT INTO messages (id, patient_id, person_id, channel, kind, clinic_id, subject_id, link, state, due_at, created_at)
        SELECT $1, u.patient_id, u.patient_id, 'call', 'access',
            coalesce((SELECT k.clinic_id FROM care k WHERE k.patient_id = u.patient_id ORDER BY k.since DESC LIMIT 1),
                (SELECT c.id FROM clinics c WHERE c.retired_at IS NULL ORDER BY c.name, c.id LIMIT 1)),
            $2, '/account/security', 'due', $3, $4
        FROM patient_users u WHERE u.user_id = $5")
        .bind(MessageId::new())
        .bind(Uuid::now_v7())
        .bind(now)
        .bind(now)
        .bind(user);
    tx.execute(query).await?;
    Ok(())
}

/// A change that the user's bell does not have yet.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AccessNotice {
    id: Uuid,
    pub user_id: UserId,
    pub what: AccessChange,
    /// The word of the role; empty when the change is about none.
    pub role: String,
    /// The clinic's name; `None` is all clinics.
    pub clinic: Option<String>,
    /// The name of the user who made it.
    pub by_name: String,
}

/// Whether there are any.
///
/// # Errors
/// When the database refuses.
pub async fn access_notices_wait(tx: &mut Tx) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM (SELECT 1 AS one FROM access_notices LIMIT 1) AS waiting")).await? > 0)
}

/// Takes the oldest ones out; what is taken belongs on the bell in the same transaction.
///
/// # Errors
/// When the database refuses.
pub async fn take_access_notices(tx: &mut Tx) -> Result<Vec<AccessNotice>> {
    let query = sql("SELECT id, user_id, what, role, clinic, by_name FROM access_notices ORDER BY at, id LIMIT 100");
    let mut taken = Vec::new();
    for notice in tx.all::<AccessNotice>(query).await? {
        // Another node was quicker.
        if tx.execute(sql("DELETE FROM access_notices WHERE id = $1").bind(notice.id)).await? == 1 {
            taken.push(notice);
        }
    }
    Ok(taken)
}
