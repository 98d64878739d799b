//! Whether the log is as it was sealed, and if not, what was done to it.

use std::{collections::HashMap, fmt};

use super::{
    End, LogRow, Seal,
    checkpoints::{Checkpoint, Witness, hex},
    store,
};
use crate::{
    core::{Result, time::Instant},
    db::Tx,
};

/// Seals looked at in one go.
const SEALS: i64 = 20;

/// Something that was done to the log.
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
    /// It stands where everything was sealed, and no seal knows it.
    RowInserted {
        row: i64,
    },
    SealChanged {
        seal: i64,
    },
    /// It is a seal in itself, but the next one goes on from another.
    SealRewritten {
        seal: i64,
    },
    SealRemoved {
        seal: i64,
    },
    /// The key has not signed this line of the file.
    CheckpointForged {
        line: usize,
    },
    /// A checkpoint tells of a seal that is not there.
    CutOff {
        seal: i64,
        at: Instant,
    },
    /// A checkpoint tells of another seal of that number.
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
            Self::CutOff { seal, at } => write!(f, "seal {seal}, known to the checkpoint of {at}, is gone: the end of the log was cut off"),
            Self::MadeAnew { seal, at } => write!(f, "seal {seal} is not the one of the checkpoint of {at}: the log was made anew"),
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub seals: i64,
    /// Rows that seals tell of.
    pub sealed: i64,
    /// Rows that have no seal yet, and since when.
    pub waiting: i64,
    pub waiting_since: Option<Instant>,
    /// Checkpoints that agree.
    pub checkpoints: usize,
    /// In the order of the log.
    pub broken: Vec<Broken>,
}

/// Reads the whole log with its seals. A witness must have been read before, so that it does not know more than the log.
///
/// # Errors
/// When the database does not answer.
pub async fn verify(tx: &mut Tx, witness: Option<&Witness>) -> Result<Verdict> {
    let mut verdict = Verdict::default();
    let mut told: HashMap<i64, Vec<&Checkpoint>> = HashMap::new();
    for (number, (checkpoint, signed)) in witness.into_iter().flat_map(Witness::checkpoints).enumerate() {
        match signed {
            true => told.entry(checkpoint.seal).or_default().push(checkpoint),
            false => verdict.broken.push(Broken::CheckpointForged { line: number + 1 }),
        }
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
            verdict.seals += 1;
            verdict.sealed += i64::try_from(seal.rows().count()).unwrap_or(i64::MAX);
            end = seal.end();
        }
    }
    let mut gone: Vec<_> = told.into_values().flatten().collect();
    gone.sort_by_key(|checkpoint| (checkpoint.seal, checkpoint.at));
    verdict.broken.extend(gone.into_iter().map(|checkpoint| Broken::CutOff { seal: checkpoint.seal, at: checkpoint.at }));
    (verdict.waiting, verdict.waiting_since) = store::waiting_after(tx, end.row).await?;
    Ok(verdict)
}

/// Looks at a seal, at how it follows the one before, and at its rows.
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
    // What a removed seal knew of cannot be told from what was inserted.
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

/// The rows, each with its number; without itself when it is no longer readable as a row of the log.
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
