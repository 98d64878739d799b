//! Serves the site's files: style sheet, WASM, fonts, pictures. A development build reads them from `target/site`; a
//! program built by `cargo xtask dist` (feature `embed`) contains them.
//!
//! The addresses carry the version of the whole site (`/assets/3f9c2d71a0b4/pkg/infirmary.css`), so browsers keep the files
//! for a year, and an address relative to a file stays within its version. A page that was open while the program was
//! replaced requests an older version: the server answers with the present file, and the browser does not keep that answer.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path as UrlPath;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

/// One year: the longest time that a cache may keep a file.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// The browser asks again each time; the server answers 304 for an unchanged file.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// Files that browsers request at the root, whatever the pages link to.
const AT_ROOT: [&str; 2] = ["favicon.ico", "robots.txt"];

/// The files and their addresses. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Assets(Arc<Shelf>);

#[derive(Debug)]
struct Shelf {
    folder: PathBuf,
    /// The site, with the fingerprint of the folder that it was read from.
    site: Mutex<(Fingerprint, Arc<Site>)>,
}

/// Name, size and time of each file.
type Fingerprint = Vec<(String, u64, Option<SystemTime>)>;

#[derive(Debug)]
struct Site {
    version: String,
    files: BTreeMap<String, File>,
}

#[derive(Clone, Debug)]
struct File {
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    tag: String,
}

impl Assets {
    /// Opens the files inside the program or, in a build without them, those of a folder.
    pub fn open(folder: &Path) -> Self {
        let site = Site::open(folder);
        if site.files.is_empty() {
            tracing::warn!(folder = %folder.display(), "the site's files are not built: pages have no styles; see `cargo xtask site`");
        }
        Self(Arc::new(Shelf { folder: folder.to_path_buf(), site: Mutex::new((fingerprint(folder), Arc::new(site))) }))
    }

    /// The prefix of every address; Leptos' `HydrationScripts` takes it as `root`.
    pub fn prefix(&self) -> String {
        format!("/assets/{}", self.site().version)
    }

    /// Returns the address of a file, such as `pkg/infirmary.css`.
    pub fn url(&self, file: &str) -> String {
        format!("{}/{file}", self.prefix())
    }

    /// Returns the routes that serve all files.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let versioned = {
            let assets = self.clone();
            move |UrlPath((version, file)): UrlPath<(String, String)>, headers: HeaderMap| async move {
                assets.answer(&file, Some(&version), &headers)
            }
        };
        AT_ROOT.into_iter().fold(Router::new().route("/assets/{version}/{*file}", get(versioned)), |router, file| {
            let assets = self.clone();
            router.route(&format!("/{file}"), get(move |headers: HeaderMap| async move { assets.answer(file, None, &headers) }))
        })
    }

    fn answer(&self, name: &str, version: Option<&str>, headers: &HeaderMap) -> Response {
        let site = self.site();
        let Some(file) = site.files.get(name) else { return StatusCode::NOT_FOUND.into_response() };
        let cache = if version == Some(&site.version) { FOR_GOOD } else { ASK_AGAIN };
        let (body, encoding) = file.encoded_for(headers);
        let tag = format!("\"{}{}\"", file.tag, encoding.map(|name| format!("-{name}")).unwrap_or_default());
        let mut answer = if asks_for_another_than(&tag, headers) {
            ([(header::CONTENT_TYPE, content_type(name))], body).into_response()
        } else {
            StatusCode::NOT_MODIFIED.into_response()
        };
        let out = answer.headers_mut();
        out.insert(header::CACHE_CONTROL, cache);
        out.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            out.insert(header::ETAG, tag);
        }
        if let Some(encoding) = encoding.filter(|_| answer.status() == StatusCode::OK) {
            answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        answer
    }

    /// Returns the site. A debug build reads the files again when they change; a finished program reads them once.
    fn site(&self) -> Arc<Site> {
        let mut kept = self.0.site.lock().unwrap_or_else(PoisonError::into_inner);
        if cfg!(debug_assertions) && !cfg!(feature = "embed") {
            let now = fingerprint(&self.0.folder);
            if kept.0 != now {
                *kept = (now, Arc::new(Site::open(&self.0.folder)));
            }
        }
        kept.1.clone()
    }
}

