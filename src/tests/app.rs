//! A test program with a fresh database and a clock that stands still, and test browsers that send requests to its
//! router.

use std::{
    collections::BTreeMap,
    future::Future,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, BodyDataStream, to_bytes},
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, header},
    response::Response,
};
use futures::StreamExt as _;
use tower::ServiceExt as _;

use super::{
    Fixture,
    databases::{self, Template},
};
use crate::{
    accounts, billing,
    core::{
        Error, PatientId, Stamp, UserId,
        time::{Clock, Instant},
    },
    db::{Database, Engine},
    keys::Source,
    patients::{self, Birth, Facts, NewPatient, PatientName, Sex},
    sealing,
    server::{AppState, config::Config, events, router},
    ui::encoded,
};

/// The host to which the test browsers send their requests.
const HOST: &str = "hospital.test";

/// Saturday 21 November 2026, 10:30 in New York.
pub fn test_now() -> Instant {
    "2026-11-21T15:30:00Z".parse().expect("an instant")
}

/// The program under test, with the fixture hospital.
#[derive(Clone, Debug)]
pub struct TestApp {
    pub state: AppState,
    pub router: Router,
    pub fixture: Arc<Fixture>,
    /// The URL of the database.
    pub url: Arc<str>,
    folder: Arc<Option<tempfile::TempDir>>,
}

/// Parts of the names of tests that ask the database itself for something: its guards, locks, plans and rights.
const ASKS_THE_DATABASE: [&str; 10] =
    ["at_once", "crossing", "database", "guards", "locked", "migrat", "plans", "races", "row_security", "schema"];

/// The engines of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Engines {
    sqlite: bool,
    postgres: bool,
}

impl Engines {
    const BOTH: Self = Self { sqlite: true, postgres: true };

    /// Both, unless the workbench said `INFIRMARY_TEST_ENGINES=one`: then each test runs on one of them, always on the same, and those that
    /// ask the database itself on both. The name of a test is that of its thread.
    fn of_this_test() -> Self {
        let one = std::env::var("INFIRMARY_TEST_ENGINES").is_ok_and(|engines| engines == "one");
        match std::thread::current().name() {
            Some(name) if one => Self::of(name),
            _ => Self::BOTH,
        }
    }

    fn of(test: &str) -> Self {
        if test == "main" || ASKS_THE_DATABASE.iter().any(|part| test.contains(part)) {
            return Self::BOTH;
        }
        let sqlite = test.bytes().map(u32::from).sum::<u32>().is_multiple_of(2);
        Self { sqlite, postgres: !sqlite }
    }
}

/// Runs a test on SQLite and, if a server is configured, on PostgreSQL; in the usual run of the workbench most tests on one of them.
pub async fn on_both_engines<F: Future<Output = ()>>(test: impl Fn(TestApp) -> F) {
    let engines = Engines::of_this_test();
    if engines.sqlite {
        // This value lives until the test ends: a test may move parts of its own copy, but the database's folder must stay.
        let kept = TestApp::sqlite().await;
        test(kept.clone()).await;
        kept.remove().await;
    }
    if engines.postgres {
        match TestApp::postgres().await {
            Some(kept) => {
                test(kept.clone()).await;
                kept.remove().await;
            }
            None => assert!(std::env::var_os("CI").is_none(), "INFIRMARY_TEST_POSTGRES must name a server in CI"),
        }
    }
}

#[test]
fn in_the_usual_run_each_test_has_an_engine_and_guards_have_both() {
    for test in ["tests::wards::races::one_bed", "tests::stock::the_database_alone_keeps_batches", "main"] {
        assert_eq!(Engines::of(test), Engines::BOTH, "{test}");
    }
    let (first, second) = (Engines::of("tests::till::a"), Engines::of("tests::till::b"));
    assert!(first.sqlite != first.postgres && first.sqlite != second.sqlite);
}

