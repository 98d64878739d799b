//! Parses the values of a form, and holds a refused form with its errors so that the page can show it again.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::core::{Error, FieldError, Result, error::FieldErrors};

/// Parses one line of at most `most` characters, with single spaces between its words.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub fn line(field: &str, typed: &str, most: usize) -> Result<String> {
    let line = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().any(char::is_control) {
        return Err(Error::invalid(field, crate::tr!(errors.not_text)));
    }
    within(field, line, most)
}

/// Parses a text of at most `most` characters, without spaces around it.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub fn text(field: &str, typed: &str, most: usize) -> Result<String> {
    within(field, typed.trim().to_owned(), most)
}

fn within(field: &str, text: String, most: usize) -> Result<String> {
    if text.chars().count() > most { Err(Error::invalid(field, crate::tr!(errors.too_long, limit = most))) } else { Ok(text) }
}

/// Parses a chosen value: an id, or a word of a [`text_enum!`](crate::text_enum).
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub fn chosen<T: std::str::FromStr>(field: &str, word: &str) -> Result<T> {
    word.trim().parse().map_err(|_| Error::invalid(field, crate::tr!(errors.choose)))
}

impl FieldErrors {
    /// Like [`line()`]; records an error and then returns the typed text.
    pub fn line(&mut self, field: &str, typed: &str, most: usize) -> String {
        self.check(line(field, typed, most)).unwrap_or_else(|| typed.to_owned())
    }

    /// Like [`FieldErrors::line`]; an empty line is an error too.
    pub fn required_line(&mut self, field: &str, typed: &str, most: usize) -> String {
        let line = self.line(field, typed, most);
        if line.is_empty() {
            self.add(field, crate::tr!(errors.required));
        }
        line
    }

    /// Like [`chosen`]; records an error.
    pub fn chosen<T: std::str::FromStr>(&mut self, field: &str, word: &str) -> Option<T> {
        self.check(chosen(field, word))
    }
}

/// A refused form. The server puts it into Leptos' context when it renders the form's page again; the fields read their
/// value and error from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormState {
    /// The URL that the form posted to: the form with this action on the page is the refused one.
    pub action: String,
    /// Name and value of each field, as typed.
    pub values: Vec<(String, String)>,
    /// The errors of the fields.
    pub errors: Vec<FieldError>,
    /// The error of the whole form, when it does not belong to one field.
    pub message: Option<String>,
    /// Whether a form of the page has shown the refusal; clones share the value.
    pub shown: Shown,
}

/// A flag that is set by the form which shows a refusal.
#[derive(Clone, Debug, Default)]
pub struct Shown(Arc<AtomicBool>);

impl PartialEq for Shown {
    /// Two refusals are equal whether or not a form has shown them yet.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Shown {}

impl Shown {
    /// Records that a form shows the refusal.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a form shows the refusal.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl FormState {
    /// Whether the form was sent only to look at its outcome, by a button with the name `look`: nothing was refused.
    pub fn is_look(&self) -> bool {
        !self.errors.is_empty() && self.errors.iter().all(|error| error.field == "look")
    }

    /// Returns the text typed into the field, if it was sent.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Returns the error of the field.
    pub fn error(&self, name: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == name).map(|error| error.message.as_str())
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_read_or_refused_with_its_field() {
        assert_eq!(line("reason", "  a  dry\tcough ", 11), Ok("a dry cough".to_owned()));
        assert_eq!(text("reason", " two\nlines ", 9), Ok("two\nlines".to_owned()));
        let mut errors = FieldErrors::new();
        assert_eq!(errors.line("city", "Ñuñoa", 4), "Ñuñoa", "characters, not bytes");
        errors.line("name", "a\u{7}b", 200);
        errors.required_line("substance", "  ", 200);
        assert_eq!(errors.chosen::<crate::core::Role>("role", " nurse "), Some(crate::core::Role::Nurse));
        assert_eq!(errors.chosen::<crate::core::Role>("kind", "nobody"), None);
        let Err(Error::Invalid(wrong)) = errors.finish() else { panic!("nothing was wrong") };
        assert_eq!(wrong.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["city", "name", "substance", "kind"]);
    }
}
