//! A bucket of S3 or of a server that speaks its protocol: reads and writes of whole files. The credentials are in the environment, under
//! the names that other programs use for S3 as well.

use std::{
    fmt::Debug,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use futures::TryStreamExt as _;
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore as _, ObjectStoreExt as _, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    client::{HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService},
    path::Path as Key,
};

use super::{Bytes, Counted};
use crate::server::outgoing::{self, Outgoing, Unanswered};

/// The beginning of the address of a bucket.
const SCHEME: &str = "s3://";
/// The length of the pieces in which files are sent and read. S3 takes at least 5 MiB, and 10,000 pieces at most.
const PIECE: u64 = 8 * 1024 * 1024;
const MOST_PIECES: u64 = 9_000;
/// The time limit of one request.
const PATIENCE: Duration = Duration::from_mins(5);

/// A bucket and the beginning of the names in it.
pub(super) struct S3 {
    store: AmazonS3,
    /// `s3://bucket/prefix`.
    address: String,
    prefix: Key,
}

impl Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.address)
    }
}

/// Sends the requests of `object_store`.
#[derive(Clone, Debug)]
struct Carrier(Outgoing);

impl HttpConnector for Carrier {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Carrier {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = self.0.send(request).await.map_err(|error| {
            let kind = match &error {
                Unanswered::Address(_) => HttpErrorKind::Unknown,
                Unanswered::Connect { .. } => HttpErrorKind::Connect,
                Unanswered::Late { .. } => HttpErrorKind::Timeout,
                Unanswered::Broken { .. } => HttpErrorKind::Interrupted,
            };
            HttpError::new(kind, error)
        })?;
        Ok(answer.map(HttpResponseBody::from))
    }
}

/// The parts of `s3://bucket/prefix`.
fn parts(address: &str) -> Option<(&str, &str)> {
    let rest = address.strip_prefix(SCHEME)?.trim_end_matches('/');
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let named = (3..=63).contains(&bucket.len()) && bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    named.then_some((bucket, prefix))
}

/// Returns whether a place is the address of a bucket.
pub(super) fn is_address(place: &Path) -> bool {
    place.to_str().is_some_and(|place| place.starts_with(SCHEME))
}

impl S3 {
    /// Opens the bucket of an address; nothing is sent yet.
    ///
    /// # Errors
    /// A sentence: the address or a variable of the environment is wrong or missing.
    pub fn open(place: &Path) -> Result<Self, String> {
        Self::with(place, |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn with(place: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let address = place.to_str().unwrap_or_default();
        let wrong = || format!("`{}` is not the address of a bucket: `s3://bucket/folder` is expected", place.display());
        let (bucket, prefix) = parts(address).ok_or_else(wrong)?;
        let prefix = Key::parse(prefix).map_err(|_| wrong())?;
        let needed = |name: &str| {
            variable(name).ok_or_else(|| {
                format!("the bucket of {address} needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment ({name} is not there)")
            })
        };
        let authorities = variable("AWS_CA_BUNDLE").map(PathBuf::from);
        let carrier = Outgoing::new(authorities.as_deref(), PATIENCE).map_err(|error| format!("AWS_CA_BUNDLE: {error}"))?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_access_key_id(needed("AWS_ACCESS_KEY_ID")?)
            .with_secret_access_key(needed("AWS_SECRET_ACCESS_KEY")?)
            .with_region(variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).unwrap_or_else(|| "us-east-1".to_owned()))
            .with_http_connector(Carrier(carrier))
            .with_retry(RetryConfig {
                backoff: BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: Duration::from_secs(5), base: 2.0 },
                max_retries: 4,
                retry_timeout: Duration::from_mins(1),
            });
        if let Some(token) = variable("AWS_SESSION_TOKEN") {
            builder = builder.with_token(token);
        }
        if let Some(endpoint) = variable("AWS_ENDPOINT_URL_S3").or_else(|| variable("AWS_ENDPOINT_URL")) {
            if !endpoint.parse().is_ok_and(|uri| outgoing::is_safe(&uri)) {
                return Err(format!("AWS_ENDPOINT_URL: `{endpoint}` is neither an address `https://…` nor one of this machine"));
            }
            builder = builder.with_endpoint(endpoint.trim_end_matches('/')).with_allow_http(true);
        }
        let store = builder.build().map_err(|error| format!("the bucket of {address}: {error}"))?;
        Ok(Self { store, address: address.trim_end_matches('/').to_owned(), prefix })
    }

