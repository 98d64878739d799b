//! The server functions of imaging.

pub mod archives;
pub mod catalogue;
pub mod doctor;
pub mod reports;
pub mod sets;
pub mod stations;
pub mod studies;
