//! The people the hospital cares for.

#[cfg(feature = "ssr")]
pub mod mrn;
#[cfg(feature = "ssr")]
pub mod name_key;
