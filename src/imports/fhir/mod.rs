//! FHIR R4 bulk data: one resource a line, files by kind, compressed or not.
//!
//! Kinds are taken in the order in which they point at each other; memory does not grow with the files. A line that cannot be used is
//! reported with its file, number and reason, and the rest goes on. A resource is remembered by its kind and id, so that reading
//! it again changes nothing.

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

/// No more problems are kept for the report; all are counted and told as they come.
const PROBLEMS_KEPT: usize = 1000;

/// Where the files are.
#[derive(Clone, Debug)]
pub enum Source {
    /// In a folder: `*.ndjson`, `*.ndjson.gz`.
    Folder(PathBuf),
    /// Inside the program: names and contents.
    Embedded(&'static [(&'static str, &'static [u8])]),
}

/// How to import.
#[derive(Clone, Debug)]
pub struct Options {
    /// Keep every resource as it came beside what was made of it, also those that no module has a home for yet.
    pub keep_originals: bool,
    /// The zone of the clinic that is made when there is none yet.
    pub time_zone: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { keep_originals: true, time_zone: "America/New_York".to_owned() }
    }
}

/// What goes on.
#[derive(Debug)]
pub enum Progress<'a> {
    /// This file is being read; so many resources of it so far.
    Reading { file: &'a str, resources: u64 },
    /// The file is done.
    Done { file: &'a str, resources: u64 },
    /// A line could not be used.
    Problem(&'a Problem),
}

/// Why a line was not used: shown as `file:line: reason`.
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

/// What became of the resources of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines that held one.
    pub read: u64,
    /// Became records of ours.
    pub stored: u64,
    /// Were here already.
    pub unchanged: u64,
    /// Have no home in any module yet: kept as they came, if originals are kept.
    pub without_home: u64,
    /// Could not be used.
    pub rejected: u64,
}

/// What an import did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// By kind of resource; lines that are no resource count under `?`.
    pub kinds: BTreeMap<String, Counts>,
    /// The first thousand problems.
    pub problems: Vec<Problem>,
    /// How many there were.
    pub problem_count: u64,
    /// Whether resources without a home were kept.
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

    /// All kinds together.
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
    /// A table by kind, as the command line prints it.
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

/// Why an import could not go on at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The folder cannot be read.
    #[error("cannot read {path}: {error}")]
    Folder { path: String, error: std::io::Error },
    /// The folder has no `.ndjson` or `.ndjson.gz` file.
    #[error("no .ndjson or .ndjson.gz file in {0}")]
    Empty(String),
    /// The database fails, not because of a single resource.
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
