//! Words for what is stored as codes: languages and marital status. What has no words of ours is shown as it is.

use crate::{tr, ui::Choice};

/// Languages by their own names.
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

/// A language tag in words.
pub(super) fn language(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    LANGUAGES.iter().find(|(code, _)| code.eq_ignore_ascii_case(primary)).map_or_else(|| tag.to_owned(), |(_, name)| (*name).to_owned())
}

/// The languages to choose from, with the one on record even when it is another.
pub(super) fn language_choices(on_record: &str) -> Vec<Choice> {
    let mut choices: Vec<_> = LANGUAGES.iter().map(|(code, name)| Choice::new(*code, *name)).collect();
    if !on_record.is_empty() && !LANGUAGES.iter().any(|(code, _)| *code == on_record) {
        let words = language(on_record);
        match choices.iter_mut().find(|choice| choice.label == words) {
            Some(choice) => on_record.clone_into(&mut choice.value),
            None => choices.push(Choice::new(on_record, words)),
        }
    }
    choices
}

/// What is stored, which is what other systems call it.
const MARITAL: [&str; 6] = ["Never Married", "Married", "Domestic partner", "Legally Separated", "Divorced", "Widowed"];

/// A marital status in words.
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

/// The choices, with the one on record even when it is another.
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
    fn what_is_on_record_can_be_chosen_again() {
        assert!(language_choices("en-US").iter().any(|choice| choice.value == "en-US" && choice.label == "English"));
        assert!(language_choices("tlh").iter().any(|choice| choice.value == "tlh"));
        assert!(marital_choices("Annulled").iter().any(|choice| choice.value == "Annulled"));
        assert_eq!(language_choices("").len(), LANGUAGES.len());
    }
}
