//! Installs the target `wasm32-unknown-unknown` for the Rust toolchain in use.
//!
//! `rustup` downloads it where possible. Otherwise (Rust from another source, or no connection to rustup's server), the
//! workbench builds the standard library from Debian's `rust-src` package of the same version and copies it to the folder
//! where `rustc` expects it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, command, output};
use crate::{paths, progress};

/// The target of the browser.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that Rust can compile for the browser.
pub fn ensure_target() -> Result<()> {
    let library = library_folder()?;
    if has_std(&library) {
        return Ok(());
    }
    let by_rustup = progress::step("Adding Rust's wasm target", add_with_rustup);
    let Err(rustup_error) = by_rustup else {
        if has_std(&library) {
            return Ok(());
        }
        bail!("rustup added {TARGET} to another toolchain than the one in use; see `rustup show`");
    };
    progress::note("rustup cannot; building the target from Debian's rust-src package");
    build_from_debian(&library).with_context(|| {
        format!(
            "Rust cannot build for the browser. Two ways were tried.\n\
             1. `rustup target add {TARGET}`: {rustup_error:#}\n\
             2. the standard library from Debian's rust-src package, failed as told below.\n\
             Install the target for `{}` and try again",
            rustc_version().unwrap_or_default()
        )
    })?;
    if !has_std(&library) {
        bail!("the wasm target was built, but {} holds no standard library", library.display());
    }
    Ok(())
}

fn add_with_rustup() -> Result<()> {
    if paths::program("rustup").is_none() {
        bail!("there is no rustup");
    }
    output(command("rustup").args(["target", "add", TARGET])).map(drop)
}

/// Returns `…/lib/rustlib/wasm32-unknown-unknown/lib` of the toolchain in use.
fn library_folder() -> Result<PathBuf> {
    let sysroot = output(command("rustc").args(["--print", "sysroot"]))?;
    Ok(Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).join("lib"))
}

fn has_std(library: &Path) -> bool {
    fs::read_dir(library).is_ok_and(|files| {
        files.filter_map(Result::ok).any(|file| {
            let name = file.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        })
    })
}

/// Returns the version of `rustc`, such as `1.95.0`.
fn rustc_version() -> Result<String> {
    let text = output(command("rustc").arg("--version"))?;
    text.split_whitespace().nth(1).map(str::to_owned).context("rustc does not tell its version")
}

fn build_from_debian(library: &Path) -> Result<()> {
    let version = rustc_version()?;
    let work = tempfile::tempdir().context("no temporary folder")?;
    let work = work.path();
    let package = progress::step(&format!("Fetching rust-src {version}"), || fetch_rust_src(&version, work))?;
    let source = work.join("source");
    output(command("dpkg-deb").arg("-x").arg(&package).arg(&source))?;
    let source = source.join(format!("usr/src/rustc-{version}/library"));
    if !source.join("std/Cargo.toml").is_file() {
        bail!("the package holds no standard library at {}", source.display());
    }
    let built = progress::step("Building the standard library for wasm", || build_std(&source, work))?;
    // The folder is renamed only when it is complete: the next call would take a partly filled folder for a complete
    // one.
    let partial = library.with_extension("partial");
    fs::create_dir_all(&partial).with_context(|| format!("cannot create {}", partial.display()))?;
    for file in built {
        let name = file.file_name().context("a library without a name")?;
        fs::copy(&file, partial.join(name)).with_context(|| format!("cannot write to {}", partial.display()))?;
    }
    fs::rename(&partial, library).with_context(|| format!("cannot write to {}", library.display()))
}

