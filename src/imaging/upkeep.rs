//! The jobs of imaging: critical findings and unsigned reports go further, and patients hear of reports that they see after some hours.

use uuid::Uuid;

use super::{findings, reports, reviews};
use crate::{
    audit::{self, Action, AuditRow},
    core::{ClinicId, PatientId, Result, UserId, time::Instant},
    db::Tx,
    server::{AppState, Event},
};

/// Writes the audit row of a job's act.
pub(super) async fn audited(
    tx: &mut Tx,
    what: &'static str,
    subject: Uuid,
    (patient, clinic): (PatientId, ClinicId),
    now: Instant,
) -> Result<()> {
    let row = AuditRow {
        at: now,
        user: UserId::SYSTEM,
        roles: String::new(),
        action: Action::Update,
        what,
        subject: Some(subject),
        patient: Some(patient),
        clinic: Some(clinic),
        address: String::new(),
        request: String::new(),
        why: String::new(),
    };
    audit::write(tx, &[row]).await?;
    Ok(())
}

/// Commits a job's act with its events.
pub(super) async fn finish(state: &AppState, mut tx: Tx, events: Vec<Event>) -> Result<()> {
    state.hub.store(&mut tx, state.clock.now(), &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(())
}

/// Runs every minute until the program stops.
pub(super) async fn keep_up(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "imaging", std::time::Duration::from_mins(1));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        match findings::escalate(&state).await {
            Ok(0) => {}
            Ok(escalated) => tracing::warn!(escalated, "critical findings were not read back in time"),
            Err(error) => every.failed(&error, "critical findings are not escalated for now"),
        }
        match reviews::escalate(&state).await {
            Ok(0) => {}
            Ok(escalated) => tracing::info!(escalated, "reports of imaging were not signed in time"),
            Err(error) => every.failed(&error, "unsigned reports of imaging are not escalated for now"),
        }
        match reports::tell_late(&state).await {
            Ok(0) => {}
            Ok(told) => tracing::info!(told, "patients were told of reports of imaging"),
            Err(error) => every.failed(&error, "patients are not told of reports of imaging for now"),
        }
    }
}
