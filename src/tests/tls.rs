//! Tests the program's own TLS: the accepted versions, the refused ones, and a certificate that is renewed while the
//! server runs.

use std::{path::Path, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore, SupportedProtocolVersion,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
        version::{TLS12, TLS13},
    },
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::TestApp;
use crate::server::{config::Config, connections, connections::Limits, redirect, tls::Tls};

const PATIENCE: Duration = Duration::from_secs(20);
const NAME: &str = "hospital.test";

/// Creates a self-signed certificate in `name.pem` and `name.key`.
pub(super) fn certificate(folder: &Path, name: &str) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
    std::fs::write(folder.join(format!("{name}.pem")), made.cert.pem()).expect("written");
    std::fs::write(folder.join(format!("{name}.key")), made.signing_key.serialize_pem()).expect("written");
    made.cert.der().clone()
}

struct Server {
    app: TestApp,
    tls: Arc<Tls>,
    address: std::net::SocketAddr,
    stopping: CancellationToken,
    running: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(folder: &Path) -> Self {
        let app = TestApp::sqlite().await;
        let tls = Arc::new(Tls::open(&folder.join("house.pem"), &folder.join("house.key")).expect("a certificate"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, stopping) = (listener.local_addr().expect("an address"), CancellationToken::new());
        let limits = Limits { time: Duration::from_secs(2), ..app.state.limits.clone() };
        let running = tokio::spawn(connections::serve(listener, Some(tls.clone()), app.router.clone(), limits, stopping.clone()));
        Self { app, tls, address, stopping, running }
    }

    /// Connects as a browser that trusts only this certificate.
    async fn shake_hands(
        &self,
        believed: &CertificateDer<'static>,
        versions: &[&'static SupportedProtocolVersion],
        protocol: &str,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(believed.clone()).expect("a root");
        let mut config = ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let stream = TcpStream::connect(self.address).await.expect("connected");
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(NAME).expect("a name"), stream).await
    }

    async fn end(self) {
        self.stopping.cancel();
        timeout(PATIENCE, self.running).await.expect("stopped").expect("no panic");
        self.app.end().await;
    }
}

#[tokio::test]
async fn browsers_are_spoken_to_by_tls_and_in_no_other_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = certificate(folder.path(), "house");
    let server = Server::start(folder.path()).await;
    for version in [&TLS12, &TLS13] {
        let mut stream = server.shake_hands(&house, &[version], "http/1.1").await.expect("shaken hands");
        let agreed = stream.get_ref().1;
        assert_eq!(agreed.protocol_version(), Some(version.version));
        let suite = format!("{:?}", agreed.negotiated_cipher_suite().expect("a suite").suite());
        assert!(suite.contains("AES") || suite.contains("CHACHA20"), "{suite}");
        assert!(suite.starts_with("TLS13") || suite.starts_with("TLS_ECDHE"), "{suite}: forward secrecy");
        stream.write_all(b"GET /sign-in HTTP/1.1\r\nHost: hospital.test\r\nConnection: close\r\n\r\n").await.expect("sent");
        let mut answer = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("in time").expect("read");
        assert!(answer.starts_with(b"HTTP/1.1 200 OK"), "{}", String::from_utf8_lossy(&answer));
    }
    let mut open = TcpStream::connect(server.address).await.expect("connected");
    open.write_all(b"GET /sign-in HTTP/1.1\r\nHost: hospital.test\r\n\r\n").await.expect("sent");
    let mut answer = Vec::new();
    timeout(PATIENCE, open.read_to_end(&mut answer)).await.expect("closed").ok();
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/1"), "nothing is said in the open");
    // A silent client is disconnected and does not block the program.
    let mut silent = TcpStream::connect(server.address).await.expect("connected");
    timeout(PATIENCE, silent.read_to_end(&mut answer)).await.expect("closed").ok();
    // After the handshake, and in the middle of it, the time limit is the same.
    for sent in [&b""[..], b"G", b"PRI * HTTP/2.0"] {
        let mut silent = server.shake_hands(&house, &[&TLS13], "h2").await.expect("shaken hands");
        silent.write_all(sent).await.expect("sent");
        timeout(PATIENCE, silent.read_to_end(&mut answer)).await.expect("closed").ok();
    }
    let mut half = TcpStream::connect(server.address).await.expect("connected");
    half.write_all(&[22, 3, 1, 2, 0, 1, 0]).await.expect("sent");
    timeout(PATIENCE, half.read_to_end(&mut answer)).await.expect("closed").ok();
    let waiting = TcpStream::connect(server.address).await.expect("connected");
    server.end().await;
    drop(waiting);
}

