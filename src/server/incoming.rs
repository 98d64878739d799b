//! Checks a request's head before any other part of the program reads it: its size and its host name.
//!
//! DNS rebinding: an attacker lets the name of a foreign page resolve to this server, and the visitor's browser then treats both as one
//! site. The `Host` header shows the foreign name. A numeric address, `localhost` and a name without a dot cannot belong to a foreign
//! site.

use std::net::IpAddr;

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::{
    core::locale::LOCALE,
    server::{AppState, config::Config, request::accepted_language},
};

/// The largest head that is served, in bytes: address, header names and values.
const HEAD: usize = 16 * 1024;

/// The host names of the site.
#[derive(Clone, Debug, Default)]
pub struct HostNames {
    names: Vec<String>,
    /// True when `public_url` is not set.
    unnamed: bool,
    /// True when the program speaks TLS itself: a browser then compares the name with the certificate.
    certified: bool,
}

impl HostNames {
    /// Reads the names in `public_url` and `host_names`.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn new(config: &Config) -> Result<Self, String> {
        let mut names: Vec<String> = Vec::new();
        for name in config.host_names.split([',', ' ']).filter(|name| !name.is_empty()) {
            let host: Authority = name.parse().map_err(|_| format!("setting `host_names`: `{name}` is no name of a host"))?;
            names.push(normal(host.host()));
        }
        if !config.public_url.is_empty() {
            let url: Uri = config.public_url.parse().map_err(|error| format!("setting `public_url`: {error}"))?;
            let host = url.host().ok_or("setting `public_url`: begin with `https://` and the name of the host")?;
            names.push(normal(host));
        }
        Ok(Self { names, unnamed: config.public_url.is_empty(), certified: config.tls_certificate.is_some() })
    }

    /// Whether a request with this `Host` header is for this site; `by_proxy` when a trusted proxy sent it.
    fn accept(&self, host: &str, by_proxy: bool) -> bool {
        let Ok(host) = host.parse::<Authority>() else { return false };
        let host = normal(host.host());
        let numbers = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        // No site on the internet can have these names (RFC 6761, 6762, 8375; ICANN reserves `internal`).
        let local = host == "localhost" || [".localhost", ".local", ".internal", ".home.arpa"].iter().any(|end| host.ends_with(end));
        numbers
            || local
            || self.names.contains(&host)
            || self.unnamed && (self.certified || by_proxy || !host.contains('.') && !host.is_empty())
    }
}

/// Returns the name in lower case, without the dot of the root.
fn normal(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// The middleware: refuses a head that is too large (431) and a request for another site (421).
pub async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let locale = accepted_language(request.headers()).unwrap_or_else(|| state.hospital().default_language);
    if size(&request) > HEAD {
        let words = LOCALE.sync_scope(locale, || crate::tr!(errors.head_too_large).to_string());
        return (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, words).into_response();
    }
    if !request.uri().path().starts_with("/health/") && !is_meant(&state, request.headers(), request.extensions().get()) {
        state.limits.slots.warn("a request for another host was refused: set `public_url` or `host_names` if the site has this name");
        let words = LOCALE.sync_scope(locale, || crate::tr!(errors.other_host).to_string());
        return (StatusCode::MISDIRECTED_REQUEST, words).into_response();
    }
    next.run(request).await
}

fn size(request: &Request) -> usize {
    let address = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    address + request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>()
}

/// Whether the request is for this site. Every browser sends one `Host` header; a client that sends none is not a
/// browser.
fn is_meant(state: &AppState, headers: &HeaderMap, peer: Option<&ConnectInfo<std::net::SocketAddr>>) -> bool {
    let by_proxy = peer.is_some_and(|peer| state.proxies.trusts(peer.0.ip()));
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => true,
        (Some(host), None) => host.to_str().is_ok_and(|host| state.host_names.accept(host, by_proxy)),
        (Some(_), Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(config: Config) -> HostNames {
        HostNames::new(&config).expect("names")
    }

    #[test]
    fn a_foreign_name_is_refused_and_a_hospital_reaches_its_site() {
        let always =
            ["10.0.0.5:3000", "127.0.0.1", "[::1]:3000", "[2001:db8::5]", "localhost:3000", "LOCALHOST", "a.localhost", "infirmary.local"];
        let never = ["", "evil.test@", "evil.test/path", "two words", "10.0.0.5.evil.test"];
        let by_number = names(Config::default());
        let named = names(Config {
            public_url: "https://Portal.Hospital.test/".to_owned(),
            host_names: "hospital.lan, ward:3000".to_owned(),
            ..Config::default()
        });
        for host in always {
            assert!(by_number.accept(host, false) && named.accept(host, false), "{host}");
        }
        for host in never {
            assert!(!by_number.accept(host, false) && !named.accept(host, false), "{host}");
        }
        for host in ["portal.hospital.test", "portal.hospital.test:8443", "PORTAL.hospital.test.", "hospital.lan", "ward"] {
            assert!(named.accept(host, false), "{host}");
        }
        for host in ["evil.test", "hospital.test", "x.hospital.lan", "infirmary"] {
            assert!(!named.accept(host, false) && !named.accept(host, true), "{host}");
        }
        // Without `public_url`: a name of the local network; behind TLS, every name that the certificate or the proxy accepts.
        assert!(by_number.accept("infirmary:3000", false));
        assert!(!by_number.accept("evil.test", false) && by_number.accept("hospital.test", true));
        let certified = names(Config { tls_certificate: Some("house.pem".into()), ..Config::default() });
        assert!(certified.accept("hospital.test", false));
    }

    #[test]
    fn a_wrong_name_stops_the_start_with_its_setting() {
        let wrong = |config: Config| HostNames::new(&config).expect_err("wrong");
        assert!(wrong(Config { host_names: "a b/c".to_owned(), ..Config::default() }).contains("`host_names`"));
        assert!(wrong(Config { public_url: "/portal".to_owned(), ..Config::default() }).contains("`public_url`"));
    }
}
