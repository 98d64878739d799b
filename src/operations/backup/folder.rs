//! The folder of backups: their names, the one that is being written, and the removal of old ones.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use chrono::NaiveDateTime;

use super::{
    MANIFEST, Manifest,
    retention::{Kept, superseded},
    steps::{Step, Steps},
};
use crate::core::time::Instant;

const PREFIX: &str = "infirmary-";
const TIME: &str = "%Y%m%dT%H%M%SZ";
/// The beginnings of names that never count as a backup.
const PARTIAL: &str = ".partial-";
const GOING: &str = ".removed-";
const LOCK: &str = ".lock";

/// A backup in the folder.
#[derive(Clone, Debug)]
pub struct Found {
    pub path: PathBuf,
    pub made_at: Instant,
    /// An error of reading it stands in its place.
    pub manifest: Result<Manifest, String>,
}

/// Returns the time in the name of a backup.
pub(super) fn time_of(name: &str) -> Option<Instant> {
    Some(NaiveDateTime::parse_from_str(name.strip_prefix(PREFIX)?, TIME).ok()?.and_utc())
}

fn words(path: &Path) -> impl Fn(std::io::Error) -> String + '_ {
    move |error| format!("{}: {}", path.display(), super::in_words(&error))
}

/// Returns the backups of a folder, the newest first.
///
/// # Errors
/// A sentence: the folder cannot be read.
pub fn found(folder: &Path) -> Result<Vec<Found>, String> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(words(folder))? {
        let path = entry.map_err(words(folder))?.path();
        let Some(made_at) = path.file_name().and_then(|name| name.to_str()).and_then(time_of) else { continue };
        let manifest = fs::read_to_string(path.join(MANIFEST)).map_err(|error| error.to_string());
        all.push(Found { manifest: manifest.and_then(|text| Manifest::read(&text)), path, made_at });
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.made_at));
    Ok(all)
}

/// Returns the newest sound backup that was made at that moment or before.
///
/// # Errors
/// A sentence: there is none, or a newer one within the time cannot be read, so that nobody knows what it holds.
pub fn newest_at(mut all: Vec<Found>, at: Instant) -> Result<PathBuf, String> {
    all.retain(|one| one.made_at <= at);
    all.sort_by_key(|one| std::cmp::Reverse(one.made_at));
    for one in all {
        match one.manifest {
            Ok(manifest) if manifest.is_sound() => return Ok(one.path),
            // Its database has faults: the one before is older and sound.
            Ok(_) => {}
            Err(error) => {
                return Err(format!(
                    "{} is nearer to that time and cannot be read: {error}. Name a backup with --from",
                    one.path.display()
                ));
            }
        }
    }
    Err(format!("no sound backup was made at {} or before", at.format("%Y-%m-%d %H:%M:%S UTC")))
}

/// Takes a lock that ends with the process. It waits half a second at most: a program that is just being started, such as `pg_dump`, has a copy
/// of every open file for a moment.
///
/// # Errors
/// A sentence: another process has it, or the file cannot be made.
pub(super) fn lock(folder: &Path) -> Result<File, String> {
    let path = folder.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(words(&path))?;
    let mut taken = file.try_lock();
    for _ in 0..10 {
        if !matches!(taken, Err(TryLockError::WouldBlock)) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
        taken = file.try_lock();
    }
    match taken {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(format!("another backup or restore is under way in {}", folder.display())),
        Err(TryLockError::Error(error)) => Err(words(&path)(error)),
    }
}

/// Removes the folders and files whose name begins so.
pub(super) fn sweep(folder: &Path, beginnings: &[&str]) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(words(folder))? {
        let path = entry.map_err(words(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if beginnings.iter().any(|beginning| name.starts_with(beginning)) {
            let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            gone.map_err(words(&path))?;
        }
    }
    Ok(())
}

/// Waits until the names in a folder are on the disk.
pub(super) fn sync(folder: &Path) -> Result<(), String> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(words(folder))
}

/// A backup that is being written.
pub(super) struct Partial {
    folder: PathBuf,
    path: PathBuf,
    name: String,
    _lock: File,
}

impl Partial {
    /// Makes its folder, and removes what killed runs left.
    pub fn begin(folder: &Path, now: Instant) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(words(folder))?;
        let lock = lock(folder)?;
        sweep(folder, &[PARTIAL, GOING])?;
        let name = format!("{PREFIX}{}", now.format(TIME));
        if folder.join(&name).exists() {
            return Err(format!("{}: there is a backup of this second already", folder.join(&name).display()));
        }
        let path = folder.join(format!("{PARTIAL}{name}"));
        private_folder(&path)?;
        crate::keys::give_to_folder(&path)?;
        Ok(Self { folder: folder.to_path_buf(), path, name, _lock: lock })
    }

    /// The name that it gets.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path of one of its files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Gives it its name: from here on it is a backup.
    pub fn publish(&self) -> Result<PathBuf, String> {
        let last = self.folder.join(&self.name);
        sync(&self.path)?;
        fs::rename(&self.path, &last).map_err(words(&last))?;
        sync(&self.folder)?;
        Ok(last)
    }

    /// Removes what a failed run wrote.
    pub fn end(&self) {
        // A folder that cannot be removed now is removed at the next run; its name does not count.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Makes a folder that only this user opens.
pub(super) fn private_folder(path: &Path) -> Result<(), String> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(words(path))
}

/// Returns the backups that newer ones supersede. One whose manifest cannot be read stays.
pub(super) fn not_kept(all: Vec<Found>) -> Vec<Found> {
    let of = |sound: bool| -> Vec<Instant> {
        all.iter().filter(|one| one.manifest.as_ref().is_ok_and(|manifest| manifest.is_sound() == sound)).map(|one| one.made_at).collect()
    };
    let gone = [superseded(&of(true), Kept::SOUND), superseded(&of(false), Kept::UNSOUND)].concat();
    all.into_iter().filter(|one| gone.contains(&one.made_at)).collect()
}

/// Removes the backups that newer ones supersede, and returns their paths. A backup whose manifest cannot be read stays.
pub(super) fn remove_superseded(folder: &Path, steps: &dyn Steps) -> Result<Vec<PathBuf>, String> {
    let mut removed = Vec::new();
    for one in not_kept(found(folder)?) {
        steps.before(Step::Remove).map_err(|error| format!("{}: {error}", Step::Remove.words()))?;
        // It gets another name first: half a backup never has the name of one.
        let name = one.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let going = folder.join(format!("{GOING}{name}"));
        fs::rename(&one.path, &going).map_err(words(&one.path))?;
        fs::remove_dir_all(&going).map_err(words(&going))?;
        removed.push(one.path.clone());
    }
    Ok(removed)
}
