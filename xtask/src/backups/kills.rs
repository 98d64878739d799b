//! Kills of a backup and of a restore at random moments.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use super::{Hospital, fresh, silently};
use crate::command::{command, output, stopping};
use crate::postgres::Cluster;
use crate::progress;
use crate::server::{self, Build, sqlite_url};
use crate::test::Count;
use crate::torture::Dice;

/// So often the newest backup is opened again although it was opened before.
const AGAIN: u64 = 20;

impl Hospital {
    /// Ends the lease of a killed run now, so that the next run need not wait for ten minutes.
    pub fn end_lease(&self) -> Result<()> {
        let statement = "UPDATE backups SET lease_until = started_at WHERE state = 'running'";
        let mut call = if self.program.database.starts_with("postgres") {
            let mut psql = command("psql");
            psql.args(["--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement]).arg(&self.program.database);
            psql
        } else {
            let mut python = command("python3");
            python.arg("-c").arg("import sqlite3, sys\nwith sqlite3.connect(sys.argv[1], timeout=30) as db: db.execute(sys.argv[2])");
            python.arg(self.program.database.trim_start_matches("sqlite://")).arg(statement);
            python
        };
        output(&mut call).map(drop)
    }
}

/// Kills backups and restores on both engines, half of the times each.
pub fn run(kills: u64) -> Result<Count> {
    let file = server::build(Build::Release)?;
    run_of(&file, kills)
}

/// Kills those of a program.
pub fn run_of(file: &Path, kills: u64) -> Result<Count> {
    for postgres in [false, true] {
        let work = tempfile::tempdir().context("no temporary folder")?;
        let cluster = if postgres { Some(Cluster::throwaway()?) } else { None };
        if let Some(cluster) = &cluster {
            cluster.create_database("hospital")?;
        }
        let database = cluster.as_ref().map_or_else(|| sqlite_url(&work.path().join("hospital.db")), |cluster| cluster.url("hospital"));
        let hospital = Hospital::fill(file.to_path_buf(), database, work.path())?;
        let backup = kill_backups(&hospital, kills / 2)?;
        kill_restores(&hospital, cluster.as_ref(), &backup, kills / 2)?;
    }
    Ok(Count { passed: 4, failed: 0 })
}

fn dice() -> Dice {
    // Another run tries other moments; the torture of the server has a seed because its work depends on it.
    Dice(SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs()))
}

/// Waits for the next second: two backups have names of different seconds.
fn next_second() {
    let past = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_millis());
    thread::sleep(Duration::from_millis(u64::from(1_000 - past.min(1_000)) + 5));
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Kills backups; returns the newest one that counts.
fn kill_backups(hospital: &Hospital, kills: u64) -> Result<String> {
    let folder = hospital.work.join("backups");
    let to = folder.display().to_string();
    let begun = Instant::now();
    output(&mut hospital.backup(&to))?;
    let took = u64::try_from(begun.elapsed().as_millis())?;
    let (mut dice, mut opened, mut made) = (dice(), String::new(), 0);
    for kill in 1..=kills {
        if stopping() {
            bail!("stopped");
        }
        let before = hospital.list(&to, |_| {})?;
        next_second();
        hospital.end_lease()?;
        let mut backup = silently(&mut hospital.backup(&to))?;
        thread::sleep(Duration::from_millis(dice.between(1, took * 11 / 10)));
        backup.kill();
        let after = hospital.list(&to, |_| {})?;
        let newest = after.first().context("no backup is left")?.clone();
        let newer = before.first() != Some(&newest);
        // Superseded ones of the same day may be gone; the newest of before is there unless a newer one counts.
        if !newer && before.first() != after.first() {
            bail!("kill {kill}: {before:?} became {after:?}");
        }
        made += u64::from(newer);
        if newest != opened || kill % AGAIN == 0 {
            let (_, place) = place_for_check(hospital)?;
            output(&mut hospital.restore(&newest, &place, &["--verify"])).with_context(|| format!("after kill {kill}"))?;
            opened = newest;
        }
    }
    next_second();
    hospital.end_lease()?;
    output(&mut hospital.backup(&to))?;
    let left: Vec<_> = names(&folder).into_iter().filter(|name| name.starts_with('.') && name != ".lock").collect();
    let copies: Vec<_> = names(&hospital.work.join("scratch/.infirmary-backup")).into_iter().filter(|name| name != ".lock").collect();
    if !left.is_empty() || !copies.is_empty() {
        bail!("the next backup left {left:?} and {copies:?}");
    }
    progress::note(&format!("{kills} kills of a backup: {made} were whole before the kill, and each that counted opened"));
    hospital.list(&to, |_| {})?.into_iter().next().context("no backup")
}

/// The URL that a check of a backup needs: the engine is that of the backup, and nothing is written to it.
fn place_for_check(hospital: &Hospital) -> Result<(PathBuf, String)> {
    if hospital.program.database.starts_with("postgres") {
        return Ok((PathBuf::new(), hospital.program.database.clone()));
    }
    fresh(&hospital.work, "checked.db")
}

/// Kills restores: the place is empty, or has the whole database.
fn kill_restores(hospital: &Hospital, cluster: Option<&Cluster>, backup: &str, kills: u64) -> Result<()> {
    let empty = || -> Result<(Option<PathBuf>, String)> {
        match cluster {
            Some(cluster) => {
                cluster.drop_database("restored")?;
                cluster.create_database("restored")?;
                Ok((None, cluster.url("restored")))
            }
            None => fresh(&hospital.work, "restored.db").map(|(file, url)| (Some(file), url)),
        }
    };
    let (_, place) = empty()?;
    let begun = Instant::now();
    output(&mut hospital.restore(backup, &place, &[]))?;
    let took = u64::try_from(begun.elapsed().as_millis())?;
    let (mut dice, mut whole) = (dice(), 0);
    for kill in 1..=kills {
        if stopping() {
            bail!("stopped");
        }
        let (file, place) = empty()?;
        let mut restore = silently(&mut hospital.restore(backup, &place, &[]))?;
        thread::sleep(Duration::from_millis(dice.between(1, took * 11 / 10)));
        restore.kill();
        let placed = match (&file, cluster) {
            (Some(file), _) => file.exists(),
            (None, Some(cluster)) => cluster.has_tables("restored")?,
            (None, None) => false,
        };
        if placed {
            whole += 1;
            output(hospital.call(&["check"]).env("DATABASE_URL", &place)).with_context(|| format!("after kill {kill}"))?;
        } else if kill % AGAIN == 0 {
            output(&mut hospital.restore(backup, &place, &[])).with_context(|| format!("the restore after kill {kill}"))?;
        }
    }
    let (_, place) = empty()?;
    output(&mut hospital.restore(backup, &place, &[]))?;
    output(hospital.call(&["check"]).env("DATABASE_URL", &place))?;
    let copies: Vec<_> =
        names(&hospital.work.join("scratch-of-restore/.infirmary-backup")).into_iter().filter(|name| name != ".lock").collect();
    if !copies.is_empty() {
        bail!("the next restore left {copies:?}");
    }
    progress::note(&format!("{kills} kills of a restore: {whole} times the whole database was in its place, else nothing was"));
    Ok(())
}
