//! The figures of backups and queues for `/metrics`.

use super::{
    runs::{RunState, last_ended, last_sound, waiting},
    trials::{last_trial, last_tried_soundly},
};
use crate::{
    core::{Result, time::Instant},
    server::{AppState, metrics::Figure},
};

/// Reads the figures.
///
/// # Errors
/// When the database does not answer.
pub async fn figures(state: AppState) -> Result<Vec<Figure>> {
    let now = state.clock.now();
    let mut tx = state.db.read().await?;
    let (sound, latest, queues) = (last_sound(&mut tx).await?, last_ended(&mut tx).await?, waiting(&mut tx, now).await?);
    let failed = latest.is_some_and(|run| matches!(run.state, RunState::Failed | RunState::Findings));
    let age = |since: Option<Instant>| since.map_or(0, |since| (now - since).num_seconds().max(0));
    let mut figures = vec![
        figure("backup_failed", "Whether the latest backup failed or has findings", i64::from(failed)),
        figure("letters_waiting", "Letters and messages to patients that should have left", queues.letters),
        figure("letters_oldest_seconds", "Seconds that the first letter or message has waited", age(queues.letters_since)),
        figure("letters_given_up", "Letters and messages that were given up within 24 hours", queues.given_up),
        figure("audit_unsealed_rows", "Rows of the audit log without a seal", queues.unsealed),
        figure("audit_unsealed_oldest_seconds", "Seconds that the first row has waited for its seal", age(queues.unsealed_since)),
    ];
    if let Some((archived, failed)) = state.db.archived().await? {
        figures.push(figure("archive_failing", "Whether PostgreSQL cannot copy its changes to the archive", i64::from(failed > archived)));
    }
    let failed = last_trial(&mut tx).await?.is_some_and(|trial| trial.state != RunState::Sound);
    figures.push(figure("restore_trial_failed", "Whether the latest trial restore failed or has findings", i64::from(failed)));
    if let Some(trial) = last_tried_soundly(&mut tx).await? {
        let since = age(Some(trial.started_at));
        figures.push(figure("restore_trial_age_seconds", "Seconds since the beginning of the last trial restore without faults", since));
    }
    // Without a backup there is no age; the rules for alarms ask whether the figure is absent.
    if let Some(run) = sound {
        figures.push(figure("backup_age_seconds", "Seconds since the beginning of the last checked backup", age(Some(run.started_at))));
    }
    Ok(figures)
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn figure(name: &'static str, help: &'static str, value: i64) -> Figure {
    Figure { name, help, value: value as f64 }
}
