//! The SQL of links.

use super::{LinkKind, Linked};
use crate::{
    core::{
        Result, Stamp, UserId,
        locale::{self, Locale},
        time::Instant,
    },
    db::{Locked, Tx, sql},
};

pub(super) async fn insert(
    tx: &mut Tx,
    (hash, user, kind): (Vec<u8>, Locked<UserId>, LinkKind),
    stamp: Stamp,
    until: Instant,
) -> Result<()> {
    let query =
        sql("INSERT INTO account_links (token_hash, user_id, kind, created_at, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(hash)
            .bind(user.id())
            .bind(kind)
            .bind(stamp.at)
            .bind(stamp.by)
            .bind(until);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn end_all(tx: &mut Tx, user: Locked<UserId>, now: Instant) -> Result<()> {
    tx.execute(sql("UPDATE account_links SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL").bind(user.id()).bind(now)).await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, hash: Vec<u8>, now: Instant) -> Result<Option<Linked>> {
    let query = sql("SELECT l.user_id, u.login, u.display_name, u.language FROM account_links l JOIN users u ON u.id = l.user_id
        WHERE l.token_hash = $1 AND l.used_at IS NULL AND l.expires_at > $2 AND u.status = 'active'")
    .bind(hash)
    .bind(now);
    Ok(tx.optional(query).await?)
}

/// Returns the purpose of the link, whether or not it is still valid.
pub(super) async fn kind(tx: &mut Tx, hash: Vec<u8>) -> Result<Option<LinkKind>> {
    let row: Option<(LinkKind,)> = tx.optional(sql("SELECT kind FROM account_links WHERE token_hash = $1").bind(hash)).await?;
    Ok(row.map(|(kind,)| kind))
}

pub(super) async fn spend(tx: &mut Tx, hash: Vec<u8>, now: Instant) -> Result<bool> {
    let query = sql("UPDATE account_links SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $3");
    Ok(tx.execute(query.bind(hash).bind(now).bind(now)).await? == 1)
}

pub(super) async fn insert_sign_up(
    tx: &mut Tx,
    hash: Vec<u8>,
    (login, name, language): (&str, &str, Locale),
    now: Instant,
    until: Instant,
) -> Result<()> {
    let query = sql("INSERT INTO sign_ups (token_hash, login, name, language, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(hash)
        .bind(login)
        .bind(name)
        .bind(locale::code(language))
        .bind(now)
        .bind(until);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn find_sign_up(tx: &mut Tx, hash: Vec<u8>, now: Instant) -> Result<Option<Linked>> {
    let query = sql("SELECT login, name, language FROM sign_ups WHERE token_hash = $1 AND expires_at > $2").bind(hash).bind(now);
    let row: Option<(String, String, String)> = tx.optional(query).await?;
    Ok(row.map(|(login, display_name, language)| Linked { user_id: None, login, display_name, language: Some(language) }))
}

pub(super) async fn spend_sign_up(tx: &mut Tx, hash: Vec<u8>, now: Instant) -> Result<bool> {
    Ok(tx.execute(sql("DELETE FROM sign_ups WHERE token_hash = $1 AND expires_at > $2").bind(hash).bind(now)).await? == 1)
}

pub(super) async fn end_sign_ups(tx: &mut Tx, login: &str) -> Result<()> {
    tx.execute(sql("DELETE FROM sign_ups WHERE login = $1").bind(login)).await?;
    Ok(())
}

pub(super) async fn tidy_sign_ups(tx: &mut Tx, now: Instant) -> Result<()> {
    tx.execute(sql("DELETE FROM sign_ups WHERE expires_at <= $1").bind(now)).await?;
    Ok(())
}
