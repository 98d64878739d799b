//! The command line of the workbench and its help.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use lexopt::Arg::{Long, Short, Value};
use lexopt::ValueExt;

use crate::attack;
use crate::bench::{self, Beside};
use crate::department;
use crate::drill;
use crate::run::Options;
use crate::test::{self, Stage};
use crate::torture;

/// The task to run.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    Help(&'static str),
    Run(Options),
    Test(test::Options),
    Dist { check: bool },
    Drill(drill::Options),
    Bench(bench::Options),
    Torture(torture::Options),
    Attack(attack::Options),
    Screens,
    Site { release: bool },
    Department(department::Options),
}

pub const GENERAL: &str = "
The workbench of Infirmary.

    cargo xtask run      build, fill a demo hospital on the first run, serve; Ctrl-C ends it
    cargo xtask test     everything that must hold before a change is done
    cargo xtask dist     target/dist: one program with the site's files inside, a Debian package, checksums, a bill of materials
    cargo xtask drill    lose the disk of a hospital at work and bring it back, on both engines
    cargo xtask bench    the release build under load, beside the floor of what is possible
    cargo xtask torture  kill the server in the middle of the work, again and again; nothing may be lost
    cargo xtask attack   forms from foreign origins, markers, sqlmap and wapiti against a running server; cargo deny
    cargo xtask screens  pictures of every screen, to target/screens, and one of each to docs/screens
    cargo xtask site     only the site's files: styles and the browser's half, to target/site
    cargo xtask department  the skeleton of a new department

`cargo xtask COMMAND --help` tells more. What is missing on the machine is installed (Rust's wasm target, PostgreSQL,
Chromium, npm packages), or asked for where this user may not.
";

const RUN: &str = "
cargo xtask run [--postgres] [--release] [--port N] [--db FILE]

Builds the styles, the browser's half and the server; on the first run creates and fills the database; serves, and
prints the address and the demo sign-ins. Ctrl-C ends it.

    --postgres   on PostgreSQL: the one that DATABASE_URL names, otherwise one of our own in data/postgres
    --release    optimised: slower to build, the speed that users see
    --port N     instead of 3000
    --db FILE    another SQLite file than data/infirmary.db
";

const TEST: &str = "
cargo xtask test [STAGE]... [--all] [--rounds N] [--kills N]

Runs the usual stages, or those named (`--only STAGE` is the same), and ends with a table and the line `N passed, 0 failed`.
Stops at the first stage that fails. With --all the proofs below the line follow; the last four take hours.

    format    rustfmt
    lint      clippy without warnings: server, browser's half, workbench (with --all also the tests inside the library)
    workbench the tests of the workbench itself
    unit      unit, integration and architecture tests, each on SQLite or on a PostgreSQL started for them; those about guards, locks,
              plans and rights (with --all every test) on both
    browser   end2end/: journeys in Chromium against the real server on SQLite, the patient's day and one of most departments, two of them
              on PostgreSQL (with --all every journey, and those that depend on the database on both)

    docs      rustdoc without warnings
    cross-check  what is sealed and signed, opened by another implementation; analysers; backups in a bucket; alarms
    torture   the server killed in the middle of the work, a few times (with --all, kills takes its place)
    races     each race test of the tree 200 times on both databases, with a table of what must hold
    kills     torture with 200 kills on each database
    backups   200 kills of a backup and 200 of a restore, half of them on each database
    attack    cargo xtask attack, on both databases

    --all        all stages
    --rounds N   of each race, instead of 200
    --kills N    instead of 200

To run one browser test by hand: `cargo xtask run`, then in end2end/ `npx playwright test journeys/NAME`.
";

const DIST: &str = "
cargo xtask dist [--check]

Makes target/dist/infirmary: an optimised program with the site's files inside, compressed. Needs Node for wasm-opt. Beside it: a Debian
package with a unit of systemd, a Containerfile, a bill of materials (CycloneDX) and SHA256SUMS, which is signed with the OpenSSH key that
INFIRMARY_SIGNING_KEY names. The same commit gives the same package and bill.

    --check   then installs the package in a fresh Debian (mmdebstrap, as root), starts it, signs in, upgrades it and removes it
";

const DRILL: &str = "
cargo xtask drill [--patients N] [--seconds N] [--program FILE]

