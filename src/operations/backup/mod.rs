//! Makes a backup: copies the database, checks the copy as `infirmary check` and `infirmary audit verify` do, encrypts it, reads it back,
//! and gives it its name last. A bucket of S3 takes the place of the folder when the place begins with `s3://`.

mod bucket;
mod check;
mod copy;
mod folder;
mod manifest;
mod postgres;
mod restore;
mod retention;
mod s3;
mod steps;

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

pub use bucket::{list, read_beside, write_beside};
pub use folder::{Found, found, newest_at};
pub use manifest::{Bytes, Manifest};
pub use restore::{Ask, Restored, restore};
pub use retention::{Kept, superseded};
pub use steps::{AsItIs, Step, Steps};

use super::age::{Recipient, Seal};
use crate::{
    core::time::Instant,
    db::Database,
    server::{Program, config::Config},
};

/// The files of a backup.
const DATABASE: &str = "database.age";
const MANIFEST: &str = "manifest.json";
const SEALED_MANIFEST: &str = "manifest.age";

/// The folder among the unencrypted copies for what goes to a bucket. Its name begins as those that a later run removes.
const UPLOAD: &str = "copy-upload";

/// The sentence that each command and page says.
pub const WITHOUT_KEYS: &str =
    "The key file is not in the backup: without a copy of it, kept elsewhere, nobody can read the sealed fields again";

/// A backup to be made.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The folder that holds the backups, or the address of a bucket (`s3://…`).
    pub to: PathBuf,
    /// The public keys that it is encrypted to.
    pub recipients: Vec<Recipient>,
    /// The folder for the unencrypted copy; by default beside the database.
    pub scratch: Option<PathBuf>,
    pub steps: Arc<dyn Steps>,
}

/// A backup that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The folder of the backup, or its address in a bucket.
    pub folder: PathBuf,
    pub manifest: Manifest,
    /// The older backups that were removed.
    pub removed: Vec<PathBuf>,
    /// The reason that older ones could not be removed; the new one counts all the same.
    pub not_removed: Option<String>,
}

/// Makes a backup of the configured database while servers work.
///
/// # Errors
/// A sentence. No backup of this name exists then, and older ones stay.
pub async fn make(program: &'static Program, config: &Config, plan: &Plan, now: Instant) -> Result<Made, String> {
    if plan.recipients.is_empty() {
        return Err(
            "a backup is encrypted to a public key, and the setting `backup_key` has none, or one with a slip: `infirmary backup key` \
             makes one"
                .to_owned(),
        );
    }
    let engine = copy::engine_of(config)?;
    let scratch = copy::Scratch::begin(config, plan)?;
    let bucket = if s3::is_address(&plan.to) { Some(bucket::Bucket::open(&plan.to)?) } else { None };
    // A backup for a bucket is written on this machine first.
    let beside = scratch.folder.join(UPLOAD);
    let folder = folder::Partial::begin(if bucket.is_some() { &beside } else { &plan.to }, now)?;
    let done = steps_of(program, config, plan, &scratch, &folder, bucket.as_ref(), engine, now).await;
    // After a kill nothing cleans up; the tests do the same.
    if plan.steps.cleans() {
        folder.end();
        scratch.end().await;
    }
    let (name, manifest) = done?;
    let removed = match &bucket {
        Some(bucket) => bucket.remove_superseded(&*plan.steps).await,
        None => folder::remove_superseded(&plan.to, &*plan.steps),
    };
    let not_removed = removed.as_ref().err().cloned();
    Ok(Made { folder: name, manifest, removed: removed.unwrap_or_default(), not_removed })
}

async fn steps_of(
    program: &'static Program,
    config: &Config,
    plan: &Plan,
    scratch: &copy::Scratch,
    folder: &folder::Partial,
    bucket: Option<&bucket::Bucket>,
    engine: crate::db::Engine,
    now: Instant,
) -> Result<(PathBuf, Manifest), String> {
    let before = |step: Step| plan.steps.before(step).map_err(|error| format!("{}: {error}", step.words()));
    if let Some(bucket) = bucket {
        // An unreachable server is reported before hours of work.
        bucket.prepare(folder.name(), now).await?;
    }
    before(Step::Copy)?;
    let copied = scratch.copy(config, &*plan.steps, bucket.is_some()).await?;
    before(Step::Check)?;
    let checked = check::check(program, config, &copied, None).await?;
    before(Step::Seal)?;
    let sealed = seal_file(&copied.file, folder.file(DATABASE), plan).await?;
    before(Step::ReadBack)?;
    read_back(folder.file(DATABASE), sealed.sealed.clone()).await?;
    let manifest = Manifest {
        format: manifest::FORMAT,
        made_at: now,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        engine: engine.as_str().to_owned(),
        engine_version: copied.version,
        schema: checked.schema,
        rows: checked.rows,
        plain: sealed.plain,
        sealed: sealed.sealed,
        current_key: checked.current_key,
        oldest_key: checked.oldest_key,
        recipients: plan.recipients.iter().map(ToString::to_string).collect(),
        findings: checked.findings,
        key_file: WITHOUT_KEYS.to_owned(),
    };
    before(Step::Manifest)?;
    let (text, plan_of, plain, shut) = (manifest.to_json()?, plan.clone(), folder.file(MANIFEST), folder.file(SEALED_MANIFEST));
    blocking(move || {
        write_file(&plain, &*plan_of.steps, |out| out.write_all(text.as_bytes()))?;
        write_file(&shut, &*plan_of.steps, |out| {
            let mut seal = Seal::new(out, &plan_of.recipients)?;
            seal.write_all(text.as_bytes())?;
            seal.finish().map(drop)
        })
    })
    .await?;
    before(Step::Publish)?;
    let place = match bucket {
        Some(bucket) => {
            let sent = bucket.upload(folder, &manifest, &*plan.steps).await;
            if sent.is_err() && plan.steps.cleans() {
                bucket.forget(folder.name()).await;
            }
            sent?
        }
        None => folder.publish()?,
    };
    Ok((place, manifest))
}

