//! Writes signed checkpoints of the audit log's chain to a file outside the database. They reveal a log that was shortened, rebuilt or
//! restored as a whole.
//!
//! Each line is one checkpoint, as JSON, and the program only appends lines. In format 2 (`"format":2`) a line has its number in the file
//! and the SHA-256 of the line before it, both signed. This reveals a line that was removed, changed or inserted. Lines without `format`
//! have format 1, which had neither; they are verified as before, and the first line of format 2 continues from them. The mark of the log's
//! end records the last line of the file.
//!
//! A last line without an end is torn: the program or the machine stopped while writing it. It is reported as torn, and the next write
//! removes it. A torn line in the middle raises an alarm, like any line that the key did not sign.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    Broken, Seal,
    end::{KnownEnd, KnownFile},
};
use crate::{core::time::Instant, keys::give_to_folder, server::config::Config};

/// The bytes read from the end of the file: more than one line.
const TAIL: u64 = 4096;

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    #[serde(default = "Checkpoint::first_format")]
    format: u8,
    /// The line's number in the file, from 1.
    #[serde(default)]
    number: u64,
    pub at: Instant,
    pub seal: i64,
    /// The number of rows sealed so far.
    pub rows: i64,
    /// The seal's hash.
    pub hash: String,
    /// SHA-256 of the line before; zeros in the first line.
    #[serde(default)]
    previous: String,
    /// The Ed25519 signature of the other fields.
    pub signature: String,
}

impl Checkpoint {
    const fn first_format() -> u8 {
        1
    }

    fn signed_text(&self) -> String {
        let stands = format!("{}\n{}\n{}\n{}", self.at.timestamp_micros(), self.seal, self.rows, self.hash);
        match self.format {
            1 => format!("infirmary audit checkpoint 1\n{stands}"),
            format => format!("infirmary audit checkpoint {format}\n{stands}\n{}\n{}", self.number, self.previous),
        }
    }

    fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        bytes::<64>(&self.signature)
            .is_some_and(|signature| key.verify_strict(self.signed_text().as_bytes(), &Signature::from_bytes(&signature)).is_ok())
    }
}

fn digest(line: &str) -> String {
    hex(&Sha256::digest(line))
}

/// The file that receives the checkpoints, and the key that signs them.
#[derive(Debug)]
pub struct Checkpoints {
    file: PathBuf,
    key: SigningKey,
}

impl Checkpoints {
    /// Opens the configured file and key; `None` when no file is configured. Creates a missing key, readable by this
    /// system user only, with its public half beside it.
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

