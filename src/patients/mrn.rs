//! The medical record number: a sequential number and a check digit.
//!
//! The check digit is Damm's (H. M. Damm, "Total anti-symmetrische Quasigruppen", Marburg 2004). The number has digits
//! only, so that it can be dictated and typed on a telephone, and every single wrong digit and every swap of two
//! neighbouring digits is detected.

use std::fmt;
use std::str::FromStr;

/// The row of `number_series` that counts the patients.
pub const MRN_SERIES: &str = "mrn";

/// Damm's quasigroup of order 10; its diagonal is zero.
const QUASIGROUP: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// A medical record number with a valid check digit: eight digits or more, the last of them the check digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mrn(String);

/// The reason why a text is not a medical record number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MrnError {
    /// Something other than digits, or too few or too many of them.
    #[error("a medical record number has 8 to 19 digits")]
    Shape,
    /// The check digit does not match the other digits: a digit is wrong, or two are swapped.
    #[error("the medical record number is mistyped: its check digit does not fit")]
    CheckDigit,
}

impl Mrn {
    /// Returns the record number of the `number`th patient.
    pub fn from_number(number: u64) -> Self {
        let digits = format!("{number:07}");
        let check = damm(&digits);
        Self(format!("{digits}{check}"))
    }

    /// Returns the number as it is stored and printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Mrn {
    type Err = MrnError;

    /// Parses a number as people type it: spaces, hyphens and a leading `MRN` are ignored.
    fn from_str(text: &str) -> Result<Self, MrnError> {
        let trimmed = text.trim();
        let bare = match trimmed.get(..3) {
            Some(head) if head.eq_ignore_ascii_case("mrn") => trimmed.get(3..).unwrap_or_default(),
            _ => trimmed,
        };
        let digits: String = bare.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | ':' | '.')).collect();
        if !(8..=19).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(MrnError::Shape);
        }
        if damm(&digits) != 0 {
            return Err(MrnError::CheckDigit);
        }
        Ok(Self(digits))
    }
}

impl fmt::Display for Mrn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Returns zero when the digits end in their check digit, otherwise the digit to append.
fn damm(digits: &str) -> u8 {
    digits.bytes().fold(0_u8, |interim, digit| QUASIGROUP[usize::from(interim)][usize::from(digit - b'0')])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damms_own_example() {
        assert_eq!(damm("572"), 4);
        assert_eq!(damm("5724"), 0);
    }

    #[test]
    fn reads_what_people_type() {
        let mrn = Mrn::from_number(1234);
        assert_eq!(mrn.as_str().len(), 8);
        let typed = format!(" MRN {}-{} ", &mrn.as_str()[..4], &mrn.as_str()[4..]);
        assert_eq!(typed.parse::<Mrn>(), Ok(mrn));
        for wrong in ["", "12", "MRN", "1234567a", "12345678901234567890", "é1234567"] {
            assert_eq!(wrong.parse::<Mrn>(), Err(MrnError::Shape), "{wrong}");
        }
    }

    #[test]
    fn one_wrong_digit_or_two_swapped_are_noticed() {
        for number in [1_u64, 42, 99_999, 1_234_567, 9_876_543] {
            let good = Mrn::from_number(number).as_str().to_owned();
            for at in 0..good.len() {
                for digit in b'0'..=b'9' {
                    let mut bytes = good.clone().into_bytes();
                    if bytes[at] == digit {
                        continue;
                    }
                    bytes[at] = digit;
                    let typed: String = bytes.iter().map(|&b| char::from(b)).collect();
                    assert_eq!(typed.parse::<Mrn>(), Err(MrnError::CheckDigit));
                }
                let mut bytes = good.clone().into_bytes();
                if at + 1 < bytes.len() && bytes[at] != bytes[at + 1] {
                    bytes.swap(at, at + 1);
                    let typed: String = bytes.iter().map(|&b| char::from(b)).collect();
                    assert_eq!(typed.parse::<Mrn>(), Err(MrnError::CheckDigit));
                }
            }
        }
    }
}
