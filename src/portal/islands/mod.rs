//! The parts of the portal's home that move by themselves.

mod family;
mod to_pay;

pub use family::FamilyPlaces;
pub use to_pay::ToPay;
