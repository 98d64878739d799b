//! The SQL of letters.

use uuid::Uuid;

use super::Mail;
use crate::{
    core::{Result, time::Instant},
    db::{Tx, sql},
};

/// A letter that waits.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Letter {
    pub id: Uuid,
    recipient: String,
    subject: String,
    body: String,
    next_try_at: Instant,
    pub attempts: i64,
}

impl Letter {
    pub fn mail(&self) -> Mail {
        Mail { recipient: self.recipient.clone(), subject: self.subject.clone(), body: self.body.clone() }
    }
}

pub(super) async fn insert(tx: &mut Tx, id: Uuid, mail: &Mail, now: Instant) -> Result<()> {
    let query = sql("INSERT INTO mails (id, recipient, subject, body, created_at, next_try_at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(&mail.recipient)
        .bind(&mail.subject)
        .bind(&mail.body)
        .bind(now)
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn due(tx: &mut Tx, now: Instant) -> Result<Vec<Letter>> {
    let query = sql("SELECT id, recipient, subject, body, next_try_at, attempts FROM mails WHERE next_try_at <= $1
        ORDER BY next_try_at LIMIT 50");
    Ok(tx.all(query.bind(now)).await?)
}

/// Takes it, unless another node was quicker.
pub(super) async fn take(tx: &mut Tx, letter: &Letter, until: Instant) -> Result<bool> {
    let query = sql("UPDATE mails SET next_try_at = $3, attempts = attempts + 1 WHERE id = $1 AND next_try_at = $2");
    Ok(tx.execute(query.bind(letter.id).bind(letter.next_try_at).bind(until)).await? == 1)
}

pub(super) async fn sent(tx: &mut Tx, id: Uuid, now: Instant) -> Result<()> {
    tx.execute(sql("UPDATE mails SET sent_at = $2, next_try_at = NULL, body = '' WHERE id = $1").bind(id).bind(now)).await?;
    Ok(())
}

/// Tries again then, or never.
pub(super) async fn failed(tx: &mut Tx, id: Uuid, then: Option<Instant>) -> Result<()> {
    tx.execute(
        sql("UPDATE mails SET next_try_at = $2, body = CASE WHEN $3 THEN '' ELSE body END WHERE id = $1")
            .bind(id)
            .bind(then)
            .bind(then.is_none()),
    )
    .await?;
    Ok(())
}
