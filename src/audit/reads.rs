//! Writes reads to the audit log through a bounded queue that one task empties.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use super::{AuditRow, store};
use crate::{
    core::{Error, PatientId, Result, UserId, time::Instant},
    db::Database,
};

/// The largest number of queued reads; beyond it, readers wait.
const WAITING: usize = 20_000;
/// The longest time that a reader waits before reading is refused.
const PATIENCE: Duration = Duration::from_secs(3);
/// The largest number of rows in one transaction.
const AT_ONCE: usize = 4_000;
/// The longest time between writes: a crash loses at most this much.
const EVERY: Duration = Duration::from_millis(400);

/// The minutes in which repeated views of a list that refreshes itself count as one view.
const ONE_LOOK: i64 = 10;
/// The largest number of views in memory; beyond it, old ones are removed.
const LOOKS: usize = 50_000;

/// When a user's view of a patient in a list was last recorded.
type Looks = HashMap<(UserId, PatientId, &'static str), Instant>;

/// Whether a view at `now` belongs to the view that was recorded.
fn is_one_look(noted: Instant, now: Instant) -> bool {
    now - noted < chrono::Duration::minutes(ONE_LOOK)
}

/// Queues and writes the reads.
#[derive(Debug)]
pub struct ReadLog {
    looks: Mutex<Looks>,
    waiting: Mutex<Option<mpsc::Sender<AuditRow>>>,
    writing: Arc<AtomicBool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl ReadLog {
    /// Starts the task that writes the rows.
    pub fn start(db: Database) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let writing = Arc::new(AtomicBool::new(true));
        let task = tokio::spawn(write_until_closed(db, receiver, writing.clone()));
        Self { looks: Mutex::default(), waiting: Mutex::new(Some(sender)), writing, task: Mutex::new(Some(task)) }
    }

    /// Queues reads. When the queue is full, it waits: the page is then delayed, but it is shown.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue stays full or the log cannot be written: data is not shown without an audit row.
    pub async fn note(&self, rows: Vec<AuditRow>) -> Result<()> {
        if rows.is_empty() || cfg!(feature = "unguarded") {
            return Ok(());
        }
        if !self.is_writing() {
            return Err(Error::Busy);
        }
        let sender = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(Error::Busy)?;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let some: Vec<AuditRow> = rows.by_ref().take(AT_ONCE).collect();
            let places = timeout(PATIENCE, sender.reserve_many(some.len())).await.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)?;
            places.zip(some).for_each(|(place, row)| place.send(row));
        }
        Ok(())
    }

    /// Queues reads of a list that refreshes itself: the same view by the same reader is recorded once.
    ///
    /// # Errors
    /// [`Error::Busy`] as with [`ReadLog::note`].
    pub async fn note_once(&self, mut rows: Vec<AuditRow>) -> Result<()> {
        if cfg!(feature = "unguarded") {
            return Ok(());
        }
        let look = |row: &AuditRow| row.patient.map(|patient| (row.user, patient, row.what));
        if self.is_writing() {
            let looks = self.looks();
            rows.retain(|row| !look(row).and_then(|look| looks.get(&look)).is_some_and(|noted| is_one_look(*noted, row.at)));
        }
        let noted: Vec<_> = rows.iter().filter_map(|row| Some((look(row)?, row.at))).collect();
        self.note(rows).await?;
        let mut looks = self.looks();
        if let Some((_, now)) = noted.last().filter(|_| looks.len() >= LOOKS) {
            looks.retain(|_, noted| is_one_look(*noted, *now));
        }
        looks.extend(noted);
        drop(looks);
        Ok(())
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last attempt to write succeeded.
    pub fn is_writing(&self) -> bool {
        self.writing.load(Ordering::Acquire)
    }

    /// The number of queued reads.
    pub fn waiting(&self) -> usize {
        let sender = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().map_or(0, |sender| WAITING.saturating_sub(sender.capacity()))
    }

    /// Writes the queued rows and stops.
    pub async fn finish(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }
}

async fn write_until_closed(db: Database, mut receiver: mpsc::Receiver<AuditRow>, writing: Arc<AtomicBool>) {
    let mut rows = Vec::new();
    while receiver.recv_many(&mut rows, AT_ONCE).await > 0 {
        // Waits a moment for more rows, so that a busy minute makes a few transactions and not thousands.
        let more = async {
            let mut room = AT_ONCE - rows.len();
            while room > 0 {
                match receiver.recv_many(&mut rows, room).await {
                    0 => return,
                    come => room -= come,
                }
            }
        };
        let _ = timeout(EVERY, more).await;
        let mut failures = 0_u32;
        while let Err(error) = put(&db, &rows).await {
            failures += 1;
            // After the first `Busy` error the write is repeated before any reader is refused; readers wait meanwhile.
            if error != Error::Busy || failures > 1 {
                writing.store(false, Ordering::Release);
                tracing::error!(error = %error, waiting = rows.len(), "the audit log cannot be written: reading patients' data is refused");
            }
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
