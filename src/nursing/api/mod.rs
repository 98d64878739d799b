//! The functions of nursing.

pub mod escalations;
pub mod fluids;
pub mod handovers;
pub mod observations;
pub mod tasks;
