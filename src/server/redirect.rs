//! What answers in the open beside TLS: pages are sent to their address under HTTPS, and nothing else is. A form or a program that
//! speaks in the open has already said what it should not: it is told so, and not helped on.

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header, uri::Authority},
    response::{IntoResponse as _, Redirect, Response},
};

use super::config::Config;

const REFUSED: &str = "This house is spoken to by HTTPS.\n";

/// Sends visitors to the house as `config` has it: to its public address, or the host that they named with the port of TLS.
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

/// The host that the visitor named.
fn named(headers: &HeaderMap, port: u16) -> Option<String> {
    let host: Authority = headers.get(header::HOST)?.to_str().ok()?.parse().ok()?;
    let with_port = if port == 443 { String::new() } else { format!(":{port}") };
    // With a name before it, `somebody@host`, the host alone is meant.
    Some(format!("https://{}{with_port}", host.host()))
}
