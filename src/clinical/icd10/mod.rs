//! The ICD-10-CM list: included in the program, and searched by code or by words.
//!
//! The list is the official one of the CDC/NCHS (public domain): 98,505 chapters, blocks and codes in the order of the book, so that all
//! entries under an entry follow it directly. It is unpacked and indexed on first use.

mod common;

use std::io::Read as _;
use std::sync::OnceLock;
use std::{collections::HashSet, ops::Range};

use crate::patients::name_key::{fold, words};

/// `code`, `parent`, `billable`, `description`, separated by tabs, one entry a line.
static LIST: &[u8] = include_bytes!("../../../assets/icd-10-cm-2026.tsv.gz");

/// One entry of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// As printed, with the dot: `E11.9`.
    pub code: &'static str,
    /// The official wording.
    pub description: &'static str,
    /// Whether it may be used for a diagnosis; otherwise it only groups others.
    pub billable: bool,
    /// The code of the entry above this one, if any.
    pub parent: Option<&'static str>,
}

/// Finds the entry of a code, written with or without the dot, in any case.
pub fn lookup(code: &str) -> Option<Code> {
    let index = index();
    let bare = bare_code(code);
    let at = index.by_code.partition_point(|entry| index.entries[*entry as usize].bare < bare);
    let entry = *index.by_code.get(at)?;
    (index.entries[entry as usize].bare == bare).then(|| index.code(entry as usize))
}

/// Finds codes by the beginning of a code (`E11`, `e119`) or by words in any order.
///
/// Frequent diagnoses come first; everyday words and abbreviations find them too (`common`). For the others, each word must begin a word
/// of the description or of an entry above it. A word of five letters or more that begins none, and is not typed in capitals as an
/// abbreviation, may have one wrong letter. Among these, codes that may be used come first, then those whose own description contains
/// the words, then the short ones.
pub fn search(query: &str, limit: usize) -> Vec<Code> {
    let index = index();
    let by_code = index.with_code_prefix(query, limit);
    if !by_code.is_empty() {
        return by_code;
    }
    let mut sought = words(query);
    sought.dedup();
    sought.truncate(12);
    if sought.is_empty() || limit == 0 {
        return Vec::new();
    }
    let mut found: Vec<Code> = common::search(&sought).take(limit).collect();
    let frequent: HashSet<&str> = found.iter().map(|code| code.code).collect();
    let others = index.with_words(&sought, &in_capitals(query), limit);
    found.extend(others.into_iter().filter(|code| !frequent.contains(code.code)));
    found.truncate(limit);
    found
}

/// Returns the abbreviations of the query: words typed in capitals, unless the query has several words and all are in
/// capitals.
fn in_capitals(query: &str) -> HashSet<String> {
    let is_shouted = query.split_whitespace().count() > 1 && !query.chars().any(char::is_lowercase);
    let capitals = query.split_whitespace().filter(|word| !word.chars().any(char::is_lowercase));
    if is_shouted { HashSet::new() } else { capitals.flat_map(words).collect() }
}

/// Unpacks and indexes the list now, so that the first search does not wait.
pub fn warm_up() {
    index();
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut text = String::new();
        // The list is part of the program and checked by the tests below.
        flate2::read::GzDecoder::new(LIST).read_to_string(&mut text).expect("the list inside the program is whole");
        // Nineteen descriptions hold a tab where the book has a space.
        Index::new(text.replace("/\t", "/ ").leak())
    })
}

