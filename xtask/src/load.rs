//! A small load generator: it keeps connections open, sends requests at a steady rate or as fast as they are answered,
//! and measures the times of the answers. At a steady rate, a time is counted from the moment when the request was due,
//! so that a pause of the server is included in the result.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::http::{Answer, Client};

/// The requests of a load test and their rate.
#[derive(Clone, Debug)]
pub struct Load<'l> {
    pub port: u16,
    pub what: Asked<'l>,
    /// The session's cookie as `name=value`.
    pub cookie: &'l str,
    pub clients: u64,
    /// Requests per second; `None` means as fast as they are answered.
    pub rate: Option<u64>,
    pub time: Duration,
}

/// The content of each request.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'l> {
    /// The same page each time.
    Page(&'l str),
    /// The next of these forms; each is sent once.
    Forms { action: &'l str, bodies: &'l [String] },
}

impl Asked<'_> {
    /// Makes the request with this number; `None` when all forms are used.
    fn ask(&self, number: usize, client: &mut Client) -> Result<Option<Answer>> {
        match self {
            Self::Page(path) => client.get(path).map(Some),
            Self::Forms { action, bodies } => bodies.get(number).map(|body| client.post(action, body)).transpose(),
        }
    }

    const fn path(&self) -> &str {
        match self {
            Self::Page(path) | Self::Forms { action: path, .. } => path,
        }
    }

    /// The expected status: a page is shown, a form redirects.
    const fn wanted(&self) -> u16 {
        match self {
            Self::Page(_) => 200,
            Self::Forms { .. } => 302,
        }
    }
}

/// The result of a load test.
#[derive(Clone, Debug)]
pub struct Report {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    pub worst: Duration,
    /// The size of one answer, without its head.
    pub bytes: usize,
}

/// Runs the load test and measures; any answer with another status than the expected one is an error.
pub fn run(load: &Load) -> Result<Report> {
    let begun = Instant::now();
    let next = AtomicUsize::new(0);
    let measured: Vec<Result<(Vec<Duration>, usize)>> = thread::scope(|scope| {
        let clients: Vec<_> = (0..load.clients).map(|_| scope.spawn(|| client(load, begun, &next))).collect();
        clients.into_iter().map(|client| client.join().unwrap_or_else(|_| bail!("a client panicked"))).collect()
    });
    let taken = begun.elapsed();
    let mut times = Vec::new();
    let mut bytes = 0;
    for one in measured {
        let (more, size) = one?;
        times.extend(more);
        bytes = bytes.max(size);
    }
    if times.is_empty() {
        bail!("nothing could be asked");
    }
    times.sort_unstable();
    let part = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    #[expect(clippy::cast_precision_loss, reason = "a number to be read by people")]
    let per_second = times.len() as f64 / taken.as_secs_f64();
    Ok(Report { per_second, p50: part(50), p99: part(99), worst: part(100), bytes })
}

fn client(load: &Load, begun: Instant, next: &AtomicUsize) -> Result<(Vec<Duration>, usize)> {
    let mut connection = Client::open(load.port, load.cookie)?;
    let mut times = Vec::new();
    let mut bytes = 0;
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let due = match load.rate {
            None => Instant::now(),
            Some(rate) => {
                let due = begun + Duration::from_nanos(u64::try_from(number)? * 1_000_000_000 / rate);
                thread::sleep(due.saturating_duration_since(Instant::now()));
                due
            }
        };
        if due.duration_since(begun) >= load.time {
            return Ok((times, bytes));
        }
        let Some(answer) = load.what.ask(number, &mut connection)? else { return Ok((times, bytes)) };
        // 302 and 303 are both redirects.
        if answer.status != load.what.wanted() && answer.status != load.what.wanted() + 1 {
            bail!("{} was answered with {}: {}", load.what.path(), answer.status, answer.text().chars().take(300).collect::<String>());
        }
        times.push(due.elapsed());
        bytes = answer.body.len();
    }
}
