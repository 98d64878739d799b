//! Telephone numbers: stored as stated, compared by their digits without an extension. The numbering plans of the crate `phonenumber`
//! match the national and the international form of one number.

use std::collections::BTreeSet;

use phonenumber::{Mode, country::Id};

pub use crate::keys::phone_digits;
use crate::{keys::main_number, tr};

/// Numbers with fewer digits are short codes, not the telephone number of one household.
const SHORTEST: usize = 5;
/// The longest number of ITU-T E.164 has 15 digits; three more allow a prefix that is dialled before it.
const LONGEST: usize = 18;

/// The reason why a text is not a telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PhoneFault {
    NotAPhone,
    TwoNumbers,
}

impl PhoneFault {
    /// In the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotAPhone => tr!(patients.not_a_phone),
            Self::TwoNumbers => tr!(patients.two_phones),
        }
    }
}

/// Checks that a text is one telephone number: 5 to 18 digits with the usual punctuation, and perhaps an extension of up to 8 digits.
pub(super) fn check(text: &str) -> Result<(), PhoneFault> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let (number, extension) = main_number(text);
    let several = [",", ";", "/", "|", "&", " or ", " o ", " y ", " and "];
    if several.iter().any(|between| number.split(between).filter(|part| digits(part) >= SHORTEST).count() > 1)
        || number.trim_start().trim_start_matches('+').contains('+')
        || extension.is_some_and(|extension| digits(extension) > 8)
    {
        return Err(PhoneFault::TwoNumbers);
    }
    let usual = number.chars().all(|c| c.is_ascii_digit() || " +-().//\u{a0}".contains(c));
    let is_extension = extension.is_none_or(|extension| digits(extension) > 0 && extension.chars().all(|c| c.is_ascii_digit() || c == ' '));
    if (SHORTEST..=LONGEST).contains(&digits(number)) && usual && is_extension { Ok(()) } else { Err(PhoneFault::NotAPhone) }
}

/// Returns the sentence of the form for a text that is not one telephone number.
pub fn phone_fault(text: &str) -> Option<&'static str> {
    check(text).err().map(PhoneFault::words)
}

/// Whether a text is one telephone number.
pub(super) fn is_phone(text: &str) -> bool {
    check(text).is_ok()
}

/// Returns the digits in which a number may be recorded: as it is written, as it is dialled in its country, and with the country's
/// code. `country` is the hospital's country (ISO 3166), or empty: a number without a `+` then has only its own spelling.
pub(super) fn spellings(text: &str, country: &str) -> BTreeSet<String> {
    let (number, _) = main_number(text);
    let mut spellings = BTreeSet::from([phone_digits(number)]);
    let international = match number.trim().strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => number.trim().to_owned(),
    };
    if let Some(known) = phonenumber::parse(country.parse::<Id>().ok(), &international).ok().filter(phonenumber::is_valid) {
        let code = format!("+{}", known.code().value());
        let whole = known.format().mode(Mode::E164).to_string();
        let national = known.format().mode(Mode::National).to_string();
        spellings.extend([whole.strip_prefix(&code).unwrap_or_default(), &national, &whole].map(phone_digits));
    }
    spellings.retain(|digits| !digits.is_empty());
    spellings
}

/// Whether two texts are the same number.
pub(super) fn is_same(one: &str, other: &str, country: &str) -> bool {
    let (one, other) = (spellings(one, country), spellings(other, country));
    one.iter().any(|digits| digits.len() >= SHORTEST && other.contains(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_in_many_spellings() {
        for spelling in ["(508) 719-1838", "+1 508 719 1838", "001 508.719.1838", "5087191838", "(508) 719-1838 x23", "508 719 1838;ext=5"]
        {
            assert_eq!(phone_digits(spelling), "5087191838", "{spelling}");
            assert!(is_phone(spelling), "{spelling}");
        }
        assert_eq!(phone_digits("+34 612 34 56 78"), "34612345678");
        assert!(!is_phone("call my sister") && !is_phone("12") && !is_phone("<script>12345"));
    }

    #[test]
    fn national_and_international_forms_meet() {
        for (national, international, country) in [
            ("612 34 56 78", "+34 612 34 56 78", "ES"),
            ("06 12 34 56 78", "+33 6 12 34 56 78", "FR"),
            ("020 7946 0958", "0044 20 7946 0958", "GB"),
            ("098765 43210", "+91 98765 43210", "IN"),
            ("(617) 555-0188", "+1 617 555 0188", "US"),
        ] {
            assert!(is_same(national, international, country), "{national} {international}");
            assert!(is_same(&format!("{national} ext 5"), international, country), "{national}");
        }
        assert!(!is_same("612 34 56 78", "+34 612 34 56 79", "ES"));
        assert!(is_same("020 7946 0958", "02079460958", ""), "without a country a number stands for itself");
    }

    #[test]
    fn extensions_stay_apart_and_second_numbers_are_refused() {
        for text in ["617 555 0188 x23", "617 555 0188 ext. 5", "617-555-0188#12", "+1 617 555 0188;ext=7", "030/1234567"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in
            ["617 555 0188 / 617 555 0199", "617 555 0188, 617 555 0199", "617 555 0188 or 617 555 0199", "+34 612345678 +34 612345679"]
        {
            assert_eq!(check(text), Err(PhoneFault::TwoNumbers), "{text}");
        }
        assert_eq!(check("617 555 0188 x"), Err(PhoneFault::NotAPhone));
    }
}
