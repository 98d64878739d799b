//! Telephone numbers: kept as told, compared by their digits.

pub use crate::keys::phone_digits;

/// Whether it can be a telephone number: 5 to 15 digits and nothing but the usual punctuation around them.
pub(super) fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (5..=18).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || " +-()./x#".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_in_many_spellings() {
        for spelling in ["(508) 719-1838", "+1 508 719 1838", "001 508.719.1838", "5087191838"] {
            assert_eq!(phone_digits(spelling), "5087191838", "{spelling}");
            assert!(is_phone(spelling), "{spelling}");
        }
        assert_eq!(phone_digits("+34 612 34 56 78"), "34612345678");
        assert!(!is_phone("call my sister") && !is_phone("12") && !is_phone("<script>12345"));
    }
}