A hospital loses its disk in the middle of the work and comes back, on both engines, with the settings that `infirmary backup init`
writes: Litestream on SQLite, pgBackRest on PostgreSQL, and a streaming replica that is promoted. The state of a named second comes
back with equal digests of the rows of each table; then the newest state is served again, and the drill prints the rows and the seconds
of work that were lost, and the time until the server answered. Needs Python, PostgreSQL and pgBackRest (installed where allowed).

    --patients N    invented patients besides the 400 of the demo: 1000000 for a large hospital
    --seconds N     of work before and after the named second, instead of 20
    --program FILE  a program that is built already, such as /usr/bin/infirmary
";

const BENCH: &str = "
cargo xtask bench [--postgres] [--guards | --before] [--patients N] [--appointments N] [--seconds N]

Measures the pages and changes of a day, each beside its floor (benches/floor.rs): requests per second as fast as they are
answered, and times at a steady rate, counted from when a request was due. Fails below a third of a floor or above the
times allowed. The large demo hospital is made once a day and kept in data/bench; each run works on a copy.

    --postgres         on a PostgreSQL of our own instead of SQLite
    --guards           instead: what audit and encryption cost, beside the same program built without them; 20 % are allowed
    --before           instead: beside an earlier build, whose target/bench was copied to target/bench_before; 10 % are allowed
    --patients N       invented patients, instead of 1000000
    --appointments N   past appointments, instead of 100000
    --seconds N        how long each measurement takes, instead of 5
";

const ATTACK: &str = "
cargo xtask attack [--postgres]

Attacks a demo hospital with the accounts of its roles: every form posted from foreign origins, markers that would run as
scripts in every field, odd values of every parameter and id, sqlmap on every request, wapiti on every role's pages. Afterwards
every invariant must hold and the audit log must be whole; then cargo deny over the dependencies (advisories too, when
INFIRMARY_ADVISORIES names a checkout of the advisory database). Reports are in target/attack. About an hour; sqlmap and wapiti
are installed, cargo-deny is compiled once. Many acts at once are the races of `cargo xtask test races`.

    --postgres   on a PostgreSQL of our own instead of SQLite
";

const TORTURE: &str = "
cargo xtask torture [--postgres] [--kills N] [--outages N] [--minutes N] [--seed N]

Kills the server (kill -9) in the middle of bookings, check-ins, notes, signatures and payments. After each restart, what was
acknowledged must be there, what was cut off is sent again with its key and must happen once, and every invariant must hold.
Then the same with PostgreSQL cut off and started again under a server that goes on; then long work, in which its memory
must not grow.

    --postgres   on a PostgreSQL of our own instead of SQLite
    --kills N    how often, instead of 200
    --outages N  of PostgreSQL, instead of 10
    --minutes N  of the long work, instead of 10
    --seed N     other moments
";

const SCREENS: &str = "
cargo xtask screens

Makes the gallery target/screens anew from a fresh demo hospital: every screen at a desk, in the dark, in Spanish and on a
phone, what is printed, and some states that are empty, refused or crowded. One picture of each screen goes to docs/screens,
which is in the repository. Needs Node and Chromium.
";

const SITE: &str = "
cargo xtask site [--release]

Builds target/site: the style sheet, the browser's half as wasm, and the files of public/. Only what has changed.

    --release    as small as the tools at hand can make it, and compressed; then says how much of it each page loads
";

const DEPARTMENT: &str = "
cargo xtask department NAME --role ROLE [--title WORDS] [--title-es WORDS]

Writes a new department: its folder in src with a table, a function, a page and a place in the rail, its words in both languages,
its migrations, its right, its test; and names it where the program has to know of it. NAME is its folder: small letters, words
joined by `_`.

    --role ROLE        who works there: lab, pharmacist, ward_manager, nurse, ...
    --title WORDS      what people read, instead of the name
    --title-es WORDS   the same in Spanish
";