    /// The address of a name below it.
    pub fn address_of(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    fn key(&self, name: &str) -> Key {
        name.split('/').fold(self.prefix.clone(), Key::join)
    }

    /// Says why the server did not do what it was asked to.
    fn words(&self, error: &object_store::Error) -> String {
        use object_store::Error as E;
        let mut deepest: &dyn std::error::Error = error;
        let mut unanswered = false;
        while let Some(source) = deepest.source() {
            deepest = source;
            unanswered |= deepest.is::<Unanswered>();
        }
        let said = deepest.to_string();
        // An answer in XML has a short code, such as `NoSuchBucket`.
        let code = said.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code.to_owned());
        let said = code.unwrap_or_else(|| said.chars().take(300).collect());
        match error {
            _ if said == "NoSuchBucket" => format!("{}: there is no such bucket or file", self.address),
            E::NotFound { .. } => format!("{}: there is no such bucket or file", self.address),
            E::PermissionDenied { .. } | E::Unauthenticated { .. } => {
                format!("{}: the server refuses these credentials, or they have no right to the bucket", self.address)
            }
            _ if unanswered => format!("the server of {} cannot be used: {said}", self.address),
            _ => format!("{}: the server answered: {said}", self.address),
        }
    }

    /// Returns the names of the folders directly below it.
    pub async fn folders(&self) -> Result<Vec<String>, String> {
        let prefix = (!self.prefix.as_ref().is_empty()).then_some(&self.prefix);
        let listed = self.store.list_with_delimiter(prefix).await.map_err(|error| self.words(&error))?;
        Ok(listed.common_prefixes.iter().filter_map(|key| key.filename().map(str::to_owned)).collect())
    }

