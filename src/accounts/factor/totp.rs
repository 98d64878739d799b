//! Codes that a clock and a secret make (RFC 6238: HMAC-SHA-1, six digits, 30 seconds), as every authenticator app knows them.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::{core::time::Instant, ui::encoded};

/// The seconds that a code is shown.
const STEP: i64 = 30;
/// 160 bits, as long as the hash.
pub(super) const SECRET_LENGTH: usize = 20;

/// The code of a time step.
fn code(secret: &[u8], step: i64) -> u32 {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return u32::MAX };
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let number = u32::from_be_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]]) & 0x7fff_ffff;
    number % 1_000_000
}

/// The time step whose code was typed: the present one, the one before or the one after, for clocks that are a little wrong
/// and people who are a little slow.
pub(super) fn step_of(secret: &[u8], typed: u32, now: Instant) -> Option<i64> {
    if secret.len() != SECRET_LENGTH {
        return None;
    }
    let present = now.timestamp() / STEP;
    [present, present - 1, present + 1].into_iter().find(|step| code(secret, *step) == typed)
}

/// What was typed, as a code: six digits, with or without a space between.
pub(super) fn read(typed: &str) -> Option<u32> {
    let digits: String = typed.chars().filter(|letter| !letter.is_whitespace()).collect();
    if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// The secret as text.
pub(super) fn secret_text(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// And back; no text of ours is none.
pub(super) fn secret_from(text: &str) -> Vec<u8> {
    BASE32_NOPAD.decode(text.as_bytes()).unwrap_or_default()
}

/// The secret as people type it into an app.
pub fn secret_words(secret: &[u8]) -> String {
    let text = secret_text(secret).to_lowercase();
    text.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

/// What an app reads from the picture.
pub fn address(secret: &[u8], hospital: &str, login: &str) -> String {
    let (hospital, login) = (encoded(hospital, ""), encoded(login, ""));
    format!("otpauth://totp/{hospital}:{login}?secret={}&issuer={hospital}", secret_text(secret))
}

/// What the app shows to whoever typed the secret into it, so many steps from now.
#[cfg(test)]
pub fn shown(words: &str, now: Instant, later: i64) -> String {
    let secret = BASE32_NOPAD.decode(words.replace(' ', "").to_uppercase().as_bytes()).expect("base 32");
    format!("{:06}", code(&secret, now.timestamp() / STEP + later))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B, the last six of its eight digits.
        let secret = b"12345678901234567890";
        for (seconds, expected) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ] {
            assert_eq!(code(secret, seconds / STEP), expected, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_right_a_step_early_and_a_step_late() {
        let (secret, now): (_, Instant) = (b"12345678901234567890", "2026-11-21T15:30:00Z".parse().expect("an instant"));
        let present = now.timestamp() / STEP;
        for (step, found) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            assert_eq!(step_of(secret, code(secret, present + step), now), found.then_some(present + step));
        }
    }

    #[test]
    fn a_code_is_six_digits() {
        assert_eq!(read(" 012 345 "), Some(12_345));
        assert_eq!([read("12345"), read("1234567"), read("12345a"), read("１23456"), read("+12345")], [None; 5]);
    }

    #[test]
    fn an_app_reads_the_hospital_and_the_name() {
        assert_eq!(
            address(b"12345678901234567890", "St. John's", "a@b.test"),
            "otpauth://totp/St.%20John%27s:a%40b.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=St.%20John%27s"
        );
    }
}
