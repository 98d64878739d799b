//! Look-alikes: pairs of substances whose names look or sound alike, and the spelling that tells them apart. A pair has an effect once a pharmacist
//! confirmed it.

use std::collections::{BTreeMap, HashMap};

use super::{
    change,
    rule::{RuleKind, RuleState},
    store,
    substance::SubstanceNames,
};
use crate::{
    core::{
        DrugId, Error, Result, RuleId, SubstanceId,
        error::FieldErrors,
        locale::{self, Locale},
    },
    db::Tx,
    server::Ctx,
    tr,
};

/// Two substances whose names look or sound alike.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LookAlike {
    pub id: RuleId,
    pub one_id: SubstanceId,
    pub one_name: String,
    pub one_name_es: String,
    pub one_tall: String,
    pub one_tall_es: String,
    pub other_id: SubstanceId,
    pub other_name: String,
    pub other_name_es: String,
    pub other_tall: String,
    pub other_tall_es: String,
    #[sqlx(flatten)]
    pub state: RuleState,
}

/// Returns the first of the texts that is not empty.
fn first(texts: [&str; 4]) -> &str {
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

impl LookAlike {
    /// The name of the first substance as it is shown.
    pub fn one_shown(&self) -> &str {
        match locale::current() {
            Locale::es => first([&self.one_tall_es, &self.one_name_es, &self.one_tall, &self.one_name]),
            Locale::en => first([&self.one_tall, &self.one_name, "", ""]),
        }
    }

    /// The name of the other substance as it is shown.
    pub fn other_shown(&self) -> &str {
        match locale::current() {
            Locale::es => first([&self.other_tall_es, &self.other_name_es, &self.other_tall, &self.other_name]),
            Locale::en => first([&self.other_tall, &self.other_name, "", ""]),
        }
    }

    /// The spellings of one of the substances, where the pair has some.
    fn spellings_of(&self, substance: SubstanceId) -> Option<(&str, &str)> {
        match substance {
            one if one == self.one_id => Some((&self.one_tall, &self.one_tall_es)),
            other if other == self.other_id => Some((&self.other_tall, &self.other_tall_es)),
            _ => None,
        }
    }
}

/// One substance of a pair as a form or a file describes it.
#[derive(Clone, Debug, Default)]
pub struct SideTyped {
    pub name: String,
    pub tall: String,
    pub tall_es: String,
}

/// One substance of a pair, with its spellings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlikeSide {
    pub substance: SubstanceId,
    pub tall: String,
    pub tall_es: String,
}

/// Returns the pair as it was typed, in the order of the ids.
///
/// # Errors
/// [`Error::Invalid`] with all fields that are wrong.
pub async fn read_pair(tx: &mut Tx, typed: &[SideTyped; 2], known: &SubstanceNames) -> Result<[AlikeSide; 2]> {
    let there = store::alike::all(tx).await?;
    let mut errors = FieldErrors::new();
    let mut sides = Vec::new();
    for (typed, [field, tall_field, tall_es_field]) in
        typed.iter().zip([["one", "one_tall", "one_tall_es"], ["other", "other_tall", "other_tall_es"]])
    {
        let name = errors.required_line(field, &typed.name, 200);
        let (tall, tall_es) = (errors.line(tall_field, &typed.tall, 200), errors.line(tall_es_field, &typed.tall_es, 200));
        if name.is_empty() {
            continue;
        }
        let Some((substance, own)) = known.find(&name) else {
            errors.add(field, tr!(formulary.no_such_substance, name = name));
            continue;
        };
        let spanish = store::substances::one(tx, substance).await?.map(|one| one.name_es).unwrap_or_default();
        for (field, tall, plain) in [(tall_field, &tall, &own), (tall_es_field, &tall_es, &spanish)] {
            if !tall.is_empty() && tall.to_lowercase() != plain.to_lowercase() {
                errors.add(field, tr!(formulary.tall_wrong, name = plain.clone()));
            }
        }
        // One substance is spelled in one way, whatever it is taken for.
        for (known, known_es) in there.iter().filter(|pair| !pair.state.retired).filter_map(|pair| pair.spellings_of(substance)) {
            for (field, tall, known) in [(tall_field, &tall, known), (tall_es_field, &tall_es, known_es)] {
                if !tall.is_empty() && !known.is_empty() && tall != known {
                    errors.add(field, tr!(formulary.tall_differs, spelling = known.to_owned()));
                }
            }
        }
        sides.push(AlikeSide { substance, tall, tall_es });
    }
    if let [one, other] = sides.as_slice()
        && one.substance == other.substance
    {
        errors.add("other", tr!(formulary.alike_both));
    }
    errors.finish()?;
    sides.sort_by_key(|side| side.substance);
    sides.try_into().map_err(|_| Error::invalid("one", tr!(errors.choose)))
}

