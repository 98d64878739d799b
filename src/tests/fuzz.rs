//! Calls every function and page with invalid input: wrong types, wrong dates, other people's ids, broken encodings, deep JSON. Each
//! answer must be a refusal with a message or a change that keeps every rule, never a fault of the program.

use std::{collections::BTreeSet, fs, path::PathBuf};

use axum::http::StatusCode;
use uuid::Uuid;

use super::{
    Answer, Browser, TestApp, on_both_engines,
    permissions::{USERS, routes_in_source},
    plans::LARGE,
    races::portals,
};
use crate::{core::Role, db::sql, ui::encoded};

/// The number of bodies for each function; every run uses the same ones. `cargo xtask test --all` tries more, and more addresses.
fn tries() -> u64 {
    if is_long() { 60 } else { 5 }
}

fn is_long() -> bool {
    std::env::var_os("INFIRMARY_LONG").is_some()
}

/// The users who send the requests, the patient last: a function that staff may also call is called by staff.
fn logins() -> impl Iterator<Item = &'static str> {
    let (patients, staff): (Vec<_>, Vec<_>) = USERS.into_iter().partition(|(_, role)| *role == Role::Patient);
    staff.into_iter().chain(patients).map(|(login, _)| login)
}

/// Not called, because it would sign out the browser.
const LEFT_OUT: [&str; 1] = ["/api/accounts/sign_out"];

/// splitmix64, by Sebastiano Vigna (public domain).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn of<'v>(&mut self, some: &'v [String]) -> &'v str {
        &some[usize::try_from(self.next() % some.len() as u64).expect("small")]
    }
}

/// Returns the functions, each with the names of its arguments and of its forms' fields, read from the sources.
fn functions() -> Vec<(String, Vec<String>)> {
    let mut sources = Vec::new();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    let fields_of = |form: &str| -> Vec<String> {
        let start = format!("pub struct {form} {{");
        let body = sources.iter().find_map(|text| text.split(&start).nth(1)?.split("\n}").next()).expect("a form");
        names(body)
    };
    let mut found = Vec::new();
    for text in &sources {
        for function in text.split("#[server(endpoint = \"").skip(1) {
            let (endpoint, rest) = function.split_once('"').expect("an endpoint");
            let arguments = rest.split(") -> Result<").next().expect("arguments");
            let mut all = names(arguments.split_once("pub async fn ").expect("a function").1);
            for form in arguments.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.ends_with("Form")) {
                all.extend(fields_of(form));
            }
            found.push((format!("/api/{endpoint}"), all));
        }
    }
    found.sort();
    found
}

/// Returns the identifiers before a colon.
fn names(code: &str) -> Vec<String> {
    let before = code.split(':').filter_map(|part| part.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next());
    let names: BTreeSet<String> = before.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    names.into_iter().collect()
}

fn values(app: &TestApp) -> Vec<String> {
    let fixture = &app.fixture;
    let mut values: Vec<String> = [
        "",
        " ",
        "0",
        "-1",
        "1",
        "9223372036854775807",
        "9223372036854775808",
        "1e400",
        "NaN",
        "-0.001",
        "12,5",
        "0x10",
        "true",
        "2026-02-30",
        "2026-13-01",
        "0000-00-00",
        "99999-01-01",
        "2026-11-24",
        "1795500000",
        "32503680000",
        "1980-04-18",
        "25:61",
        "\0",
        "\u{202e}evil",
        "\u{0}\u{1}\u{7f}",
        "'; DROP TABLE patients; --",
        "</textarea><script>alert(1)</script>",
        "%",
        "_",
        "\\",
        "{}",
        "[]",
        "null",
        "../../etc/passwd",
        "//evil.example",
        "javascript:alert(1)",
        "A00-000",
        "E11.9",
        "cash",
        "card",
        "doctor",
        "triage",
        "en",
        "es",
        "female",
        "confirmed",
        "normal",
        "drug",
        "high",
        "mild",
        "🩺",
        "👩‍⚕️👩‍⚕️",
        "İ",
        "ﬃ",
    ]
    .map(str::to_owned)
    .into();
    values.extend([
        "a".repeat(501),
        "ü".repeat(20_001),
        "9".repeat(400),
        "\r\n".repeat(50),
        Uuid::nil().to_string(),
        Uuid::max().to_string(),
    ]);
    let (ana, ben, north) = (fixture.ana.to_string(), fixture.ben.to_string(), fixture.north.to_string());
    values.extend([ana, ben, north, fixture.costa.to_string(), fixture.medicine_north.to_string(), fixture.medicine_south.to_string()]);
    values
}

