//! Tests slow, silent and very many connections, and large requests.

mod flood;

use std::{net::SocketAddr, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use futures::future::join_all;
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{Fixture, TestApp};
use crate::{
    core::Error,
    server::{config::Config, connections, connections::Limits, redirect},
};

const MANY: usize = 2_000;
/// The connections that are opened at once: fewer than a listener's queue holds, so that none waits for its client to try again.
const AT_ONCE: usize = 250;
/// Ends a test that waits for ever. No time is measured by it: a busy machine may take most of it.
const PATIENCE: Duration = Duration::from_secs(90);
/// The limit for heads in these tests.
const HEAD: Duration = Duration::from_secs(1);
/// The longest time by which a connection may close after the limit.
const LATE: Duration = Duration::from_secs(3);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A server on a socket.
struct Served {
    app: TestApp,
    address: SocketAddr,
    stopping: CancellationToken,
    running: tokio::task::JoinHandle<()>,
}

impl Served {
    async fn start(app: TestApp, head: Duration) -> Self {
        let limits = Limits { time: head, ..app.state.limits.clone() };
        Self::with(app, limits).await
    }

    async fn with(app: TestApp, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, stopping) = (listener.local_addr().expect("an address"), CancellationToken::new());
        let running = tokio::spawn(connections::serve(listener, None, app.router.clone(), limits, stopping.clone()));
        Self { app, address, stopping, running }
    }

    /// Sends bytes on a new connection and returns everything received until it is closed.
    async fn send(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("connected");
        // The server may refuse before it has read everything.
        let _ = stream.write_all(bytes).await;
        read_all(stream).await
    }

    async fn end(self) {
        self.stopping.cancel();
        timeout(PATIENCE, self.running).await.expect("stopped").expect("no panic");
        self.app.end().await;
    }
}

async fn read_all(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut text)).await.expect("closed in time").ok();
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_silent_connections_keep_nobody_else_waiting_and_are_closed() {
    let server = Served::start(TestApp::sqlite().await, Duration::from_secs(16)).await;
    let address = server.address;
    let open = async |_| {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        // The server may already have closed this connection for a newer one.
        let _ = stream.write_all(b"GET /sign-in HTTP/1.1\r\nHost: hospital.test\r\nX-Slow: ").await;
        stream
    };
    let mut silent = Vec::with_capacity(MANY);
    while silent.len() < MANY {
        silent.extend(join_all((0..AT_ONCE).map(open)).await);
    }

    let honest = server.send(b"GET /sign-in HTTP/1.1\r\nHost: hospital.test\r\nConnection: close\r\n\r\n");
    // This is long before the silent connections are closed. `flood` measures how long another client waits on a quiet
    // machine.
    let answer = timeout(Duration::from_secs(10), honest).await.expect("answered while the others dawdle");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");

    let ends = join_all(silent.into_iter().map(read_all)).await;
    assert_eq!(ends.iter().filter(|end| end.starts_with("HTTP/1.1 200")).count(), 0, "nobody was answered for half a question");
    server.end().await;
}

