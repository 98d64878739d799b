//! The manifest of a backup. It names no patient: numbers of rows, digests and versions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::time::Instant;

/// The version of this format.
pub(super) const FORMAT: u32 = 1;

/// The length and digest of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bytes {
    pub length: u64,
    /// In 64 hexadecimal digits.
    pub sha256: String,
}

/// The content of `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    pub made_at: Instant,
    /// The version of the program.
    pub program: String,
    /// `sqlite` or `postgres`.
    pub engine: String,
    /// The major version of the PostgreSQL server; 0 for SQLite.
    pub engine_version: i64,
    /// The number of the last migration.
    pub schema: i64,
    /// The number of rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// The copy before it was encrypted.
    pub plain: Bytes,
    /// The encrypted copy.
    pub sealed: Bytes,
    /// The versions of the key that the restored database needs.
    pub current_key: u32,
    pub oldest_key: u32,
    /// The public keys that it is encrypted to.
    pub recipients: Vec<String>,
    /// The faults of the database that the checks found; a backup with any does not count as sound.
    pub findings: Vec<String>,
    /// A sentence for the reader: the key file is elsewhere.
    pub key_file: String,
}

impl Manifest {
    /// Whether the checks found no fault.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    /// The number of rows of all tables.
    pub fn all_rows(&self) -> i64 {
        self.rows.values().sum()
    }

    pub(super) fn to_json(&self) -> Result<String, String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(|error| error.to_string())
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// A sentence: it is no manifest, or one of a newer program.
    pub fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Begins {
            format: u32,
        }
        let begins: Begins = serde_json::from_str(text).map_err(|error| format!("the manifest cannot be read: {error}"))?;
        if begins.format != FORMAT {
            return Err(format!(
                "the manifest has format {}, and this program reads format {FORMAT}: use the newer program",
                begins.format
            ));
        }
        serde_json::from_str(text).map_err(|error| format!("the manifest cannot be read: {error}"))
    }
}
