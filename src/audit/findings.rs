//! How many different people one person finds by lists and searches within an hour, and that it is not without end: who is a patient
//! here, born when, under which number, is not for copying either. Each node counts by itself, in memory: what is asked at every
//! keystroke is worth no query. Who was shown before may be shown again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::Duration;

use crate::{
    core::{Error, PatientId, Result, UserId, time::Instant},
    tr,
};

/// So long somebody who was found counts.
const HOUR: Duration = Duration::hours(1);
/// Users remembered at most, before those who rest are forgotten.
const USERS: usize = 5_000;

/// When each was shown last.
type Found = HashMap<PatientId, Instant>;

/// Counts who was found.
#[derive(Debug)]
pub struct Findings {
    /// Different patients in an hour at most; 0 is without end.
    limit: usize,
    found: Mutex<HashMap<UserId, Found>>,
}

impl Findings {
    /// With a limit of so many different patients in an hour.
    pub fn new(limit: u32) -> Self {
        Self { limit: usize::try_from(limit).unwrap_or(usize::MAX), found: Mutex::default() }
    }

    /// Counts that `user` is shown who `patients` are.
    ///
    /// # Errors
    /// [`Error::TooMany`] when they are too many together with those of the hour before: then none of them is shown or counted.
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
        // With the hours of so many over there is room for these.
        let frees = looks.get(beyond - 1).or(looks.last()).map_or(HOUR, |last| *last + HOUR - now);
        let seconds = u32::try_from(frees.num_seconds()).unwrap_or(0).max(1);
        Err(Error::TooMany { message: tr!(errors.too_many_found, people = people.to_string(), count = seconds.div_ceil(60)), seconds })
    }
}
