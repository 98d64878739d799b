//! Frequent diagnoses with their everyday names: "heart attack", "UTI", "tensión alta".
//!
//! The list and its source are in `assets/icd-10-common.tsv`. It only decides which official codes a search returns
//! first.

use std::{
    collections::HashSet,
    sync::{LazyLock, OnceLock},
};

use super::{Code, lookup};
use crate::patients::name_key::words;

static LIST: &str = include_str!("../../../assets/icd-10-common.tsv");

/// One frequent diagnosis.
struct Common {
    code: Code,
    /// The words of each everyday term, and those of the official wording.
    terms: Vec<Vec<String>>,
}

/// How closely a diagnosis matches the searched words; the closest match comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The words are one of its terms.
    Term,
    /// The words begin words of one term.
    InOneTerm,
    /// The words begin words of several of its terms.
    InAllTerms,
}

impl Common {
    fn fit(&self, sought: &[String]) -> Option<Fit> {
        let begins = |word: &String, term: &[String]| term.iter().any(|own| own.starts_with(word.as_str()));
        if self.terms.iter().any(|term| term == sought) {
            Some(Fit::Term)
        } else if self.terms.iter().any(|term| sought.iter().all(|word| begins(word, term))) {
            Some(Fit::InOneTerm)
        } else {
            sought.iter().all(|word| self.terms.iter().any(|term| begins(word, term))).then_some(Fit::InAllTerms)
        }
    }
}

fn list() -> &'static [Common] {
    static COMMON: OnceLock<Vec<Common>> = OnceLock::new();
    COMMON.get_or_init(|| {
        let lines = LIST.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| {
                let (code, terms) = line.split_once('\t')?;
                let code = lookup(code)?;
                let terms = terms.split(['\t', ';']).chain([code.description]).map(words).collect();
                Some(Common { code, terms })
            })
            .collect()
    })
}

/// Returns the frequent diagnoses that match all words: the closest first, then the most frequent.
pub(super) fn search(sought: &[String]) -> impl Iterator<Item = Code> {
    let mut found: Vec<(Fit, Code)> = list().iter().filter_map(|common| Some((common.fit(sought)?, common.code))).collect();
    // A stable sort keeps the order of the list.
    found.sort_by_key(|(fit, _)| *fit);
    found.into_iter().map(|(_, code)| code)
}

/// Whether a word of a search is a whole word of a term here, as abbreviations are; such a word is not treated as
/// misspelt.
pub(super) fn has_word(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&'static str>> =
        LazyLock::new(|| list().iter().flat_map(|common| common.terms.iter().flatten()).map(String::as_str).collect());
    WORDS.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_a_code_that_may_be_used_and_stands_once() {
        let lines: Vec<&str> = LIST.lines().filter(|line| !line.starts_with('#')).collect();
        let mut codes = HashSet::new();
        for line in &lines {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 3, "{line}");
            let code = lookup(cells[0]).unwrap_or_else(|| panic!("{} is no code of the list", cells[0]));
            assert!(code.billable && code.code == cells[0], "{line}");
            assert!(codes.insert(cells[0]), "{} stands twice", cells[0]);
            assert!(cells[1..].iter().all(|terms| terms.split(';').all(|term| !words(term).is_empty())), "{line}");
        }
        assert!(lines.len() >= 300, "only {}", lines.len());
        assert_eq!(list().len(), lines.len());
    }

    #[test]
    fn the_closest_term_comes_before_the_more_frequent_diagnosis() {
        let first = |query: &str| search(&words(query)).next().map(|code| code.code);
        assert_eq!(first("diabetes"), Some("E11.9"));
        assert_eq!(first("diabetes tipo 1"), Some("E10.9"));
        assert_eq!(first("gestational diab"), Some("O24.419"));
        assert_eq!(first("qqqq"), None);
    }
}
