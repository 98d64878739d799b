//! The activity of one connection: its requests in progress, the time since which it is idle, and whether it must close for
//! another connection.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit},
    time::{Instant, sleep_until},
};

/// A client that reads nothing of an answer for this multiple of the limit for heads is disconnected.
const STALLED: u32 = 3;

/// The activity of one connection. Times are milliseconds since `began`.
#[derive(Debug)]
pub(super) struct Activity {
    began: Instant,
    /// Whether a user of this network was signed in when the connection was accepted.
    pub signed_in: bool,
    in_progress: AtomicUsize,
    idle_since: AtomicU64,
    /// The time since which a write waits for the client; 0 when no write waits.
    stalled_since: AtomicU64,
    /// Bytes received since the last complete head.
    unfinished: AtomicUsize,
    /// The memory reserved for a large unfinished head.
    reserved: Mutex<Option<OwnedSemaphorePermit>>,
    eviction: Notify,
}

impl Activity {
    /// Starts the activity of a connection that was accepted at `began`.
    pub(super) fn new(began: Instant, signed_in: bool) -> Self {
        Self {
            began,
            signed_in,
            in_progress: AtomicUsize::new(0),
            idle_since: AtomicU64::new(milliseconds(began)),
            stalled_since: AtomicU64::new(0),
            unfinished: AtomicUsize::new(0),
            reserved: Mutex::default(),
            eviction: Notify::new(),
        }
    }

    /// Records that a request has its complete head.
    pub(super) fn begin(self: &Arc<Self>) -> InProgress {
        self.in_progress.fetch_add(1, Ordering::AcqRel);
        if self.unfinished.swap(0, Ordering::AcqRel) >= super::stream::UNRESERVED {
            self.reserved.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
        InProgress(self.clone())
    }

    /// The time since which no request is in progress; `None` while a request is in progress.
    pub(super) fn idle_since(&self) -> Option<u64> {
        (self.in_progress.load(Ordering::Acquire) == 0).then(|| self.idle_since.load(Ordering::Acquire))
    }

    /// Asks the connection's task to close it.
    pub(super) fn evict(&self) {
        self.eviction.notify_one();
    }

    /// Waits until another connection needs the slot.
    pub(super) async fn evicted(&self) {
        self.eviction.notified().await;
    }

    /// Waits until the connection has been without a request for `time`, or until its client has read no answer for a
    /// multiple of `time`.
    pub(super) async fn overdue(&self, time: Duration) {
        loop {
            let due = self.due(time);
            if due.is_some_and(|due| due <= Instant::now()) {
                return;
            }
            sleep_until(due.unwrap_or_else(|| Instant::now() + time)).await;
        }
    }

    fn due(&self, time: Duration) -> Option<Instant> {
        let stalled = self.stalled_since.load(Ordering::Acquire);
        if stalled > 0 {
            return Some(self.began + Duration::from_millis(stalled) + time * STALLED);
        }
        self.idle_since().map(|since| self.began + Duration::from_millis(since) + time)
    }

    /// Whether the next read must wait for memory: a large part of a head has arrived, and no memory is reserved for
    /// it.
    pub(super) fn needs_memory(&self) -> bool {
        self.unfinished.load(Ordering::Acquire) >= super::stream::UNRESERVED
            && self.in_progress.load(Ordering::Acquire) == 0
            && self.reserved.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Keeps the memory until the head is complete or the connection is closed.
    pub(super) fn reserve(&self, memory: OwnedSemaphorePermit) {
        *self.reserved.lock().unwrap_or_else(PoisonError::into_inner) = Some(memory);
    }

    pub(super) fn received(&self, bytes: usize) {
        if self.in_progress.load(Ordering::Acquire) == 0 {
            self.unfinished.fetch_add(bytes, Ordering::AcqRel);
        }
    }

    pub(super) fn write_waits(&self) {
        let now = milliseconds(self.began).max(1);
        let _ = self.stalled_since.compare_exchange(0, now, Ordering::AcqRel, Ordering::Acquire);
    }

    pub(super) fn wrote(&self) {
        if self.stalled_since.load(Ordering::Acquire) > 0 {
            // The time for the next head begins when the answer is sent.
            self.idle_since.store(milliseconds(self.began), Ordering::Release);
            self.stalled_since.store(0, Ordering::Release);
        }
    }
}

fn milliseconds(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// A request in progress, from its complete head to the end of its answer.
#[derive(Debug)]
pub(super) struct InProgress(Arc<Activity>);

impl InProgress {
    /// Wraps the answer's body; the request is in progress until all of the body is sent or dropped.
    pub(super) fn until_sent(self, body: Body) -> AnswerBody {
        AnswerBody { body, _in_progress: self }
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.idle_since.store(milliseconds(self.0.began), Ordering::Release);
        self.0.in_progress.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The body of an answer.
#[derive(Debug)]
pub(super) struct AnswerBody {
    body: Body,
    _in_progress: InProgress,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
