//! A separate PostgreSQL cluster: created in a folder, started on a free port of this machine only, and stopped when it
//! is dropped.

use std::fs;
use std::io::{Read, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{command, output};
use crate::{install, paths, progress};

/// The purpose of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Data that must survive a power failure.
    Keep,
    /// Tests: the data are deleted at the end, so no write waits for the disk.
    Throwaway,
    /// The drill: as `Keep`, and `pgBackRest` reaches it by a socket in its folder.
    Drill,
    /// The remains of a cluster of the drill: it is read once, and archives nothing.
    Ruin,
}

/// A running cluster; it is stopped when this value is dropped.
pub struct Cluster {
    programs: PathBuf,
    user: Option<String>,
    folder: PathBuf,
    data: PathBuf,
    purpose: Purpose,
    port: u16,
    password: String,
    /// Variables for the server and the programs of its owner.
    environment: Vec<(String, String)>,
    /// The folder that is removed after the server has stopped.
    temporary: Option<tempfile::TempDir>,
}

impl Cluster {
    /// Starts the cluster in a folder that stays; creates it first if there is none.
    pub fn kept(folder: &Path) -> Result<Self> {
        Self::start(folder, Purpose::Keep)
    }

    /// Starts a cluster in a temporary folder, which is removed when the cluster is dropped.
    pub fn throwaway() -> Result<Self> {
        let folder = tempfile::tempdir_in(paths::short_lived()).context("no temporary folder")?;
        let mut cluster = Self::start(folder.path(), Purpose::Throwaway)?;
        cluster.temporary = Some(folder);
        Ok(cluster)
    }

    /// Starts the cluster of a drill, with variables for its server and for [`Cluster::as_owner`].
    pub fn drilled(folder: &Path, environment: Vec<(String, String)>) -> Result<Self> {
        let mut cluster = Self::prepared(folder, Purpose::Drill)?;
        let password = cluster.password.clone();
        cluster.environment = [environment, vec![("PGPASSWORD".to_owned(), password)]].concat();
        cluster.first_start()?;
        Ok(cluster)
    }

    /// Starts what is left of a cluster, whose data were moved to `folder/cluster`.
    pub fn ruin(&self, folder: &Path) -> Result<Self> {
        fs::copy(self.folder.join("password"), folder.join("password"))?;
        let cluster = Self::prepared(folder, Purpose::Ruin)?;
        cluster.launch()?;
        Ok(cluster)
    }

    /// Makes a streaming replica in a folder, and starts it.
    pub fn replica(&self, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        fs::copy(self.folder.join("password"), folder.join("password"))?;
        let mut replica = Self::prepared(folder, Purpose::Drill)?;
        replica.environment.clone_from(&self.environment);
        let mut copy = replica.owned("pg_basebackup");
        copy.args(["-R", "-X", "stream", "-C", "-S", "replica1", "--no-password", "-c", "fast", "-D"]).arg(&replica.data);
        output(copy.arg("-d").arg(self.url("postgres")))?;
        replica.launch()?;
        Ok(replica)
    }

    /// Makes a replica the primary, and waits until it takes writes.
    pub fn promote(&self) -> Result<()> {
        output(self.owned("pg_ctl").arg("promote").arg("-D").arg(&self.data).args(["-w", "-s"])).map(drop)
    }

    /// The folder of its data.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Adds a file of settings, and starts the server again.
    pub fn include(&self, settings: &Path) -> Result<()> {
        let file = self.data.join("postgresql.conf");
        let mut conf = fs::OpenOptions::new().append(true).open(&file).with_context(|| format!("cannot open {}", file.display()))?;
        writeln!(conf, "include '{}'", settings.display())?;
        self.stop()?;
        self.launch()
    }

    /// Stops the server after what is under way.
    pub fn stop(&self) -> Result<()> {
        output(self.owned("pg_ctl").arg("stop").arg("-D").arg(&self.data).args(["-m", "fast", "-w", "-s"])).map(drop)
    }

    fn start(folder: &Path, purpose: Purpose) -> Result<Self> {
        let cluster = Self::prepared(folder, purpose)?;
        cluster.first_start()?;
        Ok(cluster)
    }

    fn first_start(&self) -> Result<()> {
        if !self.data.join("PG_VERSION").is_file() {
            progress::step("Making a PostgreSQL cluster", || self.make(&self.folder.join("password")))?;
        }
        self.stop_stale()?;
        progress::step("Starting PostgreSQL", || self.launch())
    }