async fn rows(app: &TestApp) -> i64 {
    // Reads write audit rows by themselves, and sessions change.
    let written = LARGE.iter().filter(|table| !["audit_log", "sessions"].contains(table));
    let counts: Vec<String> = written.map(|table| format!("(SELECT count(*) FROM {table})")).collect();
    let all = sql("").after(&format!("SELECT {}", counts.join(" + ")));
    app.state.db.read().await.expect("a connection").count(all).await.expect("counted")
}

fn assert_no_fault(what: &str, body: &str, answer: &Answer) {
    let fault = answer.status.is_server_error();
    assert!(!fault, "{what} answered {body:?} with {}: {}", answer.status, answer.body);
}

async fn somebody_who_may<'b>(browsers: &'b [Browser], path: &str) -> &'b Browser {
    for browser in browsers {
        let answer = browser.post(path, &[]).await;
        assert_no_fault(path, "", &answer);
        if answer.status != StatusCode::FORBIDDEN {
            return browser;
        }
    }
    panic!("nobody may call {path}");
}

#[tokio::test]
async fn nonsense_is_refused_in_words_and_breaks_no_rule() {
    let functions = functions();
    assert!(functions.len() > 50, "the sources were not read: {functions:?}");
    let functions = &functions;
    on_both_engines(|app| async move {
        // The months of the ledger are the whole hospital's.
        super::money::months::hospital_accountant(&app).await;
        let mut browsers = Vec::new();
        for login in logins() {
            browsers.push(app.as_(login).await);
        }
        // The nonsense does not know this patient's id: it cannot end her access or her life.
        browsers.extend(portals(&app, 1).await.into_iter().map(|(_, browser)| browser));
        let values = values(&app);
        let mut dice = Dice(7);
        let mut refused = 0;
        for (path, fields) in functions.iter().filter(|(path, _)| !LEFT_OUT.contains(&path.as_str())) {
            let browser = somebody_who_may(&browsers, path).await;
            let mut before = rows(&app).await;
            for _ in 0..tries() {
                let mut pairs: Vec<String> = fields.iter().map(|name| format!("{name}={}", encoded(dice.of(&values)))).collect();
                match dice.next() % 5 {
                    // One field is missing, or occurs twice.
                    0 => drop(pairs.pop()),
                    1 => pairs.extend(pairs.first().cloned()),
                    _ => {}
                }
                let body = pairs.join("&");
                let answer = browser.post_raw(path, "application/x-www-form-urlencoded", body.clone()).await;
                assert_no_fault(path, &body, &answer);
                let after = rows(&app).await;
                if answer.status.is_client_error() {
                    refused += 1;
                    assert_eq!(after, before, "{path} refused {body:?} and wrote something");
                }
                before = after;
            }
            for (kind, body) in [
                ("application/x-www-form-urlencoded", b"a=%ff%fe&\xff\xfe=%zz&&=&%".to_vec()),
                ("application/json", "[".repeat(50_000).into_bytes()),
                ("application/json", b"{\"patient_id\":{\"a\":[1,2,{}]}}".to_vec()),
                (
                    "multipart/form-data; boundary=x",
                    b"--x\r\nContent-Disposition: form-data; name=\"patient_id\"\r\n\r\nx\r\n--x--".to_vec(),
                ),
                ("text/plain", vec![0xff; 100]),
            ] {
                let answer = browser.post_raw(path, kind, body).await;
                assert_no_fault(path, kind, &answer);
            }
        }
        assert!(refused > 1_000, "only {refused} were refused: does the nonsense reach the functions?");
        app.assert_sound().await;
    })
    .await;
}

/// Returns the names of all parameters in addresses, read from the pages' sources.
fn parameters() -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source");
                if text.contains("Query<") {
                    let bodies = text.split("Deserialize").skip(1).filter_map(|rest| rest.split_once('{')?.1.split("\n}").next());
                    found.extend(bodies.flat_map(names));
                }
            }
        }
    }
    found.into_iter().collect()
}

