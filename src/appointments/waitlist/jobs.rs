//! The waitlist's work beside the requests: bells of new offers, offers that nobody answered, wishes whose last day is over.

use super::{WaitState, offers::end, store, wait_entry};
use crate::{
    appointments::{APPOINTMENTS, find},
    audit::{self, Action, AuditRow},
    core::{Error, Result, Stamp, UserId, WaitlistId, time::Instant},
    messages::{self, About, MessageKind},
    notifications::Notice,
    organisation,
    server::{AppState, Event},
};

/// Rings the bells of new offers, and ends offers and wishes whose time is over. Returns how many entries it worked on.
///
/// # Errors
/// When the database refuses.
pub async fn work_off_waitlist(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let mut tx = state.db.read().await?;
    let mut due: Vec<(WaitlistId, Work)> = store::overdue(&mut tx, now).await?.into_iter().map(|id| (id, Work::Expire)).collect();
    for clinic in organisation::all_clinics(&mut tx).await? {
        let outdated = store::outdated(&mut tx, clinic.id, clinic.zone.day(now)).await?;
        due.extend(outdated.into_iter().map(|id| (id, Work::Expire)));
    }
    drop(tx);
    let mut done = 0;
    for (id, work) in due {
        done += usize::from(one(state, id, work, now).await?);
    }
    // Last: what expired may have been offered to the next.
    let untold = store::untold(&mut state.db.read().await?).await?;
    for id in untold {
        done += usize::from(one(state, id, Work::Tell, now).await?);
    }
    Ok(done)
}

#[derive(Clone, Copy)]
enum Work {
    Tell,
    Expire,
}

/// Does the work on one entry; `false` when somebody else was first.
async fn one(state: &AppState, id: WaitlistId, work: Work, now: Instant) -> Result<bool> {
    let mut tx = state.db.write().await?;
    let mut events = match work {
        Work::Tell => {
            if !store::tell(&mut tx, id, now).await? {
                return Ok(false);
            }
            let entry = wait_entry(&mut tx, id).await?;
            let (Some(appointment), Some(until)) = (entry.appointment_id, entry.offered_until) else { return Ok(false) };
            let held = find(&mut tx, appointment).await?;
            let clinic = organisation::clinic(&mut tx, entry.clinic_id).await?;
            let (when, until) = (clinic.zone.local(held.starts_at), clinic.zone.local(until));
            let notice = Notice::SeatOffered { doctor: held.doctor, clinic: clinic.name, when, until };
            let about = About {
                kind: MessageKind::Offer,
                subject: held.id.into(),
                clinic: clinic.id,
                at: Some(held.starts_at),
                expires: entry.offered_until,
                needed_by: None,
                link: "/portal/waitlist".to_owned(),
                call: true,
            };
            messages::tell_by_job(&mut tx, entry.patient_id, &notice, &about, now).await?
        }
        Work::Expire => match end(&mut tx, id, WaitState::Expired, "", Stamp::system(now)).await {
            Ok(()) => Vec::new(),
            Err(Error::Conflict(_) | Error::Busy) => return Ok(false),
            Err(error) => return Err(error),
        },
    };
    let entry = wait_entry(&mut tx, id).await?;
    let row = AuditRow {
        at: now,
        user: UserId::SYSTEM,
        roles: String::new(),
        action: Action::Update,
        what: "waitlist",
        subject: Some(id.0),
        patient: Some(entry.patient_id),
        clinic: Some(entry.clinic_id),
        address: String::new(),
        request: String::new(),
        why: String::new(),
    };
    audit::write(&mut tx, &[row]).await?;
    events.push(Event::new(&APPOINTMENTS).at(entry.clinic_id).of(entry.patient_id).about(id));
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(true)
}

/// Works every five seconds until the program stops.
pub(in crate::appointments) async fn keep_offering(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "waitlist", std::time::Duration::from_secs(5));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = work_off_waitlist(&state).await {
            every.failed(&error, "the waitlist is worked off later");
        }
    }
}
