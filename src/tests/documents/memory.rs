//! Twenty uploads of twenty megabytes at once, against a server that is a process of its own: how far its memory rises. The figure is
//! printed; the build of tests has neither the server's allocator nor its speed.

use std::{
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use super::{BOUNDARY, page_of};
use crate::{
    core::{
        DocumentId,
        time::{Clock, Instant},
    },
    db::{Database, sql},
    sealing,
    server::{AppState, connections, router},
    tests::{TestApp, app::test_keys, test_config},
};

/// The database, the port and the time of the server.
const PLACE: [&str; 3] = ["INFIRMARY_UPLOAD_DATABASE", "INFIRMARY_UPLOAD_PORT", "INFIRMARY_UPLOAD_TIME"];
/// The name of the test that is the server.
const SERVER: &str = "documents::memory::the_server_that_takes_uploads";
/// The rise that the hospital allows, in kilobytes.
const BAR: u64 = 32 * 1024;
const UPLOADS: usize = 20;

/// The server that [`twenty_large_uploads_at_once_are_all_kept`] starts; by itself it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_server_that_takes_uploads() {
    let [Ok(url), Ok(port), Ok(micros)] = PLACE.map(std::env::var) else { return };
    let now = Instant::from_timestamp_micros(micros.parse().expect("a number")).expect("a time");
    let db = Database::open(&url).await.expect("the database opens");
    sealing::prepare(&db, &test_keys(), now).await.expect("prepared");
    let state = AppState::new(db, Clock::standing_at(now), test_config(), &crate::app::PROGRAM).await.expect("a state");
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port");
    let limits = state.limits.clone();
    connections::serve(listener, None, router::router(state), limits, CancellationToken::new()).await;
}

/// Ends the server when the test ends, however that is.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns the memory of a process in kilobytes; `None` on a system that does not say.
fn memory_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().split(' ').next()?.parse().ok()
}

/// Sends one document of twenty megabytes; returns the status of the answer.
async fn upload(port: u16, page: &str, cookies: &str, key: DocumentId) -> String {
    let head_of = |name: &str| format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
    let mut begin = String::new();
    for (name, value) in [("key", key.to_string().as_str()), ("kind", "scan"), ("title", "A large scan"), ("day", "2026-11-20")] {
        begin.push_str(&head_of(name));
        begin.push_str(value);
        begin.push_str("\r\n");
    }
    begin.push_str(&format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"scan.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\n"
    ));
    let end = format!("\n%%EOF\n\r\n--{BOUNDARY}--\r\n");
    let part = vec![b'x'; 64 * 1024];
    let parts = 20 * 1024 * 1024 / part.len() - 1;
    let length = begin.len() + parts * part.len() + end.len();
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)).await else { return "no connection".to_owned() };
    let head = format!(
        "POST {page} HTTP/1.1\r\nHost: hospital.test\r\nAccept: application/json\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookies}\r\n\
        Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{begin}"
    );
    if stream.write_all(head.as_bytes()).await.is_ok() {
        for _ in 0..parts {
            // A server that is too busy answers before it has read everything.
            if stream.write_all(&part).await.is_err() {
                break;
            }
        }
        let _ = stream.write_all(end.as_bytes()).await;
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).split_whitespace().nth(1).unwrap_or("no answer").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_large_uploads_at_once_are_all_kept() {
    // The short form sends three: twenty take minutes without optimisation.
    let count = if std::env::var_os("INFIRMARY_LONG").is_some() { UPLOADS } else { 3 };
    let app = TestApp::sqlite().await;
    let cookies = app.as_("nurse").await.cookie_line();
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address").port();
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([SERVER, "--nocapture"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for (name, value) in
        PLACE.into_iter().zip([app.url.to_string(), port.to_string(), app.state.clock.now().timestamp_micros().to_string()])
    {
        command.env(name, value);
    }
    let server = Server(command.spawn().expect("a server"));
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        tokio::task::yield_now().await;
    }
    let page = page_of(app.fixture.ana);
    // The first one loads what every upload needs.
    while upload(port, &page, &cookies, DocumentId::new()).await != "303" {
        tokio::task::yield_now().await;
    }
    let process = server.0.id();
    let before = memory_of(process);
    let (highest, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let watcher = {
        let (highest, is_over) = (highest.clone(), is_over.clone());
        std::thread::spawn(move || {
            while !is_over.load(Ordering::SeqCst) {
                highest.fetch_max(memory_of(process).unwrap_or_default(), Ordering::SeqCst);
                std::thread::park_timeout(Duration::from_millis(5));
            }
        })
    };
    let sending = (0..count).map(|_| {
        let (page, cookies) = (page.clone(), cookies.clone());
        async move {
            let (key, mut busy) = (DocumentId::new(), 0);
            loop {
                match upload(port, &page, &cookies, key).await.as_str() {
                    "303" => return busy,
                    // The same key again: it is kept once.
                    "503" | "no answer" | "no connection" => busy += 1,
                    other => panic!("{other}"),
                }
            }
        }
    });
    let began = std::time::Instant::now();
    let busy: usize = crate::tests::all_at_once(sending).await.into_iter().sum();
    let took = began.elapsed();
    is_over.store(true, Ordering::SeqCst);
    watcher.join().expect("watched");
    if let Some(before) = before {
        let rise = highest.load(Ordering::SeqCst).saturating_sub(before);
        println!(
            "{count} uploads of 20 MB at once in {took:?}, {busy} times asked to come again: the server's memory rose by {} MB from {} MB; the bar is {} MB",
            rise / 1024,
            before / 1024,
            BAR / 1024
        );
    }
    let kept = app.state.db.read().await.expect("a connection").count(sql("SELECT count(*) FROM patient_documents")).await;
    assert_eq!(usize::try_from(kept.expect("counted")), Ok(count + 1), "each is kept once");
    drop(server);
    app.remove().await;
}
