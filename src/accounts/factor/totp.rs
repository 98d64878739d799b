//! Codes computed from a clock and a secret (RFC 6238: HMAC-SHA-1, six digits, 30 seconds), as every authenticator app
//! supports them.

use data_encoding::BASE32_NOPAD;
use totp_rs::{Algorithm, Builder, Totp};

use crate::{core::time::Instant, ui::encoded};

/// The seconds for which an app shows a code.
const STEP: i64 = 30;
const DIGITS: u8 = 6;
/// 160 bits, as long as the hash.
pub(super) const SECRET_LENGTH: usize = 20;

/// Returns the generator of a secret's codes; `None` when the secret has another length.
fn generator(secret: &[u8]) -> Option<Totp> {
    let secret: [u8; SECRET_LENGTH] = secret.try_into().ok()?;
    let step = STEP.try_into().ok()?;
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_skew(1)
        .with_step_duration(step)
        .with_secret(secret)
        .build()
        .ok()
}

/// Returns the time step of the typed code: the present one, the one before or the one after, because clocks may be a
/// little wrong and people a little slow.
pub(super) fn step_of(secret: &[u8], typed: &str, now: Instant) -> Option<i64> {
    let step = generator(secret)?.check(typed, now.timestamp().try_into().ok()?)?;
    step.try_into().ok()
}

/// Parses the typed text as a code: six digits, with or without a space between.
pub(super) fn read(typed: &str) -> Option<String> {
    let digits: String = typed.chars().filter(|letter| !letter.is_whitespace()).collect();
    (digits.len() == usize::from(DIGITS) && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// Returns the secret as text.
pub(super) fn secret_text(secret: &[u8]) -> String {
    BASE32_NOPAD.encode(secret)
}

/// Returns the secret from its text; empty when the text is invalid, which a text of this program never is.
pub(super) fn secret_from(text: &str) -> Vec<u8> {
    BASE32_NOPAD.decode(text.as_bytes()).unwrap_or_default()
}

/// Returns the secret as people type it into an app.
pub fn secret_words(secret: &[u8]) -> String {
    let text = secret_text(secret).to_lowercase();
    text.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

/// Returns the address that an app reads from the QR code.
pub fn address(secret: &[u8], hospital: &str, login: &str) -> String {
    let (hospital, login) = (encoded(hospital), encoded(login));
    format!("otpauth://totp/{hospital}:{login}?secret={}&issuer={hospital}", secret_text(secret))
}

/// Returns the code that an app with this secret shows `later` steps from now.
#[cfg(any(debug_assertions, feature = "testing"))]
pub fn shown(words: &str, now: Instant, later: i64) -> String {
    let secret = BASE32_NOPAD.decode(words.replace(' ', "").to_uppercase().as_bytes()).expect("base 32");
    code(&secret, now.timestamp() / STEP + later)
}

/// Returns the code of a time step.
#[cfg(any(debug_assertions, feature = "testing"))]
fn code(secret: &[u8], step: i64) -> String {
    let second = (step * STEP).try_into().expect("after 1970");
    generator(secret).expect("a secret").generate(second).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_rfc() {
        // From RFC 6238, appendix B: the last six of its eight digits.
        let secret = b"12345678901234567890";
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret, seconds / STEP), expected, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_right_a_step_early_and_a_step_late() {
        let (secret, now): (_, Instant) = (b"12345678901234567890", "2026-11-21T15:30:00Z".parse().expect("an instant"));
        let present = now.timestamp() / STEP;
        for (step, found) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            assert_eq!(step_of(secret, &code(secret, present + step), now), found.then_some(present + step));
        }
    }

    #[test]
    fn a_code_is_six_digits() {
        assert_eq!(read(" 012 345 ").as_deref(), Some("012345"));
        assert_eq!([read("12345"), read("1234567"), read("12345a"), read("１23456"), read("+12345")], [const { None }; 5]);
    }

    #[test]
    fn an_app_reads_the_hospital_and_the_name() {
        assert_eq!(
            address(b"12345678901234567890", "St. John's", "a@b.test"),
            "otpauth://totp/St.%20John%27s:a%40b.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=St.%20John%27s"
        );
    }
}
