//! The encryption of fields in the database, and its keys. A person who has only the database can read none of these fields.
//!
//! **Keys.** A [`Keyring`] has one or more versions of a key of 32 random bytes, from a file or the environment ([`Source`]). From each
//! version HKDF-SHA-256 (salt `infirmary keys 1`) derives four keys: `wrap` encrypts data keys, `index` is the key of blind indexes,
//! `browser` derives the keys for drafts that browsers keep, and `check`, 16 bytes, is stored in the database and shows whether a key is
//! the right one. The source also tells which version is current and which is the oldest in use ([`KeySet`]).
//!
//! **Envelope.** A row of a table with sealed fields has one column `sealed`. It is empty when all its fields are empty.
//! Otherwise:
//!
//! | bytes    |                                                                                                   |
//! |----------|---------------------------------------------------------------------------------------------------|
//! | 1        | `2`, the format                                                                                   |
//! | 4        | the version of the key, big endian                                                                |
//! | 12       | a random nonce                                                                                    |
//! | 48       | the row's data key (32 random bytes, new each time the row is written) under `wrap`, with its tag |
//! | each     | field that is not empty: its number (1), the length of what follows (4, big endian), the text under the data key with its tag |
//!
//! Everything is AES-256-GCM-SIV (RFC 8452). A field's nonce is eleven zeros and its number: a data key encrypts each number once. The
//! associated data of a field is `infirmary sealed 1`, table, 0, column, 0, the row's id (16 bytes); that of the data key is `infirmary
//! sealed 2`, table, 0, the row's id, the id of its owner (16 bytes each; `fields` names the column with the owner's id, and a row without
//! an owner has its own id there), and the numbers of the fields that follow. So an envelope cannot be decrypted in another row, column or
//! table, or when the row gets another owner, and no field can be removed or inserted. An envelope reveals only which fields are empty,
//! and how long the others are.
//!
//! Format `1` is the same without the owner: the associated data of its data key is that of a field without a column, and the numbers.
//! The program reads it and no longer writes it. A rotation binds such rows to their owner.
//!
//! **Changes.** When a sealed row is changed or removed, its new digest is added to a chain whose end is encrypted ([`ChangesEnd`]): a
//! row that was replaced by an older copy does not match its last recorded change. The digest is SHA-256 over `infirmary row 1`, table,
//! 0, id and the bytes after the data key; the chain's hash is SHA-256 over `infirmary change 1`, the hash before, the change's number
//! (8 bytes), table, 0, id and digest.
//!
//! **Blind index.** HMAC-SHA-256 under `index` over table, 0, column, 0 and the value in the form that is compared, the first 16
//! bytes: the program finds equal values without decrypting any. The index reveals which rows have the same value, and nothing
//! else.
//!
//! **A new version** of the key encrypts the data keys and computes the indexes again (`crate::sealing`); the fields' own bytes do not
//! change. After that, rows of older versions are not decrypted, so that no older copy can be restored.

mod blind;
mod changes;
mod cipher;
mod compared;
mod envelope;
mod fields;
mod file;
mod owner;
mod ring;

pub use blind::{Blind, BlindIndex};
pub use changes::{ChangesEnd, END_ID, digest_of};
pub use compared::{main_number, phone_digits};
#[cfg(any(debug_assertions, feature = "testing"))]
pub use envelope::unbind;
pub use envelope::{Fields, RowOf, Sealed, SealedFields, ToSeal, Unopened, beginning, is_bound, open, rewrap, version_of};
pub use fields::*;
pub use file::{KeySet, Source, generate};
pub use owner::give_to_folder;
pub use ring::{Keyring, Secret};
