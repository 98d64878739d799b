//! Verifies that the log is as it was sealed, and reports each fault.

use std::{collections::HashMap, fmt};

use super::{
    End, LogRow, Seal,
    checkpoints::{Checkpoint, Witness, hex},
    end::{self, KnownEnd},
    store,
};
use crate::{
    core::{Result, time::Instant},
    db::Tx,
};

/// The number of seals that are read in one query.
const SEALS: i64 = 20;

/// A fault of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    RowChanged {
        row: i64,
        seal: i64,
    },
    RowRemoved {
        row: i64,
        seal: i64,
    },
    /// A row between sealed rows that is in no seal.
    RowInserted {
        row: i64,
    },
    SealChanged {
        seal: i64,
    },
    /// The seal's own hash is right, but the next seal continues from another hash.
    SealRewritten {
        seal: i64,
    },
    SealRemoved {
        seal: i64,
    },
    /// A line of the file that the key has not signed.
    CheckpointForged {
        line: usize,
    },
    /// `lines` lines of the file are missing before this line.
    CheckpointsRemoved {
        line: usize,
        lines: u64,
    },
    /// A line that does not continue from the line before it.
    CheckpointMisplaced {
        line: usize,
    },
    /// The file ends before the line that the mark of the log's end records.
    CheckpointsCutOff {
        known: u64,
        found: u64,
    },
    /// The mark of the log's end is missing, or the program did not write it.
    Unmarked,
    /// The mark of the log's end records a seal that is missing.
    EndCutOff {
        seal: i64,
    },
    /// The mark of the log's end records a different seal with this number.
    EndMadeAnew {
        seal: i64,
    },
    /// A checkpoint records a seal that is missing.
    CutOff {
        seal: i64,
        at: Instant,
    },
    /// A checkpoint records a different seal with this number.
    MadeAnew {
        seal: i64,
        at: Instant,
    },
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RowChanged { row, seal } => write!(f, "row {row} was changed after seal {seal}"),
            Self::RowRemoved { row, seal } => write!(f, "row {row} was removed after seal {seal}"),
            Self::RowInserted { row } => write!(f, "row {row} was inserted: no seal knows it"),
            Self::SealChanged { seal } => write!(f, "seal {seal} was changed"),
            Self::SealRewritten { seal } => write!(f, "seal {seal} was rewritten: seal {} goes on from another", seal + 1),
            Self::SealRemoved { seal } => write!(f, "seal {seal} was removed"),
            Self::CheckpointForged { line } => write!(f, "checkpoint in line {line} is not signed with this key"),
            Self::CheckpointsRemoved { line, lines } => write!(f, "before line {line} of the checkpoints {lines} lines are missing"),
            Self::CheckpointMisplaced { line } => {
                write!(f, "checkpoint in line {line} does not go on from the line before it: lines were removed, changed or put in")
            }
            Self::CheckpointsCutOff { known, found } => {
                write!(f, "the checkpoints end with line {found}, and the database knows line {known}: the end of the file was cut off")
            }
            Self::Unmarked => write!(f, "the sealed mark of the log's end is missing or was not written by the program"),
            Self::EndCutOff { seal } => write!(f, "seal {seal}, known to the sealed mark, is gone: the end of the log was cut off"),
            Self::EndMadeAnew { seal } => write!(f, "seal {seal} is not the one of the sealed mark: the log was made anew"),
            Self::CutOff { seal, at } => write!(f, "seal {seal}, known to the checkpoint of {at}, is gone: the end of the log was cut off"),
            Self::MadeAnew { seal, at } => write!(f, "seal {seal} is not the one of the checkpoint of {at}: the log was made anew"),
        }
    }
}

/// The result of the verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub seals: i64,
    /// The number of rows in seals.
    pub sealed: i64,
    /// The number of rows without a seal, and the earliest time among them.
    pub waiting: i64,
    pub waiting_since: Option<Instant>,
    /// The number of checkpoints that match.
    pub checkpoints: usize,
    /// The faults, in the order of the log.
    pub broken: Vec<Broken>,
}

