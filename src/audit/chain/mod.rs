//! The hash chain over the audit log. Writers add rows as usual; a job seals them afterwards, in the order of their numbers. A seal
//! holds the number and digest of each of its rows and the hash of the seal before it: verification finds and names every row that was
//! changed, removed or inserted.
//!
//! The chain itself has no key. A mark that is encrypted with the database's keys records where the chain ends, and reveals a chain that
//! was shortened or rebuilt (`end`). Signed checkpoints in a file reveal this also when the whole database was restored with its mark,
//! or when the keys are known. Rows that are changed before they are sealed are not detected: they wait a few seconds.

mod checkpoints;
mod command;
mod end;
mod sealing;
mod store;
mod verify;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::core::time::Instant;

pub use checkpoints::Witness;
pub use command::{VerifyAudit, verify_audit};
pub use end::{is_end_marked, mark_end};
pub use sealing::{Sealer, seal, seal_for_command};
pub use verify::{Broken, Verdict, verify, waiting};

/// A SHA-256 hash.
type Hash = [u8; 32];

/// The message about a checkpoint file whose last line is torn.
const TORN: &str =
    "the last line of the checkpoints is torn: the program or the machine stopped while it was written; the next checkpoint takes it away";

/// The bytes of one row in a seal: its number and its digest.
const ENTRY: usize = 8 + 32;

/// A row of the log in the form that is sealed. Words stay as they are stored, so that rows of a newer program can be sealed
/// and verified too.
#[derive(Clone, Debug, sqlx::FromRow)]
struct LogRow {
    id: i64,
    at: Instant,
    user_id: Uuid,
    roles: String,
    action: String,
    what: String,
    subject_id: Option<Uuid>,
    patient_id: Option<Uuid>,
    clinic_id: Option<Uuid>,
    address: String,
    request_id: String,
    why: String,
}

impl LogRow {
    /// Returns the row's digest, which is the same on both engines. The length precedes each text, and a byte before
    /// each id tells whether the id is present: two different rows have different bytes.
    fn digest(&self) -> Hash {
        let mut hash = Sha256::new_with_prefix("infirmary audit row 1");
        hash.update(self.id.to_be_bytes());
        hash.update(self.at.timestamp_micros().to_be_bytes());
        hash.update(self.user_id);
        for text in [&self.roles, &self.action, &self.what, &self.address, &self.request_id] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        for id in [self.subject_id, self.patient_id, self.clinic_id] {
            hash.update([u8::from(id.is_some())]);
            hash.update(id.unwrap_or_default());
        }
        // A row without a reason keeps the digest that it had before the log had reasons.
        if !self.why.is_empty() {
            hash.update((self.why.len() as u64).to_be_bytes());
            hash.update(&self.why);
        }
        hash.finalize().into()
    }
}

/// The end of a chain, from which the next seal continues.
#[derive(Clone, Debug, PartialEq, Eq)]
struct End {
    number: i64,
    position: i64,
    /// The number of the last sealed row: the next seal begins after it.
    row: i64,
    hash: Vec<u8>,
}

impl End {
    /// The end of a chain without seals.
    fn nothing() -> Self {
        Self { number: 0, position: 0, row: i64::MIN, hash: vec![0; 32] }
    }
}

/// A seal over several rows.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
struct Seal {
    number: i64,
    sealed_at: Instant,
    first_position: i64,
    last_position: i64,
    entries: Vec<u8>,
    previous: Vec<u8>,
    hash: Vec<u8>,
}

impl Seal {
    /// Seals at least one row after `end`.
    fn over(rows: &[LogRow], end: &End, now: Instant) -> Self {
        let entries: Vec<u8> = rows.iter().flat_map(|row| row.id.to_be_bytes().into_iter().chain(row.digest())).collect();
        let mut seal = Self {
            number: end.number + 1,
            sealed_at: now,
            first_position: end.position + 1,
            last_position: end.position + i64::try_from(rows.len()).unwrap_or(i64::MAX),
            entries,
            previous: end.hash.clone(),
            hash: Vec::new(),
        };
        seal.hash = seal.computed().to_vec();
        seal
    }

    /// Computes the hash that the seal must have.
    fn computed(&self) -> Hash {
        let mut hash = Sha256::new_with_prefix("infirmary audit seal 1");
        for number in [self.number, self.first_position, self.last_position, self.sealed_at.timestamp_micros()] {
            hash.update(number.to_be_bytes());
        }
        hash.update(&self.previous);
        hash.update(&self.entries);
        hash.finalize().into()
    }

    /// The rows of the seal: number and digest.
    fn rows(&self) -> impl DoubleEndedIterator<Item = (i64, &[u8])> {
        self.entries.chunks_exact(ENTRY).filter_map(|entry| {
            let (id, digest) = entry.split_first_chunk::<8>()?;
            Some((i64::from_be_bytes(*id), digest))
        })
    }

    fn end(&self) -> End {
        let row = self.rows().next_back().map_or(i64::MIN, |(id, _)| id);
        End { number: self.number, position: self.last_position, row, hash: self.hash.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another program computed this value from the bytes that the comment on [`LogRow::digest`] describes. If the
    /// digest changed, every log sealed before would appear changed.
    #[test]
    fn a_row_has_the_digest_it_always_had() {
        let row = LogRow {
            id: 7,
            at: "2026-11-21T15:30:00.000001Z".parse().expect("an instant"),
            user_id: Uuid::from_u128(1),
            roles: "doctor,nurse".to_owned(),
            action: "read".to_owned(),
            what: "chart".to_owned(),
            subject_id: None,
            patient_id: Some(Uuid::from_u128(2)),
            clinic_id: Some(Uuid::from_u128(3)),
            address: "127.0.0.1".to_owned(),
            request_id: "ÁB".to_owned(),
            why: String::new(),
        };
        let hex: String = row.digest().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5b228e50945430d322a95387ed0924e1eb6152307eb0034c8f8247086e53c7f4");
        let moved = LogRow { roles: "doctor".to_owned(), action: ",nurseread".to_owned(), ..row.clone() };
        assert_ne!(row.digest(), moved.digest());
        let given = LogRow { why: "unconscious".to_owned(), ..row.clone() };
        assert_ne!(row.digest(), given.digest());
    }
}
