//! First visits: requests for an appointment from people who have no record yet, sent from the public page `/clinic`.
//!
//! ```text
//! waiting --answer--> answered --book--> booked
//!    |                    |
//!    +--book--> booked    +--refuse--> refused
//!    +--refuse--> refused
//! ```
//! The desk answers by e-mail or phone, refuses with a reason, or books: the person becomes a patient first, or is found among the
//! patients. A request about which nothing is done for 14 days is refused by the program, and the person is told. Requests that ended are
//! deleted after 90 days.

#[cfg(feature = "ssr")]
mod acts;
pub mod api;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub(super) mod rules;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod upkeep;

#[cfg(feature = "ssr")]
pub use acts::{TypedFirstVisit, prefilled, stock};
#[cfg(feature = "ssr")]
pub(super) use store::count_open;
#[cfg(feature = "ssr")]
pub(super) use upkeep::keep_deleting_ended;
#[cfg(feature = "ssr")]
pub use upkeep::{delete_ended, end_left_alone};

#[cfg(feature = "ssr")]
crate::text_enum! {
    /// The state of a request for a first appointment.
    pub enum FirstVisitState("state") {
        Waiting = "waiting" => crate::tr!(first_visits.state_waiting),
        Answered = "answered" => crate::tr!(first_visits.state_answered),
        Booked = "booked" => crate::tr!(first_visits.state_booked),
        Refused = "refused" => crate::tr!(first_visits.state_refused),
    }
}

#[cfg(feature = "ssr")]
crate::text_enum! {
    /// The part of the day that suits the person.
    pub enum SuitableTime("suits") {
        Any = "any" => crate::tr!(first_visits.suits_any),
        Morning = "morning" => crate::tr!(first_visits.suits_morning),
        Afternoon = "afternoon" => crate::tr!(first_visits.suits_afternoon),
    }
}

#[cfg(feature = "ssr")]
impl FirstVisitState {
    /// Whether the desk has still something to do.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Answered)
    }
}
