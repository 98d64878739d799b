//! The job that scans documents which arrived while the scanner did not answer.

use super::{
    scanner::{ScanState, Scanned, ScannerPlace, scan},
    store::{self, Document},
};
use crate::{
    accounts,
    audit::{self, Action, AuditRow},
    core::{DocumentId, Result, Role},
    notifications::{Hearer, Notice, notify_by_job},
    server::{AppState, Event, spool},
};

/// The documents that one query returns.
const AT_ONCE: usize = 20;

/// Scans the documents that wait; returns the number of those with a result. A document without a clear answer, or a damaged one, waits on,
/// and keeps no other one waiting; a scanner that cannot be reached ends the round.
///
/// # Errors
/// When the database refuses.
pub async fn scan_waiting(state: &AppState) -> Result<usize> {
    let Some(place) = ScannerPlace::parse(&state.config.scanner) else { return Ok(0) };
    let (mut done, mut after) = (0, None);
    loop {
        let waiting = store::to_scan(&mut state.db.read().await?, after, AT_ONCE).await?;
        after = waiting.last().copied();
        for (_, id) in &waiting {
            match scan_one(state, &place, *id).await? {
                Some(true) => done += 1,
                Some(false) => {}
                None => return Ok(done),
            }
        }
        if waiting.len() < AT_ONCE || state.stopping.is_cancelled() {
            return Ok(done);
        }
    }
}

/// Scans one document, and tells whether it has a result; `None` when the scanner cannot be reached.
async fn scan_one(state: &AppState, place: &ScannerPlace, id: DocumentId) -> Result<Option<bool>> {
    let mut tx = state.db.read().await?;
    let Some(document) = store::document(&mut tx, id).await? else { return Ok(Some(false)) };
    let file = store::spooled(&mut tx, &document, &spool::folder(&state.config)).await?;
    // The transaction ends before the scanner is asked, which may take a minute.
    drop(tx);
    // A damaged document stays closed; `infirmary check` names it.
    let Some(file) = file else { return Ok(Some(false)) };
    let result = match scan(place, &file).await {
        Scanned::Clean => ScanState::Clean,
        Scanned::Infected(name) => {
            tracing::warn!(document = %id, found = name, "a document is infected");
            ScanState::Infected
        }
        Scanned::Unclear => return Ok(Some(false)),
        Scanned::Away => return Ok(None),
    };
    Ok(Some(keep(state, &document, result).await?))
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
        // A job that ends before the program stops counts as a fault.
        state.stopping.cancelled().await;
        return;
    }
    let mut every = crate::server::jobs::Beat::new(&state, "virus_scan", std::time::Duration::from_secs(30));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = scan_waiting(&state).await {
            every.failed(&error, "documents wait for the scanner");
        }
    }
}
