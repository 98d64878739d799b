//! The output on the terminal: headers, steps with their time, and the one error at the end.

use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Error, Result};

/// The interval at which a step reports in a log file (without a terminal) that it is still running.
const STILL_AT_WORK: Duration = Duration::from_secs(20);

/// Prints a header above a stage.
pub fn header(text: &str) {
    eprintln!("\n{}", bold(&format!("== {text} ==")));
}

/// Prints a line of information.
pub fn note(text: &str) {
    eprintln!("   {text}");
}

/// Prints a warning; the work continues.
pub fn warn(text: &str) {
    eprintln!("   {} {text}", bold("note:"));
}

/// Prints the error that ended the run.
pub fn failed(error: &Error) {
    eprintln!("\n{} {error:#}", bold("failed:"));
}

/// Runs one step without output of its own, and shows that it is running and how long it took.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let terminal = stderr().is_terminal();
    let begun = Instant::now();
    let (done, waiting) = mpsc::channel::<()>();
    let text = what.to_owned();
    let ticker = thread::spawn(move || {
        let pause = if terminal { Duration::from_secs(1) } else { STILL_AT_WORK };
        while waiting.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            if terminal {
                eprint!("\r\x1b[2K   {text} ... {}", seconds(begun.elapsed()));
                stderr().flush().ok();
            } else {
                eprintln!("   {text} ... {}", seconds(begun.elapsed()));
            }
        }
    });
    if terminal {
        eprint!("   {what} ...");
        stderr().flush().ok();
    } else {
        eprintln!("   {what} ...");
    }
    let result = work();
    drop(done);
    ticker.join().ok();
    let clear = if terminal { "\r\x1b[2K" } else { "" };
    let end = if result.is_ok() { "" } else { "failed after " };
    eprintln!("{clear}   {what}: {end}{}", seconds(begun.elapsed()));
    result
}

/// Formats a duration: `0.4 s`, `12 s`, `3 min 05 s`.
pub fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    match whole {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{whole} s"),
        _ => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}

/// Returns the text in bold on a terminal, unchanged in a log.
pub fn bold(text: &str) -> String {
    if stderr().is_terminal() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally() {
        assert_eq!(seconds(Duration::from_millis(430)), "0.4 s");
        assert_eq!(seconds(Duration::from_secs(12)), "12 s");
        assert_eq!(seconds(Duration::from_secs(185)), "3 min 05 s");
    }
}
