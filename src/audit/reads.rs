//! The reads on their way to the audit log: a bounded queue that one task empties.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::mpsc, task::JoinHandle};

use super::{AuditRow, store};
use crate::{
    core::{Error, PatientId, Result, UserId, time::Instant},
    db::Database,
};

/// Reads waiting at most; beyond that reading is refused.
const WAITING: usize = 20_000;
/// A crash loses at most this much.
const EVERY: Duration = Duration::from_millis(400);

/// A list that refreshes itself shows the same people again and again: within this many minutes that is one look.
const ONE_LOOK: i64 = 10;
/// Looks remembered at most, before the old ones are forgotten.
const LOOKS: usize = 50_000;

/// Who saw whom in what list, and when that was last noted.
type Looks = HashMap<(UserId, PatientId, &'static str), Instant>;

/// Takes notes of reads.
#[derive(Debug)]
pub struct ReadLog {
    looks: Mutex<Looks>,
    waiting: Mutex<Option<mpsc::Sender<AuditRow>>>,
    writing: Arc<AtomicBool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl ReadLog {
    /// Starts the task that writes.
    pub fn start(db: Database) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let writing = Arc::new(AtomicBool::new(true));
        let task = tokio::spawn(write_until_closed(db, receiver, writing.clone()));
        Self { looks: Mutex::default(), waiting: Mutex::new(Some(sender)), writing, task: Mutex::new(Some(task)) }
    }

    /// Notes a read.
    ///
    /// # Errors
    /// [`Error::Busy`] when the log is full or cannot be written: what nobody can account for is not shown.
    pub fn note(&self, row: AuditRow) -> Result<()> {
        if !self.is_writing() {
            return Err(Error::Busy);
        }
        let waiting = self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        waiting.as_ref().ok_or(Error::Busy)?.try_send(row).map_err(|_| Error::Busy)
    }

    /// Notes a read of a list that refreshes itself: the same look of the same reader is noted once.
    ///
    /// # Errors
    /// [`Error::Busy`] as with [`ReadLog::note`].
    pub fn note_once(&self, row: AuditRow) -> Result<()> {
        let Some(patient) = row.patient else { return self.note(row) };
        let (look, at) = ((row.user, patient, row.what), row.at);
        let recent = |noted: &Instant| at - *noted < chrono::Duration::minutes(ONE_LOOK);
        {
            let mut looks = self.looks.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if self.is_writing() && looks.get(&look).is_some_and(recent) {
                return Ok(());
            }
            if looks.len() >= LOOKS {
                looks.retain(|_, noted| recent(noted));
            }
        }
        self.note(row)?;
        self.looks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(look, at);
        Ok(())
    }

    /// Whether the last attempt to write succeeded.
    pub fn is_writing(&self) -> bool {
        self.writing.load(Ordering::Acquire)
    }

    /// Writes what is waiting and stops.
    pub async fn finish(&self) {
        self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let task = self.task.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }
}

async fn write_until_closed(db: Database, mut receiver: mpsc::Receiver<AuditRow>, writing: Arc<AtomicBool>) {
    let mut rows = Vec::new();
    while receiver.recv_many(&mut rows, 1_000).await > 0 {
        // A moment for more to come, so that a busy minute is a few transactions and not thousands.
        if !receiver.is_closed() && rows.len() < 1_000 {
            let _ =
                tokio::time::timeout(EVERY, async { while rows.len() < 1_000 && receiver.recv_many(&mut rows, 1_000).await > 0 {} }).await;
        }
        let mut failures = 0_u32;
        while let Err(error) = put(&db, &rows).await {
            writing.store(false, Ordering::Release);
            failures += 1;
            tracing::error!(error = %error, waiting = rows.len(), "the audit log cannot be written: reading patients' data is refused");
            if receiver.is_closed() && failures > 20 {
                tracing::error!(lost = rows.len(), "reads that could not be written to the audit log");
                return;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        writing.store(true, Ordering::Release);
        rows.clear();
    }
}

async fn put(db: &Database, rows: &[AuditRow]) -> Result<()> {
    let mut tx = db.write().await?;
    store::write(&mut tx, rows).await?;
    tx.commit().await?;
    Ok(())
}