#[tokio::test]
async fn http_2_has_a_host_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = certificate(folder.path(), "house");
    let server = Server::start(folder.path()).await;
    let stream = server.shake_hands(&house, &[&TLS13], "h2").await.expect("shaken hands");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut browser, line) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    let line = tokio::spawn(line);
    let post = |origin: &str| {
        Request::post(format!("https://{NAME}/api/accounts/sign_in"))
            .header(header::ORIGIN, origin)
            .header(header::REFERER, format!("https://{NAME}/sign-in?next=/account"))
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from_static(b"login=somebody&password=something")))
            .expect("a request")
    };
    let answer = browser.send_request(post("https://elsewhere.test")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::FORBIDDEN, "another site's form");
    // The page with the form is found by the host in its address.
    let answer = browser.send_request(post("https://hospital.test")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.into_body().collect().await.expect("a body").to_bytes();
    let page = String::from_utf8_lossy(&page);
    assert!(page.contains("value=\"somebody\"") && page.contains("value=\"/account\""), "{page}");
    drop(browser);
    line.await.expect("no panic").expect("ended well");
    server.end().await;
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let former = certificate(folder.path(), "house");
    let renewed = certificate(folder.path(), "renewed");
    let server = Server::start(folder.path()).await;
    let copy = |ending: &str| std::fs::copy(folder.path().join(format!("renewed.{ending}")), folder.path().join(format!("house.{ending}")));
    let seen = async |by: &CertificateDer<'static>| server.shake_hands(by, &[&TLS13], "h2").await.is_ok();
    assert!(seen(&former).await && !seen(&renewed).await);
    assert_eq!(server.tls.look_again(), Ok(false));
    copy("pem").expect("copied");
    let told = server.tls.look_again().expect_err("the key is not there yet");
    assert!(told.contains("`tls_key`"), "{told}");
    assert!(seen(&former).await, "nothing has changed");
    copy("key").expect("copied");
    assert_eq!(server.tls.look_again(), Ok(true));
    assert!(seen(&renewed).await && !seen(&former).await);
    server.end().await;
}

#[test]
fn a_wrong_certificate_stops_the_start_with_its_setting() {
    let folder = tempfile::tempdir().expect("a folder");
    certificate(folder.path(), "house");
    certificate(folder.path(), "other");
    std::fs::write(folder.path().join("empty"), "").expect("written");
    let path = |name: &str| (!name.is_empty()).then(|| folder.path().join(name));
    for (certificate, key, setting) in [
        ("house.pem", "", "tls_key"),
        ("", "house.key", "tls_certificate"),
        ("none.pem", "house.key", "tls_certificate"),
        ("empty", "house.key", "tls_certificate"),
        ("house.pem", "empty", "tls_key"),
        ("house.pem", "other.key", "tls_key"),
    ] {
        let config = Config { tls_certificate: path(certificate), tls_key: path(key), ..Config::default() };
        let error = config.tls().map(|_| ()).expect_err(certificate);
        assert!(error.starts_with(&format!("setting `{setting}`: ")), "{error}");
    }
    let whole = Config { tls_certificate: path("house.pem"), tls_key: path("house.key"), ..Config::default() };
    assert!(whole.tls().expect("fits").is_some());
    assert_eq!(whole.site_address(), "https://127.0.0.1:3000");
    assert!(Config::default().tls().expect("none").is_none());
}

#[tokio::test]
async fn who_comes_without_tls_is_sent_to_it_with_pages_only() {
    let asked = async |config: &Config, request: Request<Body>| {
        let answer = redirect::router(config).oneshot(request).await.unwrap_or_else(|never| match never {});
        let to = answer.headers().get(header::LOCATION).map(|to| to.to_str().expect("an address").to_owned());
        (answer.status(), to)
    };
    let page = |path: &str, host: &str| Request::get(path).header(header::HOST, host).body(Body::empty()).expect("a request");
    let to = |address: &str| (StatusCode::PERMANENT_REDIRECT, Some(address.to_owned()));
    let nothing = (StatusCode::FORBIDDEN, None);
    let house = Config { address: "0.0.0.0:443".parse().expect("an address"), ..Config::default() };
    assert_eq!(
        asked(&house, page("/portal/book?day=2026-11-23", "hospital.test")).await,
        to("https://hospital.test/portal/book?day=2026-11-23")
    );
    assert_eq!(asked(&house, page("/", "hospital.test:80")).await, to("https://hospital.test/"));
    assert_eq!(asked(&house, page("/", "[::1]:80")).await, to("https://[::1]/"));
    assert_eq!(asked(&house, page("/", "name@hospital.test")).await, to("https://hospital.test/"));
    for host in ["", "hospital.test/elsewhere", "two words"] {
        assert_eq!(asked(&house, page("/", host)).await, nothing, "{host}");
    }
    assert_eq!(asked(&house, page("/api/patients/search?text=ana", "hospital.test")).await, nothing, "a program's call");
    let form = Request::post("/api/accounts/sign_in").header(header::HOST, "hospital.test").body(Body::from("login=ana&password=…"));
    assert_eq!(asked(&house, form.expect("a request")).await, nothing, "a password in the open is not sent on");
    let elsewhere = Config { address: "0.0.0.0:8443".parse().expect("an address"), ..Config::default() };
    assert_eq!(asked(&elsewhere, page("/sign-in", "hospital.test")).await, to("https://hospital.test:8443/sign-in"));
    let named = Config { public_url: "https://portal.hospital.test/".to_owned(), ..elsewhere };
    assert_eq!(asked(&named, page("/sign-in", "10.0.0.7")).await, to("https://portal.hospital.test/sign-in"));
}
