//! The acts on parts of a note: hold back, release.

use super::{
    HiddenFrom, NotePart,
    store::{self, NewHold},
};
use crate::{
    audit::Action,
    clinical::{Encounter, store as entries},
    core::{EncounterId, Error, NoteHoldId, Permission, Result, Stamp, error::FieldErrors, form},
    db::{Locked, Tx},
    patients,
    server::{Ctx, Event},
    tr,
};

/// Locks an encounter of a clinic where the user writes notes.
async fn locked(ctx: &mut Ctx, id: EncounterId) -> Result<(Locked<EncounterId>, Encounter)> {
    let lock = ctx.tx.lock(id).await?;
    let encounter = entries::encounter(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WriteNotes, encounter.clinic)?;
    ctx.reach([encounter.patient]).await?;
    Ok((lock, encounter))
}

/// Holds a part back.
///
/// # Errors
/// [`Error::Invalid`] of a field, [`Error::Conflict`] when the part is held back already.
pub(super) async fn hold(ctx: &mut Ctx, id: EncounterId, key: NoteHoldId, typed: (&str, &str, &str)) -> Result<Encounter> {
    let (lock, encounter) = locked(ctx, id).await?;
    let mut errors = FieldErrors::new();
    let part: Option<NotePart> = errors.chosen("part", typed.0);
    let hidden_from: Option<HiddenFrom> = errors.chosen("hidden_from", typed.1);
    let reason = errors.check(form::text("reason", typed.2, 500)).unwrap_or_default();
    if reason.is_empty() {
        errors.add("reason", tr!(clinical.hold_reason_missing));
    }
    errors.finish()?;
    let (Some(part), Some(hidden_from)) = (part, hidden_from) else { return Err(Error::NotFound) };
    let stamp = ctx.stamp();
    let new = NewHold { id: key, encounter: lock, patient: encounter.patient, part, hidden_from, reason: &reason };
    if !store::insert(&mut ctx.tx, &new, stamp).await? {
        return Err(Error::conflict(tr!(clinical.held_already)));
    }
    ctx.did(Action::Create, "note_hold", key, Some(encounter.patient));
    ctx.tell(Event::new(&patients::CHART).at(encounter.clinic).of(encounter.patient));
    Ok(encounter)
}

/// Holds a part back in a transaction of the program's own: the demo.
///
/// # Errors
/// When the database refuses.
pub async fn stock_hold(
    tx: &mut Tx,
    encounter: &Encounter,
    (part, hidden_from): (NotePart, HiddenFrom),
    reason: &str,
    stamp: Stamp,
) -> Result<()> {
    let lock = tx.lock(encounter.id).await?;
    let new = NewHold { id: NoteHoldId::new(), encounter: lock, patient: encounter.patient, part, hidden_from, reason };
    store::insert(tx, &new, stamp).await?;
    Ok(())
}

/// Releases a part.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] when it is released already.
pub(super) async fn release(ctx: &mut Ctx, id: NoteHoldId) -> Result<Encounter> {
    let of = store::encounter_of(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let (lock, encounter) = locked(ctx, of).await?;
    let stamp = ctx.stamp();
    if !store::end(&mut ctx.tx, lock, id, stamp).await? {
        return Err(Error::conflict(tr!(clinical.released_already)));
    }
    ctx.did(Action::Update, "note_hold", id, Some(encounter.patient));
    ctx.tell(Event::new(&patients::CHART).at(encounter.clinic).of(encounter.patient));
    Ok(encounter)
}
