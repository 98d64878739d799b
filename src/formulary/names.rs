//! The names of medicines: finds the substances and the classes of substances that a text names.
//!
//! The list `assets/medicines.tsv` names its public sources. A name that is not on it is recognised by its INN stem, where WHO's list of stems
//! gives the stem to one class only ("The use of stems in the selection of INNs", 2018).

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

/// The substances and classes that a text names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The name of each substance, as in the list.
    pub substances: BTreeSet<&'static str>,
    /// The classes of these substances, and those named themselves.
    pub classes: BTreeSet<&'static str>,
    /// Words that the list does not have, folded by [`by_sound`].
    pub unknown: Vec<String>,
}

#[derive(Default)]
struct Entry {
    substances: Vec<&'static str>,
    classes: Vec<&'static str>,
}

struct Names {
    by_phrase: HashMap<String, Entry>,
    classes: HashMap<&'static str, Vec<&'static str>>,
    /// The number of words of the longest name.
    longest: usize,
}

/// The list of names.
const LIST: &str = include_str!("../../assets/medicines.tsv");

/// A substance of the list: all its names, its own first, and its classes.
#[derive(Clone, Debug)]
pub struct Listed {
    pub names: Vec<&'static str>,
    pub classes: Vec<&'static str>,
}

/// Returns the substances of the list.
pub fn listed() -> impl Iterator<Item = Listed> {
    LIST.lines().filter_map(|line| {
        let mut parts = line.strip_prefix("S\t")?.split('\t');
        let (called, classes) = (parts.next()?, parts.next()?);
        Some(Listed { names: called.split('|').collect(), classes: classes.split_whitespace().collect() })
    })
}

/// Returns the key of a name: names that sound alike in English, Latin and Spanish have one key.
pub fn key(name: &str) -> String {
    words(name).iter().map(|word| by_sound(word)).collect::<Vec<_>>().join(" ")
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names { by_phrase: HashMap::new(), classes: HashMap::new(), longest: 1 };
    for line in LIST.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.split('\t');
        let (Some(kind), Some(called), Some(what)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let own = called.split('|').next().unwrap_or_default();
        let (substances, classes) = match kind {
            "S" => (vec![own], what.split_whitespace().collect()),
            "B" => (what.split('|').collect::<Vec<_>>(), Vec::new()),
            _ => (Vec::new(), what.split_whitespace().collect::<Vec<_>>()),
        };
        if kind == "S" {
            names.classes.insert(own, classes.clone());
        }
        for name in called.split('|') {
            let key = key(name);
            names.longest = names.longest.max(key.split(' ').count());
            names.by_phrase.insert(key, Entry { substances: substances.clone(), classes: classes.clone() });
        }
    }
    names
});

/// Stems of international names (by sound, at the end of a word) that belong to one class only.
const STEMS: [(&str, &str); 13] = [
    ("cilin", "penicillin"),
    ("penem", "carbapenem"),
    ("oxacin", "quinolone"),
    ("ciclin", "tetracycline"),
    ("vastatin", "statin"),
    ("pril", "ace"),
    ("sartan", "sartan"),
    ("profen", "nsaid"),
    ("oxicam", "nsaid"),
    ("coxib", "nsaid"),
    ("conazol", "azole"),
    ("azepam", "benzodiazepine"),
    ("triptan", "triptan"),
];

/// Words for a form, a route or a salt, which do not identify a medicine.
const NEUTRAL: &str = "
    acid acido allergy alergia tablet tab capsule cap oral solution injection injectable suspension syrup cream ointment gel lotion foam
    drop spray nasal inhaler inhalation nebulized nebulised nebulizer patch film coated extended release delayed prolonged modified immediate sustained
    mcg meq unt amp inj sol susp syr oint cmp comp act actuat ext odt pwd mmol mol non day
    hour dose dosis microgram milligram gram unit units international millilitre milliliter human recombinant forte retard adult
    paediatric pediatric child children infant sugar free strength chewable effervescent dispersible vial ampoule ampule prefilled syringe
    pen cartridge bottle with and for per con sin para por del the substance medication medicine product containing structure topical ophthalmic
    otic rectal vaginal suppository transdermal lozenge powder granule sachet elixir liquid eye ear nose mouth skin infusion intravenous
    intramuscular subcutaneous sliding scale mouthwash sublingual buccal daily generic plain low high
    comprimido tableta capsula solucion inyectable inyeccion suspension jarabe crema pomada unguento gota aerosol inhalador parche
    liberacion prolongada retardada unidad microgramo miligramo gramo sobre supositorio colirio polvo ampolla via bucal nasal recubierto
    efervescente masticable vial hora nino adulto medicamento sustancia
    sodium potassium calcium magnesium sodio potasio calcio magnesio chloride hydrochloride sulfate sulphate phosphate tartrate bitartrate maleate
    fumarate succinate acetate citrate mesylate mesilate besylate besilate lactate gluconate nitrate bromide carbonate hydrobromide
    trihydrate monohydrate dihydrate hydrate hemihydrate axetil proxetil benzathine procaine disodium dihydrochloride xinafoate
    furoate dipropionate propionate valerate medoxomil clorhidrato hidrocloruro sulfato fosfato tartrato maleato fumarato succinato acetato
    citrato mesilato besilato cloruro trihidrato monohidrato";

static NEUTRAL_WORDS: LazyLock<BTreeSet<String>> = LazyLock::new(|| NEUTRAL.split_whitespace().map(by_sound).collect());

