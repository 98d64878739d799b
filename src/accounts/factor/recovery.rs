//! Recovery codes for a lost phone: ten, each usable once, stored as SHA-256 (120 random bits cannot be guessed from
//! it).

use data_encoding::BASE32_NOPAD;
use sha2::{Digest as _, Sha256};

use crate::core::{Error, Result};

/// The number of codes at a time.
const COUNT: usize = 10;
/// The random bytes of each code, which give 24 letters and digits.
const LENGTH: usize = 15;

/// Returns new codes in the form in which people read them.
pub(super) fn fresh() -> Result<Vec<String>> {
    (0..COUNT)
        .map(|_| {
            let mut bytes = [0_u8; LENGTH];
            getrandom::fill(&mut bytes).map_err(|_| Error::Busy)?;
            let text = BASE32_NOPAD.encode(&bytes).to_lowercase();
            Ok(text.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-"))
        })
        .collect()
}

/// Returns the hash that is stored of a code, in whatever form it was typed; `None` when the text is not a code.
pub(super) fn hash(typed: &str) -> Option<Vec<u8>> {
    let letters: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    (letters.len() == LENGTH * 8 / 5 && typed.len() <= 100).then(|| Sha256::digest(letters).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        let codes = fresh().expect("random");
        assert_eq!((codes.len(), codes[0].len()), (10, 29));
        assert_eq!(hash(&codes[0]), hash(&codes[0].replace('-', " ").to_uppercase()));
        assert!(hash(&codes[0]) != hash(&codes[1]) && hash("abcd").is_none());
    }
}
