//! The functions of the medicine record.

pub mod doses;
pub mod orders;
