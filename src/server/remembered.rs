//! Caches a result that many readers request at the same time and that only events change: it is computed once for all
//! of them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{core::Result, server::events::Mark};

/// The largest number of keys: more than a hospital has, and few enough for the memory.
const KEYS: usize = 1_000;

/// The last result for each key, with the mark from before its computation. The result is valid while no event has
/// happened since.
#[derive(Debug)]
pub struct Remembered<K, V>(Mutex<BTreeMap<K, Place<V>>>);

type Place<V> = Arc<tokio::sync::Mutex<Option<(Mark, V)>>>;

impl<K: Ord, V: Clone> Default for Remembered<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord, V: Clone> Remembered<K, V> {
    /// Creates an empty cache.
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Returns the result for this mark. Callers that ask while it is being computed wait for it.
    ///
    /// # Errors
    /// Those of `work`; the next caller computes again.
    pub async fn at(&self, mark: Mark, key: K, work: impl Future<Output = Result<V>>) -> Result<V> {
        let place = {
            let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if places.len() >= KEYS && !places.contains_key(&key) {
                places.clear();
            }
            places.entry(key).or_default().clone()
        };
        let mut known = place.lock().await;
        if let Some((of, value)) = known.as_ref()
            && *of == mark
        {
            return Ok(value.clone());
        }
        let value = work.await?;
        *known = Some((mark, value.clone()));
        drop(known);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Remembered;
    use crate::core::Error;

    #[tokio::test]
    async fn is_worked_out_once_for_each_mark() {
        let known = Remembered::new();
        let worked = AtomicU32::new(0);
        let ask = |mark: &str| {
            known.at(mark.to_owned(), "north", async {
                tokio::task::yield_now().await;
                Ok(worked.fetch_add(1, Ordering::Relaxed))
            })
        };
        let (one, two, three) = tokio::join!(ask("a"), ask("a"), ask("a"));
        assert_eq!((one, two, three), (Ok(0), Ok(0), Ok(0)));
        assert_eq!(ask("b").await, Ok(1));
        assert_eq!(known.at("b".to_owned(), "south", async { Ok(7) }).await, Ok(7));
    }

    #[tokio::test]
    async fn an_error_is_not_remembered() {
        let known: Remembered<u8, u8> = Remembered::new();
        assert_eq!(known.at("a".to_owned(), 1, async { Err(Error::Busy) }).await, Err(Error::Busy));
        assert_eq!(known.at("a".to_owned(), 1, async { Ok(2) }).await, Ok(2));
    }
}
