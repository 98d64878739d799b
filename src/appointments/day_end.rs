//! The end of the clinic's day: a booked appointment whose patient did not come is missed. The desk undoes it for seven days.

use super::{
    APPOINTMENTS, Act,
    missed::{booked_before, today_began},
    steps::step,
};
use crate::{
    audit::{self, Action, AuditRow},
    core::{AppointmentId, Error, Result, Stamp, UserId, time::Instant},
    organisation,
    server::{AppState, Event},
};

/// Marks the booked appointments of earlier days as missed; returns how many.
///
/// # Errors
/// When the database refuses.
pub async fn mark_missed_of_earlier_days(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let mut tx = state.db.read().await?;
    let mut earlier = Vec::new();
    for clinic in organisation::all_clinics(&mut tx).await? {
        earlier.extend(booked_before(&mut tx, clinic.id, today_began(clinic.zone, now)).await?);
    }
    drop(tx);
    let mut marked = 0;
    for id in earlier {
        match mark(state, id, now).await {
            Ok(()) => marked += 1,
            // The desk, or another node, was first.
            Err(Error::Conflict(_) | Error::Busy) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(marked)
}

async fn mark(state: &AppState, id: AppointmentId, now: Instant) -> Result<()> {
    let mut tx = state.db.write().await?;
    let locked = tx.lock(id).await?;
    let missed = step(&mut tx, locked, Act::MarkNoShow, Stamp::system(now)).await?;
    audit::write(&mut tx, &[system_row(&missed, Action::Update, now)]).await?;
    let events = [Event::new(&APPOINTMENTS).at(missed.clinic_id).of(missed.patient_id).about(missed.id)];
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(())
}

/// The audit row of what a job did to an appointment.
pub(super) fn system_row(of: &super::Appointment, action: Action, now: Instant) -> AuditRow {
    AuditRow {
        at: now,
        user: UserId::SYSTEM,
        roles: String::new(),
        action,
        what: "appointment",
        subject: Some(of.id.0),
        patient: Some(of.patient_id),
        clinic: Some(of.clinic_id),
        address: String::new(),
        request: String::new(),
        why: String::new(),
    }
}

/// Looks every ten minutes until the program stops.
pub(super) async fn keep_marking_missed(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "missed_appointments", std::time::Duration::from_mins(10));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        match mark_missed_of_earlier_days(&state).await {
            Ok(0) => {}
            Ok(marked) => tracing::info!(marked, "appointments of earlier days marked as missed"),
            Err(error) => every.failed(&error, "appointments of earlier days stay booked for now"),
        }
    }
}
