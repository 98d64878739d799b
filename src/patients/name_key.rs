//! The keys by which names are compared: folded words, and the sound of a word.
//!
//! People write the same name as Pérez, PEREZ or Peres. A search finds a patient by the folded words of the name and by
//! their phonetic keys; both are rows of `patient_search_terms`, where phonetic keys begin with `~`.

use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::core::name::{is_invisible, is_written};

/// The longest phonetic key; more letters would only make two spellings differ.
const KEY_LENGTH: usize = 8;
/// The longest word in characters; a longer one is not joined with its neighbours.
const LONGEST_WORD: usize = 60;

/// Returns the text in lower case without accents: `Núñez` becomes `nunez`, `Groß` becomes `gross`. Combining marks stay in scripts where
/// they are letters, such as the vowel signs of Devanagari, Thai, Khmer and Burmese.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|&c| !is_accent(c)).nfc().flat_map(char::to_lowercase) {
        match letter {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            // Lower-casing may add a mark (İ).
            other if is_accent(other) || is_invisible(other) => {}
            other => folded.push(other),
        }
    }
    folded
}

/// Whether a mark is an accent on a letter (Latin, Greek, Cyrillic) or a point that readers leave out (Hebrew, Arabic, Syriac).
/// The ranges are blocks of the Unicode standard; in all other scripts a combining mark is a letter.
fn is_accent(c: char) -> bool {
    is_combining_mark(c)
        && matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}'
            | '\u{670}' | '\u{6d6}'..='\u{6ed}' | '\u{711}' | '\u{730}'..='\u{74a}' | '\u{897}'..='\u{8ff}' | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fb1e}' | '\u{fe20}'..='\u{fe2f}')
}

/// Whether the word's script writes names without spaces between their parts, or with so few letters that two of them
/// are a name.
pub fn is_dense(word: &str) -> bool {
    word.chars().any(|c| {
        matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'
            | '\u{3040}'..='\u{30ff}' | '\u{3100}'..='\u{312f}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
    })
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | 'ʻ' | '`' | '´' | '′')
}

/// Returns the folded words of a text. An apostrophe joins (`O'Brien`: obrien); any other character that is not a
/// letter or digit separates.
pub fn words(text: &str) -> Vec<String> {
    let text: String = text.chars().filter(|&c| !is_apostrophe(c)).collect();
    fold(&text).split(|c: char| !is_written(c)).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Returns all letters and digits of the folded text, joined.
pub fn letters(text: &str) -> String {
    words(text).concat()
}

/// Returns the forms in which a user may search for this name: the words as in [`words`], each part of a word with an apostrophe (`brien`),
/// and neighbours joined (`delacruz`).
fn spellings(name: &str) -> BTreeSet<String> {
    /// The most neighbouring words that are joined: "de la Cruz".
    const JOINED: usize = 3;
    let mut spellings = BTreeSet::new();
    let parted: String = name.chars().map(|c| if is_apostrophe(c) { ' ' } else { c }).collect();
    for words in [words(name), words(&parted)] {
        for most in 1..=JOINED {
            spellings.extend(words.windows(most).map(<[String]>::concat).filter(|word| word.chars().count() <= LONGEST_WORD));
        }
    }
    spellings
}

/// Returns the words by which a search finds a person's name.
pub fn name_words(given_names: &str, family_name: &str, preferred_name: &str) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = [given_names, family_name, preferred_name].into_iter().flat_map(spellings).collect();
    let (given, family) = (letters(given_names), letters(family_name));
    if is_dense(&given) && is_dense(&family) {
        all.extend(
            [format!("{family}{given}"), format!("{given}{family}")].into_iter().filter(|word| word.chars().count() <= LONGEST_WORD),
        );
    }
    all
}

/// The prefix of the search term with all letters of a name. It begins with the mark of sounds, so that a search inside words
/// skips it.
pub const LETTERS: &str = "~=";

