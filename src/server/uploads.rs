//! The places of forms with a file: so many are dealt with at once.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::core::{Error, Result, UserId};

/// The forms that are dealt with at once. Each has at most 128 kB in memory, whatever the size of its file, and its file on the disk: 8 MB and,
/// with the usual limit of a document, 1.3 GB (twice that while cleaned copies stand beside the files).
const PLACES: usize = 64;
/// The places that one user has at most: a user who sends slowly leaves the others to everybody else.
const OF_ONE_USER: usize = 32;
/// How long a form waits for a place.
const WAIT: Duration = Duration::from_secs(10);

static FREE: Semaphore = Semaphore::const_new(PLACES);
/// The places of each user, and those who wait for one.
static TAKEN: Mutex<BTreeMap<UserId, usize>> = Mutex::new(BTreeMap::new());

/// A place, until it is dropped.
#[derive(Debug)]
pub struct UploadPlace {
    _counted: CountedUpload,
    _place: SemaphorePermit<'static>,
}

impl UploadPlace {
    /// Waits for a place.
    ///
    /// # Errors
    /// [`Error::Busy`] when none becomes free, or the user has too many.
    pub async fn take(user: UserId) -> Result<Self> {
        let counted = CountedUpload::new(user)?;
        let place = timeout(WAIT, FREE.acquire()).await.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)?;
        Ok(Self { _counted: counted, _place: place })
    }
}

/// One of a user's places is counted.
#[derive(Debug)]
struct CountedUpload(UserId);

impl CountedUpload {
    fn new(user: UserId) -> Result<Self> {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(user).or_default();
        if *count >= OF_ONE_USER {
            return Err(Error::Busy);
        }
        *count += 1;
        Ok(Self(user))
    }
}

impl Drop for CountedUpload {
    fn drop(&mut self) {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_user_leaves_places_to_others() {
        let (one, other) = (UserId::new(), UserId::new());
        let mut places = Vec::new();
        for _ in 0..OF_ONE_USER {
            places.push(UploadPlace::take(one).await.expect("a place"));
        }
        assert_eq!(UploadPlace::take(one).await.map(|_| ()), Err(Error::Busy));
        assert!(UploadPlace::take(other).await.is_ok());
        places.pop();
        assert!(UploadPlace::take(one).await.is_ok());
        drop(places);
        assert!(!TAKEN.lock().expect("a count").contains_key(&one), "nothing is left");
    }
}
