//! The report of an import: counts by kind, and the problems by kind and reason.

use std::collections::BTreeMap;

use super::{
    Progress,
    trouble::{Done, Problem},
};

/// The largest number of problems kept for the report; all problems are counted, and reported as they occur.
const PROBLEMS_KEPT: usize = 1000;

/// The largest number of reasons that are counted apart: the paths of a file's own making could fill the memory.
const REASONS: usize = 1000;

/// The results for the resources of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines with a resource of this kind.
    pub read: u64,
    /// Resources that became records.
    pub stored: u64,
    /// Resources that updated the record of an older version.
    pub updated: u64,
    /// Resources that were imported earlier.
    pub unchanged: u64,
    /// Resources that became no record: kept as originals, if originals are kept.
    pub without_home: u64,
    /// Resources that could not be used.
    pub rejected: u64,
}

/// The report of an import.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The results by kind of resource; lines without a resource count under `?`.
    pub kinds: BTreeMap<String, Counts>,
    /// The first thousand problems.
    pub problems: Vec<Problem>,
    /// The number of all problems.
    pub problem_count: u64,
    /// The number of problems by the general path of the element, the reason and what was done.
    pub reasons: BTreeMap<(String, String, Done), u64>,
    /// Whether resources that became no record were kept.
    pub kept_originals: bool,
}

impl Report {
    pub(super) fn count(&mut self, kind: &str) -> &mut Counts {
        if !self.kinds.contains_key(kind) {
            self.kinds.insert(kind.to_owned(), Counts::default());
        }
        self.kinds.entry(kind.to_owned()).or_default()
    }

    pub(super) fn problem(&mut self, problem: Problem, progress: &mut (dyn FnMut(Progress<'_>) + Send)) {
        progress(Progress::Problem(&problem));
        self.problem_count += 1;
        let reason = (problem.general_path(), problem.trouble.reason.clone().into_owned(), problem.done);
        let is_apart = self.reasons.len() < REASONS || self.reasons.contains_key(&reason);
        let reason =
            if is_apart { reason } else { ("?".to_owned(), "further reasons: see the lines of the report".to_owned(), problem.done) };
        *self.reasons.entry(reason).or_default() += 1;
        if self.problems.len() < PROBLEMS_KEPT {
            self.problems.push(problem);
        }
    }

    /// Returns the sum of all kinds.
    pub fn total(&self) -> Counts {
        self.kinds.values().fold(Counts::default(), |sum, counts| Counts {
            read: sum.read + counts.read,
            stored: sum.stored + counts.stored,
            updated: sum.updated + counts.updated,
            unchanged: sum.unchanged + counts.unchanged,
            without_home: sum.without_home + counts.without_home,
            rejected: sum.rejected + counts.rejected,
        })
    }
}

impl std::fmt::Display for Report {
    /// Writes a table by kind and a list of the reasons, as the command line prints them.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let home = if self.kept_originals { "kept only" } else { "left out" };
        writeln!(out, "{:<26}{:>9}{:>9}{:>9}{:>11}{:>11}{:>10}", "", "read", "stored", "updated", "unchanged", home, "rejected")?;
        let line = |out: &mut std::fmt::Formatter<'_>, kind: &str, counts: Counts| {
            let Counts { read, stored, updated, unchanged, without_home, rejected } = counts;
            writeln!(out, "{kind:<26}{read:>9}{stored:>9}{updated:>9}{unchanged:>11}{without_home:>11}{rejected:>10}")
        };
        for (kind, counts) in &self.kinds {
            line(out, kind, *counts)?;
        }
        line(out, "Total", self.total())?;
        if !self.reasons.is_empty() {
            writeln!(out, "\nNot taken whole:")?;
        }
        for ((path, reason, done), number) in &self.reasons {
            writeln!(out, "{number:>9}  {path}: {reason} ({})", done.words())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::fhir::trouble::Trouble;

    #[test]
    fn the_number_of_reasons_has_an_end() {
        let mut report = Report::default();
        for n in 0..3 * REASONS {
            let trouble = Trouble::new(format!("made{n}up"), "unknown element");
            let problem =
                Problem { file: "a".to_owned(), line: 1, kind: "Patient".to_owned(), id: "1".to_owned(), trouble, done: Done::Partly };
            report.problem(problem, &mut |_| {});
        }
        assert_eq!((report.reasons.len(), report.problems.len()), (REASONS + 1, PROBLEMS_KEPT));
        assert_eq!(report.reasons.values().sum::<u64>(), report.problem_count);
    }
}
