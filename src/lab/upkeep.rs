//! The jobs of the laboratory: critical calls and unsigned reports go further, patients hear of results that they see after some hours, messages of
//! analysers that wait are filed, and results are judged anew after the birth date or the sex of a patient was corrected.

use uuid::Uuid;

use super::{analysers, calls, results, reviews};
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
    let mut every = crate::server::jobs::Beat::new(&state, "laboratory", std::time::Duration::from_mins(1));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        match calls::escalate(&state).await {
            Ok(0) => {}
            Ok(escalated) => tracing::warn!(escalated, "critical results were not read back in time"),
            Err(error) => every.failed(&error, "critical calls are not escalated for now"),
        }
        match analysers::file_received(&state).await {
            Ok(0) => {}
            Ok(filed) => tracing::info!(filed, "messages of analysers were filed that had waited"),
            Err(error) => every.failed(&error, "messages of analysers are not filed for now"),
        }
        match results::judge_waiting(&state).await {
            Ok(0) => {}
            Ok(judged) => tracing::info!(judged, "results were judged anew after a record was corrected"),
            Err(error) => every.failed(&error, "results are not judged anew for now"),
        }
        match reviews::escalate(&state).await {
            Ok(0) => {}
            Ok(escalated) => tracing::info!(escalated, "reports were not signed in time"),
            Err(error) => every.failed(&error, "unsigned reports are not escalated for now"),
        }
        match results::tell_late(&state).await {
            Ok(0) => {}
            Ok(told) => tracing::info!(told, "patients were told of results"),
            Err(error) => every.failed(&error, "patients are not told of results for now"),
        }
    }
}
