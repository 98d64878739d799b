//! What the program seals is opened by an implementation that shares no code with it: OpenSSL, through Python's `cryptography`.

use anyhow::{Context, Result};

use crate::command::{command, output};
use crate::server::{self, Build, Program, sqlite_url};
use crate::test::Count;
use crate::{paths, progress, python};

/// The version that was looked at; its wheels bring an OpenSSL that knows AES-GCM-SIV.
const CRYPTOGRAPHY: &str = "cryptography==50.0.2";

/// Fills a demo hospital and opens it, before and after a rotation of its key.
pub fn check() -> Result<Count> {
    let python = python::with(CRYPTOGRAPHY, "the cross-check of encryption")?.join("python");
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
