//! The acts on what is held back: hold back, release.

use super::{
    HiddenFrom, NotePart,
    store::{self, HoldSubject, NewHold},
};
use crate::{
    audit::Action,
    clinical::{Encounter, store as entries},
    core::{
        ClinicId, EncounterId, Error, NoteHoldId, OrderId, PatientId, Permission, PrescriptionId, Result, Stamp, error::FieldErrors, form,
    },
    db::{Locked, Tx},
    patients,
    server::{Ctx, Event},
    tr,
};

/// The beginning of the form's value for a prescription; its id follows.
pub(super) const PRESCRIPTION: &str = "prescription:";

/// The words of the form.
#[derive(Clone, Copy, Debug)]
pub(super) struct TypedHold<'t> {
    pub hidden_from: &'t str,
    pub reason: &'t str,
}

impl TypedHold<'_> {
    /// Checks the words, with the mistakes that were found before.
    fn read(self, mut errors: FieldErrors) -> Result<(HiddenFrom, String)> {
        let hidden_from: Option<HiddenFrom> = errors.chosen("hidden_from", self.hidden_from);
        let reason = errors.check(form::text("reason", self.reason, 500)).unwrap_or_default();
        if reason.is_empty() {
            errors.add("reason", tr!(clinical.hold_reason_missing));
        }
        errors.finish()?;
        Ok((hidden_from.ok_or(Error::NotFound)?, reason))
    }
}

/// Locks an encounter of a clinic where the user writes notes.
async fn locked(ctx: &mut Ctx, id: EncounterId) -> Result<(Locked<EncounterId>, Encounter)> {
    let lock = ctx.tx.lock(id).await?;
    let encounter = entries::encounter(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WriteNotes, encounter.clinic)?;
    ctx.reach([encounter.patient]).await?;
    Ok((lock, encounter))
}

/// Locks an order of a clinic where the user writes notes.
async fn locked_order(ctx: &mut Ctx, id: OrderId) -> Result<(Locked<OrderId>, PatientId, ClinicId)> {
    let lock = ctx.tx.lock(id).await?;
    let (patient, clinic) = store::order_of(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WriteNotes, clinic)?;
    ctx.reach([patient]).await?;
    Ok((lock, patient, clinic))
}

/// Inserts a hold, with its audit row and its event.
async fn insert(ctx: &mut Ctx, new: &NewHold<'_>, clinic: ClinicId) -> Result<()> {
    let stamp = ctx.stamp();
    if !store::insert(&mut ctx.tx, new, stamp).await? {
        return Err(Error::conflict(tr!(clinical.held_already)));
    }
    ctx.did(Action::Create, "note_hold", new.id, Some(new.patient));
    ctx.tell(Event::new(&patients::CHART).at(clinic).of(new.patient));
    Ok(())
}

/// Holds a part of a note, or a prescription, back.
///
/// # Errors
/// [`Error::Invalid`] of a field, [`Error::Conflict`] when the part is held back already.
pub(super) async fn hold(ctx: &mut Ctx, id: EncounterId, key: NoteHoldId, (part, typed): (&str, TypedHold<'_>)) -> Result<Encounter> {
    let (lock, encounter) = locked(ctx, id).await?;
    let mut errors = FieldErrors::new();
    let (part, prescription) = match part.strip_prefix(PRESCRIPTION) {
        Some(one) => (Some(NotePart::Prescription), errors.chosen::<PrescriptionId>("part", one)),
        None => (errors.chosen::<NotePart>("part", part), None),
    };
    if part.is_some_and(|part| part.is_of_note() == prescription.is_some() || part == NotePart::Result) {
        errors.add("part", tr!(errors.choose));
    }
    let (hidden_from, reason) = typed.read(errors)?;
    let part = part.ok_or(Error::NotFound)?;
    let subject = HoldSubject::Encounter(lock, prescription);
    let new = NewHold { id: key, subject, patient: encounter.patient, part, hidden_from, reason: &reason };
    insert(ctx, &new, encounter.clinic).await?;
    Ok(encounter)
}

/// Holds the results of an order back: those that are there, and those that come.
///
/// # Errors
/// [`Error::Invalid`] of a field, [`Error::NotFound`], [`Error::Conflict`] when they are held back already.
pub(super) async fn hold_result(ctx: &mut Ctx, order: &str, key: NoteHoldId, typed: TypedHold<'_>) -> Result<PatientId> {
    let mut errors = FieldErrors::new();
    let order: Option<OrderId> = errors.chosen("order", order);
    let (hidden_from, reason) = typed.read(errors)?;
    let (lock, patient, clinic) = locked_order(ctx, order.ok_or(Error::NotFound)?).await?;
    let new = NewHold { id: key, subject: HoldSubject::Order(lock), patient, part: NotePart::Result, hidden_from, reason: &reason };
    insert(ctx, &new, clinic).await?;
    Ok(patient)
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
    let subject = HoldSubject::Encounter(tx.lock(encounter.id).await?, None);
    let new = NewHold { id: NoteHoldId::new(), subject, patient: encounter.patient, part, hidden_from, reason };
    store::insert(tx, &new, stamp).await?;
    Ok(())
}

/// Holds the results of an order back in a transaction of the program's own: the demo.
///
/// # Errors
/// When the database refuses.
pub async fn stock_result_hold(
    tx: &mut Tx,
    (order, patient): (OrderId, PatientId),
    hidden_from: HiddenFrom,
    reason: &str,
    stamp: Stamp,
) -> Result<()> {
    let subject = HoldSubject::Order(tx.lock(order).await?);
    let new = NewHold { id: NoteHoldId::new(), subject, patient, part: NotePart::Result, hidden_from, reason };
    store::insert(tx, &new, stamp).await?;
    Ok(())
}

/// The subject of a hold that was released.
pub(super) enum Released {
    Encounter(Encounter),
    /// The results of an order of this patient.
    Result(PatientId),
}

/// Releases what is held back.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Conflict`] when it is released already.
pub(super) async fn release(ctx: &mut Ctx, id: NoteHoldId) -> Result<Released> {
    let (subject, patient, clinic, released) = match store::subject_of(&mut ctx.tx, id).await?.ok_or(Error::NotFound)? {
        (Some(of), _) => {
            let (lock, encounter) = locked(ctx, of).await?;
            (HoldSubject::Encounter(lock, None), encounter.patient, encounter.clinic, Released::Encounter(encounter))
        }
        (None, Some(order)) => {
            let (lock, patient, clinic) = locked_order(ctx, order).await?;
            (HoldSubject::Order(lock), patient, clinic, Released::Result(patient))
        }
        (None, None) => return Err(Error::NotFound),
    };
    let stamp = ctx.stamp();
    if !store::end(&mut ctx.tx, &subject, id, stamp).await? {
        return Err(Error::conflict(tr!(clinical.released_already)));
    }
    ctx.did(Action::Update, "note_hold", id, Some(patient));
    ctx.tell(Event::new(&patients::CHART).at(clinic).of(patient));
    Ok(released)
}
