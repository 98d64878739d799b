//! Contact persons of a patient.

use super::store;
use crate::{
    core::{ContactId, PatientId, Result},
    db::{Locked, Tx},
};

/// A contact person of a patient.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Contact {
    pub id: ContactId,
    pub name: String,
    pub relationship: String,
    /// Sealed in the database.
    #[sqlx(skip)]
    pub phone: String,
}

/// A contact to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContact {
    pub name: String,
    pub relationship: String,
    pub phone: String,
}

/// Returns the contact persons of a patient.
///
/// # Errors
/// When the database refuses.
pub async fn contacts(tx: &mut Tx, patient: PatientId) -> Result<Vec<Contact>> {
    store::contacts(tx, patient).await
}

/// Removes a contact person; returns `false` when the patient has no such contact.
///
/// # Errors
/// When the database refuses.
pub async fn remove_contact(tx: &mut Tx, patient: Locked<PatientId>, contact: ContactId) -> Result<bool> {
    store::remove_contact(tx, patient, contact).await
}

/// Adds a contact person; returns `None` when one with the same name and number exists.
///
/// # Errors
/// When the database refuses.
pub async fn add_contact(tx: &mut Tx, patient: Locked<PatientId>, contact: &NewContact) -> Result<Option<ContactId>> {
    let known = store::contacts(tx, patient.id()).await?;
    if known.iter().any(|old| old.name == contact.name && old.phone == contact.phone) {
        return Ok(None);
    }
    store::insert_contact(tx, patient, contact).await.map(Some)
}
