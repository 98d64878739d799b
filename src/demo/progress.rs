//! How far a told day has come for one patient.

use crate::core::{ServiceId, time::Instant};

/// How far an appointment or a visit has come.
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
    /// The state of the appointment.
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

/// A visit whose token is given when all are known: tokens go by arrival.
pub struct Told {
    pub arrived: Instant,
    pub service: ServiceId,
    pub letter: &'static str,
    pub row: Vec<crate::db::Value>,
}
