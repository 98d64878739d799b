//! The job that makes a backup each day at the time of the settings. Every node runs the job; the row of a run lets one of them work.

use std::{sync::Arc, time::Duration};

use chrono::NaiveTime;

use super::{RunBy, run, store};
use crate::{
    core::{Error, Result, time::Instant},
    operations::{
        age::Recipient,
        backup::{AsItIs, Plan},
        trials,
    },
    server::AppState,
};

const EVERY: Duration = Duration::from_mins(1);
/// A failed backup is repeated after so long.
const AGAIN: chrono::Duration = chrono::Duration::hours(1);

/// Whether a backup is due: since the last time that the clock showed `at` (UTC) none was made, and the last attempt is an hour old.
pub fn is_due(now: Instant, at: NaiveTime, tried: Option<Instant>, made: Option<Instant>) -> bool {
    let today = now.date_naive().and_time(at).and_utc();
    let moment = if today <= now { today } else { today - chrono::Duration::days(1) };
    made.is_none_or(|made| made < moment) && tried.is_none_or(|tried| now - tried >= AGAIN)
}

/// Makes a backup if one is due; returns whether it tried to.
///
/// # Errors
/// When the database refuses. A backup that failed is recorded, and is no error here.
pub async fn tick(state: &AppState) -> Result<bool> {
    let config = &state.config;
    let (Some(to), Some(at)) = (&config.backup_to, config.backup_time()) else { return Ok(false) };
    // A key that cannot be read makes the run fail, so that somebody hears of it.
    let recipients = Recipient::list(&config.backup_key).unwrap_or_default();
    let mut tx = state.db.read().await?;
    let (tried, made) = store::last_starts(&mut tx).await?;
    // A trial has the place for unencrypted copies at the moment.
    let is_busy = trials::holder(&mut tx, state.clock.now()).await?.is_some();
    drop(tx);
    if is_busy || !is_due(state.clock.now(), at, tried, made) {
        return Ok(false);
    }
    let plan = Plan { to: to.clone(), recipients, scratch: config.backup_scratch.clone(), steps: Arc::new(AsItIs) };
    match run(state.program, config, &state.db, &plan, &state.clock, RunBy::Schedule).await {
        Ok((made, events)) => {
            state.hub.tell(&state.db, state.clock.now(), &events).await?;
            tracing::info!(folder = %made.folder.display(), findings = made.manifest.findings.len(), "backup made");
        }
        Err(error) => {
            tracing::error!(error, "no backup was made");
            state.hub.look_again();
        }
    }
    Ok(true)
}

/// Looks each minute until the program stops.
pub async fn keep_backing_up(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "backup", EVERY);
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        let done = tokio::select! {
            done = tick(&state) => done,
            // The run's row ends when its lease does.
            () = state.stopping.cancelled() => return,
        };
        match done {
            Ok(_) | Err(Error::Busy) => {}
            Err(error) => every.failed(&error, "the backup waits"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_due_once_a_day_and_a_failed_one_after_an_hour() {
        let at = |text: &str| format!("2026-11-{text}:00Z").parse::<Instant>().expect("an instant");
        let two = NaiveTime::from_hms_opt(2, 0, 0).expect("a time");
        for (now, tried, made, due) in [
            ("29T01:59", None, None, true),
            ("29T02:00", Some("28T02:00"), Some("28T02:00"), true),
            ("29T01:59", Some("28T02:00"), Some("28T02:00"), false),
            ("29T02:01", Some("29T02:00"), Some("29T02:00"), false),
            // It failed at two: again at three.
            ("29T02:59", Some("29T02:00"), Some("28T02:00"), false),
            ("29T03:00", Some("29T02:00"), Some("28T02:00"), true),
            // Made by hand in the evening: the one of the night is made all the same.
            ("29T02:00", Some("28T22:00"), Some("28T22:00"), true),
            // The server was off for days.
            ("29T15:00", Some("20T02:00"), Some("20T02:00"), true),
        ] {
            assert_eq!(is_due(at(now), two, tried.map(at), made.map(at)), due, "{now}");
        }
    }
}
