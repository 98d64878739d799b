//! Cleans a target folder that many clones share: each clone leaves its own build of the project's two packages there.
//! The dependencies, which the clones share, stay.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

const KEPT_FOR: Duration = Duration::from_hours(48);
const OURS: [&str; 4] = ["infirmary-", "libinfirmary-", "xtask-", "libxtask-"];

/// Removes builds of the project's packages that were not used for days. A file that cannot be removed stays.
pub fn forget_old_builds(target: &Path) {
    forget_before(target, SystemTime::now() - KEPT_FOR);
}

fn forget_before(target: &Path, limit: SystemTime) {
    let folders = |path: &Path| -> Vec<_> {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    };
    // The profiles are `debug` and similar folders, and one level deeper for other targets:
    // `wasm32-unknown-unknown/wasm-dev`.
    let profiles = folders(target).into_iter().flat_map(|first| {
        let mut all = folders(&first);
        all.push(first);
        all
    });
    for profile in profiles {
        for kind in ["deps", ".fingerprint", "build", "incremental"] {
            for entry in fs::read_dir(profile.join(kind)).into_iter().flatten().flatten() {
                let ours = entry.file_name().to_str().is_some_and(|name| OURS.iter().any(|start| name.starts_with(start)));
                let old = entry.metadata().and_then(|data| data.modified()).is_ok_and(|time| time < limit);
                if ours && old {
                    let path = entry.path();
                    if path.is_dir() {
                        fs::remove_dir_all(path).ok()
                    } else {
                        fs::remove_file(path).ok()
                    };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_old_builds_go() {
        let target = tempfile::tempdir().unwrap();
        let deps = target.path().join("debug/deps");
        let wasm = target.path().join("wasm32-unknown-unknown/wasm-dev/deps");
        fs::create_dir_all(&deps).unwrap();
        fs::create_dir_all(&wasm).unwrap();
        fs::write(deps.join("infirmary-1a2b"), "").unwrap();
        fs::write(deps.join("libserde-1a2b.rlib"), "").unwrap();
        fs::write(wasm.join("libinfirmary-1a2b.rlib"), "").unwrap();
        forget_before(target.path(), SystemTime::now() - KEPT_FOR);
        assert!(deps.join("infirmary-1a2b").exists());
        forget_before(target.path(), SystemTime::now() + KEPT_FOR);
        assert!(!deps.join("infirmary-1a2b").exists());
        assert!(!wasm.join("libinfirmary-1a2b.rlib").exists());
        assert!(deps.join("libserde-1a2b.rlib").exists());
    }
}
