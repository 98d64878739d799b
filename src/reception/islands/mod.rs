//! The islands of the front desk, which run in the browser.

mod find;

pub use find::DeskFind;
