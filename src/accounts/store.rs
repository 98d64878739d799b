//! The SQL of users and roles.

use crate::{
    core::{
        ClinicId, Error, PatientId, Result, Role, StaffId, Stamp, UserId,
        locale::{self, Locale},
        time::Instant,
    },
    db::{Lockable, Locked, Tx, sql},
    server::Principal,
};

use super::NewUser;

/// Changes of one user's sign-in, roles and state lock the user's row, so that they happen one after the other.
impl Lockable for UserId {
    const TABLE: &'static str = "users";
}

#[derive(sqlx::FromRow)]
struct PrincipalRow {
    credentials_version: i64,
    login: String,
    display_name: String,
    language: Option<String>,
    staff_id: Option<StaffId>,
    patient_id: Option<PatientId>,
    role: Option<Role>,
    clinic_id: Option<ClinicId>,
    second_factor: bool,
    needs_second_factor: bool,
}

pub(super) async fn principal(tx: &mut Tx, user: UserId) -> Result<Option<Principal>> {
    let query =
        sql("SELECT u.credentials_version, u.login, u.display_name, u.language, s.id AS staff_id, p.patient_id, r.role, r.clinic_id,
            f.confirmed_at IS NOT NULL AS second_factor, n.role IS NOT NULL AS needs_second_factor
        FROM users u
        LEFT JOIN user_roles r ON r.user_id = u.id
        LEFT JOIN second_factor_roles n ON n.role = r.role
        LEFT JOIN second_factors f ON f.user_id = u.id
        LEFT JOIN staff s ON s.user_id = u.id AND s.retired_at IS NULL
        LEFT JOIN patient_users p ON p.user_id = u.id
            AND NOT EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = p.patient_id AND m.state = 'merged')
        WHERE u.id = $1 AND u.status = 'active'")
        .bind(user);
    let rows: Vec<PrincipalRow> = tx.all(query).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    Ok(Some(Principal {
        user,
        version: first.credentials_version,
        login: first.login.clone(),
        name: first.display_name.clone(),
        language: first.language.as_deref().and_then(|word| word.parse::<Locale>().ok()),
        staff: first.staff_id,
        patient: first.patient_id,
        dependants: Vec::new(),
        joined: Vec::new(),
        acting_for: None,
        roles: rows.iter().filter_map(|row| Some((row.role?, row.clinic_id))).collect(),
        second_factor: first.second_factor,
        needs_second_factor: rows.iter().any(|row| row.needs_second_factor),
        by_passkey: false,
    }))
}

pub(super) async fn users_with_role(tx: &mut Tx, role: Role) -> Result<Vec<UserId>> {
    let query = sql("SELECT DISTINCT u.id FROM user_roles r JOIN users u ON u.id = r.user_id WHERE r.role = $1 AND u.status = 'active'");
    Ok(tx.all::<(UserId,)>(query.bind(role)).await?.into_iter().map(|(user,)| user).collect())
}

