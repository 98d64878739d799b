//! The messages about appointments: what changed, and the first reminder, whose time the clinic sets, and that of two hours before.

mod store;

use chrono::Duration;

use super::{Appointment, AppointmentState};
use crate::{
    core::{AppointmentId, Result, time::Instant},
    db::Tx,
    messages::{self, About, MessageKind},
    organisation,
    server::{AppState, Ctx},
};

/// A kind of reminder: from how long before the appointment until how long before it, for appointments that are at least so old.
struct Rule {
    kind: MessageKind,
    from: Duration,
    until: Duration,
    age: Duration,
}

/// The reminders of a clinic, which sets the time of the first one.
fn rules(first: Duration) -> [Rule; 2] {
    [
        Rule { kind: MessageKind::Reminder, from: first, until: Duration::hours(3), age: Duration::hours(6) },
        Rule { kind: MessageKind::ReminderSoon, from: Duration::hours(2), until: Duration::minutes(20), age: Duration::hours(2) },
    ]
}

/// Returns the message about an appointment in its present state; `None` when the state is none that people are told of. A change must be
/// known before the first time for which the appointment ever stood: the person may come then.
pub(super) async fn about(tx: &mut Tx, appointment: &Appointment, call: bool, now: Instant) -> Result<Option<About>> {
    let kind = match appointment.state {
        AppointmentState::Booked if appointment.calendar_id.is_some() => MessageKind::Moved,
        AppointmentState::Booked => MessageKind::Booked,
        AppointmentState::Cancelled => MessageKind::Cancelled,
        _ => return Ok(None),
    };
    let needed_by = if kind == MessageKind::Booked { None } else { store::first_time(tx, appointment, now).await? };
    Ok(Some(About {
        kind,
        subject: appointment.id.into(),
        clinic: appointment.clinic_id,
        at: Some(appointment.starts_at),
        expires: Some(appointment.starts_at),
        needed_by,
        link: format!("/portal/appointments/{}", appointment.id),
        call: call && kind.asks_for_call(),
    }))
}

/// Confirms by message what a patient did in the portal. Nobody is called, and the bell does not ring.
///
/// # Errors
/// When the database refuses.
pub async fn confirm_by_message(ctx: &mut Ctx, appointment: &Appointment) -> Result<()> {
    let now = ctx.now;
    let Some(about) = about(&mut ctx.tx, appointment, false, now).await? else { return Ok(()) };
    messages::queue(&mut ctx.tx, appointment.patient_id, &about, now).await?;
    Ok(())
}

/// Writes the reminders that are due into the outbox. Returns the number of appointments.
///
/// # Errors
/// When the database refuses.
pub async fn remind(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let mut reminded = 0;
    let clinics = organisation::all_clinics(&mut state.db.read().await?).await?;
    for clinic in &clinics {
        let first = organisation::booking_rules(&mut state.db.read().await?, clinic.id, None).await?.reminder_hours;
        for rule in &rules(Duration::hours(first)) {
            let time = (now + rule.until, now + rule.from);
            let mut after = None;
            loop {
                let due = store::due(&mut state.db.read().await?, (clinic.id, rule.kind), time, now - rule.age, after).await?;
                for (id, _) in &due {
                    reminded += usize::from(remind_of(state, *id, rule.kind, now).await?);
                }
                after = due.last().map(|(id, at)| (*at, *id));
                if due.len() < store::AT_ONCE || state.stopping.is_cancelled() {
                    break;
                }
            }
        }
    }
    Ok(reminded)
}

/// Writes one reminder, unless the appointment has changed meanwhile.
async fn remind_of(state: &AppState, id: AppointmentId, kind: MessageKind, now: Instant) -> Result<bool> {
    let mut tx = state.db.write().await?;
    tx.lock(id).await?;
    let appointment = super::find(&mut tx, id).await?;
    let about = about(&mut tx, &appointment, false, now).await?.filter(|_| appointment.state == AppointmentState::Booked);
    let Some(about) = about else { return Ok(false) };
    messages::queue(&mut tx, appointment.patient_id, &About { kind, needed_by: None, ..about }, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Looks every minute until the program stops.
pub(super) async fn keep_reminding(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "reminders", std::time::Duration::from_mins(1));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = remind(&state).await {
            every.failed(&error, "reminders wait");
        }
    }
}
