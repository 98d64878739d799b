//! Appointments of patients with doctors: weekly hours, the slots computed from them, and the bookings.
//!
//! An appointment goes through these states; [`TRANSITIONS`] is the table, and the database stores the state:
//!
//! ```text
//!  held ──book──> booked ──check_in──> checked_in ──begin──> in_consultation ──fulfil──> fulfilled
//!   │              │ │ └─mark_no_show─> no_show ──check_in──> checked_in
//!   │              │ │                     └─undo_no_show, attend, cancel, reschedule, mark_error
//!   └──cancel──┬───┘ └──reschedule──> rescheduled (replaced by another)
//!              └──> cancelled          undo_check_in and undo_begin lead one step back
//! ```
//!
//! For 30 seconds `restore` leads from `cancelled` and `rescheduled` back to `booked`, and `restore_missed` to `no_show` (`undo`).
//!
//! When a patient came and left without being seen, the state changes from `checked_in` to `cancelled`, with that reason: `no_show`
//! would mean that the patient did not come.
//!
//! Hours are kept in pages (`hours`), exceptions from them too (`exceptions`). An appointment that loses its hours stands on the list
//! `settle` until staff keeps it, moves it or cancels it.
//!
//! A slot has as many seats as its hours' capacity. Database guards (`appointments_slot_taken`, `appointments_patient_busy`)
//! ensure that no seat is given twice and that no patient is in two places; the second request gets an error message.

mod appointment;

#[cfg(feature = "ssr")]
mod any_doctor;
pub mod api;
#[cfg(feature = "ssr")]
mod booking;
#[cfg(feature = "ssr")]
mod calendar;
#[cfg(feature = "ssr")]
mod day;
#[cfg(feature = "ssr")]
mod day_end;
#[cfg(feature = "ssr")]
mod death;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
mod exceptions;
#[cfg(feature = "ssr")]
mod here;
#[cfg(feature = "ssr")]
mod hours;
pub mod islands;
#[cfg(feature = "ssr")]
pub mod keeping;
#[cfg(feature = "ssr")]
mod kept_hours;
#[cfg(feature = "ssr")]
mod limits;
#[cfg(feature = "ssr")]
mod missed;
#[cfg(feature = "ssr")]
mod of_patient;
#[cfg(feature = "ssr")]
mod overbooking;
#[cfg(feature = "ssr")]
mod own_hold;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod payer;
#[cfg(feature = "ssr")]
mod remarks;
#[cfg(feature = "ssr")]
mod reminders;
#[cfg(feature = "ssr")]
mod rooms;
#[cfg(feature = "ssr")]
mod rules;
pub mod schedule;
#[cfg(feature = "ssr")]
mod search;
#[cfg(feature = "ssr")]
mod settle;
#[cfg(feature = "ssr")]
mod slots;
#[cfg(feature = "ssr")]
mod steps;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod symptoms;
#[cfg(feature = "ssr")]
mod undo;
#[cfg(feature = "ssr")]
pub mod waitlist;

#[cfg(feature = "ssr")]
pub use any_doctor::book_any;
#[cfg(feature = "ssr")]
pub use api::tell_price;
#[cfg(feature = "ssr")]
pub(crate) use api::{changed, instant};
pub use appointment::{Act, Appointment, AppointmentState, Arrival, BOOKED_AHEAD, DayCounts, EXPECTED_WITHIN, TRANSITIONS};
#[cfg(feature = "ssr")]
pub use booking::{
    Booking, BookingDetails, NewAppointment, Through, arrivals, book, confirm, day_counts, find, next_for_patient, of_doctor, of_patient,
};
#[cfg(feature = "ssr")]
pub use calendar::{CalendarEntry, calendar_file};
#[cfg(feature = "ssr")]
pub use day_end::mark_missed_of_earlier_days;
#[cfg(feature = "ssr")]
pub use death::{death_in_error, record_death};
#[cfg(feature = "ssr")]
pub use department::{APPOINTMENTS, DEPARTMENT};
#[cfg(feature = "ssr")]
pub use here::say_here;
#[cfg(feature = "ssr")]
pub use hours::{WeekdayTimes, WeeklyTime, weekday_times, weekly_times, write_missing_times};
#[cfg(feature = "ssr")]
pub use kept_hours::{VisitTypeFilter, has_kept_hours};
#[cfg(feature = "ssr")]
pub use limits::{OwnActs, desk_books, own_acts, refuse_late_change};
#[cfg(feature = "ssr")]
pub use missed::{attended, missed_count, missed_not_rebooked, missed_words, only_desk_books, undo_no_show};
#[cfg(feature = "ssr")]
pub use of_patient::{AppointmentsOf, ListedAt, appointments_of};
#[cfg(feature = "ssr")]
pub use overbooking::{Overbooked, full_slots};
#[cfg(feature = "ssr")]
pub use own_hold::own_hold;
#[cfg(feature = "ssr")]
pub use pages::{appointment_list, appointments_panel};
#[cfg(feature = "ssr")]
pub use payer::{Payer, payer_on};
#[cfg(feature = "ssr")]
pub use reminders::{confirm_by_message, remind};
#[cfg(feature = "ssr")]
pub use search::{
    FreeSlot, SlotQuery, bookable_doctors, bookable_services, bookable_specialties, earliest_free, free_slots, free_slots_without,
    one_per_time,
};
#[cfg(feature = "ssr")]
pub use slots::{Busy, Hours, Slot, Taken, slots_of_day};
#[cfg(feature = "ssr")]
pub use steps::{
    begin_consultation, cancel, cancel_coming, check_in, fulfil, mark_error, mark_no_show, undo_begin, undo_check_in, visit_goes_on,
    visit_over,
};
#[cfg(feature = "ssr")]
pub use symptoms::{LONGEST as LONGEST_SYMPTOMS, symptoms_of};
