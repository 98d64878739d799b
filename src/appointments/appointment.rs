//! An appointment: a patient's time with a doctor, and its states.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::{
    core::{AppointmentId, ClinicId, Error, PatientId, Result, ServiceId, StaffId, VisitTypeId, time::Instant},
    tr,
    ui::Tone,
};

/// The most days ahead that the desk can book: "in a year", on the weekday that suits.
pub const BOOKED_AHEAD: Duration = Duration::days(400);

/// The time before and after their appointment within which patients are expected.
pub const EXPECTED_WITHIN: Duration = Duration::hours(2);

/// The time after an appointment's start within which it is offered for checking in.
const LATE_WITHIN: Duration = Duration::hours(12);

crate::text_enum! {
    /// The state of an appointment. [`TRANSITIONS`] lists the states that may follow.
    pub enum AppointmentState("state") {
        Held = "held",
        Booked = "booked",
        CheckedIn = "checked_in",
        InConsultation = "in_consultation",
        Fulfilled = "fulfilled",
        Cancelled = "cancelled",
        NoShow = "no_show",
        Rescheduled = "rescheduled",
        EnteredInError = "entered_in_error",
    }
}

crate::text_enum! {
    /// An action on an appointment.
    pub enum Act("act") {
        Book = "book",
        CheckIn = "check_in",
        UndoCheckIn = "undo_check_in",
        Begin = "begin",
        /// Moves the patient back out of the consultation, when the call was a mistake.
        UndoBegin = "undo_begin",
        Fulfil = "fulfil",
        /// The patient came and left without being seen.
        Leave = "leave",
        /// The patient is still here after all.
        UndoLeave = "undo_leave",
        Cancel = "cancel",
        MarkNoShow = "mark_no_show",
        /// That the patient did not come was wrong, and the patient can still come.
        UndoNoShow = "undo_no_show",
        /// The patient was seen, though nobody had checked them in.
        Attend = "attend",
        Reschedule = "reschedule",
        /// Undoes a move or a cancellation within 30 seconds.
        Restore = "restore",
        /// The same of an appointment that was marked as missed before.
        RestoreMissed = "restore_missed",
        MarkError = "mark_error",
    }
}

/// The only table of allowed transitions: in this state, this action leads to that state.
pub const TRANSITIONS: &[(AppointmentState, Act, AppointmentState)] = {
    use AppointmentState as S;
    &[
        (S::Held, Act::Book, S::Booked),
        (S::Held, Act::Cancel, S::Cancelled),
        (S::Booked, Act::CheckIn, S::CheckedIn),
        (S::Booked, Act::Cancel, S::Cancelled),
        (S::Booked, Act::MarkNoShow, S::NoShow),
        (S::Booked, Act::Reschedule, S::Rescheduled),
        (S::Booked, Act::MarkError, S::EnteredInError),
        (S::CheckedIn, Act::UndoCheckIn, S::Booked),
        (S::CheckedIn, Act::Begin, S::InConsultation),
        (S::InConsultation, Act::UndoBegin, S::CheckedIn),
        (S::InConsultation, Act::Fulfil, S::Fulfilled),
        (S::CheckedIn, Act::Leave, S::Cancelled),
        (S::Cancelled, Act::UndoLeave, S::CheckedIn),
        // The patient comes after all.
        (S::NoShow, Act::CheckIn, S::CheckedIn),
        (S::NoShow, Act::UndoNoShow, S::Booked),
        (S::NoShow, Act::Attend, S::Fulfilled),
        // The patient had called it off, and nobody had written it down.
        (S::NoShow, Act::Cancel, S::Cancelled),
        (S::NoShow, Act::Reschedule, S::Rescheduled),
        (S::NoShow, Act::MarkError, S::EnteredInError),
        (S::Cancelled, Act::Restore, S::Booked),
        (S::Rescheduled, Act::Restore, S::Booked),
        (S::Cancelled, Act::RestoreMissed, S::NoShow),
        (S::Rescheduled, Act::RestoreMissed, S::NoShow),
    ]
};

impl AppointmentState {
    /// Returns the state after the action.
    ///
    /// # Errors
    /// [`Error::Conflict`] with a sentence when the state does not allow the action.
    pub fn after(self, act: Act) -> Result<Self> {
        TRANSITIONS
            .iter()
            .find(|(from, by, _)| *from == self && *by == act)
            .map(|(.., to)| *to)
            .ok_or_else(|| Error::conflict(tr!(appointments.wrong_state, state = self.word().to_lowercase())))
    }

    /// Whether the state allows the action, so that a page can hide actions that the server would refuse.
    pub fn allows(self, act: Act) -> bool {
        TRANSITIONS.iter().any(|(from, by, _)| *from == self && *by == act)
    }

    /// Whether the appointment still takes up its slot.
    pub const fn takes_slot(self) -> bool {
        matches!(self, Self::Held | Self::Booked | Self::CheckedIn | Self::InConsultation | Self::Fulfilled)
    }

