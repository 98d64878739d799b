//! TLS for browsers, for a hospital that runs no proxy in front of the program: versions 1.2 and 1.3 with rustls' default ciphers, all
//! with forward secrecy (RFC 9325), for HTTP/2 and HTTP/1.1.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};
use tokio_util::sync::CancellationToken;

/// How often the server reads the files again: certificates are renewed while the hospital works.
const LOOK: Duration = Duration::from_mins(1);

/// The hospital's certificate, as last read from its files.
#[derive(Debug)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    now: RwLock<Current>,
}

#[derive(Debug)]
struct Current {
    /// The content of the files.
    files: [Vec<u8>; 2],
    config: Arc<ServerConfig>,
}

impl Tls {
    /// Opens a certificate with its chain, and its private key, both PEM.
    ///
    /// # Errors
    /// A sentence that names the setting and what is wrong with its file.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, String> {
        let now = RwLock::new(Current::read(certificate, key)?);
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), now })
    }

    /// Returns the acceptor for the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.now.read().unwrap_or_else(PoisonError::into_inner).config.clone().into()
    }

    /// Reads the files again and returns whether they changed; a pair that does not match, as in the middle of a renewal,
    /// changes nothing.
    ///
    /// # Errors
    /// As [`Tls::open`].
    pub fn look_again(&self) -> Result<bool, String> {
        let found = Current::read(&self.certificate, &self.key)?;
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let renewed = now.files != found.files;
        if renewed {
            *now = found;
        }
        Ok(renewed)
    }

    /// Reads the files again at each interval until the program stops.
    pub async fn keep_fresh(self: Arc<Self>, stopping: CancellationToken) {
        let mut every = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                _ = every.tick() => {}
                () = stopping.cancelled() => return,
            }
            let tls = self.clone();
            match tokio::task::spawn_blocking(move || tls.look_again()).await {
                Ok(Ok(true)) => tracing::info!("the renewed certificate is in use"),
                Ok(Ok(false)) => {}
                Ok(Err(error)) => tracing::warn!(error, "the former certificate stays in use"),
                Err(error) => tracing::warn!(%error, "the former certificate stays in use"),
            }
        }
    }
}

impl Current {
    fn read(certificate: &Path, key: &Path) -> Result<Self, String> {
        let wrong = |setting: &str, path: &Path, error: &dyn std::fmt::Display| format!("setting `{setting}`: {}: {error}", path.display());
        let file = |setting: &str, path: &Path| std::fs::read(path).map_err(|error| wrong(setting, path, &error));
        let files = [file("tls_certificate", certificate)?, file("tls_key", key)?];
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&files[0])
            .collect::<Result<_, _>>()
            .map_err(|error| wrong("tls_certificate", certificate, &error))?;
        if chain.is_empty() {
            return Err(wrong("tls_certificate", certificate, &"there is no certificate in it"));
        }
        let private = PrivateKeyDer::from_pem_slice(&files[1]).map_err(|error| wrong("tls_key", key, &error))?;
        let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
            .map_err(|error| wrong("tls_key", key, &error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { files, config: config.into() })
    }
}
