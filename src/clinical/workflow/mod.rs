//! The consultation, from the call to the signature. Each function runs in one transaction that the caller commits.
//!
//! The encounter belongs to the doctor who began it. A colleague can read it and may take it over; two doctors never
//! write in one note at the same time.

mod checks;
mod consultation;
mod orders;
mod renewed;
mod replacement;
mod take_home;
mod warnings;

pub use consultation::order_place;
pub(super) use consultation::{add_addendum, begin, call, call_next, kept_place, note, note_view, order, save_note, sign, take_over};
pub(super) use orders::{
    add_diagnosis, drug_facts, make_primary, prescribe, remove_diagnosis, repeat_prescription, stop_prescription, worksheet, worksheet_of,
};
pub use renewed::check_signed;
pub(super) use replacement::replace_prescription;
pub use take_home::{HomePrescription, home_prescriptions, prescribe_home};
pub use warnings::{Against, OrderedMedicine, Reply, check_ordered};

use crate::{
    core::{EncounterId, Error, PatientId, Permission, Result, VisitId},
    db::Locked,
    opd::{self, Visit},
    server::Ctx,
    tr,
};

use super::{Encounter, EncounterState, store};

/// Returns the visit, if the user may work with it.
async fn visit(ctx: &mut Ctx, id: VisitId) -> Result<Visit> {
    let visit = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::WriteNotes, visit.clinic_id)?;
    Ok(visit)
}

/// A consultation that the user may write in now. Its rows are locked, in the order appointment, visit, encounter, and were read
/// after that, so that no signature or other action can happen between the decision and the write.
pub struct Writing {
    visit: Visit,
    encounter: Encounter,
    lock: Locked<EncounterId>,
}

/// Locks the visit, if the user may work with it.
async fn lock_visit(ctx: &mut Ctx, id: VisitId) -> Result<(Locked<VisitId>, Visit)> {
    let (locked, visit) = opd::lock_visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::WriteNotes, visit.clinic_id)?;
    Ok((locked, visit))
}

/// Locks the patient of the visit, before the visit: for actions that depend on the patient's other prescriptions.
async fn lock_patient(ctx: &mut Ctx, id: VisitId) -> Result<Locked<PatientId>> {
    let patient = visit(ctx, id).await?.patient_id;
    ctx.tx.lock(patient).await
}

/// Locks the encounter of a locked visit, once there is one.
async fn lock_encounter(ctx: &mut Ctx, visit: Locked<VisitId>) -> Result<Option<(Locked<EncounterId>, Encounter)>> {
    let Some(begun) = store::encounter_of_visit(&mut ctx.tx, visit.id()).await? else { return Ok(None) };
    let locked = ctx.tx.lock(begun.id).await?;
    let encounter = store::encounter(&mut ctx.tx, begun.id).await?.ok_or(Error::NotFound)?;
    Ok(Some((locked, encounter)))
}

/// Returns the consultation of the visit, if it has begun and the user may write in it now.
async fn mine(ctx: &mut Ctx, id: VisitId) -> Result<Writing> {
    let (visit_lock, visit) = lock_visit(ctx, id).await?;
    let (lock, encounter) = lock_encounter(ctx, visit_lock).await?.ok_or_else(|| Error::conflict(tr!(clinical.not_begun)))?;
    writable(ctx, &encounter)?;
    Ok(Writing { visit, encounter, lock })
}

/// Refuses to write in an encounter that is signed or that a colleague holds.
fn writable(ctx: &Ctx, encounter: &Encounter) -> Result<()> {
    match encounter.state {
        EncounterState::InProgress if encounter.doctor == ctx.who.staff => Ok(()),
        EncounterState::InProgress => Err(Error::conflict(tr!(clinical.with_colleague, doctor = encounter.doctor_name.clone()))),
        EncounterState::Finished | EncounterState::EnteredInError => Err(Error::conflict(tr!(clinical.already_signed))),
    }
}
