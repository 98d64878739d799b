//! An entry and what is accepted as one.

use crate::core::{Result, {{Name}}EntryId, error::FieldErrors};

/// The longest name.
pub const LONGEST: u32 = 100;

/// A name that a clinic has once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: {{Name}}EntryId,
    pub name: String,
}

impl Entry {
    /// A new one, as it was typed.
    ///
    /// # Errors
    /// [`crate::core::Error::Invalid`] names the field.
    pub fn typed(name: &str) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let name = errors.required_line("name", name, LONGEST as usize);
        errors.finish()?;
        Ok(Self { id: {{Name}}EntryId::new(), name })
    }
}
