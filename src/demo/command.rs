//! The command `infirmary demo`.

use chrono_tz::Tz;
use clap::Args;

use super::{DemoOptions, fill, sign_ins};
use crate::{commands, core::time::Clock, server::config::Config};

/// Fills a new database with a demo hospital.
#[derive(Args, Debug)]
pub struct Demo {
    /// Invented patients besides the 400 of the records, for measuring: 1000000 takes minutes.
    #[arg(long)]
    patients: Option<u64>,
    /// Past appointments besides those around today.
    #[arg(long)]
    appointments: Option<u64>,
    /// The same seed makes the same people and times.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The hospital on its first morning: no patient has come or booked yet.
    #[arg(long, conflicts_with_all = ["patients", "appointments"])]
    first_day: bool,
    /// The hospital's time zone; the tests choose one where it is noon.
    #[arg(long, default_value_t = super::TIME_ZONE)]
    time_zone: Tz,
    /// Print the sign-ins as a table with tabs (role, login, password, what to try) and stop.
    #[arg(long)]
    sign_ins: bool,
}

/// Fills the configured database, which must be new.
///
/// # Errors
/// A sentence.
pub async fn demo(config: &Config, demo: &Demo) -> Result<(), String> {
    if demo.sign_ins {
        print_sign_ins();
        return Ok(());
    }
    let db = commands::open(config).await?;
    let options = DemoOptions {
        patients: demo.patients,
        appointments: demo.appointments,
        seed: demo.seed,
        first_day: demo.first_day,
        time_zone: demo.time_zone,
    };
    let begun = std::time::Instant::now();
    let filled = fill(&db, &options, Clock::default().now(), &mut |step| eprintln!("{:>7.1} s  {step}", begun.elapsed().as_secs_f32()))
        .await
        .map_err(|error| error.to_string());
    commands::close_after(&db, config, filled).await?;
    eprintln!("{:>7.1} s  the demo is ready in {}", begun.elapsed().as_secs_f32(), db.shown_url());
    print_sign_ins();
    Ok(())
}

fn print_sign_ins() {
    for one in sign_ins() {
        println!("{}\t{}\t{}\t{}", one.role, one.login, one.password, one.try_this);
    }
}