/// Runs all work concurrently, on as many threads as the test has; returns the results in the order of the work.
pub async fn all_at_once<T: Send + 'static>(work: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let tasks: Vec<_> = work.into_iter().map(tokio::spawn).collect();
    futures::future::join_all(tasks).await.into_iter().map(|done| done.expect("done")).collect()
}

/// Runs a test on an empty, migrated database of each engine.
pub async fn on_both_databases<F: Future<Output = ()>>(test: impl Fn(Database) -> F) {
    let (url, _folder) = databases::prepared_sqlite().await;
    test(open_copy(&url).await).await;
    match databases::prepared_postgres().await {
        Some(url) => test(open_copy(&url).await).await,
        None => assert!(std::env::var_os("CI").is_none(), "INFIRMARY_TEST_POSTGRES must name a server in CI"),
    }
}

/// Runs a test on a database of each engine without any tables, with its URL.
pub async fn unprepared_databases<F: Future<Output = ()>>(test: impl Fn(Database, String) -> F) {
    let (url, _folder) = databases::empty_sqlite();
    test(Database::open(&url).await.expect("the database opens"), url).await;
    match databases::empty_postgres().await {
        Some(url) => test(Database::open(&url).await.expect("the database opens"), url).await,
        None => assert!(std::env::var_os("CI").is_none(), "INFIRMARY_TEST_POSTGRES must name a server in CI"),
    }
}

/// Opens and migrates a database; all test databases are encrypted with the same key.
pub async fn open(url: &str) -> Database {
    let db = Database::open(url).await.expect("the database opens");
    sealing::prepare(&db, &test_keys(), test_now()).await.expect("prepared");
    crate::clinical::take_stock(&db, test_now()).await.expect("counted");
    db
}

/// Opens a copy of a template: it is migrated, and nothing in it waits to be sealed or counted.
async fn open_copy(url: &str) -> Database {
    let db = Database::open(url).await.expect("the database opens");
    db.keys().load(&test_keys()).expect("keys");
    sealing::look_again(&db, &test_keys()).await.expect("the keys of the database");
    db
}

/// The settings of tests.
pub fn test_config() -> Config {
    Config {
        site_root: "target/site".into(),
        trusted_proxies: "10.9.0.0/16".to_owned(),
        attempts_per_address: 20,
        host_names: HOST.to_owned(),
        ..Config::default()
    }
}

/// The keys of the test databases.
pub fn test_keys() -> Source {
    Source::Setting(format!("1:{}", "5e".repeat(32)).into())
}

impl TestApp {
    /// Creates the program on a SQLite file in a temporary folder.
    pub async fn sqlite() -> Self {
        Self::copy_of(Template::sqlite().await).await
    }

    /// Creates the program on a new PostgreSQL database, if a server is configured.
    pub async fn postgres() -> Option<Self> {
        Some(Self::copy_of(Template::postgres().await?).await)
    }

    /// Creates the program on a copy of a filled database.
    pub async fn copy_of(template: &Template) -> Self {
        let (url, folder) = template.copy().await;
        let (db, clock) = (open_copy(&url).await, Clock::standing_at(template.now));
        Self::node((db, test_config()), clock, template.fixture.clone(), url.into(), Arc::new(folder)).await
    }

    /// Ends the program and keeps its database as a template for copies.
    pub async fn into_template(self) -> Template {
        self.state.stopping.cancel();
        self.state.reads.finish().await;
        Template::of(&self.state.db, &self.url, self.fixture.clone(), self.state.clock.now()).await
    }

    async fn node(
        (db, config): (Database, Config),
        clock: Clock,
        fixture: Arc<Fixture>,
        url: Arc<str>,
        folder: Arc<Option<tempfile::TempDir>>,
    ) -> Self {
        let state = AppState::new(db, clock, config, &crate::app::PROGRAM).await.expect("a state");
        if state.db.engine() == Engine::Postgres {
            tokio::spawn(events::listen(state.clone()));
        }
        Self { router: router::router(state.clone()), state, fixture, url, folder }
    }

    /// Closes the connections, because a server has a limited number. `remove` calls it; another node needs a call of
    /// its own.
    pub async fn end(&self) {
        self.state.stopping.cancel();
        self.state.reads.finish().await;
        self.state.db.close().await;
    }

