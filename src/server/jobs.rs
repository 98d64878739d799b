//! The background jobs of this server: how many run, and when each last ran. The status page shows them by their names.

use std::{
    collections::BTreeMap,
    fmt::Display,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize},
    time::Duration,
};

use tokio::time::{Interval, MissedTickBehavior};

use crate::{
    core::time::{Clock, Instant},
    server::AppState,
};

/// The last run of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobRun {
    pub begun_at: Option<Instant>,
    /// `None` while the first run is under way.
    pub ended_at: Option<Instant>,
    /// The program's own sentence about a failure of the last run that ended, without the words of the error; empty when it did not fail.
    pub error: String,
    pub next_at: Option<Instant>,
}

/// The background jobs.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    counts: Arc<(AtomicUsize, AtomicUsize)>,
    runs: Arc<Mutex<BTreeMap<&'static str, JobRun>>>,
}

impl Jobs {
    /// Runs a job and counts it. A job runs until the program stops; one that ends before has a fault, which is logged.
    pub fn spawn(&self, state: &AppState, job: impl Future<Output = ()> + Send + 'static) -> tokio::task::JoinHandle<()> {
        use std::sync::atomic::Ordering::Relaxed;
        let (counts, stopping) = (self.counts.clone(), state.stopping.clone());
        counts.0.fetch_add(1, Relaxed);
        tokio::spawn(async move {
            let ended = tokio::spawn(job).await;
            counts.0.fetch_sub(1, Relaxed);
            if !stopping.is_cancelled() {
                counts.1.fetch_add(1, Relaxed);
                tracing::error!(panicked = ended.is_err(), "a background job has ended: restart the server");
            }
        })
    }

    /// The number of jobs that run, and of those that ended before the program stopped.
    pub fn counts(&self) -> (usize, usize) {
        use std::sync::atomic::Ordering::Relaxed;
        (self.counts.0.load(Relaxed), self.counts.1.load(Relaxed))
    }

    /// The last run of each job that has begun.
    pub fn runs(&self) -> BTreeMap<&'static str, JobRun> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, job: &'static str, change: impl FnOnce(&mut JobRun)) {
        change(self.runs.lock().unwrap_or_else(PoisonError::into_inner).entry(job).or_default());
    }
}

/// The beat of a job: it waits for the next run, and notes when each run began and ended, and whether it failed.
#[derive(Debug)]
pub struct Beat {
    job: &'static str,
    every: Duration,
    interval: Interval,
    jobs: Jobs,
    clock: Clock,
    /// The failure of the run that is under way; `None` before the first.
    failure: Option<&'static str>,
    runs: bool,
}

impl Beat {
    /// Begins the beat of a job; the first run is due at once.
    pub fn new(state: &AppState, job: &'static str, every: Duration) -> Self {
        let interval = tokio::time::interval(every);
        Self { job, every, interval, jobs: state.jobs.clone(), clock: state.clock.clone(), failure: None, runs: false }
    }

    /// A run that took longer than the beat is not made up for at once.
    #[must_use]
    pub fn unhurried(mut self) -> Self {
        self.interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self
    }

    /// Ends the run that is under way, and waits for the next one.
    pub async fn tick(&mut self) {
        if self.runs {
            let (now, failure) = (self.clock.now(), self.failure.take());
            self.jobs.note(self.job, |run| {
                run.ended_at = Some(now);
                failure.unwrap_or_default().clone_into(&mut run.error);
            });
            self.runs = false;
        }
        self.interval.tick().await;
        let now = self.clock.now();
        let next = chrono::Duration::from_std(self.every).ok().map(|every| now + every);
        self.jobs.note(self.job, |run| {
            run.begun_at = Some(now);
            run.next_at = next;
        });
        self.runs = true;
    }

    /// Says in the log, with the error, and on the status page, without it, that the run failed.
    pub fn failed(&mut self, error: &dyn Display, words: &'static str) {
        tracing::warn!(error = %error, job = self.job, "{words}");
        self.failure = Some(words);
    }
}
