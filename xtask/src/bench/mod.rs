//! `cargo xtask bench`: measures the release build under load, on a large demo hospital, each page beside the floor of
//! `benches/floor.rs`.

mod books;
mod hospital;
mod machine;
mod pair;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::http::Client;
use crate::load::{self, Asked, Load, Report};
use crate::site::Care;
use crate::{boards, paths, progress, site};
use hospital::{GUARDED, Measured};
use machine::Machine;

/// The size of the hospital and the duration of the measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub postgres: bool,
    pub patients: u64,
    pub appointments: u64,
    pub seconds: u64,
    pub beside: Beside,
}

/// The program that Infirmary is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// `benches/floor.rs`: the same queries and bytes.
    Floor,
    /// The same program without audit and encryption.
    Unguarded,
    /// Another build, which is kept in `target/bench_before`.
    Before,
}

impl Default for Options {
    fn default() -> Self {
        Self { postgres: false, patients: 1_000_000, appointments: 100_000, seconds: 5, beside: Beside::Floor }
    }
}

const PASSWORD: &str = "infirmary-demo";
/// The number of parallel requests: the number of cores of the machine for which the targets were set.
const CLIENTS: u64 = 2;
/// The required requests per second of a page, as a fraction of its floor's.
const WANTED: f64 = 1.0 / 3.0;
/// The program and its floor take turns, so that disturbances of the machine affect both; the median turn counts.
const TURNS: usize = 3;
/// Times at a steady rate are judged only where the floor reaches this multiple of the rate: below that, the result shows the machine
/// and not the program.
const HEADROOM: f64 = 2.0;

/// One line of the table.
struct Case {
    name: &'static str,
    login: &'static str,
    path: String,
    /// Whether the case sends forms; `forms` holds them.
    changes: bool,
    forms: Vec<String>,
    /// The requests per second at which the times are measured.
    rate: u64,
    /// The largest 99th percentile allowed at that rate.
    bar: Duration,
}

/// Measures and judges all cases.
pub fn run(options: Options) -> Result<()> {
    if options.beside != Beside::Floor {
        return pair::run(options);
    }
    site::build(Care::Small)?;
    let cluster = hospital::cluster(options)?;
    let measured = Measured::open(&hospital::compile(GUARDED)?, cluster.as_ref(), options)?;
    let Measured { port, floor_port: bare_port, server, floor, told } = measured;
    progress::header("Measuring");
    let payments = payments(port, &told)?;
    let board = told["board"].as_str().context("no board")?;
    let check_ins = forms(&told, "check_ins");
    let desk = Client::sign_in(port, "reception", PASSWORD)?;
    // This comes first, while the queue is as long as in a hospital; it uses the last forms, which no other case uses.
    let live = progress::step(&format!("{} boards", boards::BOARDS), || {
        boards::run(port, board, &desk, "/api/reception/check_in", &check_ins[check_ins.len().saturating_sub(boards::ROUNDS)..])
    })?;
    let mut rows = Vec::new();
    let mut machine = Machine::default();
    let (board, statement) = (ward(port, &told)?, books::long_account(port, &told)?);
    for mut case in cases(&told, &board, Some(&statement), payments)? {
        machine.look(&paths::target())?;
        let cookie = sign_in(port, case.login)?;
        // One form shows the floor what the case does; one warms up; a part is kept for the steady rate.
        let first = case.forms.pop();
        let plan = json!([{ "path": case.path, "cookie": cookie, "body": first }]).to_string();
        let answer = Client::open(bare_port, "")?.post("/bench/plan", &plan)?;
        let told: Value = serde_json::from_slice(&answer.body).with_context(|| format!("{}: {}", case.name, answer.text()))?;
        let seen = told[0]["status"].as_u64().unwrap_or_default();
        if !(200..400).contains(&seen) {
            bail!("{}: {} was answered with {seen}", case.name, case.path);
        }
        let steady_part = case.forms.len().min(usize::try_from(case.rate * options.seconds)?).min(case.forms.len() / 2);
        let (steady_forms, fast_forms) = case.forms.split_at(steady_part);
        let row = progress::step(case.name, || {
            if first.is_none() {
                fast(port, &case, &cookie, &[], 1)?;
            }
            let mut turns = Vec::new();
            let mut bytes = 0;
            let share = fast_forms.len() / TURNS;
            for turn in 0..TURNS {
                let forms = &fast_forms[turn * share..(turn + 1) * share];
                let page = fast(port, &case, &cookie, forms, options.seconds)?;
                let bare = fast(bare_port, &case, &cookie, forms, options.seconds)?;
                bytes = bytes.max(page.bytes);
                turns.push([page.per_second, bare.per_second]);
            }
            let steady = load(port, &case, &cookie, steady_forms, Some(case.rate), options.seconds)?;
            Ok(Row { queries: told[0]["queries"].as_u64().unwrap_or_default(), turns, bytes, steady })
        })?;
        rows.push((case, row));
    }
    let memory = server.peak_memory();
    drop((server, floor, cluster));
    judge(&rows, live, memory, &machine, options)
}

