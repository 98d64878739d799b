//! Sets the owner of files with keys. A command run by the root user creates files that only root can read, and the server, which runs
//! as another user, could no longer start. So such a file gets the owner of the file that it replaces, or of its folder.

use std::path::Path;

/// Gives a file that the root user created to the owner and group of its folder.
///
/// # Errors
/// A sentence: the system refuses.
pub fn give_to_folder(file: &Path) -> Result<(), String> {
    give(file, folder_of(file))
}

/// Like [`give_to_folder`], for a file that replaces `former`: it gets the owner of that file, if it exists.
///
/// # Errors
/// As [`give_to_folder`].
pub(super) fn give_as(file: &Path, former: &Path) -> Result<(), String> {
    give(file, if former.exists() { former } else { folder_of(file) })
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn give(file: &Path, like: &Path) -> Result<(), String> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    const ROOT: u32 = 0;
    let about = |path: &Path| std::fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()));
    let (made, wanted) = (about(file)?, about(like)?);
    if made.uid() != ROOT || wanted.uid() == ROOT {
        return Ok(());
    }
    chown(file, Some(wanted.uid()), Some(wanted.gid())).map_err(|error| {
        format!(
            "{}: the root user made this file, and the server, which runs as user {}, cannot read it: run the command as that user, or chown \
             the file ({error})",
            file.display(),
            wanted.uid()
        )
    })
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as the other one")]
fn give(_: &Path, _: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

    use crate::keys::Source;

    /// The test is complete where tests run as root, as in a container; other users cannot change a file's owner.
    #[test]
    fn a_key_file_that_root_makes_or_changes_belongs_to_the_user_of_the_server() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        let source = Source::File(path.clone());
        let served_by = chown(folder.path(), Some(65_534), Some(65_534)).is_ok();
        let owner = || {
            let about = std::fs::metadata(&path).expect("there");
            (about.uid(), about.gid(), about.permissions().mode() & 0o777)
        };
        source.make().expect("made");
        let (user, group, _) = owner();
        assert!(!served_by || (user, group) == (65_534, 65_534), "{user}:{group}");
        if served_by {
            chown(&path, Some(65_533), Some(65_533)).expect("given");
        }
        let before = owner();
        assert_eq!(before.2, 0o600);
        source.add(2).expect("added");
        assert_eq!(owner(), before, "a change keeps the owner");
        assert_eq!(source.advance(2, Some(2)), Ok(None));
        assert_eq!(owner(), before);
        // This folder belongs to root.
        let own = folder.path().join("own");
        std::fs::create_dir(&own).expect("a folder");
        let source = Source::File(own.join("keys"));
        source.make().expect("made");
        assert_eq!(std::fs::metadata(own.join("keys")).expect("there").uid(), std::fs::metadata(&own).expect("there").uid());
    }
}
