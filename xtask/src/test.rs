//! `cargo xtask test`: runs the stages and prints their counts and the final line.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};

use crate::command::{cargo, lines, run as run_command, stopping};
use crate::postgres::Cluster;
use crate::{alerts, analysers, ansm, archive, attack, backups, browser, cross_check, paths, progress, races, tidy, torture, wasm};

/// One stage of the tests, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Format,
    Lint,
    Docs,
    Workbench,
    Unit,
    CrossCheck,
    Torture,
    Browser,
    Races,
    Kills,
    Backups,
    Attack,
}

/// The options of a test run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The stages to run; when empty, the usual ones.
    pub only: Vec<Stage>,
    /// Whether the long stages run after the usual ones, instead of their short form.
    pub all: bool,
    /// The number of rounds of each race on each engine.
    pub rounds: u64,
    /// The number of times that the server is killed on each engine.
    pub kills: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { only: Vec::new(), all: false, rounds: 200, kills: 200 }
    }
}

impl Options {
    fn stages(&self) -> Vec<Stage> {
        let chosen = |stage: &Stage| match (self.only.is_empty(), self.all) {
            (false, _) => self.only.contains(stage),
            (true, true) => *stage != Stage::Torture,
            (true, false) => !Stage::LONG.contains(stage),
        };
        Stage::ALL.into_iter().filter(chosen).collect()
    }
}

impl Stage {
    const ALL: [Self; 12] = [
        Self::Format,
        Self::Lint,
        Self::Docs,
        Self::Workbench,
        Self::Unit,
        Self::Browser,
        Self::CrossCheck,
        Self::Torture,
        Self::Races,
        Self::Kills,
        Self::Backups,
        Self::Attack,
    ];
    /// The stages that `--all` adds: changes need them less often, and the last four take hours. The documentation's links are seven
    /// minutes of one core, nearly all for the compiler.
    const LONG: [Self; 7] = [Self::Docs, Self::CrossCheck, Self::Torture, Self::Races, Self::Kills, Self::Backups, Self::Attack];

    const fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Lint => "lint",
            Self::Docs => "docs",
            Self::Workbench => "workbench",
            Self::Unit => "unit",
            Self::CrossCheck => "cross-check",
            Self::Torture => "torture",
            Self::Browser => "browser",
            Self::Races => "races",
            Self::Kills => "kills",
            Self::Backups => "backups",
            Self::Attack => "attack",
        }
    }

    /// Returns the stage with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    fn run(self, options: &Options, cluster: &mut Option<Cluster>) -> Result<Count> {
        match self {
            Self::Format => run_command(&mut cargo(&["fmt", "--all", "--check"])).map(|()| Count::default()),
            Self::Lint => lint(options.all).map(|()| Count::default()),
            Self::Docs => docs().map(|()| Count::default()),
            Self::Workbench => cargo_test(&["--package=xtask"], None, &[]),
            Self::Unit => {
                // The tests of nonsense try more of it, and every test runs on both engines.
                let long = if options.all { ("INFIRMARY_LONG", "1".to_owned()) } else { ("INFIRMARY_TEST_ENGINES", "one".to_owned()) };
                let what = ["--package=infirmary", "--package=infirmary-ciphers", "--features=infirmary/ssr"];
                cargo_test(&what, Some(started(cluster)?), &[long])
            }
            Self::CrossCheck => {
                let mut count = cross_check::check()?;
                count += analysers::check(options.all)?;
                count += backups::bucket::check()?;
                count += alerts::check()?;
                count += archive::check()?;
                count += ansm::check()?;
                Ok(count)
            }
            Self::Torture => torture::short(),
            Self::Browser => browser::run(started(cluster)?, options.all),
            Self::Races => races::run(options.rounds, started(cluster)?),
            Self::Kills => torture::long(options.kills),
            Self::Backups => backups::kills::run(options.kills),
            Self::Attack => attack::both(),
        }
    }
}

/// The number of tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

struct Outcome {
    stage: Stage,
    count: Count,
    error: Option<anyhow::Error>,
    time: Duration,
}

/// Runs the stages, stops at the first that fails, and prints the results.
pub fn run(options: &Options) -> Result<()> {
    let begun = Instant::now();
    if std::env::var_os("CI").is_some() {
        tidy::forget_old_builds(&paths::target());
    }
    let mut cluster = None;
    let mut outcomes: Vec<Outcome> = Vec::new();
    for stage in options.stages() {
        progress::header(&format!("Stage: {}", stage.name()));
        let stage_begun = Instant::now();
        let (count, error) = match stage.run(options, &mut cluster) {
            Ok(count) if count.failed > 0 => (count, Some(anyhow::anyhow!("{} test(s) failed", count.failed))),
            Ok(count) => (count, None),
            Err(error) => (Count::default(), Some(error)),
        };
        outcomes.push(Outcome { stage, count, error, time: stage_begun.elapsed() });
        if outcomes.last().is_some_and(|outcome| outcome.error.is_some()) {
            break;
        }
    }
    drop(cluster);
    if stopping() {
        bail!("stopped");
    }
    progress::header("Summary");
    for Outcome { stage, count, error, time } in &outcomes {
        let verdict = if error.is_none() { "ok" } else { "FAILED" };
        let tests = if *count == Count::default() { String::new() } else { count.to_string() };
        eprintln!("   {:<10} {verdict:<7} {:>12}   {tests}", stage.name(), progress::seconds(*time));
    }
    eprintln!("   {:<10} {:<7} {:>12}\n", "all", "", progress::seconds(begun.elapsed()));
    let mut total = Count::default();
    for outcome in &outcomes {
        total += outcome.count;
    }
    let failed = outcomes.pop().and_then(|outcome| outcome.error.map(|error| (outcome.stage, error)));
    if let Some((stage, error)) = failed {
        // A stage can fail without a failed test: it counts as one.
        total.failed = total.failed.max(1);
        println!("{total}");
        return Err(error.context(format!("stage {}", stage.name())));
    }
    println!("{total}");
    Ok(())
}

