//! The cipher of envelopes. In the benchmark's program without guards (the feature `unguarded`) the envelope holds the
//! plain text, so that the cost of encryption can be measured.

#[cfg(not(feature = "unguarded"))]
pub(super) use infirmary_ciphers::Aes256GcmSiv as Cipher;

#[cfg(feature = "unguarded")]
pub(super) use unguarded::Cipher;

#[cfg(feature = "unguarded")]
mod unguarded {
    use infirmary_ciphers::{Refused, TAG};

    /// Copies its input and adds an empty tag.
    pub struct Cipher;

    impl Cipher {
        pub const fn new(_key: &[u8; 32]) -> Self {
            Self
        }

        pub fn encrypt(&self, _nonce: &[u8; 12], text: &[u8], _about: &[u8]) -> Result<Vec<u8>, Refused> {
            Ok([text, &[0; TAG]].concat())
        }

        pub fn decrypt(&self, _nonce: &[u8; 12], text: &[u8], _about: &[u8]) -> Result<Vec<u8>, Refused> {
            text.strip_suffix(&[0; TAG]).map(<[u8]>::to_vec).ok_or(Refused)
        }
    }
}
