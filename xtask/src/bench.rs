//! `cargo xtask bench`: the release build under load, on a large demo hospital, each page beside the floor of `benches/floor.rs`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::boards;
use crate::command::{Running, cargo, command, run as run_command};
use crate::http::Client;
use crate::load::{self, Asked, Load, Report};
use crate::postgres::{Cluster, free_port};
use crate::server::{Program, sqlite_url, wait_until_ready};
use crate::site::Care;
use crate::{paths, progress, site};

/// How large and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub postgres: bool,
    pub patients: u64,
    pub appointments: u64,
    pub seconds: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { postgres: false, patients: 1_000_000, appointments: 100_000, seconds: 5 }
    }
}

/// The database that the load changes.
const COPY: &str = "bench_copy";
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
    /// The forms to send; none for a page.
    forms: Vec<String>,
    /// Requests in a second at which the times are taken.
    rate: u64,
    /// The 99th percentile allowed at that rate.
    bar: Duration,
}

/// Measures and judges.
pub fn run(options: Options) -> Result<()> {
    site::build(Care::Small)?;
    progress::header("The server and its floor");
    // In one go: built one after the other, all of the program would be compiled twice.
    run_command(&mut cargo(&["build", "--release", "--package=infirmary", "--features=ssr", "--bin=infirmary", "--example=floor"]))?;
    let file = paths::target().join("release/infirmary");
    progress::header("The hospital to be measured");
    let (cluster, database) = hospital(&file, options)?;
    let program = Program { file, database };

    progress::header("Measuring");
    let port = free_port()?;
    let server = program.serve(port, |serve| {
        serve.env("INFIRMARY_LOG_FILTER", "warn");
    })?;
    let bare_port = free_port()?;
    let mut start = command(paths::target().join("release/examples/floor"));
    start.env("DATABASE_URL", &program.database).env("FLOOR_PORT", bare_port.to_string());
    let mut bare_server = Running::start(&mut start)?;
    wait_until_ready(&mut bare_server, bare_port)?;

    let told = get(bare_port, "/bench/hospital")?;
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
        let cookie = match case.login {
            "" => String::new(),
            login => Client::sign_in(port, login, PASSWORD)?,
        };
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
        let measure = |port: u16, bodies: &[String], rate: Option<u64>, seconds: u64| {
            let what = if first.is_some() { Asked::Forms { action: &case.path, bodies } } else { Asked::Page(&case.path) };
            load::run(&Load {
                port,
                what,
                cookie: &cookie,
                clients: if rate.is_some() { 8 } else { CLIENTS },
                rate,
                time: Duration::from_secs(seconds),
            })
        };
        let row = progress::step(case.name, || {
            if first.is_none() {
                measure(port, &[], None, 1)?;
            }
            let page = measure(port, fast_forms, None, options.seconds)?;
            let bare = measure(bare_port, fast_forms, None, options.seconds)?;
            let steady = measure(port, steady_forms, Some(case.rate), options.seconds)?;
            Ok(Row { queries: told[0]["queries"].as_u64().unwrap_or_default(), page, bare, steady })
        })?;
        rows.push((case, row));
    }
    let memory = server.peak_memory();
    drop(server);
    drop(bare_server);
    drop(cluster);
    judge(&rows, live, memory, options)
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
        forms: Vec::new(),
        rate: 200,
        bar: Duration::from_millis(bar),
    };
    let change = |name, login, path: &str, forms: Vec<String>, rate, bar| Case {
        name,
        login,
        path: path.to_owned(),
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

fn get(port: u16, path: &str) -> Result<Value> {
    let answer = Client::open(port, "")?.get(path)?;
    serde_json::from_slice(&answer.body).with_context(|| format!("{path} was answered with {}: {}", answer.status, answer.text()))
}

/// A fresh copy of the large demo hospital. It is made once a day, for its life is around the present, and kept in `data/bench`.
fn hospital(program: &Path, options: Options) -> Result<(Option<Cluster>, String)> {
    let today = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / (24 * 60 * 60);
    let name = format!("bench_{today}_{}_{}", options.patients, options.appointments);
    let folder = paths::data().join("bench");
    fs::create_dir_all(&folder)?;
    let fill = |database: String| -> Result<()> {
        let program = Program { file: program.to_path_buf(), database };
        program.fill_with(&["--patients", &options.patients.to_string(), "--appointments", &options.appointments.to_string()])
    };
    if options.postgres {
        let cluster = Cluster::kept(&folder.join("postgres"))?;
        if !cluster.has_database(&name)? {
            let filling = format!("{name}_filling");
            cluster.drop_database(&filling)?;
            cluster.create_database(&filling)?;
            fill(cluster.url(&filling))?;
            cluster.rename_database(&filling, &name)?;
        }
        progress::step("Copying it", || {
            cluster.drop_database(COPY)?;
            cluster.copy_database(&name, COPY)
        })?;
        let url = cluster.url(COPY);
        return Ok((Some(cluster), url));
    }
    let file = |name: &str| folder.join(format!("{name}.db"));
    let keys = |database: &PathBuf| PathBuf::from(format!("{}.keys", database.display()));
    let done = file(&name);
    if !done.is_file() {
        let filling = file("filling");
        for suffix in ["", "-wal", "-shm", ".keys"] {
            fs::remove_file(format!("{}{suffix}", filling.display())).ok();
        }
        fill(sqlite_url(&filling))?;
        fs::rename(keys(&filling), keys(&done))?;
        fs::rename(&filling, &done)?;
    }
    let copy = file(COPY);
    progress::step("Copying it", || {
        for suffix in ["-wal", "-shm"] {
            fs::remove_file(format!("{}{suffix}", copy.display())).ok();
        }
        fs::copy(keys(&done), keys(&copy)).context("the copy of its keys failed")?;
        fs::copy(&done, &copy).context("the copy failed").map(drop)
    })?;
    Ok((None, sqlite_url(&copy)))
}

fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}
