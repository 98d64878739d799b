//! Encrypts files to public keys in the format `age-encryption.org/v1`, which the program `age` of Debian and others also reads: the
//! server has only the public key, so that a thief of its disk and its backups cannot open the backups.
//!
//! A file has a header with the file's key, encrypted to each recipient (X25519, HKDF-SHA-256, `ChaCha20-Poly1305`), and an HMAC over
//! the header. The payload follows in chunks of 64 KiB (`stream`), each with its tag; the last one is marked, so that a file that
//! was cut off does not open.

mod header;
mod stream;

use std::{fmt, io};

use bech32::{Bech32, Hrp};
use curve25519_dalek::montgomery::MontgomeryPoint;
use zeroize::Zeroizing;

pub use stream::{Opened, Seal};

const PUBLIC: &str = "age";
const SECRET: &str = "age-secret-key-";

/// A public key: `age1…`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Recipient([u8; 32]);

/// A private key: `AGE-SECRET-KEY-1…`.
pub struct Identity(Zeroizing<[u8; 32]>);

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Hrp::parse(PUBLIC).ok().and_then(|hrp| bech32::encode::<Bech32>(hrp, &self.0).ok());
        f.write_str(&text.ok_or(fmt::Error)?)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Prints no key.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.recipient())
    }
}

/// Decodes a key with this prefix.
fn decode(text: &str, prefix: &str) -> Option<[u8; 32]> {
    let (hrp, bytes) = bech32::decode(text).ok()?;
    // The program `age` accepts the older checksum only; so does this one.
    let same = bech32::primitives::decode::CheckedHrpstring::new::<Bech32>(text).is_ok();
    (same && hrp.to_lowercase() == prefix).then_some(())?;
    bytes.try_into().ok()
}

impl std::str::FromStr for Recipient {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        decode(text.trim(), PUBLIC).map(Self).ok_or_else(|| {
            format!("`{text}` is not the public key of a backup: it begins with `age1`, and `infirmary backup key` makes one")
        })
    }
}

impl Recipient {
    /// Parses the keys of a setting, with commas between them.
    ///
    /// # Errors
    /// A sentence that names the text which is not a key.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::parse).collect()
    }
}

impl Identity {
    /// Makes a new private key.
    ///
    /// # Errors
    /// A sentence: the system gives no random bytes.
    pub fn generate() -> Result<Self, String> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(&mut key[..]).map_err(|error| format!("the system gives no random bytes: {error}"))?;
        Ok(Self(key))
    }

    /// Reads the keys of a file: one in each line, with comments after `#`.
    ///
    /// # Errors
    /// A sentence: a line is not a private key, or there is none. The sentence does not quote the line.
    pub fn list(text: &str) -> Result<Vec<Self>, String> {
        let mut all = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = decode(line, SECRET)
                .ok_or_else(|| format!("line {} is not the private key of a backup, which begins with `AGE-SECRET-KEY-1`", number + 1))?;
            all.push(Self(Zeroizing::new(key)));
        }
        if all.is_empty() { Err("there is no private key (`AGE-SECRET-KEY-1…`)".to_owned()) } else { Ok(all) }
    }

    /// The public key that belongs to it.
    pub fn recipient(&self) -> Recipient {
        Recipient(MontgomeryPoint::mul_base_clamped(*self.0).to_bytes())
    }

    /// Writes the key out, for the one who keeps it.
    pub fn reveal(&self) -> Zeroizing<String> {
        let text = Hrp::parse(SECRET).ok().and_then(|hrp| bech32::encode_upper::<Bech32>(hrp, &self.0[..]).ok());
        Zeroizing::new(text.unwrap_or_default())
    }
}

