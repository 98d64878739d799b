//! `cargo xtask bench`: the release build under load, on a large demo hospital, each page beside the floor of `benches/floor.rs`.

mod hospital;
mod pair;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::http::Client;
use crate::load::{self, Asked, Load, Report};
use crate::site::Care;
use crate::{boards, progress, site};
use hospital::{GUARDED, Measured};

/// How large and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub postgres: bool,
    pub patients: u64,
    pub appointments: u64,
    pub seconds: u64,
    pub beside: Beside,
}

/// The program that Infirmary is measured beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// `benches/floor.rs`: the same queries and bytes.
    Floor,
    /// The same program without audit and encryption.
    Unguarded,
    /// Another build, kept in `target/bench_before`.
    Before,
}

impl Default for Options {
    fn default() -> Self {
        Self { postgres: false, patients: 1_000_000, appointments: 100_000, seconds: 5, beside: Beside::Floor }
    }
}

const PASSWORD: &str = "infirmary-demo";
/// As many requests at once as the machine of the targets has cores.
const CLIENTS: u64 = 2;
/// A page's requests per second, as a part of its floor's.
const WANTED: f64 = 1.0 / 3.0;

/// Bytes of wasm and scripts that a first visit may fetch, compressed.
const SCRIPTS: u64 = 300_000;

/// One line of the table.
struct Case {
    name: &'static str,
    login: &'static str,
    path: String,
    /// Whether forms are sent, and which.
    changes: bool,
    forms: Vec<String>,
    /// Requests in a second at which the times are taken.
    rate: u64,
    /// The 99th percentile allowed at that rate.
    bar: Duration,
}

/// Measures and judges.
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
    // First, while the queue is as long as in a hospital; with the last forms, which nothing else uses.
    let live = progress::step(&format!("{} boards", boards::BOARDS), || {
        boards::run(port, board, &desk, "/api/reception/check_in", &check_ins[check_ins.len().saturating_sub(boards::ROUNDS)..])
    })?;
    let mut rows = Vec::new();
    for mut case in cases(&told, payments)? {
        let cookie = sign_in(port, case.login)?;
        // One form shows the floor what is done; one warms up; a share is kept for the steady rate.
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
            let page = fast(port, &case, &cookie, fast_forms, options.seconds)?;
            let bare = fast(bare_port, &case, &cookie, fast_forms, options.seconds)?;
            let steady = load(port, &case, &cookie, steady_forms, Some(case.rate), options.seconds)?;
            Ok(Row { queries: told[0]["queries"].as_u64().unwrap_or_default(), page, bare, steady })
        })?;
        rows.push((case, row));
    }
    let memory = server.peak_memory();
    drop((server, floor, cluster));
    judge(&rows, live, memory, options)
}

/// The session's cookie of somebody; nobody's is empty.
fn sign_in(port: u16, login: &str) -> Result<String> {
    if login.is_empty() { Ok(String::new()) } else { Client::sign_in(port, login, PASSWORD) }
}

/// As fast as it is answered.
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
    page: Report,
    bare: Report,
    steady: Report,
}

/// Issues the invoices that can be issued; the forms that pay them, a cent at a time.
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

/// What is measured, from what the floor says of the hospital.
fn cases(hospital: &Value, payments: Vec<String>) -> Result<Vec<Case>> {
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
    Ok(vec![
        page("the doctor's day", "doctor", "/schedules", 25),
        page("the doctor's queue", "doctor", "/consultation", 25),
        page("the front desk", "reception", "/reception", 25),
        page("search by the beginning of a name", "reception", "/patients?q=gar", 50),
        page("search by the middle of a name", "reception", "/patients?q=arci", 50),
        page("search of a misspelt name", "reception", "/patients?q=rodrigez", 50),
        page("the longest chart", "doctor", &format!("/patients/{chart}/chart"), 50),
        page("the portal's home", "patient", "/portal", 50),
        Case { rate: 50, ..page("free times in the portal", "patient", "/portal/book/times", 50) },
        change("booking", "reception", "/api/appointments/book", forms("bookings"), 50, 100),
        change("check-in of a walk-in", "reception", "/api/reception/check_in", check_ins, 50, 100),
        change("payment", "cashier", "/api/billing/pay", payments, 50, 100),
        change("sign-in", "", "/api/accounts/sign_in", vec![format!("login=doctor&password={PASSWORD}"); 2_000], 10, 250),
    ])
}

fn forms(hospital: &Value, name: &str) -> Vec<String> {
    hospital[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn judge(rows: &[(Case, Row)], live: (Duration, Duration), memory: Option<u64>, options: Options) -> Result<()> {
    progress::header("Result");
    println!(
        "{} patients, {} appointments, {}, {CLIENTS} clients\n",
        options.patients,
        options.appointments,
        if options.postgres { "PostgreSQL" } else { "SQLite" }
    );
    println!("| | requests/s | floor | of the floor | queries | bytes | rate | p50 | p99 | worst |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut missed = Vec::new();
    for (case, Row { queries, page, bare, steady }) in rows {
        let reached = page.per_second / bare.per_second;
        println!(
            "| {} | {:.0} | {:.0} | {:.0} % | {queries} | {} | {}/s | {} | {} | {} |",
            case.name,
            page.per_second,
            bare.per_second,
            reached * 100.0,
            page.bytes,
            case.rate,
            millis(steady.p50),
            millis(steady.p99),
            millis(steady.worst)
        );
        // Sign-in is argon2id and little else, and the floor does not do that.
        if reached < WANTED && !case.login.is_empty() {
            missed.push(format!("{}: {:.0} % of its floor", case.name, reached * 100.0));
        }
        if steady.p99 > case.bar {
            missed.push(format!("{}: p99 {} at {}/s, {} allowed", case.name, millis(steady.p99), case.rate, millis(case.bar)));
        }
    }
    println!("\n{} open boards show a change after {} (median), {} (slowest).", boards::BOARDS, millis(live.0), millis(live.1));
    if live.1 > Duration::from_secs(1) {
        missed.push(format!("the slowest board took {}", millis(live.1)));
    }
    let scripts = site::scripts_size()?;
    println!("The wasm and the scripts: {} kB (brotli).", scripts / 1000);
    if scripts > SCRIPTS {
        missed.push(format!("the wasm and the scripts have {} kB, {} allowed", scripts / 1000, SCRIPTS / 1000));
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
