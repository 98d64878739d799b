//! The pharmacy as a stop of the outpatient visit, after the cashier, in clinics that want it. The patient waits there until nothing is to be
//! verified or handed out any more; the rest of a part that is owed keeps no patient.

mod store;

use super::{PHARMACY, supplies::Supply};
use crate::{
    audit::Action,
    core::{ClinicId, Result, VisitId},
    opd::{self, Step},
    server::{Ctx, Event},
};

/// Whether patients of the clinic stop at the pharmacy.
///
/// # Errors
/// When the database refuses.
pub async fn is_on(ctx: &mut Ctx, clinic: ClinicId) -> Result<bool> {
    store::is_on(&mut ctx.tx, clinic).await
}

/// Says whether patients of the user's clinic stop at the pharmacy.
///
/// # Errors
/// When the database refuses.
pub async fn set(ctx: &mut Ctx, is_on: bool) -> Result<()> {
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    store::set(&mut ctx.tx, clinic, is_on, stamp).await?;
    ctx.did(Action::Update, "pharmacy_stop", clinic, None);
    ctx.tell(Event::new(&PHARMACY).at(clinic));
    Ok(())
}

/// Whether medicines of the clinic are paid before they are handed over.
///
/// # Errors
/// When the database refuses.
pub async fn is_paid_first(ctx: &mut Ctx, clinic: ClinicId) -> Result<bool> {
    store::is_paid_first(&mut ctx.tx, clinic).await
}

/// Says whether medicines of the user's clinic are paid before they are handed over. Bags that wait already stay as they are.
///
/// # Errors
/// When the database refuses.
pub async fn set_paid_first(ctx: &mut Ctx, is_on: bool) -> Result<()> {
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    store::set_paid_first(&mut ctx.tx, clinic, is_on, stamp).await?;
    ctx.did(Action::Update, "pharmacy_stop", clinic, None);
    ctx.tell(Event::new(&PHARMACY).at(clinic));
    Ok(())
}

/// Whether the pharmacy has work for a visit.
///
/// # Errors
/// When the database refuses.
pub async fn waits(ctx: &mut Ctx, visit: VisitId) -> Result<bool> {
    store::waits(&mut ctx.tx, visit).await
}

/// Sends the patient on when nothing of the visit is left to do here.
///
/// # Errors
/// When the database refuses.
pub async fn go_on(ctx: &mut Ctx, supply: &Supply) -> Result<()> {
    if let Some(visit) = supply.visit_id {
        let lock = ctx.tx.lock(visit).await?;
        opd::go_on(ctx, lock, Step::Pharmacy).await?;
    }
    Ok(())
}