/// Downloads the package with a separate apt configuration, so that the machine's is not changed.
fn fetch_rust_src(version: &str, work: &Path) -> Result<PathBuf> {
    let (mirror, keyring) = debian_mirror().context("no Debian mirror among the machine's apt sources")?;
    let signed = keyring.map(|file| format!("[signed-by={file}] ")).unwrap_or_default();
    let mut errors = Vec::new();
    for suite in ["trixie-backports", "forky", "sid", "trixie"] {
        let folder = work.join(suite);
        for sub in ["lists/partial", "cache/archives/partial", "package"] {
            fs::create_dir_all(folder.join(sub))?;
        }
        let sources = folder.join("sources.list");
        fs::write(&sources, format!("deb {signed}{mirror} {suite} main\n"))?;
        let apt = |arguments: &[&str]| {
            let mut apt = command("apt-get");
            for option in [
                format!("Dir::Etc::SourceList={}", sources.display()),
                "Dir::Etc::SourceParts=/dev/null".to_owned(),
                format!("Dir::State::Lists={}", folder.join("lists").display()),
                format!("Dir::Cache={}", folder.join("cache").display()),
                "APT::Sandbox::User=root".to_owned(),
            ] {
                apt.args(["-o", &option]);
            }
            output(apt.current_dir(folder.join("package")).args(arguments))
        };
        let fetched = apt(&["update", "-q"]).and_then(|_| apt(&["download", "-q", &format!("rust-src={version}*")]));
        match fetched {
            Ok(_) => {
                let mut files = fs::read_dir(folder.join("package"))?.filter_map(Result::ok);
                return files.next().map(|file| file.path()).context("apt downloaded nothing");
            }
            Err(error) => errors.push(format!("{suite}: {}", error.to_string().lines().last().unwrap_or_default())),
        }
    }
    bail!("no rust-src {version} at {mirror} ({})", errors.join("; "))
}

/// Returns the mirror that the machine already uses, and its keyring.
fn debian_mirror() -> Option<(String, Option<String>)> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    files.extend(fs::read_dir("/etc/apt/sources.list.d").ok()?.filter_map(Result::ok).map(|entry| entry.path()));
    files.iter().filter_map(|file| fs::read_to_string(file).ok()).find_map(|text| mirror_in(&text))
}

/// Parses both forms of an apt source: a `deb` line, and a stanza with `URIs:` and `Signed-By:`.
fn mirror_in(text: &str) -> Option<(String, Option<String>)> {
    let is_debian = |uri: &str| uri.trim_end_matches('/').ends_with("/debian");
    for stanza in text.split("\n\n") {
        let field = |name: &str| {
            stanza.lines().find_map(|line| line.strip_prefix(name)).and_then(|v| v.split_whitespace().next()).map(str::to_owned)
        };
        if let Some(uri) = field("URIs:").filter(|uri| is_debian(uri)) {
            return Some((uri, field("Signed-By:").filter(|key| key.starts_with('/'))));
        }
        for line in stanza.lines().filter(|line| line.starts_with("deb ")) {
            if let Some(uri) = line.split_whitespace().find(|word| is_debian(word)) {
                let key = line.split_once("signed-by=").and_then(|(_, rest)| rest.split([']', ' ']).next());
                return Some((uri.to_owned(), key.map(str::to_owned)));
            }
        }
    }
    None
}

/// Builds `std` with an empty crate and returns its libraries.
fn build_std(source: &Path, work: &Path) -> Result<Vec<PathBuf>> {
    let empty = work.join("empty");
    fs::create_dir_all(empty.join("src"))?;
    fs::write(empty.join("Cargo.toml"), "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[lib]\n[workspace]\n")?;
    fs::write(empty.join("src/lib.rs"), "#![no_std]\n")?;
    let target = work.join("target");
    output(
        cargo(&["build", "--release", "--target", TARGET, "-Zbuild-std=std,panic_abort"])
            .current_dir(&empty)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("__CARGO_TESTS_ONLY_SRC_ROOT", source)
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTFLAGS", ""),
    )?;
    let libraries = fs::read_dir(target.join(TARGET).join("release/deps"))?
        .filter_map(Result::ok)
        .map(|file| file.path())
        .filter(|file| file.extension().is_some_and(|e| e == "rlib"))
        .filter(|file| !file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libempty")))
        .collect();
    Ok(libraries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_read_from_both_forms() {
        let stanza = "Types: deb\nURIs: http://deb.example.org/security/\n\nTypes: deb\n# a comment\nURIs: http://deb.example.org/debian\nSigned-By: /usr/share/keyrings/d.gpg\n";
        assert_eq!(mirror_in(stanza), Some(("http://deb.example.org/debian".into(), Some("/usr/share/keyrings/d.gpg".into()))));
        let line = "deb [signed-by=/k.gpg] https://m.example.org/debian/ trixie main\n";
        assert_eq!(mirror_in(line), Some(("https://m.example.org/debian/".into(), Some("/k.gpg".into()))));
        assert_eq!(mirror_in("deb https://m.example.org/other stable main\n"), None);
    }
}
