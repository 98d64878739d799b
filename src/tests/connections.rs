//! Connections that are slow, silent or many.

use std::time::Duration;

use futures::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::TestApp;
use crate::server::connections;

const MANY: usize = 2_000;
const PATIENCE: Duration = Duration::from_secs(20);

async fn read_all(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut text)).await.expect("closed in time").ok();
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_silent_connections_keep_nobody_else_waiting_and_are_closed() {
    let app = TestApp::sqlite().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stopping = CancellationToken::new();
    let server = tokio::spawn(connections::serve(listener, None, app.router.clone(), Duration::from_secs(2), stopping.clone()));

    let silent = join_all((0..MANY).map(|_| async move {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(b"GET /sign-in HTTP/1.1\r\nHost: hospital.test\r\nX-Slow: ").await.expect("sent");
        stream
    }))
    .await;

    let mut honest = TcpStream::connect(address).await.expect("connected");
    honest.write_all(b"GET /sign-in HTTP/1.1\r\nHost: hospital.test\r\nConnection: close\r\n\r\n").await.expect("sent");
    let answer = timeout(Duration::from_secs(1), read_all(honest)).await.expect("answered while the others dawdle");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");

    let ends = join_all(silent.into_iter().map(read_all)).await;
    assert_eq!(ends.iter().filter(|end| end.starts_with("HTTP/1.1 200")).count(), 0, "nobody was answered for half a question");

    stopping.cancel();
    timeout(PATIENCE, server).await.expect("stopped").expect("no panic");
    app.end().await;
}

#[tokio::test]
async fn a_request_under_way_is_answered_when_the_server_stops() {
    let app = TestApp::sqlite().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stopping = CancellationToken::new();
    let server = tokio::spawn(connections::serve(listener, None, app.router.clone(), PATIENCE, stopping.clone()));
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let head = "POST /api/accounts/sign_in HTTP/1.1\r\nHost: hospital.test\r\nOrigin: http://hospital.test\r\nConnection: close\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    // The server says so when it has taken the request up and wants its body.
    let mut go_on = [0; 25];
    timeout(PATIENCE, stream.read_exact(&mut go_on)).await.expect("in time").expect("read");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stopping.cancel();
    stream.write_all(b"login=a&password=xyz").await.expect("sent");
    let answer = read_all(stream).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    timeout(PATIENCE, server).await.expect("stopped").expect("no panic");
    app.end().await;
}