/// Returns the letters of both parts of a name, in either order. They are equal for a name in one field or in two,
/// joined or split.
pub fn both_orders(given_names: &str, family_name: &str) -> BTreeSet<String> {
    let (given, family) = (letters(given_names), letters(family_name));
    [format!("{given}{family}"), format!("{family}{given}")]
        .into_iter()
        .filter(|letters| !letters.is_empty())
        .map(|letters| letters.chars().take(2 * LONGEST_WORD).collect())
        .collect()
}

/// Returns the rows of `patient_search_terms` for a name: each word, `~` with each word's sound, and `~=` with all
/// letters.
pub fn search_terms(given_names: &str, family_name: &str, preferred_name: &str) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    for word in name_words(given_names, family_name, preferred_name) {
        let sound = phonetic(&word);
        if !sound.is_empty() {
            terms.insert(format!("~{sound}"));
        }
        terms.insert(word);
    }
    terms.extend(both_orders(given_names, family_name).into_iter().map(|letters| format!("{LETTERS}{letters}")));
    terms
}

/// Returns one key for all spellings and orders of a person's names, for the duplicate warning.
pub fn name_key(given_names: &str, family_name: &str) -> String {
    let sounds: BTreeSet<String> = words(given_names).iter().chain(&words(family_name)).map(|word| phonetic(word)).collect();
    sounds.into_iter().filter(|sound| !sound.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether two words sound alike. A single consonant does not count: Sue, Zoey and "zz" have the same one.
pub fn sound_alike(one: &str, other: &str) -> bool {
    let key = phonetic(one);
    key.chars().count() > 1 && key == phonetic(other)
}

/// Returns the sound of one folded word, for English and Spanish spellings: consonants by class, and a vowel only at
/// the beginning.
///
/// It is deliberately broad: b and v, s, z and soft c, silent h, single and double letters sound alike. A word without
/// Latin letters is its own key.
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

/// Returns the sound that begins at a letter, and the number of letters that it covers.
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
        let terms = search_terms("Ana", "Pérez", "");
        assert!(terms.contains("ana") && terms.contains("perez") && terms.contains("~prs") && terms.contains("~an"));
        assert!(terms.contains("~=anaperez") && terms.contains("~=perezana"));
        assert_eq!(search_terms("", "—", "").len(), 0);
    }

    #[test]
    fn joined_and_split_names_share_their_words() {
        for name in ["O'Brien", "O Brien", "O-Brien", "O.Brien", "O’Brien"] {
            let words = name_words("Siobhan", name, "");
            for word in ["o", "brien", "obrien"] {
                assert!(words.contains(word), "{name}: {words:?}");
            }
            let orders = both_orders("Siobhan", name);
            assert!(orders.contains("siobhanobrien"), "{name}: {orders:?}");
        }
        assert!(name_words("", "de la Cruz", "").contains("delacruz"));
        assert!(name_words("小明", "王", "").contains("王小明"));
        assert!(!both_orders("小明", "王").is_disjoint(&both_orders("王小明", "")));
    }

    #[test]
    fn vowel_signs_are_letters_and_accents_are_not() {
        assert_ne!(fold("राम"), fold("रमा"));
        assert_eq!(words("राम"), ["राम"], "one word");
        for (one, other) in [("กำ", "กม"), ("កាំ", "កម"), ("ကို", "က")] {
            assert_ne!(fold(one), fold(other));
        }
        for name in ["สมชาย", "ចាន់", "မောင်", "ஜெயா", "হাসান"] {
            assert_eq!(words(name).len(), 1, "{name}");
        }
        assert_eq!(fold("مُحَمَّد"), fold("محمد"));
        assert_eq!(fold("שָׁלוֹם"), fold("שלום"));
        assert_eq!(fold("Ἀθηνᾶ"), fold("Αθηνα"));
        assert_eq!(fold("김민수"), "김민수");
        assert_eq!(fold("Ana\u{200b}"), "ana");
    }

    #[test]
    fn a_single_consonant_is_no_likeness() {
        assert!(sound_alike("Perez", "Peres") && sound_alike("Smith", "Smyth"));
        assert!(!sound_alike("zzzz", "Zoey") && !sound_alike("Sue", "Zoe"));
    }
}
