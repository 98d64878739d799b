//! The Debian package: the program, a unit of systemd without rights, and settings that a hospital edits.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{command, output};
use crate::paths;

/// Builds `infirmary_VERSION_ARCHITECTURE.deb` in a folder and returns its path. `time` is that of all files, in seconds.
pub fn build(program: &Path, folder: &Path, version: &str, time: &str) -> Result<PathBuf> {
    let architecture = output(command("dpkg").arg("--print-architecture")).context("dpkg is needed to build the package")?;
    let architecture = architecture.trim();
    let work = tempfile::tempdir().context("no temporary folder")?;
    let root = work.path().join("root");
    let assets = paths::root().join("assets/packages");
    put(&root, "usr/bin/infirmary", &fs::read(program)?, 0o755)?;
    put(&root, "usr/lib/systemd/system/infirmary.service", &fs::read(assets.join("infirmary.service"))?, 0o644)?;
    put(&root, "etc/infirmary/infirmary.toml", &fs::read(assets.join("infirmary.toml"))?, 0o640)?;
    for (from, to) in [
        ("README.md", "README.md"),
        ("docs/operations.md", "operations.md"),
        ("docs/alerts.yml", "alerts.yml"),
        ("LICENSE-MIT", "copyright"),
        ("LICENSE-APACHE", "LICENSE-APACHE"),
    ] {
        put(&root, &format!("usr/share/doc/infirmary/{to}"), &fs::read(paths::root().join(from))?, 0o644)?;
    }
    for script in ["postinst", "prerm", "postrm"] {
        put(&root, &format!("DEBIAN/{script}"), &fs::read(assets.join(script))?, 0o755)?;
    }
    put(&root, "DEBIAN/conffiles", b"/etc/infirmary/infirmary.toml\n", 0o644)?;
    let size = kilobytes(&root)?;
    put(&root, "DEBIAN/control", control(version, architecture, &needed(program)?, size).as_bytes(), 0o644)?;
    let file = folder.join(format!("infirmary_{version}_{architecture}.deb"));
    // With this time, dpkg-deb gives the same bytes for the same files.
    let mut build = command("dpkg-deb");
    build.args(["--root-owner-group", "-Zgzip", "--build"]).arg(&root).arg(&file).env("SOURCE_DATE_EPOCH", time);
    output(&mut build)?;
    Ok(file)
}

fn put(root: &Path, path: &str, content: &[u8], mode: u32) -> Result<()> {
    let file = root.join(path);
    let folder = file.parent().context("a file has a folder")?;
    fs::create_dir_all(folder)?;
    // The umask of the workbench may be another.
    let mut above = Some(folder);
    while let Some(one) = above.filter(|one| one.starts_with(root)) {
        fs::set_permissions(one, fs::Permissions::from_mode(0o755))?;
        above = one.parent();
    }
    fs::write(&file, content)?;
    fs::set_permissions(&file, fs::Permissions::from_mode(mode))?;
    Ok(())
}

fn kilobytes(folder: &Path) -> Result<u64> {
    let mut size = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        size += if path.is_dir() { kilobytes(&path)? } else { fs::metadata(&path)?.len().div_ceil(1024) };
    }
    Ok(size)
}

/// The version of the C library that the program needs at least: the newest of its symbols.
fn needed(program: &Path) -> Result<String> {
    let bytes = fs::read(program)?;
    newest_symbol(&bytes).context("the program needs no version of the C library; is it one of Linux?")
}

/// Finds the newest `GLIBC_2.34` in a program.
fn newest_symbol(bytes: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"GLIBC_";
    let version = |at: usize| -> Option<(u32, u32)> {
        let rest = &bytes[at + MARK.len()..];
        let end = rest.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
        let (major, minor) = std::str::from_utf8(&rest[..end]).ok()?.split_once('.')?;
        Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
    };
    let places = bytes.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK).map(|(at, _)| at);
    let (major, minor) = places.filter_map(version).filter(|(major, _)| *major == 2).max()?;
    Some(format!("{major}.{minor}"))
}

fn control(version: &str, architecture: &str, library: &str, size: u64) -> String {
    format!(
        "Package: infirmary\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: Infirmary <infirmary@localhost>\n\
         Installed-Size: {size}\nDepends: libc6 (>= {library}), libgcc-s1, passwd\nRecommends: postgresql-client, age\n\
         Suggests: postgresql, pgbackrest\nSection: misc\nPriority: optional\n\
         Description: hospital management system in one program\n \
         Portal, front desk, queue, consultation, wards, laboratory, pharmacy and billing,\n \
         on SQLite or PostgreSQL.\n"
    )
}

/// Gives a package another version, for a check of upgrades.
pub fn with_version(package: &Path, folder: &Path, version: &str) -> Result<PathBuf> {
    let work = tempfile::tempdir().context("no temporary folder")?;
    let root = work.path().join("root");
    output(command("dpkg-deb").arg("--raw-extract").arg(package).arg(&root))?;
    let control = root.join("DEBIAN/control");
    let text = fs::read_to_string(&control)?;
    let Some(old) = text.lines().find(|line| line.starts_with("Version: ")) else { bail!("the package has no version") };
    fs::write(&control, text.replace(old, &format!("Version: {version}")))?;
    let file = folder.join(format!("infirmary_{version}.deb"));
    output(command("dpkg-deb").args(["--root-owner-group", "-Zgzip", "-z1", "--build"]).arg(&root).arg(&file))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_symbol_decides() {
        assert_eq!(newest_symbol(b"\0GLIBC_2.4\0GLIBC_2.34\0GLIBC_2.9\0GLIBC_PRIVATE\0").as_deref(), Some("2.34"));
        assert_eq!(newest_symbol(b"nothing"), None);
    }

    #[test]
    fn the_unit_and_the_settings_name_the_same_places() {
        let read = |name: &str| fs::read_to_string(paths::root().join("assets/packages").join(name)).unwrap();
        let unit = read("infirmary.service");
        for line in ["User=infirmary", "ProtectSystem=strict", "NoNewPrivileges=yes", "INFIRMARY_CONFIG=/etc/infirmary/infirmary.toml"] {
            assert!(unit.contains(line), "{line}");
        }
        assert!(read("infirmary.toml").contains("sqlite:/var/lib/infirmary/infirmary.db"));
        assert!(!read("postrm").contains("rm -"), "a package never removes records");
        assert!(control("1.0", "amd64", "2.36", 9).contains("libc6 (>= 2.36)"));
    }
}
