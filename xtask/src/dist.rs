//! `cargo xtask dist`: builds one binary that contains all files, and what a hospital installs: a Debian package, a container file, a bill
//! of materials and signed checksums.

mod check;
mod package;
mod sbom;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::command::{command, output};
use crate::server::Build;
use crate::site::Care;
use crate::{paths, progress, server, site};

/// The environment variable with the path of an OpenSSH key that signs the checksums.
const KEY: &str = "INFIRMARY_SIGNING_KEY";
/// The namespace of the signatures: one for another purpose is not taken for one of these.
const NAMESPACE: &str = "infirmary";

/// Builds everything in `target/dist`; with `check` also installs it in a fresh Debian.
pub fn run(checked: bool) -> Result<()> {
    site::build(Care::Smallest)?;
    let built = server::build(Build::Packed)?;
    let folder = paths::root().join("target/dist");
    pack(&built, &folder)?;
    progress::header("Ready");
    let target = folder.join("infirmary");
    println!("{} ({} MB)", target.display(), fs::metadata(&target)?.len() / 1_000_000);
    if checked { check::run(&folder) } else { Ok(()) }
}

/// Makes all files of a release from a built program. The same program gives the same bytes.
pub fn pack(built: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let target = folder.join("infirmary");
    let partial = folder.join("infirmary.partial");
    fs::copy(built, &partial).with_context(|| format!("cannot copy {}", built.display()))?;
    fs::rename(&partial, &target)?;
    let time = commit_time()?;
    let version = env!("CARGO_PKG_VERSION");
    let package = progress::step("The Debian package", || package::build(&target, folder, version, &time))?;
    fs::copy(paths::root().join("assets/packages/Containerfile"), folder.join("Containerfile"))?;
    progress::step("The bill of materials", || {
        fs::write(folder.join("infirmary.cdx.json"), sbom::make(version, &time)?).map_err(Into::into)
    })?;
    let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
    sums(folder, &["Containerfile", "infirmary", "infirmary.cdx.json", &name])
}

/// The seconds of the commit: all times in the files are this one.
fn commit_time() -> Result<String> {
    let said = output(command("git").args(["log", "-1", "--format=%ct"])).context("the time of the commit")?;
    Ok(said.trim().to_owned())
}

/// Writes `SHA256SUMS`, and signs it when a key is named.
fn sums(folder: &Path, files: &[&str]) -> Result<()> {
    let said = output(command("sha256sum").arg("--").args(files).current_dir(folder))?;
    let sums = folder.join("SHA256SUMS");
    let signature = folder.join("SHA256SUMS.sig");
    fs::write(&sums, said)?;
    if signature.exists() {
        fs::remove_file(&signature)?;
    }
    match std::env::var_os(KEY) {
        Some(key) => {
            output(command("ssh-keygen").args(["-Y", "sign", "-n", NAMESPACE, "-f"]).arg(key).arg(&sums))
                .context("signing the checksums")?;
            progress::note("SHA256SUMS is signed: ssh-keygen -Y verify -f SIGNERS -I NAME -n infirmary -s SHA256SUMS.sig < SHA256SUMS");
        }
        None => progress::warn(&format!("SHA256SUMS is not signed: {KEY} names no OpenSSH key")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_signed_and_a_changed_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        if output(command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "tests", "-f"]).arg(&key)).is_err() {
            println!("skipped: ssh-keygen is not installed");
            return;
        }
        fs::write(folder.path().join("a"), "one").unwrap();
        sums(folder.path(), &["a"]).unwrap();
        let sums = folder.path().join("SHA256SUMS");
        assert_eq!(fs::read_to_string(&sums).unwrap(), "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed  a\n");
        output(command("ssh-keygen").args(["-Y", "sign", "-n", NAMESPACE, "-f"]).arg(&key).arg(&sums)).unwrap();
        let public = fs::read_to_string(folder.path().join("key.pub")).unwrap();
        let signers = folder.path().join("signers");
        fs::write(&signers, format!("tests {public}")).unwrap();
        let verified = || {
            let mut verify = command("sh");
            verify
                .args(["-c", "ssh-keygen -Y verify -f \"$1\" -I tests -n infirmary -s \"$2.sig\" < \"$2\"", "sh"])
                .arg(&signers)
                .arg(&sums);
            output(&mut verify).is_ok()
        };
        assert!(verified());
        fs::write(&sums, "0000  a\n").unwrap();
        assert!(!verified());
    }
}
