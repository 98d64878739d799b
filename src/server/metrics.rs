//! `GET /metrics`: figures for Prometheus in the text format `OpenMetrics`. A figure is a number of the program's own work, and its labels
//! are routes and words of the program: no figure and no label has anything of a patient.

use std::{net::SocketAddr, sync::atomic::AtomicU64, time::Instant as Moment};

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};
use sha2::{Digest as _, Sha256};

use crate::{db::Database, server::AppState};

/// The path of a sign-in; a refused one is counted.
const SIGN_IN: &str = "/api/accounts/sign_in";
/// The pattern of all functions; each function is a route of its own in the figures.
const FUNCTIONS: &str = "/api/{*function}";
/// The headers by which a proxy says that it speaks for another.
const FORWARDED: [&str; 4] = ["x-forwarded-for", "forwarded", "x-real-ip", "via"];
const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PoolOf {
    pool: &'static str,
}

/// The figures that requests add to.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    refused: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { requests: Family::default(), seconds: Family::new_with_constructor(histogram), refused: Counter::default() }
    }
}

fn histogram() -> Histogram {
    Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
}

/// A figure of a department, read when it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Its name without the prefix `infirmary_`.
    pub name: &'static str,
    pub help: &'static str,
    pub value: f64,
}

/// The middleware: counts and times each request. The route is the pattern and not the address, which has ids.
pub async fn measure(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let pattern = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let (method, path, began) = (request.method().to_string(), request.uri().path().to_owned(), Moment::now());
    let known = ["GET", "POST", "HEAD"].contains(&method.as_str());
    let method = if known { method } else { "other".to_owned() };
    let route_of = |status: StatusCode| match &pattern {
        // An address that is no function must not become a label: there would be no end of them.
        Some(pattern) if pattern == FUNCTIONS && status != StatusCode::NOT_FOUND => path.clone(),
        Some(pattern) => pattern.clone(),
        None => "none".to_owned(),
    };
    let about = |response: &Response| (method.clone(), route_of(response.status()), response.status().as_u16());
    let response = state.traces.follow(next.run(request), about).await;
    let status = response.status();
    let route = route_of(status);
    if path == SIGN_IN && status.is_client_error() {
        state.metrics.refused.inc();
    }
    state.metrics.seconds.get_or_create(&Route { route: route.clone() }).observe(began.elapsed().as_secs_f64());
    state.metrics.requests.get_or_create(&Answered { method, route, status: status.as_u16() }).inc();
    response
}

/// Whether the caller may read the figures: a program on this machine that speaks for itself, or one with the token of the settings.
fn may_read(state: &AppState, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    let digest = |text: &str| Sha256::digest(text.as_bytes());
    let token = &state.config.metrics_token.0;
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    if !token.is_empty() && sent.is_some_and(|sent| digest(sent) == digest(token)) {
        return true;
    }
    peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback()) && !FORWARDED.iter().any(|name| headers.contains_key(*name))
}

/// `GET /metrics`.
pub async fn show(State(state): State<AppState>, request: Request) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    if !may_read(&state, peer, request.headers()) {
        return (StatusCode::FORBIDDEN, "the figures are for this machine, or for whoever has the setting `metrics_token`").into_response();
    }
    let mut text = String::new();
    let registry = registry(&state).await;
    match encode(&mut text, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Counts are exact far beyond any that occurs.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn number(count: usize) -> f64 {
    count as f64
}

fn put(registry: &mut Registry, name: &str, help: &str, value: f64) {
    let gauge: Gauge<f64, AtomicU64> = Gauge::default();
    gauge.set(value);
    registry.register(name, help, gauge);
}

async fn registry(state: &AppState) -> Registry {
    let mut registry = Registry::with_prefix("infirmary");
    let Metrics { requests, seconds, refused } = state.metrics.clone();
    registry.register("http_requests", "Answered requests by method, route and status", requests);
    registry.register("http_request_seconds", "Seconds until the head of an answer, by route", seconds);
    registry.register("sign_ins_refused", "Sign-ins that were refused", refused);
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let (engine, schema) = (state.db.engine().as_str().to_owned(), Database::newest_schema().to_string());
    let about = vec![("version".to_owned(), version), ("engine".to_owned(), engine), ("schema".to_owned(), schema)];
    registry.register("program", "The program", Info::new(about));
    let pools: Family<PoolOf, Gauge> = Family::default();
    let idle: Family<PoolOf, Gauge> = Family::default();
    for (pool, open, free) in state.db.pools() {
        pools.get_or_create(&PoolOf { pool }).set(i64::try_from(open).unwrap_or(i64::MAX));
        idle.get_or_create(&PoolOf { pool }).set(i64::try_from(free).unwrap_or(i64::MAX));
    }
    registry.register("pool_connections", "Open connections to the database", pools);
    registry.register("pool_idle_connections", "Open connections to the database that nobody uses", idle);
    let (running, ended) = state.jobs.counts();
    let slow = usize::try_from(crate::db::slow_queries()).unwrap_or_default();
    put(&mut registry, "slow_queries", "Queries that took longer than 200 ms, since the program began", number(slow));
    put(&mut registry, "jobs_running", "Background jobs that run", number(running));
    put(&mut registry, "jobs_ended", "Background jobs that a fault ended", number(ended));
    put(&mut registry, "streams_open", "Open live connections of browsers", number(state.hub.streams()));
    put(&mut registry, "connections_open", "Open connections", number(state.limits.slots.taken()));
    put(&mut registry, "audit_reads_waiting", "Reads that wait to be written to the audit log", number(state.reads.waiting()));
    put(
        &mut registry,
        "audit_writable",
        "Whether the last write to the audit log succeeded",
        f64::from(u8::from(state.reads.is_writing())),
    );
    let up = (state.clock.now() - state.started).num_seconds().max(0);
    put(&mut registry, "uptime_seconds", "Seconds since the program started", number(usize::try_from(up).unwrap_or_default()));
    let figures = (state.program.figures)(state.clone()).await;
    put(&mut registry, "database_answers", "Whether the database answered these figures", f64::from(u8::from(figures.is_ok())));
    for Figure { name, help, value } in figures.unwrap_or_default() {
        put(&mut registry, name, help, value);
    }
    registry
}
