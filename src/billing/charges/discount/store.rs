//! The SQL of discounts.

use super::{Charge, DiscountReason, USUAL_LIMIT};
use crate::{
    core::{ClinicId, Money, Permission, Result, Role, Stamp, UserId, time::Instant},
    db::{Tx, sql},
};

/// The limits that were set, by role, in hundredths of a percent.
///
/// # Errors
/// When the database refuses.
pub async fn limits(tx: &mut Tx) -> Result<Vec<(Role, i64)>> {
    Ok(tx.all(sql("SELECT role, basis_points FROM discount_limits ORDER BY role")).await?)
}

/// Sets the limit of a role.
///
/// # Errors
/// When the database refuses.
pub(super) async fn set_limit(tx: &mut Tx, role: Role, basis_points: i64, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO discount_limits (role, basis_points, updated_at, updated_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (role) DO UPDATE SET basis_points = excluded.basis_points, updated_at = excluded.updated_at, updated_by = excluded.updated_by")
    .bind(role)
    .bind(basis_points)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// The largest discount that a user gives alone at the clinic.
pub(super) async fn limit_of_user(tx: &mut Tx, user: UserId, clinic: ClinicId) -> Result<i64> {
    let query = sql("SELECT role FROM user_roles WHERE user_id = $1 AND (clinic_id IS NULL OR clinic_id = $2)").bind(user).bind(clinic);
    let roles: Vec<(Role,)> = tx.all(query).await?;
    let limits = limits(tx).await?;
    let limit = |role: Role| limits.iter().find(|(of, _)| *of == role).map_or(USUAL_LIMIT, |(_, limit)| *limit);
    Ok(roles.into_iter().filter(|(role,)| role.may(Permission::GiveDiscount)).map(|(role,)| limit(role)).max().unwrap_or_default())
}

pub(super) async fn set(
    tx: &mut Tx,
    charge: &Charge,
    (discount, basis_points, reason): (Money, Option<i64>, DiscountReason),
    (by, approved_by): (UserId, Option<UserId>),
    now: Instant,
) -> Result<()> {
    let query =
        sql("UPDATE charges SET discount = $2, net = $3, discount_bp = $4, discount_reason = $5, discounted_by = $6, approved_by = $7,
            asked_discount = NULL, asked_bp = NULL, asked_reason = NULL, asked_by = NULL, updated_at = $8, version = version + 1
        WHERE id = $1 AND state = 'billable'")
        .bind(charge.id)
        .bind(discount)
        .bind(charge.gross - discount)
        .bind(basis_points)
        .bind(reason)
        .bind(by)
        .bind(approved_by)
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn ask(
    tx: &mut Tx,
    charge: &Charge,
    (discount, basis_points, reason): (Money, Option<i64>, DiscountReason),
    stamp: Stamp,
) -> Result<()> {
    let query = sql(
        "UPDATE charges SET asked_discount = $2, asked_bp = $3, asked_reason = $4, asked_by = $5, updated_at = $6, version = version + 1
        WHERE id = $1 AND state = 'billable'",
    )
    .bind(charge.id)
    .bind(discount)
    .bind(basis_points)
    .bind(reason)
    .bind(stamp.by)
    .bind(stamp.at);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn drop_asked(tx: &mut Tx, charge: &Charge, now: Instant) -> Result<()> {
    let query = sql("UPDATE charges SET asked_discount = NULL, asked_bp = NULL, asked_reason = NULL, asked_by = NULL, updated_at = $2,
        version = version + 1 WHERE id = $1 AND state = 'billable'");
    tx.execute(query.bind(charge.id).bind(now)).await?;
    Ok(())
}

pub(super) async fn clear(tx: &mut Tx, charge: &Charge, now: Instant) -> Result<()> {
    let query = sql("UPDATE charges SET discount = 0, net = gross, discount_bp = NULL, discount_reason = NULL, discounted_by = NULL, approved_by = NULL,
            asked_discount = NULL, asked_bp = NULL, asked_reason = NULL, asked_by = NULL, updated_at = $2, version = version + 1
        WHERE id = $1 AND state = 'billable'");
    tx.execute(query.bind(charge.id).bind(now)).await?;
    Ok(())
}
