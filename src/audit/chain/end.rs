//! The mark of the log's end (`sealing::marks`): the last seal, and the last line of each checkpoint file. A person with write
//! access to the database only cannot change it. A log that is shorter than its mark, or does not match it, was shortened or
//! rebuilt; when sealing continues after that, the mark keeps the lost end.

use std::fmt::Write as _;

use super::{End, Seal, checkpoints::hex, store};
use crate::{
    core::{Result, time::Instant},
    db::Tx,
    sealing::{Mark, mark, set_mark},
};

const NAME: &str = "audit end";
/// The largest number of lost ends that are kept.
const LOST: usize = 20;

/// A seal by its number and hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub seal: i64,
    pub hash: String,
}

/// A checkpoint file, identified by the hash of its first line, with the number and hash of its last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KnownFile {
    pub first: String,
    pub number: u64,
    pub last: String,
}

/// The content of the mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KnownEnd {
    pub end: Known,
    pub files: Vec<KnownFile>,
    /// Recorded seals that were missing or different when sealing continued.
    pub lost: Vec<Known>,
    /// Whether the mark was missing when sealing continued.
    pub unmarked: bool,
}

impl KnownEnd {
    fn parse(text: &str) -> Option<Self> {
        let mut known = Self::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let seal = |seal: &str, hash: &str| Some(Known { seal: seal.parse().ok()?, hash: hash.to_owned() });
            match words[..] {
                ["end", number, hash] => known.end = seal(number, hash)?,
                ["lost", number, hash] => known.lost.push(seal(number, hash)?),
                ["file", first, number, last] => {
                    known.files.push(KnownFile { first: first.to_owned(), number: number.parse().ok()?, last: last.to_owned() });
                }
                ["unmarked"] => known.unmarked = true,
                _ => return None,
            }
        }
        Some(known)
    }

    fn text(&self) -> String {
        let mut text = format!("end {} {}", self.end.seal, self.end.hash);
        for KnownFile { first, number, last } in &self.files {
            let _ = write!(text, "\nfile {first} {number} {last}");
        }
        for Known { seal, hash } in &self.lost {
            let _ = write!(text, "\nlost {seal} {hash}");
        }
        text.push_str(if self.unmarked { "\nunmarked" } else { "" });
        text
    }
}

/// Reads the mark; `None` when it is missing or the program did not write it.
pub(super) async fn known(tx: &mut Tx) -> Result<Option<KnownEnd>> {
    Ok(match mark(tx, NAME).await? {
        Mark::Says(text) => KnownEnd::parse(&text),
        Mark::Missing | Mark::Forged => None,
    })
}

/// Whether there is a mark of the log's end, written by the program or not.
///
/// # Errors
/// When the database does not answer.
pub async fn is_end_marked(tx: &mut Tx) -> Result<bool> {
    Ok(mark(tx, NAME).await? != Mark::Missing)
}

/// Creates the mark of a log that has none because it comes from a program without marks.
///
/// # Errors
/// When the database refuses.
pub async fn mark_end(tx: &mut Tx, now: Instant) -> Result<()> {
    if is_end_marked(tx).await? {
        return Ok(());
    }
    let end = store::last_seal(tx).await?.map_or_else(End::nothing, |seal| seal.end());
    let known = KnownEnd { end: Known { seal: end.number, hash: hex(&end.hash) }, ..KnownEnd::default() };
    set_mark(tx, NAME, &known.text(), now).await
}

/// Moves the mark to a seal that was added after `end` in this transaction.
pub(super) async fn moved(tx: &mut Tx, end: &End, seal: &Seal, now: Instant) -> Result<()> {
    let mut known = known(tx).await?.unwrap_or_else(|| KnownEnd { unmarked: true, ..KnownEnd::default() });
    if known.end.seal > 0 && known.lost.len() < LOST {
        let there = if known.end.seal == end.number { Some(end.hash.clone()) } else { store::hash_of(tx, known.end.seal).await? };
        if known.end.seal > end.number || there.is_none_or(|hash| hex(&hash) != known.end.hash) {
            known.lost.push(known.end.clone());
        }
    }
    known.end = Known { seal: seal.number, hash: hex(&seal.hash) };
    set_mark(tx, NAME, &known.text(), now).await
}

/// Records the last line of a checkpoint file.
pub(super) async fn filed(tx: &mut Tx, file: KnownFile, now: Instant) -> Result<()> {
    let Some(mut known) = known(tx).await? else { return Ok(()) };
    known.files.retain(|known| known.first != file.first || known.number > file.number);
    if known.files.iter().all(|known| known.first != file.first) {
        known.files.push(file);
    }
    set_mark(tx, NAME, &known.text(), now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_says_what_it_was_given() {
        let known = |seal| Known { seal, hash: "00ff".to_owned() };
        let file = KnownFile { first: "aa".to_owned(), number: 9, last: "bb".to_owned() };
        let all = KnownEnd { end: known(7), files: vec![file], lost: vec![known(3), known(5)], unmarked: true };
        assert_eq!(KnownEnd::parse(&all.text()), Some(all));
        assert_eq!(KnownEnd::parse("end seven 00"), None);
    }
}
