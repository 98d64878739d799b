//! What names are compared by: folded words, and the sound of a word.
//!
//! People write the same name as Pérez, PEREZ or Peres. A patient is found by the folded words of the name and by their
//! phonetic keys; both are rows of `patient_search_terms`, the keys behind a `~`.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The longest phonetic key; more letters would only make two spellings differ.
const KEY_LENGTH: usize = 8;

/// Lower case without accents: `Núñez` becomes `nunez`, `Groß` becomes `gross`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|&c| !is_combining_mark(c)).flat_map(char::to_lowercase) {
        match letter {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            // Lower-casing may bring a mark of its own (İ).
            other if is_combining_mark(other) => {}
            other => folded.push(other),
        }
    }
    folded
}

/// The folded words of a text. An apostrophe joins (`O'Brien`: obrien), anything else that is no letter or digit parts.
pub fn words(text: &str) -> Vec<String> {
    let joined: String = fold(text).chars().filter(|c| !matches!(c, '\'' | '’' | 'ʼ' | '`' | '´')).collect();
    joined.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The rows of `patient_search_terms` for names: each word, and `~` with each word's sound.
pub fn search_terms<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    for word in names.into_iter().flat_map(words) {
        let sound = phonetic(&word);
        if !sound.is_empty() {
            terms.insert(format!("~{sound}"));
        }
        terms.insert(word);
    }
    terms
}

