//! The security headers of every answer: the content security policy with the request's nonce, and the other protective
//! headers.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use tower_http::csrf::ProtectionError;

/// Two years, as the HSTS preload list asks for.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
/// The policy of answers that are not pages: files, health checks, refusals before the router. A browser that opens one
/// runs nothing.
const NO_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/// The permissions of a page whose script asks the browser for the position, after a press.
pub const ASKS_POSITION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("permissions-policy"), HeaderValue::from_static("camera=(), microphone=(), geolocation=(self)"));

/// Adds the headers to a page. Caches never store pages and data; files set their own `Cache-Control`.
pub fn protect_page(mut response: Response, nonce: &str, request_id: &str) -> Response {
    let headers = response.headers_mut();
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        // The page of a refused form was rendered by a request of its own: the policy must keep that request's nonce.
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    common(headers);
    response
}

/// Adds the headers to answers without a [`Request`](crate::server::Request): files, health checks, forms from other
/// sites, errors.
pub async fn protect_the_rest(mut response: Response) -> Response {
    if response.extensions().get::<ProtectionError>().is_some() {
        tracing::warn!("a form posted from elsewhere was refused");
    }
    let headers = response.headers_mut();
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, NO_PAGE);
        common(headers);
    }
    response
}

fn common(headers: &mut HeaderMap) {
    headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // The browser sends a form's page as referrer to this site only; a refused form returns to that page.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    // One page asks for the position, and says so itself (`ASKS_POSITION`).
    headers
        .entry(HeaderName::from_static("permissions-policy"))
        .or_insert(HeaderValue::from_static("camera=(), microphone=(), geolocation=()"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
