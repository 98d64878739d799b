//! The form of one more number.

use super::PhoneKind;
use crate::{
    core::{Result, error::FieldErrors},
    patients::phone,
    tr,
};

/// The fields as they were typed.
#[derive(Clone, Copy, Debug)]
pub struct PhoneForm<'t> {
    pub kind: &'t str,
    pub phone: &'t str,
    pub whose: &'t str,
    pub preferred: &'t str,
}

/// A number to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPhone {
    pub kind: PhoneKind,
    pub phone: String,
    pub whose: String,
    pub preferred: bool,
}

impl PhoneForm<'_> {
    /// Reads the form.
    ///
    /// # Errors
    /// [`crate::core::Error::Invalid`], field by field; the number of another person has that person's name.
    pub fn parse(&self) -> Result<NewPhone> {
        let mut errors = FieldErrors::new();
        let kind = errors.chosen::<PhoneKind>("phone_kind", self.kind);
        let number = errors.required_line("more_phone", self.phone, 40);
        if let Some(fault) = phone::phone_fault(&number).filter(|_| !number.is_empty()) {
            errors.add("more_phone", fault);
        }
        let mut whose = errors.line("phone_whose", self.whose, 100);
        match kind {
            Some(PhoneKind::OtherPerson) if whose.is_empty() => errors.add("phone_whose", tr!(patients.phone_whose_missing)),
            Some(PhoneKind::OtherPerson) | None => {}
            Some(_) => whose.clear(),
        }
        errors.finish()?;
        let kind = kind.ok_or(crate::core::Error::NotFound)?;
        Ok(NewPhone { kind, phone: number, whose, preferred: !self.preferred.is_empty() })
    }
}
