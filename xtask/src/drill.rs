//! `cargo xtask drill`: a hospital loses its disk in the middle of the work and comes back, on both engines, with the settings that
//! `infirmary backup init` writes. The rows of a named second are compared by digests; what was lost and how long it took is printed.

mod postgres;
mod sqlite;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::command::{Running, output, stopping};
use crate::http::Client;
use crate::load::{self, Asked, Load};
use crate::postgres::free_port;
use crate::progress;
use crate::server::{self, Build, Program};
use crate::site::Care;
use crate::torture::day::{Person, Sheet};
use crate::torture::{PEOPLE, work_until};

/// The options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Invented patients besides those of the demo.
    pub patients: u64,
    /// The seconds of work before and after the named second.
    pub seconds: u64,
    /// A built program; without it the workbench builds one.
    pub program: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { patients: 0, seconds: 20, program: None }
    }
}

/// The time of one measurement beside a backup.
const MEASURED: Duration = Duration::from_secs(5);

/// The rows of each table: their number, and the sum of their hashes.
pub type Digests = BTreeMap<String, (u64, String)>;

/// One line of the result.
struct Line {
    what: &'static str,
    lost: u64,
    /// The seconds of work that are missing.
    point: Duration,
    /// The time from the beginning of the restore until the server answers.
    time: Duration,
}

