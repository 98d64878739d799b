//! A file that was sent, between its arrival and the place where it stays: at most one part of it is in memory, the others stand in a file
//! without a name.
//!
//! The file is encrypted with a random key that exists in memory alone (ChaCha20-Poly1305, one nonce for each part by its number), and it
//! has no name: when the program ends, however it ends, the system frees its space, and a copy of the disk shows nothing. A file of less
//! than one part never reaches the disk.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use infirmary_ciphers::{ChaCha20Poly1305, TAG};
use sha2::{Digest as _, Sha256};

use super::config::Config;
use crate::{core::Error, db::upkeep};

/// The bytes of a part, but for the last one.
pub const PART: usize = 48 * 1024;

/// Returns the folder of the files: beside a SQLite database, which has the space for them; otherwise the system's temporary folder
/// (`TMPDIR`).
pub fn folder(config: &Config) -> PathBuf {
    let beside = upkeep::sqlite_path(&config.database_url).and_then(Path::parent).filter(|folder| folder.is_dir());
    beside.map_or_else(std::env::temp_dir, Path::to_path_buf)
}

/// Translates an error of a file.
pub fn failed(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            tracing::error!(%error, "a file that was sent does not fit on the disk");
            Error::Busy
        }
        _ => Error::internal("a file that was sent", &error),
    }
}

/// The nonce of a part: its number.
fn nonce(part: usize) -> io::Result<[u8; 12]> {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&u64::try_from(part).map_err(io::Error::other)?.to_be_bytes());
    Ok(nonce)
}

fn spoiled() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a part is not what was written")
}

/// Works with a file away from the threads that serve requests.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// A file that is being written.
pub struct Spooling {
    folder: PathBuf,
    /// `None` before the first whole part.
    file: Option<File>,
    cipher: ChaCha20Poly1305,
    /// The parts in the file.
    parts: usize,
    /// The beginning of the next part.
    last: Vec<u8>,
    digest: Sha256,
}

impl Spooling {
    /// Begins a file in a folder.
    ///
    /// # Errors
    /// When the system gives no random key.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let mut key = zeroize::Zeroizing::new([0; 32]);
        getrandom::fill(&mut key[..]).map_err(|error| io::Error::other(error.to_string()))?;
        let cipher = ChaCha20Poly1305::new(&key);
        Ok(Self { folder: folder.to_path_buf(), file: None, cipher, parts: 0, last: Vec::new(), digest: Sha256::new() })
    }

    /// Takes bytes until a part is whole; returns the others.
    fn take<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let (now, then) = bytes.split_at(bytes.len().min(PART - self.last.len()));
        self.last.extend_from_slice(now);
        then
    }

    /// Writes the part that is whole.
    fn seal(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(tempfile::tempfile_in(&self.folder)?);
        }
        self.digest.update(&self.last);
        let sealed = self.cipher.encrypt(&nonce(self.parts)?, self.last.as_slice()).map_err(|_| spoiled())?;
        if let Some(file) = &mut self.file {
            file.write_all(&sealed)?;
        }
        self.parts += 1;
        self.last.clear();
        Ok(())
    }

    /// Adds bytes on this thread.
    ///
    /// # Errors
    /// When the disk is full or refuses.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            bytes = self.take(bytes);
            if self.last.len() == PART {
                self.seal()?;
            }
        }
        Ok(())
    }

    /// Adds bytes; other tasks go on while the disk works.
    ///
    /// # Errors
    /// As [`Spooling::write`].
    pub async fn add(mut self, mut bytes: &[u8]) -> io::Result<Self> {
        while !bytes.is_empty() {
            bytes = self.take(bytes);
            if self.last.len() == PART {
                self = blocking(move || self.seal().map(|()| self)).await?;
            }
        }
        Ok(self)
    }

    /// Ends the file.
    pub fn end(mut self) -> Spool {
        self.digest.update(&self.last);
        self.last.shrink_to_fit();
        Spool(Arc::new(Spooled {
            size: self.parts * PART + self.last.len(),
            digest: data_encoding::HEXLOWER.encode(&self.digest.finalize()),
            file: self.file.map(Mutex::new),
            cipher: self.cipher,
            parts: self.parts,
            last: self.last,
        }))
    }
}

/// A file that was written whole. Clones share it; its space is free when the last one is dropped.
#[derive(Clone)]
pub struct Spool(Arc<Spooled>);