    /// Appends a line for the seal. Several programs may append to one file: a file lock makes them take turns.
    pub(super) fn append(&self, seal: &Seal, now: Instant) -> Result<KnownFile, String> {
        let failed = |error| told(&self.file, &error);
        let is_new = !self.file.exists();
        let mut file = fs::OpenOptions::new().create(true).read(true).append(true).open(&self.file).map_err(failed)?;
        file.lock().map_err(failed)?;
        if is_new {
            give_to_folder(&self.file)?;
        }
        let mut tail = Tail::read(&mut file).map_err(failed)?;
        if let Some(from) = tail.torn_from {
            tracing::warn!(file = %self.file.display(), "the last line of the checkpoints was torn");
            if file.set_len(from).is_err() {
                // A file that can only grow keeps the torn line as a line of its own: verification continues to report
                // it.
                file.write_all(b"\n").map_err(failed)?;
                tail = Tail::read(&mut file).map_err(failed)?;
            }
        }
        let mut checkpoint = Checkpoint {
            format: 2,
            number: tail.number + 1,
            at: now,
            seal: seal.number,
            rows: seal.last_position,
            hash: hex(&seal.hash),
            previous: tail.last.as_deref().map_or_else(|| "0".repeat(64), digest),
            signature: String::new(),
        };
        checkpoint.signature = hex(&self.key.sign(checkpoint.signed_text().as_bytes()).to_bytes());
        let line = serde_json::to_string(&checkpoint).map_err(|error| error.to_string())?;
        let before = if tail.is_open { "\n" } else { "" };
        file.write_all(format!("{before}{line}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(KnownFile { first: digest(tail.first.as_deref().unwrap_or(&line)), number: checkpoint.number, last: digest(&line) })
    }

    /// Returns the last complete line, and whether a torn line follows it.
    ///
    /// # Errors
    /// A sentence: the line cannot be read, or is not a checkpoint signed with this key.
    pub(super) fn last(&self) -> Result<LastLine, String> {
        let mut file = match File::open(&self.file) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(LastLine { checkpoint: None, is_torn: false }),
            Err(error) => return Err(told(&self.file, &error)),
        };
        let tail = Tail::read(&mut file).map_err(|error| told(&self.file, &error))?;
        let is_torn = tail.torn_from.is_some();
        let Some(line) = tail.last else { return Ok(LastLine { checkpoint: None, is_torn }) };
        let checkpoint = serde_json::from_str::<Checkpoint>(&line).ok().filter(|line| line.is_signed_by(&self.key.verifying_key()));
        let checkpoint =
            checkpoint.ok_or_else(|| format!("{}: the last line is no checkpoint that this key signed", self.file.display()))?;
        Ok(LastLine { checkpoint: Some(checkpoint), is_torn })
    }
}

/// The end of a checkpoint file.
pub(super) struct LastLine {
    /// `None` when there is no file yet, or no complete line in it.
    pub checkpoint: Option<Checkpoint>,
    pub is_torn: bool,
}

/// The state that the next line continues.
struct Tail {
    first: Option<String>,
    /// The last complete line.
    last: Option<String>,
    /// The number of the last complete line.
    number: u64,
    /// The byte at which a torn line begins.
    torn_from: Option<u64>,
    /// Whether the last line is complete except for its line end.
    is_open: bool,
}

impl Tail {
    fn read(file: &mut File) -> std::io::Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        let mut part = |from: u64, length: u64| {
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            std::io::Read::by_ref(file).take(length).read_to_end(&mut bytes)?;
            Ok::<Vec<u8>, std::io::Error>(bytes)
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let end = part(length.saturating_sub(TAIL), TAIL)?;
        let (whole, rest) = end.split_at(unfinished_from(&end));
        // If the beginning of the line is not among these bytes, the program did not write the line: it is not torn.
        let is_torn = is_torn(rest) && (!whole.is_empty() || length <= TAIL);
        let torn_from = is_torn.then(|| length.saturating_sub(u64::try_from(rest.len()).unwrap_or(length)));
        let until = torn_from.unwrap_or(length);
        let first = text(&part(0, TAIL.min(until))?).lines().next().map(str::to_owned);
        let last = text(if is_torn { whole } else { &end }).lines().next_back().map(str::to_owned);
        let known = last.as_deref().and_then(|line| serde_json::from_str::<Checkpoint>(line).ok()).filter(|line| line.format > 1);
        let number = match known {
            Some(line) => line.number,
            // Lines of format 1 have no number.
            None => u64::try_from(text(&part(0, until)?).lines().count()).unwrap_or(u64::MAX),
        };
        Ok(Self { first, last, number, torn_from, is_open: !is_torn && !rest.is_empty() })
    }
}

/// Returns the byte at which the line without a line end begins.
fn unfinished_from(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

/// Whether a line without a line end is torn. A complete checkpoint lacks only the line end.
fn is_torn(unfinished: &[u8]) -> bool {
    !unfinished.is_empty() && serde_json::from_slice::<Checkpoint>(unfinished).is_err()
}

/// The content of a checkpoint file, and the key that must have signed it.
#[derive(Clone, Debug)]
pub struct Witness {
    lines: Vec<String>,
    is_torn: bool,
    key: VerifyingKey,
    /// The configured file; `None` for a copy that was named on the command line.
    own: Option<PathBuf>,
}

impl Witness {
    /// Reads the configured file and key, or those named on the command line; `None` when no file is configured.
    ///
    /// # Errors
    /// A sentence: a file cannot be read.
    pub fn read(config: &Config, file: Option<&Path>, public_key: Option<&str>) -> Result<Option<Self>, String> {
        let own = if file.is_none() { config.audit_checkpoints.clone() } else { None };
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
        let (lines, is_torn) = read_lines(file)?;
        Ok(Some(Self { lines, is_torn, key, own }))
    }

    /// Whether the last line is torn: the program stopped while writing it, and the next write removes it.
    pub const fn is_torn(&self) -> bool {
        self.is_torn
    }

    /// The number of checkpoints.
    pub const fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are no checkpoints.
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Returns the checkpoints that the key signed, and the faults of the file.
    pub(super) fn examine(&self, known: &KnownEnd) -> (Vec<Checkpoint>, Vec<Broken>) {
        let (mut signed, mut broken) = (Vec::new(), Vec::new());
        let (mut number, mut chained, mut previous) = (0, false, "0".repeat(64));
        for (at, text) in self.lines.iter().enumerate() {
            let line = at + 1;
            let checkpoint = serde_json::from_str::<Checkpoint>(text).ok().filter(|checkpoint| checkpoint.is_signed_by(&self.key));
            match &checkpoint {
                None => broken.push(Broken::CheckpointForged { line }),
                Some(this) if this.format == 1 && !chained => {}
                Some(this) if this.format > 1 && this.number > number + 1 => {
                    broken.push(Broken::CheckpointsRemoved { line, lines: this.number - number - 1 });
                }
                Some(this) if this.format > 1 && this.number == number + 1 && this.previous == previous => {}
                Some(_) => broken.push(Broken::CheckpointMisplaced { line }),
            }
            previous = digest(text);
            let of_format_2 = checkpoint.as_ref().filter(|this| this.format > 1);
            number = of_format_2.map_or(number + 1, |this| this.number.max(number));
            chained |= of_format_2.is_some();
            signed.extend(checkpoint);
        }
        if broken.is_empty() {
            broken.extend(self.cut_off(known, number));
        }
        (signed, broken)
    }

    /// Returns a fault if the file ends before the line recorded in the mark of the log's end. Reads the file again, because
    /// it may have grown.
    fn cut_off(&self, known: &KnownEnd, number: u64) -> Option<Broken> {
        let lines = match &self.own {
            Some(path) => read_lines(path).unwrap_or_default().0,
            None => return None,
        };
        let first = lines.first().map(|line| digest(line));
        let file = known.files.iter().find(|file| Some(&file.first) == first.as_ref());
        match file {
            Some(file) => {
                let there = lines.iter().any(|line| digest(line) == file.last);
                (!there).then_some(Broken::CheckpointsCutOff { known: file.number, found: number })
            }
            // The first line of a new file may be written a moment before its mark.
            None if lines.len() == 1 => None,
            None => known.files.iter().map(|file| file.number).max().map(|known| Broken::CheckpointsCutOff { known, found: 0 }),
        }
    }
}

/// Returns the complete lines of the file, and whether a torn line follows them.
fn read_lines(file: &Path) -> Result<(Vec<String>, bool), String> {
    let bytes = fs::read(file).map_err(|error| told(file, &error))?;
    let (whole, rest) = bytes.split_at(unfinished_from(&bytes));
    let is_torn = is_torn(rest);
    let text = String::from_utf8_lossy(if is_torn { whole } else { &bytes });
    Ok((text.lines().map(str::to_owned).collect(), is_torn))
}

/// The ending of the file name of a key's public half.
const PUBLIC: &str = ".pub";

/// Returns the path of the key: the configured one, or beside the checkpoints.
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
    give_to_folder(path)?;
    give_to_folder(&with_ending(path, PUBLIC))?;
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
