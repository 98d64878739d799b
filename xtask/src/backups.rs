//! Checks backups with the real program: in a bucket of moto's server, which shares no code with the program, and with 200 kills of a backup
//! and of a restore, after which the old or the new backup counts and opens.

pub mod bucket;
pub mod kills;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{Running, output};
use crate::server::{Program, sqlite_url};

/// A hospital whose backups are checked, with the pair of keys for them.
pub struct Hospital {
    pub program: Program,
    /// The file of the keys that seal fields.
    pub keys: PathBuf,
    /// The public key of backups, and the file with the private one.
    pub public: String,
    pub identity: PathBuf,
    pub work: PathBuf,
}

impl Hospital {
    /// Fills a demo hospital in a folder.
    pub fn fill(file: PathBuf, database: String, work: &Path) -> Result<Self> {
        let keys = work.join("hospital.keys");
        let program = Program { file, database };
        let mut this = Self { program, keys, public: String::new(), identity: work.join("identity"), work: work.to_path_buf() };
        output(this.call(&["demo"]).env("INFIRMARY_LOG_FILTER", "info,sqlx=error"))?;
        let said = output(&mut this.call(&["backup", "key"]))?;
        let key = said.lines().find_map(|line| line.strip_prefix("# public key: ")).context("there is no public key")?;
        key.clone_into(&mut this.public);
        fs::write(&this.identity, &said)?;
        fs::set_permissions(&this.identity, fs::Permissions::from_mode(0o600))?;
        Ok(this)
    }

    /// A call of the program with the hospital's keys.
    pub fn call(&self, arguments: &[&str]) -> Command {
        let mut call = self.program.call(arguments);
        call.env("INFIRMARY_KEY_FILE", &self.keys).env("INFIRMARY_BACKUP_KEY", &self.public);
        call.env("INFIRMARY_BACKUP_SCRATCH", self.work.join("scratch"));
        call
    }

    /// A call of `backup` into a place.
    pub fn backup(&self, to: &str) -> Command {
        self.call(&["backup", "--to", to])
    }

    /// A call of `restore` from a place, with further options, into another database.
    pub fn restore(&self, from: &str, into: &str, options: &[&str]) -> Command {
        let mut call = self.call(&["restore", "--from", from, "--identity"]);
        call.arg(&self.identity).arg("--scratch").arg(self.work.join("scratch-of-restore")).args(options).env("DATABASE_URL", into);
        call
    }

    /// The backups that count, the newest first, as `backup list` names them. An unreadable one is an error.
    pub fn list(&self, to: &str, adjust: impl FnOnce(&mut Command)) -> Result<Vec<String>> {
        let mut call = self.call(&["backup", "list", "--to", to]);
        adjust(&mut call);
        let said = output(&mut call)?;
        if said.contains("UNREADABLE") || said.contains("WITH FINDINGS") {
            bail!("a backup does not count: {said}");
        }
        Ok(said.lines().filter(|line| line.contains("  sound  ")).filter_map(|line| line.split("  ").next()).map(str::to_owned).collect())
    }
}

/// An empty place for a database of SQLite.
pub fn fresh(work: &Path, name: &str) -> Result<(PathBuf, String)> {
    let file = work.join(name);
    for end in ["", "-wal", "-shm"] {
        let beside = PathBuf::from(format!("{}{end}", file.display()));
        if beside.exists() {
            fs::remove_file(&beside)?;
        }
    }
    let url = sqlite_url(&file);
    Ok((file, url))
}

/// Runs a command that must fail, and returns its words, which must contain `words`.
pub fn refused(command: &mut Command, words: &str) -> Result<String> {
    match output(command) {
        Ok(said) => bail!("it was not refused: {said}"),
        Err(error) if error.to_string().contains(words) => Ok(error.to_string()),
        Err(error) => Err(error.context(format!("`{words}` is not said"))),
    }
}

/// Starts a command that says nothing here.
pub fn silently(command: &mut Command) -> Result<Running> {
    Running::start(command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()))
}
