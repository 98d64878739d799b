//! The folder of packs: writes a file that only its owner reads, and removes those that are too old.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use chrono::NaiveDateTime;

use crate::core::time::Instant;

const ENDING: &str = ".html";
const BEGINNING: &str = "ward-";
/// The time in a file's name, in UTC.
/// The end of the name of a file that is being written.
const PART: &str = ".part";
const STAMP: &str = "%Y%m%dT%H%MZ";
/// Files of an interrupted writing are removed after this time.
const UNFINISHED: Duration = Duration::from_hours(1);

/// A pack in the folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackFile {
    pub made_at: Instant,
    pub path: PathBuf,
}

/// Returns the name of a ward's pack of a time: `ward-MED-0192f0c1-20261121T1030Z.html`.
pub(super) fn name(code: &str, id: &str, at: Instant) -> String {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    let id: String = id.chars().rev().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("{BEGINNING}{code}-{id}-{}{ENDING}", at.format(STAMP))
}

/// Reads the time out of a pack's name; `None` for another file.
fn made_at(name: &str) -> Option<Instant> {
    let stamp = name.strip_prefix(BEGINNING)?.strip_suffix(ENDING)?.rsplit('-').next()?;
    Some(NaiveDateTime::parse_from_str(stamp, STAMP).ok()?.and_utc())
}

/// Lists the packs of a folder, the oldest first. A folder that does not exist has none.
///
/// # Errors
/// When the folder cannot be read.
pub(super) fn packs(folder: &Path) -> io::Result<Vec<PackFile>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut packs = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let at = path.file_name().and_then(|name| name.to_str()).and_then(made_at);
        packs.extend(at.map(|made_at| PackFile { made_at, path }));
    }
    packs.sort_unstable();
    Ok(packs)
}

/// Returns the pack that was made last.
pub fn newest(folder: &Path) -> Option<PackFile> {
    packs(folder).ok()?.pop()
}

/// Returns the time of the last pack of a ward.
pub(super) fn newest_of(folder: &Path, code: &str, id: &str) -> Option<Instant> {
    let whole = name(code, id, Instant::UNIX_EPOCH);
    let of_ward = whole.rsplit_once('-')?.0;
    let is_its = |pack: &PackFile| {
        let file = pack.path.file_name().and_then(|name| name.to_str()).and_then(|name| name.rsplit_once('-'));
        file.is_some_and(|(ward, _)| ward == of_ward)
    };
    packs(folder).ok()?.into_iter().rev().find(is_its).map(|pack| pack.made_at)
}

/// Writes a pack: under another name, synchronised with the disk, then renamed. Its owner alone reads it.
///
/// # Errors
/// With the path and the reason.
pub(super) fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.join(name).display()));
    make_folder(folder).map_err(named)?;
    let unfinished = folder.join(format!("{name}.part"));
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(named(error)),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished).map_err(named)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(named)?;
    fs::rename(&unfinished, folder.join(name)).map_err(named)
}

/// Makes the folder, which its owner alone enters.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes the packs that were made before a time, and files of interrupted writings. The newest pack of all stays; returns how many went.
///
/// # Errors
/// When a file cannot be removed.
pub(super) fn remove_older(folder: &Path, before: Instant) -> io::Result<usize> {
    let mut packs = packs(folder)?;
    packs.pop();
    let mut removed = 0;
    for pack in packs.into_iter().filter(|pack| pack.made_at < before) {
        fs::remove_file(&pack.path)?;
        removed += 1;
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let unfinished = entry.file_name().to_str().is_some_and(|name| name.starts_with(BEGINNING) && name.strip_suffix(PART).is_some());
        let old = entry.metadata()?.modified().is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > UNFINISHED));
        if unfinished && old {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_ward_and_time() {
        let at: Instant = "2026-11-21T10:30:59Z".parse().expect("an instant");
        let file = name("MED/1 ../", "0192f0c1-aaaa-7bbb-8ccc-1234567890ab", at);
        assert_eq!(file, "ward-MED1-ba098765-20261121T1030Z.html");
        assert_eq!(made_at(&file), Some("2026-11-21T10:30:00Z".parse().expect("an instant")));
        for other in ["ward-x.html", "ward-MED-1-20261121T1030Z.html.part", "notes.html"] {
            assert_eq!(made_at(other), None, "{other}");
        }
    }
}
