//! What patients see and do themselves.

pub mod booking;