    /// Removes the database after a test that passed; that of a failed test can be inspected.
    pub async fn remove(&self) {
        self.end().await;
        if self.state.db.engine() == Engine::Postgres {
            databases::drop_postgres(&self.url).await;
        }
    }

    /// Creates a second node on the same database, with its own connections and hub.
    pub async fn another_node(&self) -> Self {
        self.another_node_with(test_config()).await
    }

    /// Creates a second node with other settings.
    pub async fn another_node_with(&self, config: Config) -> Self {
        let db = open_copy(&self.url).await;
        Self::node((db, config), self.state.clock.clone(), self.fixture.clone(), self.url.clone(), self.folder.clone()).await
    }

    /// Creates a browser without a signed-in user.
    pub fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookies: Arc::default(), peer: None, forwarded: None }
    }

    /// Creates a browser in which `login` is signed in (the fixture's users share one password).
    pub async fn as_(&self, login: &str) -> Browser {
        let browser = self.browser();
        let answer = browser.post("/api/accounts/sign_in", &[("login", login), ("password", super::fixture::PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{login} signs in: {}", answer.body);
        browser
    }

    /// Creates `count` new patients of the north clinic, each with a billing account.
    pub async fn people(&self, count: usize) -> Vec<PatientId> {
        let (mut tx, now) = (self.state.db.write().await.expect("a transaction"), self.state.clock.now());
        let mut ids = Vec::with_capacity(count);
        for number in 0..count {
            let name = PatientName::new(format!("Given{number}"), format!("Family{number}"));
            let patient = NewPatient { id: PatientId::new(), facts: Facts::new(name, Birth::UNKNOWN, Sex::Unknown) };
            patients::insert(&mut tx, &patient, Stamp::system(now)).await.expect("registered");
            billing::open_account(&mut tx, patient.id, Stamp::system(now)).await.expect("an account");
            accounts::scope::take_in(&mut tx, patient.id, self.fixture.north, now).await.expect("taken in");
            let asked = crate::db::sql("UPDATE patients SET allergy_status = 'none_known' WHERE id = ").push_bind(patient.id);
            tx.execute(asked).await.expect("asked about allergies");
            ids.push(patient.id);
        }
        tx.commit().await.expect("committed");
        ids
    }

    /// Asserts that every rule of the database holds.
    pub async fn assert_sound(&self) {
        let mut tx = self.state.db.read().await.expect("a connection");
        let broken: Vec<_> =
            crate::invariants::check(&mut tx).await.expect("checked").into_iter().filter(|finding| finding.broken > 0).collect();
        assert!(broken.is_empty(), "{broken:#?}");
    }
}

/// The cookies and the router of a test browser. Clones share the cookies, as tabs do.
#[derive(Clone, Debug)]
pub struct Browser {
    router: Router,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
    /// The address of its connection.
    peer: Option<SocketAddr>,
    /// The address in the `X-Forwarded-For` header, set by a proxy or by the browser itself.
    forwarded: Option<String>,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub location: Option<String>,
    pub headers: axum::http::HeaderMap,
    /// The text of the answer; of a file that is no text, the parts of it that are.
    pub body: String,
}

impl Answer {
    /// Returns the error with which a function answered.
    pub fn error(&self) -> Error {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no error: {} {}", self.status, self.body))
    }
}

impl Browser {
    /// Sets the address of the connection, and the address in the `X-Forwarded-For` header.
    pub fn at(mut self, peer: &str, forwarded: Option<&str>) -> Self {
        self.peer = Some(SocketAddr::new(peer.parse().expect("an address"), 40_000));
        self.forwarded = forwarded.map(str::to_owned);
        self
    }

    /// Returns a browser with its own copy of the cookies, such as a thief's or an old one.
    pub fn copied(&self) -> Self {
        let cookies = self.cookies.lock().expect("cookies").clone();
        Self { cookies: Arc::new(Mutex::new(cookies)), ..self.clone() }
    }

    /// Returns a browser with the same cookies for another program, whose database is a copy.
    pub fn in_copy(&self, app: &TestApp) -> Self {
        Self { router: app.router.clone(), ..self.copied() }
    }

    /// Returns the id of the session.
    pub fn session(&self) -> Option<tower_sessions::session::Id> {
        self.cookies.lock().expect("cookies").get(router::SESSION_COOKIE)?.parse().ok()
    }

    /// Requests a page, as a browser does.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::builder().method(Method::GET).uri(path).header(header::ACCEPT, "text/html"), Body::empty()).await
    }

    /// Calls a function, as an island does, for an answer in JSON.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_as(path, form, "application/json", None).await
    }

    /// Posts a form from `page`, as a browser without scripts does.
    pub async fn submit(&self, page: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_as(path, form, "text/html", Some(page)).await
    }

    /// Posts a body of any type.
    pub async fn post_raw(&self, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, content_type)
            .header("sec-fetch-site", "same-origin");
        self.send(request, body.into()).await
    }

    /// Returns the cookies as a request carries them.
    pub fn cookie_line(&self) -> String {
        let cookies = self.cookies.lock().expect("cookies");
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Fetches a file.
    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let response = self.answer(Request::builder().uri(path).header(header::ACCEPT, "text/html"), Body::empty()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a file").to_vec()
    }

    /// Opens the event stream of a page.
    pub async fn hints(&self) -> Hints {
        let request = Request::builder().uri(events::PATH).header(header::ACCEPT, "text/event-stream");
        let response = self.answer(request, Body::empty()).await;
        assert_eq!(response.status(), StatusCode::OK);
        Hints { body: response.into_body().into_data_stream(), text: String::new() }
    }

    async fn post_as(&self, path: &str, form: &[(&str, &str)], accept: &str, page: Option<&str>) -> Answer {
        let body = form.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&");
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        if let Some(page) = page {
            request = request.header(header::REFERER, format!("https://{HOST}{page}"));
        }
        self.send(request, Body::from(body)).await
    }

    async fn answer(&self, request: axum::http::request::Builder, body: Body) -> Response {
        let cookies = self.cookie_line();
        let mut request = request.header(header::HOST, HOST).header(header::COOKIE, cookies).body(body).expect("a request");
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        if let Some(forwarded) = &self.forwarded {
            request.headers_mut().insert("x-forwarded-for", forwarded.parse().expect("a header"));
        }
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().expect("text").split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.lock().expect("cookies").insert(name.to_owned(), value.to_owned());
        }
        response
    }

    async fn send(&self, request: axum::http::request::Builder, body: Body) -> Answer {
        let response = self.answer(request, body).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        Answer {
            status: parts.status,
            location: parts.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

/// A stream of server-sent events.
#[derive(Debug)]
pub struct Hints {
    body: BodyDataStream,
    text: String,
}

impl Hints {
    /// Returns the next event and its data, which must arrive within `patience`.
    pub async fn within(&mut self, patience: Duration) -> (String, String) {
        tokio::time::timeout(patience, self.next()).await.expect("an event in time")
    }

    /// Reads until the stream ends, which must happen within `patience`; returns everything received.
    pub async fn end(mut self, patience: Duration) -> String {
        let rest = async {
            while let Some(chunk) = self.body.next().await {
                self.text.push_str(std::str::from_utf8(&chunk.expect("a chunk")).expect("text"));
            }
        };
        tokio::time::timeout(patience, rest).await.expect("the stream ends in time");
        self.text
    }

    async fn next(&mut self) -> (String, String) {
        loop {
            while let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
                let (kind, data) = (field("event:"), field("data:"));
                // The other events are heartbeats and the reader's sign-in state.
                if let (Some(kind @ ("hello" | "hint")), Some(data)) = (kind.as_deref(), data) {
                    return (kind.to_owned(), data);
                }
            }
            let chunk = self.body.next().await.expect("the stream goes on").expect("a chunk");
            self.text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }
}