/// One key for all ways to write and to order the names of one person, for the duplicate warning.
pub fn name_key(given_names: &str, family_name: &str) -> String {
    let sounds: BTreeSet<String> = words(given_names).iter().chain(&words(family_name)).map(|word| phonetic(word)).collect();
    sounds.into_iter().filter(|sound| !sound.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether two words sound alike. A single consonant is no likeness: Sue, Zoey and "zz" have the same.
pub fn sound_alike(one: &str, other: &str) -> bool {
    let key = phonetic(one);
    key.chars().count() > 1 && key == phonetic(other)
}

/// The sound of one folded word, for English and Spanish spellings: consonants by class, vowels only in front.
///
/// It is wide on purpose: b and v, s, z and soft c, silent h, single and double letters sound alike.
/// A word without Latin letters is its own key.
pub fn phonetic(word: &str) -> String {
    if !word.bytes().any(|b| b.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let letters: Vec<char> = word.chars().collect();
    let mut key = String::with_capacity(KEY_LENGTH);
    let mut at = 0;
    while at < letters.len() && key.chars().count() < KEY_LENGTH {
        let (sound, length) = sound_at(&letters, at);
        for code in sound.chars() {
            if !key.ends_with(code) {
                key.push(code);
            }
        }
        at += length;
    }
    if key.is_empty() { word.to_owned() } else { key }
}

/// The sound that begins at a letter, and how many letters it takes.
fn sound_at(letters: &[char], at: usize) -> (&'static str, usize) {
    let letter = letters[at];
    let next = letters.get(at + 1).copied().unwrap_or(' ');
    let after = letters.get(at + 2).copied().unwrap_or(' ');
    let first = at == 0;
    let last = at + 1 == letters.len();
    let soft = |c: char| matches!(c, 'e' | 'i' | 'y');
    match (letter, next) {
        ('k' | 'g', 'n') if first => ("n", 2),
        ('w', 'r') if first => ("r", 2),
        ('w', 'h') if first => ("w", 2),
        ('p', 's') if first => ("s", 2),
        ('x', _) if first => ("s", 1),
        ('p', 'h') => ("f", 2),
        ('s', 'c') if after == 'h' => ("x", 3),
        ('s', 'c') if soft(after) => ("s", 2),
        ('t', 'c') if after == 'h' => ("x", 3),
        ('c', 'h') if matches!(after, 'r' | 'l') => ("k", 2),
        ('s' | 'c', 'h') => ("x", 2),
        ('t', 'h' | 't') | ('d', 't') => ("t", 2),
        ('c', 'k') => ("k", 2),
        ('c', c) if soft(c) => ("s", 1),
        ('c' | 'k' | 'q', _) => ("k", 1),
        ('g', 'h') if first => ("g", 2),
        ('g', 'h') => ("", 2),
        ('g', 'u') if soft(after) => ("g", 2),
        ('g', c) if soft(c) => ("j", 1),
        ('m', 'b') if at + 2 == letters.len() => ("m", 2),
        ('a' | 'e' | 'i' | 'o' | 'u', _) if first => ("a", 1),
        ('y', _) if first => ("y", 1),
        ('a' | 'e' | 'i' | 'o' | 'u' | 'y', _) => ("", 1),
        ('h', c) if first && matches!(c, 'a' | 'e' | 'i' | 'o' | 'u') => ("a", 2),
        ('w', _) if !first || last => ("", 1),
        ('b' | 'v', _) => ("b", 1),
        ('d', _) => ("d", 1),
        ('f', _) => ("f", 1),
        ('g', _) => ("g", 1),
        ('j', _) => ("j", 1),
        ('l', _) => ("l", 1),
        ('m', _) => ("m", 1),
        ('n', _) => ("n", 1),
        ('p', _) => ("p", 1),
        ('r', _) => ("r", 1),
        ('s' | 'z', _) => ("s", 1),
        ('t', _) => ("t", 1),
        ('w', _) => ("w", 1),
        ('x', _) => ("ks", 1),
        _ => ("", 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_drops_accents_and_case() {
        assert_eq!(fold("Núñez"), "nunez");
        assert_eq!(fold("ÁNGELA Groß-Łukasz"), "angela gross-lukasz");
        assert_eq!(words("María José  O'Brien-Pérez"), ["maria", "jose", "obrien", "perez"]);
        assert_eq!(words("李 小龙"), ["李", "小龙"]);
        assert_eq!(words(" ,;- "), Vec::<String>::new());
    }

    #[test]
    fn spellings_of_one_name_sound_alike() {
        for pair in [
            ("gonzalez", "gonsales"),
            ("hernandez", "ernandes"),
            ("jimenez", "gimenez"),
            ("vasquez", "basques"),
            ("rodriguez", "rodrigues"),
            ("sanchez", "sanches"),
            ("theresa", "teresa"),
            ("smith", "smyth"),
            ("schmidt", "schmitt"),
            ("philip", "filip"),
            ("stephen", "stefen"),
            ("catherine", "kathryn"),
            ("wright", "rite"),
            ("knight", "nite"),
            ("miller", "miler"),
            ("christopher", "kristofer"),
            ("matthew", "mathew"),
            ("jackson", "jakson"),
            ("helena", "elena"),
        ] {
            assert_eq!(phonetic(pair.0), phonetic(pair.1), "{pair:?}");
        }
    }

    #[test]
    fn different_names_stay_apart() {
        for pair in [("smith", "jones"), ("maria", "carmen"), ("lopez", "ramirez"), ("james", "jane"), ("diaz", "ruiz")] {
            assert_ne!(phonetic(pair.0), phonetic(pair.1), "{pair:?}");
        }
    }

    #[test]
    fn the_key_does_not_mind_order_and_spelling() {
        assert_eq!(name_key("María José", "Núñez"), name_key("Jose Maria", "Nunes"));
        assert_ne!(name_key("María", "Núñez"), name_key("María", "López"));
        assert_eq!(name_key("小龙", "李"), name_key("小龙", "李"));
    }

    #[test]
    fn terms_hold_words_and_sounds() {
        let terms = search_terms(["Ana", "Pérez"]);
        assert!(terms.contains("ana") && terms.contains("perez") && terms.contains("~prs") && terms.contains("~an"));
        assert_eq!(search_terms(["", "—"]).len(), 0);
    }

    #[test]
    fn a_single_consonant_is_no_likeness() {
        assert!(sound_alike("Perez", "Peres") && sound_alike("Smith", "Smyth"));
        assert!(!sound_alike("zzzz", "Zoey") && !sound_alike("Sue", "Zoe"));
    }
}