/// The error of a file that was changed, cut off or damaged.
fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the file was changed or is damaged: {what}"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    fn seal(bytes: &[u8], to: &[Recipient]) -> Vec<u8> {
        let mut seal = Seal::new(Vec::new(), to).expect("begun");
        // Odd pieces, so that a chunk does not end with a piece.
        for piece in bytes.chunks(10_007) {
            seal.write_all(piece).expect("written");
        }
        seal.finish().expect("ended")
    }

    fn open(sealed: &[u8], with: &Identity) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Opened::new(sealed, std::slice::from_ref(with))?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn a_key_is_read_back_and_a_wrong_one_is_not_quoted() {
        let identity = Identity::generate().expect("a key");
        let text = identity.reveal();
        assert!(text.starts_with("AGE-SECRET-KEY-1"), "the form of the program age");
        let again = Identity::list(&format!("# a comment\n\n{}\n", *text)).expect("read");
        assert_eq!(again[0].recipient(), identity.recipient());
        assert_eq!(identity.recipient().to_string().parse(), Ok(identity.recipient()));
        assert!(!format!("{identity:?}").contains("SECRET"));
        let error = Identity::list("AGE-SECRET-KEY-1QQQ").expect_err("no key");
        assert!(error.contains("line 1") && !error.contains("QQQ"), "{error}");
        assert!(identity.recipient().to_string().replace("age1", "age2").parse::<Recipient>().is_err());
        assert_eq!(Recipient::list(" ").expect("none"), []);
        assert!(Recipient::list("age1x").is_err());
    }

    #[test]
    fn files_of_every_length_come_back_for_each_recipient() {
        let (one, two, other) =
            (Identity::generate().expect("a key"), Identity::generate().expect("a key"), Identity::generate().expect("a key"));
        for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000] {
            let bytes: Vec<u8> = (0..length).map(|at: u32| u8::try_from(at % 251).expect("a byte")).collect();
            let sealed = seal(&bytes, &[one.recipient(), two.recipient()]);
            assert_eq!(open(&sealed, &one).expect("opened"), bytes, "{length}");
            assert_eq!(open(&sealed, &two).expect("opened"), bytes, "{length}");
            let error = open(&sealed, &other).expect_err("another key");
            assert!(error.to_string().contains("does not open"), "{error}");
        }
    }

    /// The file was made by the program `age` 1.1.1, the key by its `age-keygen`; they serve this test alone.
    #[test]
    fn a_file_of_the_program_age_opens() {
        const SEALED: &str = "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBDWlZqSVVtVDd5YlVTUDVrbENka3dEc3k3M3k1eHozWnRETTdSdmxnc1hRCjk4SGs2YUlTenlJZXJnSFlTaFQzRWUzZTJnOUF5MTF6NkllOWdIZDZRLzgKLS0tIHVWWFgrQVlaWkswcEtRQk1RcXczQWVrS3dxM212YmUzUmhhb3hsbng1MEkKImlh1iGb0os58GS9/NQoKq6CuAkonVTxMhSngJhV/BjRpY5dpZ1WW4g7bbUs/1gzN7a2nQLw";
        let identity =
            Identity::list("AGE-SECRET-KEY-12H2DLDQWW8JERSFPAMGCDY2GNNKWKT0FEE73QZQT3F4UXU5MGLXQ6K65EE").expect("a key").remove(0);
        assert_eq!(identity.recipient().to_string(), "age1h5jkccx3qz3efvxe2zsrzcc8k8j98fglr07f94xqvtujgmsk9uaqspue4a");
        let sealed = data_encoding::BASE64.decode(SEALED.as_bytes()).expect("bytes");
        assert_eq!(open(&sealed, &identity).expect("opened"), b"A copy of a hospital.\n");
    }

    /// Runs where Debian's program `age` is installed.
    #[test]
    fn the_program_age_opens_files_of_every_length() {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, file) = (folder.path().join("key"), folder.path().join("file"));
        let identity = Identity::generate().expect("a key");
        std::fs::write(&key, &*identity.reveal()).expect("written");
        for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000] {
            let bytes = vec![9; length];
            std::fs::write(&file, seal(&bytes, &[identity.recipient()])).expect("written");
            let Ok(done) = std::process::Command::new("age").arg("--decrypt").arg("--identity").arg(&key).arg(&file).output() else {
                println!("skipped: the program age is not installed");
                return;
            };
            assert!(done.status.success() && done.stdout == bytes, "{length}: {}", String::from_utf8_lossy(&done.stderr));
        }
    }

    #[test]
    fn a_changed_byte_or_a_missing_end_is_refused() {
        let identity = Identity::generate().expect("a key");
        let bytes = vec![7; 150_000];
        let sealed = seal(&bytes, &[identity.recipient()]);
        let places = (0..300).chain((300..sealed.len()).step_by(997)).chain(sealed.len() - 40..sealed.len());
        for at in places {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&changed, &identity).is_err(), "byte {at} of {}", sealed.len());
        }
        for end in [0, 10, 100, 200, 300, 65_000, 66_000, 131_500, sealed.len() - 1] {
            assert!(open(&sealed[..end], &identity).is_err(), "cut off at {end} of {}", sealed.len());
        }
        let longer = [&sealed[..], &[0]].concat();
        assert!(open(&longer, &identity).is_err(), "a byte after the end");
    }
}
