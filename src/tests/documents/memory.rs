//! Large uploads against a server that is a process of its own: how far its memory rises when many arrive at once, and
//! slow senders, who hold up nobody.
//!
//! The bar is for the memory of the program itself (`RssAnon`). The pages of the database file that the system keeps (`RssFile`, at most 256
//! MB by `mmap_size`) are its cache, and are printed. The build of tests has neither the server's allocator nor its speed: blocks of 128 kB and
//! more go back to the system at once there (`MALLOC_MMAP_THRESHOLD_`), as the server's allocator does for large ones.

use std::{
    collections::BTreeSet,
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
    server::{AppState, config::Config, connections, router},
    tests::{TestApp, app::test_keys, test_config},
};

/// The database, the port and the time of the server.
const PLACE: [&str; 3] = ["INFIRMARY_UPLOAD_DATABASE", "INFIRMARY_UPLOAD_PORT", "INFIRMARY_UPLOAD_TIME"];
/// The name of the test that is the server.
const SERVER: &str = "documents::memory::the_server_that_takes_uploads";
/// The most by which the build of tests may rise, in kilobytes. With its own allocator the server keeps to 32 MB: it rose by 17 MB while twenty of
/// 20 MB arrived twice (optimised, 30 November 2026); the build of tests rises by about 40. Whole bodies took one and a half of what was sent.
const BAR: u64 = 64 * 1024;
/// The uploads at once of a long run, and their bytes.
const LONG: (usize, usize) = (20, 20 * 1024 * 1024);
/// Those of a usual run: large ones take minutes without optimisation.
const SHORT: (usize, usize) = (12, 5 * 1024 * 1024);

/// The server that [`many_large_uploads_at_once_are_all_kept`] starts; by itself it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_server_that_takes_uploads() {
    let [Ok(url), Ok(port), Ok(micros)] = PLACE.map(std::env::var) else { return };
    let now = Instant::from_timestamp_micros(micros.parse().expect("a number")).expect("a time");
    let db = Database::open(&url).await.expect("the database opens");
    sealing::prepare(&db, &test_keys(), now).await.expect("prepared");
    let config = Config { database_url: url, ..test_config() };
    let state = AppState::new(db, Clock::standing_at(now), config, &crate::app::PROGRAM).await.expect("a state");
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

/// Starts a server for the database of `app`, and waits until it accepts connections.
async fn serve(app: &TestApp) -> (Server, u16) {
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address").port();
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([SERVER, "--nocapture"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("MALLOC_MMAP_THRESHOLD_", (128 * 1024).to_string());
    for (name, value) in
        PLACE.into_iter().zip([app.url.to_string(), port.to_string(), app.state.clock.now().timestamp_micros().to_string()])
    {
        command.env(name, value);
    }
    let server = Server(command.spawn().expect("a server"));
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        tokio::task::yield_now().await;
    }
    (server, port)
}

/// Returns the memory of a process in kilobytes, without and with pages of files; `None` on a system that does not say.
fn memory_of(process: u32) -> Option<[u64; 2]> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let number = |name: &str| status.lines().find_map(|line| line.strip_prefix(name))?.trim().split(' ').next()?.parse().ok();
    Some([number("RssAnon:")?, number("VmRSS:")?])
}

/// A document on its way.
struct Sending {
    stream: TcpStream,
    /// The parts that are not sent yet.
    parts: usize,
    end: String,
}

/// The bytes of a part.
const PART: usize = 64 * 1024;

/// Sends the beginning of a document of so many parts; `None` without a connection.
async fn begin(port: u16, page: &str, cookies: &str, parts: usize) -> Option<Sending> {
    begin_again(port, page, cookies, (DocumentId::new(), parts)).await
}

