//! The ciphers with which the program encrypts fields, files and backups, with the types of their libraries hidden.
//!
//! They are a crate of their own for the sake of development and tests: the libraries' code is generic, so that the crate which uses it
//! compiles it. Inside the program a debug build would leave it unoptimised, about fifty times slower. `Cargo.toml` optimises this crate
//! in every build.

use aes_gcm_siv::{KeyInit as _, aead::Aead as _};
use chacha20poly1305::{KeyInit as _, aead::Aead as _};

/// The bytes that encryption adds to a text.
pub const TAG: usize = 16;

/// The text was not encrypted with this key, nonce and associated data, or it is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// AES-256-GCM-SIV (RFC 8452), for fields: a nonce that is used twice shows only whether the texts are equal.
pub struct Aes256GcmSiv(aes_gcm_siv::Aes256GcmSiv);

/// ChaCha20-Poly1305 (RFC 8439), for files. No nonce may be used twice with a key.
pub struct ChaCha20Poly1305(chacha20poly1305::ChaCha20Poly1305);

impl Aes256GcmSiv {
    /// Returns the cipher of a key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(aes_gcm_siv::Aes256GcmSiv::new(key.into()))
    }

    /// Encrypts a text and binds it to `about`, the associated data.
    ///
    /// # Errors
    /// When the text is too long.
    pub fn encrypt(&self, nonce: &[u8; 12], text: &[u8], about: &[u8]) -> Result<Vec<u8>, Refused> {
        self.0.encrypt(nonce.into(), aes_gcm_siv::aead::Payload { msg: text, aad: about }).map_err(|_| Refused)
    }

    /// Decrypts a text that is bound to `about`.
    ///
    /// # Errors
    /// When the text, the key, the nonce or `about` is another.
    pub fn decrypt(&self, nonce: &[u8; 12], sealed: &[u8], about: &[u8]) -> Result<Vec<u8>, Refused> {
        self.0.decrypt(nonce.into(), aes_gcm_siv::aead::Payload { msg: sealed, aad: about }).map_err(|_| Refused)
    }
}

impl ChaCha20Poly1305 {
    /// Returns the cipher of a key.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(chacha20poly1305::ChaCha20Poly1305::new(key.into()))
    }

    /// Encrypts bytes.
    ///
    /// # Errors
    /// When they are too long.
    pub fn encrypt(&self, nonce: &[u8; 12], bytes: &[u8]) -> Result<Vec<u8>, Refused> {
        self.0.encrypt(nonce.into(), bytes).map_err(|_| Refused)
    }

    /// Decrypts bytes.
    ///
    /// # Errors
    /// When the bytes, the key or the nonce are others.
    pub fn decrypt(&self, nonce: &[u8; 12], sealed: &[u8]) -> Result<Vec<u8>, Refused> {
        self.0.decrypt(nonce.into(), sealed).map_err(|_| Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        std::array::from_fn(|place| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).expect("a byte"))
    }

    /// RFC 8452, appendix C.2: the first text of eight bytes.
    #[test]
    fn fields_are_encrypted_as_rfc_8452_says() {
        let key = bytes("0100000000000000000000000000000000000000000000000000000000000000");
        let (nonce, text) = (bytes("030000000000000000000000"), bytes::<8>("0100000000000000"));
        let sealed = Aes256GcmSiv::new(&key).encrypt(&nonce, &text, &[]).expect("short enough");
        assert_eq!(sealed, bytes::<24>("c2ef328e5c71c83b843122130f7364b761e0b97427e3df28"));
        assert_eq!(Aes256GcmSiv::new(&key).decrypt(&nonce, &sealed, &[]), Ok(text.to_vec()));
        assert_eq!(Aes256GcmSiv::new(&key).decrypt(&nonce, &sealed, b"another row"), Err(Refused));
    }

    /// The length and the tag of every file and backup: a change of one byte is found.
    #[test]
    fn a_byte_that_changed_does_not_decrypt() {
        let (cipher, nonce) = (ChaCha20Poly1305::new(&[7; 32]), [1; 12]);
        let sealed = cipher.encrypt(&nonce, b"potassium 6.9 mmol/L").expect("short enough");
        assert_eq!(sealed.len(), 20 + TAG);
        assert_eq!(cipher.decrypt(&nonce, &sealed).as_deref(), Ok(&b"potassium 6.9 mmol/L"[..]));
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(cipher.decrypt(&nonce, &changed), Err(Refused), "byte {place}");
        }
        assert_eq!(cipher.decrypt(&[2; 12], &sealed), Err(Refused));
    }
}
