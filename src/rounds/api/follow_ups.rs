//! Acts on follow-ups, of staff and of patients.

use leptos::prelude::*;

use crate::{
    appointments::Through,
    core::{AdmissionId, Error, FollowUpId, PatientId, Permission, Result, form::chosen},
    organisation::Typed,
    rounds::follow_ups::{self, FollowUpForm},
    server::{Ctx, is_own_page, redirect_to},
};

/// Proposes a follow-up.
#[server(endpoint = "rounds/propose_follow_up")]
pub async fn propose_follow_up(
    patient_id: PatientId,
    #[server(default)] admission_id: Option<AdmissionId>,
    #[server(default)] key: String,
    #[server(default)] back: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let key: FollowUpId = chosen("key", &key)?;
    let form = FollowUpForm::read(&fields)?;
    follow_ups::propose(&mut ctx, key, patient_id, admission_id, &form).await?;
    ctx.commit().await?;
    let back = if is_own_page(&back) { back } else { format!("/patients/{patient_id}") };
    redirect_to(&format!("{back}?done=proposed"));
    Ok(())
}

/// Books the first free time for a follow-up, at the desk.
#[server(endpoint = "rounds/book_follow_up")]
pub async fn book_follow_up(follow_up_id: FollowUpId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::BookAppointments).await?;
    let booked = follow_ups::book(&mut ctx, follow_up_id, Through::Reception).await?;
    ctx.commit().await?;
    redirect_to(&format!("/appointments/{}?done=booked", booked.id));
    Ok(())
}

/// Declines a follow-up, at the desk.
#[server(endpoint = "rounds/decline_follow_up")]
pub async fn decline_follow_up(follow_up_id: FollowUpId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::BookAppointments).await?;
    follow_ups::decline(&mut ctx, follow_up_id).await?;
    ctx.commit().await?;
    redirect_to("/follow-ups?done=declined");
    Ok(())
}

/// Books the first free time for a follow-up, in the portal.
#[server(endpoint = "rounds/book_own_follow_up")]
pub async fn book_own_follow_up(follow_up_id: FollowUpId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    ctx.own_patient()?;
    let booked = follow_ups::book(&mut ctx, follow_up_id, Through::Portal).await?;
    ctx.commit().await?;
    redirect_to(&format!("/portal/appointments/{}?done=booked", booked.id));
    Ok(())
}

/// Declines a follow-up, in the portal.
#[server(endpoint = "rounds/decline_own_follow_up")]
pub async fn decline_own_follow_up(follow_up_id: FollowUpId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    ctx.own_patient()?;
    follow_ups::decline(&mut ctx, follow_up_id).await?;
    ctx.commit().await?;
    redirect_to("/portal/records");
    Ok(())
}
