//! Backups in a bucket: made, listed by another library, restored, damaged, interrupted, thinned out, and the server away.

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{Hospital, fresh, refused, silently};
use crate::command::{Running, command, output, stopping};
use crate::http::Client;
use crate::postgres::free_port;
use crate::server::{self, Build, sqlite_url};
use crate::test::Count;
use crate::{paths, progress, python};

const MOTO: &str = "moto[server]==5.2.5";
const TO: &str = "s3://infirmary/hospital";
/// The number of kills while a backup is sent.
const KILLS: u32 = 8;

/// The server of moto, and boto3 beside it.
struct Moto {
    server: Running,
    python: PathBuf,
    endpoint: String,
}

impl Moto {
    fn start() -> Result<Self> {
        let bin = python::with(MOTO, "the check of backups in a bucket")?;
        let port = free_port()?;
        let server = silently(command(bin.join("moto_server")).args(["-H", "127.0.0.1", "-p", &port.to_string()]))?;
        let moto = Self { server, python: bin.join("python"), endpoint: format!("http://127.0.0.1:{port}") };
        let begun = Instant::now();
        while moto.other(&["make"]).is_err() {
            if begun.elapsed() > Duration::from_mins(1) || stopping() {
                bail!("moto's server does not answer");
            }
            thread::sleep(Duration::from_millis(200));
        }
        Ok(moto)
    }

    /// Acts of boto3 on the bucket.
    fn other(&self, arguments: &[&str]) -> Result<String> {
        let mut call = command(&self.python);
        call.arg(paths::root().join("xtask/src/backups/bucket.py")).args(arguments);
        self.adjust(&mut call);
        output(&mut call)
    }

    fn adjust(&self, call: &mut Command) {
        call.env("AWS_ENDPOINT_URL", &self.endpoint).env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "secret");
        call.env("AWS_REGION", "eu-central-1").env("AWS_DEFAULT_REGION", "eu-central-1");
    }

    fn with(&self, mut call: Command) -> Command {
        self.adjust(&mut call);
        call
    }

    fn list(&self, hospital: &Hospital) -> Result<Vec<String>> {
        hospital.list(TO, |call| self.adjust(call))
    }
}

/// Runs the check.
pub fn check() -> Result<Count> {
    let file = server::build(Build::Debug)?;
    check_of(file)
}

