//! The jobs of the wards.

use super::{
    admission,
    days::{self, Settled},
    plan, uses,
};
use crate::{
    audit::{self, Action, AuditRow},
    billing::BILLING,
    core::{AdmissionId, ClinicId, PatientId, Result, UserId, time::Zone},
    db::Tx,
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
    let settled = days::settle(&mut tx, turn, &admission, zone, (now, false), UserId::SYSTEM).await?;
    // A day after a death that an invoice has counts no more, although no account changed.
    if settled == Settled::default() {
        return Ok(0);
    }
    let action = if settled.charged > 0 { Action::Create } else { Action::Update };
    commit(state, tx, (id, admission.patient_id, admission.clinic_id), action).await?;
    Ok(settled.charged)
}

/// Audits a change of the charged days, commits it and tells the cashiers.
async fn commit(state: &AppState, mut tx: Tx, whose: (AdmissionId, PatientId, ClinicId), action: Action) -> Result<()> {
    let now = state.clock.now();
    let (id, patient, clinic) = whose;
    let row = AuditRow {
        at: now,
        user: UserId::SYSTEM,
        roles: String::new(),
        action,
        what: "bed_day",
        subject: Some(id.0),
        patient: Some(patient),
        clinic: Some(clinic),
        address: String::new(),
        request: String::new(),
        why: String::new(),
    };
    audit::write(&mut tx, &[row]).await?;
    let events = [Event::new(&BILLING).at(clinic).of(patient)];
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(())
}

/// Takes the charges back of days that count no more and that a credit note released; returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn take_back_released(state: &AppState) -> Result<usize> {
    let found = days::released(&mut state.db.read().await?, AT_ONCE).await?;
    let mut taken = 0;
    for one in found {
        let mut tx = state.db.write().await?;
        let turn = tx.lock(one.admission_id).await?;
        if days::take_back_released(&mut tx, turn, &one, state.clock.now()).await? {
            commit(state, tx, (one.admission_id, one.patient_id, one.clinic_id), Action::Update).await?;
            taken += 1;
        }
    }
    Ok(taken)
}

/// Runs every minute until the program stops.
pub(super) async fn keep_up(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "wards", std::time::Duration::from_mins(1));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        match expire_reservations(&state).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "reservations of beds ended"),
            Err(error) => every.failed(&error, "reservations of beds stay open for now"),
        }
        match plan::retire_over(&state, AT_ONCE).await {
            Ok(0) => {}
            Ok(retired) => tracing::info!(retired, "extra trolleys removed"),
            Err(error) => every.failed(&error, "extra trolleys stay for now"),
        }
        match charge_days(&state).await {
            Ok(0) => {}
            Ok(charged) => tracing::info!(charged, "days in bed charged"),
            Err(error) => every.failed(&error, "days in bed are not charged for now"),
        }
        match take_back_released(&state).await {
            Ok(0) => {}
            Ok(taken) => tracing::info!(taken, "credited days in bed taken back"),
            Err(error) => every.failed(&error, "credited days in bed stay charged for now"),
        }
    }
}
