//! The SQL of the runs of backups, and of what waits in the program's queues.

use uuid::Uuid;

use super::{Run, RunBy, RunState};
use crate::{
    core::{Error, Result, time::Instant},
    db::{Tx, sql},
    operations::backup::Made,
    tr,
};

const COLUMNS: &str =
    "SELECT id, state, started_by, started_at, ended_at, place, size, row_count, findings, verified_at, error, node FROM backups ";

/// The sentence for a run that did not end.
const ABANDONED: &str = "no end was recorded: the program or the machine stopped during the backup";

/// Ends the run whose lease is over; `rung_at` is when the administrators are notified of it.
pub(super) async fn end_abandoned(tx: &mut Tx, rung_at: Option<Instant>, now: Instant) -> Result<bool> {
    let query =
        sql("UPDATE backups SET state = 'failed', ended_at = $1, error = $2, rung_at = $3 WHERE state = 'running' AND lease_until < $4")
            .bind(now)
            .bind(ABANDONED)
            .bind(rung_at)
            .bind(now);
    Ok(tx.execute(query).await? > 0)
}

pub(super) async fn begin(tx: &mut Tx, id: Uuid, by: RunBy, (place, node): (&str, &str), (now, until): (Instant, Instant)) -> Result<()> {
    let query =
        sql("INSERT INTO backups (id, state, started_by, started_at, place, lease_until, node) VALUES ($1, 'running', $2, $3, $4, $5, $6)")
            .bind(id)
            .bind(by)
            .bind(now)
            .bind(place)
            .bind(until)
            .bind(node);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Err(Error::conflict(tr!(operations.under_way))),
        done => Ok(done.map(drop)?),
    }
}

/// Renews the lease; `false` when the run has ended.
pub(super) async fn renew(tx: &mut Tx, id: Uuid, until: Instant) -> Result<bool> {
    let query = sql("UPDATE backups SET lease_until = $2 WHERE id = $1 AND state = 'running'");
    Ok(tx.execute(query.bind(id).bind(until)).await? == 1)
}

/// Ends a run; `rung_at` is when the administrators are notified of its failure.
pub(super) async fn end(
    tx: &mut Tx,
    id: Uuid,
    made: &std::result::Result<Made, String>,
    rung_at: Option<Instant>,
    now: Instant,
) -> Result<()> {
    let query = match made {
        Ok(made) => {
            let manifest = &made.manifest;
            let state = if manifest.is_sound() { RunState::Sound } else { RunState::Findings };
            sql("UPDATE backups SET state = $2, ended_at = $3, place = $4, size = $5, row_count = $6, findings = $7, verified_at = $8
                WHERE id = $1 AND state = 'running'")
            .bind(id)
            .bind(state)
            .bind(now)
            .bind(made.folder.display().to_string())
            .bind(i64::try_from(manifest.sealed.length).unwrap_or(i64::MAX))
            .bind(manifest.all_rows())
            .bind(i64::try_from(manifest.findings.len()).unwrap_or(i64::MAX))
            .bind(now)
        }
        Err(error) => {
            sql("UPDATE backups SET state = 'failed', ended_at = $2, error = $3, rung_at = $4 WHERE id = $1 AND state = 'running'")
                .bind(id)
                .bind(now)
                .bind(error.chars().take(1000).collect::<String>())
                .bind(rung_at)
        }
    };
    tx.execute(query).await?;
    Ok(())
}

/// Whether administrators were notified of a failure since then, and no backup was sound after that.
pub(super) async fn rung_since(tx: &mut Tx, since: Instant) -> Result<bool> {
    let query = sql("SELECT count(*) FROM backups f WHERE f.rung_at > $1
        AND NOT EXISTS (SELECT 1 FROM backups s WHERE s.state = 'sound' AND s.started_at > f.rung_at)");
    Ok(tx.count(query.bind(since)).await? > 0)
}

/// Returns the latest runs.
///
/// # Errors
/// When the database refuses.
pub async fn runs(tx: &mut Tx, limit: i64) -> Result<Vec<Run>> {
    Ok(tx.all(sql(COLUMNS).push("ORDER BY started_at DESC, id DESC LIMIT ").push_bind(limit)).await?)
}

/// Returns the latest run that has ended.
///
/// # Errors
/// When the database refuses.
pub async fn last_ended(tx: &mut Tx) -> Result<Option<Run>> {
    Ok(tx.optional(sql(COLUMNS).push("WHERE state <> 'running' ORDER BY started_at DESC, id DESC LIMIT 1")).await?)
}

/// Returns the latest run whose backup was made and has no findings.
///
/// # Errors
/// When the database refuses.
pub async fn last_sound(tx: &mut Tx) -> Result<Option<Run>> {
    Ok(tx.optional(sql(COLUMNS).push("WHERE state = 'sound' ORDER BY started_at DESC LIMIT 1")).await?)
}

/// Returns the server that makes a backup at the moment.
///
/// # Errors
/// When the database refuses.
pub async fn holder(tx: &mut Tx, now: Instant) -> Result<Option<String>> {
    let query = sql("SELECT node FROM backups WHERE state = 'running' AND lease_until >= ").push_bind(now);
    Ok(tx.optional::<(String,)>(query).await?.map(|(node,)| node))
}

/// The beginnings of the latest run, and of the latest that made a backup.
pub(super) async fn last_starts(tx: &mut Tx) -> Result<(Option<Instant>, Option<Instant>)> {
    let (tried,): (Option<Instant>,) = tx.one(sql("SELECT max(started_at) FROM backups")).await?;
    let (made,): (Option<Instant>,) = tx.one(sql("SELECT max(started_at) FROM backups WHERE state IN ('sound', 'findings')")).await?;
    Ok((tried, made))
}

/// The lengths of the queues, and since when their first entry waits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waiting {
    /// Letters of accounts, and messages to patients by mail and SMS, that should have left.
    pub letters: i64,
    pub letters_since: Option<Instant>,
    /// Those that were given up within the last 24 hours.
    pub given_up: i64,
    pub unsealed: i64,
    pub unsealed_since: Option<Instant>,
}

/// Counts what waits.
///
/// # Errors
/// When the database refuses.
pub async fn waiting(tx: &mut Tx, now: Instant) -> Result<Waiting> {
    let letters = sql("SELECT count(*), min(created_at) FROM mails WHERE next_try_at IS NOT NULL");
    let (letters, letters_since): (i64, Option<Instant>) = tx.one(letters).await?;
    // A message that failed waits since it was written; its next attempt moves on.
    let messages = sql("SELECT count(*), min(CASE WHEN state = 'failed' THEN created_at ELSE due_at END) FROM messages
        WHERE state IN ('due', 'failed') AND channel <> 'call' AND (state = 'failed' OR due_at <= $1)")
    .bind(now);
    let (messages, messages_since): (i64, Option<Instant>) = tx.one(messages).await?;
    let day = now - chrono::Duration::days(1);
    let mails = sql("SELECT count(*) FROM mails WHERE next_try_at IS NULL AND sent_at IS NULL AND created_at > $1").bind(day);
    let dead = sql("SELECT count(*) FROM messages WHERE state = 'dead' AND created_at > $1").bind(day);
    let given_up = tx.count(mails).await? + tx.count(dead).await?;
    let (unsealed, unsealed_since) = crate::audit::waiting(tx).await?;
    let letters_since = [letters_since, messages_since].into_iter().flatten().min();
    Ok(Waiting { letters: letters + messages, letters_since, given_up, unsealed, unsealed_since })
}