    /// Reads a small file; `None` when there is none.
    pub async fn text(&self, name: &str, longest: u64) -> Result<Option<String>, String> {
        let found = match self.store.head(&self.key(name)).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.words(&error)),
        };
        if found.size > longest {
            return Err(format!("{}: {} bytes are too many", self.address_of(name), found.size));
        }
        let bytes = self.store.get_range(&self.key(name), 0..found.size).await.map_err(|error| self.words(&error))?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Sends a small file.
    pub async fn put_text(&self, name: &str, text: &str) -> Result<(), String> {
        let sent = self.store.put(&self.key(name), text.as_bytes().to_vec().into()).await;
        sent.map(drop).map_err(|error| self.words(&error))
    }

    /// Sends a file. The server shows it when it is whole.
    pub async fn put(&self, name: &str, from: &Path) -> Result<(), String> {
        let read = |error: io::Error| format!("{}: {error}", from.display());
        let mut file = std::fs::File::open(from).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        let piece = PIECE.max(length / MOST_PIECES + 1);
        let mut next = move || {
            let mut bytes = Vec::new();
            std::io::Read::by_ref(&mut file).take(piece).read_to_end(&mut bytes).map(|_| bytes)
        };
        let key = self.key(name);
        if length <= piece {
            let bytes = next().map_err(read)?;
            return self.store.put(&key, bytes.into()).await.map(drop).map_err(|error| self.words(&error));
        }
        let mut upload = self.store.put_multipart(&key).await.map_err(|error| self.words(&error))?;
        let sent = async {
            loop {
                let bytes = next().map_err(read)?;
                if bytes.is_empty() {
                    break;
                }
                upload.put_part(bytes.into()).await.map_err(|error| self.words(&error))?;
            }
            upload.complete().await.map(drop).map_err(|error| self.words(&error))
        };
        let sent = sent.await;
        if sent.is_err() {
            // Parts that cannot be removed now are removed by the rule of the bucket for unfinished uploads.
            let _ = upload.abort().await;
        }
        sent
    }

    /// Reads a file, into another if one is given, and returns its length and digest.
    pub async fn read(&self, name: &str, into: Option<&Path>) -> Result<Bytes, String> {
        let key = self.key(name);
        let length = self.store.head(&key).await.map_err(|error| self.words(&error))?.size;
        let out: Box<dyn io::Write + Send> = match into {
            Some(path) => Box::new(super::new_file(path).map_err(|error| format!("{}: {}", path.display(), super::in_words(&error)))?),
            None => Box::new(io::sink()),
        };
        let mut counted = Counted::new(out);
        let written = |error: io::Error| format!("{}: {}", into.unwrap_or(Path::new("")).display(), super::in_words(&error));
        let mut at = 0;
        while at < length {
            let end = length.min(at + PIECE);
            let bytes = self.store.get_range(&key, at..end).await.map_err(|error| self.words(&error))?;
            io::Write::write_all(&mut counted, &bytes).map_err(written)?;
            at = end;
        }
        io::Write::flush(&mut counted).map_err(written)?;
        Ok(counted.bytes())
    }

    /// Removes a file; one that is not there is no error.
    pub async fn remove(&self, name: &str) -> Result<(), String> {
        match self.store.delete(&self.key(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.words(&error)),
        }
    }

    /// Removes all files of a folder.
    pub async fn remove_folder(&self, name: &str) -> Result<(), String> {
        let folder = self.key(name);
        let files: Vec<_> = self.store.list(Some(&folder)).try_collect().await.map_err(|error| self.words(&error))?;
        for file in files {
            match self.store.delete(&file.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(self.words(&error)),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(endpoint: &'static str) -> impl Fn(&str) -> Option<String> {
        move |name| match name {
            "AWS_ACCESS_KEY_ID" => Some("key".to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some("secret".to_owned()),
            "AWS_ENDPOINT_URL" if !endpoint.is_empty() => Some(endpoint.to_owned()),
            _ => None,
        }
    }

    #[test]
    fn an_address_has_a_bucket_and_a_folder() {
        for (address, wanted) in [
            ("s3://bucket/a/b", Some(("bucket", "a/b"))),
            ("s3://bucket/a/", Some(("bucket", "a"))),
            ("s3://bucket", Some(("bucket", ""))),
            ("s3://b/a", None),
            ("s3://", None),
            ("s3://Bücher/a", None),
            ("/mnt/backups", None),
        ] {
            assert_eq!(parts(address), wanted, "{address}");
        }
        assert!(is_address(Path::new("s3://bucket")) && !is_address(Path::new("backups/s3://x")));
        let error = S3::with(Path::new("s3://bucket/a//b"), variables("")).expect_err("an empty part");
        assert!(error.contains("is not the address of a bucket"), "{error}");
    }

    #[test]
    fn credentials_are_needed_and_another_machine_is_reached_by_tls() {
        let place = Path::new("s3://bucket/hospital");
        let error = S3::with(place, |_| None).expect_err("no credentials");
        assert!(error.contains("AWS_ACCESS_KEY_ID"), "{error}");
        for endpoint in ["", "https://s3.example.org", "http://127.0.0.1:9000/", "http://localhost:9000"] {
            let bucket = S3::with(place, variables(endpoint)).expect(endpoint);
            assert_eq!(bucket.address_of("x"), "s3://bucket/hospital/x");
            assert!(!format!("{bucket:?}").contains("secret"));
        }
        for endpoint in ["http://10.0.0.1:9000", "s3.example.org", "ftp://localhost"] {
            let error = S3::with(place, variables(endpoint)).expect_err(endpoint);
            assert!(error.contains("AWS_ENDPOINT_URL"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_said_in_words() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let endpoint: &'static str = format!("http://{}", listener.local_addr().expect("an address")).leak();
        drop(listener);
        let bucket = S3::with(Path::new("s3://bucket/hospital"), variables(endpoint)).expect("a bucket");
        let error = bucket.folders().await.expect_err("nothing listens");
        assert!(error.contains("the server of s3://bucket/hospital cannot be used: 127.0.0.1 cannot be reached"), "{error}");
    }
}
