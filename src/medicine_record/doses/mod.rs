//! Doses, and the record of each.

mod acts;
mod from_paper;
mod not_given;
mod on_board;
mod place;
mod store;

use chrono::Duration;

use crate::{
    core::{AdministrationId, CareOrderId, DoseId, PatientId, Result, UserId, time::Instant},
    db::{Locked, Tx},
    medicine_record::{
        orders::{self, CareOrder},
        vocabulary::{DoseOutcome, DoseReason, DoseState},
    },
    organisation,
};

pub use acts::{Correction, Giving, Second, add, check_second, correct, find, give, give_as_needed, not_give, reach};
pub use from_paper::{FromPaper, enter_as_needed, enter_from_paper};
pub use on_board::on_board;
pub use place::OrderTimes;
pub use store::{
    AllergyWords, Progress, RoundRow, administrations, administrations_of, allergies, cancel_due, due_before, given_of_substance, hold_due,
    of_admission, of_ward, on_leave, progress, release_held, set_missed, zone_of,
};

/// Hours ahead for which doses have rows.
pub const AHEAD_HOURS: i64 = 48;

/// A dose of a medicine order.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PlannedDose {
    pub id: DoseId,
    pub order_id: CareOrderId,
    pub due_at: Instant,
    pub state: DoseState,
    pub version: i64,
}

/// A version of the record of a dose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administration {
    pub id: AdministrationId,
    pub dose_id: DoseId,
    pub order_id: CareOrderId,
    pub patient_id: PatientId,
    pub version: i64,
    pub outcome: DoseOutcome,
    pub given_at: Option<Instant>,
    pub recorded_at: Instant,
    pub recorded_by: UserId,
    pub recorder: String,
    pub checker: Option<String>,
    pub reason: Option<DoseReason>,
    pub remark: String,
    pub correction: String,
    /// It was entered after an outage, from paper.
    pub entered_after: bool,
    pub superseded_at: Option<Instant>,
}

/// Writes the rows of the doses that are due within the time ahead and have none. The order is locked.
///
/// # Errors
/// When the database refuses.
pub async fn plan(tx: &mut Tx, lock: Locked<CareOrderId>, order: &CareOrder, now: Instant) -> Result<()> {
    let (Some(schedule), Some(from)) = (order.schedule(), order.planned_until) else { return Ok(()) };
    let until = now + Duration::hours(AHEAD_HOURS);
    if from >= until && from > order.starts_at {
        return Ok(());
    }
    let zone = organisation::clinic(tx, order.clinic_id).await?.zone;
    let due = schedule.due_times(zone, from, until);
    store::insert(tx, lock, &due).await?;
    orders::set_planned(tx, lock, until.max(order.starts_at)).await
}

/// Returns the last time since another at which the medicine of an order was given, or one that shares a substance.
///
/// # Errors
/// When the database refuses.
pub async fn given_at_of(tx: &mut Tx, order: &CareOrder, since: Instant) -> Result<Option<Instant>> {
    match order.drug_id {
        Some(drug) => Ok(given_of_substance(tx, order.patient_id, drug, since).await?.pop()),
        None => Ok(None),
    }
}

/// Returns the time before which a medicine that is given as needed may not be given.
///
/// # Errors
/// When the database refuses.
pub async fn next_as_needed(tx: &mut Tx, order: &CareOrder, now: Instant) -> Result<Option<Instant>> {
    let (Some(interval), Some(most), Some(drug)) = (order.interval_min, order.most_in_day, order.drug_id) else { return Ok(None) };
    let since = now - Duration::hours(24).max(Duration::minutes(interval));
    let given = given_of_substance(tx, order.patient_id, drug, since).await?;
    Ok(super::as_needed::next_allowed(&given, interval, most))
}
