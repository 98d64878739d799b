//! The jobs of the wards.

use super::{admission, days, uses};
use crate::{
    audit::{self, Action, AuditRow},
    billing::BILLING,
    core::{AdmissionId, Result, UserId, time::Zone},
    organisation,
    server::{AppState, Event},
};

/// Reservations that one round ends.
const AT_ONCE: i64 = 200;

/// Ends the reservations that have run out; returns their number. The requests stay accepted, without a bed.
///
/// # Errors
/// When the database refuses.
pub async fn expire_reservations(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let due = uses::due_reservations(&mut state.db.read().await?, now, AT_ONCE).await?;
    let mut ended = 0;
    for one in due {
        if admission::release_expired(state, &one, now).await? {
            ended += 1;
        }
    }
    Ok(ended)
}

/// Charges the days in bed that ended, of all patients who lie in one; returns their number. After an outage all missing days are
/// charged.
///
/// # Errors
/// When the database refuses.
pub async fn charge_days(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let mut tx = state.db.read().await?;
    let mut lacking = Vec::new();
    for clinic in organisation::clinics(&mut tx).await? {
        let today = clinic.zone.day(now);
        let Some(yesterday) = today.pred_opt() else { continue };
        let midnight = clinic.zone.day_bounds(today).0;
        let ids = days::lacking(&mut tx, clinic.id, (yesterday, midnight), AT_ONCE).await?;
        lacking.extend(ids.into_iter().map(|id| (id, clinic.zone)));
    }
    drop(tx);
    let mut charged = 0;
    let mut failed = None;
    for (id, zone) in lacking {
        // The days of the others are charged although those of one are refused.
        match charge_days_of(state, id, zone).await {
            Ok(days) => charged += days,
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(charged), Err)
}

async fn charge_days_of(state: &AppState, id: AdmissionId, zone: Zone) -> Result<usize> {
    let now = state.clock.now();
    let mut tx = state.db.write().await?;
    let turn = tx.lock(id).await?;
    let admission = admission::find(&mut tx, id).await?;
    let filled = days::fill(&mut tx, turn, &admission, zone, (now, false), UserId::SYSTEM).await?;
    if filled == 0 {
        return Ok(0);
    }
    let row = AuditRow {
        at: now,
        user: UserId::SYSTEM,
        roles: String::new(),
        action: Action::Create,
        what: "bed_day",
        subject: Some(id.0),
        patient: Some(admission.patient_id),
        clinic: Some(admission.clinic_id),
        address: String::new(),
        request: String::new(),
        why: String::new(),
    };
    audit::write(&mut tx, &[row]).await?;
    let events = [Event::new(&BILLING).at(admission.clinic_id).of(admission.patient_id)];
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(filled)
}

/// Runs every minute until the program stops.
pub(super) async fn keep_up(state: AppState) {
    let mut every = tokio::time::interval(std::time::Duration::from_mins(1));
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        match expire_reservations(&state).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "reservations of beds ended"),
            Err(error) => tracing::warn!(error = %error, "reservations of beds stay open for now"),
        }
        match charge_days(&state).await {
            Ok(0) => {}
            Ok(charged) => tracing::info!(charged, "days in bed charged"),
            Err(error) => tracing::warn!(error = %error, "days in bed are not charged for now"),
        }
    }
}
