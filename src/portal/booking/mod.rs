//! Booking by patients themselves: what they need, when and with whom, confirm. Each question has its own address and works
//! without scripts. A chosen time is held for the minutes of the clinic's rules while the
//! patient fills in the rest.

pub mod api;
#[cfg(feature = "ssr")]
mod own_time;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod wait_api;
