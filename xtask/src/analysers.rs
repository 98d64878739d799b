//! Checks that no value of an analyser is lost or filed twice: two libraries that share no code with the program send messages over MLLP, with
//! repetitions, pieces and wrong character sets, while the server is killed again and again. Debian's `findscu` reads the worklist.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::{command, output};
use crate::postgres::free_port;
use crate::server::{self, Build, Program, sqlite_url};
use crate::test::Count;
use crate::{install, paths, progress, python};

/// The libraries, in tested versions.
const LIBRARIES: [(&str, &str); 2] = [("hl7", "hl7==0.4.5"), ("hl7apy", "hl7apy==1.3.5")];
/// The messages of each library in the short and in the long form.
const MESSAGES: (u64, u64) = (300, 5_000);
/// The time between two kills.
const BETWEEN: Duration = Duration::from_secs(4);

/// Runs the check; `long` sends 10,000 messages.
pub fn check(long: bool) -> Result<Count> {
    let file = server::build(Build::Debug)?;
    let work = tempfile::tempdir().context("no temporary folder")?;
    let database = work.path().join("infirmary.db");
    let program = Program { file, database: sqlite_url(&database) };
    program.fill_at_noon(&[])?;
    let (web, mllp, dicom) = (free_port()?, free_port()?, free_port()?);
    let start = || {
        program.serve(web, |serve| {
            serve.env("INFIRMARY_ANALYSER_ADDRESS", format!("127.0.0.1:{mllp}"));
            serve.env("INFIRMARY_WORKLIST_ADDRESS", format!("127.0.0.1:{dicom}"));
        })
    };
    let mut count = Count::default();
    let messages = if long { MESSAGES.1 } else { MESSAGES.0 };
    for (name, package) in LIBRARIES {
        let python = python::with(package, "the check of analysers")?.join("python");
        let mut server = start()?;
        let done = AtomicBool::new(false);
        let said = thread::scope(|scope| {
            let sender = scope.spawn(|| {
                let said = output(
                    command(&python)
                        .arg(paths::root().join("xtask/src/analysers.py"))
                        .args([name, &mllp.to_string(), &messages.to_string()])
                        .arg(&database),
                );
                done.store(true, Ordering::Release);
                said
            });
            let mut since = std::time::Instant::now();
            while !done.load(Ordering::Acquire) {
                thread::sleep(Duration::from_millis(100));
                if since.elapsed() >= BETWEEN && !done.load(Ordering::Acquire) {
                    server.kill();
                    server = start()?;
                    since = std::time::Instant::now();
                }
            }
            sender.join().unwrap_or_else(|_| bail!("the sender panicked"))
        })?;
        progress::note(said.trim());
        count.passed += 1;
    }
    let server = start()?;
    worklist(dicom)?;
    count.passed += 1;
    drop(server);
    output(&mut program.call(&["check"]))?;
    Ok(count)
}

/// Reads the worklist of the demo's CT, and is refused under an unknown title.
fn worklist(port: u16) -> Result<()> {
    if paths::program("findscu").is_none() {
        install::packages(&["dcmtk"], "the check of the worklist")?;
    }
    let find = |title: &str| {
        let mut find = command("findscu");
        find.args(["-W", "-aet", title, "-aec", "INFIRMARY", "-k", "0008,0005", "-k", "0010,0010", "-k", "0008,0050", "-k", "0020,000d"]);
        find.args(["-k", "0040,0100[0].0040,0002", "-k", "0040,0100[0].0008,0060", "127.0.0.1", &port.to_string()]);
        output(find.arg("-v"))
    };
    find("CT1")?;
    if find("STRANGER").is_ok() {
        bail!("a device that is not known was answered");
    }
    progress::note("findscu read the worklist; a stranger was refused");
    Ok(())
}
