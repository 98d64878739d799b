//! The servers of the database: each writes a sign of life every minute, with the last run of each of its jobs, so that every administrator sees all.

mod store;

use std::time::Duration;

use uuid::Uuid;

pub use store::{NodeJob, node_jobs, nodes};

use crate::{
    core::{Error, Result, time::Instant},
    server::{AppState, config::Config, jobs::Beat},
};

/// The time between two signs of life.
const EVERY: Duration = Duration::from_mins(1);
/// A server that was silent for so long is marked.
pub const SILENT: chrono::Duration = chrono::Duration::minutes(3);
/// A server that was silent for so long is forgotten.
const GONE: chrono::Duration = chrono::Duration::days(1);

/// A server.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Node {
    pub id: Uuid,
    pub name: String,
    pub version: String,
    pub started_at: Instant,
    pub seen_at: Instant,
}

/// The name of this server: the machine and its port.
pub fn node_name(config: &Config) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    let host = host.map(|host| host.trim().to_owned()).filter(|host| !host.is_empty()).unwrap_or_else(|| "server".to_owned());
    format!("{}:{}", host.chars().take(150).collect::<String>(), config.address.port())
}

/// Writes a sign of life, and forgets the servers that are long silent.
///
/// # Errors
/// When the database refuses.
pub async fn beat(state: &AppState, id: Uuid) -> Result<()> {
    let now = state.clock.now();
    let node =
        Node { id, name: node_name(&state.config), version: env!("CARGO_PKG_VERSION").to_owned(), started_at: state.started, seen_at: now };
    let mut tx = state.db.write().await?;
    store::write_node(&mut tx, &node).await?;
    for (job, run) in state.jobs.runs() {
        store::write_job(&mut tx, id, job, &run).await?;
    }
    store::forget(&mut tx, now - GONE).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes a sign of life each minute until the program stops; then the server is gone.
pub async fn keep_beating(state: AppState) {
    let id = Uuid::now_v7();
    let mut every = Beat::new(&state, "heartbeat", EVERY);
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => break,
        }
        if let Err(error) = beat(&state, id).await {
            every.failed(&error, "the sign of life is not written");
        }
    }
    let gone = async {
        let mut tx = state.db.write().await?;
        store::remove(&mut tx, id).await?;
        tx.commit().await?;
        Ok::<(), Error>(())
    };
    if let Err(error) = gone.await {
        tracing::warn!(%error, "this server stands in the list until it is long silent");
    }
}