/// Parses the command line.
pub fn parse(mut arguments: lexopt::Parser) -> Result<Task> {
    let Some(first) = arguments.next()? else {
        return Ok(Task::Help(GENERAL));
    };
    let name = match first {
        Long("help") | Short('h') => return Ok(Task::Help(GENERAL)),
        Value(name) => name.string()?,
        other => return Err(other.unexpected().into()),
    };
    match name.as_str() {
        "run" => parse_run(arguments),
        "test" => parse_test(arguments),
        "dist" => {
            let mut check = false;
            let help = flags(arguments, DIST, &mut [("check", &mut check)])?;
            Ok(help.unwrap_or(Task::Dist { check }))
        }
        "drill" => parse_drill(arguments),
        "bench" => parse_bench(arguments),
        "torture" => parse_torture(arguments),
        "attack" => {
            let mut options = attack::Options::default();
            let help = flags(arguments, ATTACK, &mut [("postgres", &mut options.postgres)])?;
            Ok(help.unwrap_or(Task::Attack(options)))
        }
        "screens" => flags(arguments, SCREENS, &mut []).map(|help| help.unwrap_or(Task::Screens)),
        "site" => {
            let mut release = false;
            let help = flags(arguments, SITE, &mut [("release", &mut release)])?;
            Ok(help.unwrap_or(Task::Site { release }))
        }
        "department" => parse_department(arguments),
        "help" => Ok(Task::Help(GENERAL)),
        other => bail!("there is no command `{other}`"),
    }
}

