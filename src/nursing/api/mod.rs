//! The functions of nursing.

pub mod assessments;
pub mod care_plans;
pub mod devices;
pub mod escalations;
pub mod fluids;
pub mod handovers;
pub mod observations;
pub mod start;
pub mod tasks;