    /// Returns the state in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => tr!(appointments.state_held),
            Self::Booked => tr!(appointments.state_booked),
            Self::CheckedIn => tr!(appointments.state_checked_in),
            Self::InConsultation => tr!(appointments.state_in_consultation),
            Self::Fulfilled => tr!(appointments.state_fulfilled),
            Self::Cancelled => tr!(appointments.state_cancelled),
            Self::NoShow => tr!(appointments.state_no_show),
            Self::Rescheduled => tr!(appointments.state_rescheduled),
            Self::EnteredInError => tr!(appointments.state_entered_in_error),
        }
    }

    /// The label of the reason that is kept with it.
    pub fn reason_words(self) -> &'static str {
        match self {
            Self::Rescheduled => tr!(appointments.move_reason),
            Self::EnteredInError => tr!(appointments.error_reason),
            _ => tr!(appointments.cancel_reason),
        }
    }

    /// Returns the colour of the state.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Held | Self::Booked => Tone::Reserved,
            Self::CheckedIn => Tone::Waiting,
            Self::InConsultation => Tone::Progress,
            Self::Fulfilled => Tone::Done,
            Self::NoShow => Tone::Warning,
            Self::Cancelled | Self::Rescheduled | Self::EnteredInError => Tone::Inactive,
        }
    }
}

/// An appointment with the names that every reader needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
pub struct Appointment {
    pub id: AppointmentId,
    pub patient_id: PatientId,
    pub doctor_id: StaffId,
    /// The doctor's name.
    pub doctor: String,
    pub clinic_id: ClinicId,
    pub service_id: ServiceId,
    /// The service's name.
    pub service: String,
    pub visit_type_id: Option<VisitTypeId>,
    /// The visit type's name; empty when there is none.
    pub visit_type: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub seat: i64,
    pub state: AppointmentState,
    /// The time until which a held time is kept.
    pub held_until: Option<Instant>,
    /// The time when the patient reported in the portal to be here.
    pub here_at: Option<Instant>,
    /// The reason that the patient stated.
    pub reason: String,
    /// Why it was cancelled, moved or struck out.
    pub cancel_reason: String,
    /// The first of the appointments that this one took the place of, which names the calendar entry.
    pub calendar_id: Option<AppointmentId>,
    /// How often that entry had changed before this appointment was made.
    pub calendar_changes: i64,
    /// Whether it was added to a full session.
    pub overbooked: bool,
    pub overbook_reason: String,
    pub version: i64,
}

impl Appointment {
    /// Whether its patient is expected about now.
    pub fn is_about_now(&self, now: Instant) -> bool {
        (self.starts_at - now).abs() <= EXPECTED_WITHIN
    }

    /// Whether its patient can be checked in now, even if the patient comes hours late.
    pub fn may_still_come(&self, now: Instant) -> bool {
        self.starts_at - now <= EXPECTED_WITHIN && now - self.starts_at <= LATE_WITHIN
    }

    /// The id of its entry in calendars: moving it keeps the entry.
    pub fn calendar_entry(&self) -> AppointmentId {
        self.calendar_id.unwrap_or(self.id)
    }

    /// How often the calendar entry changed; a newer file has a higher number.
    pub const fn calendar_sequence(&self) -> i64 {
        self.calendar_changes + self.version
    }
}

/// A patient expected at the front desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
pub struct Arrival {
    pub appointment_id: AppointmentId,
    pub patient_id: PatientId,
    /// Family name first, as lists are sorted.
    pub patient_name: String,
    pub mrn: String,
    /// The doctor's name.
    pub doctor: String,
    pub doctor_id: StaffId,
    pub service_id: ServiceId,
    /// The service's name.
    pub service: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub state: AppointmentState,
    /// The time when the patient reported in the portal to be here.
    pub here_at: Option<Instant>,
    pub reason: String,
    /// The desk's remark, for staff alone.
    pub remark: String,
    /// Whether it was added to a full session.
    pub overbooked: bool,
}

/// The numbers of a clinic's day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCounts {
    /// All appointments that were not cancelled.
    pub total: i64,
    /// Checked in, in whatever state the appointment is now.
    pub arrived: i64,
    pub done: i64,
    pub no_show: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_day_goes_through() {
        let end = [Act::Book, Act::CheckIn, Act::Begin, Act::Fulfil].into_iter().try_fold(AppointmentState::Held, AppointmentState::after);
        assert_eq!(end, Ok(AppointmentState::Fulfilled));
    }

    #[test]
    fn what_is_over_stays_over() {
        for state in
            [AppointmentState::Fulfilled, AppointmentState::Cancelled, AppointmentState::Rescheduled, AppointmentState::EnteredInError]
        {
            // The queue can undo a leaving, and the desk a move or a cancellation, within 30 seconds.
            for act in Act::ALL.iter().filter(|act| !matches!(act, Act::UndoLeave | Act::Restore | Act::RestoreMissed)) {
                assert!(matches!(state.after(*act), Err(Error::Conflict(_))), "{state} {act}");
                assert!(!state.allows(*act));
            }
        }
    }

    #[test]
    fn each_act_leads_to_one_state() {
        for (index, (from, act, _)) in TRANSITIONS.iter().enumerate() {
            assert!(!TRANSITIONS[..index].iter().any(|(other, by, _)| other == from && by == act), "{from} {act} twice");
        }
    }

    #[test]
    fn nobody_is_seen_without_having_come() {
        assert!(AppointmentState::Booked.after(Act::Begin).is_err());
        assert!(AppointmentState::Booked.after(Act::Fulfil).is_err());
    }
}
