//! What a person tells about themselves: the part of a record that is typed and corrected at the desk.

use super::{Birth, Particulars, PatientName, Sex};

/// Names, birth, contact data.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Facts {
    #[sqlx(flatten)]
    pub name: PatientName,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    #[sqlx(flatten)]
    pub more: Particulars,
}

impl Facts {
    /// A person of whom only this is known.
    pub fn new(name: PatientName, birth: Birth, sex: Sex) -> Self {
        Self { name, birth, sex, more: Particulars::default() }
    }
}