impl Site {
    #[cfg(feature = "embed")]
    fn open(_folder: &Path) -> Self {
        Self::assemble(inside::files())
    }

    #[cfg(not(feature = "embed"))]
    fn open(folder: &Path) -> Self {
        Self::assemble(
            fingerprint(folder)
                .into_iter()
                .filter_map(|(name, ..)| fs::read(folder.join(&name)).ok().map(|bytes| (name, Bytes::from(bytes)))),
        )
    }

    /// Groups each file with its compressed copies (`.br`, `.gz`).
    fn assemble(all: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let mut all: BTreeMap<String, Bytes> = all.into_iter().collect();
        let plain: Vec<String> = all.keys().filter(|name| !is_copy(name)).cloned().collect();
        let mut whole = Sha256::new();
        let mut files = BTreeMap::new();
        for name in plain {
            let (brotli, gzip) = (all.remove(&format!("{name}.br")), all.remove(&format!("{name}.gz")));
            let Some(plain) = all.remove(&name) else { continue };
            let digest = Sha256::digest(&plain);
            whole.update(name.as_bytes());
            whole.update(digest);
            files.insert(name, File { plain, brotli, gzip, tag: hex(&digest[..8]) });
        }
        Self { version: hex(&whole.finalize()[..6]), files }
    }
}

impl File {
    /// Returns the smallest encoding that the browser accepts.
    fn encoded_for(&self, headers: &HeaderMap) -> (Bytes, Option<&'static str>) {
        let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let reads = |encoding: &str| {
            accepted.split(',').any(|one| {
                let (name, quality) = one.split_once(';').unwrap_or((one, ""));
                name.trim().eq_ignore_ascii_case(encoding) && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
            })
        };
        match (&self.brotli, &self.gzip) {
            (Some(bytes), _) if reads("br") => (bytes.clone(), Some("br")),
            (_, Some(bytes)) if reads("gzip") => (bytes.clone(), Some("gzip")),
            _ => (self.plain.clone(), None),
        }
    }
}

/// The files that `cargo xtask dist` compiled into the program.
#[cfg(feature = "embed")]
mod inside {
    use std::borrow::Cow;

    use axum::body::Bytes;

    #[derive(rust_embed::RustEmbed)]
    #[folder = "target/site"]
    #[allow_missing = true]
    struct Inside;

    /// Makes the compiler read the folder again when the set of files has changed.
    const _: Option<&str> = option_env!("SITE_VERSION");

    pub fn files() -> impl Iterator<Item = (String, Bytes)> {
        Inside::iter().filter_map(|name| {
            let bytes = match Inside::get(&name)?.data {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => Bytes::from(bytes),
            };
            Some((name.into_owned(), bytes))
        })
    }
}

fn asks_for_another_than(tag: &str, headers: &HeaderMap) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    !known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
}

fn is_copy(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|ending| ending == "br" || ending == "gz")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "mp3" => "audio/mpeg",
        "png" => "image/png",
        "svg" => "image/svg+xml; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn fingerprint(folder: &Path) -> Fingerprint {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            let Ok(data) = entry.metadata() else { continue };
            if data.is_dir() {
                open.push(path);
            } else if let Some(name) = path.strip_prefix(folder).ok().and_then(Path::to_str) {
                found.push((name.replace('\\', "/"), data.len(), data.modified().ok()));
            }
        }
    }
    found.sort();
    found
}

