//! `cargo xtask attack`: attacks a demo hospital with the accounts of its users, and checks the dependencies.
//!
//! Chromium posts every form of every role from foreign origins and writes markers into every field; then `sqlmap` and
//! `wapiti` try the same requests. Afterwards `infirmary check` and `audit verify` check the database, and `cargo deny` checks
//! licences, sources and, where a database is named, advisories.

mod dependencies;
mod injections;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{command, lines, output};
use crate::postgres::{Cluster, free_port};
use crate::server::{Build, Program, sqlite_url};
use crate::site::Care;
use crate::test::Count;
use crate::{node, paths, progress, server};

/// The options of the attack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub postgres: bool,
}

/// The attacked hospital.
struct Target<'a> {
    port: u16,
    /// The engine's name in `sqlmap`.
    engine: &'static str,
    /// The folder for reports.
    folder: &'a Path,
}

impl Target<'_> {
    fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }
}

/// Runs the attack as one of the long tests, on both databases.
pub fn both() -> Result<Count> {
    for postgres in [false, true] {
        run(Options { postgres })?;
    }
    Ok(Count { passed: 2, failed: 0 })
}

/// Runs the attack, and fails with all findings.
pub fn run(options: Options) -> Result<()> {
    node::ensure_packages("attacking through a browser")?;
    let chromium = node::ensure_chromium()?;
    let wapiti = injections::ensure()?;
    let file = server::build_with_site(Build::Debug, Care::Quick)?;
    let folder = paths::target().join("attack");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let work = tempfile::tempdir().context("no temporary folder")?;
    let cluster = options.postgres.then(Cluster::throwaway).transpose()?;
    let database = match &cluster {
        Some(cluster) => {
            cluster.drop_database("attack")?;
            cluster.create_database("attack")?;
            cluster.url("attack")
        }
        None => sqlite_url(&work.path().join("infirmary.db")),
    };
    let program = Program { file, database };
    program.fill()?;
    let target = Target { port: free_port()?, engine: if options.postgres { "PostgreSQL" } else { "SQLite" }, folder: &folder };
    let log = folder.join("server.log");
    let said = fs::File::create(&log)?;
    let errors = said.try_clone()?;
    let server = program.serve(target.port, |serve| {
        serve.stdout(said).stderr(errors);
    })?;

    let mut findings = Vec::new();
    progress::header("Through a browser");
    findings.extend(browser(&target, &program, chromium)?);
    progress::header("Injections");
    findings.extend(injections::sql(&target)?);
    findings.extend(injections::web(&target, &wapiti)?);
    drop(server);
    findings.extend(complaints(&log)?);
    findings.extend(damage(&program));
    progress::header("The dependencies");
    findings.extend(dependencies::judge()?);
    progress::header("Summary");
    progress::note(&format!("The reports are in {}", folder.display()));
    if findings.is_empty() {
        progress::note("Nothing was found");
        return Ok(());
    }
    bail!("{} finding(s):\n{}", findings.len(), findings.join("\n"))
}

/// Runs the attacks of `end2end/attack`.
fn browser(target: &Target, program: &Program, chromium: PathBuf) -> Result<Option<String>> {
    let mut playwright = command("node");
    playwright
        .current_dir(paths::end2end())
        .args(["node_modules/@playwright/test/cli.js", "test", "--config=attack.config.ts"])
        .arg(format!("--output={}", target.folder.join("browser").display()))
        .env("BASE_URL", target.url())
        .env("PROGRAM", &program.file)
        .env("DATABASE_URL", &program.database)
        .env("CHROMIUM", chromium)
        .env("ATTACK", target.folder)
        .env("FORCE_COLOR", "0");
    let status = lines(&mut playwright, |line| println!("{line}"))?;
    Ok((!status.success()).then(|| "the attacks through the browser found something (above)".to_owned()))
}

/// Checks the database after the attacks: every invariant holds, and the audit log is complete.
fn damage(program: &Program) -> Vec<String> {
    let calls: [&[&str]; 2] = [&["check"], &["audit", "verify"]];
    let judged = calls.into_iter().filter_map(|words| output(&mut program.call(words)).err());
    judged.map(|error| format!("after the attacks: {error:#}")).collect()
}

/// Checks the server's log: no request may have caused a panic or a status 500.
fn complaints(log: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(log)?;
    let bad = text.lines().filter(|line| line.contains("panicked") || line.contains("status=500") || line.contains("\"status\":500"));
    Ok(bad.take(20).map(|line| format!("the server: {line}")).collect())
}
