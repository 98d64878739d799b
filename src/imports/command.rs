//! The command `infirmary import fhir`.

use std::{io::IsTerminal as _, path::PathBuf};

use clap::Args;

use super::{
    fhir::{Options, Progress, Source, import},
    lines::Lines,
};
use crate::{
    audit::{self, Action, AuditRow},
    commands,
    core::time::Clock,
    server::config::Config,
};

/// Imports FHIR resources.
#[derive(Args, Debug)]
pub struct ImportFhir {
    /// The folder with `.ndjson` or `.json` files, compressed or not; or one such file.
    dir: PathBuf,
    /// Read and report only; write nothing.
    #[arg(long)]
    dry_run: bool,
    /// The file for one line on each resource that was not taken whole: CSV, or NDJSON when its name ends so.
    #[arg(long, default_value = "fhir-import-report.csv")]
    report: PathBuf,
    /// Do not keep the original resources; those that no department stores yet are only counted.
    #[arg(long)]
    no_originals: bool,
    /// Make no wards, beds and admissions of locations and inpatient encounters: the hospital has a plan of its own.
    #[arg(long)]
    no_wards: bool,
    /// In a new database: the time zone of the clinic.
    #[arg(long, default_value = "America/New_York")]
    time_zone: String,
}

/// Imports a folder. Writes progress and problems to the error stream, and the table of results to the output.
///
/// # Errors
/// A sentence. A line that cannot be used is reported as a problem and is not an error.
pub async fn import_fhir(config: &Config, what: &ImportFhir) -> Result<(), String> {
    if what.time_zone.parse::<chrono_tz::Tz>().is_err() {
        return Err(format!("--time-zone: {} is no IANA time zone", what.time_zone));
    }
    let db = commands::open(config).await?;
    let options =
        Options { keep_originals: !what.no_originals, time_zone: what.time_zone.clone(), dry_run: what.dry_run, wards: !what.no_wards };
    let mut lines = Lines::create(&what.report)?;
    let begun = std::time::Instant::now();
    let lively = std::io::stderr().is_terminal();
    let mut tell = |progress: Progress<'_>| match progress {
        Progress::Reading { file, resources } if lively => eprint!("\r{file}: {resources}"),
        Progress::Reading { .. } => {}
        Progress::Done { file, resources } => eprintln!("{}{file}: {resources}", if lively { "\r" } else { "" }),
        Progress::Problem(problem) => lines.write(problem),
    };
    let now = Clock::default().now();
    let done = async {
        let report = import(&db, &Source::Folder(what.dir.clone()), &options, now, &mut tell).await.map_err(|error| error.to_string())?;
        if options.dry_run {
            return Ok(report);
        }
        let mut tx = db.write().await.map_err(|error| error.to_string())?;
        let row = AuditRow::by_command(Action::Create, "import", None, now);
        audit::write(&mut tx, &[row]).await.map_err(|error| error.to_string())?;
        tx.commit().await.map_err(|error| error.to_string())?;
        Ok(report)
    };
    let done = done.await;
    let report = commands::close_after(&db, config, done).await?;
    lines.finish()?;
    print!("{report}");
    if report.problem_count > 0 {
        println!("\n{} lines in {}", report.problem_count, what.report.display());
    }
    if what.dry_run {
        println!("Nothing was written.");
    }
    println!("{:.1} s", begun.elapsed().as_secs_f32());
    Ok(())
}
