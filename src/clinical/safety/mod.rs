//! What speaks against a medicine: an allergy of the patient, or the same medicine twice.

/// Whether an allergy to `substance` concerns a drug of this name, which may also be known under `words` ("penicillin
/// beta-lactam").
///
/// Words match when they are the same, or differ only in a short ending after a long common beginning, so that
/// "penicilina" is penicillin; "hydrocortisone" is not hydrocodone.
pub fn concerns(substance: &str, drug: &str, words: &str) -> bool {
    let substance: Vec<String> = telling_words(substance).collect();
    telling_words(drug).chain(telling_words(words)).any(|word| substance.iter().any(|known| same_word(known, &word)))
}

/// Whether two names mean the same medicine: their first words are the same.
pub fn same_medicine(one: &str, other: &str) -> bool {
    match (telling_words(one).next(), telling_words(other).next()) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// The words that say what it is: no numbers, no units, no forms.
fn telling_words(text: &str) -> impl Iterator<Item = String> + use<> {
    const EMPTY: [&str; 22] = [
        "allergy",
        "alergia",
        "acid",
        "acido",
        "tablet",
        "capsule",
        "oral",
        "solution",
        "injection",
        "injectable",
        "hour",
        "release",
        "extended",
        "delayed",
        "sodium",
        "potassium",
        "hydrochloride",
        "substance",
        "medication",
        "product",
        "containing",
        "with",
    ];
    let folded: String = text.to_lowercase().chars().map(unaccented).collect();
    let words: Vec<String> = folded
        .split(|letter: char| !letter.is_alphabetic())
        .filter(|word| word.chars().count() >= 4 && !EMPTY.contains(word))
        .map(str::to_owned)
        .collect();
    words.into_iter()
}

fn same_word(one: &str, other: &str) -> bool {
    let common = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    one == other || (common >= 6 && one.len() - common <= 3 && other.len() - common <= 3)
}

const fn unaccented(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allergy_is_recognised_by_name_class_and_language() {
        assert!(concerns("Penicillin V", "Amoxicillin 500 MG Oral Tablet", "penicillin beta-lactam"));
        assert!(concerns("Penicilina", "Penicillin V Potassium 250 MG", ""));
        assert!(concerns("Aspirina", "Aspirin 81 MG Oral Tablet", ""));
        assert!(concerns("Ibuprofen", "Ibuprofeno 400", ""));
        assert!(concerns("Allergy to sulfonamide", "Trimethoprim 160 MG", "sulfonamide sulfa"));
    }

    #[test]
    fn other_medicines_are_left_in_peace() {
        assert!(!concerns("Hydrocortisone", "Hydrocodone Bitartrate 5 MG", "opioid"));
        assert!(!concerns("Penicillin", "Paracetamol 500 MG", ""));
        assert!(!concerns("Shellfish", "Amoxicillin 500 MG", "penicillin beta-lactam"));
        assert!(!concerns("House dust mite", "Metformin 500 MG Oral Tablet", ""));
        assert!(!concerns("", "Amoxicillin", ""));
    }

    #[test]
    fn the_same_medicine_in_another_strength_is_the_same() {
        assert!(same_medicine("Amoxicillin 250 MG Oral Capsule", "amoxicillin 500 mg"));
        assert!(!same_medicine("Amoxicillin 250 MG", "Metformin 500 MG"));
        assert!(!same_medicine("", ""));
    }
}
