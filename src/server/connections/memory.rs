//! Limits the memory for unfinished requests: one budget for large heads and for all bodies that are still arriving.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_util::sync::PollSemaphore;

use crate::core::{Error, Result};

/// Bytes for all clients.
const OPEN: usize = 48 * 1024 * 1024;
/// Bytes for signed-in users only, and for networks with signed-in users.
const KEPT: usize = 16 * 1024 * 1024;
/// Bytes for large forms whose session has ended.
const ENDED: usize = 8 * 1024 * 1024;
/// How long a body waits for memory before it is refused.
const WAIT: Duration = Duration::from_secs(2);

/// The budget; clones share it.
#[derive(Clone, Debug)]
pub struct RequestMemory {
    open: Arc<Semaphore>,
    kept: Arc<Semaphore>,
    ended: Arc<Semaphore>,
    wait: Duration,
}

impl Default for RequestMemory {
    fn default() -> Self {
        Self::new(OPEN, KEPT, WAIT)
    }
}

impl RequestMemory {
    /// Creates a budget of `open` bytes for all clients, and `kept` more for signed-in users.
    fn new(open: usize, kept: usize, wait: Duration) -> Self {
        Self { open: Arc::new(Semaphore::new(open)), kept: Arc::new(Semaphore::new(kept)), ended: Arc::new(Semaphore::new(ENDED)), wait }
    }

    /// Reserves memory, waiting a short time for it. Dropping the permit frees it.
    ///
    /// # Errors
    /// [`Error::Busy`] when no memory is free.
    pub async fn reserve(&self, bytes: usize, signed_in: bool) -> Result<OwnedSemaphorePermit> {
        // A setting may allow bodies larger than the budget: such a body takes half of the budget for signed-in users.
        let bytes = bytes.min(KEPT / 2);
        match self.try_reserve(bytes, signed_in) {
            Some(permit) => Ok(permit),
            None => match timeout(self.wait, self.open.clone().acquire_many_owned(permits(bytes))).await {
                Ok(Ok(permit)) => Ok(permit),
                Ok(Err(_)) | Err(_) => Err(Error::Busy),
            },
        }
    }

    /// Reserves memory for a large form whose session has ended; `None` when too many such forms are arriving.
    pub fn reserve_for_ended(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        self.ended.clone().try_acquire_many_owned(permits(bytes)).ok()
    }

    /// Reserves memory if some is free now.
    pub(super) fn try_reserve(&self, bytes: usize, signed_in: bool) -> Option<OwnedSemaphorePermit> {
        let open = || self.open.clone().try_acquire_many_owned(permits(bytes)).ok();
        let kept = || self.kept.clone().try_acquire_many_owned(permits(bytes)).ok();
        open().or_else(|| signed_in.then(kept).flatten())
    }

    /// Returns a semaphore with which a task waits for the memory that all clients may use.
    pub(super) fn waiting(&self) -> PollSemaphore {
        PollSemaphore::new(self.open.clone())
    }
}

fn permits(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_waits_for_memory_and_is_refused_when_none_comes() {
        let memory = RequestMemory::new(100, 50, Duration::from_millis(100));
        let first = memory.reserve(60, false).await.expect("memory");
        assert_eq!(memory.reserve(60, false).await.map(|_| ()), Err(Error::Busy));
        let (second, ()) = tokio::join!(memory.reserve(60, false), async { drop(first) });
        assert!(second.is_ok(), "memory that was given back");
    }

    #[tokio::test]
    async fn a_part_is_kept_for_users_who_are_signed_in() {
        let memory = RequestMemory::new(100, 50, Duration::from_millis(100));
        let _all = memory.reserve(100, false).await.expect("memory");
        let kept = memory.reserve(50, true).await.expect("the part that is kept");
        assert_eq!(memory.reserve(1, true).await.map(|_| ()), Err(Error::Busy));
        drop(kept);
        assert_eq!(memory.reserve(1, false).await.map(|_| ()), Err(Error::Busy));
    }
}
