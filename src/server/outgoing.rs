//! HTTP requests that the program sends to other machines: one connection for each request, with limits of size and time.
//!
//! Redirects are not followed: an answer cannot lead the program to another machine.

use std::{error::Error, fmt, net::IpAddr, path::Path, sync::Arc, time::Duration};

use axum::http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::{
    body::{Body, Bytes},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};

/// The time limit for a connection.
const CONNECTED: Duration = Duration::from_secs(10);

/// A body that can be sent.
pub trait Sendable: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static {}

impl<B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static> Sendable for B {}

/// A request without an answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// The address is not one to which requests may go.
    #[error("{0} is neither an address `https://…` nor one of this machine")]
    Address(String),
    #[error("{host} cannot be reached: {reason}")]
    Connect { host: String, reason: String },
    #[error("{host} did not answer within {} s", patience.as_secs())]
    Late { host: String, patience: Duration },
    #[error("the connection to {host} broke: {reason}")]
    Broken { host: String, reason: String },
}

/// Returns whether a request to this address stays on this machine, or is encrypted.
pub fn is_safe(uri: &Uri) -> bool {
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => is_here(host.trim_matches(['[', ']'])),
        _ => false,
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A client for servers that the settings name.
#[derive(Clone)]
pub struct Outgoing {
    tls: TlsConnector,
    /// The time limit for the whole exchange.
    patience: Duration,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl Outgoing {
    /// Creates a client that trusts the public authorities, and those of a PEM file.
    ///
    /// # Errors
    /// A sentence: the file cannot be read or has no certificate.
    pub fn new(authorities: Option<&Path>, patience: Duration) -> Result<Self, String> {
        Ok(Self { tls: connector(authorities)?, patience })
    }

    /// Sends a request and returns the whole answer, whatever its status is.
    ///
    /// # Errors
    /// [`Unanswered`]: the address is refused, or there was no whole answer in time.
    pub async fn send(&self, mut request: Request<impl Sendable>) -> Result<Response<Bytes>, Unanswered> {
        let uri = request.uri().clone();
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if !is_safe(&uri) {
            return Err(Unanswered::Address(format!("{}://{host}", uri.scheme_str().unwrap_or_default())));
        }
        if let Some(authority) = uri.authority()
            && let Ok(value) = HeaderValue::from_str(authority.as_str())
        {
            request.headers_mut().entry(header::HOST).or_insert(value);
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let unsendable = |_| Unanswered::Broken { host: host.clone(), reason: "the path cannot be sent".to_owned() };
        *request.uri_mut() = path.parse().map_err(unsendable)?;
        let target = HttpTarget::of(&uri, || Ok(self.tls.clone())).map_err(Unanswered::Address)?;
        let late = |_| Unanswered::Late { host: host.clone(), patience: self.patience };
        tokio::time::timeout(self.patience, target.exchange(request, usize::MAX)).await.map_err(late)?
    }
}

/// A machine that is asked over HTTP.
#[derive(Clone)]
pub struct HttpTarget {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl fmt::Debug for HttpTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTarget").field("host", &self.host).field("port", &self.port).field("tls", &self.tls.is_some()).finish()
    }
}

impl HttpTarget {
    /// Creates the target of an address, `https://…` or `http://…`; its path is not used. With `authority`, a PEM file, the certificates
    /// of that file are trusted too.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the address or the file.
    pub fn new(uri: &Uri, authority: Option<&Path>) -> Result<Self, String> {
        Self::of(uri, || connector(authority))
    }

    fn of(uri: &Uri, tls: impl FnOnce() -> Result<TlsConnector, String>) -> Result<Self, String> {
        let wrong = || "`https://…` or `http://…` is expected".to_owned();
        let host = uri.host().ok_or_else(wrong)?.trim_matches(['[', ']']).to_owned();
        let tls = match uri.scheme_str() {
            Some("https") => Some((tls()?, ServerName::try_from(host.clone()).map_err(|_| wrong())?)),
            Some("http") => None,
            _ => return Err(wrong()),
        };
        let port = uri.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
        Ok(Self { host, port, tls })
    }

    /// Whether requests to it are encrypted.
    pub const fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether it is this machine.
    pub fn is_here(&self) -> bool {
        is_here(&self.host)
    }

    /// The value of the header `Host`.
    pub fn host_header(&self) -> String {
        if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }

    /// Sends a request and reads the whole answer, of at most `most` bytes, within a time.
    ///
    /// # Errors
    /// A sentence; it contains nothing of the request or the answer.
    pub async fn send(&self, request: Request<impl Sendable>, most: usize, patience: Duration) -> Result<Response<Bytes>, String> {
        match tokio::time::timeout(patience, self.exchange(request, most)).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }

    async fn exchange(&self, request: Request<impl Sendable>, most: usize) -> Result<Response<Bytes>, Unanswered> {
        let unreached = |reason: String| Unanswered::Connect { host: self.host.clone(), reason };
        let broken = |reason: String| Unanswered::Broken { host: self.host.clone(), reason };
        let stream = tokio::time::timeout(CONNECTED, TcpStream::connect((self.host.as_str(), self.port)))
            .await
            .map_err(|_| unreached(format!("no connection within {} s", CONNECTED.as_secs())))?
            .map_err(|error| unreached(error.to_string()))?;
        match &self.tls {
            None => talk(stream, request, most).await.map_err(broken),
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), stream).await.map_err(|error| unreached(error.to_string()))?;
                talk(stream, request, most).await.map_err(broken)
            }
        }
    }
}

