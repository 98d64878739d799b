//! Where things are: the project, what is built, what is kept between runs.

use std::env;
use std::path::{Path, PathBuf};

/// The project's folder, whatever folder `cargo xtask` was called from.
pub fn root() -> PathBuf {
    // Cargo sets the variable for `cargo run` too; it is right even when the target folder is shared by several clones.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| manifest.clone(), Path::to_path_buf)
}

/// Cargo's output folder.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// The site's files: styles, the browser's half, what `public/` holds. Always inside the project, where the server looks.
pub fn site() -> PathBuf {
    root().join("target/site")
}

/// Databases that stay from one run to the next.
pub fn data() -> PathBuf {
    root().join("data")
}

/// The browser tests.
pub fn end2end() -> PathBuf {
    root().join("end2end")
}

/// Is there a program of this name on the `PATH`?
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
