//! Telephone numbers: kept as told, compared by their digits.

/// The digits a number is compared by: punctuation does not matter, nor a leading `00` or the `1` of North America.
pub fn phone_digits(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    match digits.strip_prefix('1') {
        Some(national) if national.len() == 10 => national.to_owned(),
        _ => digits.to_owned(),
    }
}

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
