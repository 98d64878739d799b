//! The SQL of second factors.

use uuid::Uuid;

use super::totp;
use crate::{
    core::{Result, Role, Stamp, UserId, time::Instant},
    db::{Locked, Tx, Value, sql},
    keys::{SECOND_FACTORS, Sealed},
};

#[derive(sqlx::FromRow)]
pub(super) struct FactorRow {
    pub id: Uuid,
    user_id: UserId,
    sealed: Sealed,
    pub confirmed_at: Option<Instant>,
    pub codes_left: i64,
}

impl FactorRow {
    /// Returns the secret that the app also has.
    pub fn secret(&self, tx: &Tx) -> Result<Vec<u8>> {
        let [secret] = SECOND_FACTORS.open(tx.keys(), self.id, self.user_id, &self.sealed)?;
        Ok(totp::secret_from(&secret))
    }
}

pub(super) async fn find(tx: &mut Tx, user: UserId) -> Result<Option<FactorRow>> {
    let query = sql("SELECT f.id, f.user_id, f.sealed, f.confirmed_at,
            (SELECT count(*) FROM recovery_codes c WHERE c.user_id = f.user_id AND c.used_at IS NULL) AS codes_left
        FROM second_factors f WHERE f.user_id = $1")
    .bind(user);
    Ok(tx.optional(query).await?)
}

/// Stores a new secret; returns `false` when the second factor is already on.
pub(super) async fn begin(tx: &mut Tx, (id, user): (Uuid, Locked<UserId>), secret: &[u8], now: Instant) -> Result<bool> {
    let query = sql("INSERT INTO second_factors (id, user_id, sealed, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (user_id) DO UPDATE SET id = excluded.id, sealed = excluded.sealed, created_at = excluded.created_at
        WHERE second_factors.confirmed_at IS NULL")
    .bind(id)
    .bind(user.id())
    .bind(SECOND_FACTORS.seal(id, user.id(), [&totp::secret_text(secret)]))
    .bind(now);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn finish(tx: &mut Tx, user: Locked<UserId>, step: i64, now: Instant) -> Result<bool> {
    let query = sql("UPDATE second_factors SET confirmed_at = $3, last_step = $2 WHERE user_id = $1 AND confirmed_at IS NULL");
    Ok(tx.execute(query.bind(user.id()).bind(step).bind(now)).await? == 1)
}

/// Uses up a time step. When several requests send the same code, only the first one succeeds.
pub(super) async fn use_step(tx: &mut Tx, user: Locked<UserId>, step: i64) -> Result<bool> {
    let query = sql("UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND confirmed_at IS NOT NULL AND last_step < $3");
    Ok(tx.execute(query.bind(user.id()).bind(step).bind(step)).await? == 1)
}

pub(super) async fn use_recovery_code(tx: &mut Tx, user: Locked<UserId>, hash: Vec<u8>, now: Instant) -> Result<bool> {
    let query = sql("UPDATE recovery_codes SET used_at = $3 WHERE code_hash = $1 AND user_id = $2 AND used_at IS NULL");
    Ok(tx.execute(query.bind(hash).bind(user.id()).bind(now)).await? == 1)
}

pub(super) async fn replace_codes(tx: &mut Tx, user: Locked<UserId>, hashes: Vec<Vec<u8>>, now: Instant) -> Result<()> {
    let user = user.id();
    tx.execute(sql("DELETE FROM recovery_codes WHERE user_id = $1").bind(user)).await?;
    let rows = hashes.into_iter().map(|hash| vec![Value::from(hash), user.into(), now.into()]).collect::<Vec<_>>();
    tx.execute(sql("INSERT INTO recovery_codes (code_hash, user_id, created_at) VALUES ").push_rows(rows)).await?;
    Ok(())
}

pub(super) async fn remove(tx: &mut Tx, user: Locked<UserId>) -> Result<bool> {
    let user = user.id();
    tx.execute(sql("DELETE FROM recovery_codes WHERE user_id = $1").bind(user)).await?;
    let Some(factor) = find(tx, user).await? else { return Ok(false) };
    let removed = tx.execute(sql("DELETE FROM second_factors WHERE id = $1").bind(factor.id)).await? == 1;
    if removed {
        tx.changed(&SECOND_FACTORS, factor.id);
    }
    Ok(removed)
}

pub(super) async fn roles(tx: &mut Tx) -> Result<Vec<Role>> {
    let rows: Vec<(Role,)> = tx.all(sql("SELECT role FROM second_factor_roles ORDER BY role")).await?;
    Ok(rows.into_iter().map(|(role,)| role).collect())
}

/// Sets whether a role needs a second factor; returns `false` when it was set so already.
pub(in crate::accounts) async fn require(tx: &mut Tx, role: Role, required: bool, stamp: Stamp) -> Result<bool> {
    let query = match required {
        true => sql("INSERT INTO second_factor_roles (role, required_at, required_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(role)
            .bind(stamp.at)
            .bind(stamp.by),
        false => sql("DELETE FROM second_factor_roles WHERE role = $1").bind(role),
    };
    Ok(tx.execute(query).await? == 1)
}