/// Returns the session's cookie of a user; empty for an empty login.
fn sign_in(port: u16, login: &str) -> Result<String> {
    if login.is_empty() { Ok(String::new()) } else { Client::sign_in(port, login, PASSWORD) }
}

/// Sends requests as fast as they are answered.
fn fast(port: u16, case: &Case, cookie: &str, forms: &[String], seconds: u64) -> Result<Report> {
    load(port, case, cookie, forms, None, seconds)
}

fn load(port: u16, case: &Case, cookie: &str, forms: &[String], rate: Option<u64>, seconds: u64) -> Result<Report> {
    load::run(&Load {
        port,
        what: if case.changes { Asked::Forms { action: &case.path, bodies: forms } } else { Asked::Page(&case.path) },
        cookie,
        clients: if rate.is_some() { 8 } else { CLIENTS },
        rate,
        time: Duration::from_secs(seconds),
    })
}

struct Row {
    queries: u64,
    /// Requests per second of the program and of its floor, for each turn.
    turns: Vec<[f64; 2]>,
    /// The size of one answer.
    bytes: usize,
    steady: Report,
}

impl Row {
    fn rate(&self, side: usize) -> f64 {
        median(&self.turns.iter().map(|turn| turn[side]).collect::<Vec<_>>())
    }

    /// Returns the program's fraction of its floor in each turn, the lowest first.
    fn parts(&self) -> Vec<f64> {
        let mut parts: Vec<f64> = self.turns.iter().map(|turn| turn[0] / turn[1]).collect();
        parts.sort_by(f64::total_cmp);
        parts
    }
}

/// Returns the median.
fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Issues the invoices that can be issued; returns the forms that pay them, one cent at a time.
fn payments(port: u16, hospital: &Value) -> Result<Vec<String>> {
    let mut cashier = Client::open(port, &Client::sign_in(port, "cashier", PASSWORD)?)?;
    let mut invoices = Vec::new();
    for patient in forms(hospital, "accounts") {
        let answer = cashier.post("/api/billing/issue", &format!("patient_id={patient}"))?;
        invoices.extend(answer.location.split("invoice=").nth(1).map(str::to_owned));
    }
    if invoices.is_empty() {
        bail!("nobody owes anything");
    }
    let keys = forms(hospital, "keys");
    Ok(keys
        .iter()
        .zip(invoices.iter().cycle())
        .map(|(key, invoice)| format!("invoice_id={invoice}&method=card&tendered=0.01&reference=1&idempotency_key={key}"))
        .collect())
}

/// Returns the address of the board of the ward with the most beds; an older build does not list it, and its first ward is taken.
fn ward(port: u16, hospital: &Value) -> Result<String> {
    if let Some(id) = hospital["ward"].as_str() {
        return Ok(format!("/wards/{id}"));
    }
    let list = Client::open(port, &Client::sign_in(port, "ward", PASSWORD)?)?.get("/wards")?.text();
    let id = list.split("href=\"/wards/").skip(1).filter_map(|rest| rest.split('"').next()).find(|id| id.len() == 36);
    id.map(|id| format!("/wards/{id}")).context("the hospital has no ward")
}