/// Refuses a database whose schema is not that of this program.
///
/// # Errors
/// A sentence.
pub async fn fits(live: &Database) -> Result<(), String> {
    let newest = Database::newest_schema();
    match live.schema().await.map_err(|error| format!("the database does not answer: {error}"))? {
        Some(schema) if schema == newest => Ok(()),
        Some(schema) => Err(format!(
            "the database has schema {schema} and this program schema {newest}: back it up with the program that serves it, or run \
             `infirmary migrate` first"
        )),
        None => Err("the database is empty: there is nothing to back up".to_owned()),
    }
}

/// The sizes and digests of a sealed file.
struct SealedFile {
    plain: Bytes,
    sealed: Bytes,
}

async fn seal_file(from: &Path, to: PathBuf, plan: &Plan) -> Result<SealedFile, String> {
    let (from, plan) = (from.to_path_buf(), plan.clone());
    blocking(move || {
        let mut plain = Counted::new(io::sink());
        let mut sealed = None;
        write_file(&to, &*plan.steps, |out| {
            let mut seal = Seal::new(Counted::new(out), &plan.recipients)?;
            let mut source = BufReader::with_capacity(1 << 20, File::open(&from)?);
            let mut piece = vec![0; 1 << 16];
            loop {
                let some = source.read(&mut piece)?;
                if some == 0 {
                    break;
                }
                plain.write_all(&piece[..some])?;
                seal.write_all(&piece[..some])?;
            }
            sealed = Some(seal.finish()?.bytes());
            Ok(())
        })?;
        let sealed = sealed.ok_or_else(|| io::Error::other("nothing was written"))?;
        Ok(SealedFile { plain: plain.bytes(), sealed })
    })
    .await
}

/// Reads a file again from the disk, and compares it with the bytes that were written.
async fn read_back(file: PathBuf, wanted: Bytes) -> Result<(), String> {
    blocking(move || {
        let mut counted = Counted::new(io::sink());
        io::copy(&mut File::open(&file)?, &mut counted)?;
        if counted.bytes() == wanted {
            Ok(())
        } else {
            Err(io::Error::other(format!("{}: the disk gave back other bytes than were written", file.display())))
        }
    })
    .await
}

/// Writes a new file that only its owner reads, and waits until it is on the disk.
fn write_file(path: &Path, steps: &dyn Steps, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {}", path.display(), in_words(&error)));
    let file = new_file(path).map_err(named)?;
    let mut out = BufWriter::with_capacity(1 << 18, steps.writer(file.try_clone().map_err(named)?));
    write(&mut out).and_then(|()| out.flush()).map_err(named)?;
    file.sync_all().map_err(named)?;
    crate::keys::give_to_folder(path).map_err(io::Error::other)
}

/// Makes a new file that only its owner reads.
fn new_file(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Says what the system's commonest refusals mean.
fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => format!("the disk is full ({error})"),
        io::ErrorKind::PermissionDenied => format!("this user may not write there ({error})"),
        io::ErrorKind::ReadOnlyFilesystem => format!("the disk is read-only ({error})"),
        _ => error.to_string(),
    }
}

/// Runs work with files on a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?;
    done.map_err(|error| error.to_string())
}

/// Counts and digests the bytes that pass.
struct Counted<W> {
    out: W,
    length: u64,
    digest: Sha256,
}

impl<W> Counted<W> {
    fn new(out: W) -> Self {
        Self { out, length: 0, digest: Sha256::new() }
    }

    fn bytes(self) -> Bytes {
        Bytes { length: self.length, sha256: data_encoding::HEXLOWER.encode(&self.digest.finalize()) }
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let some = self.out.write(bytes)?;
        self.digest.update(&bytes[..some]);
        self.length += u64::try_from(some).unwrap_or_default();
        Ok(some)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Opens a database that exists; a missing SQLite file is an error and is not created.
pub(super) async fn open_existing(url: &str) -> Result<Database, String> {
    if let Some(path) = crate::db::upkeep::sqlite_path(url)
        && !path.is_file()
    {
        return Err(format!("there is no database at {}", path.display()));
    }
    Database::open(url).await.map_err(|error| format!("the database does not open: {error}"))
}
