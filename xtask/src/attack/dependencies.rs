//! Runs `cargo deny` on the lock file, with the rules of `deny.toml`.

use std::env;
use std::path::PathBuf;

use anyhow::Result;

use crate::command::{command, lines, run};
use crate::{paths, progress};

/// The tested version; another version might report other findings.
const VERSION: &str = "0.20.2";

/// Checks licences, sources and bans; also advisories when `INFIRMARY_ADVISORIES` names a checkout of the advisory
/// database.
pub fn judge() -> Result<Vec<String>> {
    let deny = installed()?;
    let mut findings = Vec::new();
    let mut ask = |arguments: &[&str], what: &str| -> Result<()> {
        let mut call = command(&deny);
        let status = lines(call.args(["--offline"]).args(arguments), |line| println!("{line}"))?;
        if !status.success() {
            findings.push(format!("cargo deny objects to {what} (above)"));
        }
        Ok(())
    };
    ask(&["check", "--hide-inclusion-graph", "licenses", "bans", "sources"], "licences, bans or sources")?;
    match env::var_os("INFIRMARY_ADVISORIES") {
        Some(database) => {
            let database = PathBuf::from(database);
            let path = database.display().to_string();
            ask(&["check", "--disable-fetch", "--config", &rules(&path)?, "advisories"], "a dependency with an advisory")?;
        }
        None => progress::warn("advisories were not looked through: INFIRMARY_ADVISORIES names no checkout of the advisory database"),
    }
    Ok(findings)
}

/// Writes a copy of `deny.toml` with the path of the advisory database.
fn rules(database: &str) -> Result<String> {
    let text = std::fs::read_to_string(paths::root().join("deny.toml"))?;
    let file = paths::target().join("attack/deny.toml");
    std::fs::write(&file, text.replace("[advisories]", &format!("[advisories]\ndb-path = {database:?}")))?;
    Ok(file.display().to_string())
}

/// Returns the path of `cargo-deny`; compiles it once from the registry if it is not installed.
fn installed() -> Result<PathBuf> {
    if let Some(found) = paths::program("cargo-deny") {
        return Ok(found);
    }
    let tools = paths::target().join("tools");
    let program = tools.join("bin/cargo-deny");
    if !program.is_file() {
        progress::note(&format!("Compiling cargo-deny {VERSION} (once, some minutes)"));
        let mut install = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        install.args(["install", "--locked", "--quiet", "cargo-deny", "--version", VERSION, "--root"]).arg(&tools);
        run(install.arg("--target-dir").arg(tools.join("build")))?;
    }
    Ok(program)
}