/// Checks a program.
pub fn check_of(file: PathBuf) -> Result<Count> {
    let work = tempfile::tempdir().context("no temporary folder")?;
    let hospital = Hospital::fill(file, sqlite_url(&work.path().join("hospital.db")), work.path())?;
    refused(hospital.backup(TO).env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY"), "AWS_ACCESS_KEY_ID")?;
    let mut moto = Moto::start()?;
    refused(&mut moto.with(hospital.backup("s3://nowhere/hospital")), "there is no such bucket")?;
    let begun = Instant::now();
    output(&mut moto.with(hospital.backup(TO)))?;
    let took = begun.elapsed();
    let first = moto.list(&hospital)?;
    let [first] = first.as_slice() else { bail!("one backup is there, and the list says {first:?}") };
    let seen = moto.other(&["list"])?;
    let name = first.rsplit('/').next().unwrap_or_default();
    let wanted = ["database.age", "manifest.age", "manifest.json"].map(|file| format!("hospital/{name}/{file}"));
    if seen.lines().collect::<Vec<_>>() != wanted {
        bail!("boto3 lists {seen}");
    }
    let (restored, place) = fresh(&hospital.work, "restored.db")?;
    output(&mut moto.with(hospital.restore(first, &place, &["--verify"])))?;
    if restored.exists() {
        bail!("a check restored the database");
    }
    output(&mut moto.with(hospital.restore(first, &place, &[])))?;
    output(hospital.call(&["check"]).env("DATABASE_URL", &place))?;
    progress::note("a backup was sent to the bucket, listed by boto3, fetched, checked and restored");
    damage(&hospital, &moto, first)?;
    interrupt(&hospital, &moto, took)?;
    thin_out(&hospital, &moto)?;
    moto.server.kill();
    refused(&mut moto.with(hospital.backup(TO)), "cannot be reached")?;
    bell(&hospital, &moto)?;
    Ok(Count { passed: 6, failed: 0 })
}

/// One changed byte, and a missing file, are refused.
fn damage(hospital: &Hospital, moto: &Moto, backup: &str) -> Result<()> {
    let (file, place) = fresh(&hospital.work, "damaged.db")?;
    let name = backup.rsplit('/').next().unwrap_or_default();
    for (key, words) in [("database.age", "was changed or is damaged"), ("manifest.json", "manifest")] {
        let key = format!("hospital/{name}/{key}");
        moto.other(&["flip", &key])?;
        refused(&mut moto.with(hospital.restore(backup, &place, &[])), words)?;
        moto.other(&["flip", &key])?;
    }
    let key = format!("hospital/{name}/manifest.age");
    moto.other(&["copy", &key, "hospital/kept"])?;
    moto.other(&["remove", &key])?;
    refused(&mut moto.with(hospital.restore(backup, &place, &[])), "there is no such bucket or file")?;
    moto.other(&["copy", "hospital/kept", &key])?;
    moto.other(&["remove", "hospital/kept"])?;
    if file.exists() {
        bail!("a damaged backup was restored");
    }
    progress::note("a changed byte of each file and a missing file were refused, and nothing was restored");
    Ok(())
}

/// Kills backups while they are made and sent: nothing new counts, and the next one succeeds.
fn interrupt(hospital: &Hospital, moto: &Moto, took: Duration) -> Result<()> {
    for kill in 0..KILLS {
        let before = moto.list(hospital)?;
        hospital.end_lease()?;
        let mut backup = silently(&mut moto.with(hospital.backup(TO)))?;
        // The last third of the time is that of sending.
        thread::sleep(took * (KILLS * 2 + kill) / (KILLS * 3));
        backup.kill();
        let after = moto.list(hospital)?;
        let new: Vec<_> = after.iter().filter(|name| !before.contains(name)).collect();
        if before.iter().any(|name| !after.contains(name)) || new.len() > 1 {
            bail!("kill {kill}: {before:?} became {after:?}");
        }
        if let [new] = new.as_slice() {
            let (_, place) = fresh(&hospital.work, "restored.db")?;
            output(&mut moto.with(hospital.restore(new, &place, &["--verify"])))?;
        }
    }
    hospital.end_lease()?;
    thread::sleep(Duration::from_secs(1));
    output(&mut moto.with(hospital.backup(TO)))?;
    progress::note(&format!("{KILLS} kills while a backup was made and sent: what counted was whole"));
    Ok(())
}

/// Copies of a backup under the names of 40 days become 7 days, 5 weeks and 12 months; an old unfinished one goes.
fn thin_out(hospital: &Hospital, moto: &Moto) -> Result<()> {
    let unfinished = moto.other(&["age", "40"])?;
    let before = moto.list(hospital)?.len();
    output(&mut moto.with(hospital.backup(TO)))?;
    let after = moto.list(hospital)?.len();
    if before < 40 || !(7..=16).contains(&after) {
        bail!("{before} backups became {after}");
    }
    let keys = moto.other(&["list"])?;
    if keys.contains(unfinished.trim()) || keys.lines().filter(|key| key.ends_with("/manifest.json")).count() != after {
        bail!("{after} backups are there, and something of others: {keys}");
    }
    progress::note(&format!("{before} backups of 40 days became {after}; an unfinished one of two days ago was removed"));
    Ok(())
}

/// The server's own daily backup fails while the bucket is away, and the administrator's bell rings.
fn bell(hospital: &Hospital, moto: &Moto) -> Result<()> {
    // The backups made by hand count as those of the day: this hospital has none.
    let work = hospital.work.join("other");
    std::fs::create_dir_all(&work)?;
    let other = Hospital::fill(hospital.program.file.clone(), sqlite_url(&work.join("hospital.db")), &work)?;
    let port = free_port()?;
    let _server = other.program.serve(port, |serve| {
        moto.adjust(serve);
        serve.env("INFIRMARY_LOG_FILTER", "off");
        serve.env("INFIRMARY_KEY_FILE", &other.keys).env("INFIRMARY_BACKUP_KEY", &other.public).env("INFIRMARY_BACKUP_TO", TO);
    })?;
    let begun = Instant::now();
    while !Client::open(port, "")?.get("/metrics")?.text().contains("infirmary_backup_failed 1") {
        if begun.elapsed() > Duration::from_mins(2) || stopping() {
            bail!("the failed backup is not in the figures");
        }
        thread::sleep(Duration::from_millis(500));
    }
    let admin = Client::sign_in(port, "admin", "infirmary-demo")?;
    for (page, words) in [("/notifications", "The backup failed"), ("/status", "cannot be reached")] {
        let text = Client::open(port, &admin)?.get(page)?.text();
        if !text.contains(words) {
            bail!("{page} does not say `{words}`");
        }
    }
    progress::note("with the bucket away, the backup failed in words and the administrator's bell rang");
    Ok(())
}
