//! The codes printed for patients: twelve letters and digits that are not easily confused, in three groups.

use crate::core::{Error, Result};

/// The letters and digits without 0 and O, 1 and I.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const LENGTH: usize = 12;

/// Creates a code of sixty random bits.
pub(super) fn fresh() -> Result<String> {
    let mut bytes = [0_u8; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| Error::Busy)?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect())
}

/// Returns an entered code in its original form; `None` when it cannot be a code.
pub(super) fn read(typed: &str) -> Option<String> {
    let code: String =
        typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').map(|letter| letter.to_ascii_uppercase()).collect();
    (code.len() == LENGTH && code.bytes().all(|byte| LETTERS.contains(&byte))).then_some(code)
}

/// The part by which the database finds the code; the other forty bits are the secret.
pub(super) fn selector(code: &str) -> &str {
    &code[..4]
}

/// Returns the code as it is read out and typed.
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
