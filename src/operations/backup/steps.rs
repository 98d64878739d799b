//! The steps of a backup and of a restore, with a place for tests to end the program there or to fill the disk.

use std::{fmt::Debug, fs::File, io, io::Write, path::Path};

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Copy,
    Check,
    Seal,
    ReadBack,
    Manifest,
    Publish,
    /// Sending a file to a bucket.
    Upload,
    Remove,
    /// Opening the sealed file of a restore.
    Open,
    /// Checking the opened copy of a restore.
    Verify,
    /// Putting a restored database in its place.
    Place,
}

impl Step {
    /// All steps of a backup into a folder, in their order.
    pub const OF_BACKUP: [Self; 7] = [Self::Copy, Self::Check, Self::Seal, Self::ReadBack, Self::Manifest, Self::Publish, Self::Remove];
    /// All steps of a restore, in their order.
    pub const OF_RESTORE: [Self; 3] = [Self::Open, Self::Verify, Self::Place];

    /// The words before an error.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Copy => "while the database was copied",
            Self::Check => "while the copy was checked",
            Self::Seal => "while the copy was encrypted",
            Self::ReadBack => "while the backup was read back",
            Self::Manifest => "while the manifest was written",
            Self::Publish => "while the backup got its name",
            Self::Upload => "while the backup was sent to the bucket",
            Self::Remove => "while older backups were removed",
            Self::Open => "while the backup was opened",
            Self::Verify => "while the backup was checked",
            Self::Place => "while the database was put in its place",
        }
    }
}

/// The surroundings of a backup.
pub trait Steps: Debug + Send + Sync {
    /// Called before each step.
    ///
    /// # Errors
    /// The step is not taken then.
    fn before(&self, _: Step) -> io::Result<()> {
        Ok(())
    }

    /// The writer for a new file.
    fn writer(&self, file: File) -> Box<dyn Write + Send> {
        Box::new(file)
    }

    /// The bytes that are free where a folder stands.
    ///
    /// # Errors
    /// The system does not tell.
    fn free(&self, folder: &Path) -> io::Result<u64> {
        free(folder)
    }

    /// Whether the program removes what a failed run left; a program that was killed does not.
    fn cleans(&self) -> bool {
        true
    }
}

/// The surroundings of the real program.
#[derive(Clone, Copy, Debug)]
pub struct AsItIs;

impl Steps for AsItIs {}

#[cfg(unix)]
fn free(folder: &Path) -> io::Result<u64> {
    let about = rustix::fs::statvfs(folder)?;
    Ok(about.f_bavail.saturating_mul(about.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> io::Result<u64> {
    Ok(u64::MAX)
}
