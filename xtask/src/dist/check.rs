//! `cargo xtask dist --check`: installs the package in a fresh Debian, starts it, works in it, upgrades it and removes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::package;
use crate::command::{Running, command, output, stopping};
use crate::http::Client;
use crate::postgres::free_port;
use crate::server::wait_until_ready;
use crate::{install, paths, progress, python};

const SUITE: &str = "bookworm";
/// The exposure that `systemd-analyze security` may find at most, in tenths.
const EXPOSURE: &str = "20";
const VALIDATOR: &str = "cyclonedx-python-lib[json-validation]==11.6.0";

/// A Debian in a folder.
struct Chroot {
    root: PathBuf,
}

impl Chroot {
    fn make(folder: &Path) -> Result<Self> {
        if paths::program("mmdebstrap").is_none() {
            install::packages(&["mmdebstrap"], "the check of the package")?;
        }
        let root = folder.join("debian");
        let mut make = command("mmdebstrap");
        make.args(["--variant=minbase", "--include=systemd", "--quiet", SUITE]).arg(&root);
        progress::step("Making a fresh Debian", || output(&mut make))?;
        Ok(Self { root })
    }

    fn call(&self, arguments: &[&str]) -> Command {
        let mut call = command("chroot");
        call.arg(&self.root).args(arguments).env("LC_ALL", "C.UTF-8").env("DEBIAN_FRONTEND", "noninteractive");
        call
    }

    fn install(&self, package: &Path) -> Result<String> {
        fs::copy(package, self.root.join("root/infirmary.deb"))?;
        output(&mut self.call(&["dpkg", "--install", "/root/infirmary.deb"]))
    }

    /// Starts the installed program as its unit does, without the sandbox, which needs a running systemd.
    fn serve(&self, port: u16) -> Result<Running> {
        let start = format!(
            "cd /var/lib/infirmary && INFIRMARY_CONFIG=/etc/infirmary/infirmary.toml INFIRMARY_ADDRESS=127.0.0.1:{port} exec /usr/bin/infirmary serve"
        );
        let mut serve =
            self.call(&["setpriv", "--reuid=infirmary", "--regid=infirmary", "--clear-groups", "--no-new-privs", "sh", "-c", &start]);
        let mut server = Running::start(serve.stdout(Stdio::null()).stderr(Stdio::null()))?;
        wait_until_ready(&mut server, port)?;
        Ok(server)
    }
}

/// Checks what lies in `target/dist`.
pub fn run(folder: &Path) -> Result<()> {
    if !install::is_root() {
        bail!("the check of the package makes a Debian in a folder, which only root may: run it as root");
    }
    let package = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .context("there is no package; `cargo xtask dist` makes one")?;
    output(command("sha256sum").args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(folder)).context("the checksums")?;
    bill(&folder.join("infirmary.cdx.json"))?;
    let work = tempfile::tempdir().context("no temporary folder")?;
    let chroot = Chroot::make(work.path())?;
    chroot.install(&package)?;
    let unit = "/usr/lib/systemd/system/infirmary.service";
    output(&mut chroot.call(&["systemd-analyze", "verify", unit])).context("the unit")?;
    let exposure = output(&mut chroot.call(&[
        "systemd-analyze",
        "security",
        "--offline=yes",
        "--no-pager",
        &format!("--threshold={EXPOSURE}"),
        unit,
    ]))?;
    progress::note(exposure.lines().rfind(|line| line.contains("Overall exposure")).unwrap_or_default().trim());

    let port = free_port()?;
    let demo = "cd /var/lib/infirmary && INFIRMARY_CONFIG=/etc/infirmary/infirmary.toml exec /usr/bin/infirmary demo";
    output(&mut chroot.call(&["setpriv", "--reuid=infirmary", "--regid=infirmary", "--clear-groups", "sh", "-c", demo]))?;
    let server = chroot.serve(port)?;
    let before = patients(port)?;
    progress::note(&format!("installed and started; a receptionist found {before} patients"));
    upgrade(&chroot, &package, work.path(), server, port, before)?;

    output(&mut chroot.call(&["dpkg", "--purge", "infirmary"]))?;
    for (path, stays) in
        [("usr/bin/infirmary", false), ("var/lib/infirmary/infirmary.db", true), ("var/lib/infirmary/infirmary.db.keys", true)]
    {
        if chroot.root.join(path).exists() != stays {
            bail!("after the removal /{path} {}", if stays { "is gone" } else { "is still there" });
        }
    }
    println!("the package was installed in a fresh Debian ({SUITE}), started, used, upgraded and removed; the records stayed");
    Ok(())
}

/// Installs a newer version over a database that is in use.
fn upgrade(chroot: &Chroot, package: &Path, work: &Path, mut server: Running, port: u16, before: usize) -> Result<()> {
    let settings = chroot.root.join("etc/infirmary/infirmary.toml");
    let edited = fs::read_to_string(&settings)? + "session_hours = 11\n";
    fs::write(&settings, &edited)?;
    let newer = package::with_version(package, work, &format!("{}+1", env!("CARGO_PKG_VERSION")))?;
    chroot.install(&newer)?;
    server.stop();
    if fs::read_to_string(&settings)? != edited {
        bail!("the upgrade changed the hospital's settings");
    }
    let again = chroot.serve(port)?;
    let after = patients(port)?;
    if after != before {
        bail!("{before} patients became {after} by the upgrade");
    }
    drop(again);
    progress::note("upgraded: the settings and the records are those of before");
    Ok(())
}

/// Signs in as the receptionist and counts the patients that a search finds.
fn patients(port: u16) -> Result<usize> {
    let cookie = Client::sign_in(port, "reception", "infirmary-demo")?;
    let begun = Instant::now();
    loop {
        let found = Client::open(port, &cookie)?.call("/api/patients/search", "text=a")?;
        let list: serde_json::Value = serde_json::from_slice(&found.body).context("no list of patients")?;
        let count = list.as_array().map_or(0, Vec::len);
        if count > 0 {
            return Ok(count);
        }
        if begun.elapsed() > Duration::from_secs(20) || stopping() {
            bail!("the search found nobody");
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// Checks the bill of materials against the schema, with another implementation.
fn bill(file: &Path) -> Result<()> {
    let python = python::with(VALIDATOR, "the check of the bill of materials")?.join("python");
    let script = "import sys\nfrom cyclonedx.validation.json import JsonStrictValidator\nfrom cyclonedx.schema import SchemaVersion\n\
                  error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(open(sys.argv[1]).read())\nsys.exit(str(error) if error else 0)";
    output(command(python).args(["-c", script]).arg(file)).map(drop).context("the bill of materials")
}
