//! {{title}}: say here what this department is for, its words, and which states its things go through.
//!
//! An *entry* is a name that a clinic has once. It stands here as a beginning: put the department's own things in its place.

pub mod api;
#[cfg(feature = "ssr")]
mod department;
#[cfg(feature = "ssr")]
mod entry;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use department::{CHANGED, DEPARTMENT};
#[cfg(feature = "ssr")]
pub use entry::Entry;
