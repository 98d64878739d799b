//! What is sealed in the database, and the keys it is sealed with. Whoever has the database alone reads none of it.
//!
//! **Keys.** A [`Keyring`] has one or more versions of a key of 32 random bytes, from a file or the environment ([`Source`]). Of each
//! version HKDF-SHA-256 (salt `infirmary keys 1`) derives four: `wrap` wraps data keys, `index` is the key of blind indexes, `browser`
//! that of the keys for drafts that browsers keep, and `check`, 16 bytes, stands in the database and tells whether a key is the right one.
//! The source also says which version is current and which the oldest in use ([`KeySet`]).
//!
//! **Envelope.** A row of a table with sealed fields has one column `sealed`. Empty means that all its fields are. Otherwise:
//!
//! | bytes    |                                                                                                   |
//! |----------|---------------------------------------------------------------------------------------------------|
//! | 1        | `2`, the format                                                                                   |
//! | 4        | the version of the key, big endian                                                                |
//! | 12       | a random nonce                                                                                    |
//! | 48       | the row's data key (32 random bytes, new each time the row is written) under `wrap`, with its tag |
//! | each     | field that is not empty: its number (1), the length of what follows (4, big endian), the text under the data key with its tag |
//!
//! Everything is AES-256-GCM-SIV (RFC 8452). A field's nonce is eleven zeros and its number: a data key seals each number once. The
//! associated data of a field is `infirmary sealed 1`, table, 0, column, 0, the row's id (16 bytes); of the data key `infirmary sealed 2`,
//! table, 0, the row's id, the id of its owner (16 bytes each; the column that says whose a row is stands in `fields`, and a row of
//! nobody has its own id there), and the numbers of the fields that follow. So nothing opens in another row, column or table, or when
//! the row is given to somebody else, and no field can be taken out or put in. What an envelope tells is which fields are empty, and how
//! long the others are.
//!
//! Format `1` is the same without the owner: the associated data of its data key is that of a field without a column, and the numbers.
//! It is read and no longer written. A rotation binds such rows.
//!
//! **Changes.** When a sealed row is changed or removed, its new digest is added to a chain whose end is sealed ([`ChangesEnd`]): a row
//! that is put back as an older copy had it is not what its last change says. The digest is SHA-256 over `infirmary row 1`, table, 0, id
//! and the bytes after the data key; the chain's hash is SHA-256 over `infirmary change 1`, the hash before, the change's number (8
//! bytes), table, 0, id and digest.
//!
//! **Blind index.** HMAC-SHA-256 under `index` over table, 0, column, 0 and the value as it is compared, the first 16 bytes: equal
//! values are found without opening any. It tells who has the same phone as whom, and nothing else.
//!
//! **A new version** wraps the data keys and makes the indexes anew (`crate::sealing`); the fields' own bytes stay as they are. After it
//! rows of older versions do not open, so that no copy from before it can be put back.

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
