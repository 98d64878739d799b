//! Batches over all storerooms of a clinic: those in stock, and those that are used up. A recall concerns both.

mod store;

pub(super) use store::clinics_of;
pub use store::{LineRow, UsedUp, lines_of, used_up};

/// The most used-up batches that a page shows.
pub const USED_UP: i64 = 200;
