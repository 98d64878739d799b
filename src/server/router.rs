//! All routes with their middleware.

use std::sync::Arc;

use axum::{
    Extension, Router,
    http::StatusCode,
    middleware,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use tower_http::{CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer, csrf::CsrfLayer};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

use crate::{
    accounts::SessionTable,
    core::Error,
    server::{AppState, events, forms, health, incoming, metrics, request, security},
};

/// The session's cookie. The prefix `__Host-` requires HTTPS (or loopback), this host and the whole site.
pub const SESSION_COOKIE: &str = "__Host-session";

/// Builds the whole program as one service.
pub fn router(state: AppState) -> Router {
    let config = &state.config;
    let idle = time::Duration::minutes(i64::from(config.session_idle_minutes));
    let sessions = SessionManagerLayer::new(SessionTable::new(state.db.clone(), state.clock.clone()))
        .with_name(if config.secure_cookies { SESSION_COOKIE } else { "session" })
        .with_secure(config.secure_cookies)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(idle));
    let router = (state.program.pages)()
        .route("/api/{*function}", post(forms::call).get(forms::lost))
        .route(events::PATH, get(events::stream))
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(state.clone(), request::with_request))
        .layer(sessions)
        .layer(CsrfLayer::new())
        .layer(middleware::from_fn_with_state(state.clone(), metrics::measure))
        .route("/metrics", get(metrics::show))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .with_state(state.clone())
        .merge(state.assets.routes())
        .layer(CatchPanicLayer::custom(panicked));
    let pages = Arc::new(router.clone());
    let _ = state.router.set(Arc::downgrade(&pages));
    // Compression reveals nothing: pages contain no secret that an attacker could guess from their length, because other
    // sites' requests carry no cookie.
    router
        .layer(Extension(pages))
        .layer(middleware::from_fn_with_state(state, incoming::check))
        .layer(middleware::map_response(security::protect_the_rest))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
}

async fn not_found() -> Error {
    Error::NotFound
}

/// Answers after a panic, which is a fault of the program: one request fails, with a reference, and the program
/// continues.
fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let reference = crate::core::error::reference();
    let message = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("?");
    tracing::error!(reference, message, "panicked");
    (StatusCode::INTERNAL_SERVER_ERROR, format!("Something went wrong on our side. Reference: {reference}")).into_response()
}
