//! Installs Node and its packages: those of the browser tests, and `wasm-opt`. The product itself needs neither.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::command::{command, output};
use crate::{install, paths, progress};

/// Makes sure that Node is installed; Debian's version is sufficient.
pub fn ensure(what_for: &str) -> Result<()> {
    if paths::program("node").is_none() || paths::program("npm").is_none() {
        install::packages(&["nodejs", "npm"], what_for)?;
    }
    Ok(())
}

/// Installs the packages of `end2end/package-lock.json` when they are missing or the list has changed.
pub fn ensure_packages(what_for: &str) -> Result<()> {
    ensure(what_for)?;
    let folder = paths::end2end();
    let wanted = fs::read_to_string(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    progress::step("Installing the npm packages of end2end", || {
        let mut npm = command("npm");
        npm.args(["ci", "--prefer-offline", "--no-audit", "--no-fund"]).current_dir(&folder);
        output(npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))
    })?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// Returns `wasm-opt` of npm's binaryen (Debian's is too old). Without Node, an optimised build continues with larger files,
/// unless `wasm-opt` is required.
pub fn wasm_opt(required: bool) -> Result<Option<PathBuf>> {
    let what_for = "making the wasm small";
    let there = paths::program("node").is_some() && paths::program("npm").is_some();
    if !required && !there {
        progress::warn("without Node there is no wasm-opt: the wasm stays about twice as large");
        return Ok(None);
    }
    let installed = ensure_packages(what_for);
    let program = paths::end2end().join("node_modules/.bin/wasm-opt");
    match installed {
        Ok(()) if program.is_file() => Ok(Some(program)),
        Ok(()) => bail!("the npm package binaryen has no wasm-opt"),
        Err(error) if required => Err(error),
        Err(error) => {
            progress::warn(&format!("no wasm-opt, the wasm stays about twice as large: {error:#}"));
            Ok(None)
        }
    }
}

/// Returns the path of a Chromium for the browser tests.
pub fn ensure_chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(named.into());
    }
    let find = || ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(paths::program);
    if let Some(found) = find() {
        return Ok(found);
    }
    install::packages(&["chromium"], "testing in a browser")?;
    match find() {
        Some(found) => Ok(found),
        None => bail!("Chromium was installed but is not on the PATH; name it in CHROMIUM"),
    }
}
