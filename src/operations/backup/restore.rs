//! Brings a backup back: opens it, compares it with its manifest, checks the database that was in it, and only then puts it where the
//! configured database is to be. A database that is there already is never touched.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Counted, DATABASE, MANIFEST, Manifest, SEALED_MANIFEST, blocking,
    bucket::Bucket,
    check::{self, Checked},
    copy::{Copied, Scratch},
    folder,
    postgres::{self, Tools},
    steps::{Step, Steps},
    write_file,
};
use crate::{
    db::{Database, upkeep},
    operations::age::{Identity, Opened},
    server::{Program, config::Config},
};

/// The folder among the unencrypted copies for what comes from a bucket. Its name begins as those that a later run removes.
const FETCHED: &str = "copy-fetched";
/// The longest manifest that is read.
pub(super) const LONGEST: u64 = 16 * 1024 * 1024;

/// A backup to bring back.
#[derive(Debug)]
pub struct Ask {
    /// The folder of the one backup, or its address in a bucket.
    pub from: PathBuf,
    pub identities: Vec<Identity>,
    /// Only check it, and leave the configured database alone.
    pub verify_only: bool,
    /// Put the database in its place although the checks found faults in it.
    pub despite_findings: bool,
    /// The folder for the unencrypted copy; by default beside the database.
    pub scratch: Option<PathBuf>,
    pub steps: Arc<dyn Steps>,
}

/// A backup that was opened and checked.
#[derive(Debug)]
pub struct Restored {
    pub manifest: Manifest,
    /// The faults that the checks found.
    pub findings: Vec<String>,
    /// Whether the database now stands in its place.
    pub placed: bool,
}

/// Opens and checks a backup, and puts it in its place unless only the check was asked for.
///
/// # Errors
/// A sentence. The place of the configured database is as it was before.
pub async fn restore(program: &'static Program, config: &Config, mut ask: Ask) -> Result<Restored, String> {
    let cleans = ask.steps.cleans();
    if let Some((bucket, name)) = Bucket::of_backup(&ask.from)? {
        let scratch = Scratch::at(config, ask.scratch.as_deref())?;
        ask.from = scratch.folder.join(FETCHED).join(&name);
        let done = async {
            folder::private_folder(&ask.from)?;
            // The manifest is small: a restore that is refused is refused before the database was fetched.
            bucket.fetch(&name, &[MANIFEST, SEALED_MANIFEST], &ask.from).await?;
            let manifest = accepted(config, &ask).await?;
            bucket.fetch(&name, &[DATABASE], &ask.from).await?;
            checked_and_placed(program, config, ask, &scratch, manifest).await
        };
        let done = done.await;
        if cleans {
            scratch.end().await;
        }
        return done;
    }
    let manifest = accepted(config, &ask).await?;
    let scratch = Scratch::at(config, ask.scratch.as_deref())?;
    let done = checked_and_placed(program, config, ask, &scratch, manifest).await;
    if cleans {
        scratch.end().await;
    }
    done
}

/// Opens the manifest, and refuses a backup of the other engine and a place where a database is.
async fn accepted(config: &Config, ask: &Ask) -> Result<Manifest, String> {
    let manifest = open_manifest(ask)?;
    let engine = if upkeep::sqlite_path(&config.database_url).is_some() { "sqlite" } else { "postgres" };
    if manifest.engine != engine {
        return Err(format!("the backup is one of {}, and the setting `database_url` names a database of {engine}", manifest.engine));
    }
    if !ask.verify_only {
        is_free(config).await?;
    }
    Ok(manifest)
}

async fn checked_and_placed(
    program: &'static Program,
    config: &Config,
    ask: Ask,
    scratch: &Scratch,
    manifest: Manifest,
) -> Result<Restored, String> {
    let (steps, verify_only, despite) = (ask.steps.clone(), ask.verify_only, ask.despite_findings);
    let before = |step: Step| steps.before(step).map_err(|error| format!("{}: {error}", step.words()));
    before(Step::Open)?;
    let opened = open_database(ask, scratch, &manifest).await?;
    before(Step::Verify)?;
    let server = match manifest.engine.as_str() {
        "postgres" => {
            let db = Database::open(&config.database_url).await.map_err(|error| format!("the database does not open: {error}"))?;
            // A new server lacks the role that the archive gives rights to.
            let role = db.ensure_role().await.map_err(|error| format!("the role infirmary_app cannot be made: {error}"));
            let tools = Tools::of(&db).await;
            let unpacked = match (role, tools) {
                (Ok(()), Ok(tools)) => scratch.unpack(&opened, &db, &tools).await.map(|url| (url, tools)),
                (Err(error), _) | (_, Err(error)) => Err(error),
            };
            db.close().await;
            Some(unpacked?)
        }
        _ => None,
    };
    let url = match &server {
        Some((url, _)) => url.clone(),
        None => scratch.trial(&opened).await?,
    };
    let copied = Copied { file: opened, url, version: manifest.engine_version };
    let Checked { findings, .. } = check::check(program, config, &copied, Some(&manifest)).await?;
    if verify_only {
        return Ok(Restored { manifest, findings, placed: false });
    }
    if !findings.is_empty() && !despite {
        return Err(format!(
            "the checks found {} faults in the database of the backup, and nothing was restored; `--despite-findings` restores it all the \
             same:\n{}",
            findings.len(),
            findings.join("\n")
        ));
    }
    before(Step::Place)?;
    match server {
        None => place_file(config, &copied.file)?,
        Some((_, tools)) => {
            is_free(config).await?;
            postgres::restore(&tools, &copied.file, &config.database_url).await?;
        }
    }
    Ok(Restored { manifest, findings, placed: true })
}

