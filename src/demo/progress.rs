//! The progress of a patient in the generated day.

use crate::core::{ServiceId, time::Instant};

/// The progress of an appointment or a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    Cancelled,
    NoShow,
    Booked,
    WaitingForTriage,
    InTriage,
    WaitingForDoctor,
    InConsultation,
    AtCashier,
    Done,
}

impl Progress {
    /// Returns the state of the appointment.
    pub const fn appointment_state(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
            Self::Booked => "booked",
            Self::WaitingForTriage | Self::InTriage | Self::WaitingForDoctor => "checked_in",
            Self::InConsultation => "in_consultation",
            Self::AtCashier | Self::Done => "fulfilled",
        }
    }

    /// Whether the patient is, or was, in the clinic.
    pub const fn arrived(self) -> bool {
        !matches!(self, Self::Cancelled | Self::NoShow | Self::Booked)
    }
}

/// A visit that gets its token when all visits are known, because tokens follow the order of arrival.
pub struct Told {
    pub arrived: Instant,
    pub service: ServiceId,
    pub letter: &'static str,
    pub row: Vec<crate::db::Value>,
}
