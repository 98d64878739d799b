//! Updates the stored forms of names to the current program: Rust folds the names, so that no migration can do it.

use super::{name_key, store};
use crate::{
    core::Result,
    db::{Database, Value, insert_rows},
};

/// The version of the keys and terms that this program writes. Increase it with each change of [`name_key`] that alters
/// them.
const FORM: i64 = 1;
/// The number of patients in one transaction: other users can register patients in between.
const BATCH: i64 = 200;

/// Writes the keys and search terms of all names again when an older version of the program wrote them; returns the number of
/// patients. If a start is interrupted, the next start begins again.
///
/// # Errors
/// When the database refuses.
pub async fn rebuild_names(db: &Database) -> Result<u64> {
    let mut tx = db.read().await?;
    let known = store::names_form(&mut tx).await?;
    drop(tx);
    if known >= FORM {
        return Ok(0);
    }
    let (mut after, mut written) = (None, 0);
    loop {
        let mut tx = db.write().await?;
        // Two nodes may start at the same time: the second one finds it finished.
        tx.take_turn("patients", "names").await?;
        let names = store::names_after(&mut tx, after, BATCH).await?;
        let Some((last, _)) = names.last() else {
            store::set_names_form(&mut tx, FORM).await?;
            tx.commit().await?;
            return Ok(written);
        };
        after = Some(*last);
        written += names.len() as u64;
        store::forget_terms(&mut tx, names.iter().map(|(id, _)| *id)).await?;
        let ids: Vec<_> = names.iter().map(|(id, _)| *id).collect();
        let mut former = store::former_names(&mut tx, &ids).await?;
        let mut terms = Vec::new();
        for (id, name) in &names {
            store::set_name_key(&mut tx, *id, &name_key::name_key(&name.given_names, &name.family_name)).await?;
            let mut words = name_key::search_terms(&name.given_names, &name.family_name, &name.preferred_name);
            for former in former.remove(id).unwrap_or_default() {
                words.extend(name_key::search_terms(&former.given_names, &former.family_name, ""));
            }
            terms.extend(words.into_iter().map(|term| vec![Value::from(term), Value::from(*id)]));
        }
        insert_rows(&mut tx, "INSERT INTO patient_search_terms (term, patient_id) VALUES ", "", terms).await?;
        tx.commit().await?;
    }
}
