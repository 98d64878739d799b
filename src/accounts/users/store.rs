//! The SQL of the members of staff.

use super::StaffUser;
use crate::{
    core::{ClinicId, Error, Result, Role, StaffId, Stamp, UserId, list::PAGE_SIZE, time::Instant},
    db::{DbError, Locked, Sql, Tx, sql},
    server::mail,
};

#[derive(sqlx::FromRow)]
struct UserRow {
    id: UserId,
    login: String,
    display_name: String,
    status: String,
    invited: bool,
    retired: bool,
    second_factor: bool,
    version: i64,
    last_sign_in_at: Option<Instant>,
    staff_id: Option<StaffId>,
    email: Option<String>,
}

/// Selects users with a role other than patient, and users who have no role yet or lost all roles. The roles are part of the SQL
/// text, so that the database knows from its statistics how few users have each; it does not know this for bound values.
fn users() -> Sql {
    let query =
        sql("SELECT u.id, u.login, u.display_name, u.status, u.password_hash IS NULL AS invited, s.retired_at IS NOT NULL AS retired,
            (f.confirmed_at IS NOT NULL OR EXISTS (SELECT 1 FROM passkeys k WHERE k.user_id = u.id)) AS second_factor, u.version, u.last_sign_in_at, s.id AS staff_id, s.email
        FROM users u LEFT JOIN staff s ON s.user_id = u.id LEFT JOIN second_factors f ON f.user_id = u.id
        WHERE u.id IN (SELECT user_id FROM staff WHERE user_id IS NOT NULL UNION SELECT user_id FROM user_roles WHERE role IN (''");
    let roles = Role::ALL.iter().filter(|role| **role != Role::Patient);
    roles.fold(query, |query, role| query.push(", '").push(role.as_str()).push("'")).push("))")
}

pub(super) async fn list(tx: &mut Tx, text: &str, all: bool, offset: i64) -> Result<Vec<StaffUser>> {
    let mut query = users();
    let folded = text.trim().to_lowercase();
    if folded.is_empty() && !all {
        query = query.push(" AND u.status = 'active'");
    }
    if !folded.is_empty() {
        // The typed text is searched literally, not as a pattern.
        let pattern = format!("%{}%", folded.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        query = query
            .push(" AND (u.login LIKE ")
            .push_bind(pattern.clone())
            .push(" ESCAPE '\\' OR lower(u.display_name) LIKE ")
            .push_bind(pattern)
            .push(" ESCAPE '\\')");
    }
    let query = query.push(" ORDER BY u.display_name, u.id LIMIT ").push_bind(PAGE_SIZE + 1).push(" OFFSET ").push_bind(offset);
    let rows = tx.all(query).await?;
    with_roles(tx, rows).await
}

pub(super) async fn find(tx: &mut Tx, id: UserId) -> Result<Option<StaffUser>> {
    let rows = tx.all(users().push(" AND u.id = ").push_bind(id)).await?;
    Ok(with_roles(tx, rows).await?.pop())
}

async fn with_roles(tx: &mut Tx, rows: Vec<UserRow>) -> Result<Vec<StaffUser>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("SELECT user_id, role, clinic_id FROM user_roles WHERE user_id IN ").push_list(rows.iter().map(|row| row.id));
    let roles: Vec<(UserId, Role, Option<ClinicId>)> = tx.all(query.push(" ORDER BY role")).await?;
    Ok(rows
        .into_iter()
        .map(|row| StaffUser {
            roles: roles.iter().filter(|(user, ..)| *user == row.id).map(|(_, role, clinic)| (*role, *clinic)).collect(),
            id: row.id,
            address: [Some(row.login.clone()), row.email].into_iter().flatten().find(|address| mail::is_address(address)),
            login: row.login,
            name: row.display_name,
            active: row.status == "active",
            invited: row.invited,
            retired: row.retired,
            second_factor: row.second_factor,
            version: row.version,
            last_sign_in_at: row.last_sign_in_at,
            staff: row.staff_id,
        })
        .collect())
}

/// Gives a role; returns `false` when the user has it already.
pub(super) async fn grant(tx: &mut Tx, user: Locked<UserId>, (role, clinic): (Role, Option<ClinicId>), stamp: Stamp) -> Result<bool> {
    let query = sql("INSERT INTO user_roles (user_id, role, clinic_id, granted_at, granted_by) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING")
    .bind(user.id())
    .bind(role)
    .bind(clinic)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Removes a role; returns `false` when the user does not have it.
pub(super) async fn revoke(tx: &mut Tx, user: Locked<UserId>, (role, clinic): (Role, Option<ClinicId>)) -> Result<bool> {
    let query = sql("DELETE FROM user_roles WHERE user_id = ").push_bind(user.id()).push(" AND role = ").push_bind(role);
    let query = match clinic {
        Some(clinic) => query.push(" AND clinic_id = ").push_bind(clinic),
        None => query.push(" AND clinic_id IS NULL"),
    };
    Ok(tx.execute(query).await.map_err(refused)? == 1)
}

/// Translates the refusal of the schema to remove the last administrator of all clinics.
fn refused(error: DbError) -> Error {
    if error.violates("last_administrator") { Error::conflict(crate::tr!(accounts.last_administrator)) } else { error.into() }
}

pub(super) async fn set_active(tx: &mut Tx, user: Locked<UserId>, active: bool, now: Instant) -> Result<()> {
    let query = sql("UPDATE users SET status = $2, updated_at = $3, version = version + 1 WHERE id = $1")
        .bind(user.id())
        .bind(if active { "active" } else { "inactive" })
        .bind(now);
    tx.execute(query).await.map_err(refused)?;
    Ok(())
}

/// Takes all roles away; the row of staff is retired apart.
pub(super) async fn retire(tx: &mut Tx, user: Locked<UserId>) -> Result<()> {
    tx.execute(sql("DELETE FROM user_roles WHERE user_id = $1").bind(user.id())).await.map_err(refused)?;
    Ok(())
}

/// Corrects the name and the sign-in name of the user in this version; `false` when it has another one by now.
pub(super) async fn correct(
    tx: &mut Tx,
    user: Locked<UserId>,
    (name, login): (&str, &str),
    version: i64,
    now: Instant,
) -> Result<bool, DbError> {
    let query =
        sql("UPDATE users SET display_name = $2, login = $3, updated_at = $4, version = version + 1 WHERE id = $1 AND version = $5")
            .bind(user.id())
            .bind(name)
            .bind(login)
            .bind(now)
            .bind(version);
    Ok(tx.execute(query).await? == 1)
}
