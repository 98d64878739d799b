//! Checks that an implementation which shares no code with the program can decrypt its fields: OpenSSL, through Python's
//! `cryptography`.

use anyhow::{Context, Result};

use crate::command::{command, output};
use crate::server::{self, Build, Program, sqlite_url};
use crate::test::Count;
use crate::{paths, progress, python};

/// The tested version; its wheels contain an OpenSSL with AES-GCM-SIV.
const CRYPTOGRAPHY: &str = "cryptography==50.0.2";

/// Fills a demo hospital and decrypts it, before and after a rotation of its key.
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
