//! The functions of the medicine record.

pub mod bedside;
pub mod doses;
pub mod infusions;
pub mod orders;
pub mod outages;
pub mod protocols;
pub mod sets;
pub mod usual_times;
