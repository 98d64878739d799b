//! Backups in a bucket. A backup is a folder there as well; it counts once its `manifest.json` is there, which is sent last, after the
//! sealed database was read back. What an interrupted run left has none, and a later run removes it.

use std::path::{Path, PathBuf};

use super::{
    DATABASE, MANIFEST, Manifest, SEALED_MANIFEST,
    folder::{Found, Partial, not_kept, time_of},
    restore::LONGEST,
    s3::{S3, is_address},
    steps::{Step, Steps},
};
use crate::core::time::Instant;

/// An unfinished backup that is older is removed. Until then it may be that of another program that still sends it.
const UNFINISHED: chrono::Duration = chrono::Duration::hours(24);

/// A bucket for backups.
#[derive(Debug)]
pub(super) struct Bucket(S3);

/// Returns the backups of a folder or bucket, the newest first.
///
/// # Errors
/// A sentence: the place cannot be read.
pub async fn list(place: &Path) -> Result<Vec<Found>, String> {
    if is_address(place) { Ok(Bucket::open(place)?.all().await?.0) } else { super::found(place) }
}

/// Reads a small file beside the backups; `None` when there is none.
///
/// # Errors
/// A sentence: the place cannot be read.
pub async fn read_beside(place: &Path, name: &str, longest: u64) -> Result<Option<String>, String> {
    if is_address(place) {
        return Bucket::open(place)?.0.text(name, longest).await;
    }
    let path = place.join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Writes a small file beside the backups in the place of an older one. It is there whole or not at all.
///
/// # Errors
/// A sentence: the place cannot be written.
pub async fn write_beside(place: &Path, name: &str, text: &str) -> Result<(), String> {
    if is_address(place) {
        return Bucket::open(place)?.0.put_text(name, text).await;
    }
    let (place, name, text) = (place.to_path_buf(), name.to_owned(), text.to_owned());
    super::blocking(move || {
        std::fs::create_dir_all(&place)?;
        // Two servers may write at once: each has a name of its own until the file is whole.
        let (new, last) = (place.join(format!(".new-{}-{name}", uuid::Uuid::now_v7())), place.join(name));
        super::write_file(&new, &super::AsItIs, |out| std::io::Write::write_all(out, text.as_bytes()))?;
        std::fs::rename(&new, &last)?;
        super::folder::sync(&place).map_err(std::io::Error::other)
    })
    .await
}

impl Bucket {
    /// Opens the bucket of an address; nothing is sent yet.
    pub fn open(place: &Path) -> Result<Self, String> {
        S3::open(place).map(Self)
    }

    /// Splits the address of one backup into its bucket and its name; `None` when it is a folder.
    pub fn of_backup(place: &Path) -> Result<Option<(Self, String)>, String> {
        if !is_address(place) {
            return Ok(None);
        }
        let address = place.to_str().unwrap_or_default().trim_end_matches('/');
        let parted = address.rsplit_once('/').filter(|(_, name)| time_of(name).is_some());
        let (bucket, name) = parted.ok_or_else(|| format!("{address} is no backup: name one, `s3://…/infirmary-…`"))?;
        Ok(Some((Self::open(Path::new(bucket))?, name.to_owned())))
    }

    /// Returns the backups, the newest first, and the unfinished ones.
    async fn all(&self) -> Result<(Vec<Found>, Vec<(String, Instant)>), String> {
        let (mut all, mut unfinished) = (Vec::new(), Vec::new());
        for name in self.0.folders().await? {
            let Some(made_at) = time_of(&name) else { continue };
            match self.0.text(&format!("{name}/{MANIFEST}"), LONGEST).await? {
                Some(text) => {
                    let path = PathBuf::from(self.0.address_of(&name));
                    all.push(Found { path, made_at, manifest: Manifest::read(&text) });
                }
                None => unfinished.push((name, made_at)),
            }
        }
        all.sort_by_key(|one| std::cmp::Reverse(one.made_at));
        Ok((all, unfinished))
    }

    /// Checks that the bucket answers and has no backup of this name, and removes what killed runs left.
    pub async fn prepare(&self, name: &str, now: Instant) -> Result<(), String> {
        let (all, unfinished) = self.all().await?;
        let path = PathBuf::from(self.0.address_of(name));
        if all.iter().any(|one| one.path == path) {
            return Err(format!("{}: there is a backup of this second already", path.display()));
        }
        for (name, made_at) in unfinished {
            if now - made_at > UNFINISHED {
                self.0.remove_folder(&name).await?;
            }
        }
        Ok(())
    }

    /// Sends the files of a backup and reads the database back. The manifest is last: with it, the backup counts.
    pub async fn upload(&self, from: &Partial, manifest: &Manifest, steps: &dyn Steps) -> Result<PathBuf, String> {
        let before = |step: Step| steps.before(step).map_err(|error| format!("{}: {error}", step.words()));
        let name = from.name();
        let sent = |file: &str| format!("{name}/{file}");
        before(Step::Upload)?;
        self.0.put(&sent(DATABASE), &from.file(DATABASE)).await?;
        before(Step::ReadBack)?;
        if self.0.read(&sent(DATABASE), None).await? != manifest.sealed {
            return Err(format!("{}: the server gave back other bytes than were sent", self.0.address_of(&sent(DATABASE))));
        }
        before(Step::Upload)?;
        self.0.put(&sent(SEALED_MANIFEST), &from.file(SEALED_MANIFEST)).await?;
        before(Step::Publish)?;
        self.0.put(&sent(MANIFEST), &from.file(MANIFEST)).await?;
        Ok(PathBuf::from(self.0.address_of(name)))
    }

    /// Removes what a failed run sent.
    pub async fn forget(&self, name: &str) {
        // A file that cannot be removed now does not count, and a later run removes it.
        if let Err(error) = self.remove(name).await {
            tracing::warn!(error, name, "the unfinished backup is still in the bucket");
        }
    }

    /// Removes a backup: its manifest first, so that half of it never counts.
    async fn remove(&self, name: &str) -> Result<(), String> {
        self.0.remove(&format!("{name}/{MANIFEST}")).await?;
        self.0.remove_folder(name).await
    }

    /// Removes the backups that newer ones supersede, and returns their addresses. One whose manifest cannot be read stays.
    pub async fn remove_superseded(&self, steps: &dyn Steps) -> Result<Vec<PathBuf>, String> {
        let mut removed = Vec::new();
        for one in not_kept(self.all().await?.0) {
            steps.before(Step::Remove).map_err(|error| format!("{}: {error}", Step::Remove.words()))?;
            let name = one.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.remove(&name).await?;
            removed.push(one.path);
        }
        Ok(removed)
    }

    /// Reads files of a backup into a folder.
    pub async fn fetch(&self, name: &str, files: &[&str], into: &Path) -> Result<(), String> {
        for file in files {
            self.0.read(&format!("{name}/{file}"), Some(&into.join(file))).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restore_names_one_backup_of_a_bucket() {
        assert!(Bucket::of_backup(Path::new("/mnt/backups/infirmary-20261129T020000Z")).expect("a folder").is_none());
        for address in ["s3://bucket/hospital", "s3://bucket", "s3://bucket/infirmary-x"] {
            let error = Bucket::of_backup(Path::new(address)).expect_err(address);
            assert!(error.contains("is no backup"), "{error}");
        }
    }
}
