//! The only parser of people's names: patients, contacts, staff.

use unicode_normalization::char::is_combining_mark;

use super::error::FieldErrors;
use crate::tr;

/// The longest name, in characters.
pub const LONGEST: usize = 200;

/// Whether a character takes no space and has no meaning in a name: joiners, direction marks, fillers, soft hyphens,
/// tags.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{e0000}'..='\u{e0fff}')
}

/// Removes invisible characters. A joiner between two letters stays, because Persian, Sinhala and other scripts need it. So does the
/// variant selector of an ideograph.
pub fn visible(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let is_letter = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|&c| is_written(c) && !c.is_ascii());
    letters
        .iter()
        .enumerate()
        .filter(|&(at, &c)| match c {
            '\u{200c}' | '\u{200d}' => is_letter(at.checked_sub(1)) && is_letter(Some(at + 1)),
            '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => is_letter(at.checked_sub(1)),
            other => !is_invisible(other),
        })
        .map(|(_, &c)| c)
        .collect()
}

/// Whether a character belongs to a word.
pub fn is_written(c: char) -> bool {
    !is_invisible(c) && (c.is_alphanumeric() || is_combining_mark(c))
}

/// Returns a name without invisible characters, with single spaces; empty when it has no letter and no digit, because it could not
/// be read.
pub fn readable(text: &str) -> String {
    let name = visible(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().any(char::is_alphanumeric) { name } else { String::new() }
}

impl FieldErrors {
    /// Parses a name in one line, without invisible characters; it may be empty. Records an error for a name without a
    /// letter or digit.
    pub fn name(&mut self, field: &str, typed: &str) -> String {
        let name = self.line(field, &visible(typed), LONGEST);
        if !name.is_empty() && !name.chars().any(char::is_alphanumeric) {
            self.add(field, tr!(errors.name_unreadable));
        }
        name
    }

    /// Like [`FieldErrors::name`]; an empty name is an error too.
    pub fn required_name(&mut self, field: &str, typed: &str, missing: &str) -> String {
        let name = self.name(field, typed);
        if name.is_empty() {
            self.add(field, missing);
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_people_can_read_of_it() {
        assert_eq!(readable(" Ana\u{200b}  María\u{202e} "), "Ana María");
        assert_eq!(readable("\u{200b}\u{feff}"), "");
        assert_eq!(readable("-, ."), "");
        assert_eq!(readable("7"), "7", "a code name");
        assert_eq!(readable("می\u{200c}نا"), "می\u{200c}نا", "a joiner between letters is written");
        let mut errors = FieldErrors::new();
        assert_eq!(errors.required_name("name", "\u{2060}Nora\u{ad} Nurse", "missing"), "Nora Nurse");
        errors.finish().expect("nothing is wrong");
        for (typed, said) in [("\u{200b}", "missing"), ("  ", "missing"), ("-, .", tr!(errors.name_unreadable))] {
            let mut errors = FieldErrors::new();
            errors.required_name("name", typed, "missing");
            assert_eq!(errors.finish(), Err(crate::core::Error::invalid("name", said)), "{typed:?}");
        }
    }
}
