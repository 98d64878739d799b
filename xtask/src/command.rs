//! Runs child processes. Each gets its own process group. When a signal asks the workbench to stop, the workbench
//! forwards it to the whole group and waits for the child to end, so that no process is left running.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

/// Set by Ctrl-C or a request to terminate.
static STOP: AtomicBool = AtomicBool::new(false);
/// The time that a child may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(30);

/// Makes Ctrl-C end the children first, from here on.
pub fn stop_on_signals() -> Result<()> {
    ctrlc::set_handler(|| STOP.store(true, Ordering::SeqCst)).context("cannot listen for Ctrl-C")
}

/// Whether the user has asked to stop.
pub fn stopping() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// Creates a command in the project's folder, without standard input.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(crate::paths::root()).stdin(Stdio::null()).process_group(0);
    command
}

/// Creates a command for the same Cargo that started the workbench.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments);
    // These variables describe the workbench's own package; inherited, they would make other builds differ from a plain
    // `cargo build`.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Runs a command whose output is shown; returns an error when the command fails.
pub fn run(command: &mut Command) -> Result<()> {
    let mut running = Running::start(command)?;
    let status = running.wait()?;
    check(command, status, "")
}

/// Runs a command silently and returns its standard output; the error shows the output of both streams if it fails.
pub fn output(command: &mut Command) -> Result<String> {
    let mut running = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let stderr = running.child.stderr.take().map(read_in_background);
    let stdout = running.child.stdout.take().map(read_in_background);
    let status = running.wait()?;
    let said = |reader: Option<thread::JoinHandle<String>>| reader.and_then(|r| r.join().ok()).unwrap_or_default();
    let (stdout, stderr) = (said(stdout), said(stderr));
    check(command, status, &format!("{stdout}{stderr}"))?;
    Ok(stdout)
}

/// Runs a command and calls `line` with each line of its standard output; the caller checks the exit status.
pub fn lines(command: &mut Command, mut line: impl FnMut(&str)) -> Result<ExitStatus> {
    let mut running = Running::start(command.stdout(Stdio::piped()))?;
    let (send, receive) = std::sync::mpsc::channel::<String>();
    let reader = running.child.stdout.take().map(|stdout| {
        thread::spawn(move || {
            for text in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                if send.send(String::from_utf8_lossy(&text).into_owned()).is_err() {
                    break;
                }
            }
        })
    });
    loop {
        match receive.recv_timeout(POLL) {
            Ok(text) => line(&text),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) if !stopping() => {}
            Err(_) => break,
        }
    }
    let status = running.wait()?;
    if let Some(reader) = reader {
        reader.join().ok();
    }
    Ok(status)
}

fn read_in_background(mut stream: impl std::io::Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A broken pipe ends the output and is not an error.
        stream.read_to_end(&mut bytes).ok();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn check(command: &Command, status: ExitStatus, said: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    if stopping() {
        bail!("stopped");
    }
    let said = said.trim();
    let separator = if said.is_empty() { "" } else { "\n" };
    bail!("`{}` ended with {status}{separator}{said}", words(command))
}

/// Returns the command as it is typed.
fn words(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    std::iter::once(name).chain(command.get_args().map(|a| a.to_string_lossy().into_owned())).collect::<Vec<_>>().join(" ")
}

/// A child process that is stopped when this value is dropped.
pub struct Running {
    pub child: Child,
    ended: bool,
}

impl Running {
    pub fn start(command: &mut Command) -> Result<Self> {
        if stopping() {
            bail!("stopped");
        }
        let child = command.spawn().with_context(|| format!("cannot start `{}`", words(command)))?;
        Ok(Self { child, ended: false })
    }

    /// Returns the exit status, if the child has ended.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let status = self.child.try_wait().context("cannot ask for a child's state")?;
        self.ended |= status.is_some();
        Ok(status)
    }

    /// Returns the most memory that the child ever used, mapped files included, in bytes, as Linux reports it.
    pub fn peak_memory(&self) -> Option<u64> {
        self.memory("VmHWM:")
    }

    /// Returns the memory that the child uses now, without mapped files.
    pub fn own_memory(&self) -> Option<u64> {
        self.memory("RssAnon:")
    }

    fn memory(&self, name: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
    }

    /// Waits until the child ends; when the user asks to stop, stops it.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if stopping() {
                self.stop();
                bail!("stopped");
            }
            thread::sleep(POLL);
        }
    }

    /// Kills the child at once, as a power failure would.
    pub fn kill(&mut self) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process_group(group, Signal::KILL).ok();
        }
        self.ended |= self.child.wait().is_ok();
    }

    /// Asks the child and its children to end, as Ctrl-C does, and kills them only if they do not.
    pub fn stop(&mut self) {
        if self.ended {
            return;
        }
        for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
            if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
                kill_process_group(group, signal).ok();
            }
            let deadline = Instant::now() + PATIENCE;
            while Instant::now() < deadline {
                if matches!(self.ended(), Ok(Some(_)) | Err(_)) {
                    return;
                }
                thread::sleep(POLL);
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_what_was_said() {
        let error = output(command("sh").args(["-c", "echo the disk is full >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("the disk is full"), "{error}");
    }

    #[test]
    fn lines_come_one_by_one() {
        let mut seen = Vec::new();
        let status = lines(command("printf").arg("one\ntwo\n"), |line| {
            seen.push(line.to_owned());
        })
        .unwrap();
        assert!(status.success());
        assert_eq!(seen, ["one", "two"]);
    }

    #[test]
    fn a_child_ends_with_its_owner() {
        let mut sleeper = Running::start(command("sleep").arg("600")).unwrap();
        sleeper.stop();
        assert!(sleeper.ended);
    }
}
