//! Finding a patient by whatever is at hand: number, name in any order and spelling, phone, birth date, or several of
//! them together ("adams 1980").
//!
//! Names are tried several times, each wider, until enough is found: by whole words, by beginnings of words, by their
//! sound, by the middle of words, and by words that are a letter or two apart.

mod question;
mod store;

use std::collections::{BTreeSet, HashSet};

use super::{PatientHit, PatientLine, name_key, store::lines_of_anybody};
use crate::{
    core::{PatientId, Result},
    db::Tx,
    server::Ctx,
};
use question::Question;
use store::Word;
pub(super) use store::{Sort, listed};

/// So many letters from the middle of a name are enough to look for.
const MIDDLE: usize = 3;

/// So many candidates are looked at for each patient that can be shown; the best of them are.
const CANDIDATES: usize = 2;

impl From<PatientLine> for PatientHit {
    fn from(line: PatientLine) -> Self {
        Self {
            id: line.id,
            mrn: line.mrn,
            name: line.name.listed(),
            birth_date: line.birth.shown(),
            sex: line.sex.words().to_owned(),
            phone: line.phone,
        }
    }
}

/// The patients that fit, best first.
///
/// # Errors
/// What the database refused.
pub async fn search(tx: &mut Tx, text: &str, limit: usize) -> Result<Vec<PatientHit>> {
    Ok(search_lines(tx, text, limit).await?.into_iter().map(PatientHit::from).collect())
}

/// Audits that these people were found, and leaves of those in nobody's care here who they are: not how they are reached. The
/// others, by id.
///
/// # Errors
/// [`crate::core::Error::Busy`] when the audit log cannot take it.
pub async fn only_identity(ctx: &mut Ctx, found: &mut [PatientHit], what: &'static str) -> Result<BTreeSet<PatientId>> {
    let ids: Vec<_> = found.iter().map(|hit| hit.id).collect();
    let in_care = ctx.found(&ids, what).await?;
    for hit in found.iter_mut().filter(|hit| !in_care.contains(&hit.id)) {
        hit.phone.clear();
    }
    Ok(in_care)
}

/// The one patient that can only be meant: the only one found, by a number or date or by words as the name has them. A name
/// that merely sounds like it is for a person to look at.
pub fn surely<'a>(text: &str, found: &'a [PatientHit]) -> Option<&'a PatientHit> {
    let [one] = found else { return None };
    let names = name_key::words(&one.name);
    let meant = Question::parse(text).words.iter().all(|word| names.iter().any(|name| name.starts_with(word.as_str())));
    meant.then_some(one)
}

pub(super) async fn search_lines(tx: &mut Tx, text: &str, limit: usize) -> Result<Vec<PatientLine>> {
    let question = Question::parse(text);
    let most = limit.max(10) * CANDIDATES;
    let candidates = i64::try_from(most).unwrap_or(i64::MAX);
    if question.is_email() {
        let ids = store::by_email(tx, &question.whole, candidates).await?;
        let mut found = lines_of_anybody(tx, &ids).await?;
        found.truncate(limit);
        return Ok(found);
    }
    let mut ids = Vec::new();
    if question.digits.is_some() {
        ids.extend(store::by_number(tx, &question, candidates).await?);
    }
    if !question.dates.is_empty() {
        ids.extend(store::by_birth(tx, &question.dates, candidates).await?);
    }
    let by_name_alone = question.dates.is_empty() && question.digits.as_deref().unwrap_or_default().len() < 4;
    if !question.words.is_empty() && by_name_alone {
        ids = by_name(tx, &question.words, candidates, limit).await?;
    }
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    ids.truncate(most);
    let order: std::collections::HashMap<PatientId, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let found = lines_of_anybody(tx, &ids).await?;
    let mut scored: Vec<_> = found
        .into_iter()
        .map(|line| (fit(&question.words, &line), order.get(&line.id).copied().unwrap_or_default(), line))
        .filter(|(fit, ..)| question.words.is_empty() || *fit > 0)
        .collect();
    scored.sort_by(|(a, place_a, line_a), (b, place_b, line_b)| {
        let names = || line_a.name.listed().cmp(&line_b.name.listed());
        b.cmp(a).then_with(|| if question.words.is_empty() { place_a.cmp(place_b) } else { names() }).then(line_a.id.cmp(&line_b.id))
    });
    scored.truncate(limit);
    Ok(scored.into_iter().map(|(.., line)| line).collect())
}

