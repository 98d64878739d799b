//! The paths of the project, of build results, and of data kept between runs.

use std::env;
use std::path::{Path, PathBuf};

/// Returns the project's folder, wherever `cargo xtask` was called.
pub fn root() -> PathBuf {
    // Cargo also sets the variable for `cargo run`; it is right even when several clones share the target folder.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}

/// Returns Cargo's output folder.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Returns the folder of the site's files: styles, WASM, and the content of `public/`. It is always inside the project,
/// where the server reads it.
pub fn site() -> PathBuf {
    root().join("target/site")
}

/// Returns the folder of the databases that stay from one run to the next.
pub fn data() -> PathBuf {
    root().join("data")
}

/// Returns a folder for data that are deleted at the end of a test: in memory where there is room, because each test copies a whole
/// database and no test asks what a power failure leaves.
pub fn short_lived() -> PathBuf {
    const NEEDED: u64 = 8 << 30;
    let memory = Path::new("/dev/shm");
    let room = rustix::fs::statvfs(memory).map_or(0, |about| about.f_bavail.saturating_mul(about.f_frsize));
    if room >= NEEDED { memory.to_path_buf() } else { env::temp_dir() }
}

/// Returns the folder of the browser tests.
pub fn end2end() -> PathBuf {
    root().join("end2end")
}

/// Returns the path of a program with this name on the `PATH`.
pub fn program(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn leptos_is_told_the_same_twice() {
        let table = |file: &str| -> Vec<String> {
            let text = fs::read_to_string(root().join(file)).unwrap();
            let lines = text.lines().map(str::trim).skip_while(|line| *line != "[package.metadata.leptos]").skip(1);
            lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        };
        assert!(!table("Leptos.toml").is_empty());
        assert_eq!(table("Leptos.toml"), table("Cargo.toml"));
    }
}
