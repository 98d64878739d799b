//! Limits how many different patients' records one user opens within an hour, so that no user can copy the hospital's records one
//! by one; the auditors are notified.
//!
//! A record that was opened in the hour does not count again; only another patient's record does. Each node remembers the records
//! opened there, and queries the audit log for those opened on other nodes when a user opens a further record; rows that another
//! node has not written yet (at most 0.4 s) are not counted yet. Lists and searches do not count here: they show only a person's
//! identity, and have a limit of their own (`findings`).

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::Duration;

use super::store;
use crate::{
    core::{Error, PatientId, Result, UserId, time::Instant},
    db::Tx,
    tr,
};

/// The word for a refusal in the log.
pub(crate) const TOO_MANY: &str = "openings";

/// The time over which openings are counted.
const HOUR: Duration = Duration::hours(1);
/// Rows may be written to the log this long after the action that they record.
const LATE: Duration = Duration::minutes(1);
/// The largest number of users in memory; beyond it, inactive users are removed.
const USERS: usize = 5_000;

/// The records that one user opened recently, as far as this node knows.
#[derive(Debug, Default)]
struct Opened {
    /// The time when each patient's record was last read.
    records: HashMap<PatientId, Instant>,
    /// The time up to which the log was queried.
    asked: Option<Instant>,
}

/// Counts the records that each user opens.
#[derive(Debug)]
pub struct Openings {
    /// The largest number of different patients in an hour; 0 means no limit.
    limit: usize,
    /// The log's words for views of lists, which open no record.
    lists: Vec<&'static str>,
    opened: Mutex<HashMap<UserId, Opened>>,
}

impl Openings {
    /// Creates the counter with this limit of different patients in an hour; views of these lists do not count.
    pub fn new(limit: u32, lists: Vec<&'static str>) -> Self {
        Self { limit: usize::try_from(limit).unwrap_or(usize::MAX), lists, opened: Mutex::default() }
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<UserId, Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts that `user` opens the record of `patient`. Queries the log only for a record that was not open.
    ///
    /// # Errors
    /// [`Error::TooMany`] when the record exceeds the limit, or when the database refuses.
    pub async fn open(&self, tx: &mut Tx, user: UserId, patient: PatientId, now: Instant) -> Result<()> {
        if self.limit == 0 || cfg!(feature = "unguarded") {
            return Ok(());
        }
        let since = {
            let mut all = self.opened();
            let known = all.entry(user).or_default();
            if let Some(last) = known.records.get_mut(&patient).filter(|last| now - **last < HOUR) {
                *last = now.max(*last);
                return Ok(());
            }
            known.asked.map_or(now - HOUR, |asked| (asked - LATE).max(now - HOUR))
        };
        let noted = store::opened(tx, user, since, &self.lists).await?;
        let mut all = self.opened();
        if all.len() >= USERS {
            all.retain(|_, known| known.asked.is_some_and(|asked| now - asked < HOUR));
        }
        let known = all.entry(user).or_default();
        known.asked = Some(now);
        for (patient, at) in noted {
            let last = known.records.entry(patient).or_insert(at);
            *last = at.max(*last);
        }
        known.records.retain(|_, last| now - *last < HOUR);
        if known.records.len() < self.limit || known.records.contains_key(&patient) {
            known.records.insert(patient, now);
            return Ok(());
        }
        let mut looks: Vec<Instant> = known.records.values().copied().collect();
        drop(all);
        looks.sort_unstable();
        // The limit allows another record once the hour of this one has passed.
        let frees = looks[looks.len() - self.limit] + HOUR;
        Err(too_many(looks.len(), frees - now))
    }
}

fn too_many(count: usize, wait: Duration) -> Error {
    let seconds = u32::try_from(wait.num_seconds()).unwrap_or(0).max(1);
    Error::TooMany { message: tr!(errors.too_many, records = count.to_string(), count = seconds.div_ceil(60)), seconds }
}
