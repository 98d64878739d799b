//! Finds a patient by any known value: number, name in any order and spelling, phone, birth date, or several of them
//! together ("adams 1980").
//!
//! Names are searched several times, each time more broadly, until there are enough results: by whole words, by
//! beginnings of words, by their sound, by the middle of words, and by words that differ in a letter or two.

mod question;
mod store;

use std::collections::{BTreeSet, HashSet};

use chrono::NaiveDate;

use super::{PatientHit, PatientLine, PatientName, merges, name_key, namesakes, store::lines_of_anybody};
use crate::{
    core::{ClinicId, PatientId, Result},
    db::Tx,
    server::Ctx,
};
use question::{Question, Span};
use store::Word;
pub(super) use store::{Sort, listed};

/// The fewest letters that are searched in the middle of a name.
const MIDDLE: usize = 3;

/// The number of candidates that are compared for each patient that can be shown; the best of them are shown.
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
            town: line.town,
            description: line.description,
            age: String::new(),
            namesake: false,
            born: Some(line.birth),
        }
    }
}

/// Returns the matching patients, best first.
///
/// # Errors
/// When the database refuses.
pub async fn search(tx: &mut Tx, text: &str, limit: usize) -> Result<Vec<PatientHit>> {
    Ok(search_lines(tx, text, limit).await?.into_iter().map(PatientHit::from).collect())
}

/// Records in the audit log that these people were found, and removes the contact data of those outside the clinic's care. It
/// also sets the ages, and marks the patients who have a namesake. Returns the ids of the people in care.
///
/// # Errors
/// [`crate::core::Error::Busy`] when the audit log cannot accept the entry.
pub async fn only_identity(ctx: &mut Ctx, found: &mut [PatientHit], what: &'static str) -> Result<BTreeSet<PatientId>> {
    let ids: Vec<_> = found.iter().map(|hit| hit.id).collect();
    let in_care = ctx.found(&ids, what).await?;
    for hit in found.iter_mut().filter(|hit| !in_care.contains(&hit.id)) {
        hit.phone.clear();
        hit.town.clear();
        hit.description.clear();
    }
    let (today, alike) = (ctx.today(), namesakes(&mut ctx.tx, &ids).await?);
    for hit in found.iter_mut() {
        hit.age = hit.born.map(|birth| birth.age(today)).unwrap_or_default();
        hit.namesake = alike.contains(&hit.id);
    }
    Ok(in_care)
}

/// Returns the one patient that the search can only mean: the single result, found by a number, a date or words that begin
/// the name's words. A user must check a name that only sounds similar.
pub fn surely<'a>(text: &str, found: &'a [PatientHit]) -> Option<&'a PatientHit> {
    let [one] = found else { return None };
    let question = Question::parse(text);
    let names = name_key::name_words("", &one.name, "");
    let fits = |fits: &dyn Fn(&str, &str) -> bool| question.words.iter().all(|word| names.iter().any(|name| fits(word, name)));
    // By an identifier, when its words are similar to no name.
    let meant = fits(&|word, name| name.starts_with(word)) || (question.identifier && !fits(&|word, name| word_fit(word, name) > 0));
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
        return surviving(tx, found).await;
    }
    let mut ids = Vec::new();
    if question.digits.is_some() {
        ids.extend(store::by_number(tx, &question, candidates).await?);
    }
    // An identifier is not a name: its patient stays in the result, even if its words are similar to no name.
    let identified: HashSet<PatientId> = if question.identifier { ids.iter().copied().collect() } else { HashSet::new() };
    if !question.dates.is_empty() {
        ids.extend(store::by_birth(tx, &question.dates, candidates).await?);
    }
    if question.words.is_empty() {
        if let Some(month) = question.born {
            ids.extend(store::by_month(tx, month, candidates).await?);
        }
    } else if !question.dates.is_empty() {
        // Adds patients of whom only the month or the year of that day is known.
        for day in &question.dates {
            let beginnings = question.words.iter().map(|word| Word::Beginning(word.clone())).collect();
            ids.extend(store::by_words(tx, beginnings, Some(Span::on(*day)), candidates).await?);
        }
    } else if let Some(span) = question.born {
        ids.extend(by_name(tx, &question.words, Some(span), candidates, limit).await?);
    } else if question.digits.as_deref().unwrap_or_default().len() < 4 {
        ids.extend(by_name(tx, &question.words, None, candidates, limit).await?);
    }
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    ids.truncate(most);
    let order: std::collections::HashMap<PatientId, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let found = lines_of_anybody(tx, &ids).await?;
    let sayings = sayings(&question.words);
    let mut scored: Vec<_> = found
        .into_iter()
        .map(|line| {
            let fit = if identified.contains(&line.id) { u32::MAX } else { fit(&sayings, &line) };
            (fit, order.get(&line.id).copied().unwrap_or_default(), line)
        })
        .filter(|(fit, ..)| question.words.is_empty() || *fit > 0)
        .collect();
    scored.sort_by(|(a, place_a, line_a), (b, place_b, line_b)| {
        let names = || line_a.name.listed().cmp(&line_b.name.listed());
        b.cmp(a).then_with(|| if question.words.is_empty() { place_a.cmp(place_b) } else { names() }).then(line_a.id.cmp(&line_b.id))
    });
    scored.truncate(limit);
    surviving(tx, scored.into_iter().map(|(.., line)| line).collect()).await
}

