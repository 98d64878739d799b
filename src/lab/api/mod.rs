//! The server functions of the laboratory.

pub mod analysers;
pub mod bench;
pub mod catalogue;
pub mod controls;
pub mod doctor;
pub mod portal;
pub mod samples;
