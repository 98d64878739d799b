//! Warnings about a medicine: an allergy of the patient, the same medicine twice, a name that cannot be checked.

use crate::formulary::names::{Reading, by_sound, read, says_something, words};

/// Whether an allergy to `substance` concerns a drug of this name. `words` are the hospital's own words for a drug whose name the
/// list does not have ("penicillin beta-lactam").
///
/// An allergy to a substance concerns its whole class, as an allergy to a class does. Unknown words match when they are equal, or
/// differ only in a short ending after a long common beginning; "hydrocortisone" does not match hydrocodone.
pub fn concerns(substance: &str, drug: &str, words: &str) -> bool {
    let (allergy, mut medicine) = (read(substance), read(drug));
    if !medicine.is_whole() {
        let more = read(words);
        medicine.substances.extend(more.substances);
        medicine.classes.extend(more.classes);
        medicine.unknown.extend(more.unknown);
    }
    !allergy.substances.is_disjoint(&medicine.substances)
        || !allergy.classes.is_disjoint(&medicine.classes)
        || spelled_alike(substance, &allergy, drug, &medicine)
}

/// Whether two names share a medicine: the same substance, or the same first word where no substance is known.
pub fn same_medicine(one: &str, other: &str) -> bool {
    let (one, other) = (read(one), read(other));
    if !one.substances.is_disjoint(&other.substances) {
        return true;
    }
    let one_is_unknown = one.substances.is_empty() || other.substances.is_empty();
    one_is_unknown && one.unknown.first().is_some_and(|word| other.unknown.first() == Some(word))
}

/// Whether allergies can be checked for a drug of this name; `words` are the hospital's own words.
pub fn is_known(drug: &str, words: &str) -> bool {
    read(drug).is_whole() || !(words.trim().is_empty() || words.eq_ignore_ascii_case(drug))
}

/// Returns the words under which an allergy to this drug may be recorded: its name and its classes.
pub fn allergy_words(drug: &str) -> String {
    let Reading { substances, classes, .. } = read(drug);
    let mut all = vec![drug.to_lowercase()];
    let own = all[0].clone();
    all.extend(substances.into_iter().chain(classes).filter(|word| *word != own).map(|word| word.replace('_', " ")));
    all.join(" ")
}

/// Whether an unknown word of one text is almost a word of the other, so that a misspelt name matches the correct one.
fn spelled_alike(one: &str, read_one: &Reading, other: &str, read_other: &Reading) -> bool {
    let all = |text: &str, reading: &Reading| -> Vec<String> {
        let named = words(text).into_iter().map(|word| by_sound(&word)).filter(|word| word.len() >= 4 && says_something(word));
        named.chain(unknown(reading)).collect()
    };
    let alike = |some: &[String], others: &[String]| some.iter().any(|one| others.iter().any(|other| same_word(one, other)));
    let (of_one, of_other): (Vec<_>, Vec<_>) = (unknown(read_one).collect(), unknown(read_other).collect());
    alike(&of_one, &all(other, read_other)) || alike(&all(one, read_one), &of_other)
}

fn unknown(reading: &Reading) -> impl Iterator<Item = String> {
    reading.unknown.iter().map(|word| word.trim_start_matches('=').to_owned()).filter(|word| word.len() >= 4)
}

