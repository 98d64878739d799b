//! `cargo xtask torture`: a hospital at work whose server is killed in the middle, again and again.
//!
//! Several people take patients through their day (check-in, note, diagnosis, signature, invoice, payment) and book times.
//! What was acknowledged must be there after each restart; what was not is sent again with its key and must happen once;
//! and every invariant of the database must hold.

mod day;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command::{Running, output, stopping};
use crate::http::Client;
use crate::postgres::{Cluster, free_port};
use crate::server::{Build, Program, sqlite_url};
use crate::site::Care;
use crate::{progress, server, site};
use day::{Person, Sheet};

/// How often, and on which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub postgres: bool,
    pub kills: u64,
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { postgres: false, kills: 200, seed: 1 }
    }
}

/// So many people work at once.
const PEOPLE: usize = 4;
/// The server must be ready again within this time.
const READY: Duration = Duration::from_secs(5);

/// Kills, restarts, looks.
pub fn run(options: Options) -> Result<()> {
    site::build(Care::Quick)?;
    let file = server::build(Build::Release)?;
    let work = tempfile::tempdir().context("no temporary folder")?;
    torture(&file, work.path(), options)
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
    let port = free_port()?;
    let mut server = start(&program, port, &log)?;
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
        let stop = AtomicBool::new(false);
        let worked: Vec<Result<()>> = thread::scope(|scope| {
            let working: Vec<_> = people.iter_mut().map(|person| scope.spawn(|| person.work(&stop))).collect();
            thread::sleep(Duration::from_millis(dice.between(50, 500)));
            server.kill();
            stop.store(true, Ordering::Relaxed);
            working.into_iter().map(|one| one.join().unwrap_or_else(|_| bail!("a worker panicked"))).collect()
        });
        worked.into_iter().collect::<Result<()>>()?;
        let restarted = Instant::now();
        server = start(&program, port, &log)?;
        slowest = slowest.max(restarted.elapsed());
        for person in &mut people {
            person.look_again().with_context(|| format!("after kill {kill}"))?;
        }
        output(&mut program.call(&["check"])).with_context(|| format!("after kill {kill} the database is not sound"))?;
        if kill % 20 == 0 {
            let done: usize = people.iter().map(|person| person.acknowledged).sum();
            progress::note(&format!("{kill} kills, {done} changes acknowledged, none lost, all sound"));
        }
    }
    let memory = server.peak_memory();
    server.stop();
    drop(cluster);

    progress::header("Result");
    let said = std::fs::read_to_string(&log).unwrap_or_default();
    let panics = said.lines().filter(|line| line.contains("panicked")).count();
    let done: usize = people.iter().map(|person| person.acknowledged).sum();
    let again: usize = people.iter().map(|person| person.sent_again).sum();
    println!(
        "{} on {}: {} kills in {}, {done} changes acknowledged and none lost, {again} cut off and sent again, slowest restart {:.1} s, \
         {panics} panics{}",
        if panics == 0 && slowest < READY { "sound" } else { "NOT SOUND" },
        if options.postgres { "PostgreSQL" } else { "SQLite" },
        options.kills,
        progress::seconds(begun.elapsed()),
        slowest.as_secs_f64(),
        memory.map(|bytes| format!(", peak memory {} MB", bytes / 1_000_000)).unwrap_or_default()
    );
    if panics > 0 {
        bail!("the server panicked");
    }
    if slowest >= READY {
        bail!("a restart took longer than {} s", READY.as_secs());
    }
    Ok(())
}

fn start(program: &Program, port: u16, log: &Path) -> Result<Running> {
    let said = std::fs::OpenOptions::new().create(true).append(true).open(log).context("no log file")?;
    program.serve(port, |serve| {
        if let Ok(errors) = said.try_clone() {
            serve.stderr(errors);
        }
        serve.stdout(said).env("INFIRMARY_LOG_FILTER", "warn");
    })
}

/// A repeatable choice of moments (splitmix64, by Sebastiano Vigna, public domain).
struct Dice(u64);

impl Dice {
    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (z ^ (z >> 31)) % (high - low)
    }
}

/// A connection for each of those who work on a patient's day.
fn connect(port: u16, cookie: &str) -> Option<Client> {
    Client::open(port, cookie).ok()
}
