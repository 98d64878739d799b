//! The job of the medicine record: plans doses ahead, marks missed ones, resumes and completes orders.

use chrono::Duration;

use super::{
    department::MEDICINES,
    doses::{self, AHEAD_HOURS},
    orders::{self, CareOrder},
    outages,
    vocabulary::{CareOrderState, DoseTiming},
};
use crate::{
    audit::{self, Action, AuditRow},
    core::{AdmissionId, CareOrderId, Result, UserId, time::Instant},
    db::{Locked, Tx},
    server::{AppState, Event},
};

/// Rows that one round handles.
const AT_ONCE: i64 = 500;
/// The shortest time after which a dose can be missed.
const SOONEST: Duration = Duration::minutes(59);
/// Minutes before the end of the planned time at which further doses are planned.
const PLANNED_MINUTES: i64 = 30;

/// The number of rows that a round of the job changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub planned: usize,
    pub missed: usize,
    pub resumed: usize,
    pub completed: usize,
}

async fn audited(tx: &mut Tx, order: &CareOrder, what: &'static str, now: Instant) -> Result<()> {
    let row = AuditRow {
        at: now,
        user: UserId::SYSTEM,
        roles: String::new(),
        action: Action::Update,
        what,
        subject: Some(order.id.0),
        patient: Some(order.patient_id),
        clinic: Some(order.clinic_id),
        address: String::new(),
        request: String::new(),
        why: String::new(),
    };
    audit::write(tx, &[row]).await?;
    Ok(())
}

/// Locks the admission and the order, and reads the order after that.
async fn locked(tx: &mut Tx, id: CareOrderId, admission: AdmissionId) -> Result<(Locked<CareOrderId>, CareOrder)> {
    tx.lock(admission).await?;
    let lock = tx.lock(id).await?;
    Ok((lock, orders::find(tx, id).await?))
}

async fn finish(state: &AppState, mut tx: Tx, order: &CareOrder, now: Instant) -> Result<()> {
    let events = [Event::new(&MEDICINES).at(order.clinic_id).about(order.admission_id)];
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(())
}

/// Does one round.
///
/// # Errors
/// When the database refuses.
pub async fn keep_doses(state: &AppState) -> Result<Kept> {
    let now = state.clock.now();
    let mut kept = Kept::default();
    let resuming = orders::resuming(&mut state.db.read().await?, now, AT_ONCE).await?;
    for (id, admission) in resuming {
        let mut tx = state.db.write().await?;
        let (lock, order) = locked(&mut tx, id, admission).await?;
        if order.state == CareOrderState::OnHold && order.resume_at.is_some_and(|at| at <= now) {
            orders::release(&mut tx, (lock, &order), now).await?;
            audited(&mut tx, &order, "care_order", now).await?;
            finish(state, tx, &order, now).await?;
            kept.resumed += 1;
        }
    }
    let ahead = now + Duration::hours(AHEAD_HOURS) - Duration::minutes(PLANNED_MINUTES);
    let to_plan = orders::to_plan(&mut state.db.read().await?, ahead, AT_ONCE).await?;
    for (id, admission) in to_plan {
        let mut tx = state.db.write().await?;
        let (lock, order) = locked(&mut tx, id, admission).await?;
        if order.state == CareOrderState::Active {
            doses::plan(&mut tx, lock, &order, now).await?;
            tx.commit().await?;
            kept.planned += 1;
        }
    }
    kept.missed = miss(state, now).await?;
    let over = orders::completed(&mut state.db.read().await?, now, AT_ONCE).await?;
    for (id, admission) in over {
        let mut tx = state.db.write().await?;
        let (lock, order) = locked(&mut tx, id, admission).await?;
        if order.state == CareOrderState::Active
            && let Some(ends) = order.ends_at.filter(|ends| *ends <= now)
        {
            // The last of a number of doses may be given after it was due.
            let ended = if order.dose_count.is_some() { now } else { ends };
            orders::complete(&mut tx, lock, ended).await?;
            audited(&mut tx, &order, "care_order", now).await?;
            finish(state, tx, &order, now).await?;
            kept.completed += 1;
        }
    }
    Ok(kept)
}

/// Marks the doses that nobody recorded until the next one was due. A dose that was due while the patient was away stays due.
async fn miss(state: &AppState, now: Instant) -> Result<usize> {
    let mut missed = 0;
    let due = doses::due_before(&mut state.db.read().await?, now - SOONEST, AT_ONCE).await?;
    for (id, order, due_at) in due {
        let mut tx = state.db.read().await?;
        let known = orders::find(&mut tx, order).await?;
        let zone = doses::zone_of(&mut tx, known.clinic_id).await?;
        let is_over = known
            .schedule()
            .filter(|schedule| schedule.timing != DoseTiming::AsNeeded)
            .is_some_and(|schedule| schedule.missed_from(zone, due_at) <= now);
        let away = doses::on_leave(&mut tx, known.admission_id, due_at).await?;
        // A dose that was due in an outage waits for what stands on paper.
        let since = now - Duration::hours(outages::ENTERED_HOURS);
        let in_outage = outages::covering(&mut tx, known.clinic_id, due_at, since).await?.is_some();
        drop(tx);
        if !is_over || away || in_outage {
            continue;
        }
        let mut tx = state.db.write().await?;
        let (_, order) = locked(&mut tx, order, known.admission_id).await?;
        if doses::set_missed(&mut tx, id).await? {
            audited(&mut tx, &order, "dose_missed", now).await?;
            finish(state, tx, &order, now).await?;
            missed += 1;
        }
    }
    Ok(missed)
}

/// Runs every minute until the program stops.
pub(super) async fn keep_up(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "doses", std::time::Duration::from_mins(1));
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        // The heartbeat comes first: an outage that just ended is known before its doses are looked at.
        match outages::beat(&state).await {
            Ok(0) => {}
            Ok(clinics) => tracing::warn!(clinics, "the program did not run for a while: doses due meanwhile wait for entries from paper"),
            Err(error) => every.failed(&error, "the heartbeat is not recorded"),
        }
        match keep_doses(&state).await {
            Ok(Kept { missed: 0, .. }) => {}
            Ok(Kept { missed, .. }) => tracing::info!(missed, "doses were not recorded until the next one was due"),
            Err(error) => every.failed(&error, "doses are not kept for now"),
        }
    }
}
