//! What lives in the browser at the front desk.

mod find;

pub use find::DeskFind;
