//! The medicines that can be prescribed, and the SQL of prescriptions.

pub(in crate::clinical) mod store;

use crate::{
    core::{DrugId, Result},
    db::Tx,
    formulary::{self, DrugStatus},
};

pub use crate::formulary::Prescribable as Drug;

/// Finds drugs: each typed word must begin a word of the name, in any order. Names that begin with the text come first. Names that look or sound alike are
/// spelled so that they differ.
///
/// # Errors
/// When the database refuses.
pub async fn find_drugs(tx: &mut Tx, text: &str, limit: usize) -> Result<Vec<Drug>> {
    let mut found = matching(formulary::prescribable(tx).await?, text, limit);
    let tall = formulary::TallNames::load(tx).await?;
    for drug in &mut found {
        drug.name = tall.spell(&drug.name);
        drug.name_es = tall.spell(&drug.name_es);
    }
    Ok(found)
}

/// Finds the drug with exactly this name, in any case: for a name typed in full. A name that is mapped to a drug of the formulary finds that drug.
///
/// # Errors
/// When the database refuses.
pub async fn drug_named(tx: &mut Tx, name: &str) -> Result<Option<Drug>> {
    formulary::prescribable_named(tx, name).await
}

/// Returns the hospital's words for the allergies that concern a drug of the list; empty for a typed name.
///
/// # Errors
/// When the database refuses.
pub async fn words_of(tx: &mut Tx, drug: Option<DrugId>) -> Result<String> {
    let listed = match drug {
        Some(drug) => formulary::prescribable_drug(tx, drug).await?,
        None => None,
    };
    Ok(listed.map(|drug| drug.allergy_words).unwrap_or_default())
}

fn matching(drugs: Vec<Drug>, text: &str, limit: usize) -> Vec<Drug> {
    let text = text.trim().to_lowercase();
    let sought: Vec<&str> = text.split_whitespace().collect();
    if sought.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(bool, Drug)> = drugs
        .into_iter()
        .filter_map(|drug| {
            let names = [drug.name.to_lowercase(), drug.name_es.to_lowercase()];
            let begins = |word: &str| {
                let words = names.iter().flat_map(|name| name.split(|letter: char| !letter.is_alphanumeric() && letter != '.'));
                words.into_iter().any(|one| one.starts_with(word))
            };
            let all = sought.iter().all(|part| begins(part));
            all.then(|| (!names.iter().any(|name| name.starts_with(&text)), drug))
        })
        .collect();
    // A bare name, which is checked by its words only, comes last.
    let order = |(late, drug): &(bool, Drug)| (drug.status == DrugStatus::Unmapped, *late, drug.name.clone());
    found.sort_by_cached_key(order);
    found.into_iter().map(|(_, drug)| drug).take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let drugs =
            ["Amoxicillin 250 MG Oral Capsule", "Amoxicillin 500 MG Oral Tablet", "24 HR Metformin 500 MG Tablet", "Metformin 850 MG"]
                .map(|name| Drug {
                    id: DrugId::new(),
                    name: name.into(),
                    name_es: String::new(),
                    status: DrugStatus::Formulary,
                    allergy_words: String::new(),
                    usual_dose: String::new(),
                    usual_route: String::new(),
                    usual_frequency: String::new(),
                    high_alert: false,
                })
                .to_vec();
        matching(drugs, text, 10).into_iter().map(|drug| drug.name).collect()
    }

    #[test]
    fn drugs_are_found_by_the_beginnings_of_words() {
        assert_eq!(names("amox 500"), ["Amoxicillin 500 MG Oral Tablet"]);
        assert_eq!(names("METF"), ["Metformin 850 MG", "24 HR Metformin 500 MG Tablet"]);
        assert!(names("oxicillin").is_empty());
        assert!(names("  ").is_empty());
    }
}
