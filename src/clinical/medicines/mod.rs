//! The medicines that can be prescribed, and the SQL of prescriptions.

pub(in crate::clinical) mod store;

use crate::{
    core::{DrugId, Result},
    db::Tx,
};

/// A medicine of the hospital's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drug {
    pub id: DrugId,
    pub name: String,
    /// The words under which an allergy to it may be recorded.
    pub allergy_words: String,
    pub usual_dose: String,
    pub usual_route: String,
    pub usual_frequency: String,
}

/// Finds drugs: each typed word must begin a word of the name, in any order. Names that begin with the text come first.
///
/// # Errors
/// When the database refuses.
pub async fn find_drugs(tx: &mut Tx, text: &str, limit: usize) -> Result<Vec<Drug>> {
    Ok(matching(store::drugs(tx).await?, text, limit))
}

/// Finds the drug with exactly this name, in any case: for a name typed in full.
///
/// # Errors
/// When the database refuses.
pub async fn drug_named(tx: &mut Tx, name: &str) -> Result<Option<Drug>> {
    let name = name.trim().to_lowercase();
    Ok(store::drugs(tx).await?.into_iter().find(|drug| drug.name.to_lowercase() == name))
}

/// Returns the hospital's words for the allergies that concern a drug of the list; empty for a typed name.
///
/// # Errors
/// When the database refuses.
pub async fn words_of(tx: &mut Tx, drug: Option<DrugId>) -> Result<String> {
    let listed = match drug {
        Some(drug) => store::drug(tx, drug).await?,
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
            let name = drug.name.to_lowercase();
            let all = sought
                .iter()
                .all(|part| name.split(|letter: char| !letter.is_alphanumeric() && letter != '.').any(|word| word.starts_with(part)));
            all.then(|| (!name.starts_with(&text), drug))
        })
        .collect();
    found.sort_by(|one, other| (one.0, &one.1.name).cmp(&(other.0, &other.1.name)));
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
                    allergy_words: String::new(),
                    usual_dose: String::new(),
                    usual_route: String::new(),
                    usual_frequency: String::new(),
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
