//! `cargo xtask torture`: kills the server of a working hospital repeatedly.
//!
//! Several users take patients through their day (check-in, note, diagnosis, signature, invoice, payment) and book times.
//! After each restart, every acknowledged change must exist; a change that was not acknowledged is sent again with its key
//! and must happen once; and every invariant of the database must hold.

pub mod day;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command::{Running, output, stopping};
use crate::http::Client;
use crate::postgres::{Cluster, free_port};
use crate::server::{Build, Program, sqlite_url, wait_until_ready};
use crate::site::Care;
use crate::test::Count;
use crate::{progress, server};
use day::{Person, Sheet};

/// The options: the number of kills and the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub postgres: bool,
    pub kills: u64,
    /// The number of times that PostgreSQL is stopped and started again after that.
    pub outages: u64,
    /// The minutes for which users then work without an interruption, while the server's memory must not grow.
    pub minutes: u64,
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { postgres: false, kills: 200, outages: 10, minutes: 10, seed: 1 }
    }
}

/// The number of users who work at the same time.
pub const PEOPLE: usize = 4;
/// The time within which the server must be ready again.
const READY: Duration = Duration::from_secs(5);
/// The time after PostgreSQL's restart within which users must be able to work again.
const BACK: Duration = Duration::from_secs(10);

/// Kills and restarts the server, and checks the results.
pub fn run(options: Options) -> Result<()> {
    let file = server::build_with_site(Build::Release, Care::Quick)?;
    let work = tempfile::tempdir().context("no temporary folder")?;
    torture(&file, work.path(), options)
}

/// Runs the short form as one of the tests, on both databases.
pub fn short() -> Result<Count> {
    let file = server::build_with_site(Build::Debug, Care::Quick)?;
    for postgres in [false, true] {
        let work = tempfile::tempdir().context("no temporary folder")?;
        torture(&file, work.path(), Options { postgres, kills: 6, outages: 2, minutes: 0, seed: 7 })?;
    }
    Ok(Count { passed: 2, failed: 0 })
}

/// Runs the long form as one of the tests, on both databases.
pub fn long(kills: u64) -> Result<Count> {
    for postgres in [false, true] {
        run(Options { postgres, kills, ..Options::default() })?;
    }
    Ok(Count { passed: 2, failed: 0 })
}

fn torture(file: &Path, work: &Path, options: Options) -> Result<()> {
    let (cluster, database) = if options.postgres {
        let cluster = Cluster::kept(&work.join("postgres"))?;
        cluster.create_database("torture")?;
        let url = cluster.url("torture");
        (Some(cluster), url)
    } else {
        (None, sqlite_url(&work.join("torture.db")))
    };
    let program = Program { file: file.to_path_buf(), database };
    program.fill()?;
    let log = work.join("server.log");
    let ended = at_work(&program, cluster.as_ref(), &log, options);
    ended.inspect_err(|_| {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        let last: Vec<&str> = said.lines().filter(|line| line.contains("ERROR") || line.contains("panicked")).collect();
        last.iter().skip(last.len().saturating_sub(10)).for_each(|line| progress::warn(line));
    })
}

