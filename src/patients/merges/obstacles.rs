//! The reasons for which two records are not merged now, in words that say what to do first.

use super::store;
use crate::{
    core::{PatientId, Result},
    db::Tx,
    tr,
};

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// The record to be merged has an open visit.
    OpenVisit,
    /// The record to be merged has a stay that is requested or goes on.
    OpenStay,
    /// Both records have one of them.
    BothInHouse,
    /// Both are booked at the same time.
    SameTime,
    /// Both wait for the same service.
    SameWait,
    /// A time is offered to the record to be merged.
    Offered,
    /// One acts for the other: they are two people.
    ActsForOther,
    /// One of them is part of another merge.
    InOtherMerge,
    /// Only one of them is recorded as dead.
    OneDead,
}

impl Obstacle {
    /// Returns the sentence.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::OpenVisit => tr!(merges.open_visit),
            Self::OpenStay => tr!(merges.open_stay),
            Self::BothInHouse => tr!(merges.both_in_house),
            Self::SameTime => tr!(merges.same_time),
            Self::SameWait => tr!(merges.same_wait),
            Self::Offered => tr!(merges.offered),
            Self::ActsForOther => tr!(merges.acts_for_other),
            Self::InOtherMerge => tr!(merges.in_other_merge),
            Self::OneDead => tr!(merges.one_dead),
        }
    }
}

/// Returns the obstacles. The caller has locked both patients when it is about to merge.
pub(super) async fn obstacles(tx: &mut Tx, survivor: PatientId, merged: PatientId) -> Result<Vec<Obstacle>> {
    let theirs = store::in_house(tx, merged).await?;
    let ours = store::in_house(tx, survivor).await?;
    let mut found = Vec::new();
    match ((ours.0 || ours.1), theirs) {
        (true, (true, _) | (_, true)) => found.push(Obstacle::BothInHouse),
        (false, (_, true)) => found.push(Obstacle::OpenStay),
        (false, (true, false)) => found.push(Obstacle::OpenVisit),
        (_, (false, false)) => {}
    }
    let conflicts = store::conflicts(tx, survivor, merged).await?;
    let all = [
        (conflicts.same_time, Obstacle::SameTime),
        (conflicts.same_wait, Obstacle::SameWait),
        (conflicts.offered, Obstacle::Offered),
        (conflicts.acts_for_other, Obstacle::ActsForOther),
        (conflicts.in_other_merge, Obstacle::InOtherMerge),
        (conflicts.one_dead, Obstacle::OneDead),
    ];
    found.extend(all.into_iter().filter(|(there, _)| *there).map(|(_, obstacle)| obstacle));
    Ok(found)
}
