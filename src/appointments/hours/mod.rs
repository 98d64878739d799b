//! Doctors' hours as they are kept in pages. Hours are closed and not rewritten: a change ends the old ones on the day before and begins
//! new ones. Before it is saved it shows the slots that are won and lost, and the appointments that lose their hours; those go to the list
//! of `settle`.

mod form;
mod presence;
mod preview;
mod rules;
mod store;
mod times;
mod upkeep;
mod weekly;

pub(super) use form::{Get, Plan, Stretch, field, measures, room, shown, stretch, typed, visit_type_tick};
pub(super) use presence::{Away, Coming, LONGEST, Off, Placed, Presence, lost, whole_days};
pub(super) use preview::{Change as SlotChange, Shown, counts, end as preview_end, preview};
pub(super) use rules::{
    Change, Effect, clashes, clock_changed, effect, end_hours, leave_house, only_words, overlaps, room_words, save, summary,
    withdraw_extra, write_all_times,
};
pub(super) use store::{
    HoursKind, Kept, NewHours, all_doctors, coming, doctors_of_clinic, insert, is_there, kept, of_clinic, of_doctor, presence, stretches,
    visit_types_of,
};
pub(super) use upkeep::keep_times_written;
pub use upkeep::write_missing_times;
pub use weekly::{WeekdayTimes, WeeklyTime, weekday_times, weekly_times};
