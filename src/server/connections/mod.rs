//! Accepts browsers' connections within limits, gives each request's head a limited time, and lets requests finish when the server
//! stops.
//!
//! A connection without a request in progress is closed after [`Limits::time`], whatever the client has sent: nothing, one byte, or part
//! of a TLS handshake, of the HTTP/2 preface or of a head. [`Slots`] limits the connections per address, [`RequestMemory`] the unfinished
//! requests.

mod activity;
pub mod files;
mod memory;
mod signed_in;
mod slots;
mod stream;

use std::{convert::Infallible, io::Write as _, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Version, header::HOST},
};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{either::Either, sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

pub use self::{memory::RequestMemory, slots::Slots};
use self::{slots::Slot, stream::MeteredStream};
use super::{config::Config, tls::Tls};

/// The default of [`Limits::time`].
const TIME: Duration = Duration::from_secs(20);
/// The largest head that reaches the program, in bytes; `incoming` refuses smaller ones with a text.
const LARGEST_HEAD: usize = 24 * 1024;
/// How long an HTTP/2 client may take to acknowledge that its connection closes.
const LINGER: Duration = Duration::from_secs(1);
/// After an error of `accept`, such as too few file handles, the server waits for connections to end before it tries
/// again.
const PAUSE: Duration = Duration::from_millis(20);
/// The answer to a connection without a slot.
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\ncontent-length: 52\r\nretry-after: 20\r\n\
    connection: close\r\n\r\nToo many connections are open. Try again in 20 secs.";

/// The limits that all listeners of one program share.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a connection may be open without a request in progress.
    pub time: Duration,
    pub slots: Arc<Slots>,
    pub memory: RequestMemory,
}

impl Limits {
    /// Creates the limits of the configuration, for as many connections as this process may open files.
    pub fn new(config: &Config) -> Self {
        Self { time: TIME, slots: Arc::new(Slots::new(config, files::connections())), memory: RequestMemory::default() }
    }
}

/// Serves the listener until `stopping`, with `tls` over TLS only; then lets requests in progress finish.
pub async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, app: Router, limits: Limits, stopping: CancellationToken) {
    let builder = Arc::new(protocols(limits.time));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                limits.slots.warn(&format!("a connection could not be accepted: {error}"));
                limits.slots.close_idle();
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Some(slot) = limits.slots.take(address.ip()) else {
            refuse(stream, tls.is_none());
            continue;
        };
        // Answers are written completely: waiting for more data would only delay them.
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        let connection = Connection { slot, address, limits: limits.clone(), app: app.clone(), stopping: stopping.clone() };
        connections.spawn(connection.answer(stream, tls.clone(), builder.clone()));
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// HTTP/1.1 and HTTP/2 with small buffers. [`Connection`] measures the time.
fn protocols(time: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().header_read_timeout(None).max_buf_size(LARGEST_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(time)
        .keep_alive_timeout(time)
        .max_concurrent_streams(100)
        .max_header_list_size(u32::try_from(LARGEST_HEAD).unwrap_or(u32::MAX))
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(256 * 1024)
        .max_send_buf_size(64 * 1024);
    builder
}

/// One accepted connection.
struct Connection {
    slot: Slot,
    address: SocketAddr,
    limits: Limits,
    app: Router,
    stopping: CancellationToken,
}

impl Connection {
    async fn answer(self, stream: TcpStream, tls: Option<Arc<Tls>>, builder: Arc<Builder<TokioExecutor>>) {
        let activity = self.slot.activity();
        let time = self.limits.time;
        let stream = MeteredStream::new(stream, activity.clone(), self.limits.memory.clone());
        let stream = match tls.map(|tls| tls.acceptor()) {
            None => Either::Left(stream),
            Some(acceptor) => tokio::select! {
                shaken = acceptor.accept(stream) => match shaken {
                    Ok(stream) => Either::Right(stream),
                    // The client does not speak TLS, or only an unsafe version.
                    Err(_) => return,
                },
                () = activity.evicted() => return,
                () = activity.overdue(time) => return,
                () = self.stopping.cancelled() => return,
            },
        };
        let service = service_fn(|request: Request<Incoming>| {
            let in_progress = activity.begin();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(self.address));
            set_host(&mut request);
            let app = self.app.clone();
            async move {
                let response = app.oneshot(request).await.unwrap_or_else(|never| match never {});
                Ok::<_, Infallible>(response.map(|body| in_progress.until_sent(body)))
            }
        });
        let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut ending = false;
        loop {
            tokio::select! {
                // A client that closed the connection is not logged.
                _ = connection.as_mut() => return,
                () = activity.evicted() => return,
                () = activity.overdue(time) => {
                    // HTTP/2 informs the client, so that it sends its next request on another connection.
                    connection.as_mut().graceful_shutdown();
                    let _ = tokio::time::timeout(LINGER, connection).await;
                    return;
                }
                () = self.stopping.cancelled(), if !ending => {
                    ending = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// Closes a connection that has no slot. Without TLS it gets an answer first, if the socket takes the answer at once.
fn refuse(stream: TcpStream, in_words: bool) {
    if in_words && let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(BUSY);
    }
}

/// Copies the host of an HTTP/2 request from its address into the `Host` header, which the rest of the program reads.
fn set_host(request: &mut Request<Body>) {
    if request.version() == Version::HTTP_2
        && let Some(host) = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok())
    {
        request.headers_mut().insert(HOST, host);
    }
}