/// Returns the cases, built from the floor's data about the hospital, the address of a ward's `board`, that of a long `statement` (without
/// it the books have few entries), and the forms of payments.
fn cases(hospital: &Value, board: &str, statement: Option<&str>, payments: Vec<String>) -> Result<Vec<Case>> {
    let chart = hospital["chart"].as_str().context("no chart")?;
    let forms = |name: &str| forms(hospital, name);
    let mut check_ins = forms("check_ins");
    check_ins.truncate(check_ins.len().saturating_sub(boards::ROUNDS));
    let page = |name, login, path: &str, bar| Case {
        name,
        login,
        path: path.to_owned(),
        changes: false,
        forms: Vec::new(),
        rate: 200,
        bar: Duration::from_millis(bar),
    };
    let change = |name, login, path: &str, forms: Vec<String>, rate, bar| Case {
        name,
        login,
        path: path.to_owned(),
        changes: true,
        forms,
        rate,
        bar: Duration::from_millis(bar),
    };
    // A day with thousands of documents is a page of thousands of rows: it is asked for seldom, by few.
    let books = match statement {
        Some(statement) => vec![
            page("the statement of an account with 10,000 entries", "accountant", statement, 50),
            Case { rate: 2, ..page("the day book of 5,000 documents", "accountant", "/books/day", 1_000) },
            Case { rate: 2, ..page("the journal of 5,000 transfers", "accountant", "/books/journal", 1_000) },
        ],
        None => vec![page("the day book", "accountant", "/books/day", 50)],
    };
    let mut cases = vec![
        page("the doctor's day", "doctor", "/schedules", 25),
        page("the doctor's queue", "doctor", "/consultation", 25),
        page("the front desk", "reception", "/reception", 25),
        page("search by the beginning of a name", "reception", "/patients?q=gar", 50),
        page("search by the middle of a name", "reception", "/patients?q=arci", 50),
        page("search of a misspelt name", "reception", "/patients?q=rodrigez", 50),
        page("the longest chart", "doctor", &format!("/patients/{chart}/chart"), 50),
        page("the portal's home", "patient", "/portal", 50),
        page("the board of a ward", "ward", board, 25),
        page("the list of wards", "ward", "/wards", 25),
        Case { rate: 50, ..page("a month of the schedule", "reception", "/schedules/month", 50) },
        // The sum of all transfers, asked for seldom, as the day book.
        Case { rate: 2, ..page("the trial balance over 200,000 invoices", "accountant", "/books/trial-balance", 1_000) },
        Case { rate: 50, ..page("free times in the portal", "patient", "/portal/book/times", 50) },
        change("booking", "reception", "/api/appointments/book", forms("bookings"), 50, 100),
        change("check-in of a walk-in", "reception", "/api/reception/check_in", check_ins, 50, 100),
        change("payment", "cashier", "/api/billing/pay", payments, 50, 100),
        change("sign-in", "", "/api/accounts/sign_in", vec![format!("login=doctor&password={PASSWORD}"); 2_000], 10, 250),
    ];
    cases.extend(books);
    cases.extend(departments(hospital, board));
    Ok(cases)
}

