//! The hospital that is measured: a fresh copy of the large demo, served by the program and, with the same data, by its
//! floor.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Options;
use crate::command::{Running, cargo, command, run as run_command};
use crate::http::Client;
use crate::postgres::{Cluster, free_port};
use crate::server::{Program, sqlite_url, wait_until_ready};
use crate::{paths, progress};

/// A release build of the program and of its floor.
pub struct Built {
    name: &'static str,
    folder: PathBuf,
}

/// The normal program.
pub const GUARDED: &str = "bench";
/// The program without audit and encryption.
pub const UNGUARDED: &str = "bench_unguarded";

/// Builds [`GUARDED`] or [`UNGUARDED`].
pub fn compile(name: &'static str) -> Result<Built> {
    progress::header(if name == GUARDED { "The server and its floor" } else { "The server without its guards" });
    let features = if name == GUARDED { "--features=ssr" } else { "--features=ssr,unguarded" };
    // Both are built by one command: with two commands, the whole program would be compiled twice.
    run_command(&mut cargo(&["build", "--release", "--package=infirmary", features, "--bin=infirmary", "--example=floor"]))?;
    let release = paths::target().join("release");
    let folder = paths::target().join(name);
    fs::create_dir_all(&folder)?;
    for (from, to) in [("infirmary", "infirmary"), ("examples/floor", "floor")] {
        fs::copy(release.join(from), folder.join(to)).with_context(|| format!("{from} was not built"))?;
    }
    Ok(Built { name, folder })
}

/// Returns the build of an earlier commit, whose `infirmary` and `floor` were copied to `target/bench_before`.
pub fn kept() -> Result<Built> {
    let folder = paths::target().join("bench_before");
    for file in ["infirmary", "floor"] {
        let file = folder.join(file);
        anyhow::ensure!(file.is_file(), "{} is missing: copy it from target/bench of the earlier commit", file.display());
    }
    Ok(Built { name: "bench_before", folder })
}

/// Both servers, ready for requests.
pub struct Measured {
    pub port: u16,
    pub floor_port: u16,
    pub server: Running,
    pub floor: Running,
    /// The ids of the hospital that the floor lists for the measurements.
    pub told: Value,
}

impl Measured {
    /// Fills the hospital, copies it and serves it.
    pub fn open(built: &Built, cluster: Option<&Cluster>, options: Options) -> Result<Self> {
        progress::header("The hospital to be measured");
        let file = built.folder.join("infirmary");
        let database = fresh_copy(built.name, &file, cluster, options)?;
        let program = Program { file, database };
        let port = free_port()?;
        let server = program.serve(port, |serve| {
            serve.env("INFIRMARY_LOG_FILTER", "warn");
        })?;
        let floor_port = free_port()?;
        let mut start = command(built.folder.join("floor"));
        start.env("DATABASE_URL", &program.database).env("FLOOR_PORT", floor_port.to_string());
        let mut floor = Running::start(&mut start)?;
        wait_until_ready(&mut floor, floor_port)?;
        let answer = Client::open(floor_port, "")?.get("/bench/hospital")?;
        let told = serde_json::from_slice(&answer.body).with_context(|| format!("the floor said {}: {}", answer.status, answer.text()))?;
        Ok(Self { port, floor_port, server, floor, told })
    }
}

/// Returns the PostgreSQL cluster with the large hospitals, if PostgreSQL is measured.
pub fn cluster(options: Options) -> Result<Option<Cluster>> {
    options.postgres.then(|| Cluster::kept(&paths::data().join("bench/postgres"))).transpose()
}

/// Returns a fresh copy of the large demo hospital. The original is made once a day, because its data lie around the present
/// time, and is kept in `data/bench`.
fn fresh_copy(name: &str, program: &Path, cluster: Option<&Cluster>, options: Options) -> Result<String> {
    let today = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / (24 * 60 * 60);
    let large = format!("{name}_{today}_{}_{}", options.patients, options.appointments);
    let (filling, copy) = (format!("{name}_filling"), format!("{name}_copy"));
    let folder = paths::data().join("bench");
    fs::create_dir_all(&folder)?;
    let fill = |database: String| -> Result<()> {
        let program = Program { file: program.to_path_buf(), database };
        program.fill_with(&["--patients", &options.patients.to_string(), "--appointments", &options.appointments.to_string()])
    };
    if let Some(cluster) = cluster {
        if !cluster.has_database(&large)? {
            cluster.drop_database(&filling)?;
            cluster.create_database(&filling)?;
            fill(cluster.url(&filling))?;
            cluster.rename_database(&filling, &large)?;
        }
        progress::step("Copying it", || {
            cluster.drop_database(&copy)?;
            cluster.copy_database(&large, &copy)
        })?;
        return Ok(cluster.url(&copy));
    }
    let file = |name: &str| folder.join(format!("{name}.db"));
    let keys = |database: &Path| PathBuf::from(format!("{}.keys", database.display()));
    let (done, filling, copy) = (file(&large), file(&filling), file(&copy));
    if !done.is_file() {
        for suffix in ["", "-wal", "-shm", ".keys"] {
            fs::remove_file(format!("{}{suffix}", filling.display())).ok();
        }
        fill(sqlite_url(&filling))?;
        fs::rename(keys(&filling), keys(&done))?;
        fs::rename(&filling, &done)?;
    }
    progress::step("Copying it", || {
        for suffix in ["-wal", "-shm"] {
            fs::remove_file(format!("{}{suffix}", copy.display())).ok();
        }
        fs::copy(keys(&done), keys(&copy)).context("the copy of its keys failed")?;
        fs::copy(&done, &copy).context("the copy failed").map(drop)
    })?;
    Ok(sqlite_url(&copy))
}
