//! Installs the Python programs and packages that a check needs, in a separate folder in `target`, without changing the
//! machine's Python.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::{command, output, run};
use crate::{install, paths};

/// Returns the folder `bin` of an environment with exactly this package (`name==version`), which is created once.
pub fn with(package: &str, what_for: &str) -> Result<PathBuf> {
    let folder = paths::target().join("python").join(package.replace("==", "-").replace(['[', ']'], "_"));
    let bin = folder.join("bin");
    // `pip freeze` leaves out the extras: `moto[server]==5` is listed as `moto==5`.
    let plain = match (package.find('['), package.find(']')) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &package[..from], &package[to + 1..]),
        _ => package.to_owned(),
    };
    let wanted = |bin: &PathBuf| {
        let frozen = output(command(bin.join("python")).args(["-m", "pip", "freeze", "--disable-pip-version-check"]));
        frozen.is_ok_and(|list| list.lines().any(|line| line.eq_ignore_ascii_case(&plain)))
    };
    if bin.join("python").is_file() && wanted(&bin) {
        return Ok(bin);
    }
    let make = || run(command("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    if make().is_err() {
        install::packages(&["python3", "python3-venv"], what_for)?;
        make()?;
    }
    run(command(bin.join("python")).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package]))?;
    Ok(bin)
}
