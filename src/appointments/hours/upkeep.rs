//! Hours that an older program, an import or the demo stored without their instants: a job writes the instants, so that the database
//! refuses overlaps with these hours too.

use std::time::Duration;

use super::{rules::write_all_times, store};
use crate::{
    core::{Error, Result, StaffId, time::Instant},
    db::Database,
    server::AppState,
};

/// Writes the missing instants at the start and then once a day.
pub(in crate::appointments) async fn keep_times_written(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "doctors_hours", Duration::from_hours(24));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        match write_missing_times(&state.db, state.clock.now()).await {
            Ok(0) => {}
            Ok(doctors) => tracing::info!(doctors, "wrote the instants of doctors' hours"),
            Err(error) => every.failed(&error, "instants of doctors' hours are missing for now"),
        }
    }
}

/// Writes the instants of hours that have none; returns the number of doctors. Hours that already overlap stay without instants:
/// `infirmary check` counts them.
///
/// # Errors
/// When the database refuses.
pub async fn write_missing_times(db: &Database, now: Instant) -> Result<usize> {
    let mut tx = db.read().await?;
    let doctors = store::without_times(&mut tx, now.date_naive()).await?;
    drop(tx);
    let mut written = 0;
    for doctor in doctors {
        match write_times(db, doctor, now).await {
            Ok(()) => written += 1,
            Err(Error::Conflict(_)) => tracing::warn!(%doctor, "hours of a doctor overlap"),
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

async fn write_times(db: &Database, doctor: StaffId, now: Instant) -> Result<()> {
    let mut tx = db.write().await?;
    let locked = tx.lock(doctor).await?;
    // West of Greenwich the day is still yesterday's.
    let today = now.date_naive().pred_opt().unwrap_or_default();
    let there = store::presence(&mut tx, &[doctor], today, now).await?;
    write_all_times(&mut tx, locked, &there, today).await?;
    Ok(tx.commit().await?)
}