/// Runs the drill on both engines.
pub fn run(options: &Options) -> Result<()> {
    let file = match &options.program {
        Some(file) => fs::canonicalize(file).with_context(|| format!("there is no program {}", file.display()))?,
        None => server::build_with_site(Build::Release, Care::Quick)?,
    };
    let mut lines = Vec::new();
    progress::header("SQLite with Litestream");
    lines.extend(sqlite::drill(&file, options)?);
    progress::header("PostgreSQL with pgBackRest and a replica");
    lines.extend(postgres::drill(&file, options)?);
    progress::header("Result");
    println!("{:<44} {:>9} {:>14} {:>14}", "after the loss of the disk", "rows lost", "work lost", "back within");
    for Line { what, lost, point, time } in &lines {
        println!("{what:<44} {lost:>9} {:>14} {:>14}", seconds(*point), seconds(*time));
    }
    println!("sound: the rows of the named second came back with equal digests on both engines");
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// A hospital at work.
struct AtWork {
    program: Program,
    keys: PathBuf,
    log: PathBuf,
    port: u16,
    server: Running,
    people: Vec<Person>,
}

impl AtWork {
    /// Fills the demo hospital and opens it.
    fn begin(file: &Path, database: String, work: &Path, options: &Options) -> Result<Self> {
        let program = Program { file: file.to_path_buf(), database };
        let keys = work.join("hospital.keys");
        let patients = options.patients.to_string();
        let mut demo = program.call(&["demo"]);
        if options.patients > 0 {
            demo.args(["--patients", &patients]);
        }
        demo.env("INFIRMARY_KEY_FILE", &keys).env("INFIRMARY_LOG_FILTER", "info,sqlx=error").stdout(Stdio::null());
        progress::step("Filling the hospital", || output(&mut demo))?;
        let (port, log) = (free_port()?, work.join("server.log"));
        let server = serve(&program, &keys, port, &log)?;
        let sheet = Sheet::read(port)?;
        let people = (0..PEOPLE).map(|number| Person::new(number, &sheet, port)).collect::<Result<Vec<_>>>()?;
        Ok(Self { program, keys, log, port, server, people })
    }

    /// Lets people work.
    fn work(&mut self, time: Duration) -> Result<()> {
        work_until(&mut self.people, time, || Ok(()))
    }

    /// Lets people work until the disk is lost in the middle of it.
    fn work_until_lost(&mut self, time: Duration, lose: impl FnOnce(&mut Running) -> Result<()>) -> Result<()> {
        let Self { server, people, .. } = self;
        work_until(people, time, || lose(server))
    }

    /// The changes that were acknowledged.
    fn acknowledged(&self) -> usize {
        self.people.iter().map(|person| person.acknowledged).sum()
    }

    /// Waits for a second in which nothing is written, and returns it with the digests of its rows.
    fn named_second(mut digests: impl FnMut() -> Result<Digests>) -> Result<(u64, Digests)> {
        let begun = Instant::now();
        loop {
            if begun.elapsed() > Duration::from_mins(3) || stopping() {
                bail!("the hospital does not come to rest");
            }
            let before = digests()?;
            let second = now() + 1;
            while now() <= second {
                thread::sleep(Duration::from_millis(20));
            }
            // The copies are behind by a second; what is written in this second would be within it or not.
            thread::sleep(Duration::from_secs(1));
            if digests()? == before {
                return Ok((second, before));
            }
        }
    }
}

/// Measures the front desk's page at a steady rate, usually and while a backup is made: the 99th percentile may double.
fn beside_a_backup(hospital: &AtWork, work: &Path) -> Result<()> {
    let cookie = Client::sign_in(hospital.port, "reception", "infirmary-demo")?;
    let what = Asked::Page("/reception");
    let measured = || {
        load::run(&Load { port: hospital.port, what, cookie: &cookie, clients: 4, rate: Some(20), time: MEASURED }).map(|report| report.p99)
    };
    // The first measurement also fills caches, and is not taken.
    measured()?;
    let usual = measured()?;
    let call = |arguments: &[&str]| {
        let mut call = hospital.program.call(arguments);
        call.env("INFIRMARY_KEY_FILE", &hospital.keys);
        call
    };
    let key = output(&mut call(&["backup", "key"]))?;
    let public = key.lines().find_map(|line| line.strip_prefix("# public key: ")).context("there is no public key")?;
    let (to, scratch) = (work.join("backups"), work.join("scratch"));
    let mut backup = call(&["backup", "--key", public, "--to"]);
    backup.arg(&to).arg("--scratch").arg(&scratch).stdout(Stdio::null());
    let mut backup = Running::start(&mut backup)?;
    let mut beside = Duration::ZERO;
    let status = loop {
        beside = beside.max(measured()?);
        if let Some(status) = backup.ended()? {
            break status;
        }
    };
    if !status.success() {
        bail!("the backup failed: {status}");
    }
    let words = format!(
        "the front desk's page, 99 of 100 within {} ms, and within {} ms while a backup is made",
        usual.as_millis(),
        beside.as_millis()
    );
    if beside > usual * 2 {
        progress::warn(&format!("{words}: more than twice"));
    } else {
        progress::note(&words);
    }
    Ok(())
}

/// Starts the server of a program.
fn serve(program: &Program, keys: &Path, port: u16, log: &Path) -> Result<Running> {
    let said = fs::OpenOptions::new().create(true).append(true).open(log).context("no log file")?;
    program.serve(port, |serve| {
        if let Ok(errors) = said.try_clone() {
            serve.stderr(errors);
        }
        serve.stdout(said).env("INFIRMARY_KEY_FILE", keys).env("INFIRMARY_LOG_FILTER", "warn").env("INFIRMARY_RECORDS_PER_HOUR", "0");
    })
}

/// The seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Says which tables differ.
fn same(wanted: &Digests, found: &Digests) -> Result<()> {
    let tables = wanted.keys().chain(found.keys());
    let differing: Vec<_> = tables.filter(|table| wanted.get(*table) != found.get(*table)).collect();
    if differing.is_empty() {
        return Ok(());
    }
    let words =
        |digests: &Digests, table: &str| digests.get(table).map_or_else(|| "no table".to_owned(), |found| format!("{} rows", found.0));
    let shown: Vec<_> = differing.iter().map(|table| format!("{table}: {} became {}", words(wanted, table), words(found, table))).collect();
    bail!("the rows of the named second did not come back: {}", shown.join(", "))
}

/// The number of rows that are in `before` and not in `after`, by the numbers of each table.
fn lost(before: &Digests, after: &Digests) -> u64 {
    before.iter().map(|(table, (rows, _))| rows.saturating_sub(after.get(table).map_or(0, |found| found.0))).sum()
}

/// The number of rows of all tables.
fn rows(digests: &Digests) -> u64 {
    digests.values().map(|found| found.0).sum()
}

/// Parses the lines `table rows digest`.
fn parse(said: &str) -> Result<Digests> {
    let line = |line: &str| -> Option<(String, (u64, String))> {
        let mut words = line.split(['|', ' ']);
        Some((words.next()?.to_owned(), (words.next()?.parse().ok()?, words.next()?.to_owned())))
    };
    said.lines().filter(|text| !text.is_empty()).map(|text| line(text).with_context(|| format!("no digest: {text}"))).collect()
}

/// Runs `check` and `audit verify` on a restored database.
fn sound(program: &Program, keys: &Path) -> Result<()> {
    for arguments in [&["check"][..], &["audit", "verify"]] {
        output(program.call(arguments).env("INFIRMARY_KEY_FILE", keys))?;
    }
    Ok(())
}

/// Samples a number while the hospital works, until it is told to stop; returns the samples with their moments.
fn sample(stop: &AtomicBool, mut number: impl FnMut() -> Result<u64>) -> Vec<(Instant, u64)> {
    let mut samples = Vec::new();
    while !stop.load(Ordering::Acquire) {
        let at = Instant::now();
        if let Ok(number) = number() {
            samples.push((at, number));
        }
        thread::sleep(Duration::from_millis(200));
    }
    samples
}

/// The time between the last sample that came back and the loss.
fn point(samples: &[(Instant, u64)], back: u64, loss: Instant) -> Duration {
    match samples.iter().find(|(_, number)| *number > back) {
        Some((at, _)) => loss.saturating_duration_since(*at),
        None => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_rows_and_differing_tables_are_counted() {
        let before = parse("patients 400 ab\nvisits|12|cd\n").unwrap();
        let after = parse("patients 398 aa\nvisits 12 cd\n").unwrap();
        assert_eq!((lost(&before, &after), lost(&after, &before)), (2, 2 - 2));
        assert!(same(&before, &before).is_ok());
        let error = same(&before, &after).unwrap_err().to_string();
        assert!(error.contains("patients: 400 rows became 398 rows") && !error.contains("visits"), "{error}");
        assert!(parse("patients many ab").is_err());
    }

    #[test]
    fn the_work_that_is_lost_begins_with_the_first_sample_that_is_missing() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let samples = [(at(0), 10), (at(1), 20), (at(2), 30)];
        assert_eq!(point(&samples, 20, at(3)), Duration::from_secs(1));
        assert_eq!(point(&samples, 30, at(3)), Duration::ZERO);
    }
}
