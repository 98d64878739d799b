//! The front desk: expected patients, registration, and the queue.
//!
//! A check-in is one action for the desk and one transaction for the database: the appointment is checked in, the visit
//! begins with its token, and all users who have the queue open see it. A walk-in goes the same way without an appointment.

pub mod api;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
mod expected;
pub mod first_visits;
pub mod islands;
#[cfg(feature = "ssr")]
pub mod pages;
pub mod registration;
#[cfg(feature = "ssr")]
mod workflow;

#[cfg(feature = "ssr")]
pub use department::DEPARTMENT;
#[cfg(feature = "ssr")]
pub use expected::Expected;
#[cfg(feature = "ssr")]
use workflow::comes_now;
#[cfg(feature = "ssr")]
pub use workflow::{Coming, Correction, check_in, correct, expected, take_back, undo_check_in};
