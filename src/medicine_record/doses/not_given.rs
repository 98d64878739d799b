//! Those who hear that a dose was not given.

use super::{PlannedDose, store};
use crate::{
    accounts,
    core::{Result, Role, UserId, WardId},
    medicine_record::{
        orders::CareOrder,
        vocabulary::{DoseReason, DoseTiming},
    },
    notifications::{Hearer, Notice, notify},
    server::Ctx,
};

/// The window in minutes of a dose that cannot wait.
const CRITICAL_MINUTES: i64 = 30;

/// Tells the doctors of a high-risk or time-critical dose that was not given, and the pharmacists of a medicine that the ward does not have.
pub(super) async fn tell(ctx: &mut Ctx, (dose, order): (&PlannedDose, &CareOrder), ward: WardId, reason: DoseReason) -> Result<()> {
    let place = store::place_of(&mut ctx.tx, order.admission_id).await?;
    let cannot_wait = order.timing.map(DoseTiming::window_minutes).is_some_and(|minutes| minutes <= CRITICAL_MINUTES);
    if order.two_person || cannot_wait {
        let notice = Notice::DoseNotGiven { place: place.clone() };
        let doctors = doctors(ctx, order).await?;
        send(ctx, doctors, &notice, &format!("/doses/{}", dose.id)).await?;
    }
    if reason == DoseReason::NotAvailable {
        let notice = Notice::DoseNotAvailable { place, medicine: order.title.clone() };
        let pharmacists = accounts::users_with_role_at(&mut ctx.tx, Role::Pharmacist, order.clinic_id).await?;
        send(ctx, pharmacists, &notice, &format!("/wards/{ward}/trolley")).await?;
    }
    Ok(())
}

/// The prescriber and the doctor of the stay; all doctors of the clinic where none of them works here any more.
async fn doctors(ctx: &mut Ctx, order: &CareOrder) -> Result<Vec<UserId>> {
    let doctors = store::doctors_of(&mut ctx.tx, order).await?;
    if doctors.is_empty() { accounts::users_with_role_at(&mut ctx.tx, Role::Doctor, order.clinic_id).await } else { Ok(doctors) }
}

async fn send(ctx: &mut Ctx, users: Vec<UserId>, notice: &Notice, link: &str) -> Result<()> {
    for user in users {
        notify(ctx, Hearer { user, dependant: None }, notice, link).await?;
    }
    Ok(())
}
