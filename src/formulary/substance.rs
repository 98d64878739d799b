//! Substances and their names.

use std::collections::HashMap;

use super::{Advice, GroupKind, names, store};
use crate::{
    core::{
        Error, Result, SubstanceGroupId, SubstanceId,
        error::FieldErrors,
        locale::{self, Locale},
        time::Instant,
    },
    db::Tx,
    tr,
};

/// A substance.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Substance {
    pub id: SubstanceId,
    pub version: i64,
    /// The international nonproprietary name, in English.
    pub name: String,
    pub name_es: String,
    pub rxcui: String,
    pub pregnancy: Advice,
    pub lactation: Advice,
    pub source: String,
    pub confirmed_at: Option<Instant>,
    pub confirmed_by: Option<String>,
}

impl Substance {
    /// The name in the reader's language.
    pub fn shown_name(&self) -> &str {
        match locale::current() {
            Locale::es if !self.name_es.is_empty() => &self.name_es,
            _ => &self.name,
        }
    }
}

/// A group of substances.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Group {
    pub id: SubstanceGroupId,
    pub code: String,
    pub kind: GroupKind,
    pub name: String,
    pub name_es: String,
    pub source: String,
}

impl Group {
    /// The name in the reader's language.
    pub fn shown_name(&self) -> &str {
        match locale::current() {
            Locale::es if !self.name_es.is_empty() => &self.name_es,
            _ => &self.name,
        }
    }
}

/// All names of all substances, by their keys.
#[derive(Clone, Debug, Default)]
pub struct SubstanceNames {
    by_key: HashMap<String, (SubstanceId, String)>,
    keys: HashMap<SubstanceId, Vec<String>>,
}

impl SubstanceNames {
    /// Reads the names.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn load(tx: &mut Tx) -> Result<Self> {
        let mut names = Self::default();
        for (key, id, name) in store::substances::names(tx).await? {
            names.keys.entry(id).or_default().push(key.clone());
            names.by_key.insert(key, (id, name));
        }
        Ok(names)
    }

    /// Puts the names of a substance in the place of its former ones.
    pub fn put(&mut self, id: SubstanceId, own: &str, all: &[String]) {
        for key in self.keys.remove(&id).unwrap_or_default() {
            self.by_key.remove(&key);
        }
        for name in all {
            let key = names::key(name);
            if self.by_key.insert(key.clone(), (id, own.to_owned())).is_none() {
                self.keys.entry(id).or_default().push(key);
            }
        }
    }

    /// Returns the keys of a substance.
    pub fn keys_of(&self, id: SubstanceId) -> &[String] {
        self.keys.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Returns the substances that a text names: whole words only, the longest name first, in any language.
    pub fn read(&self, text: &str) -> Vec<SubstanceId> {
        let words: Vec<String> = names::words(text).iter().map(|word| names::by_sound(word)).collect();
        let longest = self.by_key.keys().map(|key| key.split(' ').count()).max().unwrap_or(1);
        let (mut found, mut at) = (Vec::new(), 0);
        while at < words.len() {
            let name = (1..=longest.min(words.len() - at))
                .rev()
                .find_map(|count| Some((count, self.by_key.get(&words[at..at + count].join(" "))?.0)));
            match name {
                Some((count, id)) => {
                    if !found.contains(&id) {
                        found.push(id);
                    }
                    at += count;
                }
                None => at += 1,
            }
        }
        // Names of products stand in the list of names, not among those of the substances.
        for own in names::read(text).substances {
            if let Some((id, _)) = self.find(own)
                && !found.contains(&id)
            {
                found.push(id);
            }
        }
        found
    }

    /// Returns the substance that a name means, with its own name.
    pub fn find(&self, name: &str) -> Option<(SubstanceId, String)> {
        self.by_key.get(&names::key(name)).cloned()
    }
}

/// A substance as its form describes it.
#[derive(Clone, Debug, Default)]
pub struct SubstanceTyped {
    pub name: String,
    pub name_es: String,
    /// Further names, separated by commas.
    pub names: String,
    /// The codes of its groups.
    pub groups: Vec<String>,
    pub rxcui: String,
    pub pregnancy: String,
    pub lactation: String,
    pub source: String,
}

/// A substance that was read without an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubstanceDraft {
    pub name: String,
    pub name_es: String,
    pub names: Vec<String>,
    /// Its groups with their codes, by code.
    pub groups: Vec<(String, SubstanceGroupId)>,
    pub rxcui: String,
    pub pregnancy: Advice,
    pub lactation: Advice,
    pub source: String,
}

impl SubstanceDraft {
    /// Reads the typed substance; `of` is the one that is being changed.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all fields that are wrong.
    pub fn read(typed: &SubstanceTyped, of: Option<SubstanceId>, known: &SubstanceNames, all_groups: &[Group]) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let name = errors.required_line("name", &typed.name, 200);
        let name_es = errors.line("name_es", &typed.name_es, 200);
        let rxcui = errors.line("rxcui", &typed.rxcui, 20);
        let source = errors.line("source", &typed.source, 500);
        let pregnancy = errors.chosen::<Advice>("pregnancy", &typed.pregnancy);
        let lactation = errors.chosen::<Advice>("lactation", &typed.lactation);
        let further = errors.line("names", &typed.names, 2_000);
        let mut all: Vec<String> = Vec::new();
        for (field, one) in
            [("name", name.as_str()), ("name_es", name_es.as_str())].into_iter().chain(further.split(',').map(|one| ("names", one)))
        {
            let one = one.trim();
            if one.is_empty() {
                continue;
            }
            match known.find(one) {
                Some((other, own)) if Some(other) != of => {
                    errors.add(field, tr!(formulary.name_taken, name = one.to_owned(), substance = own));
                }
                _ if names::key(one).is_empty() => errors.add(field, tr!(errors.field_unreadable)),
                _ => all.push(one.to_owned()),
            }
        }
        let groups = of_codes(&mut errors, &typed.groups, all_groups);
        let says = [pregnancy, lactation].into_iter().flatten().any(|advice| advice != Advice::Unknown);
        if says && source.is_empty() {
            errors.add("source", tr!(formulary.source_needed));
        }
        errors.finish()?;
        let (Some(pregnancy), Some(lactation)) = (pregnancy, lactation) else {
            return Err(Error::invalid("form", tr!(errors.field_unreadable)));
        };
        Ok(Self { name, name_es, names: all, groups, rxcui, pregnancy, lactation, source })
    }
}

/// Returns the groups with these codes.
fn of_codes(errors: &mut FieldErrors, codes: &[String], all: &[Group]) -> Vec<(String, SubstanceGroupId)> {
    let mut found = Vec::new();
    for code in codes {
        match all.iter().find(|group| group.code == *code) {
            Some(group) => found.push((group.code.clone(), group.id)),
            None => errors.add("groups", tr!(formulary.no_such_group, code = code.clone())),
        }
    }
    found.sort();
    found.dedup();
    found
}
