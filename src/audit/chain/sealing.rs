//! Seals the audit log in a job; it takes no lock that writers wait for.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use super::{End, Seal, TORN, checkpoints::Checkpoints, end, store};
use crate::{
    core::{Result, time::Instant},
    db::Database,
    server::{AppState, config::Config},
};

/// The approximate time that a row waits for its seal.
const EVERY: Duration = Duration::from_secs(10);
/// The clocks of several nodes differ by less than this.
const SKEW: chrono::Duration = chrono::Duration::minutes(1);
/// The largest number of rows in a seal.
const ROWS: i64 = 1_000;
/// At shutdown the writers have ended; sealing their last rows takes moments.
const AT_SHUTDOWN: Duration = Duration::from_secs(5);

/// Seals every row that is committed now; returns their number. Several callers may run at once: each seal's number can
/// be added only once.
///
/// # Errors
/// When the database refuses; the rows sealed until then stay sealed.
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
        // If the insert fails, another node was first: the remaining rows are read again.
        let seal = Seal::over(&rows, &end, now);
        if store::insert(&mut tx, &seal).await? {
            end::moved(&mut tx, &end, &seal, now).await?;
            tx.commit().await?;
            sealed += rows.len() as u64;
        }
    }
}

/// Returns the number up to which no further row can appear. PostgreSQL assigns a number when a row is added, and a writer
/// with a later number may commit first: all writers that are active when the newest row is read must have ended.
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

/// Writes a checkpoint if there is a new seal since seal `last`; returns the number of the seal in the last checkpoint. Each run of the
/// sealing job writes at most one line.
async fn checkpoint(db: &Database, checkpoints: Option<&Checkpoints>, last: i64, now: Instant) -> Result<i64> {
    let Some(checkpoints) = checkpoints else { return Ok(last) };
    let Some(seal) = store::last_seal(&mut db.read().await?).await? else { return Ok(last) };
    if seal.number == last {
        return Ok(last);
    }
    match checkpoints.append(&seal, now) {
        Ok(line) => {
            let mut tx = db.write().await?;
            end::filed(&mut tx, line, now).await?;
            tx.commit().await?;
            Ok(seal.number)
        }
        Err(error) => {
            tracing::error!(error, "the audit log's checkpoint is not written");
            Ok(last)
        }
    }
}

/// Seals the rows that a command has written, before the command ends, and writes a checkpoint.
///
/// # Errors
/// A sentence.
pub async fn seal_for_command(db: &Database, config: &Config, now: Instant) -> std::result::Result<(), String> {
    let checkpoints = Checkpoints::open(config)?;
    let done = async {
        if seal(db, now).await? > 0 {
            checkpoint(db, checkpoints.as_ref(), 0, now).await?;
        }
        Ok::<(), crate::core::Error>(())
    };
    done.await.map_err(|error| format!("the audit log is not sealed; the next start seals it: {error}"))
}

/// The job that seals rows and writes checkpoints while the program runs.
#[derive(Debug)]
pub struct Sealer {
    state: AppState,
    checkpoints: Option<Checkpoints>,
    /// The number of the seal in the last checkpoint.
    last: AtomicI64,
}

impl Sealer {
    /// Reads the key for checkpoints, or creates one.
    ///
    /// # Errors
    /// A sentence: other users can read the key file, or it cannot be read.
    pub fn new(state: &AppState) -> std::result::Result<Self, String> {
        let checkpoints = Checkpoints::open(&state.config)?;
        Ok(Self { state: state.clone(), checkpoints, last: AtomicI64::new(0) })
    }

    /// Returns the faults of the log at the start of the program, as sentences: the log ends before its mark or its last
    /// checkpoint, or the clock was set back.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn doubts(&self) -> Result<Vec<String>> {
        let (now, mut doubts) = (self.state.clock.now(), Vec::new());
        let last = self.checkpoints.as_ref().map(Checkpoints::last).transpose();
        let last = last.unwrap_or_else(|error| {
            doubts.push(error);
            None
        });
        if last.as_ref().is_some_and(|last| last.is_torn) {
            doubts.push(TORN.to_owned());
        }
        let checkpoint = last.and_then(|last| last.checkpoint);
        let mut tx = self.state.db.read().await?;
        let known = end::known(&mut tx).await?;
        let seal = store::last_seal(&mut tx).await?;
        let (number, sealed_at) = seal.map_or((0, None), |seal| (seal.number, Some(seal.sealed_at)));
        let verify = "the end was cut off, or an older copy of the database was put back; `infirmary audit verify` names what is missing";
        if let Some(known) = known.filter(|known| known.end.seal > number) {
            doubts.push(format!("the audit log ends with seal {number}, and its sealed mark knows seal {}: {verify}", known.end.seal));
        }
        if let Some(last) = checkpoint.as_ref().filter(|last| last.seal > number) {
            doubts.push(format!(
                "the audit log ends with seal {number}, and the checkpoint of {} knows seal {}: {verify}",
                last.at, last.seal
            ));
        }
        let latest = sealed_at.into_iter().chain(checkpoint.map(|last| last.at)).max();
        if let Some(latest) = latest.filter(|latest| *latest > now + SKEW) {
            doubts.push(format!("the clock went back: it is {now}, and the audit log was last sealed at {latest}"));
        }
        Ok(doubts)
    }

    /// Seals every ten seconds until the program stops.
    pub async fn keep_sealing(&self) {
        match self.doubts().await {
            Ok(doubts) => doubts.iter().for_each(|doubt| tracing::warn!("{doubt}")),
            Err(error) => tracing::error!(error = %error, "the audit log's end was not compared"),
        }
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let work = async {
            loop {
                every.tick().await;
                self.seal().await;
            }
        };
        tokio::select! {
            () = work => {}
            () = self.state.stopping.cancelled() => {}
        }
    }

    /// Seals the remaining rows after the last writer has ended. Rows that do not get their seal now get it at the next
    /// start.
    pub async fn finish(&self) {
        if tokio::time::timeout(AT_SHUTDOWN, self.seal()).await.is_err() {
            tracing::warn!("the audit log's last rows are not sealed yet; they are at the next start");
        }
    }

    async fn seal(&self) {
        let now = self.state.clock.now();
        let done = async {
            seal(&self.state.db, now).await?;
            let last = checkpoint(&self.state.db, self.checkpoints.as_ref(), self.last.load(Ordering::Relaxed), now).await?;
            self.last.store(last, Ordering::Relaxed);
            Ok::<(), crate::core::Error>(())
        };
        if let Err(error) = done.await {
            tracing::error!(error = %error, "the audit log is not sealed for now");
        }
    }
}
