//! `cargo xtask bench --guards`: what audit and encryption cost, measured beside the same program without them.

use anyhow::{Result, bail};

use super::hospital::{GUARDED, Measured, UNGUARDED, cluster, compile};
use super::{Case, Options, cases, fast, payments, sign_in};
use crate::site::Care;
use crate::{progress, site};

/// The two take turns, so that a noise of the machine meets both.
const TURNS: usize = 3;
/// The part of the requests that the guards may cost.
const ALLOWED: f64 = 0.2;

/// Measures both in turns and judges.
pub fn run(options: Options) -> Result<()> {
    site::build(Care::Small)?;
    let cluster = cluster(options)?;
    let open = |name| Measured::open(&compile(name)?, cluster.as_ref(), options);
    let both = [open(GUARDED)?, open(UNGUARDED)?];
    progress::header("Measuring");
    let plans = both.each_ref().map(|side| cases(&side.told, payments(side.port, &side.told)?));
    let [guarded, unguarded] = plans;
    let mut rows = Vec::new();
    for cases in guarded?.into_iter().zip(unguarded?) {
        let cases = <[Case; 2]>::from(cases);
        let name = cases[0].name;
        let rates = progress::step(name, || {
            let mut rates = [0.0; 2];
            for turn in 0..TURNS {
                for ((case, side), rate) in cases.iter().zip(&both).zip(&mut rates) {
                    let share = case.forms.len() / TURNS;
                    let forms = case.forms.get(turn * share..(turn + 1) * share).unwrap_or_default();
                    let cookie = sign_in(side.port, case.login)?;
                    if turn == 0 && forms.is_empty() {
                        fast(side.port, case, &cookie, forms, 1)?;
                    }
                    *rate += fast(side.port, case, &cookie, forms, options.seconds)?.per_second;
                }
            }
            Ok(rates)
        })?;
        rows.push((name, rates));
    }
    judge(&rows, options)
}

fn judge(rows: &[(&str, [f64; 2])], options: Options) -> Result<()> {
    progress::header("Result");
    println!(
        "{} patients, {} appointments, {}\n",
        options.patients,
        options.appointments,
        if options.postgres { "PostgreSQL" } else { "SQLite" }
    );
    println!("| | requests/s | without audit and encryption | cost |");
    println!("|---|---:|---:|---:|");
    let mut dear = Vec::new();
    for (name, [guarded, unguarded]) in rows {
        let turns = f64::from(u8::try_from(TURNS)?);
        let cost = 1.0 - guarded / unguarded;
        println!("| {name} | {:.0} | {:.0} | {:.0} % |", guarded / turns, unguarded / turns, cost * 100.0);
        if cost > ALLOWED {
            dear.push(format!("{name}: {:.0} %", cost * 100.0));
        }
    }
    if !dear.is_empty() {
        bail!("the guards cost more than {:.0} %:\n  {}", ALLOWED * 100.0, dear.join("\n  "));
    }
    Ok(())
}