/// The TLS of a client that trusts the public authorities, and those of a file.
fn connector(authorities: Option<&Path>) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = authorities {
        let wrong = |error: &dyn fmt::Display| format!("{}: {error}", file.display());
        let mut added = 0;
        for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))? {
            roots.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
            added += 1;
        }
        if added == 0 {
            return Err(wrong(&"there is no certificate in it"));
        }
    }
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Sends the request on a new connection, and reads the answer.
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<impl Sendable>,
    most: usize,
) -> Result<Response<Bytes>, String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let connection = AbortOnDrop(tokio::spawn(connection));
    let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let (parts, body) = answer.into_parts();
    let body = Limited::new(body, most).collect().await.map_err(|_| "the answer is too large, or broke off".to_owned())?.to_bytes();
    drop(connection);
    Ok(Response::from_parts(parts, body))
}

/// A task that ends with its owner, also when the owner's own time is over.
struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_leave_the_machine_encrypted_or_not_at_all() {
        for (address, safe) in [
            ("https://s3.example.org/b", true),
            ("http://127.0.0.1:9000", true),
            ("http://[::1]:9000/x", true),
            ("http://localhost:4318", true),
            ("http://s3.example.org", false),
            ("http://10.0.0.1", false),
            ("http://localhost.example.org", false),
            ("ftp://127.0.0.1", false),
            ("/path", false),
        ] {
            assert_eq!(is_safe(&address.parse().expect("an address")), safe, "{address}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let client = Outgoing::new(None, Duration::from_secs(5)).expect("a client");
        let request = Request::get(format!("http://127.0.0.1:{port}/")).body(String::new()).expect("a request");
        let error = client.send(request).await.expect_err("nothing listens").to_string();
        assert!(error.contains("127.0.0.1 cannot be reached"), "{error}");
        assert!(Outgoing::new(Some(Path::new("/no/such/file")), Duration::from_secs(5)).is_err());
    }

    fn target(url: &str) -> Result<HttpTarget, String> {
        HttpTarget::new(&url.parse::<Uri>().map_err(|error| error.to_string())?, None)
    }

    #[test]
    fn targets_have_a_host_a_port_and_a_scheme() {
        let shown = |url: &str| target(url).map(|target| (target.host_header(), target.is_encrypted(), target.is_here())).ok();
        assert_eq!(shown("https://pacs.test/dicom-web"), Some(("pacs.test:443".to_owned(), true, false)));
        assert_eq!(shown("http://127.0.0.1:8042/x"), Some(("127.0.0.1:8042".to_owned(), false, true)));
        assert_eq!(shown("http://[::1]:8042"), Some(("[::1]:8042".to_owned(), false, true)));
        assert_eq!(shown("ftp://pacs.test"), None);
        assert_eq!(shown("/dicom-web"), None);
    }
}
