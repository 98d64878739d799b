//! How many different patients' records one person opens within an hour, and that it is not without end: whoever copies a hospital
//! record by record is stopped, and the auditors hear of it.
//!
//! A record that was opened stays open: what counts is another patient's. Each node remembers what was opened there, and asks the
//! audit log for what was opened elsewhere when somebody opens a record anew; what another node has not written yet (at most 0.4 s)
//! is not counted yet. Lists and searches do not count here: they show who somebody is, and have a count of their own (`findings`).

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

/// What a refusal is called in the log.
pub(crate) const TOO_MANY: &str = "openings";

/// So far back openings are counted.
const HOUR: Duration = Duration::hours(1);
/// Rows may come into the log so long after what they tell of.
const LATE: Duration = Duration::minutes(1);
/// Users remembered at most, before those who rest are forgotten.
const USERS: usize = 5_000;

/// What one person opened lately, as far as it is known here.
#[derive(Debug, Default)]
struct Opened {
    /// When each patient's record was last looked at.
    records: HashMap<PatientId, Instant>,
    /// Up to when the log was asked.
    asked: Option<Instant>,
}

/// Counts openings.
#[derive(Debug)]
pub struct Openings {
    /// Different patients in an hour at most; 0 is without end.
    limit: usize,
    /// The words of the log that name a look at a list: it opens no record.
    lists: Vec<&'static str>,
    opened: Mutex<HashMap<UserId, Opened>>,
}

impl Openings {
    /// With a limit of so many different patients in an hour; looks at these lists do not count.
    pub fn new(limit: u32, lists: Vec<&'static str>) -> Self {
        Self { limit: usize::try_from(limit).unwrap_or(usize::MAX), lists, opened: Mutex::default() }
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<UserId, Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts that `user` opens the record of `patient`. The log is asked only for a record that was not open.
    ///
    /// # Errors
    /// [`Error::TooMany`] when it is one too many, or what the database refused.
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
        // With this one's hour over there is room for another.
        let frees = looks[looks.len() - self.limit] + HOUR;
        Err(too_many(looks.len(), frees - now))
    }
}

fn too_many(count: usize, wait: Duration) -> Error {
    let seconds = u32::try_from(wait.num_seconds()).unwrap_or(0).max(1);
    Error::TooMany { message: tr!(errors.too_many, records = count.to_string(), count = seconds.div_ceil(60)), seconds }
}
