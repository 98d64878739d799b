//! Signed notes, outside the database, of where the chain stood: whoever cuts off its end or makes it anew is found out.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::Seal;
use crate::{core::time::Instant, server::config::Config};

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub at: Instant,
    pub seal: i64,
    /// The rows sealed so far.
    pub rows: i64,
    /// The seal's hash.
    pub hash: String,
    /// Ed25519 over the rest.
    pub signature: String,
}

impl Checkpoint {
    fn signed_text(&self) -> String {
        format!("infirmary audit checkpoint 1\n{}\n{}\n{}\n{}", self.at.timestamp_micros(), self.seal, self.rows, self.hash)
    }

    fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        bytes::<64>(&self.signature)
            .is_some_and(|signature| key.verify_strict(self.signed_text().as_bytes(), &Signature::from_bytes(&signature)).is_ok())
    }
}

/// The file that checkpoints are added to, and the key that signs them.
#[derive(Debug)]
pub struct Checkpoints {
    file: PathBuf,
    key: SigningKey,
}

impl Checkpoints {
    /// As configured; `None` when no file is. A key that is not there yet is made, readable by this user alone, and its
    /// public half beside it.
    ///
    /// # Errors
    /// A sentence.
    pub fn open(config: &Config) -> Result<Option<Self>, String> {
        let Some(file) = config.audit_checkpoints.clone() else { return Ok(None) };
        let path = key_path(config, &file);
        let key = match read_key(&path)? {
            Some(key) => key,
            None => make_key(&path)?,
        };
        Ok(Some(Self { file, key }))
    }

    /// Adds a line for the seal.
    pub(super) fn append(&self, seal: &Seal, now: Instant) -> Result<(), String> {
        let mut checkpoint =
            Checkpoint { at: now, seal: seal.number, rows: seal.last_position, hash: hex(&seal.hash), signature: String::new() };
        checkpoint.signature = hex(&self.key.sign(checkpoint.signed_text().as_bytes()).to_bytes());
        let line = serde_json::to_string(&checkpoint).map_err(|error| error.to_string())?;
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&self.file).map_err(|error| told(&self.file, &error))?;
        writeln!(file, "{line}").and_then(|()| file.sync_all()).map_err(|error| told(&self.file, &error))
    }
}

/// What a file of checkpoints says, and the key that must have signed it.
#[derive(Clone, Debug)]
pub struct Witness {
    checkpoints: Vec<Checkpoint>,
    key: VerifyingKey,
}

impl Witness {
    /// Of the configured file and key, or of those named; `None` when no file is configured.
    ///
    /// # Errors
    /// A sentence: something cannot be read.
    pub fn read(config: &Config, file: Option<&Path>, public_key: Option<&str>) -> Result<Option<Self>, String> {
        let Some(file) = file.or(config.audit_checkpoints.as_deref()) else { return Ok(None) };
        let key = if let Some(text) = public_key {
            text.to_owned()
        } else {
            let path = with_ending(&key_path(config, file), PUBLIC);
            fs::read_to_string(&path).map_err(|error| format!("{}; --public-key names the key otherwise", told(&path, &error)))?
        };
        let key = bytes(key.trim())
            .and_then(|key| VerifyingKey::from_bytes(&key).ok())
            .ok_or("the public key is not 64 hexadecimal digits of an Ed25519 key")?;
        let text = fs::read_to_string(file).map_err(|error| told(file, &error))?;
        let line = |(number, line)| {
            serde_json::from_str(line).map_err(|error| format!("{}, line {}: no checkpoint: {error}", file.display(), number + 1))
        };
        Ok(Some(Self { checkpoints: text.lines().enumerate().map(line).collect::<Result<_, String>>()?, key }))
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.checkpoints.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.checkpoints.is_empty()
    }

    /// Each, and whether it is signed.
    pub(super) fn checkpoints(&self) -> impl Iterator<Item = (&Checkpoint, bool)> {
        self.checkpoints.iter().map(|checkpoint| (checkpoint, checkpoint.is_signed_by(&self.key)))
    }
}

/// What the name of a key's public half ends in.
const PUBLIC: &str = ".pub";

/// Where the key lies: as configured, or beside the checkpoints.
fn key_path(config: &Config, file: &Path) -> PathBuf {
    config.audit_key.clone().unwrap_or_else(|| with_ending(file, ".key"))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn told(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

fn read_key(path: &Path) -> Result<Option<SigningKey>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(told(path, &error)),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_err(|error| told(path, &error))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(format!(
                "{}: others may read this key (mode {:o}): chmod 600, or better make a new one",
                path.display(),
                mode & 0o777
            ));
        }
    }
    let seed = bytes(text.trim()).ok_or_else(|| format!("{}: no key: 64 hexadecimal digits are expected", path.display()))?;
    Ok(Some(SigningKey::from_bytes(&seed)))
}

fn make_key(path: &Path) -> Result<SigningKey, String> {
    let mut seed = [0_u8; 32];
    getrandom::fill(&mut seed).map_err(|error| error.to_string())?;
    let key = SigningKey::from_bytes(&seed);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options.open(path).and_then(|mut file| {
        writeln!(file, "{}", hex(&seed))?;
        file.sync_all()?;
        fs::write(with_ending(path, PUBLIC), format!("{}\n", hex(key.verifying_key().as_bytes())))
    });
    written.map_err(|error| told(path, &error))?;
    tracing::info!(key = %path.display(), public = hex(key.verifying_key().as_bytes()), "made a key for the audit log's checkpoints; keep a copy of its public half elsewhere");
    Ok(key)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if hex.len() != N * 2 || !hex.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}
