//! Analysers that speak TLS with the certificate of the site.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    },
};

use super::{
    Lab,
    analysers::{add_analyser, answer, code, filed, framed, message, tube, values},
};
use crate::{
    lab::serve_analysers,
    server::tls::Tls,
    tests::{TestApp, tls::certificate},
};

/// An analyser that trusts one certificate.
fn connector(trusted: &CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a root");
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn a_message_over_tls_is_filed_and_one_in_the_open_is_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let (house, other) = (certificate(folder.path(), "house"), certificate(folder.path(), "other"));
    let app = TestApp::sqlite().await;
    let lab = Lab::open(&app).await;
    add_analyser(&lab, &[]).await;
    lab.at_the_bench(&app, "k").await;
    let tube = tube(&app).await;
    let tls = Arc::new(Tls::open(&folder.path().join("house.pem"), &folder.path().join("house.key")).expect("a certificate"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(serve_analysers(listener, Some(tls), app.state.clone()));
    let sent = framed(message("1", &tube, &["OBX|1|NM|K||4.1|mmol/L|||||F|||20261121152900"]).as_bytes());
    let name = || ServerName::try_from("hospital.test").expect("a name");

    let mut open = TcpStream::connect(address).await.expect("connected");
    open.write_all(&sent).await.expect("sent");
    let mut read = Vec::new();
    open.read_to_end(&mut read).await.ok();
    assert!(!String::from_utf8_lossy(&read).contains("MSA"), "nothing is acknowledged in the open");
    let stream = TcpStream::connect(address).await.expect("connected");
    assert!(connector(&other).connect(name(), stream).await.is_err(), "the analyser knows the certificate");
    assert_eq!(values(&app, "filed").await, 0);

    let stream = TcpStream::connect(address).await.expect("connected");
    let mut stream = connector(&house).connect(name(), stream).await.expect("shaken hands");
    stream.write_all(&sent).await.expect("sent");
    assert_eq!(code(&answer(&mut stream).await), "AA");
    filed(&app).await;
    assert_eq!(values(&app, "filed").await, 1);
    app.remove().await;
}
