//! The acts on merges: propose, merge, reject, ask to undo, undo.

use super::{
    FactGroup, MergeReason, MergeState,
    facts::Before,
    obstacles::obstacles,
    store::{self, Merge, NewMerge},
};
use crate::{
    audit::Action,
    core::{ClinicId, Error, MergeId, PatientId, Result, Stamp, UserId, error::FieldErrors, time::Instant},
    db::{Locked, Tx},
    patients::{
        self, CHART, Facts,
        grants::{self, AccessGrant, GrantKind, Told},
    },
    server::{ACCESS, Ctx, Event},
    tr,
};

/// The longest words of a proposal or a decision.
pub(super) const LONGEST_WORDS: usize = 500;

/// Proposes to merge a record into the surviving one.
///
/// # Errors
/// [`Error::Conflict`] when the record waits for a merge already, or is merged.
pub(super) async fn propose(ctx: &mut Ctx, survivor: PatientId, merged: PatientId, reason: MergeReason, words: &str) -> Result<MergeId> {
    if survivor == merged {
        return Err(Error::invalid("with", tr!(merges.two_records)));
    }
    ctx.reach([survivor, merged]).await?;
    lock_both(&mut ctx.tx, survivor, merged).await?;
    if store::conflicts(&mut ctx.tx, survivor, merged).await?.in_other_merge {
        return Err(Error::conflict(tr!(merges.in_other_merge)));
    }
    let id = MergeId::new();
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    if !store::insert(&mut ctx.tx, &NewMerge { id, survivor, merged, clinic, reason, words }, stamp).await? {
        return Err(Error::conflict(tr!(merges.proposed_already)));
    }
    ctx.did(Action::Create, "merge", id, Some(survivor));
    ctx.did(Action::Create, "merge", id, Some(merged));
    Ok(id)
}

/// Locks both records, in the order of their ids.
async fn lock_both(tx: &mut Tx, survivor: PatientId, merged: PatientId) -> Result<Vec<Locked<PatientId>>> {
    let both = tx.lock_all([survivor, merged]).await?;
    if both.len() == 2 { Ok(both) } else { Err(Error::NotFound) }
}