fn same_word(one: &str, other: &str) -> bool {
    let common = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    one == other || (common >= 7 && one.len() - common <= 3 && other.len() - common <= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allergy_is_recognised_by_name_class_and_language() {
        for (allergy, drug) in [
            ("Penicillin", "Amoxicillin 500 mg"),
            ("Penicillin", "ampicillin"),
            ("Penicilina", "Flucloxacillin 500"),
            ("Penicilin", "Augmentin 875/125"),
            ("penicillins", "Co-amoxiclav"),
            ("Substance with penicillin structure", "Piperacillin/Tazobactam"),
            ("Penicillin", "Penicillin V Potassium 250 MG"),
            ("Amoxicillin", "Cefalexin 500 mg"),
            ("Cefalexin", "ceftriaxona 1 g"),
            ("Beta-lactam antibiotics", "Meropenem"),
            ("Sulfa drugs", "Bactrim forte"),
            ("Sulfonamide", "Trimethoprim/Sulfamethoxazole"),
            ("Sulfonamide", "Silver sulfadiazine"),
            ("Aspirina", "Aspirin 81 MG Oral Tablet"),
            ("Aspirin", "Ibuprofeno 400"),
            ("NSAIDs", "Celecoxib"),
            ("Erythromycin", "Azithromycin 500 mg"),
            ("Ciprofloxacin", "levofloxacino"),
            ("Tetracycline", "Doxiciclina 100"),
            ("Codeine", "Morphine"),
            ("Statins", "Atorvastatin 20"),
            ("ACE inhibitors", "Ramipril 5 mg"),
            ("Iodine contrast", "Omnipaque 300"),
            ("Acetaminophen", "Paracetamol 1 g"),
            ("Amoxicilln", "Amoxicillin"),
        ] {
            assert!(concerns(allergy, drug, ""), "{allergy} and {drug}");
        }
        assert!(concerns("Penicillin V", "Xarolin", "penicillin beta-lactam"), "the hospital's own words");
    }

    #[test]
    fn other_medicines_are_left_in_peace() {
        for (allergy, drug) in [
            ("Hydrocortisone", "Hydrocodone Bitartrate 5 MG"),
            ("Penicillin", "Paracetamol 500 MG"),
            ("Penicillin", "Penicillamine 250 mg"),
            ("Sulfonamide", "Magnesium Sulfate"),
            ("Sulfa", "Salbutamol sulfate"),
            ("Sulfites", "Morphine sulfate"),
            ("Sulfonamide", "Furosemide 40"),
            ("Erythromycin", "Vancomycin 1 g"),
            ("Statin", "Nystatin"),
            ("Sulfonamide", "Trimethoprim 200"),
            ("Shellfish", "Amoxicillin 500 MG"),
            ("House dust mite", "Metformin 500 MG Oral Tablet"),
            ("Vitamin K", "Vitamin D"),
            ("Potassium chloride", "Sodium chloride 0.9 %"),
            ("", "Amoxicillin"),
        ] {
            assert!(!concerns(allergy, drug, "macrolide"), "{allergy} and {drug}");
        }
    }

    #[test]
    fn the_same_medicine_is_known_by_all_its_ingredients_and_second_names() {
        for (one, other) in [
            ("Amoxicillin 250 MG Oral Capsule", "amoxicillin 500 mg"),
            ("Oxycodone/Acetaminophen", "Acetaminophen"),
            ("Oxycodone/Acetaminophen", "Paracetamol 500"),
            ("Augmentin", "Amoxicilina 500"),
            ("Albuterol", "Ventolin"),
            ("KCl", "Potassium chloride"),
            ("24 HR Metformin 500", "Metformin 850"),
            ("Xarolin 5 mg", "xarolin forte"),
        ] {
            assert!(same_medicine(one, other), "{one} and {other}");
        }
        for (one, other) in [
            ("Amoxicillin 250 MG", "Metformin 500 MG"),
            ("Potassium chloride", "Sodium chloride"),
            ("Insulin glargine", "Insulin lispro"),
            ("Vitamin D", "Vitamin B12"),
            ("Ferrous sulfate", "Magnesium sulfate"),
            ("Folic acid", "Ascorbic acid"),
            ("Xarolin", "Yarolin"),
            ("", ""),
        ] {
            assert!(!same_medicine(one, other), "{one} and {other}");
        }
    }

    #[test]
    fn a_name_that_is_not_known_is_not_checked() {
        assert!(is_known("Amoxicillin 500 mg", ""));
        assert!(is_known("Amlodipino 5 mg comprimidos", ""));
        assert!(is_known("Xarolin", "penicillin"));
        for name in ["Xarolin 500 mg", "Amoxicillin/Xarolin", "ABC", "500 mg", ""] {
            assert!(!is_known(name, ""), "{name}");
        }
        assert!(!is_known("Xarolin", "xarolin"), "the import's own word for it says nothing");
    }
}
