//! Patients who are easily confused: with the same name, or with the same birth date and names that sound alike.

use std::collections::HashSet;

use super::store;
use crate::{
    core::{PatientId, Result},
    db::Tx,
    tr,
};

/// Returns the patients of the list who have a namesake in the hospital: another patient with the same letters in the name, in either
/// order, or with the same birth date and a name that sounds the same. It runs two queries for the whole list, each by an index.
///
/// # Errors
/// When the database refuses.
pub async fn namesakes(tx: &mut Tx, ids: &[PatientId]) -> Result<HashSet<PatientId>> {
    let mut found = HashSet::new();
    for ids in ids.chunks(500) {
        found.extend(store::namesakes(tx, ids).await?);
    }
    Ok(found)
}

/// Returns the sign that is shown beside the name of a patient with a namesake.
pub fn namesake_sign() -> &'static str {
    tr!(patients.namesake)
}
