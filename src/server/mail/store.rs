//! The SQL of letters.

use uuid::Uuid;

use super::Mail;
use crate::{
    core::{Result, time::Instant},
    db::{Tx, sql},
    keys::{MAILS, Sealed, ToSeal},
};

/// A letter that waits to be sent.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Letter {
    pub id: Uuid,
    sealed: Sealed,
    next_try_at: Instant,
    pub attempts: i64,
}

impl Letter {
    /// Decrypts it.
    pub fn mail(&self, tx: &Tx) -> Result<Mail> {
        let [recipient, subject, body] = MAILS.open(tx.keys(), self.id, self.id, &self.sealed)?;
        Ok(Mail { recipient, subject, body })
    }
}

fn sealed(id: Uuid, mail: &Mail) -> ToSeal {
    MAILS.seal(id, id, [&mail.recipient, &mail.subject, &mail.body])
}

pub(super) async fn insert(tx: &mut Tx, id: Uuid, mail: &Mail, now: Instant) -> Result<()> {
    let query = sql("INSERT INTO mails (id, sealed, created_at, next_try_at) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(sealed(id, mail))
        .bind(now)
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn due(tx: &mut Tx, now: Instant) -> Result<Vec<Letter>> {
    let query = sql("SELECT id, sealed, next_try_at, attempts FROM mails WHERE next_try_at <= $1 ORDER BY next_try_at LIMIT 50");
    Ok(tx.all(query.bind(now)).await?)
}

/// Takes a letter for sending; `false` when another node has taken it first.
pub(super) async fn take(tx: &mut Tx, letter: &Letter, until: Instant) -> Result<bool> {
    let query = sql("UPDATE mails SET next_try_at = $3, attempts = attempts + 1 WHERE id = $1 AND next_try_at = $2");
    Ok(tx.execute(query.bind(letter.id).bind(letter.next_try_at).bind(until)).await? == 1)
}

/// Records the recipient and the time of a sent letter, and deletes its text.
pub(super) async fn sent(tx: &mut Tx, id: Uuid, mail: Mail, now: Instant) -> Result<()> {
    let rest = Mail { body: String::new(), ..mail };
    let query = sql("UPDATE mails SET sent_at = $2, next_try_at = NULL, sealed = $3 WHERE id = $1");
    tx.execute(query.bind(id).bind(now).bind(sealed(id, &rest))).await?;
    Ok(())
}

/// Sets the time of the next attempt.
pub(super) async fn failed(tx: &mut Tx, id: Uuid, then: Instant) -> Result<()> {
    tx.execute(sql("UPDATE mails SET next_try_at = $2 WHERE id = $1").bind(id).bind(then)).await?;
    Ok(())
}

/// Ends the attempts and deletes the letter's text.
pub(super) async fn given_up(tx: &mut Tx, id: Uuid, mail: Mail) -> Result<()> {
    let rest = Mail { body: String::new(), ..mail };
    tx.execute(sql("UPDATE mails SET next_try_at = NULL, sealed = $2 WHERE id = $1").bind(id).bind(sealed(id, &rest))).await?;
    Ok(())
}
