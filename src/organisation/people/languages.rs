//! The languages that staff speaks: tags of BCP 47, each with its own name.

use crate::tr;

/// Tags and names, in the order of the form.
const LANGUAGES: [(&str, &str); 32] = [
    ("en", "English"),
    ("es", "Español"),
    ("pt", "Português"),
    ("fr", "Français"),
    ("de", "Deutsch"),
    ("it", "Italiano"),
    ("ca", "Català"),
    ("eu", "Euskara"),
    ("gl", "Galego"),
    ("ro", "Română"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("uk", "Українська"),
    ("ru", "Русский"),
    ("el", "Ελληνικά"),
    ("tr", "Türkçe"),
    ("ar", "العربية"),
    ("fa", "فارسی"),
    ("ur", "اردو"),
    ("hi", "हिन्दी"),
    ("bn", "বাংলা"),
    ("pa", "ਪੰਜਾਬੀ"),
    ("zh", "中文"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("vi", "Tiếng Việt"),
    ("km", "ភាសាខ្មែរ"),
    ("tl", "Tagalog"),
    ("ht", "Kreyòl ayisyen"),
    ("qu", "Runa Simi"),
    ("sw", "Kiswahili"),
    ("sgn", "Sign language"),
];

/// The name of a language; sign language, which is written in none, has the reader's word for it. An unknown tag is shown as it is kept.
pub fn language_words(tag: &str) -> String {
    match LANGUAGES.iter().find(|(known, _)| *known == tag) {
        Some(("sgn", _)) => tr!(patients.sign_language).to_owned(),
        Some((_, name)) => (*name).to_owned(),
        None => tag.to_owned(),
    }
}

/// All languages that can be chosen: tags and names.
pub fn languages() -> impl Iterator<Item = (&'static str, String)> {
    LANGUAGES.iter().map(|(tag, _)| (*tag, language_words(tag)))
}

/// Reads a tag, or the name of a language in any case.
pub fn language_tag(text: &str) -> Option<&'static str> {
    let text = text.trim().to_lowercase();
    LANGUAGES.iter().find(|(tag, name)| *tag == text || name.to_lowercase() == text).map(|(tag, _)| *tag)
}
