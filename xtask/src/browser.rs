//! The browser tests: `end2end/` in Chromium, against a server with a fresh demo hospital on each of the two databases.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::command::{Running, command, lines};
use crate::postgres::{Cluster, free_port};
use crate::server::{Build, Program, sqlite_url};
use crate::site::Care;
use crate::test::Count;
use crate::{node, paths, progress, server, site};

const DATABASE: &str = "browser";

/// Runs all journeys on both databases, side by side. `JOURNEYS="guardian story"` runs only the files whose names have one of the words.
pub fn run(cluster: &Cluster) -> Result<Count> {
    node::ensure_packages("testing in a browser")?;
    let chromium = node::ensure_chromium()?;
    let node_modules = paths::end2end().join("node_modules");
    progress::step("Checking the types of end2end", || {
        crate::command::output(command(node_modules.join(".bin/tsc")).arg("--noEmit").current_dir(paths::end2end())).map(drop)
    })?;
    site::build(Care::Quick)?;
    let file = server::build(Build::Debug)?;
    progress::header("The journeys");
    let work = tempfile::tempdir().context("no temporary folder")?;
    cluster.drop_database(DATABASE)?;
    cluster.create_database(DATABASE)?;
    let sqlite = Hospital::open("sqlite", &file, sqlite_url(&work.path().join("infirmary.db")), work.path())?;
    let postgres = Hospital::open("postgres", &file, cluster.url(DATABASE), work.path())?;
    let mut total = Count::default();
    let results = thread::scope(|scope| {
        let journeys = [&sqlite, &postgres].map(|hospital| scope.spawn(|| hospital.visit(&chromium, work.path())));
        journeys.map(|journey| journey.join().unwrap_or_else(|_| Err(anyhow!("the runner of the journeys panicked"))))
    });
    for result in results {
        total += result?;
    }
    cluster.drop_database(DATABASE).ok();
    Ok(total)
}

/// A server under test.
struct Hospital {
    engine: &'static str,
    program: Program,
    port: u16,
    log: PathBuf,
    _server: Running,
}

impl Hospital {
    fn open(engine: &'static str, file: &Path, database: String, work: &Path) -> Result<Self> {
        let program = Program { file: file.to_path_buf(), database };
        progress::note(&format!("A fresh hospital on {engine}"));
        program.fill_at_noon(&[])?;
        let port = free_port()?;
        let log = work.join(format!("{engine}.log"));
        let said = fs::File::create(&log)?;
        let server = program.serve(port, |serve| {
            if let Ok(errors) = said.try_clone() {
                serve.stderr(errors);
            }
            serve.stdout(said);
        });
        let server = server.with_context(|| fs::read_to_string(&log).unwrap_or_default())?;
        Ok(Self { engine, program, port, log, _server: server })
    }

    /// Runs Playwright against it.
    fn visit(&self, chromium: &Path, work: &Path) -> Result<Count> {
        let report = work.join(format!("{}.json", self.engine));
        let mut playwright = command("node");
        playwright
            .current_dir(paths::end2end())
            .args(["node_modules/@playwright/test/cli.js", "test", "--reporter=list,json"])
            .arg(format!("--output=test-results/{}", self.engine))
            .args(std::env::var("JOURNEYS").unwrap_or_default().split_whitespace())
            .env("BASE_URL", format!("http://localhost:{}", self.port))
            .env("ENGINE", self.engine)
            .env("PROGRAM", &self.program.file)
            .env("DATABASE_URL", &self.program.database)
            .env("CHROMIUM", chromium)
            .env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report)
            .env("FORCE_COLOR", "0");
        if self.engine == "postgres" {
            // Beside the place where the server was started, not the journeys.
            playwright.env("INFIRMARY_KEY_FILE", paths::data().join("infirmary.keys"));
        }
        let status = lines(&mut playwright, |line| println!("[{}] {line}", self.engine))?;
        let count = fs::read_to_string(&report).ok().and_then(|text| counted(&text));
        let count = count.with_context(|| format!("the journeys on {} ended with {status} and no report", self.engine))?;
        if !status.success() {
            let kept = paths::end2end().join("test-results").join(format!("{}-server.log", self.engine));
            fs::copy(&self.log, &kept).ok();
            progress::warn(&format!("what the server said is in {}", kept.display()));
            // Also when no single test failed, as after a mistake in the configuration.
            return Ok(Count { failed: count.failed.max(1), ..count });
        }
        Ok(count)
    }
}

/// Reads the counts of Playwright's report. A test that passed only when repeated has not passed.
fn counted(report: &str) -> Option<Count> {
    let report: Value = serde_json::from_str(report).ok()?;
    let number = |name: &str| report["stats"][name].as_u64();
    Some(Count { passed: number("expected")?, failed: number("unexpected")? + number("flaky")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_a_report_are_read() {
        let report = r#"{"stats":{"expected":12,"unexpected":1,"flaky":1,"skipped":3}}"#;
        assert_eq!(counted(report), Some(Count { passed: 12, failed: 2 }));
        assert_eq!(counted("{}"), None);
    }
}
