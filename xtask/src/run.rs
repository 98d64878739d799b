//! `cargo xtask run`: builds and starts a working hospital from a clean clone.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::postgres::Cluster;
use crate::server::{Build, Program, sqlite_url};
use crate::site::Care;
use crate::{command, paths, progress, server};

const DATABASE: &str = "infirmary";
const FILLING: &str = "infirmary_filling";

/// The options of a run.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    pub postgres: bool,
    pub release: bool,
    pub port: u16,
    /// A SQLite file to use instead of `data/infirmary.db`.
    pub database: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self { postgres: false, release: false, port: 3000, database: None }
    }
}

/// Builds the program, fills the database on the first run, and serves until Ctrl-C.
pub fn run(options: &Options) -> Result<()> {
    let (kind, care) = if options.release { (Build::Release, Care::Small) } else { (Build::Debug, Care::Quick) };
    let file = server::build_with_site(kind, care)?;
    progress::header("The database");
    // The cluster is dropped, and so stopped, after the server, because it was created first.
    let (cluster, database) = if options.postgres { postgres(&file)? } else { (None, sqlite(&file, options)?) };
    let program = Program { file, database };
    progress::header("Serving");
    let mut server = program.serve(options.port, |_| {})?;
    let sign_ins = program.sign_ins();
    println!("\nInfirmary is at {}\n", progress::bold(&format!("http://localhost:{}", options.port)));
    match sign_ins {
        Ok(table) => println!("{}\n", columns(&format!("WHO\tSIGN-IN\tPASSWORD\tWHAT TO TRY\n{table}"))),
        Err(error) => progress::warn(&format!("the demo sign-ins cannot be shown: {error:#}")),
    }
    println!("Ctrl-C ends it.");
    let ended = server.wait();
    drop(cluster);
    match ended {
        Ok(status) if !status.success() => bail!("the server ended with {status}"),
        Err(error) if !command::stopping() => Err(error),
        _ => {
            println!("\nStopped.");
            Ok(())
        }
    }
}

/// Returns the URL of a SQLite file, which is filled on the first run. The file gets its final name only when it is
/// complete.
fn sqlite(program: &Path, options: &Options) -> Result<String> {
    let file = options.database.clone().unwrap_or_else(|| paths::data().join("infirmary.db"));
    let file = std::path::absolute(file)?;
    if file.is_file() {
        progress::note(&format!("SQLite at {}", file.display()));
        return Ok(sqlite_url(&file));
    }
    let folder = file.parent().context("the database has no folder")?;
    fs::create_dir_all(folder)?;
    progress::note(&format!("Filling a demo hospital into {}", file.display()));
    let work = tempfile::tempdir_in(folder)?;
    let partial = work.path().join("infirmary.db");
    Program { file: program.to_path_buf(), database: sqlite_url(&partial) }.fill()?;
    for suffix in ["-wal", "-shm", ".keys", ""] {
        let with_suffix = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        if with_suffix(&partial).is_file() {
            fs::rename(with_suffix(&partial), with_suffix(&file))?;
        }
    }
    Ok(sqlite_url(&file))
}

/// Returns the PostgreSQL database in `DATABASE_URL`, or one in the workbench's own cluster.
fn postgres(program: &Path) -> Result<(Option<Cluster>, String)> {
    if let Ok(url) = std::env::var("DATABASE_URL") {
        if !url.starts_with("postgres") {
            bail!("--postgres was asked for, but DATABASE_URL names something else");
        }
        progress::note("PostgreSQL as DATABASE_URL names it");
        let program = Program { file: program.to_path_buf(), database: url.clone() };
        fill_unless_used(&program)?;
        return Ok((None, url));
    }
    let cluster = Cluster::kept(&paths::data().join("postgres"))?;
    let url = cluster.url(DATABASE);
    if !cluster.has_database(DATABASE)? {
        progress::note("Filling a demo hospital into PostgreSQL");
        // The database gets its final name only when it is complete.
        cluster.drop_database(FILLING)?;
        cluster.create_database(FILLING)?;
        Program { file: program.to_path_buf(), database: cluster.url(FILLING) }.fill()?;
        cluster.rename_database(FILLING, DATABASE)?;
    }
    Ok((Some(cluster), url))
}

/// Fills a database from `DATABASE_URL` when it is new, and leaves it unchanged otherwise.
fn fill_unless_used(program: &Program) -> Result<()> {
    let filled = progress::step("Filling a demo hospital into it, if it is new", || command::output(&mut program.call(&["demo"])));
    match filled {
        Err(error) if error.to_string().contains("in use") => {
            progress::note("It is in use already and stays as it is.");
            Ok(())
        }
        other => other.map(drop),
    }
}

/// Formats lines with tabs as a table.
fn columns(text: &str) -> String {
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let most = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..most).map(width).collect();
    let line = |row: &Vec<&str>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect::<Vec<_>>();
        format!("   {}", cells.join("   ")).trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_become_columns() {
        assert_eq!(columns("Role\tLogin\nCashier\tpérez\tx"), "   Role      Login\n   Cashier   pérez   x");
    }
}