/// Verifies the whole log with its seals. The caller must read the witness first, so that the witness is not newer than
/// the log.
///
/// # Errors
/// When the database does not answer.
pub async fn verify(tx: &mut Tx, witness: Option<&Witness>) -> Result<Verdict> {
    let mut verdict = Verdict::default();
    let mut told: HashMap<i64, Vec<Checkpoint>> = HashMap::new();
    // The mark, like the witness, must be read before the seals.
    let known = end::known(tx).await?;
    let (signed, broken) = witness.map(|witness| witness.examine(known.as_ref().unwrap_or(&KnownEnd::default()))).unwrap_or_default();
    verdict.broken = broken;
    for checkpoint in signed {
        told.entry(checkpoint.seal).or_default().push(checkpoint);
    }
    let mut marked: HashMap<i64, Vec<String>> = HashMap::new();
    for seal in known.iter().flat_map(|known| known.lost.iter().chain(Some(&known.end))).filter(|known| known.seal > 0) {
        marked.entry(seal.seal).or_default().push(seal.hash.clone());
    }
    let mut end = End::nothing();
    loop {
        let seals = store::seals_after(tx, end.number, SEALS).await?;
        if seals.is_empty() {
            break;
        }
        for seal in seals {
            examine(tx, &seal, &end, &mut verdict.broken).await?;
            for checkpoint in told.remove(&seal.number).unwrap_or_default() {
                if checkpoint.hash == hex(&seal.hash) && checkpoint.rows == seal.last_position {
                    verdict.checkpoints += 1;
                } else {
                    verdict.broken.push(Broken::MadeAnew { seal: seal.number, at: checkpoint.at });
                }
            }
            if marked.remove(&seal.number).is_some_and(|hashes| hashes.iter().any(|hash| *hash != hex(&seal.hash))) {
                verdict.broken.push(Broken::EndMadeAnew { seal: seal.number });
            }
            verdict.seals += 1;
            verdict.sealed += i64::try_from(seal.rows().count()).unwrap_or(i64::MAX);
            end = seal.end();
        }
    }
    let mut gone: Vec<_> = told.into_values().flatten().collect();
    gone.sort_by_key(|checkpoint| (checkpoint.seal, checkpoint.at));
    verdict.broken.extend(gone.into_iter().map(|checkpoint| Broken::CutOff { seal: checkpoint.seal, at: checkpoint.at }));
    let mut gone: Vec<_> = marked.into_keys().collect();
    gone.sort_unstable();
    verdict.broken.extend(gone.into_iter().map(|seal| Broken::EndCutOff { seal }));
    if known.is_none_or(|known| known.unmarked) {
        verdict.broken.push(Broken::Unmarked);
    }
    (verdict.waiting, verdict.waiting_since) = store::waiting_after(tx, end.row).await?;
    Ok(verdict)
}

/// Returns the number of rows that no seal has yet, and the earliest time among them.
///
/// # Errors
/// When the database does not answer.
pub async fn waiting(tx: &mut Tx) -> Result<(i64, Option<Instant>)> {
    let end = store::last_seal(tx).await?.map_or(i64::MIN, |seal| seal.end().row);
    store::waiting_after(tx, end).await
}

/// Checks a seal, its link to the seal before it, and its rows.
async fn examine(tx: &mut Tx, seal: &Seal, end: &End, broken: &mut Vec<Broken>) -> Result<()> {
    let whole = seal.number == end.number + 1;
    broken.extend((end.number + 1..seal.number).map(|seal| Broken::SealRemoved { seal }));
    if seal.hash != seal.computed() {
        broken.push(Broken::SealChanged { seal: seal.number });
    } else if whole && (seal.previous != end.hash || seal.first_position != end.position + 1) {
        broken.push(Broken::SealRewritten { seal: end.number });
    }
    let mut entries: HashMap<i64, &[u8]> = seal.rows().collect();
    let (Some((first, _)), Some((last, _))) = (seal.rows().next(), seal.rows().next_back()) else { return Ok(()) };
    // After a removed seal, its rows cannot be distinguished from inserted ones.
    let after = if whole { end.row } else { first.saturating_sub(1) };
    for (row, found) in rows(tx, after, last).await? {
        match entries.remove(&row) {
            None => broken.push(Broken::RowInserted { row }),
            Some(digest) if found.is_none_or(|found| found.digest() != *digest) => {
                broken.push(Broken::RowChanged { row, seal: seal.number });
            }
            Some(_) => {}
        }
    }
    let mut removed: Vec<_> = entries.into_keys().collect();
    removed.sort_unstable();
    broken.extend(removed.into_iter().map(|row| Broken::RowRemoved { row, seal: seal.number }));
    Ok(())
}

/// Returns the rows with their numbers; a row that can no longer be read as a row of the log is `None`.
async fn rows(tx: &mut Tx, after: i64, upto: i64) -> Result<Vec<(i64, Option<LogRow>)>> {
    match store::rows(tx, after, upto, i64::MAX).await {
        Ok(rows) => return Ok(rows.into_iter().map(|row| (row.id, Some(row))).collect()),
        Err(error) if error.is_unreadable() => {}
        Err(error) => return Err(error.into()),
    }
    let mut found = Vec::new();
    for number in store::row_numbers(tx, after, upto).await? {
        match store::rows(tx, number.saturating_sub(1), number, 1).await {
            Ok(rows) => found.push((number, rows.into_iter().next())),
            Err(error) if error.is_unreadable() => found.push((number, None)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}