/// Adds a pair; the form sent twice adds one.
///
/// # Errors
/// [`Error::Invalid`] with all fields that are wrong; [`Error::Conflict`] when the pair is there.
pub async fn add(ctx: &mut Ctx, key: RuleId, typed: &[SideTyped; 2], source: &str) -> Result<()> {
    change::take_turn(&mut ctx.tx).await?;
    let known = SubstanceNames::load(&mut ctx.tx).await?;
    let sides = read_pair(&mut ctx.tx, typed, &known).await?;
    let stamp = ctx.stamp();
    store::alike::insert(&mut ctx.tx, key, &sides, source, stamp).await.map_err(change::rule_refused)?;
    change::added(ctx, key, &format!("{}: {} ≠ {}", RuleKind::LookAlike, typed[0].name, typed[1].name), source);
    Ok(())
}

/// The confirmed pairs: how names are spelled, and which substances are taken for each other.
#[derive(Clone, Debug, Default)]
pub struct TallNames {
    /// The spelling of each word of a name that has one, by the word in small letters.
    words: HashMap<String, String>,
    pairs: Vec<LookAlike>,
    /// The substances of each drug that has one of a pair.
    drugs: HashMap<DrugId, Vec<SubstanceId>>,
}

impl TallNames {
    /// Reads the confirmed pairs.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn load(tx: &mut Tx) -> Result<Self> {
        let pairs = store::alike::all(tx).await?;
        let mut names = Self::of(pairs.into_iter().filter(|pair| !pair.state.retired && pair.state.confirmed_at.is_some()).collect());
        if !names.pairs.is_empty() {
            for (drug, substance) in store::alike::drugs(tx).await? {
                names.drugs.entry(drug).or_default().push(substance);
            }
        }
        Ok(names)
    }

    fn of(pairs: Vec<LookAlike>) -> Self {
        let mut words = HashMap::new();
        for tall in pairs.iter().flat_map(|pair| [&pair.one_tall, &pair.one_tall_es, &pair.other_tall, &pair.other_tall_es]) {
            for word in tall.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.chars().any(char::is_uppercase)) {
                words.insert(word.to_lowercase(), word.to_owned());
            }
        }
        Self { words, pairs, drugs: HashMap::new() }
    }

    /// Returns the name of a medicine with capitals in the letters that tell it apart: `metFORMIN 500 mg tablet`.
    pub fn spell(&self, name: &str) -> String {
        if self.words.is_empty() {
            return name.to_owned();
        }
        let (mut spelled, mut word) = (String::with_capacity(name.len()), String::new());
        let end = |word: &mut String, spelled: &mut String| {
            match self.words.get(&word.to_lowercase()) {
                Some(tall) => spelled.push_str(tall),
                None => spelled.push_str(word),
            }
            word.clear();
        };
        for letter in name.chars() {
            if letter.is_alphanumeric() {
                word.push(letter);
            } else {
                end(&mut word, &mut spelled);
                spelled.push(letter);
            }
        }
        end(&mut word, &mut spelled);
        spelled
    }

    /// Returns the names of the substances for which one of these may be taken, each once.
    pub fn mistaken_for(&self, substances: &[SubstanceId]) -> Vec<String> {
        let mut others = BTreeMap::new();
        for pair in &self.pairs {
            if substances.contains(&pair.one_id) && !substances.contains(&pair.other_id) {
                others.insert(pair.other_id, pair.other_shown().to_owned());
            } else if substances.contains(&pair.other_id) && !substances.contains(&pair.one_id) {
                others.insert(pair.one_id, pair.one_shown().to_owned());
            }
        }
        let mut names: Vec<String> = others.into_values().collect();
        names.sort();
        names
    }

    /// Returns the warning about a drug that may be taken for another: its name, as it is spelled, and the others.
    pub fn warning(&self, drug: Option<DrugId>, name: &str) -> Option<AlikeWarning> {
        let others = self.mistaken_for(self.drugs.get(&drug?)?);
        (!others.is_empty()).then(|| AlikeWarning { name: self.spell(name), others: others.join(", ") })
    }
}

