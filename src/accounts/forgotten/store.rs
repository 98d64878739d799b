//! The SQL of forgotten passwords.

use uuid::Uuid;

use crate::{
    core::{Result, UserId, time::Instant},
    db::{Tx, sql},
};

#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Asked {
    pub id: Uuid,
    pub login: String,
    pub language: String,
    /// The name, when the person asks for a new account.
    pub name: Option<String>,
}

pub(super) async fn insert(tx: &mut Tx, id: Uuid, login: &str, name: Option<&str>, language: &str, now: Instant) -> Result<()> {
    let query = sql("INSERT INTO forgotten_passwords (id, login, name, language, asked_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(login)
        .bind(name.map(str::to_owned))
        .bind(language)
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn waiting(tx: &mut Tx) -> Result<Vec<Asked>> {
    Ok(tx.all(sql("SELECT id, login, name, language FROM forgotten_passwords ORDER BY asked_at LIMIT 50")).await?)
}

pub(super) async fn take(tx: &mut Tx, id: Uuid) -> Result<bool> {
    Ok(tx.execute(sql("DELETE FROM forgotten_passwords WHERE id = $1").bind(id)).await? == 1)
}

/// Returns the user with that name, with the address for e-mail: the sign-in name when it is an address, or the staff
/// member's address.
pub(super) async fn reachable(tx: &mut Tx, login: &str) -> Result<Option<(UserId, String, String)>> {
    let query = sql("SELECT u.id, u.display_name, CASE WHEN u.login LIKE '%@%' THEN u.login ELSE s.email END
        FROM users u LEFT JOIN staff s ON s.user_id = u.id AND s.retired_at IS NULL
        WHERE u.login = $1 AND u.status = 'active' AND (u.login LIKE '%@%' OR s.email LIKE '%@%')")
    .bind(login);
    Ok(tx.optional(query).await?)
}
