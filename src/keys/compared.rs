//! Converts values to the form that is compared: two spellings of the same value become equal.

/// Returns the telephone number without its extension, and the extension: the part after `x`, `#`, `ext`, `extension` or
/// `;ext=` (RFC 3966).
pub fn main_number(phone: &str) -> (&str, Option<&str>) {
    let lower = phone.to_ascii_lowercase();
    let marks = [";ext=", "extension", "ext.", "ext", "x.", "x", "#"];
    let found =
        marks.iter().filter_map(|mark| lower.find(mark).map(|at| (at, at + mark.len()))).min_by_key(|&(at, end)| (at, usize::MAX - end));
    match found {
        // An extension follows a number.
        Some((at, end)) if phone.get(..at).is_some_and(|number| number.contains(|c: char| c.is_ascii_digit())) => {
            (phone.get(..at).unwrap_or(phone), phone.get(end..))
        }
        _ => (phone, None),
    }
}

/// Returns the digits by which a number is compared, without punctuation, extension, a leading `00` or the `1` of North America.
pub fn phone_digits(phone: &str) -> String {
    let digits: String = main_number(phone).0.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    match digits.strip_prefix('1') {
        Some(national) if national.len() == 10 => national.to_owned(),
        _ => digits.to_owned(),
    }
}

/// Returns only letters and digits: dots, dashes and capitals do not matter in a number on a card.
pub(super) fn letters_and_digits(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Returns an e-mail address in lower case: capitals do not change the recipient.
pub(super) fn address(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Returns the text without spaces around it.
pub(super) fn exactly(text: &str) -> String {
    text.trim().to_owned()
}
