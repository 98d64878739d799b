//! A small load generator: connections that are kept open, requests at a steady rate or as fast as they are answered,
//! and how long the answers took. At a steady rate, time is counted from when a request was due, so that a server
//! that stops for a moment does not look better for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::http::{Answer, Client};

/// What is asked for, and how hard.
#[derive(Clone, Debug)]
pub struct Load<'l> {
    pub port: u16,
    pub what: Asked<'l>,
    /// `name=value`, as the server set it at sign-in.
    pub cookie: &'l str,
    pub clients: u64,
    /// Requests in a second; `None` is as fast as they are answered.
    pub rate: Option<u64>,
    pub time: Duration,
}

/// What each request asks for.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'l> {
    /// The same page again and again.
    Page(&'l str),
    /// The next of these forms, each sent once.
    Forms { action: &'l str, bodies: &'l [String] },
}

impl Asked<'_> {
    /// Makes the request with this number; nothing when the forms are used up.
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

    /// A page is shown, a form leads on.
    const fn wanted(&self) -> u16 {
        match self {
            Self::Page(_) => 200,
            Self::Forms { .. } => 302,
        }
    }
}

/// How it went.
#[derive(Clone, Debug)]
pub struct Report {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    pub worst: Duration,
    /// Of one answer, without its head.
    pub bytes: usize,
}

/// Puts the load on and measures; any other answer than the wanted one is an error.
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
        // 302 and 303 both lead on.
        if answer.status != load.what.wanted() && answer.status != load.what.wanted() + 1 {
            bail!("{} was answered with {}: {}", load.what.path(), answer.status, answer.text().chars().take(300).collect::<String>());
        }
        times.push(due.elapsed());
        bytes = answer.body.len();
    }
}
