//! The functions of the medicine record.

pub mod bedside;
pub mod doses;
pub mod infusions;
pub mod orders;
pub mod protocols;
pub mod outages;
pub mod sets;
pub mod usual_times;