/// Reads a merge that the user may decide on, and locks both records.
async fn opened(ctx: &mut Ctx, id: MergeId, state: MergeState) -> Result<(Merge, Vec<Locked<PatientId>>)> {
    let found = store::merge(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.reach([found.survivor_id, found.merged_id]).await?;
    let both = lock_both(&mut ctx.tx, found.survivor_id, found.merged_id).await?;
    // The state is read again under the lock.
    let found = store::merge(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if found.state == state { Ok((found, both)) } else { Err(Error::conflict(tr!(merges.decided_already))) }
}

/// Rejects a proposal.
///
/// # Errors
/// [`Error::Conflict`] when it is decided already, or the user proposed it.
pub(super) async fn reject(ctx: &mut Ctx, id: MergeId, words: String) -> Result<()> {
    let (mut merge, _) = opened(ctx, id, MergeState::Proposed).await?;
    let stamp = ctx.stamp();
    if merge.proposed_by == stamp.by {
        return Err(Error::conflict(tr!(merges.not_ones_own)));
    }
    merge.words[1] = words;
    step(&mut ctx.tx, &merge, MergeState::Rejected, "", stamp).await?;
    note(ctx, &merge);
    Ok(())
}

/// The decision to merge.
pub(super) struct Decision {
    /// From which record each group of facts is taken: `survivor` or `merged`.
    pub chosen: Vec<(FactGroup, String)>,
    /// Whether the user saw that the account of the merged record loses its access.
    pub one_account: bool,
    pub words: String,
}

/// Merges the records of a proposal.
///
/// # Errors
/// [`Error::Conflict`] with the first obstacle, or when the user proposed it.
pub(super) async fn merge(ctx: &mut Ctx, id: MergeId, decision: Decision) -> Result<()> {
    let (mut merge, both) = opened(ctx, id, MergeState::Proposed).await?;
    let (now, by) = (ctx.now, ctx.user());
    if merge.proposed_by == by {
        return Err(Error::conflict(tr!(merges.not_ones_own)));
    }
    if let Some(obstacle) = obstacles(&mut ctx.tx, merge.survivor_id, merge.merged_id).await?.first() {
        return Err(Error::conflict(obstacle.words()));
    }
    if !decision.one_account && store::both_have_accounts(&mut ctx.tx, merge.survivor_id, merge.merged_id).await? {
        return Err(Error::invalid("one_account", tr!(merges.one_account_needed)));
    }
    merge.words[1] = decision.words;
    let taken = taken(&mut ctx.tx, &merge, &decision.chosen).await?;
    // This comes before the merge, so that both records' accounts and addresses are told.
    give_access(ctx, &merge, &both).await?;
    join(&mut ctx.tx, &merge, &both, &taken, (now, by)).await?;
    note(ctx, &merge);
    Ok(())
}

/// Puts the access that a merge gives on the auditors' list, and tells the patients: the accounts of either record see both, and the
/// account of the surviving one acts for whom the merged patient acts.
async fn give_access(ctx: &mut Ctx, merge: &Merge, both: &[Locked<PatientId>]) -> Result<()> {
    let (survivor, merged, now) = (merge.survivor_id, merge.merged_id, ctx.now);
    if !grants::is_any_opened(&mut ctx.tx, [survivor, merged]).await? {
        return Ok(());
    }
    let other = patients::find(&mut ctx.tx, merged).await?.mrn;
    for patient in [survivor, merged] {
        grants::tell(ctx, patient, &Told::Joined).await?;
    }
    AccessGrant::note(ctx, locked(both, survivor)?, GrantKind::Merge, None, &other).await?;
    if patients::user_of(&mut ctx.tx, survivor).await?.is_none() {
        return Ok(());
    }
    let name = patients::find(&mut ctx.tx, survivor).await?.facts.name.full();
    let known = grants::acted_for(&mut ctx.tx, survivor, now).await?;
    for (patient, until) in grants::acted_for(&mut ctx.tx, merged, now).await? {
        if patient != survivor && known.iter().all(|(other, _)| *other != patient) {
            let dependant = ctx.tx.lock(patient).await?;
            grants::tell(ctx, patient, &Told::Guardian { name: name.clone(), until, asked: false }).await?;
            AccessGrant::note(ctx, dependant, GrantKind::Guardian, Some(survivor), &other).await?;
        }
    }
    Ok(())
}

/// Returns the groups of facts that are taken from the merged record. Each group in which the records differ needs an answer.
async fn taken(tx: &mut Tx, merge: &Merge, chosen: &[(FactGroup, String)]) -> Result<Vec<FactGroup>> {
    let ours = patients::find(tx, merge.survivor_id).await?.facts;
    let theirs = patients::find(tx, merge.merged_id).await?.facts;
    let mut errors = FieldErrors::new();
    let mut taken = Vec::new();
    for group in FactGroup::ALL.iter().copied().filter(|group| !group.agrees(&ours, &theirs)) {
        match chosen.iter().find(|(known, _)| *known == group).map(|(_, from)| from.as_str()) {
            Some("merged") => taken.push(group),
            Some("survivor") => {}
            _ => errors.add(group.as_str(), tr!(errors.choose)),
        }
    }
    errors.finish()?;
    Ok(taken)
}

/// Merges the records: their facts, their rows, their allergy status.
async fn join(tx: &mut Tx, merge: &Merge, both: &[Locked<PatientId>], taken: &[FactGroup], (now, by): (Instant, UserId)) -> Result<()> {
    let (survivor, merged) = (merge.survivor_id, merge.merged_id);
    let ours = patients::find(tx, survivor).await?;
    let theirs = patients::find(tx, merged).await?;
    let saved_by = store::saved_by(tx, survivor).await?;
    let mut facts = ours.facts.clone();
    for group in taken {
        group.take(&theirs.facts, &mut facts);
    }
    let changed = facts != ours.facts;
    if changed {
        save(tx, locked(both, survivor)?, &facts, ours.version, (now, by)).await?;
    }
    let versions = (ours.version, ours.version + i64::from(changed));
    let before = Before::new((&ours.facts, &facts), versions, (ours.updated_at, saved_by), (ours.allergy_status, theirs.allergy_status));
    let before = serde_json::to_string(&before).map_err(|error| Error::internal("the state before a merge", &error))?;
    store::move_rows(tx, merge, both).await?;
    store::settle_allergies(tx, survivor, ours.allergy_status).await?;
    store::settle_allergies(tx, merged, patients::AllergyStatus::NotRecorded).await?;
    step(tx, merge, MergeState::Merged, &before, Stamp { by, at: now }).await
}

/// Saves the facts of the surviving record.
async fn save(tx: &mut Tx, patient: Locked<PatientId>, facts: &Facts, version: i64, (now, by): (Instant, UserId)) -> Result<()> {
    let turn = patients::take_turns(tx, facts).await?;
    if patients::store::update(tx, patient, &turn, version, Stamp { by, at: now }).await? {
        Ok(())
    } else {
        Err(Error::conflict(tr!(errors.newer_version)))
    }
}

fn locked(both: &[Locked<PatientId>], patient: PatientId) -> Result<Locked<PatientId>> {
    both.iter().copied().find(|locked| locked.id() == patient).ok_or(Error::NotFound)
}

/// Asks to separate two merged records. A second user decides.
///
/// # Errors
/// [`Error::Conflict`] when the records are not merged now, or somebody asked already.
pub(super) async fn ask_to_undo(ctx: &mut Ctx, id: MergeId, words: String) -> Result<()> {
    let (mut merge, _) = opened(ctx, id, MergeState::Merged).await?;
    if merge.undo_asked_by.is_some() {
        return Err(Error::conflict(tr!(merges.undo_asked_already)));
    }
    let (now, by) = (ctx.now, ctx.user());
    merge.words[2] = words;
    if !store::ask_to_undo(&mut ctx.tx, &merge, Some(by), now).await? {
        return Err(Error::conflict(tr!(merges.decided_already)));
    }
    note(ctx, &merge);
    Ok(())
}

/// Leaves the records merged that a user asked to separate. The user who asked may take it back as well.
///
/// # Errors
/// [`Error::Conflict`] when nobody asks for it.
pub(super) async fn keep(ctx: &mut Ctx, id: MergeId) -> Result<()> {
    let (mut merge, _) = opened(ctx, id, MergeState::Merged).await?;
    if merge.undo_asked_by.is_none() {
        return Err(Error::conflict(tr!(merges.undo_not_asked)));
    }
    let now = ctx.now;
    merge.words[2].clear();
    if !store::ask_to_undo(&mut ctx.tx, &merge, None, now).await? {
        return Err(Error::conflict(tr!(merges.decided_already)));
    }
    note(ctx, &merge);
    Ok(())
}

/// Separates two merged records again, as another user asked. The rows go back that are still as they were moved; what was done since stays
/// where it is.
///
/// # Errors
/// [`Error::Conflict`] when the records are not merged now, nobody asks for it, or the user asks for it alone.
pub(super) async fn undo(ctx: &mut Ctx, id: MergeId) -> Result<()> {
    let (merge, both) = opened(ctx, id, MergeState::Merged).await?;
    let (now, by) = (ctx.now, ctx.user());
    match merge.undo_asked_by {
        None => return Err(Error::conflict(tr!(merges.undo_not_asked))),
        Some(asker) if asker == by => return Err(Error::conflict(tr!(merges.undo_not_alone))),
        Some(_) => {}
    }
    part(&mut ctx.tx, &merge, &both, (now, by)).await?;
    // This comes after the separation: rows and addresses belong again to the account that hears of it.
    say_separated(ctx, &merge, &both).await?;
    note(ctx, &merge);
    Ok(())
}

/// Puts a separation on the auditors' list, and tells both patients: an account lost what it saw, or has it back.
async fn say_separated(ctx: &mut Ctx, merge: &Merge, both: &[Locked<PatientId>]) -> Result<()> {
    let (survivor, merged) = (merge.survivor_id, merge.merged_id);
    if !grants::is_any_opened(&mut ctx.tx, [survivor, merged]).await? {
        return Ok(());
    }
    let other = patients::find(&mut ctx.tx, merged).await?.mrn;
    for patient in [survivor, merged] {
        grants::tell(ctx, patient, &Told::Separated).await?;
    }
    AccessGrant::note(ctx, locked(both, survivor)?, GrantKind::Separation, None, &other).await
}

async fn part(tx: &mut Tx, merge: &Merge, both: &[Locked<PatientId>], (now, by): (Instant, UserId)) -> Result<()> {
    let before: Before = serde_json::from_str(&merge.before).map_err(|error| Error::internal("the state before a merge", &error))?;
    store::move_back(tx, merge, both).await?;
    store::take_addresses(tx, merge, both, now).await?;
    let survivor = locked(both, merge.survivor_id)?;
    let record = patients::find(tx, survivor.id()).await?;
    let facts = before.restored(&record.facts);
    if facts != record.facts {
        save(tx, survivor, &facts, record.version, (now, by)).await?;
    }
    if record.version == before.version_after {
        store::set_version_back(tx, survivor, &before).await?;
    }
    store::settle_allergies(tx, merge.survivor_id, before.survivor_status).await?;
    store::settle_allergies(tx, merge.merged_id, before.merged_status).await?;
    let kept = merge.before.clone();
    step(tx, merge, MergeState::Undone, &kept, Stamp { by, at: now }).await
}

async fn step(tx: &mut Tx, merge: &Merge, state: MergeState, before: &str, stamp: Stamp) -> Result<()> {
    if store::decide(tx, merge, state, before, stamp).await? { Ok(()) } else { Err(Error::conflict(tr!(merges.decided_already))) }
}

/// Audits an act on both records, and tells open pages of them.
fn note(ctx: &mut Ctx, merge: &Merge) {
    for patient in [merge.survivor_id, merge.merged_id] {
        ctx.did(Action::Update, "merge", merge.id, Some(patient));
        ctx.tell(Event::new(&CHART).of(patient));
        // The portal's accounts of both check again who may listen.
        ctx.tell(Event::new(&ACCESS).of(patient));
    }
}

/// Proposes a merge and, with a second user, merges, in a transaction of the program's own: the demo.
///
/// # Errors
/// When the database refuses.
pub async fn stock(
    tx: &mut Tx,
    (survivor, merged): (PatientId, PatientId),
    clinic: ClinicId,
    (proposer, decider): (UserId, Option<UserId>),
    now: Instant,
) -> Result<()> {
    let id = MergeId::new();
    let new = NewMerge { id, survivor, merged, clinic, reason: MergeReason::RegisteredTwice, words: "" };
    store::insert(tx, &new, Stamp { by: proposer, at: now }).await?;
    if let (Some(by), Some(merge)) = (decider, store::merge(tx, id).await?) {
        let both = lock_both(tx, survivor, merged).await?;
        join(tx, &merge, &both, &[], (now, by)).await?;
    }
    Ok(())
}
