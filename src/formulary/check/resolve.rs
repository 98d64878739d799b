//! Finds the substances and strengths of a medicine: of a drug of the formulary exactly, of a bare or typed name as far as its words say them.

use std::collections::{BTreeSet, HashMap};

use super::{Knowledge, Medicine, Part};
use crate::{
    core::{DrugId, Result, SubstanceId},
    db::Tx,
    formulary::{Amount, Dose, Route, Strength, Unit, drug::Drug, names, store, substance::SubstanceNames},
};

/// A reader of medicines, which reads each drug once.
#[derive(Debug, Default)]
pub struct Medicines {
    names: SubstanceNames,
    drugs: HashMap<DrugId, Option<Drug>>,
}

impl Medicines {
    /// Reads the names of substances.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn load(tx: &mut Tx) -> Result<Self> {
        Ok(Self { names: SubstanceNames::load(tx).await?, drugs: HashMap::new() })
    }

    /// Returns the medicine of a drug or a name, without a dosage.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn find(&mut self, tx: &mut Tx, drug: Option<DrugId>, name: &str) -> Result<Medicine> {
        let known = match drug {
            Some(id) => self.drug(tx, id).await?,
            None => None,
        };
        if let Some(drug) = known.filter(|drug| !drug.ingredients.is_empty()) {
            let parts = drug.ingredients.iter().map(|one| Part { substance: one.substance, strength: Some(one.strength) }).collect();
            let (form, routes, weekly) = (drug.form, drug.routes, drug.weekly);
            return Ok(Medicine { name: name.to_owned(), parts, exact: true, form, routes, weekly, ..Medicine::default() });
        }
        let parts = self.names.read(name).into_iter().map(|substance| Part { substance, strength: None }).collect();
        Ok(Medicine { name: name.to_owned(), parts, ..Medicine::default() })
    }

    /// Returns the drug; of a mapped name the drug that it means.
    async fn drug(&mut self, tx: &mut Tx, id: DrugId) -> Result<Option<Drug>> {
        if let Some(known) = self.drugs.get(&id) {
            return Ok(known.clone());
        }
        let mut drug = store::drugs::one(tx, id).await?;
        if let Some(to) = drug.as_ref().and_then(|drug| drug.same_as) {
            drug = store::drugs::one(tx, to).await?;
        }
        self.drugs.insert(id, drug.clone());
        Ok(drug)
    }
}

impl Medicine {
    /// Adds a dosage. A strength that only the name says counts where the dose is counted: 2 tablets of "Paracetamol 500 mg".
    #[must_use]
    pub fn taken(
        mut self,
        dose: Option<Dose>,
        route: Option<Route>,
        (often, most_a_day): (Option<(i64, i64)>, Option<i64>),
        once: bool,
    ) -> Self {
        if let (Some(dose), [part]) = (&dose, self.parts.as_mut_slice())
            && part.strength.is_none()
            && dose.unit.is_counted()
        {
            part.strength = strength_said(&self.name, dose.unit);
        }
        Self { dose, route, often, most_a_day, once, has_dosage: true, ..self }
    }

    /// The substances.
    pub fn substances(&self) -> BTreeSet<SubstanceId> {
        self.parts.iter().map(|part| part.substance).collect()
    }
}

/// Returns the strength that a name says, when it says exactly one mass and no volume.
fn strength_said(name: &str, per_unit: Unit) -> Option<Strength> {
    let words = names::words(name);
    let masses: Vec<(&String, Unit)> = words
        .windows(2)
        .filter_map(|pair| match pair[1].as_str() {
            "mg" => Some((&pair[0], Unit::Milligram)),
            "g" => Some((&pair[0], Unit::Gram)),
            "mcg" | "microgram" | "micrograms" | "microgramos" => Some((&pair[0], Unit::Microgram)),
            _ => None,
        })
        .collect();
    let [(number, unit)] = masses.as_slice() else { return None };
    // `0.5 mg` is read as the words 0, 5 and mg: a decimal is not guessed.
    if words.iter().any(|word| word == "ml") || words.iter().filter(|word| word.chars().all(|letter| letter.is_ascii_digit())).count() > 1 {
        return None;
    }
    Some(Strength { amount: Amount::stored(number)?, unit: *unit, per: Amount::ONE, per_unit })
}

impl Knowledge {
    /// Reads the rules that concern these medicines.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn of(tx: &mut Tx, medicines: impl Iterator<Item = &Medicine>) -> Result<Self> {
        let ids: BTreeSet<SubstanceId> = medicines.flat_map(Medicine::substances).collect();
        Self::load(tx, &ids).await
    }
}
