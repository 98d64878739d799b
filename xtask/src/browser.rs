//! Runs the browser tests of `end2end/` in Chromium, against servers with fresh demo hospitals.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::command::{Running, command, lines};
use crate::postgres::{Cluster, free_port};
use crate::server::{Build, Program, sqlite_url};
use crate::site::Care;
use crate::test::Count;
use crate::{node, paths, progress, server};

const DATABASE: &str = "browser";

/// A part of the journeys, which runs against its own hospital.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// This share of all journeys, counted from 1, on SQLite.
    Sqlite { share: u8, of: u8 },
    /// The journeys that depend on the database (`playwright.config.ts` lists them), on PostgreSQL.
    Postgres,
}

/// Runs the usual journeys on SQLite, and two on PostgreSQL too, two parts at a time. With `all`, every journey, and on PostgreSQL those that
/// depend on the database.
///
/// `JOURNEYS="guardian story"` runs only the files whose names have one of the words, on both databases.
pub fn run(cluster: &Cluster, all: bool) -> Result<Count> {
    node::ensure_packages("testing in a browser")?;
    let chromium = node::ensure_chromium()?;
    let node_modules = paths::end2end().join("node_modules");
    progress::step("Checking the types of end2end", || {
        crate::command::output(command(node_modules.join(".bin/tsc")).arg("--noEmit").current_dir(paths::end2end())).map(drop)
    })?;
    let file = server::build_with_site(Build::Debug, Care::Quick)?;
    progress::header("The journeys");
    let work = tempfile::tempdir_in(paths::short_lived()).context("no temporary folder")?;
    cluster.drop_database(DATABASE)?;
    cluster.create_database(DATABASE)?;
    let parts = Mutex::new(parts(std::env::var_os("JOURNEYS").is_some()));
    let next = || parts.lock().ok()?.pop_front();
    let visit = |part| Hospital::open(part, &file, cluster, work.path())?.visit(&chromium, work.path(), all);
    let worker = || {
        let mut count = Count::default();
        while let Some(part) = next() {
            count += visit(part).with_context(|| format!("the journeys of {part:?}"))?;
        }
        anyhow::Ok(count)
    };
    let mut total = Count::default();
    let results = thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers.map(|worker| worker.join().unwrap_or_else(|_| Err(anyhow!("the runner of the journeys panicked"))))
    });
    for result in results {
        total += result?;
    }
    cluster.drop_database(DATABASE).ok();
    Ok(total)
}

/// Returns the parts in the order in which they start: those on PostgreSQL take as long as one share of SQLite's.
fn parts(chosen: bool) -> VecDeque<Part> {
    const SHARES: u8 = 3;
    let shares = if chosen { 1 } else { SHARES };
    std::iter::once(Part::Postgres).chain((1..=shares).map(|share| Part::Sqlite { share, of: shares })).collect()
}

/// A server under test.
struct Hospital {
    part: Part,
    /// The name in its files: `sqlite-2`, `postgres`.
    name: String,
    program: Program,
    port: u16,
    log: PathBuf,
    _server: Running,
}

impl Part {
    fn name(self) -> String {
        match self {
            Self::Sqlite { share, .. } => format!("sqlite-{share}"),
            Self::Postgres => "postgres".to_owned(),
        }
    }
}

impl Hospital {
    fn open(part: Part, file: &Path, cluster: &Cluster, work: &Path) -> Result<Self> {
        let name = part.name();
        let database = match part {
            Part::Sqlite { .. } => sqlite_url(&work.join(&name).join("infirmary.db")),
            Part::Postgres => cluster.url(DATABASE),
        };
        fs::create_dir_all(work.join(&name))?;
        let program = Program { file: file.to_path_buf(), database };
        progress::note(&format!("A fresh hospital: {name}"));
        program.fill_at_noon(&[])?;
        let port = free_port()?;
        let log = work.join(format!("{name}.log"));
        let said = fs::File::create(&log)?;
        let server = program.serve(port, |serve| {
            if let Ok(errors) = said.try_clone() {
                serve.stderr(errors);
            }
            serve.stdout(said);
        });
        let server = server.with_context(|| fs::read_to_string(&log).unwrap_or_default())?;
        Ok(Self { part, name, program, port, log, _server: server })
    }

    /// Runs Playwright against this server.
    fn visit(&self, chromium: &Path, work: &Path, all: bool) -> Result<Count> {
        let report = work.join(format!("{}.json", self.name));
        let mut playwright = command("node");
        playwright
            .current_dir(paths::end2end())
            .args(["node_modules/@playwright/test/cli.js", "test", "--reporter=list,json"])
            .arg(format!("--output=test-results/{}", self.name))
            .args(std::env::var("JOURNEYS").unwrap_or_default().split_whitespace())
            .env("BASE_URL", format!("http://localhost:{}", self.port))
            .env("PROGRAM", &self.program.file)
            .env("DATABASE_URL", &self.program.database)
            .env("CHROMIUM", chromium)
            .env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report)
            .env("FORCE_COLOR", "0");
        if all {
            playwright.env("ALL", "1");
        }
        match self.part {
            Part::Sqlite { share, of } => playwright.arg(format!("--shard={share}/{of}")).env("ENGINE", "sqlite"),
            // The keys are in the folder where the server was started, not where the journeys run.
            Part::Postgres => playwright.env("ENGINE", "postgres").env("INFIRMARY_KEY_FILE", paths::data().join("infirmary.keys")),
        };
        let status = lines(&mut playwright, |line| println!("[{}] {line}", self.name))?;
        let count = fs::read_to_string(&report).ok().and_then(|text| counted(&text));
        let count = count.with_context(|| format!("the journeys of {} ended with {status} and no report", self.name))?;
        if !status.success() {
            let kept = paths::end2end().join("test-results").join(format!("{}-server.log", self.name));
            fs::copy(&self.log, &kept).ok();
            progress::warn(&format!("the server's log is in {}", kept.display()));
            // This also counts when no single test failed, as after a fault in the configuration.
            return Ok(Count { failed: count.failed.max(1), ..count });
        }
        Ok(count)
    }
}

/// Reads the counts from Playwright's report. A test that passed only when it was repeated counts as failed.
fn counted(report: &str) -> Option<Count> {
    let report: Value = serde_json::from_str(report).ok()?;
    let number = |name: &str| report["stats"][name].as_u64();
    Some(Count { passed: number("expected")?, failed: number("unexpected")? + number("flaky")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_share_and_postgresql_are_visited_once() {
        let names: Vec<_> = parts(false).into_iter().map(Part::name).collect();
        assert_eq!(names, ["postgres", "sqlite-1", "sqlite-2", "sqlite-3"]);
        let names: Vec<_> = parts(true).into_iter().map(Part::name).collect();
        assert_eq!(names, ["postgres", "sqlite-1"]);
    }

    #[test]
    fn the_counts_of_a_report_are_read() {
        let report = r#"{"stats":{"expected":12,"unexpected":1,"flaky":1,"skipped":3}}"#;
        assert_eq!(counted(report), Some(Count { passed: 12, failed: 2 }));
        assert_eq!(counted("{}"), None);
    }
}
