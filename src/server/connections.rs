//! Connections from browsers: accepted, given a limited time to say what they want, and let finish at the end.
//!
//! A request's head must be there within [`HEAD`], its body may not pause longer than the router allows; so thousands of
//! slow or silent connections cost a file handle each, for a while, and nobody else's time.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Version, header::HOST},
};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::{either::Either, sync::CancellationToken};
use tower::ServiceExt as _;

use super::tls::Tls;

/// How long a request's head may take, and how long a connection may say nothing between two requests.
pub const HEAD: Duration = Duration::from_secs(20);
/// So many connections are held at once; more wait in the operating system's queue.
const CONNECTIONS: usize = 10_000;
/// After an error of accepting (no file handles left), the next try waits for connections to end.
const BREATH: Duration = Duration::from_millis(100);

/// Answers on the listener, with `tls` by TLS alone, until `stopping`; then lets what was begun finish. The handshake has as long as a head.
pub async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, app: Router, head: Duration, stopping: CancellationToken) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(head).keep_alive_timeout(head).max_concurrent_streams(100);
    let builder = Arc::new(builder);
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            () = stopping.cancelled() => break,
        };
        let (stream, address, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let app = app.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let app = app.clone();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(address));
            say_host(&mut request);
            async move { Ok::<_, Infallible>(app.oneshot(request).await.unwrap_or_else(|never| match never {})) }
        });
        let watcher = graceful.watcher();
        let (builder, acceptor, stopping) = (builder.clone(), tls.as_ref().map(|tls| tls.acceptor()), stopping.clone());
        tokio::spawn(async move {
            let stream = match acceptor {
                None => Either::Left(stream),
                Some(acceptor) => tokio::select! {
                    // Who speaks no TLS, or none that is safe, or nothing: no news either.
                    shaken = tokio::time::timeout(head, acceptor.accept(stream)) => match shaken {
                        Ok(Ok(stream)) => Either::Right(stream),
                        Ok(Err(_)) | Err(_) => return,
                    },
                    () = stopping.cancelled() => return,
                },
            };
            // A browser that went away is no news.
            let _ = watcher.watch(builder.serve_connection(TokioIo::new(stream), service)).await;
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// HTTP/2 says the host in the address and not in a header, which everything here looks at.
fn say_host(request: &mut Request<Body>) {
    if request.version() == Version::HTTP_2
        && let Some(host) = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok())
    {
        request.headers_mut().insert(HOST, host);
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(tokio::net::TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = room.clone().acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    // Answers are written whole: waiting for more to send would only delay them.
    stream.set_nodelay(true)?;
    Ok((stream, address, place))
}