/// Refuses a place where a database is.
async fn is_free(config: &Config) -> Result<(), String> {
    let url = &config.database_url;
    if let Some(path) = upkeep::sqlite_path(url) {
        let beside = ["-wal", "-shm", "-journal"].into_iter().map(|end| PathBuf::from(format!("{}{end}", path.display())));
        if let Some(file) = beside.into_iter().find(|file| file.exists()) {
            return Err(format!(
                "{} is there: a program has the database open, or ended without closing it. Stop it and move the files away",
                file.display()
            ));
        }
        return if upkeep::is_vacant(path) {
            Ok(())
        } else {
            Err(format!(
                "there is a database at {}: a restore never overwrites one. Stop the server and move the file away",
                path.display()
            ))
        };
    }
    let db =
        Database::open(url).await.map_err(|error| format!("the database does not open: {error}. Make an empty one (`createdb`) first"))?;
    let mut about = db.occupants().await;
    // PostgreSQL counts a closed connection until its process has ended, seconds on a busy machine.
    for _ in 0..50 {
        if !matches!(about, Ok((false, 1..))) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        about = db.occupants().await;
    }
    db.close().await;
    match about.map_err(|error| error.to_string())? {
        (true, _) => Err(format!("{} has tables: a restore never overwrites a database. Make an empty one (`createdb`)", db.shown_url())),
        (_, others @ 1..) => Err(format!("{} is in use by {others} other connections: stop the server first", db.shown_url())),
        _ => Ok(()),
    }
}

fn words(path: &Path) -> impl Fn(io::Error) -> String + '_ {
    move |error| format!("{}: {}", path.display(), super::in_words(&error))
}

/// Reads the manifest and compares it with its sealed copy.
fn open_manifest(ask: &Ask) -> Result<Manifest, String> {
    let name = ask.from.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name.starts_with('.') {
        return Err(format!("{} is an unfinished backup", ask.from.display()));
    }
    let plain = ask.from.join(MANIFEST);
    if !plain.is_file() {
        return Err(format!("{} is no backup: there is no {MANIFEST} in it. Name one folder `infirmary-…`", ask.from.display()));
    }
    let text = fs::read(&plain).map_err(words(&plain))?;
    let sealed = ask.from.join(SEALED_MANIFEST);
    let mut known = Vec::new();
    let read = File::open(&sealed).and_then(|file| Opened::new(file, &ask.identities)?.take(LONGEST).read_to_end(&mut known));
    read.map_err(words(&sealed))?;
    if known != text {
        return Err(format!("{} differs from its sealed copy {SEALED_MANIFEST}: one of them was changed", plain.display()));
    }
    Manifest::read(&String::from_utf8_lossy(&text))
}

/// Opens the sealed copy into the scratch folder and compares both digests with the manifest.
async fn open_database(ask: Ask, scratch: &Scratch, manifest: &Manifest) -> Result<PathBuf, String> {
    let sealed = ask.from.join(DATABASE);
    let file = scratch.folder.join(if manifest.engine == "sqlite" { "copy.db" } else { "copy.dump" });
    let (to, plain, shut) = (file.clone(), manifest.plain.clone(), manifest.sealed.clone());
    blocking(move || {
        let wrong = |what: &str| io::Error::other(format!("{}: {what}: the file was changed or is damaged", sealed.display()));
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", sealed.display()));
        let mut digest = Counted::new(io::sink());
        io::copy(&mut File::open(&sealed).map_err(named)?, &mut digest).map_err(named)?;
        if digest.bytes() != shut {
            return Err(wrong("its length or digest is not that of the manifest"));
        }
        let mut from = Opened::new(File::open(&sealed).map_err(named)?, &ask.identities).map_err(named)?;
        let mut found = None;
        write_file(&to, &*ask.steps, |out| {
            let mut counted = Counted::new(out);
            io::copy(&mut from, &mut counted)?;
            counted.flush()?;
            found = Some(counted.bytes());
            Ok(())
        })?;
        if found == Some(plain) { Ok(()) } else { Err(wrong("its content is not that of the manifest")) }
    })
    .await?;
    Ok(file)
}

/// Gives a checked file the name of the configured database, unless another took it meanwhile.
fn place_file(config: &Config, file: &Path) -> Result<(), String> {
    let path = upkeep::sqlite_path(&config.database_url).ok_or("the database is not a file")?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(words(folder))?;
    // An empty file is there after a program opened a database that did not exist.
    if fs::metadata(path).is_ok_and(|about| about.len() == 0) {
        fs::remove_file(path).map_err(words(path))?;
    }
    File::open(file).and_then(|file| file.sync_all()).map_err(words(file))?;
    let beside = PathBuf::from(format!("{}.restoring", path.display()));
    // The scratch folder may be on another disk; then the file is copied beside its place first.
    let linked = fs::hard_link(file, path);
    let linked = match linked {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            let copied = fs::copy(file, &beside).and_then(|_| File::open(&beside)?.sync_all()).and_then(|()| fs::hard_link(&beside, path));
            let _ = fs::remove_file(&beside);
            copied
        }
        other => other,
    };
    linked.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => format!("there is a database at {}: a restore never overwrites one", path.display()),
        _ => words(path)(error),
    })?;
    crate::keys::give_to_folder(path)?;
    folder::sync(folder)
}
