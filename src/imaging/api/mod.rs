//! The server functions of imaging.

pub mod catalogue;
pub mod doctor;
pub mod reports;
pub mod studies;
