//! Shifts: who works where, from when to when. Doctors have weekly hours (`appointments`); shifts are for everybody else.

mod rules;
mod store;

use chrono::{Datelike as _, Days, NaiveDate};

use super::people::Profession;
use crate::{
    core::{ClinicId, Result, ServicePointId, ShiftId, StaffId, time::Instant},
    db::Tx,
};

pub use rules::{copy_week, plan, remove};

/// A planned shift.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PlannedShift {
    pub id: ShiftId,
    pub staff_id: StaffId,
    pub name: String,
    pub profession: Profession,
    pub service_point_id: Option<ServicePointId>,
    /// The room or counter; none when the place is left open.
    pub place: Option<String>,
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// Raised by each change.
    pub version: i64,
}

/// A person who can have a shift.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ShiftWorker {
    pub id: StaffId,
    pub name: String,
    pub profession: Profession,
}

/// The Monday of a day's week.
pub fn monday_of(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))).unwrap_or(day)
}

/// The shifts at a clinic that touch the time, by start and name.
///
/// # Errors
/// When the database refuses.
pub async fn shifts(tx: &mut Tx, clinic: ClinicId, (from, to): (Instant, Instant)) -> Result<Vec<PlannedShift>> {
    store::between(tx, clinic, from, to).await
}

/// Those on duty at a clinic at a moment.
///
/// # Errors
/// When the database refuses.
pub async fn on_duty(tx: &mut Tx, clinic: ClinicId, now: Instant) -> Result<Vec<PlannedShift>> {
    store::at(tx, clinic, now).await
}

/// Staff that can have shifts: everybody who works here but doctors, by name.
///
/// # Errors
/// When the database refuses.
pub async fn workers(tx: &mut Tx) -> Result<Vec<ShiftWorker>> {
    store::workers(tx).await
}