/// A medicine whose name looks or sounds like others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlikeWarning {
    /// Its name, with capitals in the letters that tell it apart.
    pub name: String,
    /// The names of the substances for which it may be taken.
    pub others: String,
}

impl AlikeWarning {
    /// The sentence: `metFORMIN 500 mg tablet is not metroNIDAZOLE.`
    pub fn sentence(&self) -> String {
        tr!(formulary.alike_warning, name = self.name.clone(), others = self.others.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(one: &str, other: &str) -> LookAlike {
        let state = RuleState { version: 1, source: "list".to_owned(), confirmed_at: None, confirmed_by: None, retired: false };
        LookAlike {
            id: RuleId::new(),
            one_id: SubstanceId::new(),
            one_name: one.to_lowercase(),
            one_name_es: String::new(),
            one_tall: one.to_owned(),
            one_tall_es: String::new(),
            other_id: SubstanceId::new(),
            other_name: other.to_lowercase(),
            other_name_es: String::new(),
            other_tall: other.to_owned(),
            other_tall_es: String::new(),
            state,
        }
    }

    #[test]
    fn whole_words_are_spelled_with_their_capitals() {
        let names = TallNames::of(vec![pair("metFORMIN", "metroNIDAZOLE"), pair("morphine", "HYDROmorphone")]);
        assert_eq!(names.spell("Metformin 500 mg tablet"), "metFORMIN 500 mg tablet");
        assert_eq!(names.spell("Sitagliptin/METFORMIN 50 mg/1 g"), "Sitagliptin/metFORMIN 50 mg/1 g");
        assert_eq!(names.spell("Hydromorphone 2 mg"), "HYDROmorphone 2 mg");
        for same in ["Morphine 10 mg/mL", "Metforminum", "Paracetamol 500 mg", ""] {
            assert_eq!(names.spell(same), same);
        }
    }

    #[test]
    fn a_medicine_is_told_from_the_others_of_its_pairs() {
        let (one, mut two) = (pair("metFORMIN", "metroNIDAZOLE"), pair("a", "b"));
        two.one_id = one.one_id;
        two.other_name = "methyldopa".to_owned();
        two.other_tall = String::new();
        let names = TallNames::of(vec![one.clone(), two.clone()]);
        assert_eq!(names.mistaken_for(&[one.one_id]), ["methyldopa", "metroNIDAZOLE"]);
        assert_eq!(names.mistaken_for(&[one.other_id]), ["metFORMIN"]);
        assert!(names.mistaken_for(&[SubstanceId::new()]).is_empty());
        assert_eq!(names.mistaken_for(&[one.one_id, one.other_id]), ["methyldopa"], "a medicine of both is not taken for itself");
    }
}
