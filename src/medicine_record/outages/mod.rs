//! Outages: the times at which the program did not run, or a ward was without it. A dose that was due in one is not missed for 12 hours after
//! it: a nurse enters from paper what was given.

mod store;

use chrono::Duration;

use crate::{
    audit::Action,
    core::{ClinicId, Error, OutageId, Permission, Result, UserId, time::Instant},
    organisation,
    server::{AppState, Ctx},
    tr,
};

pub use store::{BackRow, NeededRow, covering, find, insert_entry, needed_on_ward, of_clinic, waiting_on_ward};

/// A gap of the heartbeat that is longer is an outage. Source: the wards' specification of this hospital.
const GAP: Duration = Duration::minutes(5);
/// Hours after an outage in which what was given in it may be entered, and in which its doses are not missed: the hospital's own rule.
pub const ENTERED_HOURS: i64 = 12;
/// The longest outage that somebody may state.
const STATED: Duration = Duration::hours(24);

crate::text_enum! {
    /// The way in which an outage became known.
    pub enum OutageSource("source") {
        Heartbeat = "heartbeat" => tr!(medicine_record.outage_heartbeat),
        Stated = "stated" => tr!(medicine_record.outage_stated),
    }
}

/// An outage of a clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Outage {
    pub id: OutageId,
    pub clinic_id: ClinicId,
    pub started_at: Instant,
    pub ended_at: Instant,
    pub source: OutageSource,
}

impl Outage {
    /// Whether a time is in it.
    pub fn contains(&self, at: Instant) -> bool {
        self.started_at <= at && at < self.ended_at
    }
}

/// Returns the outages of a clinic after which doses may still be entered, the latest first.
///
/// # Errors
/// When the database refuses.
pub async fn recent(tx: &mut crate::db::Tx, clinic: ClinicId, now: Instant) -> Result<Vec<Outage>> {
    of_clinic(tx, clinic, now - Duration::hours(ENTERED_HOURS)).await
}

/// Records that the program runs. A gap since the last time is an outage of each clinic; returns how many were recorded.
///
/// # Errors
/// When the database refuses.
pub async fn beat(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let mut tx = state.db.write().await?;
    tx.take_turn("heartbeat", "").await?;
    let last = store::last_beat(&mut tx).await?;
    if last.is_some_and(|last| last >= now) {
        return Ok(0);
    }
    store::set_beat(&mut tx, now).await?;
    let mut noticed = 0;
    if let Some(last) = last.filter(|last| now - *last > GAP) {
        for clinic in organisation::all_clinics(&mut tx).await? {
            let outage =
                Outage { id: OutageId::new(), clinic_id: clinic.id, started_at: last, ended_at: now, source: OutageSource::Heartbeat };
            store::insert(&mut tx, &outage, (UserId::SYSTEM, now)).await?;
            noticed += 1;
        }
    }
    tx.commit().await?;
    Ok(noticed)
}

/// Records an outage that somebody states: the ward was without the program from one time to another. The same id a second time finds it
/// recorded.
///
/// # Errors
/// [`Error::Invalid`] for times that are not over, in the wrong order, or longer than a day.
pub async fn state_one(ctx: &mut Ctx, id: OutageId, (started_at, ended_at): (Instant, Instant)) -> Result<()> {
    let (now, clinic) = (ctx.now, ctx.clinic.id);
    ctx.at_clinic(Permission::HoldOrders, clinic)?;
    if find(&mut ctx.tx, id).await?.is_some() {
        return Ok(());
    }
    if started_at >= ended_at || ended_at > now || ended_at - started_at > STATED || now - ended_at > Duration::hours(ENTERED_HOURS) {
        return Err(Error::invalid("until", tr!(medicine_record.outage_times_wrong)));
    }
    let outage = Outage { id, clinic_id: clinic, started_at, ended_at, source: OutageSource::Stated };
    let by = ctx.user();
    store::insert(&mut ctx.tx, &outage, (by, now)).await?;
    ctx.did(Action::Create, "outage", id, None);
    Ok(())
}
