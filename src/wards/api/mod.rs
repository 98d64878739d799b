//! The functions of the wards.

pub mod admissions;
pub mod beds;
pub mod births;
pub mod fasting;
pub mod leaflets;
pub mod leaving;
pub mod moves;
pub mod resuscitation;
pub mod shifts;
