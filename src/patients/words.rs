//! Texts for stored codes: languages and marital status. A value without a text is shown unchanged.

use crate::{tr, ui::Choice};

/// Languages by their own names; sign language, which has no written form, is named in the reader's language
/// ([`shown`]).
const LANGUAGES: [(&str, &str); 12] = [
    ("en", "English"),
    ("es", "Español"),
    ("pt", "Português"),
    ("fr", "Français"),
    ("ht", "Kreyòl ayisyen"),
    ("zh", "中文"),
    ("vi", "Tiếng Việt"),
    ("ar", "العربية"),
    ("ru", "Русский"),
    ("km", "ភាសាខ្មែរ"),
    ("hi", "हिन्दी"),
    ("sgn", "Sign language"),
];

fn shown(code: &str, name: &'static str) -> &'static str {
    if code == "sgn" { tr!(patients.sign_language) } else { name }
}

/// Returns the name of a language tag.
pub(super) fn language(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    LANGUAGES
        .iter()
        .find(|(code, _)| code.eq_ignore_ascii_case(primary))
        .map_or_else(|| tag.to_owned(), |(code, name)| shown(code, name).to_owned())
}

/// Returns the languages to choose from, including the recorded one when it is not on the list.
pub fn language_choices(on_record: &str) -> Vec<Choice> {
    let mut choices: Vec<_> = LANGUAGES.iter().map(|(code, name)| Choice::new(*code, shown(code, name))).collect();
    if !on_record.is_empty() && !LANGUAGES.iter().any(|(code, _)| *code == on_record) {
        let words = language(on_record);
        match choices.iter_mut().find(|choice| choice.label == words) {
            Some(choice) => on_record.clone_into(&mut choice.value),
            None => choices.push(Choice::new(on_record, words)),
        }
    }
    choices
}

/// The stored values, which are the terms that other systems use.
const MARITAL: [&str; 6] = ["Never Married", "Married", "Domestic partner", "Legally Separated", "Divorced", "Widowed"];

/// Returns the text of a marital status.
pub(super) fn marital(status: &str) -> String {
    match status.to_lowercase().as_str() {
        "never married" | "unmarried" | "single" | "s" => tr!(patients.marital_single),
        "married" | "m" => tr!(patients.marital_married),
        "domestic partner" | "t" => tr!(patients.marital_partner),
        "legally separated" | "l" => tr!(patients.marital_separated),
        "divorced" | "d" => tr!(patients.marital_divorced),
        "widowed" | "w" => tr!(patients.marital_widowed),
        _ => return status.to_owned(),
    }
    .to_owned()
}

/// Returns the choices, including the recorded one when it is not on the list.
pub(super) fn marital_choices(on_record: &str) -> Vec<Choice> {
    let mut choices: Vec<_> = MARITAL.iter().map(|status| Choice::new(*status, marital(status))).collect();
    if !on_record.is_empty() && !MARITAL.contains(&on_record) {
        choices.push(Choice::new(on_record, marital(on_record)));
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_language_is_said_in_the_readers_language() {
        use crate::core::locale::{LOCALE, Locale};
        let said = || (language("sgn"), language_choices("").pop().expect("choices").label, language("fr-CA"));
        let words = |one: &str| (one.to_owned(), one.to_owned(), "Français".to_owned());
        assert_eq!(LOCALE.sync_scope(Locale::en, said), words("Sign language"));
        assert_eq!(LOCALE.sync_scope(Locale::es, said), words("Lengua de signos"));
    }

    #[test]
    fn what_is_on_record_can_be_chosen_again() {
        assert!(language_choices("en-US").iter().any(|choice| choice.value == "en-US" && choice.label == "English"));
        assert!(language_choices("tlh").iter().any(|choice| choice.value == "tlh"));
        assert!(marital_choices("Annulled").iter().any(|choice| choice.value == "Annulled"));
        assert_eq!(language_choices("").len(), LANGUAGES.len());
    }
}
