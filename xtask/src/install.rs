//! Installs required Debian packages, as root or with `sudo`, or prints which packages are needed.

use std::io::IsTerminal;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::command::{command, output, run};
use crate::{paths, progress};

/// Whether the workbench runs as root.
pub fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

/// Installs Debian packages, or returns an error that names them and their purpose.
pub fn packages(names: &[&str], what_for: &str) -> Result<()> {
    let list = names.join(" ");
    let request = format!("{what_for} needs the package(s) {list}. Please install: apt-get install {list}");
    if paths::program("apt-get").is_none() {
        bail!("{request} (or what your system calls them)");
    }
    if !may_install() {
        bail!("{request} (this user may not)");
    }
    progress::note(&format!("Installing {list} ({what_for})"));
    let install = || run(as_root("apt-get").args(["install", "-y", "-q", "--no-install-recommends"]).args(names));
    if install().is_err() {
        // The package lists may be missing or old.
        run(as_root("apt-get").args(["update", "-q"]))?;
        if let Err(error) = install() {
            bail!("{request} ({error:#})");
        }
    }
    Ok(())
}

fn may_install() -> bool {
    is_root()
        || (paths::program("sudo").is_some() && (std::io::stdin().is_terminal() || output(command("sudo").args(["-n", "true"])).is_ok()))
}

fn as_root(program: &str) -> Command {
    if is_root() {
        let mut install = command(program);
        install.env("DEBIAN_FRONTEND", "noninteractive");
        return install;
    }
    // `sudo` stays in the terminal's process group, because it may ask for a password.
    let mut sudo = Command::new("sudo");
    sudo.args(["env", "DEBIAN_FRONTEND=noninteractive", program]);
    if !std::io::stdin().is_terminal() {
        sudo.stdin(Stdio::null());
    }
    sudo
}
