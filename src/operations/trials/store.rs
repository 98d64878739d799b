//! The SQL of trials.

use uuid::Uuid;

use crate::{
    core::{Result, time::Instant},
    db::{Tx, sql},
    operations::runs::RunState,
};

/// A trial of a backup.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Trial {
    pub id: Uuid,
    pub state: RunState,
    pub started_at: Instant,
    pub ended_at: Option<Instant>,
    /// The server that tries.
    pub node: String,
    /// The backup.
    pub place: String,
    pub made_at: Option<Instant>,
    /// The number of faults that the checks found in it.
    pub findings: i64,
    pub error: String,
}

const TRIALS: &str = "SELECT id, state, started_at, ended_at, node, place, made_at, findings, error FROM restore_trials ";

/// The sentence for a trial that did not end.
const ABANDONED: &str = "no end was recorded: the program or the machine stopped during the trial";

pub(super) async fn end_abandoned(tx: &mut Tx, now: Instant) -> Result<()> {
    let query = sql("UPDATE restore_trials SET state = 'failed', ended_at = $1, error = $2 WHERE state = 'running' AND lease_until < $1")
        .bind(now)
        .bind(ABANDONED);
    tx.execute(query).await?;
    Ok(())
}

/// Begins a trial; `false` when another server tries already.
pub(super) async fn begin(tx: &mut Tx, id: Uuid, node: &str, now: Instant, until: Instant) -> Result<bool> {
    let query = sql("INSERT INTO restore_trials (id, state, started_at, lease_until, node) VALUES ($1, 'running', $2, $3, $4)")
        .bind(id)
        .bind(now)
        .bind(until)
        .bind(node);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Ok(false),
        done => Ok(done.map(|_| true)?),
    }
}

pub(super) async fn renew(tx: &mut Tx, id: Uuid, until: Instant) -> Result<bool> {
    let query = sql("UPDATE restore_trials SET lease_until = $2 WHERE id = $1 AND state = 'running'").bind(id).bind(until);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn end(tx: &mut Tx, done: &Trial, rung_at: Option<Instant>, now: Instant) -> Result<()> {
    let query =
        sql("UPDATE restore_trials SET state = $2, ended_at = $3, place = $4, made_at = $5, findings = $6, error = $7, rung_at = $8
        WHERE id = $1 AND state = 'running'")
        .bind(done.id)
        .bind(done.state)
        .bind(now)
        .bind(&done.place)
        .bind(done.made_at)
        .bind(done.findings)
        .bind(&done.error)
        .bind(rung_at);
    tx.execute(query).await?;
    Ok(())
}

/// Whether administrators were notified since then, and no trial was sound after that.
pub(super) async fn rung_since(tx: &mut Tx, since: Instant) -> Result<bool> {
    let query = sql("SELECT count(*) FROM restore_trials f WHERE f.rung_at > $1
        AND NOT EXISTS (SELECT 1 FROM restore_trials s WHERE s.state = 'sound' AND s.started_at > f.rung_at)");
    Ok(tx.count(query.bind(since)).await? > 0)
}

/// The beginnings of the latest trial, and of the latest that went to its end.
pub(super) async fn last_starts(tx: &mut Tx) -> Result<(Option<Instant>, Option<Instant>)> {
    let (tried,): (Option<Instant>,) = tx.one(sql("SELECT max(started_at) FROM restore_trials")).await?;
    let (ended,): (Option<Instant>,) =
        tx.one(sql("SELECT max(started_at) FROM restore_trials WHERE state IN ('sound', 'findings')")).await?;
    Ok((tried, ended))
}

/// Returns the server that tries a backup at the moment.
///
/// # Errors
/// When the database refuses.
pub async fn holder(tx: &mut Tx, now: Instant) -> Result<Option<String>> {
    let query = sql("SELECT node FROM restore_trials WHERE state = 'running' AND lease_until >= ").push_bind(now);
    Ok(tx.optional::<(String,)>(query).await?.map(|(node,)| node))
}

/// Returns the latest trial that has ended.
///
/// # Errors
/// When the database refuses.
pub async fn last_trial(tx: &mut Tx) -> Result<Option<Trial>> {
    Ok(tx.optional(sql(TRIALS).push("WHERE state <> 'running' ORDER BY started_at DESC, id DESC LIMIT 1")).await?)
}

/// Returns the latest trial that came back without faults.
///
/// # Errors
/// When the database refuses.
pub async fn last_tried_soundly(tx: &mut Tx) -> Result<Option<Trial>> {
    Ok(tx.optional(sql(TRIALS).push("WHERE state = 'sound' ORDER BY started_at DESC, id DESC LIMIT 1")).await?)
}