/// Returns the cases of the laboratory, the pharmacy and the wards, of which an older build does not list all.
fn departments(hospital: &Value, board: &str) -> Vec<Case> {
    let page = |name, login, path: String, rate, bar| Case {
        name,
        login,
        path,
        changes: false,
        forms: Vec::new(),
        rate,
        bar: Duration::from_millis(bar),
    };
    let mut cases = vec![
        page("the bench with 2,000 open analyses", "lab", "/lab/bench".to_owned(), 200, 25),
        page("its twentieth page", "lab", "/lab/bench?page=20".to_owned(), 200, 25),
        page("a doctor's inbox of 500 reports", "doctor", "/lab/inbox".to_owned(), 50, 50),
        page("the pharmacy's queue of 300", "pharmacist", "/pharmacy".to_owned(), 200, 25),
        page("the stock of 5,000 goods", "storekeeper", "/stock".to_owned(), 200, 50),
        page("a search in the stock", "storekeeper", "/stock?q=catheter".to_owned(), 50, 50),
        page("the medicine round of a ward", "nurse", format!("{board}/round"), 200, 25),
        // The bytes of an answer are those that each open board gets with a change.
        page("the board of a ward after a change", "ward", format!("{board}/live"), 200, 25),
    ];
    if let Some(patient) = hospital["results"].as_str() {
        cases.push(page("a chart with 5,000 results", "doctor", format!("/patients/{patient}/lab"), 50, 50));
    }
    if let Some(item) = hospital["item"].as_str() {
        cases.push(page("an item's card in 1,000,000 movements", "storekeeper", format!("/stock/items/{item}/card"), 50, 50));
    }
    let dispenses = forms(hospital, "dispenses");
    if !dispenses.is_empty() {
        cases.push(Case {
            changes: true,
            forms: dispenses,
            ..page("dispense", "pharmacist", "/api/pharmacy/dispense".to_owned(), 50, 100)
        });
    }
    cases
}

fn forms(hospital: &Value, name: &str) -> Vec<String> {
    hospital[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn judge(rows: &[(Case, Row)], live: (Duration, Duration), memory: Option<u64>, machine: &Machine, options: Options) -> Result<()> {
    progress::header("Result");
    println!(
        "{} patients, {} appointments, {}, {CLIENTS} clients\n\n{}\n",
        options.patients,
        options.appointments,
        if options.postgres { "PostgreSQL" } else { "SQLite" },
        machine.words()
    );
    println!("| | requests/s | floor | of the floor | of each turn | queries | bytes | rate | p50 | p99 | worst |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut missed = Vec::new();
    for (case, row) in rows {
        let (parts, steady) = (row.parts(), &row.steady);
        let (reached, floor) = (median(&parts), row.rate(1));
        let each: Vec<String> = parts.iter().map(|part| format!("{:.0}", part * 100.0)).collect();
        #[expect(clippy::cast_precision_loss, reason = "a rate is a small number")]
        let judged = floor >= case.rate as f64 * HEADROOM;
        println!(
            "| {} | {:.0} | {floor:.0} | {:.0} % | {} | {} | {} | {}/s | {} | {}{} | {} |",
            case.name,
            row.rate(0),
            reached * 100.0,
            each.join(", "),
            row.queries,
            row.bytes,
            case.rate,
            millis(steady.p50),
            millis(steady.p99),
            if judged { "" } else { " (not judged)" },
            millis(steady.worst)
        );
        // Sign-in is mostly argon2id, which the floor does not compute.
        if (reached.is_nan() || reached < WANTED) && !case.login.is_empty() {
            missed.push(format!("{}: {:.0} % of its floor", case.name, reached * 100.0));
        }
        if judged && steady.p99 > case.bar {
            missed.push(format!("{}: p99 {} at {}/s, {} allowed", case.name, millis(steady.p99), case.rate, millis(case.bar)));
        }
    }
    println!("\n{} open boards show a change after {} (median), {} (slowest).", boards::BOARDS, millis(live.0), millis(live.1));
    if live.1 > Duration::from_secs(1) {
        missed.push(format!("the slowest board took {}", millis(live.1)));
    }
    if let Some(bytes) = memory {
        println!("Peak memory of the server: {} MB.", bytes / 1_000_000);
    }
    if !missed.is_empty() {
        bail!("below the bars:\n  {}", missed.join("\n  "));
    }
    Ok(())
}

fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_in_the_middle() {
        assert!((median(&[9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn the_turn_in_the_middle_counts() {
        let steady = Report { per_second: 0.0, p50: Duration::ZERO, p99: Duration::ZERO, worst: Duration::ZERO, bytes: 0 };
        let row = Row { queries: 1, turns: vec![[50.0, 100.0], [90.0, 100.0], [30.0, 50.0]], bytes: 1, steady };
        assert_eq!(row.parts(), [0.5, 0.6, 0.9]);
        assert!((row.rate(1) - 100.0).abs() < f64::EPSILON);
    }
}
