//! Codes as they stand on paper: twelve letters and digits that nobody takes for each other, in three groups.

use crate::core::{Error, Result};

/// Without 0 and O, 1 and I.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const LENGTH: usize = 12;

/// Sixty random bits.
pub(super) fn fresh() -> Result<String> {
    let mut bytes = [0_u8; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| Error::Busy)?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect())
}

/// What is typed, as it was made; `None` when it cannot be one.
pub(super) fn read(typed: &str) -> Option<String> {
    let code: String =
        typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').map(|letter| letter.to_ascii_uppercase()).collect();
    (code.len() == LENGTH && code.bytes().all(|byte| LETTERS.contains(&byte))).then_some(code)
}

/// The part by which it is found; the other forty bits are the secret.
pub(super) fn selector(code: &str) -> &str {
    &code[..4]
}

/// As it is read out and typed.
pub(super) fn grouped(code: &str) -> String {
    code.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = fresh().expect("random");
        assert_eq!(read(&grouped(&code).to_lowercase()), Some(code.clone()));
        assert_eq!(read(&format!(" {code} ")), Some(code));
        assert_eq!([read("ABCD-EFGH-JKL"), read("ABCD-EFGH-JKL0"), read("ABCD-EFGH-JKLÑ"), read("")], [const { None }; 4]);
    }
}
