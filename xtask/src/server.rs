//! Builds the program, fills its database with the demo hospital, starts it and waits until it is ready.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::command::{Running, cargo, command, output, run, stopping};
use crate::site::{self, Care};
use crate::{paths, progress};

/// The time limit for a start, migrations included.
const START: Duration = Duration::from_secs(90);

/// The kind of build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// Compiles fast.
    Debug,
    /// Runs fast; reads the site's files from `target/site`.
    Release,
    /// Runs fast and contains the site's files.
    Packed,
}

/// Compiles the server and returns its path.
pub fn build(kind: Build) -> Result<PathBuf> {
    progress::header("The server");
    let mut arguments = vec!["build", "--package=infirmary", "--bin=infirmary"];
    arguments.push(if kind == Build::Packed { "--features=embed" } else { "--features=ssr" });
    if kind != Build::Debug {
        arguments.push("--release");
    }
    let mut compile = cargo(&arguments);
    if kind == Build::Packed {
        // The compiler notices a changed embedded file, but not an added or removed one.
        compile.env("SITE_VERSION", site::listing()?);
    }
    run(&mut compile)?;
    let folder = if kind == Build::Debug { "debug" } else { "release" };
    Ok(paths::target().join(folder).join("infirmary"))
}

/// Compiles the server and builds the site's files at the same time; returns the path of the server.
///
/// The two builds share no Cargo folder, and each has minutes in which one core compiles a single crate.
pub fn build_with_site(kind: Build, care: Care) -> Result<PathBuf> {
    thread::scope(|scope| {
        let site = scope.spawn(|| site::build(care));
        let file = build(kind);
        site.join().unwrap_or_else(|_| bail!("building the site's files panicked"))?;
        file
    })
}

/// The program with its database.
#[derive(Clone)]
pub struct Program {
    pub file: PathBuf,
    pub database: String,
}

impl Program {
    /// Returns a call of one of its commands.
    pub fn call(&self, arguments: &[&str]) -> Command {
        let mut call = command(&self.file);
        call.args(arguments).env("DATABASE_URL", &self.database);
        call
    }

    /// Creates the demo hospital in an empty database.
    pub fn fill(&self) -> Result<()> {
        self.fill_with(&[])
    }

    /// Creates the demo hospital in a time zone where it is noon, with further options of `demo`: its day continues for hours,
    /// whenever a test begins or a screenshot is taken.
    pub fn fill_at_noon(&self, options: &[&str]) -> Result<()> {
        let hour = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / 3600 % 24;
        // In the names of these zones the sign is inverted: `Etc/GMT+3` is three hours behind.
        let zone = if hour < 12 { format!("Etc/GMT-{}", 12 - hour) } else { format!("Etc/GMT+{}", hour - 12) };
        self.fill_with(&[&["--time-zone", &zone], options].concat())
    }

    /// Creates the demo hospital with options of `demo`.
    pub fn fill_with(&self, options: &[&str]) -> Result<()> {
        let mut demo = self.call(&["demo"]);
        demo.args(options);
        // The progress is shown; the sign-ins follow when the server is ready. Warnings about slow, large inserts are
        // hidden.
        run(demo.stdout(Stdio::null()).env("INFIRMARY_LOG_FILTER", "info,sqlx=error"))
    }

    /// Returns the table of demo sign-ins.
    pub fn sign_ins(&self) -> Result<String> {
        output(&mut self.call(&["demo", "--sign-ins"]))
    }

    /// Starts serving on a port of this machine and waits until it is ready.
    pub fn serve(&self, port: u16, adjust: impl FnOnce(&mut Command)) -> Result<Running> {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            bail!("port {port} is in use; choose another with --port");
        }
        let mut serve = self.call(&["serve"]);
        serve.env("INFIRMARY_ADDRESS", format!("127.0.0.1:{port}"));
        adjust(&mut serve);
        let mut server = Running::start(&mut serve)?;
        wait_until_ready(&mut server, port)?;
        Ok(server)
    }
}

/// Waits until a server that was just started is ready.
pub fn wait_until_ready(server: &mut Running, port: u16) -> Result<()> {
    let begun = Instant::now();
    while !ready(port) {
        if let Some(status) = server.ended()? {
            bail!("the server ended with {status} before it was ready");
        }
        if stopping() {
            bail!("stopped");
        }
        if begun.elapsed() > START {
            bail!("the server was not ready after {}", progress::seconds(START));
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Returns the URL of a SQLite file.
pub fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// Whether `/health/ready` answers 200.
fn ready(port: u16) -> bool {
    let ask = || -> Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
        let mut start = [0_u8; 12];
        stream.read_exact(&mut start).context("no answer")?;
        Ok(start == *b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}