/// Salts and elements that count as a medicine where the text names no other.
const ALONE: [(&str, &str); 5] =
    [("calcium", "calcium"), ("magnesium", "magnesium"), ("potassium", "potassium"), ("calcio", "calcium"), ("magnesio", "magnesium")];

/// Reads the substances and classes that `text` names: whole words only, the longest name first, in English or Spanish.
pub fn read(text: &str) -> Reading {
    let words: Vec<String> = words(text).iter().map(|word| by_sound(word)).collect();
    let mut reading = Reading::default();
    let mut at = 0;
    while at < words.len() {
        let found = (1..=NAMES.longest.min(words.len() - at))
            .rev()
            .find_map(|count| NAMES.by_phrase.get(&words[at..at + count].join(" ")).map(|entry| (count, entry)));
        if let Some((count, entry)) = found {
            reading.substances.extend(&entry.substances);
            reading.classes.extend(&entry.classes);
            reading.classes.extend(entry.substances.iter().filter_map(|substance| NAMES.classes.get(substance)).flatten());
            at += count;
            continue;
        }
        let word = &words[at];
        if let Some(class) = by_stem(word) {
            reading.classes.insert(class);
            reading.unknown.push(format!("={word}"));
        } else if says_something(word) {
            reading.unknown.push(word.clone());
        }
        at += 1;
    }
    if reading.substances.is_empty() && reading.classes.is_empty() {
        let alone = ALONE.iter().filter(|(name, _)| words.contains(&by_sound(name)));
        reading.substances.extend(alone.map(|(_, substance)| *substance));
    }
    reading
}

impl Reading {
    /// Whether each part of the name was recognised, at least by its class.
    pub fn is_whole(&self) -> bool {
        !(self.substances.is_empty() && self.classes.is_empty()) && self.unknown.iter().all(|word| word.starts_with('='))
    }
}

fn by_stem(word: &str) -> Option<&'static str> {
    if word.len() >= 6 && word.starts_with("cef") {
        return Some("cephalosporin");
    }
    STEMS.iter().find(|(stem, _)| word.len() > stem.len() + 1 && word.ends_with(stem)).map(|(_, class)| *class)
}

/// Whether the word, folded, is long enough to be a name and is not a word that any medicine may have.
pub fn says_something(word: &str) -> bool {
    word.chars().count() >= 3 && word.chars().all(char::is_alphabetic) && !NEUTRAL_WORDS.contains(word)
}

/// Returns the words of a text in lower case without accents; numbers are separated from letters, except in `b12` and
/// `d3`.
pub fn words(text: &str) -> Vec<String> {
    let folded: String = text.to_lowercase().chars().map(unaccented).collect();
    folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).flat_map(apart).collect()
}

/// Splits `500mg` into `500` and `mg`; `b12` stays whole.
fn apart(word: &str) -> Vec<String> {
    let letters = word.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(word.len());
    let (number, rest) = word.split_at(letters);
    [number, rest].into_iter().filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Returns one spelling for words that sound alike in English, Latin and Spanish: `amoxycillin`, `amoxicilina` and `amoxicillin`
/// become one word.
pub fn by_sound(word: &str) -> String {
    let word = word.replace("ph", "f").replace("th", "t").replace("ch", "c").replace("oe", "e").replace("ae", "e").replace('y', "i");
    let mut one = String::with_capacity(word.len());
    for letter in word.chars() {
        if !one.ends_with(letter) || letter.is_ascii_digit() {
            one.push(letter);
        }
    }
    if one.len() > 4 && one.ends_with('s') {
        one.pop();
    }
    if one.len() > 4 && one.ends_with(['a', 'e', 'o']) {
        one.pop();
    }
    one
}

pub(super) const fn unaccented(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ä' | 'ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_no_name_means_two_things() {
        let mut seen: HashMap<String, &str> = HashMap::new();
        let lines = || LIST.lines().filter(|line| !line.starts_with('#'));
        for line in lines() {
            let parts: Vec<&str> = line.split('\t').collect();
            assert_eq!(parts.len(), 3, "{line}");
            for name in parts[1].split('|') {
                let key = key(name);
                if let Some(before) = seen.insert(key, line) {
                    assert_eq!(before, line, "{name} stands in two lines");
                }
            }
            if parts[0] == "B" {
                for substance in parts[2].split('|') {
                    assert!(NAMES.classes.contains_key(substance), "{line}");
                }
            }
        }
    }

    #[test]
    fn names_are_read_in_both_languages_by_whole_words() {
        let of = |text: &str| read(text).substances.into_iter().collect::<Vec<_>>();
        assert_eq!(of("Amoxicilina/ácido clavulánico 875 mg comprimidos"), ["amoxicillin", "clavulanic acid"]);
        assert_eq!(of("co-amoxiclav 500/125"), ["amoxicillin", "clavulanic acid"]);
        assert_eq!(of("penicillin V potassium 250mg"), ["phenoxymethylpenicillin"]);
        assert_eq!(of("Insulin, regular, human 100 UNT/ML"), ["insulin regular"]);
        assert_eq!(of("Vitamina B12"), ["vitamin b12"]);
        assert_eq!(of("Calcium 500 mg"), ["calcium"]);
        assert!(read("Cefquinome 1 g").classes.contains("cephalosporin"), "by its stem");
        assert_eq!(read("Xarolin forte 500 mg").unknown, ["xarolin"]);
        assert!(!read("Amoxicillin and Xarolin").is_whole());
    }
}
