//! `cargo xtask test races`: runs every race test for many rounds on both engines, and prints a table of the results.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::postgres::Cluster;
use crate::test::{Count, cargo_test};
use crate::{paths, progress};

/// The functions of `src/tests/races` that run a race.
const RUNNERS: [&str; 2] = ["races_on_both_engines(", "races_from("];
const ENGINES: [&str; 2] = ["Sqlite", "Postgres"];

/// The report of one race on one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outcome {
    held: u64,
    time: Duration,
    all_held: bool,
}

/// The outcomes by test and engine.
type Outcomes = BTreeMap<(String, String), Outcome>;

/// Runs all race tests of the project. Fails when a race does not hold, or does not report both engines.
pub fn run(rounds: u64, cluster: &Cluster) -> Result<Count> {
    let names = in_folder(&paths::root().join("src"))?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let report = folder.path().join("races");
    // The optimised program runs several times as many rounds per minute; that is worth its longer compilation.
    let mut arguments = vec!["--package=infirmary", "--features=ssr,testing", "--release", "--test=whole", "--"];
    arguments.extend(names.iter().map(String::as_str));
    let environment = [("INFIRMARY_RACES", rounds.to_string()), ("INFIRMARY_RACE_REPORT", report.display().to_string())];
    let mut count = cargo_test(&arguments, Some(cluster), &environment)?;
    let outcomes = read(&fs::read_to_string(&report).unwrap_or_default());
    println!("\n{}", table(&names, &outcomes, rounds));
    for name in &names {
        if ENGINES.iter().any(|engine| of(&outcomes, name, engine).is_none()) {
            progress::warn(&format!("{name} did not report both engines: a race is a test that itself calls one of {RUNNERS:?}"));
            count.failed = count.failed.max(1);
        }
    }
    Ok(count)
}

/// The names of the race tests in a folder.
fn in_folder(folder: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            names.extend(in_folder(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests/races/mod.rs") {
            names.extend(in_text(&fs::read_to_string(&path)?));
        }
    }
    Ok(names)
}

/// Returns the functions in a text that run a race.
fn in_text(text: &str) -> BTreeSet<String> {
    let (mut names, mut function) = (BTreeSet::new(), "");
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        if let Some((_, rest)) = line.split_once("async fn ") {
            function = rest.split(['(', '<']).next().unwrap_or_default();
        }
        if RUNNERS.iter().any(|runner| line.contains(runner)) {
            names.insert(function.to_owned());
        }
    }
    names
}

/// Reads the lines that the tests wrote. For a test that ran twice, the last line counts.
fn read(report: &str) -> Outcomes {
    let mut outcomes = Outcomes::new();
    for line in report.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [test, engine, held, milliseconds, verdict] = fields[..] else { continue };
        let (Ok(held), Ok(milliseconds)) = (held.parse(), milliseconds.parse()) else { continue };
        let outcome = Outcome { held, time: Duration::from_millis(milliseconds), all_held: verdict == "held" };
        let name = test.rsplit("::").next().unwrap_or(test);
        outcomes.insert((name.to_owned(), engine.to_owned()), outcome);
    }
    outcomes
}

fn of(outcomes: &Outcomes, name: &str, engine: &str) -> Option<Outcome> {
    outcomes.get(&(name.to_owned(), engine.to_owned())).copied()
}

fn table(names: &BTreeSet<String>, outcomes: &Outcomes, rounds: u64) -> String {
    let mut text = "| must hold | SQLite | PostgreSQL |\n|---|---|---|\n".to_owned();
    for name in names {
        let cell = |engine| match of(outcomes, name, engine) {
            Some(Outcome { held, time, all_held: true }) => format!("{held} of {rounds}, {}", progress::seconds(time)),
            Some(Outcome { held, .. }) => format!("**FAILED** in round {}", held + 1),
            None => "**not run**".to_owned(),
        };
        let [sqlite, postgres] = ENGINES.map(cell);
        text.push_str(&format!("| {} | {sqlite} | {postgres} |\n", name.replace('_', " ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn races_are_found_by_the_function_that_they_call() {
        let text = "use super::races_from;\n/// As `races_on_both_engines(…)`.\nasync fn helps() {}\nasync fn one_wins() {\n    races_on_both_engines(|app| {})\n}
            async fn looks() {\n    on_both_engines(|app| {})\n}\npub async fn another(x: u8) { races_from(prepare, race) }";
        assert_eq!(in_text(text), BTreeSet::from(["another", "one_wins"].map(str::to_owned)));
    }

    #[test]
    fn every_race_of_the_tree_is_found() {
        let names = in_folder(&paths::root().join("src")).unwrap();
        for name in ["one_payment_key_a_hundred_times_is_one_payment", "one_appointment_checked_in_by_a_hundred_tabs_is_one_visit"] {
            assert!(names.contains(name), "{name}");
        }
    }

    #[test]
    fn the_table_says_what_held_where() {
        let report = "tests::x::one_wins\tSqlite\t200\t34000\theld\ntests::x::one_wins\tPostgres\t17\t9000\tfailed\n";
        let names = ["one_wins", "two_win"].map(str::to_owned).into();
        let lines = table(&names, &read(report), 200);
        assert!(lines.contains("| one wins | 200 of 200, 34 s | **FAILED** in round 18 |"), "{lines}");
        assert!(lines.contains("| two win | **not run** | **not run** |"), "{lines}");
    }
}