/// Replaces records that were merged by the surviving ones: old numbers and names lead there.
async fn surviving(tx: &mut Tx, found: Vec<PatientLine>) -> Result<Vec<PatientLine>> {
    let ids: Vec<PatientId> = found.iter().map(|line| line.id).collect();
    let merged = merges::surviving(tx, &ids).await?;
    if merged.is_empty() {
        return Ok(found);
    }
    let survivors: Vec<PatientId> = merged.values().copied().collect();
    let lines: std::collections::HashMap<PatientId, PatientLine> =
        lines_of_anybody(tx, &survivors).await?.into_iter().map(|line| (line.id, line)).collect();
    let mut seen = HashSet::new();
    let lines = found.into_iter().map(|line| merged.get(&line.id).and_then(|survivor| lines.get(survivor).cloned()).unwrap_or(line));
    Ok(lines.filter(|line| seen.insert(line.id)).collect())
}

/// Returns the patients with a token of this clinic and day, such as `A-024` or `a24`; empty when the text is not a
/// token.
///
/// # Errors
/// When the database refuses.
pub async fn by_token(tx: &mut Tx, clinic: ClinicId, day: NaiveDate, text: &str) -> Result<Vec<PatientHit>> {
    let Some(token) = token(text) else { return Ok(Vec::new()) };
    let ids = store::by_token(tx, clinic, day, &token).await?;
    Ok(lines_of_anybody(tx, &ids).await?.into_iter().map(PatientHit::from).collect())
}

