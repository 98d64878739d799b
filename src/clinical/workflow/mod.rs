//! The consultation, from the call to the signature: each function is one transaction that the caller commits.
//!
//! The encounter belongs to the doctor who began it. A colleague reads along and may take it over; two pens in one note
//! are never at work.

mod consultation;
mod orders;

pub(super) use consultation::{add_addendum, begin, call, call_next, kept_place, note, note_view, save_note, sign, take_over};
pub(super) use orders::{
    add_diagnosis, drug_facts, make_primary, prescribe, remove_diagnosis, repeat_prescription, stop_prescription, worksheet, worksheet_of,
};

use crate::{
    core::{Error, Permission, Result, VisitId},
    opd::{self, Visit},
    server::Ctx,
    tr,
};

use super::{Encounter, EncounterState, store};

/// The visit, if the user may work with it.
async fn visit(ctx: &mut Ctx, id: VisitId) -> Result<Visit> {
    let visit = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::WriteNotes, visit.clinic_id)?;
    Ok(visit)
}

/// The visit with its encounter, if the user may write in it now.
async fn mine(ctx: &mut Ctx, id: VisitId) -> Result<(Visit, Encounter)> {
    let visit = visit(ctx, id).await?;
    let encounter = store::encounter_of_visit(&mut ctx.tx, id).await?.ok_or_else(|| Error::conflict(tr!(clinical.not_begun)))?;
    writable(ctx, &encounter)?;
    Ok((visit, encounter))
}

/// Refuses to write in what is signed, or is a colleague's.
fn writable(ctx: &Ctx, encounter: &Encounter) -> Result<()> {
    match encounter.state {
        EncounterState::InProgress if encounter.doctor == ctx.who.staff => Ok(()),
        EncounterState::InProgress => Err(Error::conflict(tr!(clinical.with_colleague, doctor = encounter.doctor_name.clone()))),
        EncounterState::Finished | EncounterState::EnteredInError => Err(Error::conflict(tr!(clinical.already_signed))),
    }
}
