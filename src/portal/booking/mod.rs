//! Booking by patients themselves: what they need, when and with whom, confirm. Each question has its own address and works
//! without scripts. A chosen time is kept for ten minutes while the patient fills in the rest.

pub mod api;
#[cfg(feature = "ssr")]
pub mod pages;