#[tokio::test]
async fn nonsense_in_an_address_is_refused_in_words_or_finds_nothing() {
    let (parameters, left_out) = (parameters(), ["/events", "/health/live", "/health/ready", "/metrics"]);
    for known in ["q", "user", "doctor", "day", "page", "before", "next"] {
        assert!(parameters.iter().any(|name| name == known), "the sources were not read: {known}, {parameters:?}");
    }
    let pages: Vec<String> = routes_in_source().into_iter().filter(|page| !left_out.contains(&page.as_str())).collect();
    let (parameters, pages) = (&parameters, &pages);
    on_both_engines(|app| async move {
        let mut browsers = vec![app.browser()];
        for login in logins() {
            browsers.push(app.as_(login).await);
        }
        let values: Vec<String> = values(&app).into_iter().filter(|value| value.len() < 1_000).collect();
        let mut dice = Dice(11);
        for page in pages {
            // Usually a third of the readers, others for each page.
            let third = usize::try_from(dice.next() % 3).expect("small");
            for (number, browser) in browsers.iter().enumerate().filter(|(number, _)| is_long() || number % 3 == third) {
                let mut path = String::new();
                for part in page.split('/').skip(1) {
                    let part = if part.starts_with('{') { encoded(dice.of(&values)) } else { part.to_owned() };
                    path.push('/');
                    path.push_str(&part);
                }
                let query: Vec<String> = parameters.iter().map(|name| format!("{name}={}", encoded(dice.of(&values)))).collect();
                // Most queries with all parameters would be refused because of another parameter.
                let one = &query[usize::try_from(dice.next() % query.len() as u64).expect("small")];
                let addresses = [format!("{path}?{}", query.join("&")), format!("{path}?{one}"), format!("{path}?%ff=%fe&{one}&{one}")];
                // Usually each reader of a page sends one of them.
                let turn = usize::try_from(dice.next() % 3).expect("small");
                for (_, address) in addresses.iter().enumerate().filter(|(at, _)| is_long() || *at == turn) {
                    assert_no_fault(address, "", &browser.get(address).await);
                }
                let refused = browser.get(&format!("{}?day=2026-11-21&q=a%00b", page.replace(['{', '}'], ""))).await;
                assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{page} {number}: {}", refused.body);
                assert!(refused.body.contains("cannot be read"), "{}", refused.body);
            }
        }
        for (login, address) in [("admin", "/users?q=%00"), ("auditor", "/audit?user=%00"), ("desk", "/patients?%00=a")] {
            assert_eq!(app.as_(login).await.get(address).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{address}");
        }
        for address in ["/link/%00", "/board/a%00b", "/patients/%00/chart"] {
            assert_eq!(app.as_("doctor").await.get(address).await.status, StatusCode::NOT_FOUND, "{address}");
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_jumps_breaks_nothing() {
    on_both_engines(|app| async move {
        let (desk, now) = (app.as_("desk").await, app.state.clock.now());
        let days = chrono::Duration::days;
        for jump in [days(1), days(-2), days(400), days(-4_000), days(0)] {
            let there = now + jump;
            app.state.clock.advance(there - app.state.clock.now());
            let browser = app.as_("doctor").await;
            for page in ["/consultation", "/schedules", "/account"] {
                let answer = browser.get(page).await;
                assert_eq!(answer.status, StatusCode::OK, "{page} {jump}");
            }
            // A user who was signed in before either still is, or must sign in again.
            let answer = desk.get("/reception").await;
            assert!(matches!(answer.status, StatusCode::OK | StatusCode::SEE_OTHER), "{jump}: {}", answer.status);
            let desk = app.as_("desk").await;
            let (patient, service) = (app.fixture.ben.to_string(), app.fixture.medicine_north.to_string());
            let key = Uuid::now_v7().to_string();
            let answer =
                desk.post("/api/reception/check_in", &[("patient", &patient), ("service", &service), ("idempotency_key", &key)]).await;
            assert!(matches!(answer.status, StatusCode::OK | StatusCode::CONFLICT), "{jump}: {} {}", answer.status, answer.body);
        }
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_is_said_in_words_and_reading_goes_on() {
    let app = TestApp::sqlite().await;
    let desk = app.as_("desk").await;
    // SQLite has one writing connection: it may allocate no further page, as when the disk is full.
    let mut tx = app.state.db.write().await.expect("a connection");
    tx.count(sql("PRAGMA max_page_count = 1")).await.expect("set");
    tx.commit().await.expect("committed");
    let (patient, service) = (app.fixture.ben.to_string(), app.fixture.medicine_north.to_string());
    let mut refused = None;
    for _ in 0..200 {
        let key = Uuid::now_v7().to_string();
        let form = [("patient", patient.as_str()), ("service", &service), ("idempotency_key", &key), ("reason", &"long ".repeat(90))];
        let answer = desk.submit("/reception", "/api/reception/check_in", &form).await;
        if answer.status == StatusCode::SERVICE_UNAVAILABLE {
            refused = Some(answer);
            break;
        }
        let visit = answer.location.as_deref().and_then(|to| to.split("visit=").nth(1)).map(str::to_owned);
        if let Some(visit) = visit {
            desk.post("/api/reception/undo_check_in", &[("visit", &visit)]).await;
        }
    }
    let refused = refused.expect("the database filled up");
    assert!(refused.body.contains("try again"), "{}", refused.body);
    assert_eq!(desk.get("/patients?q=ada").await.status, StatusCode::OK, "reading goes on");
    let key = Uuid::now_v7().to_string();
    let form = [("patient", patient.as_str()), ("service", &service), ("idempotency_key", &key)];
    let answer = desk.post("/api/reception/check_in", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "with room again, work goes on: {}", answer.body);
    app.assert_sound().await;
    app.end().await;
}
