//! Reads keys from a file that only its owner can read, or from the environment. Each line (or each part between commas) is one
//! version: its number, a colon, 64 hexadecimal digits. `current:` with a version means that nothing is encrypted with an older
//! version, and `oldest:` that rows of older versions are not decrypted: an attacker who can write to the database cannot choose an
//! older key. Without these lines the highest version is current and the lowest is the oldest. Lines that begin with `#` are
//! comments.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{Secret, owner::give_as};

const HEAD: &str = "# The keys of an Infirmary database, one version a line. Without them its sealed fields cannot be read by anybody.
# Keep a copy away from the copies of the database. Versions before `oldest` open older backups: with a copy of this file that says
# the version of the backup in both its lines `current` and `oldest`.
";

/// The keys of a source.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySet {
    pub versions: BTreeMap<u32, Secret>,
    /// The version below which nothing is encrypted.
    pub current: u32,
    /// The version below which rows are not decrypted.
    pub oldest: u32,
}

/// Prints no key.
impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeySet({:?}, current {}, oldest {})", self.versions.keys(), self.current, self.oldest)
    }
}

/// The place of a database's keys.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    File(PathBuf),
    /// The text of the setting.
    Setting(Zeroizing<String>),
}

/// Prints no key.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}

impl Source {
    /// The name for messages.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Setting(_) => "the setting `keys`".to_owned(),
        }
    }

    /// Whether the source exists.
    pub fn exists(&self) -> bool {
        match self {
            Self::File(path) => path.exists(),
            Self::Setting(_) => true,
        }
    }

    /// Reads all versions of the key.
    ///
    /// # Errors
    /// A sentence: the source does not exist, other users can read it, or a line is not a key.
    pub fn read(&self) -> Result<KeySet, String> {
        let text = match self {
            Self::Setting(text) => text.clone(),
            Self::File(path) => {
                refuse_open_file(path)?;
                Zeroizing::new(fs::read_to_string(path).map_err(|error| told(path, &error))?)
            }
        };
        let (mut versions, mut current, mut oldest) = (BTreeMap::new(), None, None);
        let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.starts_with('#'));
        for (number, line) in lines.flat_map(|(number, line)| line.split(',').map(move |one| (number, one.trim()))) {
            if line.is_empty() {
                continue;
            }
            let wrong = || {
                format!(
                    "{}, line {}: a version, a colon and 64 hexadecimal digits are expected, or `current:` or `oldest:` and a version",
                    self.name(),
                    number + 1
                )
            };
            let (name, value) = line.split_once(':').map(|(name, value)| (name.trim(), value.trim())).ok_or_else(wrong)?;
            let version = |text: &str| text.parse::<u32>().ok().filter(|version| *version > 0);
            let twice = match name {
                "current" => current.replace(version(value).ok_or_else(wrong)?).is_some(),
                "oldest" => oldest.replace(version(value).ok_or_else(wrong)?).is_some(),
                name => {
                    let (version, key) = version(name).zip(parse(value)).ok_or_else(wrong)?;
                    versions.insert(version, key).is_some()
                }
            };
            if twice {
                return Err(format!("{}: `{name}:` stands there twice", self.name()));
            }
        }
        let (Some((lowest, _)), Some((highest, _))) = (versions.first_key_value(), versions.last_key_value()) else {
            return Err(format!("{}: there is no key in it", self.name()));
        };
        let current = current.unwrap_or(*highest);
        let oldest = oldest.unwrap_or(current.min(*lowest));
        if !versions.contains_key(&current) {
            return Err(format!("{}: version {current} is current, and its key is not there", self.name()));
        }
        if oldest > current {
            return Err(format!("{}: version {oldest} is the oldest, and {current} is current", self.name()));
        }
        Ok(KeySet { versions, current, oldest })
    }

    /// Creates a file with a first key. If another program has just created the file, that file is kept.
    ///
    /// # Errors
    /// A sentence: the file cannot be written, or the keys come from a setting.
    pub fn make(&self) -> Result<(), String> {
        let Self::File(path) = self else { return Err("keys that come from a setting are made by whoever sets it".to_owned()) };
        let new = write_aside(path, &KeySet { versions: BTreeMap::from([(1, generate()?)]), current: 1, oldest: 1 })?;
        // Unlike a rename, a hard link does not replace an existing file.
        let made = fs::hard_link(&new, path);
        fs::remove_file(&new).map_err(|error| told(&new, &error))?;
        match made {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(told(path, &error)),
            _ => sync_folder(path),
        }
    }

    /// Adds a version to the file; the current version stays current.
    ///
    /// # Errors
    /// A sentence: the file cannot be written, or the keys come from a setting.
    pub fn add(&self, version: u32) -> Result<(), String> {
        let set = self.read()?;
        let Self::File(path) = self else {
            let current = set.current;
            return Err(format!(
                "the keys come from a setting: add `{version}:` and 64 random hexadecimal digits (openssl rand -hex 32) to it everywhere, and \
                 `current:{current}`, start the servers anew, and rotate again. Once that is done, take `current:{current}` out"
            ));
        };
        let mut set = set;
        let current = set.current;
        set.versions.insert(version, generate()?);
        write(path, &set).map_err(|error| {
            format!(
                "the new key cannot be written ({error}): add a line with `{version}:` and 64 random hexadecimal digits (openssl rand -hex 32) and \
                 the line `current:{current}` to {} by hand, and rotate again",
                self.name()
            )
        })
    }

    /// Records in the file that nothing is encrypted with a version before `current`, and that rows of versions before `oldest` are not
    /// decrypted. A setting is left to its administrator: without such lines its highest version is current. A file that already has
    /// these values is not written; where it cannot be written, the function returns the lines that the administrator must write.
    ///
    /// # Errors
    /// A sentence: the file cannot be read.
    pub fn advance(&self, current: u32, oldest: Option<u32>) -> Result<Option<String>, String> {
        let Self::File(path) = self else { return Ok(None) };
        let set = self.read()?;
        let new = KeySet { current: current.max(set.current), oldest: oldest.unwrap_or(0).max(set.oldest), ..set.clone() };
        if new == set && self.says_versions()? {
            return Ok(None);
        }
        Ok(write(path, &new).err().map(|error| {
            tracing::warn!(error, "the file of keys cannot be written");
            format!(
                "{} cannot be written ({error}). Write the lines `current:{}` and `oldest:{}` into it by hand, in the place of those that are \
                 there: until then a person who writes to the database can use an older key again",
                self.name(),
                new.current,
                new.oldest
            )
        }))
    }

    /// Whether the file has the lines `current` and `oldest`, instead of defaults from its versions.
    fn says_versions(&self) -> Result<bool, String> {
        let Self::File(path) = self else { return Ok(false) };
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| told(path, &error))?);
        let says = |name: &str| text.lines().any(|line| line.trim().starts_with(name));
        Ok(says("current:") && says("oldest:"))
    }
}

