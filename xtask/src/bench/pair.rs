//! `cargo xtask bench --guards` and `--before`: compares the program with another build of it, in turns.

use anyhow::{Result, bail};

use super::hospital::{GUARDED, Measured, cluster, compile, kept};
use super::{Beside, Case, Machine, Options, cases, fast, median, payments, sign_in, ward};
use crate::site::Care;
use crate::{paths, progress, site};

/// The two builds take turns, each first in every other one, so that disturbances of the machine affect both; the median turn
/// counts.
const TURNS: usize = 5;

impl Beside {
    /// The fraction of the requests that the program may lose against the other build.
    const fn allowed(self) -> f64 {
        match self {
            Self::Floor => 1.0,
            Self::Unguarded => 0.2,
            Self::Before => 0.1,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Unguarded => "without audit and encryption",
            Self::Before => "the build of before",
        }
    }
}

/// Measures both in turns and judges the result.
pub fn run(options: Options) -> Result<()> {
    site::build(Care::Small)?;
    let cluster = cluster(options)?;
    let open = |built| Measured::open(&built, cluster.as_ref(), options);
    let other = if options.beside == Beside::Before { kept()? } else { compile(super::hospital::UNGUARDED)? };
    let both = [open(compile(GUARDED)?)?, open(other)?];
    progress::header("Measuring");
    let mut machine = Machine::default();
    let plans = both.each_ref().map(|side| cases(&side.told, &ward(side.port, &side.told)?, None, payments(side.port, &side.told)?));
    let [guarded, unguarded] = plans;
    let mut rows = Vec::new();
    for cases in guarded?.into_iter().zip(unguarded?) {
        let cases = <[Case; 2]>::from(cases);
        let name = cases[0].name;
        machine.look(&paths::target())?;
        let rates = progress::step(name, || {
            let mut rates = Vec::new();
            for turn in 0..TURNS {
                let mut pair = [0.0; 2];
                let mut sides: Vec<_> = cases.iter().zip(&both).zip(&mut pair).collect();
                if turn % 2 == 1 {
                    sides.reverse();
                }
                for ((case, side), rate) in sides {
                    let share = case.forms.len() / TURNS;
                    let forms = case.forms.get(turn * share..(turn + 1) * share).unwrap_or_default();
                    let cookie = sign_in(side.port, case.login)?;
                    if turn == 0 && forms.is_empty() {
                        fast(side.port, case, &cookie, forms, 1)?;
                    }
                    *rate = fast(side.port, case, &cookie, forms, options.seconds)?.per_second;
                }
                rates.push(pair);
            }
            Ok(rates)
        })?;
        rows.push((name, rates));
    }
    judge(&rows, &machine, options)
}

fn judge(rows: &[(&str, Vec<[f64; 2]>)], machine: &Machine, options: Options) -> Result<()> {
    progress::header("Result");
    println!(
        "{} patients, {} appointments, {}\n",
        options.patients,
        options.appointments,
        if options.postgres { "PostgreSQL" } else { "SQLite" }
    );
    println!("{}\n", machine.words());
    println!("| | requests/s | {} | cost | of each turn |", options.beside.title());
    println!("|---|---:|---:|---:|---:|");
    let mut dear = Vec::new();
    for (name, turns) in rows {
        let rate = |side: usize| median(&turns.iter().map(|pair| pair[side]).collect::<Vec<_>>());
        let mut costs: Vec<f64> = turns.iter().map(|pair| 1.0 - pair[0] / pair[1]).collect();
        costs.sort_by(f64::total_cmp);
        let cost = median(&costs);
        let each: Vec<String> = costs.iter().map(|cost| format!("{:.0}", cost * 100.0)).collect();
        println!("| {name} | {:.0} | {:.0} | {:.0} % | {} |", rate(0), rate(1), cost * 100.0, each.join(", "));
        if cost.is_nan() || cost > options.beside.allowed() {
            dear.push(format!("{name}: {:.0} %", cost * 100.0));
        }
    }
    if !dear.is_empty() {
        bail!("more than {:.0} % slower:\n  {}", options.beside.allowed() * 100.0, dear.join("\n  "));
    }
    Ok(())
}