fn at_work(program: &Program, cluster: Option<&Cluster>, log: &Path, options: Options) -> Result<()> {
    let port = free_port()?;
    let mut server = start(program, port, log)?;
    let sheet = Sheet::read(port)?;
    let mut people = (0..PEOPLE).map(|number| Person::new(number, &sheet, port)).collect::<Result<Vec<_>>>()?;
    let mut dice = Dice(options.seed);
    let mut slowest = Duration::ZERO;

    progress::header(&format!("Killing the server {} times", options.kills));
    let begun = Instant::now();
    for kill in 1..=options.kills {
        if stopping() {
            bail!("stopped");
        }
        let moment = Duration::from_millis(dice.between(50, 500));
        work_until(&mut people, moment, || {
            server.kill();
            Ok(())
        })?;
        let restarted = Instant::now();
        server = start(program, port, log)?;
        slowest = slowest.max(restarted.elapsed());
        sound(program, &mut people).with_context(|| format!("after kill {kill}"))?;
        if kill % 20 == 0 {
            let done: usize = people.iter().map(|person| person.acknowledged).sum();
            progress::note(&format!("{kill} kills, {done} changes acknowledged, none lost, all sound"));
        }
    }
    let mut longest_outage = Duration::ZERO;
    if let Some(cluster) = cluster {
        for outage in 1..=options.outages {
            work_until(&mut people, Duration::from_millis(dice.between(50, 500)), || cluster.cut_off())?;
            cluster.launch()?;
            let back = Instant::now();
            wait_until_ready(&mut server, port)?;
            longest_outage = longest_outage.max(back.elapsed());
            sound(program, &mut people).with_context(|| format!("after outage {outage}"))?;
        }
        progress::note(&format!("{} outages of PostgreSQL, nothing lost, all sound", options.outages));
    }
    let grown = long_work(program, &server, &mut people, options.minutes)?;
    let memory = server.peak_memory();
    server.stop();

    progress::header("Result");
    let said = std::fs::read_to_string(log).unwrap_or_default();
    let panics = said.lines().filter(|line| line.contains("panicked")).count();
    let done: usize = people.iter().map(|person| person.acknowledged).sum();
    let again: usize = people.iter().map(|person| person.sent_again).sum();
    println!(
        "{} on {}: {} kills in {}, {done} changes acknowledged and none lost, {again} cut off and sent again, slowest restart {:.1} s, \
         {panics} panics{}{}",
        if panics == 0 && slowest < READY && longest_outage < BACK { "sound" } else { "NOT SOUND" },
        if options.postgres { "PostgreSQL" } else { "SQLite" },
        options.kills,
        progress::seconds(begun.elapsed()),
        slowest.as_secs_f64(),
        cluster_words(options, longest_outage),
        memory.map(|bytes| format!(", peak memory {} MB", bytes / 1_000_000)).unwrap_or_default()
    );
    if panics > 0 {
        bail!("the server panicked");
    }
    if let Some((before, after)) = grown.filter(|(before, after)| *after > *before + before / 8 + 8_000_000) {
        bail!("the server's memory grew from {before} to {after} bytes");
    }
    if longest_outage >= BACK {
        bail!("after PostgreSQL was back, it took longer than {} s", BACK.as_secs());
    }
    if slowest >= READY {
        bail!("a restart took longer than {} s", READY.as_secs());
    }
    Ok(())
}

fn cluster_words(options: Options, longest: Duration) -> String {
    if options.postgres {
        format!(", {} outages of PostgreSQL, ready again after {:.1} s at most", options.outages, longest.as_secs_f64())
    } else {
        String::new()
    }
}

/// Lets all users work; after `moment` calls `cut`, and then waits until all have stopped.
pub fn work_until(people: &mut [Person], moment: Duration, cut: impl FnOnce() -> Result<()>) -> Result<()> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let working: Vec<_> = people.iter_mut().map(|person| scope.spawn(|| person.work(&stop))).collect();
        thread::sleep(moment);
        let gone = cut();
        stop.store(true, Ordering::Relaxed);
        let worked = working.into_iter().map(|one| one.join().unwrap_or_else(|_| bail!("a worker panicked")));
        worked.chain([gone]).collect()
    })
}

/// Lets users work for some minutes without an interruption. Returns the server's own memory after a third of the time,
/// and at the end.
fn long_work(program: &Program, server: &Running, people: &mut [Person], minutes: u64) -> Result<Option<(u64, u64)>> {
    if minutes == 0 {
        return Ok(None);
    }
    let third = Duration::from_secs(minutes * 60 / 3);
    let memory = || server.own_memory().context("the server's memory is not told");
    work_until(people, third, || Ok(()))?;
    let before = memory()?;
    work_until(people, third * 2, || Ok(()))?;
    let after = memory()?;
    sound(program, people).context("after the long work")?;
    let done: usize = people.iter().map(|person| person.acknowledged).sum();
    progress::note(&format!("{minutes} minutes of work, {done} changes in all, {} MB became {} MB", before / 1_000_000, after / 1_000_000));
    Ok(Some((before, after)))
}

/// Checks that no acknowledged change is lost, that interrupted changes happen once, and that every invariant holds.
fn sound(program: &Program, people: &mut [Person]) -> Result<()> {
    people.iter_mut().try_for_each(Person::look_again)?;
    output(&mut program.call(&["check"])).map(drop).context("the database is not sound")
}

fn start(program: &Program, port: u16, log: &Path) -> Result<Running> {
    let said = std::fs::OpenOptions::new().create(true).append(true).open(log).context("no log file")?;
    program.serve(port, |serve| {
        if let Ok(errors) = said.try_clone() {
            serve.stderr(errors);
        }
        // These users work faster than any real user, so the limit on opened records is off.
        serve.stdout(said).env("INFIRMARY_LOG_FILTER", "warn").env("INFIRMARY_RECORDS_PER_HOUR", "0");
    })
}

/// A repeatable random number generator (splitmix64, by Sebastiano Vigna, public domain).
pub struct Dice(pub u64);

impl Dice {
    /// Returns the next number of `low..high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (z ^ (z >> 31)) % (high - low)
    }
}

/// Opens a connection for a user.
fn connect(port: u16, cookie: &str) -> Option<Client> {
    Client::open(port, cookie).ok()
}