/// Sends the beginning of a document that may have been sent before.
async fn begin_again(port: u16, page: &str, cookies: &str, (key, parts): (DocumentId, usize)) -> Option<Sending> {
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
    let length = begin.len() + parts * PART + end.len();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let head = format!(
        "POST {page} HTTP/1.1\r\nHost: hospital.test\r\nAccept: application/json\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookies}\r\n\
        Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{begin}"
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    Some(Sending { stream, parts, end })
}

impl Sending {
    /// Sends some parts.
    async fn go_on(&mut self, parts: usize) {
        let part = vec![b'x'; PART];
        for _ in 0..parts {
            // A server that is too busy answers before it has read everything.
            if self.stream.write_all(&part).await.is_err() {
                break;
            }
            self.parts -= 1;
        }
    }

    /// Sends the others; returns the status of the answer.
    async fn end(mut self) -> String {
        self.go_on(self.parts).await;
        let _ = self.stream.write_all(self.end.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = self.stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).split_whitespace().nth(1).unwrap_or("no answer").to_owned()
    }
}

/// Sends a document of so many bytes, or a little less; returns the status of the answer.
async fn upload(port: u16, page: &str, cookies: &str, (key, bytes): (DocumentId, usize)) -> String {
    match begin_again(port, page, cookies, (key, bytes / PART - 1)).await {
        Some(sending) => sending.end().await,
        None => "no connection".to_owned(),
    }
}

/// Returns the number of documents that are kept.
async fn kept(app: &TestApp) -> usize {
    let kept = app.state.db.read().await.expect("a connection").count(sql("SELECT count(*) FROM patient_documents")).await;
    usize::try_from(kept.expect("counted")).expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_large_uploads_at_once_are_all_kept() {
    let (count, bytes) = if std::env::var_os("INFIRMARY_LONG").is_some() { LONG } else { SHORT };
    let app = TestApp::sqlite().await;
    let cookies = app.as_("nurse").await.cookie_line();
    let (server, port) = serve(&app).await;
    let page = page_of(app.fixture.ana);
    // The first one loads what every upload needs.
    while upload(port, &page, &cookies, (DocumentId::new(), bytes)).await != "303" {
        tokio::task::yield_now().await;
    }
    let process = server.0.id();
    let before = memory_of(process);
    let (highest, is_over): (Arc<[AtomicU64; 2]>, Arc<AtomicBool>) = Default::default();
    let watcher = {
        let (highest, is_over) = (highest.clone(), is_over.clone());
        std::thread::spawn(move || {
            while !is_over.load(Ordering::SeqCst) {
                for (highest, now) in highest.iter().zip(memory_of(process).unwrap_or_default()) {
                    highest.fetch_max(now, Ordering::SeqCst);
                }
                std::thread::park_timeout(Duration::from_millis(5));
            }
        })
    };
    let sending = (0..count).map(|_| {
        let (page, cookies) = (page.clone(), cookies.clone());
        async move {
            let (key, mut busy) = (DocumentId::new(), 0);
            loop {
                match upload(port, &page, &cookies, (key, bytes)).await.as_str() {
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
        let rise = [0, 1].map(|which| highest[which].load(Ordering::SeqCst).saturating_sub(before[which]));
        println!(
            "{count} uploads of {} MB at once in {took:?}, {busy} times asked to come again: the server's memory rose by {} MB from {} MB, by {} MB with pages of files; the bar is {} MB",
            bytes >> 20,
            rise[0] / 1024,
            before[0] / 1024,
            rise[1] / 1024,
            BAR / 1024
        );
        assert!(rise[0] <= BAR, "{} kB", rise[0]);
    }
    assert_eq!(kept(&app).await, count + 1, "each is kept once");
    drop(server);
    app.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn slow_senders_hold_up_nobody_and_a_killed_server_leaves_nothing() {
    let app = TestApp::sqlite().await;
    let cookies = app.as_("nurse").await.cookie_line();
    let path = crate::db::upkeep::sqlite_path(&app.url).expect("a path").to_owned();
    let names = || -> BTreeSet<String> {
        let files = std::fs::read_dir(path.parent().expect("a folder")).expect("a folder");
        files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect()
    };
    let (server, port) = serve(&app).await;
    let page = page_of(app.fixture.ana);
    let before = names();
    let mut slow = Vec::new();
    for _ in 0..10 {
        let mut sending = begin(port, &page, &cookies, 32).await.expect("a connection");
        sending.go_on(16).await;
        slow.push(sending);
    }
    let whole = begin(port, &page, &cookies, 32).await.expect("a connection");
    assert_eq!(whole.end().await, "303", "the others are half-way");
    let one = slow.pop().expect("one of them");
    assert_eq!(one.end().await, "303", "it goes on where it was");
    // The others have sent a megabyte each when the server is killed.
    drop(server);
    assert_eq!(kept(&app).await, 2);
    assert!(names().is_subset(&before), "what has arrived is gone: {:?}", names());
    drop(slow);
    app.assert_sound().await;
    app.remove().await;
}
