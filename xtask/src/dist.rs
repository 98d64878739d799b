//! `cargo xtask dist`: builds one binary that contains all files.

use std::fs;

use anyhow::{Context, Result};

use crate::server::Build;
use crate::site::Care;
use crate::{paths, progress, server, site};

/// Builds `target/dist/infirmary`.
pub fn run() -> Result<()> {
    site::build(Care::Smallest)?;
    let built = server::build(Build::Packed)?;
    let folder = paths::root().join("target/dist");
    fs::create_dir_all(&folder)?;
    let target = folder.join("infirmary");
    let partial = folder.join("infirmary.partial");
    fs::copy(&built, &partial).with_context(|| format!("cannot copy {}", built.display()))?;
    fs::rename(&partial, &target)?;
    progress::header("Ready");
    println!("{} ({} MB)", target.display(), fs::metadata(&target)?.len() / 1_000_000);
    Ok(())
}