fn parse_run(mut arguments: lexopt::Parser) -> Result<Task> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(Task::Help(RUN)),
            Long("postgres") => options.postgres = true,
            Long("release") => options.release = true,
            Long("port") => {
                options.port = arguments.value()?.parse().context("--port wants a number")?;
            }
            Long("db") => options.database = Some(PathBuf::from(arguments.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    if options.postgres && options.database.is_some() {
        bail!("--db names a SQLite file; with --postgres, name the database in DATABASE_URL");
    }
    Ok(Task::Run(options))
}

fn parse_drill(mut arguments: lexopt::Parser) -> Result<Task> {
    let mut options = drill::Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(Task::Help(DRILL)),
            Long("patients") => options.patients = arguments.value()?.parse().context("--patients wants a number")?,
            Long("seconds") => options.seconds = arguments.value()?.parse().context("--seconds wants a number")?,
            Long("program") => options.program = Some(PathBuf::from(arguments.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Task::Drill(options))
}

fn parse_department(mut arguments: lexopt::Parser) -> Result<Task> {
    let (mut name, mut role, mut title, mut title_es) = (None, None, None, None);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(Task::Help(DEPARTMENT)),
            Long("role") => role = Some(arguments.value()?.string()?),
            Long("title") => title = Some(arguments.value()?.string()?),
            Long("title-es") => title_es = Some(arguments.value()?.string()?),
            Value(word) if name.is_none() => name = Some(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let name = name.context("a department has a NAME")?;
    let role = role.context("--role says who works there")?;
    Ok(Task::Department(department::Options { name, role, title, title_es }))
}

fn parse_bench(arguments: lexopt::Parser) -> Result<Task> {
    let mut options = bench::Options::default();
    let numbers =
        &mut [("patients", &mut options.patients), ("appointments", &mut options.appointments), ("seconds", &mut options.seconds)];
    let (mut guards, mut before) = (false, false);
    let flags = &mut [("postgres", &mut options.postgres), ("guards", &mut guards), ("before", &mut before)];
    let help = known(arguments, BENCH, flags, numbers)?;
    options.beside = match (guards, before) {
        (false, false) => Beside::Floor,
        (true, false) => Beside::Unguarded,
        (false, true) => Beside::Before,
        (true, true) => bail!("--guards and --before measure beside different builds: choose one"),
    };
    Ok(help.unwrap_or(Task::Bench(options)))
}

fn parse_torture(arguments: lexopt::Parser) -> Result<Task> {
    let mut options = torture::Options::default();
    let numbers = &mut [
        ("kills", &mut options.kills),
        ("outages", &mut options.outages),
        ("minutes", &mut options.minutes),
        ("seed", &mut options.seed),
    ];
    let help = known(arguments, TORTURE, &mut [("postgres", &mut options.postgres)], numbers)?;
    Ok(help.unwrap_or(Task::Torture(options)))
}

fn parse_test(mut arguments: lexopt::Parser) -> Result<Task> {
    let mut options = test::Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(Task::Help(TEST)),
            Long("all") => options.all = true,
            Long("rounds") => options.rounds = arguments.value()?.parse().context("--rounds wants a number")?,
            Long("kills") => options.kills = arguments.value()?.parse().context("--kills wants a number")?,
            Long("only") => options.only.push(stage(&arguments.value()?.string()?)?),
            Value(name) => options.only.push(stage(&name.string()?)?),
            other => return Err(other.unexpected().into()),
        }
    }
    if options.all && !options.only.is_empty() {
        bail!("--all runs every stage: name none beside it");
    }
    Ok(Task::Test(options))
}

fn stage(name: &str) -> Result<Stage> {
    Stage::named(name).with_context(|| format!("there is no stage `{name}`"))
}

fn flags(arguments: lexopt::Parser, help: &'static str, flags: &mut [(&str, &mut bool)]) -> Result<Option<Task>> {
    known(arguments, help, flags, &mut [])
}

/// Parses flags and options with a number; returns the help, if it was requested.
fn known(
    mut arguments: lexopt::Parser,
    help: &'static str,
    flags: &mut [(&str, &mut bool)],
    numbers: &mut [(&str, &mut u64)],
) -> Result<Option<Task>> {
    while let Some(argument) = arguments.next()? {
        let name = match argument {
            Long("help") | Short('h') => return Ok(Some(Task::Help(help))),
            Long(name) => name.to_owned(),
            other => return Err(other.unexpected().into()),
        };
        if let Some((_, value)) = flags.iter_mut().find(|(flag, _)| *flag == name) {
            **value = true;
        } else if let Some((_, value)) = numbers.iter_mut().find(|(option, _)| *option == name) {
            **value = arguments.value()?.parse().with_context(|| format!("--{name} wants a number"))?;
        } else {
            bail!("there is no option `--{name}`");
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Task> {
        parse(lexopt::Parser::from_args(words))
    }

    #[test]
    fn options_are_read() {
        let wanted = Options { postgres: true, release: true, port: 3999, database: None };
        assert_eq!(read(&["run", "--postgres", "--release", "--port", "3999"]).unwrap(), Task::Run(wanted));
        let wanted = test::Options { only: vec![Stage::Lint, Stage::Unit], ..test::Options::default() };
        assert_eq!(read(&["test", "--only", "lint", "unit"]).unwrap(), Task::Test(wanted));
        let wanted = test::Options { only: vec![Stage::Races], rounds: 20, ..test::Options::default() };
        assert_eq!(read(&["test", "races", "--rounds", "20"]).unwrap(), Task::Test(wanted));
        let wanted = test::Options { all: true, ..test::Options::default() };
        assert_eq!(read(&["test", "--all"]).unwrap(), Task::Test(wanted));
        assert_eq!(read(&["site", "--release"]).unwrap(), Task::Site { release: true });
        let wanted =
            department::Options { name: "wards".to_owned(), role: "nurse".to_owned(), title: Some("Wards".to_owned()), title_es: None };
        assert_eq!(read(&["department", "wards", "--role", "nurse", "--title", "Wards"]).unwrap(), Task::Department(wanted));
        let wanted = torture::Options { postgres: true, kills: 3, ..torture::Options::default() };
        assert_eq!(read(&["torture", "--kills", "3", "--postgres"]).unwrap(), Task::Torture(wanted));
    }

    #[test]
    fn every_command_explains_itself() {
        for command in ["run", "test", "dist", "drill", "bench", "torture", "attack", "screens", "site", "department"] {
            let Task::Help(text) = read(&[command, "--help"]).unwrap() else { panic!("{command} has no help") };
            assert!(text.trim().starts_with(&format!("cargo xtask {command}")));
        }
        assert_eq!(read(&[]).unwrap(), Task::Help(GENERAL));
    }

    #[test]
    fn mistakes_are_named() {
        assert!(read(&["walk"]).unwrap_err().to_string().contains("walk"));
        assert!(read(&["test", "--only", "luck"]).unwrap_err().to_string().contains("luck"));
        assert!(read(&["test", "--all", "races"]).is_err());
        assert!(read(&["bench", "--patients", "many"]).unwrap_err().to_string().contains("--patients"));
        assert!(read(&["bench", "--guards", "--before"]).unwrap_err().to_string().contains("choose one"));
        assert!(read(&["department", "wards"]).unwrap_err().to_string().contains("--role"));
        assert!(read(&["dist", "--fast"]).unwrap_err().to_string().contains("--fast"));
        assert!(read(&["run", "--postgres", "--db", "x.db"]).is_err());
    }
}