struct Spooled {
    file: Option<Mutex<File>>,
    cipher: ChaCha20Poly1305,
    /// The parts in the file.
    parts: usize,
    /// The part that is not whole.
    last: Vec<u8>,
    size: usize,
    digest: String,
}

impl std::fmt::Debug for Spool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spool").field("size", &self.0.size).finish_non_exhaustive()
    }
}

impl Spool {
    /// Writes bytes that are in memory already.
    ///
    /// # Errors
    /// As [`Spooling::write`].
    pub fn of(bytes: &[u8], folder: &Path) -> io::Result<Self> {
        let mut spooling = Spooling::new(folder)?;
        spooling.write(bytes)?;
        Ok(spooling.end())
    }

    /// The number of bytes.
    pub fn size(&self) -> usize {
        self.0.size
    }

    /// The SHA-256 of the bytes as text.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// The number of parts.
    pub fn parts(&self) -> usize {
        self.0.parts + usize::from(!self.0.last.is_empty())
    }

    /// Reads a part on this thread.
    fn read(&self, part: usize) -> io::Result<Vec<u8>> {
        if part >= self.0.parts {
            return Ok(self.0.last.clone());
        }
        let file = self.0.file.as_ref().ok_or_else(spoiled)?;
        let mut sealed = vec![0; PART + TAG];
        {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(u64::try_from(part * sealed.len()).map_err(io::Error::other)?))?;
            file.read_exact(&mut sealed)?;
        }
        self.0.cipher.decrypt(&nonce(part)?, sealed.as_slice()).map_err(|_| spoiled())
    }

    /// Returns a part; other tasks go on while the disk works.
    ///
    /// # Errors
    /// When the disk refuses.
    pub async fn part(&self, part: usize) -> io::Result<Vec<u8>> {
        let spool = self.clone();
        blocking(move || spool.read(part)).await
    }

    /// Returns all bytes, on this thread. The caller sees to it that few files are in memory at a time.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn whole(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.0.size);
        for part in 0..self.parts() {
            bytes.extend_from_slice(&self.read(part)?);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize) -> Vec<u8> {
        (0..count).map(|number| u8::try_from(number % 251).expect("a byte")).collect()
    }

    #[tokio::test]
    async fn a_file_comes_back_in_parts_and_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        for count in [0, 1, PART - 1, PART, PART + 1, 3 * PART, 3 * PART + 7] {
            let bytes = numbers(count);
            let mut spooling = Spooling::new(folder.path()).expect("begun");
            for piece in bytes.chunks(10_007) {
                spooling = spooling.add(piece).await.expect("written");
            }
            let spool = spooling.end();
            let mut parts = Vec::new();
            for part in 0..spool.parts() {
                parts.push(spool.part(part).await.expect("read"));
            }
            assert!(parts.iter().rev().skip(1).all(|part| part.len() == PART), "{count}");
            assert_eq!((spool.size(), spool.parts(), parts.concat()), (count, count.div_ceil(PART), bytes.clone()), "{count}");
            assert_eq!(spool.whole().expect("read"), bytes);
            assert_eq!(spool.digest(), data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)));
            assert_eq!(Spool::of(&bytes, folder.path()).expect("written").digest(), spool.digest());
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_disk_shows_neither_a_name_nor_the_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = Spool::of(&b"Potassium 6.9 mmol/L ".repeat(10_000), folder.path()).expect("written");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "it has no name");
        let mut file = spool.0.file.as_ref().expect("a file").lock().expect("alone");
        let mut disk = Vec::new();
        file.seek(SeekFrom::Start(0)).expect("the beginning");
        file.read_to_end(&mut disk).expect("read");
        assert_eq!(disk.len(), spool.0.parts * (PART + TAG));
        assert!(!disk.windows(9).any(|window| window == b"Potassium"), "it is encrypted");
        // A part that was changed on the disk is not given out.
        file.seek(SeekFrom::Start(100)).expect("a place");
        file.write_all(&[disk[100] ^ 1]).expect("changed");
        drop(file);
        assert_eq!(spool.read(0).map_err(|error| error.kind()), Err(io::ErrorKind::InvalidData));
        assert!(spool.read(1).is_ok());
    }

    #[test]
    fn a_folder_that_refuses_is_an_error() {
        let folder = Path::new("/nowhere/at/all");
        assert!(Spool::of(&numbers(PART), folder).is_err());
        assert!(Spool::of(&numbers(PART - 1), folder).is_ok(), "a small file stays in memory");
        assert_eq!(failed(io::Error::from(io::ErrorKind::StorageFull)), Error::Busy);
    }
}
