//! Limits how many different people one user finds by lists and searches within an hour, so that no user copies the names, birth
//! dates and numbers of all patients. Each node counts by itself in memory, because a search runs at every keystroke and a query
//! each time would be too expensive. A person who was shown within the hour may be shown again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::Duration;

use crate::{
    core::{Error, PatientId, Result, UserId, time::Instant},
    tr,
};

/// The time for which a found person counts.
const HOUR: Duration = Duration::hours(1);
/// The largest number of users in memory; beyond it, inactive users are removed.
const USERS: usize = 5_000;

/// The time when each patient was last shown.
type Found = HashMap<PatientId, Instant>;

/// Counts the people whom each user finds.
#[derive(Debug)]
pub struct Findings {
    /// The largest number of different patients in an hour; 0 means no limit.
    limit: usize,
    found: Mutex<HashMap<UserId, Found>>,
}

impl Findings {
    /// Creates the counter with this limit of different patients in an hour.
    pub fn new(limit: u32) -> Self {
        Self { limit: usize::try_from(limit).unwrap_or(usize::MAX), found: Mutex::default() }
    }

    /// Counts that `user` is shown the identity of `patients`.
    ///
    /// # Errors
    /// [`Error::TooMany`] when they exceed the limit together with those of the hour before; then none of them is shown or
    /// counted.
    pub fn find(&self, user: UserId, patients: &[PatientId], now: Instant) -> Result<()> {
        if self.limit == 0 || cfg!(feature = "unguarded") {
            return Ok(());
        }
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= USERS {
            all.retain(|_, found| found.values().any(|last| now - *last < HOUR));
        }
        let found = all.entry(user).or_default();
        let with_these = |found: &Found| found.len() + patients.iter().filter(|patient| !found.contains_key(patient)).count();
        if with_these(found) > self.limit {
            found.retain(|_, last| now - *last < HOUR);
        }
        let beyond = with_these(found).saturating_sub(self.limit);
        if beyond == 0 {
            found.extend(patients.iter().map(|patient| (*patient, now)));
            return Ok(());
        }
        let people = found.len();
        let mut looks: Vec<Instant> = found.values().copied().collect();
        drop(all);
        looks.sort_unstable();
        // The limit allows these people again once the hour of so many earlier ones has passed.
        let frees = looks.get(beyond - 1).or(looks.last()).map_or(HOUR, |last| *last + HOUR - now);
        let seconds = u32::try_from(frees.num_seconds()).unwrap_or(0).max(1);
        Err(Error::TooMany { message: tr!(errors.too_many_found, people = people.to_string(), count = seconds.div_ceil(60)), seconds })
    }
}
