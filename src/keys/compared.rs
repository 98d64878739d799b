//! Values as they are compared: what is typed otherwise and means the same is the same.

/// The telephone number without its extension, and the extension: after `x`, `#`, `ext`, `extension` or `;ext=` (RFC 3966).
pub fn main_number(phone: &str) -> (&str, Option<&str>) {
    let lower = phone.to_ascii_lowercase();
    let marks = [";ext=", "extension", "ext.", "ext", "x.", "x", "#"];
    let found =
        marks.iter().filter_map(|mark| lower.find(mark).map(|at| (at, at + mark.len()))).min_by_key(|&(at, end)| (at, usize::MAX - end));
    match found {
        // An extension comes after a number.
        Some((at, end)) if phone.get(..at).is_some_and(|number| number.contains(|c: char| c.is_ascii_digit())) => {
            (phone.get(..at).unwrap_or(phone), phone.get(end..))
        }
        _ => (phone, None),
    }
}

/// The digits a number is compared by: punctuation and an extension do not matter, nor a leading `00` or the `1` of North America.
pub fn phone_digits(phone: &str) -> String {
    let digits: String = main_number(phone).0.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    match digits.strip_prefix('1') {
        Some(national) if national.len() == 10 => national.to_owned(),
        _ => digits.to_owned(),
    }
}

/// Letters and digits alone: dots, dashes and capitals do not matter in a number on a card.
pub(super) fn letters_and_digits(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// E-mail addresses reach the same person however they are capitalised.
pub(super) fn address(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Exactly, but for spaces around it.
pub(super) fn exactly(text: &str) -> String {
    text.trim().to_owned()
}