/// Upper case without the dot.
fn bare_code(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

struct Entry {
    code: &'static str,
    bare: String,
    description: &'static str,
    parent: Option<u32>,
    /// The position at which the entries under this one end.
    end: u32,
    billable: bool,
    /// Whether it is a code of the book, not a chapter or a block.
    real: bool,
}

struct Index {
    entries: Vec<Entry>,
    /// Real codes, sorted by their bare form.
    by_code: Vec<u32>,
    /// Folded words, sorted.
    vocabulary: Vec<&'static str>,
    /// For each word the entries that contain it: a range of `postings`.
    stretches: Vec<Range<u32>>,
    postings: Vec<u32>,
}

impl Index {
    fn new(text: &'static str) -> Self {
        let mut entries: Vec<Entry> = Vec::with_capacity(100_000);
        // The entries above the current one, outermost first.
        let mut above: Vec<u32> = Vec::new();
        for line in text.lines().skip(1) {
            let mut cells = line.splitn(4, '\t');
            let (Some(code), Some(parent), Some(billable), Some(description)) = (cells.next(), cells.next(), cells.next(), cells.next())
            else {
                continue;
            };
            let at = position(entries.len());
            while let Some(&last) = above.last() {
                // A code that is a block of its own names itself as its parent; its parent is the chapter.
                if entries[last as usize].code == parent || (code == parent && above.len() == 1) {
                    break;
                }
                entries[last as usize].end = at;
                above.pop();
            }
            let real = code.len() >= 3 && !code.contains('-');
            entries.push(Entry {
                code,
                bare: bare_code(code),
                description,
                parent: above.last().copied(),
                end: at + 1,
                billable: billable == "1",
                real,
            });
            above.push(at);
        }
        let total = position(entries.len());
        for open in above {
            entries[open as usize].end = total;
        }

        let mut by_code: Vec<u32> = (0..total).filter(|&at| entries[at as usize].real).collect();
        by_code.sort_by(|&a, &b| entries[a as usize].bare.cmp(&entries[b as usize].bare));

        let folded: &'static str = fold(text).leak();
        let mut pairs: Vec<(&'static str, u32)> = Vec::with_capacity(1_100_000);
        for (at, line) in (0..).zip(folded.lines().skip(1)) {
            let Some(description) = line.splitn(4, '\t').nth(3) else { continue };
            pairs.extend(description.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(|word| (word, at)));
        }
        pairs.sort_unstable();
        pairs.dedup();
        let (mut vocabulary, mut stretches, mut postings) = (Vec::new(), Vec::<Range<u32>>::new(), Vec::with_capacity(pairs.len()));
        for (word, at) in pairs {
            if vocabulary.last() != Some(&word) {
                vocabulary.push(word);
                let start = position(postings.len());
                stretches.push(start..start);
            }
            postings.push(at);
            if let Some(stretch) = stretches.last_mut() {
                stretch.end += 1;
            }
        }
        Self { entries, by_code, vocabulary, stretches, postings }
    }

    fn code(&self, at: usize) -> Code {
        let entry = &self.entries[at];
        let parent = entry.parent.map(|parent| self.entries[parent as usize].code);
        Code { code: entry.code, description: entry.description, billable: entry.billable, parent }
    }

    fn with_code_prefix(&self, query: &str, limit: usize) -> Vec<Code> {
        let query = query.trim();
        let looks_like_code = query.len() <= 9
            && query.starts_with(|c: char| c.is_ascii_alphabetic())
            && query.chars().nth(1).is_none_or(|c| c.is_ascii_digit())
            && query.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        if !looks_like_code {
            return Vec::new();
        }
        let bare = bare_code(query);
        let from = self.by_code.partition_point(|&at| self.entries[at as usize].bare < bare);
        let found = || self.by_code[from..].iter().map(|&at| at as usize).take_while(|&at| self.entries[at].bare.starts_with(&bare));
        // Codes that may be used come first, in the order of the book.
        let usable = found().filter(|&at| self.entries[at].billable);
        let groups = found().filter(|&at| !self.entries[at].billable);
        usable.chain(groups).take(limit).map(|at| self.code(at)).collect()
    }

    fn with_words(&self, sought: &[String], abbreviations: &HashSet<String>, limit: usize) -> Vec<Code> {
        let mut held = vec![0_u16; self.entries.len()];
        let mut own = vec![0_u8; self.entries.len()];
        let mut seen = vec![u16::MAX; self.entries.len()];
        for (turn, word) in (0_u16..).zip(sought) {
            let mut matches = self.beginning_with(word);
            if matches.is_empty() && !abbreviations.contains(word) && !common::has_word(word) {
                matches = self.misspelt(word);
            }
            for found in matches {
                let exact = self.vocabulary[found] == word;
                let stretch = &self.stretches[found];
                for &at in &self.postings[stretch.start as usize..stretch.end as usize] {
                    let at = at as usize;
                    // Every entry under this one inherits the word; an entry counts a word once.
                    for below in at..self.entries[at].end as usize {
                        if seen[below] != turn {
                            seen[below] = turn;
                            held[below] += 1;
                        }
                    }
                    own[at] = own[at].saturating_add(if exact { 3 } else { 2 });
                }
            }
        }
        let all = sought.len();
        let mut found: Vec<usize> = (0..self.entries.len()).filter(|&at| usize::from(held[at]) == all && self.entries[at].real).collect();
        let rank = |&at: &usize| {
            let entry = &self.entries[at];
            (!entry.billable, std::cmp::Reverse(own[at]), entry.description.len(), at)
        };
        if found.len() > limit {
            found.select_nth_unstable_by_key(limit, rank);
            found.truncate(limit);
        }
        found.sort_by_key(rank);
        found.into_iter().map(|at| self.code(at)).collect()
    }

    fn beginning_with(&self, word: &str) -> Vec<usize> {
        let from = self.vocabulary.partition_point(|known| *known < word);
        (from..self.vocabulary.len()).take_while(|&at| self.vocabulary[at].starts_with(word)).collect()
    }

    /// Returns the words that one typing error turns into the searched word: a letter wrong, missing or too many, or
    /// two swapped.
    fn misspelt(&self, word: &str) -> Vec<usize> {
        // With four letters, one wrong letter would match too many other words: `PTCA`, `GERD`, `copd`.
        if word.len() < 5 {
            return Vec::new();
        }
        let typed = word.as_bytes();
        let whole: Vec<usize> = (0..self.vocabulary.len()).filter(|&at| one_slip(typed, self.vocabulary[at].as_bytes())).collect();
        if !whole.is_empty() {
            return whole;
        }
        // The word may still be incomplete: then the typing error is in the beginning of a longer word.
        let lengths = typed.len() - 1..=typed.len() + 1;
        let begins = |known: &[u8]| lengths.clone().any(|length| known.get(..length).is_some_and(|head| one_slip(typed, head)));
        (0..self.vocabulary.len()).filter(|&at| begins(self.vocabulary[at].as_bytes())).collect()
    }
}

/// Whether one typing error turns one word into the other.
fn one_slip(a: &[u8], b: &[u8]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let Some(at) = short.iter().zip(long).position(|(x, y)| x != y) else {
        return long.len() > short.len();
    };
    if short.len() < long.len() {
        return short[at..] == long[at + 1..];
    }
    short[at + 1..] == long[at + 1..]
        || (at + 1 < short.len() && short[at] == long[at + 1] && short[at + 1] == long[at] && short[at + 2..] == long[at + 2..])
}

/// Converts a position to 32 bits, which is enough: the list has a hundred thousand entries and about a million words.
fn position(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(query: &str) -> Vec<&'static str> {
        search(query, 10).iter().map(|found| found.code).collect()
    }

    #[test]
    fn the_list_is_whole() {
        let index = index();
        assert_eq!(index.entries.len(), 98_505);
        assert_eq!(index.entries.iter().filter(|entry| entry.billable).count(), 74_736);
        // Each entry lies inside the range of its parent.
        for (at, entry) in index.entries.iter().enumerate() {
            if let Some(parent) = entry.parent {
                assert!((parent as usize) < at && at < index.entries[parent as usize].end as usize, "{}", entry.code);
            }
        }
        assert_eq!(index.entries.iter().filter(|entry| entry.parent.is_none()).count(), 22);
    }

    #[test]
    fn a_code_is_found_however_it_is_written() {
        let found = lookup("e11.9").expect("a code of the list");
        assert_eq!((found.code, found.description, found.billable), ("E11.9", "Type 2 diabetes mellitus without complications", true));
        assert_eq!(found.parent, Some("E11"));
        assert_eq!(lookup("E119"), Some(found));
        assert_eq!(lookup("I10").map(|code| code.billable), Some(true));
        for nothing in ["", "E", "XYZ", "E11.99999", "1", "A00-A09", "💊"] {
            assert_eq!(lookup(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn the_beginning_of_a_code_finds_those_under_it() {
        let found = search("e11", 5);
        assert_eq!(found.len(), 5);
        assert!(found.iter().all(|code| code.code.starts_with("E11") && code.billable));
        assert_eq!(codes("E119"), ["E11.9"]);
        assert_eq!(codes("I10"), ["I10"]);
        assert!(codes("J45").contains(&"J45.909") || search("J45", 100).iter().any(|code| code.code == "J45.909"));
        assert!(search("J45", 100).last().is_some_and(|code| !code.billable));
    }

    #[test]
    fn words_find_in_any_order_and_by_their_beginning() {
        assert_eq!(codes("type 2 diabetes mellitus without complications").first(), Some(&"E11.9"));
        assert_eq!(codes("diab type 2 without compl").first(), Some(&"E11.9"));
        assert_eq!(codes("hypertension essential").first(), Some(&"I10"));
        assert!(codes("asthma unspecified uncomplicated").contains(&"J45.909"));
        // The entry above contains "Cholera": the words of the groups count too.
        assert!(codes("cholera eltor").contains(&"A00.1"));
    }

    #[test]
    fn frequent_diagnoses_are_among_the_first_three() {
        for (typed, code) in [
            ("diabetes", "E11.9"),
            ("hypertension", "I10"),
            ("htn", "I10"),
            ("HTN", "I10"),
            ("high blood pressure", "I10"),
            ("pneumonia", "J18.9"),
            ("GERD", "K21.9"),
            ("reflux", "K21.9"),
            ("UTI", "N39.0"),
            ("uti", "N39.0"),
            ("sore throat", "J02.9"),
            ("heart attack", "I21.9"),
            ("tb", "A15.0"),
            ("t2dm", "E11.9"),
            ("dolor de garganta", "J02.9"),
            ("tensión alta", "I10"),
            ("infección urinaria", "N39.0"),
            ("neumonía", "J18.9"),
            ("azúcar alta", "E11.9"),
        ] {
            assert!(codes(typed).iter().take(3).any(|found| *found == code), "{typed}: {:?}", codes(typed));
        }
    }

    #[test]
    fn an_abbreviation_is_not_taken_for_a_misspelt_word() {
        for typed in ["PTCA", "abcd", "patient with XYZQW"] {
            assert_eq!(codes(typed), Vec::<&str>::new(), "{typed}");
        }
        assert!(!codes("MIGRANE WITHOUT AURA").is_empty(), "all in capitals is a way to type, and no abbreviation");
    }

    #[test]
    fn one_slip_is_forgiven() {
        for typed in ["astma", "asthmma", "asthna", "astham"] {
            assert!(search(typed, 20).iter().any(|code| code.code.starts_with("J45")), "{typed}");
        }
        assert!(codes("diabtes type 2 without complications").contains(&"E11.9"));
    }

    #[test]
    fn nonsense_finds_nothing() {
        for query in ["", "  ", "qqqqqqqq", "….—", "zzz zzz", "E11 zzzzzzz"] {
            assert_eq!(search(query, 10), [], "{query}");
        }
        assert_eq!(search("fever", 0), []);
    }

    #[test]
    fn every_search_is_quick() {
        warm_up();
        let limit = if cfg!(debug_assertions) { 200 } else { 20 };
        for query in ["a", "o", "unspecified", "of left initial encounter", "frcture left femr initial encontr", "s", "e11", "diabetes"] {
            let begin = std::time::Instant::now();
            search(query, 20);
            let took = begin.elapsed().as_millis();
            println!("{query}: {took} ms");
            assert!(took < limit, "{query} took {took} ms");
        }
    }
}
