//! The SQL of servers and their jobs.

use uuid::Uuid;

use super::Node;
use crate::{
    core::{Result, time::Instant},
    db::{Tx, sql},
    server::jobs::JobRun,
};

/// The last run of a job on a server.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct NodeJob {
    pub node_id: Uuid,
    pub job: String,
    pub begun_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub failed: bool,
    /// The program's sentence about the failure.
    pub error: String,
    pub next_at: Option<Instant>,
}

pub(super) async fn write_node(tx: &mut Tx, node: &Node) -> Result<()> {
    let query = sql("INSERT INTO nodes (id, name, version, started_at, seen_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at")
    .bind(node.id)
    .bind(&node.name)
    .bind(&node.version)
    .bind(node.started_at)
    .bind(node.seen_at);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn write_job(tx: &mut Tx, node: Uuid, job: &str, run: &JobRun) -> Result<()> {
    let query = sql("INSERT INTO node_jobs (node_id, job, begun_at, ended_at, failed, error, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (node_id, job) DO UPDATE SET begun_at = excluded.begun_at, ended_at = excluded.ended_at, failed = excluded.failed,
            error = excluded.error, next_at = excluded.next_at")
    .bind(node)
    .bind(job)
    .bind(run.begun_at)
    .bind(run.ended_at)
    .bind(!run.error.is_empty())
    .bind(run.error.chars().take(500).collect::<String>())
    .bind(run.next_at);
    tx.execute(query).await?;
    Ok(())
}

/// Forgets the servers that were silent since then.
pub(super) async fn forget(tx: &mut Tx, since: Instant) -> Result<()> {
    tx.execute(sql("DELETE FROM nodes WHERE seen_at < ").push_bind(since)).await?;
    Ok(())
}

pub(super) async fn remove(tx: &mut Tx, node: Uuid) -> Result<()> {
    tx.execute(sql("DELETE FROM nodes WHERE id = ").push_bind(node)).await?;
    Ok(())
}

/// Returns the servers, the one with the latest sign of life first.
///
/// # Errors
/// When the database refuses.
pub async fn nodes(tx: &mut Tx) -> Result<Vec<Node>> {
    Ok(tx.all(sql("SELECT id, name, version, started_at, seen_at FROM nodes ORDER BY seen_at DESC, name, id LIMIT 100")).await?)
}

/// Returns the last runs of the jobs of all servers, by job, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn node_jobs(tx: &mut Tx) -> Result<Vec<NodeJob>> {
    let query = "SELECT node_id, job, begun_at, ended_at, failed, error, next_at FROM node_jobs ORDER BY job, begun_at DESC, node_id";
    Ok(tx.all(sql(query)).await?)
}
