//! Opens very many unfinished connections at once. `INFIRMARY_CONNECTIONS=10000` opens that many, with the program's own time
//! limits, and prints the measurements (`-- --nocapture flood`); without it the test opens a few hundred.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{PREFACE, TestApp};
use crate::server::{
    connections::{self, Limits, Slots, files},
    tls::Tls,
};

/// The number of connections of one kind.
const FEW: usize = 300;
/// The longest wait of another client when this test has the machine for itself.
const A_SECOND: Duration = Duration::from_secs(1);
/// The limit for heads in the small test; beside other tests another client may wait for most of it.
const BRIEF: Duration = Duration::from_secs(3);
/// The longest time by which a connection may close after its limit: a form's body has 30 seconds.
const LATE: Duration = Duration::from_secs(15);

/// The bytes that each connection sends before it is silent.
#[derive(Clone, Copy, Debug)]
struct Kind {
    name: &'static str,
    sends: fn() -> Vec<u8>,
    by_tls: bool,
    /// The longest time that it may stay open beyond the limit for heads.
    longer: Duration,
}

const KINDS: [Kind; 6] = [
    Kind { name: "nothing", sends: Vec::new, by_tls: false, longer: Duration::ZERO },
    Kind { name: "one byte", sends: || b"G".to_vec(), by_tls: false, longer: Duration::ZERO },
    Kind { name: "half a preface", sends: || PREFACE[..16].to_vec(), by_tls: false, longer: Duration::ZERO },
    // The record of a ClientHello with a stated length of 512 bytes.
    Kind {
        name: "half a handshake",
        sends: || [&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3][..], &[7; 200]].concat(),
        by_tls: true,
        longer: Duration::ZERO,
    },
    Kind { name: "half a head", sends: half_head, by_tls: false, longer: Duration::ZERO },
    Kind { name: "half a body", sends: half_body, by_tls: false, longer: Duration::from_secs(30) },
];

fn half_head() -> Vec<u8> {
    format!("GET /sign-in HTTP/1.1\r\nHost: hospital.test\r\nX-Slow: {}", "x".repeat(22_000)).into_bytes()
}

fn half_body() -> Vec<u8> {
    let head = "POST /api/accounts/sign_in HTTP/1.1\r\nHost: hospital.test\r\nOrigin: http://hospital.test\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 16000\r\n\r\nlogin=";
    format!("{head}{}", "x".repeat(15_900)).into_bytes()
}

/// The memory of this process, clients included, in megabytes.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok()).unwrap_or(0) / 1024
}

/// Returns one of many addresses of this machine, for a hundred connections each.
fn address(number: usize, many: bool) -> Ipv4Addr {
    let number = if many { u32::try_from(number / 100).expect("a number") } else { 0 };
    Ipv4Addr::from_bits(Ipv4Addr::new(127, 0, 8, 1).to_bits() + number)
}

async fn open(to: SocketAddr, from: Ipv4Addr, bytes: &[u8]) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((from, 0).into()).expect("an address");
    let mut stream = socket.connect(to).await.expect("connected");
    // The server may already have closed this connection for a newer one.
    let _ = stream.write_all(bytes).await;
    stream
}

/// Measures how long another client waits for the sign-in page.
async fn honest(to: SocketAddr, tls: bool) -> Duration {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(to).await.expect("connected");
    if tls {
        // The first record of the handshake is refused: this is an answer too.
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("sent");
        let mut answer = Vec::new();
        timeout(A_SECOND * 10, stream.read_to_end(&mut answer)).await.expect("in time").ok();
    } else {
        stream.write_all(b"GET /sign-in HTTP/1.1\r\nHost: hospital.test\r\nConnection: close\r\n\r\n").await.expect("sent");
        let mut answer = Vec::new();
        timeout(A_SECOND * 10, stream.read_to_end(&mut answer)).await.expect("in time").expect("read");
        assert!(answer.starts_with(b"HTTP/1.1 200 OK"), "{}", String::from_utf8_lossy(&answer));
    }
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_unfinished_connections_keeps_nobody_else_waiting() {
    let asked = std::env::var("INFIRMARY_CONNECTIONS").ok().and_then(|count| count.parse::<usize>().ok());
    let only = std::env::var("INFIRMARY_CONNECTIONS_KIND").ok();
    // The memory of the test's own setup does not count.
    let _ = files::raise();
    let app = TestApp::sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    super::super::tls::certificate(folder.path(), "house");
    let tls = Arc::new(Tls::open(&folder.path().join("house.pem"), &folder.path().join("house.key")).expect("a certificate"));
    let count = asked.unwrap_or(FEW);
    for kind in KINDS.into_iter().filter(|kind| only.as_ref().is_none_or(|only| only == kind.name)) {
        for many in [false, true] {
            let brief = ["nothing", "half a handshake", "half a head"].contains(&kind.name) && many;
            if asked.is_none() && !brief {
                continue;
            }
            let slots = Arc::new(Slots::new(&app.state.config, files::connections()));
            let time = if asked.is_some() { app.state.limits.time } else { BRIEF };
            let limits = Limits { time, slots: slots.clone(), memory: app.state.limits.memory.clone() };
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let (to, stopping) = (listener.local_addr().expect("an address"), CancellationToken::new());
            let certificate = kind.by_tls.then(|| tls.clone());
            let server = tokio::spawn(connections::serve(listener, certificate, app.router.clone(), limits, stopping.clone()));
            let over = CancellationToken::new();
            let (before, begun) = (memory(), Instant::now());
            let bytes = (kind.sends)();
            let flood = async {
                let mut open_ones = Vec::with_capacity(count);
                for number in 0..count {
                    open_ones.push(open(to, address(number, many), &bytes).await);
                }
                let opened = begun.elapsed();
                let ends = join_all(open_ones.into_iter().map(|mut stream| async move {
                    let _ = stream.read_to_end(&mut Vec::new()).await;
                }));
                let patience = time + kind.longer + LATE + opened;
                timeout(patience, ends).await.unwrap_or_else(|_| panic!("{}: all are closed in time", kind.name));
                (opened, begun.elapsed())
            };
            let watch = async {
                let (mut slowest, mut tries, mut most, mut taken) = (Duration::ZERO, 0, 0, 0);
                loop {
                    slowest = slowest.max(honest(to, kind.by_tls).await);
                    tries += 1;
                    most = most.max(memory());
                    taken = taken.max(slots.taken());
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    if over.is_cancelled() {
                        return (slowest, tries, most, taken);
                    }
                }
            };
            let ((opened, closed), (slowest, tries, most, taken)) = tokio::join!(
                async {
                    let times = flood.await;
                    over.cancel();
                    times
                },
                watch
            );
            stopping.cancel();
            server.await.expect("no panic");
            println!(
                "{count} x {}, {}: opened in {opened:.1?}, all closed after {closed:.1?}, {taken} held at most; others: {tries} pages, slowest \
                 {slowest:.0?}; memory {before} -> {most} -> {} MB",
                kind.name,
                if many { "many addresses" } else { "one address" },
                memory()
            );
            assert!(slowest < if asked.is_some() { A_SECOND } else { BRIEF }, "{}: others waited {slowest:?}", kind.name);
            assert_eq!(slots.taken(), 0, "{}", kind.name);
        }
    }
    app.end().await;
}