async fn by_name(tx: &mut Tx, words: &[String], candidates: i64, wanted: usize) -> Result<Vec<PatientId>> {
    // So few are hardly all that were meant: others may sound like it, or be spelt otherwise.
    let few = wanted.min(5);
    // Whole words first: in a large hospital the beginnings alone fill the candidates with other people.
    let whole = words.iter().map(|word| Word::OneOf(vec![word.clone()])).collect();
    let mut ids = store::by_words(tx, whole, candidates).await?;
    if ids.len() < wanted {
        let beginnings = words.iter().map(|word| Word::Beginning(word.clone())).collect();
        ids.extend(store::by_words(tx, beginnings, candidates).await?);
    }
    if ids.len() < few {
        let sounds = words.iter().map(|word| Word::BeginningOrSound(word.clone(), format!("~{}", name_key::phonetic(word)))).collect();
        ids.extend(store::by_words(tx, sounds, candidates).await?);
    }
    if ids.len() < few && words.iter().all(|word| word.chars().count() >= MIDDLE) {
        let mut inside = Vec::with_capacity(words.len());
        for word in words {
            inside.push(store::containing(tx, word).await?);
        }
        ids.extend(having(tx, inside, candidates).await?);
    }
    if ids.is_empty() {
        let mut near = Vec::with_capacity(words.len());
        for word in words {
            near.push(store::near(tx, word).await?);
        }
        ids = having(tx, near, candidates).await?;
    }
    Ok(ids)
}

/// The patients who have, for each word of the search, one of the words that may stand for it.
async fn having(tx: &mut Tx, instead: Vec<Vec<String>>, candidates: i64) -> Result<Vec<PatientId>> {
    if instead.iter().any(Vec::is_empty) {
        return Ok(Vec::new());
    }
    store::by_words(tx, instead.into_iter().map(Word::OneOf).collect(), candidates).await
}

/// How well a name fits the words: each word must fit one of the name's; 0 is not at all.
fn fit(words: &[String], line: &PatientLine) -> u32 {
    let names: Vec<String> = [&line.name.family_name, &line.name.given_names, &line.name.preferred_name]
        .into_iter()
        .flat_map(|name| name_key::words(name))
        .collect();
    let mut total = 0;
    for word in words {
        let best = names.iter().map(|name| word_fit(word, name)).max().unwrap_or(0);
        if best == 0 {
            return 0;
        }
        total += best;
    }
    // Fewer other names is nearer to what was asked.
    total * 10 + 9 - u32::try_from(names.len().min(9)).unwrap_or(9)
}

fn word_fit(word: &str, name: &str) -> u32 {
    if name == word {
        100
    } else if name.starts_with(word) {
        80
    } else if name_key::sound_alike(name, word) {
        60
    } else if word.chars().count() >= MIDDLE && name.contains(word) {
        50
    } else if question::alike(word, name) {
        40
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_must_be_meant_is_taken_without_a_look() {
        let hit = |name: &str| PatientHit {
            id: PatientId::new(),
            mrn: String::new(),
            name: name.to_owned(),
            birth_date: String::new(),
            sex: String::new(),
            phone: String::new(),
        };
        let found = [hit("Núñez, Ana María")];
        for text in ["nunez", "ana nun", "maria", "617 555 0100", "18.4.1980", "nunez 18.4.1980"] {
            assert!(surely(text, &found).is_some(), "{text}");
        }
        assert!(surely("nunes", &found).is_none(), "it only sounds so");
        assert!(surely("ana", &[hit("Adams, Ana"), hit("Beck, Ana")]).is_none());
        assert!(surely("ana", &[]).is_none());
    }
}
