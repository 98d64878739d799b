//! The unencrypted copy of the database: a file of SQLite, or an archive of `pg_dump` that is also restored into a database beside it,
//! so that it can be checked. Both are removed before the program ends; a run that was killed leaves them to the next one.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use super::{
    Plan, Steps, folder, open_existing,
    postgres::{self, Tools},
};
use crate::{
    db::{Database, Engine, upkeep},
    keys::Source,
    server::config::Config,
};

/// The bytes that stay free for the work of the hospital while a copy is made: 512 MiB.
const SPARE: u64 = 512 * 1024 * 1024;
/// The name of the folder of unencrypted copies.
const FOLDER: &str = ".infirmary-backup";

/// Which engine the configured database has.
pub(super) fn engine_of(config: &Config) -> Result<Engine, String> {
    match upkeep::sqlite_path(&config.database_url) {
        Some(path) if !path.is_file() => Err(format!("there is no database at {}", path.display())),
        Some(_) => Ok(Engine::Sqlite),
        None => Ok(Engine::Postgres),
    }
}

/// The folder of unencrypted copies: beside the database, or beside the keys of a PostgreSQL database.
fn place(config: &Config, named: Option<&Path>) -> PathBuf {
    let beside = match (named, upkeep::sqlite_path(&config.database_url), config.key_source()) {
        (Some(folder), ..) => return folder.join(FOLDER),
        (None, Some(path), _) => path.to_path_buf(),
        (None, None, Source::File(path)) => path,
        (None, None, Source::Setting(_)) => "data/infirmary.keys".into(),
    };
    beside.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).join(FOLDER)
}

/// The name of the database that an archive is restored into for the checks.
fn scratch_name(url: &str) -> Result<String, String> {
    const END: &str = "_infirmary_scratch";
    // PostgreSQL cuts names off after 63 bytes.
    let name = upkeep::database_name(url).map_err(|error| error.to_string())?;
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).take(63 - END.len()).collect();
    Ok(format!("{name}{END}"))
}

/// The place for unencrypted copies, which one run has at a time.
pub(super) struct Scratch {
    pub folder: PathBuf,
    /// For PostgreSQL: the server, and the name of the database for checks.
    server: Option<(String, String)>,
    _lock: File,
}

/// A copy that can be checked.
pub(super) struct Copied {
    /// The file that is encrypted.
    pub file: PathBuf,
    /// The URL of the copy as a database.
    pub url: String,
    /// The major version of PostgreSQL; 0 for SQLite.
    pub version: i64,
}

impl Scratch {
    /// Takes the place and removes what a killed run left in it.
    pub fn begin(config: &Config, plan: &Plan) -> Result<Self, String> {
        Self::at(config, plan.scratch.as_deref())
    }

    /// Like [`Scratch::begin`], with the folder that was named.
    pub fn at(config: &Config, named: Option<&Path>) -> Result<Self, String> {
        let folder = place(config, named);
        folder::private_folder(&folder)?;
        let lock = folder::lock(&folder)?;
        folder::sweep(&folder, &["copy"])?;
        let server = match upkeep::sqlite_path(&config.database_url) {
            Some(_) => None,
            None => Some((config.database_url.clone(), scratch_name(&config.database_url)?)),
        };
        Ok(Self { folder, server, _lock: lock })
    }

    /// Copies the configured database. `sealed_here` says that the encrypted file is written to the same disk first.
    pub async fn copy(&self, config: &Config, steps: &dyn Steps, sealed_here: bool) -> Result<Copied, String> {
        let live = open_existing(&config.database_url).await?;
        let copied = match self.has_room(&live, steps, sealed_here).await {
            Ok(()) => self.copy_of(&live).await,
            Err(error) => Err(error),
        };
        live.close().await;
        copied
    }

    /// Refuses to fill the disk on which the hospital works: a file of SQLite is copied twice, an archive of PostgreSQL is at most as
    /// large as its database.
    async fn has_room(&self, live: &Database, steps: &dyn Steps, sealed_here: bool) -> Result<(), String> {
        let size = live.bytes().await.map_err(|error| format!("the size of the database cannot be read: {error}"))?;
        let copies = u64::from(live.engine() == Engine::Sqlite) + 1 + u64::from(sealed_here);
        let needed = u64::try_from(size).unwrap_or_default().saturating_mul(copies).saturating_add(SPARE);
        let free = steps.free(&self.folder).map_err(|error| format!("{}: {error}", self.folder.display()))?;
        if free >= needed {
            return Ok(());
        }
        let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
        Err(format!(
            "the copies need {} MB at {}, with room for the work of the hospital, and {} MB are free: make room, or name a folder on another \
             disk (`backup_scratch`, `--scratch`)",
            megabytes(needed),
            self.folder.display(),
            megabytes(free)
        ))
    }

    async fn copy_of(&self, live: &Database) -> Result<Copied, String> {
        super::fits(live).await?;
        match live.engine() {
            Engine::Sqlite => {
                let file = self.folder.join("copy.db");
                live.copy_into(&file).await.map_err(|error| format!("the database cannot be copied: {error}"))?;
                Ok(Copied { url: self.trial(&file).await?, file, version: 0 })
            }
            Engine::Postgres => {
                let (file, tools) = (self.folder.join("copy.dump"), Tools::of(live).await?);
                tools.dump(&file).await?;
                let url = self.unpack(&file, live, &tools).await?;
                Ok(Copied { file, url, version: tools.version })
            }
        }
    }

    /// Copies a file of SQLite for the checks, and returns its URL: opening a database may change it, and the file itself stays as it is.
    pub async fn trial(&self, file: &Path) -> Result<String, String> {
        let (from, trial) = (file.to_path_buf(), self.folder.join("copy-trial.db"));
        let url = format!("sqlite:{}", trial.display());
        super::blocking(move || std::fs::copy(&from, &trial).map(drop))
            .await
            .map_err(|error| format!("the copy for the checks: {error}"))?;
        Ok(url)
    }

    /// Restores an archive into a database for checks, and returns its URL.
    pub async fn unpack(&self, archive: &Path, server: &Database, tools: &Tools) -> Result<String, String> {
        let (_, name) = self.server.as_ref().ok_or("there is no PostgreSQL server")?;
        let url = server.create_scratch(name).await.map_err(|error| {
            format!(
                "the database {name}, into which the backup is restored for its check, cannot be made: {error}. The user of the database needs \
                 the right to make databases (`ALTER ROLE … CREATEDB`)"
            )
        })?;
        postgres::restore(tools, archive, &url).await?;
        Ok(url)
    }

    /// Removes the copies.
    pub async fn end(&self) {
        // Copies that cannot be removed now are removed at the next run.
        let _ = folder::sweep(&self.folder, &["copy"]);
        if let Some((url, name)) = &self.server
            && let Ok(server) = Database::open(url).await
        {
            if let Err(error) = server.drop_scratch(name).await {
                tracing::warn!(%error, name, "the database of the check is still there");
            }
            server.close().await;
        }
    }
}