#[tokio::test]
async fn a_connection_without_a_whole_head_is_closed_in_time() {
    let server = Served::start(TestApp::sqlite().await, HEAD).await;
    let mut open_headers = PREFACE.to_vec();
    // SETTINGS, and HEADERS of stream 1 without END_HEADERS.
    open_headers.extend([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82]);
    let mut settings = PREFACE.to_vec();
    settings.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    let sent: [(&str, &[u8]); 7] = [
        ("nothing", b""),
        ("one byte", b"G"),
        ("the first byte of the preface", b"P"),
        ("half of the preface", &PREFACE[..16]),
        ("half of a head", b"GET / HTTP/1.1\r\nHost: hospital.test\r\n"),
        ("no stream", &settings),
        ("a header block without an end", &open_headers),
    ];
    for (name, bytes) in sent {
        let begun = Instant::now();
        let answer = timeout(HEAD + LATE, server.send(bytes)).await.unwrap_or_else(|_| panic!("{name}: closed in time"));
        assert!(begun.elapsed() >= HEAD / 2, "{name}: closed after {:?}", begun.elapsed());
        assert!(!answer.contains("200 OK"), "{name}: {answer}");
    }
    // A connection that sends a byte from time to time gets no more time.
    let mut slow = TcpStream::connect(server.address).await.expect("connected");
    let begun = Instant::now();
    while slow.write_all(b"x").await.is_ok() {
        assert!(begun.elapsed() < HEAD + LATE, "a slow head is closed in time");
        tokio::time::sleep(HEAD / 10).await;
    }
    // An HTTP/2 client that answers every ping and sends no request.
    let stream = TcpStream::connect(server.address).await.expect("connected");
    let (idle, connection) =
        hyper::client::conn::http2::handshake::<_, _, Body>(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    timeout(HEAD + LATE, connection).await.expect("closed in time").ok();
    drop(idle);
    server.end().await;
}

#[tokio::test]
async fn the_listener_that_redirects_closes_silent_connections_too() {
    let app = TestApp::sqlite().await;
    let limits = Limits { time: HEAD, ..app.state.limits.clone() };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (address, stopping) = (listener.local_addr().expect("an address"), CancellationToken::new());
    let running = tokio::spawn(connections::serve(listener, None, redirect::router(&Config::default()), limits, stopping.clone()));
    for bytes in [&b""[..], b"P"] {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(bytes).await.expect("sent");
        timeout(HEAD + LATE, read_all(stream)).await.expect("closed in time");
    }
    stopping.cancel();
    timeout(PATIENCE, running).await.expect("stopped").expect("no panic");
    app.end().await;
}

#[tokio::test]
async fn a_connection_stays_open_while_its_request_is_in_progress() {
    let server = Served::start(TestApp::sqlite().await, HEAD).await;
    let mut stream = TcpStream::connect(server.address).await.expect("connected");
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: hospital.test\r\nAccept: text/event-stream\r\n\r\n").await.expect("sent");
    let begun = Instant::now();
    let mut buffer = [0; 4096];
    while begun.elapsed() < HEAD * 3 {
        let read = timeout(PATIENCE, stream.read(&mut buffer)).await.expect("a sign of life").expect("read");
        assert!(read > 0, "closed after {:?}", begun.elapsed());
    }
    drop(stream);
    server.end().await;
}

#[tokio::test]
async fn a_request_under_way_is_answered_when_the_server_stops() {
    let server = Served::start(TestApp::sqlite().await, PATIENCE).await;
    let mut stream = TcpStream::connect(server.address).await.expect("connected");
    let head = "POST /api/accounts/sign_in HTTP/1.1\r\nHost: hospital.test\r\nOrigin: http://hospital.test\r\nConnection: close\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    // The server sends this when it handles the request and expects its body.
    let mut go_on = [0; 25];
    timeout(PATIENCE, stream.read_exact(&mut go_on)).await.expect("in time").expect("read");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.stopping.cancel();
    stream.write_all(b"login=a&password=xyz").await.expect("sent");
    let answer = read_all(stream).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    server.end().await;
}

#[tokio::test]
async fn a_large_head_is_refused_in_words() {
    let server = Served::start(TestApp::sqlite().await, PATIENCE).await;
    let head =
        |bytes: usize| format!("GET /sign-in HTTP/1.1\r\nHost: hospital.test\r\nConnection: close\r\nX: {}\r\n\r\n", "x".repeat(bytes));
    let answer = server.send(head(15_000).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let answer = server.send(head(17_000).as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 ") && answer.contains("too large"), "{answer}");
    let answer = server.send(head(25_000).as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 Request Header Fields Too Large"), "{answer}");

    let stream = TcpStream::connect(server.address).await.expect("connected");
    let (mut browser, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    let connection = tokio::spawn(connection);
    let request = |bytes: usize| {
        let request = Request::get("http://hospital.test/sign-in").header("x", "x".repeat(bytes));
        request.body(Body::empty()).expect("a request")
    };
    assert_eq!(browser.send_request(request(15_000)).await.expect("an answer").status(), StatusCode::OK);
    let answer = browser.send_request(request(17_000)).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let words = answer.into_body().collect().await.expect("a body").to_bytes();
    assert!(String::from_utf8_lossy(&words).contains("too large"));
    drop(browser);
    connection.await.expect("no panic").expect("ended well");
    server.end().await;
}

#[tokio::test]
async fn a_large_body_is_read_only_where_a_user_is_signed_in() {
    let app = TestApp::sqlite().await;
    let long = "x".repeat(20_000);
    let form = [("login", "ana"), ("password", long.as_str())];
    let stranger = app.browser().at("192.0.2.7", None);
    let answer = stranger.post("/api/accounts/sign_in", &form).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::PAYLOAD_TOO_LARGE, Error::TooLarge));
    let answer = stranger.submit("/sign-in", "/api/accounts/sign_in", &form).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.body.contains("more than one form can hold"), "{}", answer.body);
    let without_length = Body::from_stream(futures::stream::iter([Ok::<_, Error>(format!("login={long}"))]));
    let answer = stranger.post_raw("/api/accounts/sign_in", "application/x-www-form-urlencoded", without_length).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);

    let nurse = app.as_("nurse").await.at("192.0.2.8", None);
    let answer = nurse.post("/api/accounts/language", &[("language", "en"), ("next", &long)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    // The session has ended: the server still reads the form from the same network, and keeps it on a page.
    let answer = app.browser().at("192.0.2.8", None).submit("/triage", "/api/accounts/stay", &[("next", &long)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body.contains(&long));
    app.end().await;
}

#[tokio::test]
async fn without_memory_a_strangers_form_is_refused_and_a_users_is_read() {
    let app = TestApp::sqlite().await;
    let nurse = app.as_("nurse").await;
    let mut all = Vec::new();
    while let Ok(permit) = app.state.limits.memory.reserve(8 * 1024 * 1024, false).await {
        all.push(permit);
    }
    let answer = app.browser().submit("/sign-in", "/api/accounts/sign_in", &[("login", "ana"), ("password", "something")]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.contains("system is busy"), "{}", answer.body);
    assert_eq!(nurse.post("/api/accounts/language", &[("language", "en")]).await.status, StatusCode::OK);
    drop(all);
    let answer = app.browser().post("/api/accounts/sign_in", &[("login", "ana"), ("password", "something")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    app.end().await;
}

#[tokio::test]
async fn a_request_for_a_foreign_name_is_refused_in_words() {
    let app = TestApp::sqlite().await;
    let asked = async |path: &str, hosts: &[&str], language: &str| {
        let mut request = Request::get(path).header(header::ACCEPT, "text/html").header(header::ACCEPT_LANGUAGE, language);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        let answer = app.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
        let status = answer.status();
        let protected = answer.headers().contains_key(header::CONTENT_SECURITY_POLICY);
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, protected, String::from_utf8_lossy(&body).into_owned())
    };
    for host in ["hospital.test", "hospital.test:3000", "10.0.0.5:3000", "localhost:3000", "127.0.0.1", "[::1]:3000"] {
        assert_eq!(asked("/sign-in", &[host], "en").await.0, StatusCode::OK, "{host}");
    }
    for path in ["/sign-in", "/", "/board", "/events", "/boot.js", "/api/accounts/sign_in"] {
        let (status, protected, words) = asked(path, &["evil.test:3000"], "en").await;
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{path}");
        assert!(protected && words.contains("not reached under that name"), "{words}");
    }
    assert!(asked("/sign-in", &["evil.test"], "es").await.2.contains("No se puede acceder a este sitio con ese nombre"));
    assert_eq!(asked("/sign-in", &["hospital.test", "evil.test"], "en").await.0, StatusCode::MISDIRECTED_REQUEST);
    // A health check may use any host name, and its answer reveals nothing.
    assert_eq!(asked("/health/live", &["pod.cluster.test"], "en").await.0, StatusCode::OK);
    app.end().await;
}

#[tokio::test]
async fn a_refused_form_is_never_answered_with_a_stream_or_a_file() {
    let app = TestApp::sqlite().await;
    let ana = app.as_("ana").await;
    for page in ["/events", "/events?x=1", "/health/live", "/api/accounts/sign_in", "/boot.js", "/%65vents", "/nowhere"] {
        let form = [("login", "ana"), ("password", "wrong")];
        let answer = timeout(PATIENCE, ana.submit(page, "/api/accounts/sign_in", &form)).await.expect("the answer ends");
        assert!(answer.status.is_client_error(), "{page}: {}", answer.status);
        assert!(answer.body.contains("<html"), "{page}: {}", answer.body);
        // The same request without a `Referer`, like a form that is sent again after signing in.
        let request = Request::post(format!("/api/accounts/sign_in?page={}", page.replace('%', "%25")))
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from("login=ana&password=wrong"));
        let answer = app.router.clone().oneshot(request.expect("a request")).await.expect("an answer");
        assert!(answer.status().is_client_error(), "{page}: {}", answer.status());
        let body = timeout(PATIENCE, answer.into_body().collect()).await.expect("the answer ends").expect("a body").to_bytes();
        assert!(String::from_utf8_lossy(&body).contains("<html"), "{page}");
    }
    app.end().await;
}

/// The form's values are kept, also from a network where no user is signed in.
#[tokio::test]
async fn a_large_form_whose_session_has_ended_is_held() {
    let app = TestApp::sqlite().await;
    let nurse = app.as_("nurse").await.at("192.0.2.9", None);
    let mut tx = app.state.db.write().await.expect("a transaction");
    tx.execute(crate::db::sql("DELETE FROM sessions")).await.expect("ended elsewhere");
    tx.commit().await.expect("committed");
    let long = "ü".repeat(9_000);
    let visit = Fixture::key();
    let form = [("visit_id", visit.as_str()), ("version", "0"), ("history", &long)];
    let answer = nurse.submit("/triage", "/api/clinical/save_note", &form).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body.len());
    assert!(answer.body.contains(&long), "it is sent again after signing in");
}
