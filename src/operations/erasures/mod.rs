//! Erasures are done again after a restore. A list of all of them stands beside the backups, outside the database: one line for each, with the ids of
//! the request and of the patient, and a code that only the keys of this hospital make. An older backup does not know of the later ones; the
//! program compares the database with the list at its start and each minute, and does again what is missing, whichever way the older
//! state came back. `infirmary restore` does so before it counts as done.

mod list;
mod store;

use std::{path::Path, time::Duration};

pub use list::{LIST, Line, read, written};

use super::backup;
use crate::{
    audit::{self, Action, AuditRow},
    core::{Error, Result, Stamp, time::Instant},
    db::Database,
    records,
    server::{AppState, jobs::Beat},
};

/// The time between two looks.
const EVERY: Duration = Duration::from_mins(1);
/// The longest list that is read.
pub const LONGEST: u64 = 64 * 1024 * 1024;

/// The result of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// The erasures that were done again.
    pub done: usize,
    /// The lines whose code the keys of this hospital did not make: nothing is done for them.
    pub unproven: usize,
    /// The lines that were added to the list.
    pub added: usize,
}

/// Compares the database with the list beside the backups: does again what the database lost, and adds what the list lacks.
///
/// # Errors
/// A sentence: the list cannot be read or written, or the database refuses.
pub async fn compare(db: &Database, place: &Path, now: Instant) -> std::result::Result<Replayed, String> {
    let text = backup::read_beside(place, LIST, LONGEST).await?;
    let mut replayed = replay(db, text.as_deref().unwrap_or_default(), now).await?;
    let failed = |error: Error| format!("the erasures cannot be read: {error}");
    let mut tx = db.read().await.map_err(|error| failed(error.into()))?;
    let done = store::all_done(&mut tx).await.map_err(failed)?;
    let listed = text.as_deref().unwrap_or_default();
    let (more, added) = written(&tx.keys().browser_keys(LIST)?, listed, &done);
    drop(tx);
    if added > 0 || text.is_none() {
        backup::write_beside(place, LIST, &format!("{listed}{more}")).await?;
    }
    replayed.added = added;
    Ok(replayed)
}

/// Does the erasures of a list again that the database does not know.
///
/// # Errors
/// A sentence: the database refuses.
pub async fn replay(db: &Database, text: &str, now: Instant) -> std::result::Result<Replayed, String> {
    let failed = |error: Error| format!("an erasure cannot be done again: {error}");
    let mut tx = db.read().await.map_err(|error| failed(error.into()))?;
    let (lines, unproven) = read(&tx.keys().browser_keys(LIST)?, text);
    let known = store::ids_done(&mut tx).await.map_err(failed)?;
    drop(tx);
    let mut replayed = Replayed { unproven, ..Replayed::default() };
    for line in lines.iter().filter(|line| !known.contains(&line.erasure)) {
        if erase_again(db, line, now).await.map_err(failed)? {
            replayed.done += 1;
        }
    }
    Ok(replayed)
}

/// Does one erasure again; `false` when the database does not know the patient, or another server did it first.
async fn erase_again(db: &Database, line: &Line, now: Instant) -> Result<bool> {
    let mut tx = db.write().await?;
    let locked = match tx.lock(line.patient).await {
        Ok(locked) => locked,
        // The record was made after the backup: there is nothing to forget.
        Err(Error::NotFound) => return Ok(false),
        Err(error) => return Err(error),
    };
    if !store::insert_replay(&mut tx, line, now).await? {
        return Ok(false);
    }
    records::forget_person(&mut tx, locked, Stamp::system(now)).await?;
    store::decide_waiting(&mut tx, line, now).await?;
    let row = AuditRow {
        patient: Some(line.patient),
        why: "done again after a restore".to_owned(),
        ..AuditRow::by_command(Action::Update, "erasure", Some(line.erasure.into()), now)
    };
    audit::write(&mut tx, &[row]).await?;
    tx.commit().await?;
    Ok(true)
}

/// Compares the database with the list at once and then each minute, until the program stops.
pub async fn keep_up(state: AppState) {
    let Some(place) = state.config.backup_to.clone() else {
        state.stopping.cancelled().await;
        return;
    };
    let mut every = Beat::new(&state, "erasures", EVERY).unhurried();
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        match compare(&state.db, &place, state.clock.now()).await {
            Ok(Replayed { done: 0, unproven: 0, .. }) => {}
            Ok(Replayed { done, unproven: 0, .. }) => tracing::warn!(done, "erasures were done again: the database is an older one"),
            Ok(Replayed { unproven, .. }) => {
                every.failed(&unproven, "lines of the list of erasures are not of this hospital's keys");
            }
            Err(error) => every.failed(&error, "the list of erasures is not kept"),
        }
    }
}
