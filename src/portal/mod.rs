//! What patients see and do themselves: the next appointment and their place in the queue, booking, what was found and
//! prescribed, what they paid. Everything here is of the patient who is signed in, or of
//! somebody that patient acts for ([`acting`]); ids of others lead nowhere.

pub mod acting;
pub mod booking;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
pub mod pages;

#[cfg(feature = "ssr")]
pub use department::DEPARTMENT;
