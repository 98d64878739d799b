//! Trials: once a week the newest backup is restored into a place of its own, and checked as `infirmary restore --verify` does, so that a hospital hears
//! of a backup that does not come back before it needs it. One server tries at a time; its lease shows that it still works.
//!
//! The server has the public key of backups only. A trial needs a private one: the setting `backup_trial_key` names a file with the key of a pair of its
//! own, whose public key stands in `backup_key` beside the first.

mod store;

use std::{path::Path, sync::Arc, time::Duration};

use uuid::Uuid;

pub use store::{Trial, holder, last_trial, last_tried_soundly};

use super::{
    age::Identity,
    backup::{self as backups, AsItIs, Ask, Found, Restored},
    nodes::node_name,
    runs::{self, RunState, ring},
};
use crate::{
    audit::{self, Action, AuditRow},
    core::{Error, Result, time::Instant},
    notifications::Notice,
    server::{AppState, jobs::Beat},
};

/// The time between two looks.
const EVERY: Duration = Duration::from_mins(10);
/// A backup is tried so often.
pub const WEEK: chrono::Duration = chrono::Duration::days(7);
/// A trial that is older needs a look.
pub const TOO_OLD: chrono::Duration = chrono::Duration::days(10);
/// A trial that failed is repeated after so long.
const AGAIN: chrono::Duration = chrono::Duration::hours(6);
/// A trial whose lease was not renewed for so long has ended without a word.
const LEASE: chrono::Duration = chrono::Duration::minutes(10);
const RENEWED: Duration = Duration::from_mins(1);
/// Further failures notify nobody for so long.
const RUNG: chrono::Duration = chrono::Duration::hours(24);

/// Whether a trial is due: none ended within a week, and the last attempt is some hours old.
pub fn is_due(now: Instant, tried: Option<Instant>, ended: Option<Instant>) -> bool {
    ended.is_none_or(|ended| now - ended >= WEEK) && tried.is_none_or(|tried| now - tried >= AGAIN)
}

/// Tries the newest backup if a trial is due; returns whether it did.
///
/// # Errors
/// When the database refuses. A trial that failed is recorded, and is no error here.
pub async fn tick(state: &AppState) -> Result<bool> {
    let config = &state.config;
    let (Some(to), Some(key)) = (&config.backup_to, &config.backup_trial_key) else { return Ok(false) };
    let now = state.clock.now();
    let mut tx = state.db.read().await?;
    let (tried, ended) = store::last_starts(&mut tx).await?;
    // A backup has the place for unencrypted copies at the moment.
    let is_busy = runs::holder(&mut tx, now).await?.is_some();
    // Before the first backup there is nothing to try, and its folder may not be there.
    let has_backup = runs::last_sound(&mut tx).await?.is_some();
    drop(tx);
    if is_busy || !has_backup || !is_due(now, tried, ended) {
        return Ok(false);
    }
    let newest = backups::list(to).await.map(newest);
    let id = Uuid::now_v7();
    let node = node_name(config);
    let mut tx = state.db.write().await?;
    store::end_abandoned(&mut tx, now).await?;
    if !store::begin(&mut tx, id, &node, now, now + LEASE).await? {
        return Ok(false);
    }
    tx.commit().await?;
    let (place, made_at) = match &newest {
        Ok(Some(found)) => (found.path.display().to_string(), Some(found.made_at)),
        _ => (to.display().to_string(), None),
    };
    let restored = match newest {
        Ok(Some(found)) => tokio::select! {
            restored = restore(state, &found, key) => restored,
            () = keep_lease(state, id) => Err("the lease of the trial cannot be renewed".to_owned()),
        },
        Ok(None) => Err("the backups are gone from their place".to_owned()),
        Err(error) => Err(error),
    };
    end(state, id, (&place, made_at), &restored).await?;
    Ok(true)
}

/// The newest backup whose manifest can be read.
fn newest(all: Vec<Found>) -> Option<Found> {
    all.into_iter().filter(|one| one.manifest.is_ok()).max_by_key(|one| one.made_at)
}

