//! Measures with hundreds of open public boards how long it takes until each shows a change.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http::Client;

/// The number of open boards.
pub const BOARDS: usize = 500;
/// The number of changes.
pub const ROUNDS: usize = 5;

/// Returns the time from sending a change until a board has the new state: the median and the slowest of all boards and
/// rounds.
pub fn run(port: u16, clinic: &str, cookie: &str, action: &str, forms: &[String]) -> Result<(Duration, Duration)> {
    if forms.len() < ROUNDS {
        bail!("too few forms");
    }
    let begun = Instant::now();
    let ready = Barrier::new(BOARDS + 1);
    let waiting = AtomicUsize::new(BOARDS);
    let times: Result<Vec<(Instant, Vec<Instant>)>> = thread::scope(|scope| {
        let boards: Vec<_> = (0..BOARDS)
            .map(|_| {
                thread::Builder::new()
                    .stack_size(256 * 1024)
                    .spawn_scoped(scope, || {
                        let opened = open(port);
                        ready.wait();
                        let (mut events, mut board) = opened?;
                        let mut shown = Vec::new();
                        for _ in 0..ROUNDS {
                            if !events.any(|line| line.is_ok_and(|line| line == "event: hint")) {
                                bail!("a stream of events ended");
                            }
                            let answer = board.get(&format!("/board/{clinic}/live"))?;
                            if answer.status != 200 {
                                bail!("a board was answered with {}", answer.status);
                            }
                            shown.push(Instant::now());
                            waiting.fetch_sub(1, Ordering::AcqRel);
                        }
                        Ok(shown)
                    })
                    .context("no thread")
            })
            .collect::<Result<_>>()?;
        ready.wait();
        let mut desk = Client::open(port, cookie)?;
        let mut sent = Vec::new();
        for form in &forms[..ROUNDS] {
            waiting.store(BOARDS, Ordering::Release);
            sent.push(Instant::now());
            let answer = desk.post(action, form)?;
            if answer.status != 303 {
                bail!("{action} was answered with {}", answer.status);
            }
            while waiting.load(Ordering::Acquire) > 0 && begun.elapsed() < Duration::from_mins(1) {
                thread::sleep(Duration::from_millis(5));
            }
        }
        let shown: Vec<Vec<Instant>> =
            boards.into_iter().map(|board| board.join().unwrap_or_else(|_| bail!("a board panicked"))).collect::<Result<_>>()?;
        Ok(sent.into_iter().enumerate().map(|(round, at)| (at, shown.iter().map(|board| board[round]).collect())).collect())
    });
    let mut all: Vec<Duration> =
        times?.into_iter().flat_map(|(sent, shown)| shown.into_iter().map(move |at| at.duration_since(sent)).collect::<Vec<_>>()).collect();
    all.sort_unstable();
    Ok((all[all.len() / 2], all[all.len() - 1]))
}

type Events = Box<dyn Iterator<Item = std::io::Result<String>>>;

fn open(port: u16) -> Result<(Events, Client)> {
    let mut events = Box::new(Client::open(port, "")?.listen("/events")?);
    if !events.any(|line| line.is_ok_and(|line| line == "event: hello")) {
        bail!("the stream of events does not begin");
    }
    Ok((events, Client::open(port, "")?))
}
