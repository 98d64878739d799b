//! Sealing, behind the writers' backs: it takes no lock that they wait for.

use std::{sync::Mutex, time::Duration};

use super::{End, Seal, checkpoints::Checkpoints, store};
use crate::{
    core::{Result, time::Instant},
    db::Database,
    server::AppState,
};

/// How long a row waits for its seal, about.
const EVERY: Duration = Duration::from_secs(10);
/// How often a checkpoint is written, at most.
const CHECKPOINT: chrono::Duration = chrono::Duration::minutes(10);
/// Rows of a seal at most.
const ROWS: i64 = 1_000;
/// At shutdown writers have ended; sealing what they left takes moments.
const AT_SHUTDOWN: Duration = Duration::from_secs(5);

/// Seals every row that is committed now; how many. Several at once do no harm: a seal's number is given once.
///
/// # Errors
/// What the database refused; what is sealed until then stays.
pub async fn seal(db: &Database, now: Instant) -> Result<u64> {
    let Some(upto) = settled(db).await? else { return Ok(0) };
    let mut sealed = 0;
    loop {
        let (end, rows) = {
            let mut tx = db.read().await?;
            let end = store::last_seal(&mut tx).await?.map_or_else(End::nothing, |seal| seal.end());
            let rows = store::rows(&mut tx, end.row, upto, ROWS).await?;
            (end, rows)
        };
        if rows.is_empty() {
            return Ok(sealed);
        }
        let mut tx = db.write().await?;
        // Otherwise another node was quicker: what it left is looked at afresh.
        if store::insert(&mut tx, &Seal::over(&rows, &end, now)).await? {
            tx.commit().await?;
            sealed += rows.len() as u64;
        }
    }
}

/// The number up to which no row can come any more. PostgreSQL gives a number when a row is added, and another writer with
/// a later one may commit first: whoever is writing when the newest row is seen must have ended.
async fn settled(db: &Database) -> Result<Option<i64>> {
    let mut tx = db.read().await?;
    let newest = store::newest_row(&mut tx).await?;
    let mut writing = store::writers(&mut tx).await?;
    while !writing.is_empty() {
        drop(tx);
        tokio::time::sleep(Duration::from_millis(50)).await;
        tx = db.read().await?;
        let still = store::writers(&mut tx).await?;
        writing.retain(|writer| still.contains(writer));
    }
    Ok(newest)
}

/// Seals while the program runs, and writes checkpoints.
#[derive(Debug)]
pub struct Sealer {
    state: AppState,
    checkpoints: Option<Checkpoints>,
    /// The seal of the last checkpoint, and when it was written.
    last: Mutex<(i64, Option<Instant>)>,
}

impl Sealer {
    /// Reads the key for checkpoints, or makes one.
    ///
    /// # Errors
    /// A sentence: the key file is open to others or cannot be read.
    pub fn new(state: &AppState) -> std::result::Result<Self, String> {
        let checkpoints = Checkpoints::open(&state.config)?;
        Ok(Self { state: state.clone(), checkpoints, last: Mutex::default() })
    }

    /// Seals every ten seconds until the program stops.
    pub async fn keep_sealing(&self) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let work = async {
            loop {
                every.tick().await;
                self.seal(CHECKPOINT).await;
            }
        };
        tokio::select! {
            () = work => {}
            () = self.state.stopping.cancelled() => {}
        }
    }

    /// Seals what is left, once nobody writes any more. What does not get its seal now gets it at the next start.
    pub async fn finish(&self) {
        if tokio::time::timeout(AT_SHUTDOWN, self.seal(chrono::Duration::zero())).await.is_err() {
            tracing::warn!("the audit log's last rows are not sealed yet; they are at the next start");
        }
    }

    async fn seal(&self, checkpoint_every: chrono::Duration) {
        let now = self.state.clock.now();
        let done = async {
            seal(&self.state.db, now).await?;
            self.checkpoint(now, checkpoint_every).await
        };
        if let Err(error) = done.await {
            tracing::error!(error = %error, "the audit log is not sealed for now");
        }
    }

    /// Writes down where the chain stands, unless that was done a moment ago.
    async fn checkpoint(&self, now: Instant, every: chrono::Duration) -> Result<()> {
        let Some(checkpoints) = &self.checkpoints else { return Ok(()) };
        let (number, at) = *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if at.is_some_and(|at| now - at < every) {
            return Ok(());
        }
        let Some(seal) = store::last_seal(&mut self.state.db.read().await?).await? else { return Ok(()) };
        if seal.number == number {
            return Ok(());
        }
        match checkpoints.append(&seal, now) {
            Ok(()) => *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = (seal.number, Some(now)),
            Err(error) => tracing::error!(error, "the audit log's checkpoint is not written"),
        }
        Ok(())
    }
}
