//! Traces of requests by `OpenTelemetry` (OTLP over HTTP), when the setting `traces_url` names a collector. A span has the method, the
//! route's pattern and the status, and below it the names of the queries: nothing of a patient, no address and no id. A caller's
//! `traceparent` is not followed, because strangers would choose what is traced.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::http::Uri;
use opentelemetry::{
    Context, KeyValue,
    context::FutureExt as _,
    trace::{SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracer, SdkTracerProvider},
};
use tokio::runtime::Handle;

use super::{
    config::Config,
    outgoing::{self, Outgoing},
};

/// The time limit for sending spans.
const PATIENCE: Duration = Duration::from_secs(10);

/// The traces of the program; without a collector it does nothing.
#[derive(Clone, Debug, Default)]
pub struct Traces(Option<(SdkTracerProvider, SdkTracer)>);

/// Sends spans on the program's runtime: the exporter has a thread of its own, which waits for this.
#[derive(Clone, Debug)]
struct Carrier {
    client: Outgoing,
    runtime: Handle,
    /// Whether the last spans could not be sent: a failure is logged once.
    failing: Arc<AtomicBool>,
}

#[async_trait]
impl HttpClient for Carrier {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (client, failing) = (self.client.clone(), self.failing.clone());
        let sent = self.runtime.spawn(async move {
            let answer = client.send(request.map(http_body_util::Full::new)).await;
            let error = match &answer {
                Ok(answer) if answer.status().is_success() => None,
                Ok(answer) => Some(format!("the collector answered {}", answer.status())),
                Err(error) => Some(error.to_string()),
            };
            let failed = error.is_some();
            if failing.swap(failed, Relaxed) != failed {
                match error {
                    Some(error) => tracing::warn!(error, "traces are not sent"),
                    None => tracing::info!("traces are sent again"),
                }
            }
            answer
        });
        Ok(sent.await??)
    }
}

/// Checks the settings of traces.
///
/// # Errors
/// A sentence that names the setting.
pub fn check(config: &Config) -> Result<(), String> {
    if !(1..=100).contains(&config.traces_percent) {
        return Err("setting `traces_percent`: choose 1 to 100".to_owned());
    }
    let safe = config.traces_url.is_empty() || config.traces_url.parse::<Uri>().is_ok_and(|uri| outgoing::is_safe(&uri));
    if safe { Ok(()) } else { Err("setting `traces_url`: `https://…` is expected, or `http://` of this machine".to_owned()) }
}

impl Traces {
    /// Starts sending traces, if the settings name a collector.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn start(config: &Config) -> Result<Self, String> {
        check(config)?;
        if config.traces_url.is_empty() {
            return Ok(Self::default());
        }
        let wrong = |error: String| format!("setting `traces_url`: {error}");
        let runtime = Handle::try_current().map_err(|error| wrong(error.to_string()))?;
        let carrier = Carrier { client: Outgoing::new(None, PATIENCE)?, runtime, failing: Arc::default() };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(carrier)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", config.traces_url.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        let about = Resource::builder_empty()
            .with_attributes([KeyValue::new("service.name", "infirmary"), KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))])
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(f64::from(config.traces_percent) / 100.0))))
            .with_resource(about)
            .build();
        let tracer = provider.tracer("infirmary");
        Ok(Self(Some((provider, tracer))))
    }

    /// Does the work of a request in a span; `about` returns the method, the route's pattern and the status.
    pub async fn follow<T>(&self, work: impl Future<Output = T>, about: impl FnOnce(&T) -> (String, String, u16)) -> T {
        let Some((_, tracer)) = &self.0 else { return work.await };
        let span = tracer.span_builder("request").with_kind(SpanKind::Server);
        let context = Context::new().with_value(tracer.clone()).with_span(tracer.build_with_context(span, &Context::new()));
        let done = work.with_context(context.clone()).await;
        let (method, route, status) = about(&done);
        let span = context.span();
        span.update_name(format!("{method} {route}"));
        span.set_attribute(KeyValue::new("http.request.method", method));
        span.set_attribute(KeyValue::new("http.route", route));
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            span.set_status(Status::error(""));
        }
        span.end();
        done
    }

    /// Sends what is still there, and stops.
    pub async fn finish(&self) {
        let Some((provider, _)) = self.0.clone() else { return };
        // It waits for the exporter's thread.
        let _ = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(PATIENCE)).await;
    }
}