async fn restore(state: &AppState, found: &Found, key: &Path) -> std::result::Result<Restored, String> {
    let named = |error: String| format!("setting `backup_trial_key`: {}: {error}", key.display());
    let text = zeroize::Zeroizing::new(std::fs::read_to_string(key).map_err(|error| named(error.to_string()))?);
    let ask = Ask {
        from: found.path.clone(),
        identities: Identity::list(&text).map_err(named)?,
        verify_only: true,
        despite_findings: false,
        scratch: state.config.backup_scratch.clone(),
        steps: Arc::new(AsItIs),
    };
    backups::restore(state.program, &state.config, ask).await
}

async fn keep_lease(state: &AppState, id: Uuid) {
    loop {
        tokio::time::sleep(RENEWED).await;
        let renewed = async {
            let mut tx = state.db.write().await?;
            let still = store::renew(&mut tx, id, state.clock.now() + LEASE).await?;
            tx.commit().await?;
            Ok::<_, Error>(still)
        };
        match renewed.await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "the lease of the trial was not renewed"),
        }
    }
}

/// Records the end of a trial, and notifies the administrators of one that failed or found faults.
async fn end(
    state: &AppState,
    id: Uuid,
    (place, made_at): (&str, Option<Instant>),
    restored: &std::result::Result<Restored, String>,
) -> Result<()> {
    let now = state.clock.now();
    let (run, findings, error) = match restored {
        Ok(restored) if restored.findings.is_empty() => (RunState::Sound, 0, String::new()),
        Ok(restored) => (RunState::Findings, i64::try_from(restored.findings.len()).unwrap_or(i64::MAX), String::new()),
        Err(error) => (RunState::Failed, 0, error.chars().take(1000).collect()),
    };
    let mut tx = state.db.write().await?;
    let rings = run != RunState::Sound && !store::rung_since(&mut tx, now - RUNG).await?;
    let done = Trial {
        id,
        state: run,
        started_at: now,
        ended_at: Some(now),
        node: String::new(),
        place: place.to_owned(),
        made_at,
        findings,
        error,
    };
    store::end(&mut tx, &done, rings.then_some(now), now).await?;
    let why = if done.error.is_empty() { place.to_owned() } else { done.error.clone() };
    let row = AuditRow { why: why.chars().take(500).collect(), ..AuditRow::by_command(Action::Create, "restore_trial", Some(id), now) };
    audit::write(&mut tx, &[row]).await?;
    let events = if rings { ring(&mut tx, &Notice::RestoreTrialFailed {}, now).await? } else { Vec::new() };
    tx.commit().await?;
    state.hub.tell(&state.db, now, &events).await?;
    match run {
        RunState::Sound => tracing::info!(place, "the newest backup was restored on trial"),
        _ => tracing::error!(place, error = done.error, findings, "the trial of the newest backup failed"),
    }
    Ok(())
}

/// Looks every ten minutes until the program stops.
pub async fn keep_trying(state: AppState) {
    let mut every = Beat::new(&state, "restore_trial", EVERY).unhurried();
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        let done = tokio::select! {
            done = tick(&state) => done,
            // The row ends when its lease does.
            () = state.stopping.cancelled() => return,
        };
        match done {
            Ok(_) | Err(Error::Busy) => {}
            Err(error) => every.failed(&error, "the trial of a backup waits"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_tried_each_week_and_after_a_failure_some_hours_later() {
        let at = |text: &str| format!("2026-11-{text}:00Z").parse::<Instant>().expect("an instant");
        for (now, tried, ended, due) in [
            ("29T02:00", None, None, true),
            ("29T02:00", Some("22T02:00"), Some("22T02:00"), true),
            ("29T01:59", Some("22T02:00"), Some("22T02:00"), false),
            ("29T02:00", Some("29T00:00"), None, false),
            ("29T06:00", Some("29T00:00"), Some("20T00:00"), true),
        ] {
            assert_eq!(is_due(at(now), tried.map(at), ended.map(at)), due, "{now}");
        }
    }
}
