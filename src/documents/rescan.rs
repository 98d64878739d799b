//! The job that scans documents which arrived while the scanner did not answer.

use super::{
    scanner::{ScanState, Scanned, ScannerPlace, scan},
    store::{self, Document},
};
use crate::{
    accounts,
    audit::{self, Action, AuditRow},
    core::{Result, Role},
    notifications::{Hearer, Notice, notify_by_job},
    server::{AppState, Event, spool},
};

/// The documents that are scanned in one round.
const AT_ONCE: i64 = 20;

/// Scans the documents that wait; returns the number of those with a result. The first unclear answer ends the round.
///
/// # Errors
/// When the database refuses.
pub async fn scan_waiting(state: &AppState) -> Result<usize> {
    let Some(place) = ScannerPlace::parse(&state.config.scanner) else { return Ok(0) };
    let waiting = store::to_scan(&mut state.db.read().await?, AT_ONCE).await?;
    let mut done = 0;
    for id in waiting {
        let mut tx = state.db.read().await?;
        let Some(document) = store::document(&mut tx, id).await? else { continue };
        let file = store::spooled(&mut tx, &document, &spool::folder(&state.config)).await?;
        // The transaction ends before the scanner is asked, which may take a minute.
        drop(tx);
        // A damaged document stays closed; `infirmary check` names it.
        let Some(file) = file else { continue };
        let result = match scan(&place, &file).await {
            Scanned::Clean => ScanState::Clean,
            Scanned::Infected(name) => {
                tracing::warn!(document = %id, found = name, "a document is infected");
                ScanState::Infected
            }
            Scanned::Unclear => break,
        };
        if keep(state, &document, result).await? {
            done += 1;
        }
    }
    Ok(done)
}

/// Writes the result, and tells the sender and the administrators of an infected document.
async fn keep(state: &AppState, document: &Document, result: ScanState) -> Result<bool> {
    let now = state.clock.now();
    let mut tx = state.db.write().await?;
    if !store::scanned(&mut tx, document.id, result, now).await? {
        return Ok(false);
    }
    let row = AuditRow {
        patient: Some(document.patient_id),
        clinic: Some(document.clinic_id),
        ..AuditRow::by_command(Action::Update, "document_scan", Some(document.id.0), now)
    };
    audit::write(&mut tx, &[row]).await?;
    let mut events: Vec<Event> = Vec::new();
    if result == ScanState::Infected {
        let mut hearers = accounts::users_with_role(&mut tx, Role::Administrator).await?;
        hearers.push(document.added_by);
        hearers.sort_unstable();
        hearers.dedup();
        for user in hearers {
            let notice = Notice::DocumentInfected {};
            events.push(notify_by_job(&mut tx, Hearer { user, dependant: None }, &notice, "/notifications", now).await?);
        }
    }
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(true)
}

/// Looks every half minute until the program stops.
pub(super) async fn keep_scanning(state: AppState) {
    if state.config.scanner.is_empty() {
        return;
    }
    let mut every = tokio::time::interval(std::time::Duration::from_secs(30));
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = scan_waiting(&state).await {
            tracing::warn!(error = %error, "documents wait for the scanner");
        }
    }
}
