//! Marks: short texts that only the program can write into the database, encrypted with its keys. A person with write access to the
//! database only cannot create a mark, and cannot replace one mark with another. An older value of the same mark, from a copy of the
//! database, can be decrypted: only data outside the database, such as the audit log's checkpoints, reveals that.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::store;
use crate::{
    core::{Result, time::Instant},
    db::Tx,
    keys::MARKS,
};

/// A mark as stored in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    Missing,
    /// It cannot be decrypted: the program did not write it.
    Forged,
    Says(String),
}

/// Returns the id of the mark with this name. The envelope is bound to the id, and so to the name.
fn id(name: &str) -> Uuid {
    let digest = Sha256::new_with_prefix("infirmary mark\n").chain_update(name).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
    Uuid::from_bytes(bytes)
}

/// Reads the mark with this name. A writing transaction locks it until the transaction ends.
///
/// # Errors
/// When the database does not answer.
pub async fn mark(tx: &mut Tx, name: &str) -> Result<Mark> {
    let id = id(name);
    let Some(sealed) = store::mark(tx, id).await? else { return Ok(Mark::Missing) };
    Ok(MARKS
        .open(tx.keys(), id, id, &sealed)
        .map_or(Mark::Forged, |[value]| if value.is_empty() { Mark::Forged } else { Mark::Says(value) }))
}

/// Writes the mark with this name over its former value.
///
/// # Errors
/// When the database refuses.
pub async fn set_mark(tx: &mut Tx, name: &'static str, value: &str, now: Instant) -> Result<()> {
    let id = id(name);
    Ok(store::set_mark(tx, id, name, MARKS.seal(id, id, [value]).into(), now).await?)
}
