//! Imports FHIR R4 bulk data: one resource per line, files by kind, compressed or not.
//!
//! The kinds are imported in the order of their references; the memory used does not depend on the size of the files. A line that
//! cannot be used is reported with its file, number and reason, and the import continues. Each resource is recorded with its kind and
//! id, so that importing it again changes nothing.

mod clinical;
mod datatypes;
mod files;
mod known;
mod medication;
mod organisation;
mod patient;
mod reader;
mod run;
mod vitals;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::core::time::Instant;
use crate::db::{Database, DbError};

/// The largest number of problems kept for the report; all problems are counted, and reported as they occur.
const PROBLEMS_KEPT: usize = 1000;

/// The place of the files.
#[derive(Clone, Debug)]
pub enum Source {
    /// A folder with files `*.ndjson`, `*.ndjson.gz`.
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
}

impl Default for Options {
    fn default() -> Self {
        Self { keep_originals: true, time_zone: "America/New_York".to_owned() }
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

/// The reason why a line was not used: shown as `file:line: reason`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    pub line: u64,
    pub reason: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}: {}", self.file, self.line, self.reason)
    }
}

/// The results for the resources of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines with a resource of this kind.
    pub read: u64,
    /// Resources that became records.
    pub stored: u64,
    /// Resources that were imported earlier.
    pub unchanged: u64,
    /// Resources that no department stores yet: kept as originals, if originals are kept.
    pub without_home: u64,
    /// Resources that could not be used.
    pub rejected: u64,
}

/// The report of an import.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The results by kind of resource; lines without a resource count under `?`.
    pub kinds: BTreeMap<String, Counts>,
    /// The first thousand problems.
    pub problems: Vec<Problem>,
    /// The number of all problems.
    pub problem_count: u64,
    /// Whether resources that no department stores were kept.
    pub kept_originals: bool,
}

impl Report {
    fn count(&mut self, kind: &str) -> &mut Counts {
        if !self.kinds.contains_key(kind) {
            self.kinds.insert(kind.to_owned(), Counts::default());
        }
        self.kinds.entry(kind.to_owned()).or_default()
    }

    fn problem(&mut self, problem: Problem, progress: &mut (dyn FnMut(Progress<'_>) + Send)) {
        progress(Progress::Problem(&problem));
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_KEPT {
            self.problems.push(problem);
        }
    }

    /// Returns the sum of all kinds.
    pub fn total(&self) -> Counts {
        self.kinds.values().fold(Counts::default(), |sum, counts| Counts {
            read: sum.read + counts.read,
            stored: sum.stored + counts.stored,
            unchanged: sum.unchanged + counts.unchanged,
            without_home: sum.without_home + counts.without_home,
            rejected: sum.rejected + counts.rejected,
        })
    }
}

impl std::fmt::Display for Report {
    /// Writes a table by kind, as the command line prints it.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let home = if self.kept_originals { "kept only" } else { "left out" };
        writeln!(out, "{:<26}{:>9}{:>9}{:>11}{:>11}{:>10}", "", "read", "stored", "unchanged", home, "rejected")?;
        let line = |out: &mut std::fmt::Formatter<'_>, kind: &str, counts: Counts| {
            let Counts { read, stored, unchanged, without_home, rejected } = counts;
            writeln!(out, "{kind:<26}{read:>9}{stored:>9}{unchanged:>11}{without_home:>11}{rejected:>10}")
        };
        for (kind, counts) in &self.kinds {
            line(out, kind, *counts)?;
        }
        line(out, "Total", self.total())
    }
}

/// The reason why an import had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The folder cannot be read.
    #[error("cannot read {path}: {error}")]
    Folder { path: String, error: std::io::Error },
    /// The folder has no `.ndjson` or `.ndjson.gz` file.
    #[error("no .ndjson or .ndjson.gz file in {0}")]
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
