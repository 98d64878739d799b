//! The front desk: who comes, who is registered, who waits.

pub mod registration;
