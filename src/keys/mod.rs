//! What is sealed in the database, and the keys it is sealed with. Whoever has the database alone reads none of it.
//!
//! **Keys.** A [`Keyring`] has one or more versions of a key of 32 random bytes, from a file or the environment ([`Source`]). Of each
//! version HKDF-SHA-256 (salt `infirmary keys 1`) derives three: `wrap` wraps data keys, `index` is the key of blind indexes, and
//! `check`, 16 bytes, stands in the database and tells whether a key is the right one.
//!
//! **Envelope.** A row of a table with sealed fields has one column `sealed`. Empty means that all its fields are. Otherwise:
//!
//! | bytes    |                                                                                                   |
//! |----------|---------------------------------------------------------------------------------------------------|
//! | 1        | `1`, the format                                                                                   |
//! | 4        | the version of the key, big endian                                                                |
//! | 12       | a random nonce                                                                                    |
//! | 48       | the row's data key (32 random bytes, new each time the row is written) under `wrap`, with its tag |
//! | each     | field that is not empty: its number (1), the length of what follows (4, big endian), the text under the data key with its tag |
//!
//! Everything is AES-256-GCM-SIV (RFC 8452). A field's nonce is eleven zeros and its number: a data key seals each number once. The
//! associated data of a field is `infirmary sealed 1`, table, 0, column, 0, the row's id (16 bytes); of the data key the same without
//! a column, and the numbers of the fields that follow. So nothing opens in another row, column or table, and no field can be taken out
//! or put in. What an envelope tells is which fields are empty, and how long the others are.
//!
//! **Blind index.** HMAC-SHA-256 under `index` over table, 0, column, 0 and the value as it is compared, the first 16 bytes: equal
//! values are found without opening any. It tells who has the same phone as whom, and nothing else.
//!
//! **A new version** wraps the data keys and makes the indexes anew (`crate::sealing`); the fields' own bytes stay as they are.

mod blind;
mod cipher;
mod compared;
mod envelope;
mod fields;
mod file;
mod ring;

pub use blind::{Blind, BlindIndex};
pub use compared::phone_digits;
pub use envelope::{Fields, Sealed, SealedFields, ToSeal, Unopened, open, rewrap, version_of};
pub use fields::*;
pub use file::{KeySet, Source, generate};
pub use ring::{Keyring, Secret};