    fn prepared(folder: &Path, purpose: Purpose) -> Result<Self> {
        let programs = ensure_programs()?;
        let user = owner()?;
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let password_file = folder.join("password");
        let cluster = Self {
            password: password(&password_file)?,
            folder: folder.to_path_buf(),
            data: folder.join("cluster"),
            purpose,
            port: free_port()?,
            programs,
            user,
            environment: Vec::new(),
            temporary: None,
        };
        cluster.give_to_owner(folder)?;
        Ok(cluster)
    }

    /// Returns the URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://infirmary:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// Whether there is a database with this name.
    pub fn has_database(&self, name: &str) -> Result<bool> {
        Ok(self.sql(&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'"))?.trim() == "1")
    }

    /// Whether a database has tables of ours.
    pub fn has_tables(&self, database: &str) -> Result<bool> {
        let count = self.sql_in(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")?;
        Ok(count.trim() != "0")
    }

    /// Creates an empty database.
    pub fn create_database(&self, name: &str) -> Result<()> {
        self.sql(&format!("CREATE DATABASE {name}")).map(drop)
    }

    /// Copies a database without connections.
    pub fn copy_database(&self, from: &str, to: &str) -> Result<()> {
        self.sql(&format!("CREATE DATABASE {to} TEMPLATE {from} STRATEGY FILE_COPY")).map(drop)
    }

    /// Renames a database.
    pub fn rename_database(&self, from: &str, to: &str) -> Result<()> {
        self.sql(&format!("ALTER DATABASE {from} RENAME TO {to}")).map(drop)
    }

    /// Drops a database, if it exists.
    pub fn drop_database(&self, name: &str) -> Result<()> {
        self.sql(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).map(drop)
    }

    /// Stops the server immediately, without a clean shutdown, as a power failure does.
    pub fn cut_off(&self) -> Result<()> {
        output(self.owned("pg_ctl").arg("stop").arg("-D").arg(&self.data).args(["-m", "immediate", "-w", "-s"])).map(drop)
    }

    /// Starts the server again, on the same port.
    pub fn launch(&self) -> Result<()> {
        let mut options = format!("-p {} -c listen_addresses=127.0.0.1", self.port);
        if self.purpose == Purpose::Drill {
            options.push_str(&format!(" -c unix_socket_directories={}", self.folder.display()));
        } else {
            options.push_str(" -c unix_socket_directories=''");
        }
        if self.purpose == Purpose::Ruin {
            options.push_str(" -c archive_mode=off");
        }
        options.push_str(" -c max_connections=200 -c shared_buffers=256MB");
        if self.purpose == Purpose::Throwaway {
            options.push_str(" -c fsync=off -c synchronous_commit=off -c full_page_writes=off");
            // Databases live for seconds: what sweeps, ships or compiles for the long run costs a tenth of the server's time.
            options.push_str(" -c autovacuum=off -c wal_level=minimal -c max_wal_senders=0 -c jit=off");
        }
        let log = self.folder.join("postgres.log");
        output(self.owned("pg_ctl").arg("start").arg("-D").arg(&self.data).arg("-l").arg(&log).args(["-w", "-t", "60", "-o", &options]))
            .map(drop)
            .with_context(|| format!("PostgreSQL did not start; its log is {}", log.display()))
    }

    fn sql(&self, text: &str) -> Result<String> {
        self.sql_in("postgres", text)
    }

    /// Runs a statement in a database and returns its rows, with `|` between columns.
    pub fn sql_in(&self, database: &str, text: &str) -> Result<String> {
        let psql = self.programs.join("psql");
        let program = if psql.is_file() { psql } else { PathBuf::from("psql") };
        output(command(program).args(["--no-psqlrc", "-qtA", "-v", "ON_ERROR_STOP=1", "-c", text]).arg(self.url(database)))
    }

    fn make(&self, password_file: &Path) -> Result<()> {
        // Tests connect thousands of times, and the development build spends a quarter of its time on the 4,096 rounds of SCRAM.
        let auth = if self.purpose == Purpose::Throwaway { "--auth=md5" } else { "--auth=scram-sha-256" };
        output(self.owned("initdb").arg("--pgdata").arg(&self.data).arg("--pwfile").arg(password_file).args([
            "--username=infirmary",
            auth,
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]))
        .map(drop)
    }

    /// Handles the server of a workbench that was killed, which still runs on an unknown port.
    fn stop_stale(&self) -> Result<()> {
        if self.data.join("postmaster.pid").is_file() {
            let running = output(self.owned("pg_ctl").arg("status").arg("-D").arg(&self.data)).is_ok();
            if running {
                bail!(
                    "another run is using the PostgreSQL in {0}; end it first, or, if none is left, call \
                     `pg_ctl stop -D {0}`",
                    self.data.display()
                );
            }
        }
        Ok(())
    }

    /// PostgreSQL refuses to run as root, so root gives the folder and the programs to another user.
    pub fn give_to_owner(&self, folder: &Path) -> Result<()> {
        let Some(user) = &self.user else {
            return Ok(());
        };
        output(command("chown").args(["-R", user]).arg(folder))?;
        if output(self.as_owner("test").arg("-w").arg(folder)).is_err() {
            bail!("the user {user}, who must run PostgreSQL instead of root, cannot reach {}", folder.display());
        }
        Ok(())
    }

    fn owned(&self, program: &str) -> Command {
        self.as_owner(self.programs.join(program))
    }

    /// Returns a call of a program by the owner of the cluster.
    pub fn as_owner(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        let Some(user) = &self.user else {
            let mut command = somewhere_readable(command(program));
            command.envs(environment);
            return command;
        };
        let mut runuser = command("runuser");
        runuser.args(["-u", user, "--"]).arg(program).envs(environment);
        somewhere_readable(runuser)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // This does not use `output`, which refuses to start any command once the user has asked to stop.
        let mut stop = self.owned("pg_ctl");
        stop.arg("stop").arg("-D").arg(&self.data).args(["-m", "fast", "-w", "-s"]);
        if !stop.status().is_ok_and(|status| status.success()) {
            progress::warn(&format!("PostgreSQL in {} may still be running", self.data.display()));
        }
    }
}

/// Returns the folder of `initdb` and the other server programs. Debian does not put them on the `PATH`.
fn ensure_programs() -> Result<PathBuf> {
    if let Some(found) = find_programs() {
        return Ok(found);
    }
    install::packages(&["postgresql", "postgresql-client"], "running on PostgreSQL")?;
    find_programs().context("PostgreSQL was installed, but there is no initdb in /usr/lib/postgresql/*/bin")
}

fn find_programs() -> Option<PathBuf> {
    let version = |folder: &PathBuf| folder.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let debian = fs::read_dir("/usr/lib/postgresql").ok().and_then(|versions| {
        versions
            .filter_map(Result::ok)
            .map(|entry| entry.path().join("bin"))
            .filter(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
            .max_by_key(version)
    });
    debian.or_else(|| {
        let folder = paths::program("initdb")?.parent()?.to_path_buf();
        folder.join("pg_ctl").is_file().then_some(folder)
    })
}

/// Returns the user who runs the cluster instead of root: `postgres`, or `nobody`.
fn owner() -> Result<Option<String>> {
    if !install::is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let there = |name: &&str| users.lines().any(|line| line.split(':').next() == Some(*name));
    let user = ["postgres", "nobody"].into_iter().find(there);
    user.map(|name| Some(name.to_owned())).context("PostgreSQL cannot run as root, and there is neither `postgres` nor `nobody`")
}

/// Returns the cluster's password, which is created once and kept beside the data.
fn password(file: &Path) -> Result<String> {
    if let Ok(kept) = fs::read_to_string(file) {
        return Ok(kept.trim().to_owned());
    }
    let mut bytes = [0_u8; 16];
    fs::File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut bytes)).context("no randomness")?;
    let text = format!("{:032x}", u128::from_be_bytes(bytes));
    let secret = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    secret.and_then(|mut secret| secret.write_all(text.as_bytes())).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(text)
}

/// Runs the command in `/`, because the cluster's owner may not be able to read the project's folder.
fn somewhere_readable(mut command: Command) -> Command {
    command.current_dir("/").env("LC_ALL", "C.UTF-8");
    command
}

/// Returns a port that is free at this moment.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let first = password(&file).unwrap();
        assert_eq!(first.len(), 32);
        assert_eq!(password(&file).unwrap(), first);
    }
}
