//! The program itself: built, filled with the demo hospital, started and waited for.

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

/// How long a start may take, migrations included.
const START: Duration = Duration::from_secs(90);

/// Which server is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// Fast to compile.
    Debug,
    /// Fast to run; the site's files are read from `target/site`.
    Release,
    /// Fast to run, with the site's files inside.
    Packed,
}

/// Compiles the server and tells where it is.
pub fn build(kind: Build) -> Result<PathBuf> {
    progress::header("The server");
    let mut arguments = vec!["build", "--package=infirmary", "--bin=infirmary"];
    arguments.push(if kind == Build::Packed { "--features=embed" } else { "--features=ssr" });
    if kind != Build::Debug {
        arguments.push("--release");
    }
    let mut compile = cargo(&arguments);
    if kind == Build::Packed {
        // The compiler sees when an embedded file changes, but not when one comes or goes.
        compile.env("SITE_VERSION", site::listing()?);
    }
    run(&mut compile)?;
    let folder = if kind == Build::Debug { "debug" } else { "release" };
    Ok(paths::target().join(folder).join("infirmary"))
}

/// Compiles the server and builds the site's files at the same time, and tells where the server is.
///
/// The two share no folder of cargo, and each has minutes in which one core compiles a single crate.
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
    /// A call of one of its commands.
    pub fn call(&self, arguments: &[&str]) -> Command {
        let mut call = command(&self.file);
        call.args(arguments).env("DATABASE_URL", &self.database);
        call
    }

    /// Creates the demo hospital in an empty database.
    pub fn fill(&self) -> Result<()> {
        self.fill_with(&[])
    }

    /// The same, somewhere on earth where it is noon: its day goes on for hours, whenever a test begins or a picture is taken; with
    /// further options of `demo`.
    pub fn fill_at_noon(&self, options: &[&str]) -> Result<()> {
        let hour = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / 3600 % 24;
        // The names of these zones say how many hours they are behind.
        let zone = if hour < 12 { format!("Etc/GMT-{}", 12 - hour) } else { format!("Etc/GMT+{}", hour - 12) };
        self.fill_with(&[&["--time-zone", &zone], options].concat())
    }

    /// The same, with options of `demo`.
    pub fn fill_with(&self, options: &[&str]) -> Result<()> {
        let mut demo = self.call(&["demo"]);
        demo.args(options);
        // Its progress is shown; the sign-ins follow when the server is ready. Big inserts are slow, and no news.
        run(demo.stdout(Stdio::null()).env("INFIRMARY_LOG_FILTER", "info,sqlx=error"))
    }

    /// The table of demo sign-ins.
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

/// Waits until a server that was just started can work.
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

/// The address of a SQLite file.
pub fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// Does `/health/ready` answer 200?
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
