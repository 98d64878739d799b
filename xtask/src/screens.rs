//! `cargo xtask screens`: takes screenshots of every screen for `target/screens`, and one of each for `docs/screens`, from a fresh
//! demo hospital.

use anyhow::{Context, Result};

use crate::command::{command, run as run_command};
use crate::postgres::free_port;
use crate::server::{Build, Program, sqlite_url};
use crate::site::Care;
use crate::{node, paths, progress, server};

/// Takes all screenshots again.
pub fn run() -> Result<()> {
    node::ensure_packages("taking pictures")?;
    let chromium = node::ensure_chromium()?;
    let file = server::build_with_site(Build::Debug, Care::Quick)?;
    progress::header("The pictures");
    let work = tempfile::tempdir().context("no temporary folder")?;
    let program = Program { file, database: sqlite_url(&work.path().join("infirmary.db")) };
    program.fill_at_noon(&[])?;
    let port = free_port()?;
    let _server = program.serve(port, |_| {})?;
    // A second server shows the same hospital on its first morning.
    let first_day = Program { file: program.file.clone(), database: sqlite_url(&work.path().join("first-day.db")) };
    first_day.fill_at_noon(&["--first-day"])?;
    let first_port = free_port()?;
    let _first_server = first_day.serve(first_port, |_| {})?;
    let folder = paths::target().join("screens");
    run_command(
        command("node")
            .current_dir(paths::end2end())
            .args(["node_modules/@playwright/test/cli.js", "test", "--config=screens.config.ts"])
            .env("BASE_URL", format!("http://localhost:{port}"))
            .env("PROGRAM", &program.file)
            .env("DATABASE_URL", &program.database)
            .env("FIRST_DAY", format!("http://localhost:{first_port}"))
            .env("FIRST_DAY_DATABASE", &first_day.database)
            .env("CHROMIUM", chromium)
            .env("SCREENS", &folder)
            .env("SCREENS_KEPT", paths::root().join("docs/screens")),
    )?;
    progress::note(&format!("The gallery is in {}", folder.display()));
    Ok(())
}