fn started(cluster: &mut Option<Cluster>) -> Result<&Cluster> {
    if cluster.is_none() {
        *cluster = Some(Cluster::throwaway()?);
    }
    match cluster {
        Some(cluster) => Ok(cluster),
        None => bail!("no PostgreSQL"),
    }
}

/// Runs Clippy on the server's half and, at the same time, on the browser's: each spends minutes on one core. Their build folders differ.
/// The tests inside the library would check all of it once more: they are looked at with `--all`.
fn lint(all: bool) -> Result<()> {
    wasm::ensure_target()?;
    let browser = ["--package=infirmary", "--lib", "--features=hydrate", "--target", wasm::TARGET, "--profile=wasm-dev"];
    let (server_half, browser_half) = thread::scope(|scope| {
        let browser_half = scope.spawn(|| clippy(&browser));
        let targets: &[&str] = if all { &["--all-targets"] } else { &["--lib", "--bins", "--test=whole"] };
        let packages = ["--package=infirmary", "--package=infirmary-ciphers", "--features=infirmary/ssr"];
        let server_half = clippy(&[&packages, targets].concat());
        (server_half, browser_half.join().unwrap_or_else(|_| Err(anyhow!("the thread that lints the browser's half panicked"))))
    });
    server_half.and(browser_half)?;
    clippy(&["--package=xtask", "--all-targets"])
}

fn clippy(what: &[&str]) -> Result<()> {
    run_command(&mut cargo(&[&["clippy"], what, &["--", "-D", "warnings"]].concat()))
}

fn docs() -> Result<()> {
    let arguments = ["doc", "--no-deps", "--document-private-items", "--package=infirmary", "--features=ssr"];
    run_command(cargo(&arguments).env("RUSTDOCFLAGS", "-D warnings --cfg erase_components"))
}

/// Runs `cargo test` and counts the results.
pub fn cargo_test(arguments: &[&str], cluster: Option<&Cluster>, environment: &[(&str, String)]) -> Result<Count> {
    let mut test = cargo(&["test", "--no-fail-fast"]);
    test.args(arguments).envs(environment.iter().map(|(name, value)| (name, value)));
    if let Some(cluster) = cluster {
        test.env("INFIRMARY_TEST_POSTGRES", cluster.url("postgres")).env("TMPDIR", paths::short_lived());
        // A test waits for its database now and then.
        let cores = thread::available_parallelism().map_or(2, usize::from);
        test.env("RUST_TEST_THREADS", (cores + 1).to_string());
    }
    let mut count = Count::default();
    let status = lines(&mut test, |line| {
        println!("{line}");
        if let Some(more) = counted(line) {
            count += more;
        }
    })?;
    if !status.success() && count.failed == 0 {
        bail!("cargo test ended with {status}");
    }
    Ok(count)
}

/// Parses `test result: ok. 12 passed; 0 failed; …`.
fn counted(line: &str) -> Option<Count> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut parts = numbers.split("; ").map(|part| part.split_once(' '));
    let passed = parts.next()??.0.parse().ok()?;
    let failed = parts.next()??.0.parse().ok()?;
    Some(Count { passed, failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_a_test_run_are_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s";
        assert_eq!(counted(line), Some(Count { passed: 12, failed: 3 }));
        assert_eq!(counted("test opd::queue::tests::moves ... ok"), None);
    }

    #[test]
    fn the_closing_line_has_its_form() {
        assert_eq!(Count { passed: 240, failed: 0 }.to_string(), "240 passed, 0 failed");
    }

    #[test]
    fn the_long_stages_run_only_when_asked_for() {
        let usual = Options::default().stages();
        assert!(usual.ends_with(&[Stage::Browser]) && !usual.iter().any(|stage| Stage::LONG.contains(stage)));
        let all = Options { all: true, ..Options::default() }.stages();
        assert!(
            !all.contains(&Stage::Torture)
                && all.contains(&Stage::Unit)
                && all.contains(&Stage::Docs)
                && all.ends_with(&[Stage::Races, Stage::Kills, Stage::Backups, Stage::Attack])
        );
        let one = Options { only: vec![Stage::Races], ..Options::default() };
        assert_eq!(one.stages(), [Stage::Races]);
    }

    #[test]
    fn every_stage_is_found_by_its_name() {
        for stage in Stage::ALL {
            assert_eq!(Stage::named(stage.name()), Some(stage));
        }
    }
}
