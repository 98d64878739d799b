//! The header of a sealed file: the file's key for each recipient, and the HMAC over them.

use std::io::{self, BufRead, Read as _, Write};

use curve25519_dalek::montgomery::MontgomeryPoint;
use data_encoding::BASE64_NOPAD;
use hkdf::{
    Hkdf,
    hmac::{Hmac, Mac as _},
};
use infirmary_ciphers::ChaCha20Poly1305;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Identity, Recipient, damaged};

const VERSION: &str = "age-encryption.org/v1";
const X25519: &str = "age-encryption.org/v1/X25519";
/// The longest header that is read.
const LONGEST: u64 = 64 * 1024;
/// The length of a full line of a stanza's body; a shorter one ends it.
const LINE: usize = 64;

/// The key of one file.
pub(super) type FileKey = Zeroizing<[u8; 16]>;

/// Derives a key of 32 bytes.
pub(super) fn derive(from: &[u8], salt: &[u8], info: &str) -> io::Result<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), from).expand(info.as_bytes(), &mut key[..]).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(key)
}

pub(super) fn random(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::fill(bytes).map_err(|error| io::Error::other(error.to_string()))
}

/// The HMAC over the header, with a key from the file's key.
fn mac(key: &FileKey, header: &[u8]) -> io::Result<Hmac<Sha256>> {
    let key = derive(&key[..], &[], "header")?;
    let mut mac = <Hmac<Sha256> as hkdf::hmac::Mac>::new_from_slice(&key[..]).map_err(|error| io::Error::other(error.to_string()))?;
    mac.update(header);
    Ok(mac)
}

/// Returns the key that wraps a file's key between a public share and a recipient; `None` for a point of low order.
fn wrap_key(shared: MontgomeryPoint, share: &[u8; 32], recipient: &Recipient) -> io::Result<Option<ChaCha20Poly1305>> {
    let shared = Zeroizing::new(shared.to_bytes());
    if shared.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let key = derive(&shared[..], &[&share[..], &recipient.0[..]].concat(), X25519)?;
    Ok(Some(ChaCha20Poly1305::new(&key)))
}

/// Writes a header for a new key, and returns the key.
pub(super) fn write(out: &mut impl Write, to: &[Recipient]) -> io::Result<FileKey> {
    let mut key = FileKey::default();
    random(&mut key[..])?;
    let mut header = format!("{VERSION}\n");
    for recipient in to {
        let mut secret = Zeroizing::new([0; 32]);
        random(&mut secret[..])?;
        let share = MontgomeryPoint::mul_base_clamped(*secret).to_bytes();
        let cipher = wrap_key(MontgomeryPoint(recipient.0).mul_clamped(*secret), &share, recipient)?
            .ok_or_else(|| io::Error::other(format!("{recipient} is no usable public key")))?;
        let body = cipher.encrypt(&[0; 12], &key[..]).map_err(|_| io::Error::other("the file's key cannot be encrypted"))?;
        header += &format!("-> X25519 {}\n{}\n", BASE64_NOPAD.encode(&share), BASE64_NOPAD.encode(&body));
    }
    header += "---";
    let mac = mac(&key, header.as_bytes())?.finalize().into_bytes();
    out.write_all(format!("{header} {}\n", BASE64_NOPAD.encode(&mac)).as_bytes())?;
    Ok(key)
}

/// Reads one line without its end.
fn line(from: &mut impl BufRead, header: &mut Vec<u8>) -> io::Result<String> {
    let start = header.len();
    let room = LONGEST.saturating_sub(u64::try_from(start).unwrap_or(LONGEST));
    from.take(room).read_until(b'\n', header)?;
    let read = header[start..].strip_suffix(b"\n").ok_or_else(|| damaged("its head is cut off"))?;
    String::from_utf8(read.to_vec()).map_err(|_| damaged("its head is no text"))
}

/// Opens the file's key of a stanza for X25519; `None` when it is for another key.
fn unwrap(share: &str, body: &str, identity: &Identity) -> io::Result<Option<FileKey>> {
    let decoded = |text: &str| BASE64_NOPAD.decode(text.as_bytes()).map_err(|_| damaged("its head cannot be read"));
    let share: [u8; 32] = decoded(share)?.try_into().map_err(|_| damaged("its head has a wrong length"))?;
    let body = decoded(body)?;
    if body.len() != 32 {
        return Err(damaged("its head has a wrong length"));
    }
    let Some(cipher) = wrap_key(MontgomeryPoint(share).mul_clamped(*identity.0), &share, &identity.recipient())? else {
        return Err(damaged("its head has a point of low order"));
    };
    let Ok(key) = cipher.decrypt(&[0; 12], &body[..]) else { return Ok(None) };
    let key = Zeroizing::new(key);
    Ok(key[..].try_into().ok().map(FileKey::new))
}

/// Reads a header and returns the file's key, opened with one of the identities.
pub(super) fn read(from: &mut impl BufRead, with: &[Identity]) -> io::Result<FileKey> {
    let mut header = Vec::new();
    if line(from, &mut header)? != VERSION {
        return Err(damaged("it does not begin as an encrypted file does"));
    }
    let mut found = None;
    loop {
        let start = header.len();
        let head = line(from, &mut header)?;
        if let Some(sent) = head.strip_prefix("--- ") {
            let key = found.ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidInput, "this private key does not open it, or the head of the file was changed")
            })?;
            let sent = BASE64_NOPAD.decode(sent.as_bytes()).map_err(|_| damaged("its head cannot be read"))?;
            mac(&key, &header[..start + 3])?.verify_slice(&sent).map_err(|_| damaged("its head"))?;
            return Ok(key);
        }
        let kind = head.strip_prefix("-> ").ok_or_else(|| damaged("its head cannot be read"))?;
        let mut body = String::new();
        loop {
            let part = line(from, &mut header)?;
            body += &part;
            if part.len() < LINE {
                break;
            }
        }
        if let Some(share) = kind.strip_prefix("X25519 ") {
            for identity in with {
                if found.is_none() {
                    found = unwrap(share, &body, identity)?;
                }
            }
        }
    }
}
