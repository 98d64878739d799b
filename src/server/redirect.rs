//! The listener without TLS: it redirects pages to their HTTPS address and refuses every other request. A form or a program that
//! sends data without TLS has already exposed it, so the request is refused with that explanation and not redirected.

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header, uri::Authority},
    response::{IntoResponse as _, Redirect, Response},
};

use super::config::Config;

const REFUSED: &str = "This house is spoken to by HTTPS.\n";

/// Redirects visitors to the public address of `config`, or to the requested host with the TLS port.
pub fn router(config: &Config) -> Router {
    let (house, port) = (config.public_url.trim_end_matches('/').to_owned(), config.address.port());
    Router::new().fallback(move |request: Request| {
        let house = if house.is_empty() { named(request.headers(), port) } else { Some(house.clone()) };
        async move { answer(&request, house) }
    })
}

fn answer(request: &Request, house: Option<String>) -> Response {
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD) && !request.uri().path().starts_with("/api/");
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    match house {
        Some(house) if is_page => Redirect::permanent(&format!("{house}{path}")).into_response(),
        _ => (StatusCode::FORBIDDEN, REFUSED).into_response(),
    }
}

/// Returns the HTTPS address of the host in the request's `Host` header.
fn named(headers: &HeaderMap, port: u16) -> Option<String> {
    let host: Authority = headers.get(header::HOST)?.to_str().ok()?.parse().ok()?;
    let with_port = if port == 443 { String::new() } else { format!(":{port}") };
    // If the header has a user name, as in `somebody@host`, only the host is used.
    Some(format!("https://{}{with_port}", host.host()))
}
