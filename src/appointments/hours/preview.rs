//! The four weeks of slots that a change of hours leads to, with those that are won and lost.

use chrono::{Duration, NaiveDate, NaiveDateTime};

use super::presence::{Away, Presence};
use crate::{
    appointments::slots::{Busy, Slot, Taken, slots_of_day},
    core::{ClinicId, ServiceId, StaffId, time::Zone},
};

/// How many days are shown.
pub const DAYS: i64 = 28;

/// The effect of a change on a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Stays,
    Won,
    Lost,
}

/// A slot of the preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The start on the clinic's wall clock.
    pub local: NaiveDateTime,
    pub minutes: i64,
    pub capacity: i64,
    pub change: Change,
}

/// The doctor's slots at the service from `first` on, day by day; days without any are left out.
pub fn preview(
    (clinic, zone): (ClinicId, Zone),
    (doctor, service): (StaffId, ServiceId),
    first: NaiveDate,
    before: &Presence,
    after: &Presence,
) -> Vec<(NaiveDate, Vec<Shown>)> {
    let slots = |there: &Presence, day: NaiveDate| -> Vec<Slot> {
        let of_doctor: Vec<_> =
            there.hours.iter().filter(|hours| hours.doctor_id == doctor && hours.service_id == service).cloned().collect();
        let off = there.off.iter().filter(|off| off.of == Away::Doctor(doctor) || off.of == Away::Clinic(clinic));
        let taken = off.map(|off| Taken { doctor_id: doctor, starts_at: off.starts_at, ends_at: off.ends_at, seat: None });
        slots_of_day(zone, day, &of_doctor, &Busy::new(taken)).into_iter().filter(Slot::is_free).collect()
    };
    let same = |one: &Slot, other: &Slot| (one.starts_at, one.ends_at, one.capacity) == (other.starts_at, other.ends_at, other.capacity);
    first
        .iter_days()
        .take(usize::try_from(DAYS).unwrap_or_default())
        .filter_map(|day| {
            let (old, new) = (slots(before, day), slots(after, day));
            let lost = old.iter().filter(|slot| !new.iter().any(|other| same(slot, other))).map(|slot| (slot, Change::Lost));
            let kept = new.iter().map(|slot| (slot, if old.iter().any(|other| same(slot, other)) { Change::Stays } else { Change::Won }));
            let mut shown: Vec<Shown> = lost.chain(kept).map(|(slot, change)| shown(slot, change)).collect();
            shown.sort_by_key(|slot| (slot.local, slot.change == Change::Won));
            (!shown.is_empty()).then_some((day, shown))
        })
        .collect()
}

fn shown(slot: &Slot, change: Change) -> Shown {
    Shown { local: slot.local, minutes: (slot.ends_at - slot.starts_at).num_minutes(), capacity: slot.capacity, change }
}

/// How many slots are won, and how many are lost.
pub fn counts(days: &[(NaiveDate, Vec<Shown>)]) -> (usize, usize) {
    let count = |change: Change| days.iter().flat_map(|(_, slots)| slots).filter(|slot| slot.change == change).count();
    (count(Change::Won), count(Change::Lost))
}

/// The day after the last one shown.
pub fn end(first: NaiveDate) -> NaiveDate {
    first + Duration::days(DAYS)
}
