//! The patient portal: the next appointment and the place in the queue, booking, findings and prescriptions, payments.
//! All data belong to the signed-in patient, or to a dependant for whom that patient acts ([`acting`]); ids of other
//! patients give `NotFound`.

pub mod acting;
pub mod booking;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
pub mod pages;
pub mod profile;

#[cfg(feature = "ssr")]
pub use department::DEPARTMENT;