/// Returns `A-024` for `a24`.
fn token(text: &str) -> Option<String> {
    let text = text.trim();
    let series = text.chars().next().filter(char::is_ascii_alphabetic)?.to_ascii_uppercase();
    let number = text.get(1..)?.trim_start_matches(['-', ' ']);
    let number: u32 = number.parse().ok().filter(|_| number.len() <= 4 && number.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(format!("{series}-{number:03}"))
}

async fn by_name(tx: &mut Tx, words: &[String], born: Option<Span>, candidates: i64, wanted: usize) -> Result<Vec<PatientId>> {
    // So few results are rarely all that the user meant: other names may sound like it, or have another spelling.
    let few = wanted.min(5);
    // Whole words come first: in a large hospital beginnings alone would fill the candidates with other people.
    let whole = words.iter().map(|word| Word::OneOf(vec![word.clone()])).collect();
    let mut ids = store::by_words(tx, whole, born, candidates).await?;
    if ids.len() < wanted {
        let beginnings = words.iter().map(|word| Word::Beginning(word.clone())).collect();
        ids.extend(store::by_words(tx, beginnings, born, candidates).await?);
    }
    if ids.len() < few {
        ids.extend(joined(tx, words, born, candidates).await?);
    }
    if ids.len() < few {
        let sounds = words.iter().map(|word| Word::BeginningOrSound(word.clone(), format!("~{}", name_key::phonetic(word)))).collect();
        ids.extend(store::by_words(tx, sounds, born, candidates).await?);
    }
    if ids.len() < few && words.iter().all(|word| word.chars().count() >= middle(word)) {
        let mut inside = Vec::with_capacity(words.len());
        for word in words {
            inside.push(store::containing(tx, word).await?);
        }
        ids.extend(having(tx, inside, born, candidates).await?);
    }
    if ids.is_empty() {
        let mut near = Vec::with_capacity(words.len());
        for word in words {
            near.push(store::near(tx, word).await?);
        }
        ids = having(tx, near, born, candidates).await?;
    }
    Ok(ids)
}

/// Returns the patients whose name has fewer words than the search: all words joined into one, or two or three
/// neighbours joined.
async fn joined(tx: &mut Tx, words: &[String], born: Option<Span>, candidates: i64) -> Result<Vec<PatientId>> {
    let whole = format!("{}{}", name_key::LETTERS, words.concat());
    let mut ids = store::by_words(tx, vec![Word::OneOf(vec![whole])], born, candidates).await?;
    for saying in sayings(words).into_iter().skip(1) {
        let beginnings = saying.into_iter().map(Word::Beginning).collect();
        ids.extend(store::by_words(tx, beginnings, born, candidates).await?);
    }
    Ok(ids)
}

/// Returns the words as they were typed, then with each two and each three neighbours joined.
fn sayings(words: &[String]) -> Vec<Vec<String>> {
    let joined = (2..=3_usize).flat_map(|width| {
        (0..(words.len() + 1).saturating_sub(width)).filter_map(move |at| {
            let (before, after) = (words.get(..at)?, words.get(at + width..)?);
            Some([before, &[words.get(at..at + width)?.concat()], after].concat())
        })
    });
    std::iter::once(words.to_vec()).chain(joined).collect()
}

/// Returns the fewest letters that are searched in the middle of this word.
fn middle(word: &str) -> usize {
    if name_key::is_dense(word) { 2 } else { MIDDLE }
}

/// Returns the patients who have, for each word of the search, one of its alternatives.
async fn having(tx: &mut Tx, instead: Vec<Vec<String>>, born: Option<Span>, candidates: i64) -> Result<Vec<PatientId>> {
    if instead.iter().any(Vec::is_empty) {
        return Ok(Vec::new());
    }
    store::by_words(tx, instead.into_iter().map(Word::OneOf).collect(), born, candidates).await
}

/// Returns how well a name fits one of the variants of the search: each word must fit a word of the name; 0 means that
/// it does not fit.
fn fit(sayings: &[Vec<String>], line: &PatientLine) -> u32 {
    let PatientName { given_names, family_name, preferred_name } = &line.name;
    let names = name_key::name_words(given_names, family_name, preferred_name);
    let letters = name_key::both_orders(given_names, family_name);
    // A name with fewer other words is closer to the search.
    let count = [family_name, given_names, preferred_name].into_iter().map(|name| name_key::words(name).len()).sum::<usize>();
    let others = 9 - u32::try_from(count.min(9)).unwrap_or(9);
    let typed = sayings.first().map_or(0, Vec::len);
    let best = |(at, words): (usize, &Vec<String>)| {
        let mut total = 0;
        for word in words {
            let best = names.iter().map(|name| word_fit(word, name)).max().unwrap_or(0);
            if best == 0 {
                return 0;
            }
            total += best;
        }
        // Joined words count as the words that they came from; words as they were typed count slightly more.
        let scaled = usize::try_from(total).unwrap_or(0) * typed / words.len().max(1);
        u32::try_from(scaled).unwrap_or(0).saturating_sub(u32::from(at > 0)) * 10 + others
    };
    let whole = sayings.first().is_some_and(|words| letters.contains(&words.concat()));
    let whole = if whole { u32::try_from(typed * 1000).unwrap_or(0).saturating_sub(10) + others } else { 0 };
    sayings.iter().enumerate().map(best).max().unwrap_or(0).max(whole)
}

fn word_fit(word: &str, name: &str) -> u32 {
    if name == word {
        100
    } else if name.starts_with(word) {
        80
    } else if name_key::sound_alike(name, word) {
        60
    } else if word.chars().count() >= middle(word) && name.contains(word) {
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
    fn tokens_in_any_spelling() {
        for text in ["A-024", "a24", " a-24 ", "A 024"] {
            assert_eq!(token(text).as_deref(), Some("A-024"), "{text}");
        }
        for text in ["Ana", "A-", "024", "AB-12", "A-12345", "A-1x", "A+1"] {
            assert_eq!(token(text), None, "{text}");
        }
    }

    #[test]
    fn only_who_must_be_meant_is_taken_without_a_look() {
        let hit = |name: &str| PatientHit {
            id: PatientId::new(),
            mrn: String::new(),
            name: name.to_owned(),
            birth_date: String::new(),
            sex: String::new(),
            phone: String::new(),
            town: String::new(),
            description: String::new(),
            age: String::new(),
            namesake: false,
            born: None,
        };
        let found = [hit("Núñez, Ana María")];
        for text in ["nunez", "ana nun", "maria", "617 555 0100", "18.4.1980", "nunez 18.4.1980"] {
            assert!(surely(text, &found).is_some(), "{text}");
        }
        assert!(surely("POP-002215", &found).is_some(), "by an identifier");
        assert!(surely("nunez2", &found).is_none(), "a name with a slip");
        assert!(surely("nunes", &found).is_none(), "it only sounds so");
        assert!(surely("ana", &[hit("Adams, Ana"), hit("Beck, Ana")]).is_none());
        assert!(surely("ana", &[]).is_none());
    }
}
