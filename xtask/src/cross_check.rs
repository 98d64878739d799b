//! What the program seals is opened by an implementation that shares no code with it: OpenSSL, through Python's `cryptography`.

use anyhow::{Context, Result};

use crate::command::{command, output, run};
use crate::server::{self, Build, Program, sqlite_url};
use crate::test::Count;
use crate::{install, paths, progress};

/// The version that was looked at; its wheels bring an OpenSSL that knows AES-GCM-SIV.
const CRYPTOGRAPHY: &str = "cryptography==50.0.2";

/// Fills a demo hospital and opens it, before and after a rotation of its key.
pub fn check() -> Result<Count> {
    let python = python()?;
    let file = server::build(Build::Debug)?;
    let work = tempfile::tempdir().context("no temporary folder")?;
    let database = work.path().join("infirmary.db");
    let program = Program { file, database: sqlite_url(&database) };
    program.fill()?;
    let mut count = Count::default();
    for rotated in [false, true] {
        if rotated {
            output(&mut program.call(&["keys", "rotate"]))?;
        }
        let keys = format!("{}.keys", database.display());
        let said = output(command(&python).arg(paths::root().join("xtask/src/cross_check.py")).arg(&database).arg(keys))?;
        progress::note(said.trim());
        count.passed += 1;
    }
    Ok(count)
}

/// A Python with the package, in `target`.
fn python() -> Result<std::path::PathBuf> {
    let folder = paths::target().join("python");
    let python = folder.join("bin/python");
    let there = |python: &std::path::Path| output(command(python).args(["-c", "import cryptography"])).is_ok();
    if python.is_file() && there(&python) {
        return Ok(python);
    }
    let make = || run(command("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    if make().is_err() {
        install::packages(&["python3", "python3-venv"], "the cross-check of encryption")?;
        make()?;
    }
    run(command(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", CRYPTOGRAPHY]))?;
    Ok(python)
}
