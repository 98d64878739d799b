//! The record of changes of sealed rows: a chain of digests whose end is encrypted. It reveals a row that was replaced by an
//! older copy. The table `sealed_changes` holds the chain, the one row of `sealed_changes_end` its end.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{CHANGES_END, Keyring, Sealed, ToSeal};

/// The id of the row that holds the end.
pub const END_ID: Uuid = Uuid::from_u128(1);

/// The end of the record: the number of its changes, and the hash over all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangesEnd {
    pub number: i64,
    hash: [u8; 32],
}

/// Returns the digest of a row's sealed fields. A rotation does not change the fields' bytes, and so not the digest.
pub fn digest_of(table: &str, id: Uuid, sealed: &Sealed) -> Vec<u8> {
    let mut hash = Sha256::new_with_prefix("infirmary row 1");
    hash.update(table);
    hash.update([0]);
    hash.update(id);
    hash.update(sealed.fields());
    hash.finalize().to_vec()
}

impl ChangesEnd {
    /// The end of a record without changes.
    pub const NONE: Self = Self { number: 0, hash: [0; 32] };

    /// Returns the end after one more change; a removed row has no digest.
    #[must_use]
    pub fn after(&self, table: &str, id: Uuid, digest: Option<&[u8]>) -> Self {
        let mut hash = Sha256::new_with_prefix("infirmary change 1");
        hash.update(self.hash);
        hash.update((self.number + 1).to_be_bytes());
        hash.update(table);
        hash.update([0]);
        hash.update(id);
        hash.update(digest.unwrap_or_default());
        Self { number: self.number + 1, hash: hash.finalize().into() }
    }

    /// Returns the value for `sealed_changes_end.sealed`.
    pub fn seal(&self) -> ToSeal {
        let mut text = format!("{}:", self.number);
        for byte in self.hash {
            let _ = write!(text, "{byte:02x}");
        }
        CHANGES_END.seal(END_ID, END_ID, [&text])
    }

    /// Decrypts the end.
    ///
    /// # Errors
    /// A sentence: it cannot be decrypted, or is not an end.
    pub fn open(keys: &Keyring, sealed: &Sealed) -> Result<Self, String> {
        let [text] = CHANGES_END.open(keys, END_ID, END_ID, sealed).map_err(|error| error.to_string())?;
        let end =
            text.split_once(':').and_then(|(number, hash)| Some(Self { number: number.parse().ok()?, hash: *super::file::parse(hash)? }));
        end.ok_or_else(|| "the end of the record of changes cannot be read".to_owned())
    }
}
