//! The end of the clinic's day: a visit that was not ended must not be first in the next day's queue.
//!
//! No data is lost: the doctor can still sign an open note, the patient can still pay an open charge, but the patient
//! is no longer called.

use chrono::Duration;

use super::{finish, locked, store};
use crate::{
    appointments::APPOINTMENTS,
    audit::{self, Action, AuditRow},
    core::{
        Error, QueueEntryId, Result, Stamp, UserId,
        time::{Instant, Zone},
    },
    opd::{Closure, Outcome, QUEUE},
    organisation,
    server::{AppState, Event},
};

/// Returns the time before which an arrival belongs to an earlier day: before midnight at the clinic, and longer ago
/// than a visit at night takes (12 hours).
fn today_began(zone: Zone, now: Instant) -> Instant {
    zone.day_bounds(zone.day(now)).0.min(now - Duration::hours(12))
}

/// Ends the visits of earlier days; returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn end_earlier_days(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let mut tx = state.db.read().await?;
    let mut earlier = Vec::new();
    for clinic in organisation::clinics(&mut tx).await? {
        earlier.extend(store::open_from_before(&mut tx, clinic.id, today_began(clinic.zone, now)).await?);
    }
    drop(tx);
    let mut ended = 0;
    for id in earlier {
        match end(state, id, now).await {
            Ok(()) => ended += 1,
            // A user, or another node, was first.
            Err(Error::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(ended)
}

async fn end(state: &AppState, id: QueueEntryId, now: Instant) -> Result<()> {
    let mut tx = state.db.write().await?;
    let (visit, entry) = locked(&mut tx, id).await?;
    let transition = entry.day_over()?;
    let outcome = if transition.because == Closure::Done { Outcome::Done } else { Outcome::Left };
    let ended = finish(&mut tx, visit, transition, outcome, Stamp::system(now)).await?;
    let row = AuditRow {
        at: now,
        user: UserId::SYSTEM,
        roles: String::new(),
        action: Action::Update,
        what: "visit",
        subject: Some(ended.visit_id.0),
        patient: Some(ended.patient_id),
        clinic: Some(ended.clinic_id),
        address: String::new(),
        request: String::new(),
        why: String::new(),
    };
    audit::write(&mut tx, &[row]).await?;
    let events = [&QUEUE, &APPOINTMENTS].map(|topic| Event::new(topic).at(ended.clinic_id).of(ended.patient_id).about(ended.visit_id));
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(())
}

/// Runs every ten minutes until the program stops.
pub async fn keep_ending_earlier_days(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "visits", std::time::Duration::from_mins(10));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        match end_earlier_days(&state).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "visits of earlier days ended"),
            Err(error) => every.failed(&error, "visits of earlier days stay open for now"),
        }
    }
}
