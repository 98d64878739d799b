//! Names the queries that take long: in the log, and in the trace of their request. A query's text comes from the program alone, and its
//! values are bound: neither has anything of a patient.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant, SystemTime},
};

use opentelemetry::{
    Context,
    trace::{Span as _, SpanKind, TraceContextExt as _, Tracer as _},
};
use opentelemetry_sdk::trace::SdkTracer;
use sha2::{Digest as _, Sha256};
use sqlx::SqlStr;

/// A query that takes longer is logged.
const SLOW: Duration = Duration::from_millis(200);
/// The longest text that is logged.
const SHOWN: usize = 600;

static COUNT: AtomicU64 = AtomicU64::new(0);
/// The second of the last line, and the number of slow queries without a line since then: a database that is overloaded must not fill the log.
static LAST: AtomicU64 = AtomicU64::new(0);
static SILENT: AtomicU64 = AtomicU64::new(0);

/// Returns the number of slow queries since the program began.
pub fn slow_queries() -> u64 {
    COUNT.load(Relaxed)
}

/// A query that is under way. It ends when this value is dropped, also when its request was cancelled.
pub(super) struct Watched {
    text: SqlStr,
    began: Instant,
}

impl Watched {
    pub fn begin(text: &SqlStr) -> Self {
        Self { text: text.clone(), began: Instant::now() }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        let context = Context::current();
        let tracer = context.get::<SdkTracer>().filter(|_| context.span().is_recording());
        if took < SLOW && tracer.is_none() {
            return;
        }
        let name = name(self.text.as_str());
        if let Some(tracer) = tracer {
            let end = SystemTime::now();
            let span = tracer.span_builder(name.clone()).with_kind(SpanKind::Client).with_start_time(end - took);
            tracer.build_with_context(span, &context).end_with_timestamp(end);
        }
        if took >= SLOW {
            report(&name, self.text.as_str(), took);
        }
    }
}

/// Writes at most one line a second.
fn report(name: &str, text: &str, took: Duration) {
    COUNT.fetch_add(1, Relaxed);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    if LAST.swap(now, Relaxed) == now {
        SILENT.fetch_add(1, Relaxed);
        return;
    }
    let more = SILENT.swap(0, Relaxed);
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect();
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::warn!(target: "infirmary::slow_query", query = name, milliseconds, not_logged = more, text, "a query was slow");
}

/// Returns the name of a query's plan: its verb, its first table, and eight digits of the digest of its text. The number of bound values
/// does not change it.
pub(crate) fn name(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || "(),;".contains(c)).filter(|word| !word.is_empty()).collect();
    let verb = words.first().copied().unwrap_or_default();
    let table = words.windows(2).find(|pair| matches!(pair[0], "FROM" | "INTO" | "UPDATE") && pair[1] != "SELECT").map(|pair| pair[1]);
    let digest = Sha256::digest(without_values(text));
    format!("{verb} {} {}", table.unwrap_or("-"), data_encoding::HEXLOWER.encode(&digest[..4]))
}

/// Replaces each list of placeholders by one.
fn without_values(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '$' | '?' => {
                while rest.next_if(char::is_ascii_digit).is_some() {}
                // Also `($1, $2), ($3, $4)` is one list.
                let before = plain.trim_end_matches([',', ' ', '(', ')']).len();
                if plain.ends_with('$') || (plain[..before].ends_with('$') && plain[before..].contains(',')) {
                    plain.truncate(before);
                } else {
                    plain.push('$');
                }
            }
            c if c.is_whitespace() => {
                if !plain.ends_with(' ') {
                    plain.push(' ');
                }
            }
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_one_name_whatever_is_bound() {
        let one = name("SELECT id, state FROM visits WHERE clinic_id = $1 AND id IN ($2)");
        assert!(one.starts_with("SELECT visits ") && one.len() == "SELECT visits ".len() + 8, "{one}");
        assert_eq!(one, name("SELECT id, state\n  FROM visits WHERE clinic_id = $1 AND id IN ($2, $3, $4)"));
        assert_ne!(one, name("SELECT id FROM visits WHERE clinic_id = $1 AND id IN ($2)"));
        let rows = name("INSERT INTO audit_log (id, at) VALUES ($1, $2)");
        assert_eq!(rows, name("INSERT INTO audit_log (id, at) VALUES ($1, $2), ($3, $4), ($5, $6)"));
        assert!(rows.starts_with("INSERT audit_log "), "{rows}");
        assert!(name("UPDATE visits SET state = $1").starts_with("UPDATE visits "));
        assert!(name("").starts_with(" - "));
    }

    #[test]
    fn slow_queries_are_counted_and_the_log_is_not_filled() {
        let before = slow_queries();
        for _ in 0..50 {
            report("SELECT visits 00000000", "SELECT 1", SLOW);
        }
        assert!(slow_queries() >= before + 50);
    }
}
