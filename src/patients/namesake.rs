//! Patients who are easily confused: with the same name, or with the same birth date and names that sound alike.

use std::collections::HashSet;

use super::{merges, store};
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
        let alike = store::namesakes(tx, ids, &[]).await?;
        // A record that was merged is no namesake of the surviving one: those are asked for again without it.
        let joined = merges::joined_with(tx, &alike).await?;
        let (again, alike): (Vec<_>, Vec<_>) = alike.into_iter().partition(|id| joined.contains(id));
        found.extend(alike);
        if !again.is_empty() {
            found.extend(store::namesakes(tx, &again, &joined).await?);
        }
    }
    Ok(found)
}

/// Returns the sign that is shown beside the name of a patient with a namesake.
pub fn namesake_sign() -> &'static str {
    tr!(patients.namesake)
}