/// Returns 32 random bytes.
///
/// # Errors
/// A sentence: the system has no random bytes.
pub fn generate() -> Result<Secret, String> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(&mut secret[..]).map_err(|error| format!("no random bytes: {error}"))?;
    Ok(secret)
}

fn told(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Replaces the file.
fn write(path: &Path, set: &KeySet) -> Result<(), String> {
    let new = write_aside(path, set)?;
    fs::rename(&new, path).map_err(|error| told(path, &error))?;
    sync_folder(path)
}

/// Writes the complete new file beside the old one; only its owner can read it.
fn write_aside(path: &Path, set: &KeySet) -> Result<PathBuf, String> {
    let mut text = Zeroizing::new(HEAD.to_owned());
    let _ = writeln!(text, "current:{}\noldest:{}", set.current, set.oldest);
    for (version, key) in &set.versions {
        let _ = write!(text, "{version}:");
        for byte in &key[..] {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| told(folder, &error))?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", uuid::Uuid::new_v4().simple()));
    let new = PathBuf::from(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options.open(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| told(&new, &error))?;
    let given = give_as(&new, path);
    if given.is_err() {
        fs::remove_file(&new).map_err(|error| told(&new, &error))?;
    }
    given?;
    Ok(new)
}

/// Flushes the folder to disk: a new file name is durable only then.
fn sync_folder(path: &Path) -> Result<(), String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| told(folder, &error))
}

#[cfg(unix)]
fn refuse_open_file(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_err(|error| told(path, &error))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(format!(
            "{}: others may read these keys (mode {:o}): chmod 600, and think of rotating them",
            path.display(),
            mode & 0o777
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_open_file(_: &Path) -> Result<(), String> {
    Ok(())
}

/// Parses 32 bytes in hexadecimal.
pub(super) fn parse(hex: &str) -> Option<Secret> {
    let mut secret = Zeroizing::new([0; 32]);
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in secret.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_once_grows_and_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/keys");
        let source = Source::File(path.clone());
        assert!(source.read().expect_err("not there").contains("keys"));
        source.make().expect("made");
        let first = source.read().expect("read");
        source.make().expect("there already");
        assert_eq!(source.read().expect("read"), first, "what is there holds");
        source.add(2).expect("added");
        let both = source.read().expect("read");
        assert_eq!((both.versions.len(), both.versions.get(&1)), (2, first.versions.get(&1)));
        assert_eq!((both.current, both.oldest), (1, 1), "the new version is only there");
        assert_eq!(source.advance(2, None), Ok(None));
        assert_eq!(source.advance(1, Some(2)), Ok(None));
        let after = source.read().expect("read");
        assert_eq!((after.current, after.oldest), (2, 2), "never back");
        assert_eq!(fs::read_dir(folder.path().join("new")).expect("a folder").count(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
            assert!(source.read().expect_err("refused").contains("chmod 600"));
        }
    }

    #[test]
    fn what_is_no_key_is_named() {
        let read = |text: &str| Source::Setting(Zeroizing::new(text.to_owned())).read();
        let key = "0f".repeat(32);
        let both = format!("1:{key}, 2: {key}");
        let said = |text: &str| read(text).map(|set| (set.versions.len(), set.current, set.oldest));
        assert_eq!(said(&both), Ok((2, 2, 1)), "a file of before, or a setting");
        assert_eq!(said(&format!("{both},current:1")), Ok((2, 1, 1)));
        assert_eq!(said(&format!("current: 2\noldest: 2\n{both}")), Ok((2, 2, 2)));
        for wrong in [
            String::new(),
            key.clone(),
            format!("0:{key}"),
            format!("1:{key}0"),
            format!("1:{key},1:{key}"),
            "1:xyz".to_owned(),
            "current:1".to_owned(),
            format!("{both},current:3"),
            format!("{both},current:1,oldest:2"),
            format!("{both},current:1,current:1"),
            format!("{both},current:x"),
            format!("{both},newest:1"),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }
}
