//! Imports FHIR R4 data: bulk data with one resource per line, and bundles, compressed or not.
//!
//! The kinds are imported in the order of their references; the memory used does not depend on the size of the files. A faulty element
//! is reported with its path and costs that element alone; a resource that becomes no record is kept as it came, with the reason. Each
//! resource is recorded with its kind, id and version, so that importing it again changes nothing, and a newer one updates its record.

mod administration;
mod allergy;
mod batch;
mod bundle;
mod condition;
mod coverage;
mod datatypes;
mod dates;
mod dosage;
mod encounter;
mod files;
mod imaging;
mod item;
mod judge;
mod known;
mod laboratory;
mod medication;
mod organisation;
mod patient;
mod reader;
mod report;
mod run;
mod stays;
mod store;
mod trouble;
mod units;
mod vitals;

use std::path::PathBuf;

use crate::core::time::Instant;
use crate::db::{Database, DbError};

pub use report::{Counts, Report};
pub use trouble::{Done, Problem, Trouble};

/// The place of the files.
#[derive(Clone, Debug)]
pub enum Source {
    /// A folder with files `*.ndjson`, `*.json`, compressed or not; or one such file.
    Folder(PathBuf),
    /// Files inside the program, with names and contents.
    Embedded(&'static [(&'static str, &'static [u8])]),
}

/// The options of an import.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to keep every original resource beside its record, including those that no department stores yet.
    pub keep_originals: bool,
    /// The time zone of the clinic that is created when there is none.
    pub time_zone: String,
    /// Whether only to read and report, and to write nothing.
    pub dry_run: bool,
    /// Whether locations become wards and beds, and inpatient encounters admissions.
    pub wards: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { keep_originals: true, time_zone: "America/New_York".to_owned(), dry_run: false, wards: true }
    }
}

/// The progress of an import.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The file is being read; `resources` is the number so far.
    Reading { file: &'a str, resources: u64 },
    /// The file is finished.
    Done { file: &'a str, resources: u64 },
    /// A line could not be used.
    Problem(&'a Problem),
}

/// The reason why an import had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The folder cannot be read.
    #[error("cannot read {path}: {error}")]
    Folder { path: String, error: std::io::Error },
    /// The folder has no file of resources.
    #[error("no .ndjson or .json file, compressed or not, in {0}")]
    Empty(String),
    /// The database fails, and a single resource is not the cause.
    #[error("the database failed: {0}")]
    Database(#[from] DbError),
    /// The hospital could not be set up.
    #[error("{0}")]
    Other(#[from] crate::core::Error),
}

/// Imports all files of a source.
pub async fn import(
    db: &Database,
    source: &Source,
    options: &Options,
    now: Instant,
    progress: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<Report, ImportError> {
    let files = files::list(source)?;
    run::Run::begin(db, options, now, progress).await?.all(&files).await
}
