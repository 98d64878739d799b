//! Merges of two records of one person.
//!
//! One user proposes the merge, another one decides. The rows that are worked on move to the surviving record: booked appointments, the
//! waitlist, allergies, contacts, coverage, portal access and the people who act for the patient. Each moved row is noted, so that the
//! merge can be undone row by row. The signed record and the money keep the patient's id, which signatures and the ledger cover; readers
//! of the surviving record read them by the merge (`family`).
//!
//! ```text
//! proposed ──> merged ──> undone
//! proposed ──> rejected
//! ```

pub mod api;

#[cfg(feature = "ssr")]
mod acts;
#[cfg(feature = "ssr")]
mod facts;
#[cfg(feature = "ssr")]
mod obstacles;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod tables;

#[cfg(feature = "ssr")]
pub use {
    acts::stock,
    facts::FactGroup,
    pages::{merged_into, merges_panel},
    store::{count_waiting as waiting, family, joined_with, surviving, survivor_of},
};

#[cfg(feature = "ssr")]
use crate::tr;

#[cfg(feature = "ssr")]
crate::text_enum! {
    /// The state of a merge.
    pub enum MergeState("state") {
        Proposed = "proposed" => tr!(merges.proposed),
        Merged = "merged" => tr!(merges.merged),
        Rejected = "rejected" => tr!(merges.rejected),
        Undone = "undone" => tr!(merges.undone),
    }
}

#[cfg(feature = "ssr")]
crate::text_enum! {
    /// Why there are two records of one person.
    pub enum MergeReason("reason") {
        RegisteredTwice = "registered_twice" => tr!(merges.registered_twice),
        UnknownNamed = "unknown_named" => tr!(merges.unknown_named),
        Imported = "imported" => tr!(merges.imported),
        Other = "other" => tr!(merges.other_reason),
    }
}

#[cfg(feature = "ssr")]
crate::text_enum! {
    /// The act of a merge on a row.
    pub enum MergeAct("act") {
        Moved = "moved",
        Added = "added",
    }
}

/// Returns the columns of which a merge knows how to treat them: table and column. The tests compare them with the schema.
#[cfg(feature = "ssr")]
pub fn joined_columns() -> Vec<(&'static str, &'static str)> {
    tables::JOINED.iter().map(|joined| (joined.table, joined.column)).collect()
}