#[cfg(all(test, not(feature = "embed")))]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    fn site() -> (tempfile::TempDir, Assets) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("pkg")).unwrap();
        for (name, text) in [
            ("pkg/infirmary.css", "plain"),
            ("pkg/infirmary.css.br", "brotli"),
            ("pkg/infirmary.css.gz", "gzip"),
            ("pkg/infirmary_bg.wasm", "wasm"),
            ("robots.txt", "robots"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let assets = Assets::open(folder.path());
        (folder, assets)
    }

    async fn ask(assets: &Assets, address: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
        let mut request = Request::get(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = assets.routes::<()>().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_current_version_is_kept_for_good() {
        let (_folder, assets) = site();
        let (status, headers, body) = ask(&assets, &assets.url("pkg/infirmary.css"), &[]).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "plain"));
        assert_eq!(headers[header::CACHE_CONTROL], FOR_GOOD);
        assert_eq!(headers[header::CONTENT_TYPE], "text/css; charset=utf-8");
        let (_, headers, _) = ask(&assets, &assets.url("pkg/infirmary_bg.wasm"), &[]).await;
        assert_eq!(headers[header::CONTENT_TYPE], "application/wasm");
    }

    #[tokio::test]
    async fn another_version_gets_todays_file_and_is_asked_for_again() {
        let (_folder, assets) = site();
        let (status, headers, body) = ask(&assets, "/assets/000000000000/pkg/infirmary.css", &[]).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "plain"));
        assert_eq!(headers[header::CACHE_CONTROL], ASK_AGAIN);
    }

    #[tokio::test]
    async fn the_smallest_form_that_the_browser_reads_is_sent() {
        let (_folder, assets) = site();
        let url = assets.url("pkg/infirmary.css");
        for (accepted, body, encoding) in [
            ("gzip, deflate, br, zstd", "brotli", Some("br")),
            ("gzip", "gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", "gzip", Some("gzip")),
            ("identity", "plain", None),
        ] {
            let (_, headers, answer) = ask(&assets, &url, &[("accept-encoding", accepted)]).await;
            assert_eq!(answer, body, "{accepted}");
            assert_eq!(headers.get(header::CONTENT_ENCODING).and_then(|v| v.to_str().ok()), encoding);
            assert_eq!(headers[header::VARY], "accept-encoding");
        }
    }

    #[tokio::test]
    async fn an_unchanged_file_is_not_sent_again() {
        let (_folder, assets) = site();
        let (_, headers, _) = ask(&assets, "/robots.txt", &[]).await;
        let tag = headers[header::ETAG].to_str().unwrap().to_owned();
        let (status, _, body) = ask(&assets, "/robots.txt", &[("if-none-match", &tag)]).await;
        assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    }

    #[tokio::test]
    async fn nothing_outside_the_site_is_served() {
        let (folder, assets) = site();
        fs::write(folder.path().parent().unwrap().join("infirmary-secret.txt"), "secret").unwrap();
        for file in ["../infirmary-secret.txt", "%2e%2e/infirmary-secret.txt", "/etc/passwd", "missing.css", "pkg", ""] {
            let (status, _, body) = ask(&assets, &format!("{}/{file}", assets.prefix()), &[]).await;
            assert_eq!((status, body.as_str()), (StatusCode::NOT_FOUND, ""), "{file}");
        }
        fs::remove_file(folder.path().parent().unwrap().join("infirmary-secret.txt")).unwrap();
    }

    #[tokio::test]
    async fn a_changed_file_changes_the_version() {
        let (folder, assets) = site();
        let before = assets.url("pkg/infirmary.css");
        fs::write(folder.path().join("pkg/infirmary.css"), "another").unwrap();
        let after = assets.url("pkg/infirmary.css");
        assert_ne!(before, after);
        assert_eq!(ask(&assets, &after, &[]).await.2, "another");
    }

    #[test]
    fn a_missing_folder_is_an_empty_site() {
        let assets = Assets::open(Path::new("/nowhere/at/all"));
        assert!(assets.prefix().starts_with("/assets/"));
    }

    #[test]
    fn what_is_text_says_how_it_is_written() {
        for name in ["a.css", "a.html", "a.js", "a.svg", "a.txt"] {
            assert!(content_type(name).ends_with("; charset=utf-8"), "{name}");
        }
        assert_eq!(content_type("pkg/a.unknown"), "application/octet-stream");
    }
}
