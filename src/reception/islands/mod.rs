//! What lives in the browser at the front desk.

mod arrivals;
mod find;

pub use arrivals::Arrivals;
pub use find::DeskFind;