/// Returns the active users who have the role at this clinic, or at all clinics.
pub(super) async fn users_with_role_at(tx: &mut Tx, role: Role, clinic: ClinicId) -> Result<Vec<UserId>> {
    let query = sql("SELECT DISTINCT u.id FROM user_roles r JOIN users u ON u.id = r.user_id
        WHERE r.role = $1 AND (r.clinic_id = $2 OR r.clinic_id IS NULL) AND u.status = 'active'");
    Ok(tx.all::<(UserId,)>(query.bind(role).bind(clinic)).await?.into_iter().map(|(user,)| user).collect())
}

/// Returns a user's name, address for e-mail (the sign-in name when it is an address, or the staff member's address), and language.
pub(super) async fn reachable(tx: &mut Tx, user: UserId) -> Result<Option<(String, String, Option<String>)>> {
    let query = sql("SELECT u.display_name, CASE WHEN u.login LIKE '%@%' THEN u.login ELSE s.email END, u.language
        FROM users u LEFT JOIN staff s ON s.user_id = u.id AND s.retired_at IS NULL
        WHERE u.id = $1 AND (u.login LIKE '%@%' OR s.email LIKE '%@%')");
    Ok(tx.optional(query.bind(user)).await?)
}

/// Whether the user is more than a patient.
pub(super) async fn works_here(tx: &mut Tx, user: UserId) -> Result<bool> {
    let query = sql("SELECT (SELECT count(*) FROM user_roles WHERE user_id = $1 AND role <> 'patient')
        + (SELECT count(*) FROM staff WHERE user_id = $2)")
    .bind(user)
    .bind(user);
    Ok(tx.count(query).await? > 0)
}

/// The data that signing in needs about a sign-in name.
pub(super) struct Credentials {
    pub user: UserId,
    pub password_hash: Option<String>,
    pub active: bool,
    /// The server asks for a code after the password.
    pub second_factor: bool,
    /// The user's credentials version: see [`Principal::version`].
    pub version: i64,
}

impl Credentials {
    /// Whether the user may still sign in with the password that was right for `earlier`.
    pub fn still_let_in(&self, earlier: &Self) -> bool {
        self.active && self.user == earlier.user && self.password_hash == earlier.password_hash
    }
}

pub(super) async fn credentials(tx: &mut Tx, login: &str) -> Result<Option<Credentials>> {
    let query = sql("SELECT u.id, u.password_hash, u.status, f.confirmed_at IS NOT NULL, u.credentials_version
        FROM users u LEFT JOIN second_factors f ON f.user_id = u.id WHERE u.login = $1")
    .bind(login);
    let row: Option<(UserId, Option<String>, String, bool, i64)> = tx.optional(query).await?;
    Ok(row.map(|(user, password_hash, status, second_factor, version)| Credentials {
        user,
        password_hash,
        active: status == "active",
        second_factor,
        version,
    }))
}

pub(super) async fn insert_user(tx: &mut Tx, user: &NewUser, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO users (id, login, display_name, password_hash, status, language, demo, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, $8) ON CONFLICT (login) DO NOTHING")
    .bind(user.id)
    .bind(user.login.to_lowercase())
    .bind(&user.name)
    .bind(user.password_hash.clone())
    .bind(user.language.map(|locale| locale::code(locale).to_owned()))
    .bind(user.demo)
    .bind(stamp.at)
    .bind(stamp.at);
    if tx.execute(query).await? == 0 {
        return Err(Error::conflict(crate::tr!(accounts.login_taken)));
    }
    for (role, clinic) in &user.roles {
        let query = sql("INSERT INTO user_roles (user_id, role, clinic_id, granted_at, granted_by) VALUES ($1, $2, $3, $4, $5)")
            .bind(user.id)
            .bind(*role)
            .bind(*clinic)
            .bind(stamp.at)
            .bind(stamp.by);
        tx.execute(query).await?;
    }
    Ok(())
}

/// Returns the password hash of a signed-in user.
pub(super) async fn password_hash(tx: &mut Tx, user: UserId) -> Result<Option<String>> {
    let row: Option<(Option<String>,)> = tx.optional(sql("SELECT password_hash FROM users WHERE id = $1").bind(user)).await?;
    Ok(row.and_then(|(hash,)| hash))
}

/// Returns the user's credentials version, which each change of password, second factor, roles or state increases.
pub(super) async fn version(tx: &mut Tx, user: Locked<UserId>) -> Result<i64> {
    Ok(tx.count(sql("SELECT credentials_version FROM users WHERE id = $1").bind(user.id())).await?)
}

/// Notes when the user signed in last.
pub(super) async fn signed_in(tx: &mut Tx, user: UserId, now: Instant) -> Result<()> {
    tx.execute(sql("UPDATE users SET last_sign_in_at = $2 WHERE id = $1").bind(user).bind(now)).await?;
    Ok(())
}

/// Whether the user has ever signed in.
pub(super) async fn has_signed_in(tx: &mut Tx, user: UserId) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM users WHERE last_sign_in_at IS NOT NULL AND id = ").push_bind(user)).await? > 0)
}

pub(super) async fn set_password(tx: &mut Tx, user: Locked<UserId>, hash: String, now: Instant) -> Result<()> {
    let query = sql("UPDATE users SET password_hash = $2, updated_at = $3, version = version + 1 WHERE id = $1");
    tx.execute(query.bind(user.id()).bind(hash).bind(now)).await?;
    Ok(())
}

pub(super) async fn set_language(tx: &mut Tx, user: UserId, language: Locale, now: Instant) -> Result<()> {
    let query = sql("UPDATE users SET language = $2, updated_at = $3, version = version + 1 WHERE id = $1")
        .bind(user)
        .bind(locale::code(language))
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// The sign-in name is the person's address, so that it is replaced; rows of the audit log keep the user's id.
pub(super) async fn close_portal_account(tx: &mut Tx, user: UserId, now: Instant) -> Result<()> {
    let query =
        sql("UPDATE users SET status = 'inactive', login = $2, password_hash = NULL, updated_at = $3, version = version + 1 WHERE id = $1")
            .bind(user)
            .bind(format!("erased-{}", uuid::Uuid::from(user)))
            .bind(now);
    tx.execute(query).await?;
    Ok(())
}
