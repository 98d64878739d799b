//! Requests for tests, studies and services from a stay.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, Error, Permission, Result},
    imaging::{self, ImagingForm},
    lab::{self, RequestForm},
    orders::{self, OrderForm},
    organisation::Typed,
    rounds::stay,
    server::{Ctx, redirect_to},
};

/// Takes the turn of the stay, and returns the place of its orders.
async fn place(ctx: &mut Ctx, id: AdmissionId) -> Result<(crate::db::Locked<crate::core::PatientId>, orders::Place)> {
    let turn = stay::turn(ctx, Permission::PlaceOrders, id).await?;
    turn.must_be_admitted()?;
    let place = orders::Place { clinic: turn.admission.clinic_id, visit: None, encounter: None, admission: Some(turn.locked) };
    Ok((turn.patient, place))
}

/// Orders tests and panels for a patient on a ward.
#[server(endpoint = "rounds/order_tests")]
pub async fn order_tests(admission_id: AdmissionId, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    let mut form = RequestForm::read(&ctx, &fields)?;
    form.is_draft = false;
    let (patient, place) = place(&mut ctx, admission_id).await?;
    lab::order_tests(&mut ctx, patient, place, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/requests?done=ordered"));
    Ok(())
}

/// Orders a study for a patient on a ward.
#[server(endpoint = "rounds/order_study")]
pub async fn order_study(admission_id: AdmissionId, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    let known = imaging::procedures(&mut ctx.tx).await?;
    let mut form = ImagingForm::read(&ctx, &fields, &known)?;
    form.is_draft = false;
    let (patient, place) = place(&mut ctx, admission_id).await?;
    imaging::order_study(&mut ctx, patient, place, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/requests?done=ordered"));
    Ok(())
}

/// Orders the ticked lines of a set of tests and studies for a patient on a ward.
#[server(endpoint = "rounds/order_set")]
pub async fn order_set(admission_id: AdmissionId, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    // No note on a ward places drafts.
    let fields: Typed = fields.into_iter().filter(|(name, _)| name != "draft").collect();
    let (patient, place) = place(&mut ctx, admission_id).await?;
    imaging::order_set(&mut ctx, patient, place, &fields).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/requests?done=ordered"));
    Ok(())
}

/// Orders another service for a patient on a ward.
#[server(endpoint = "rounds/order_service")]
pub async fn order_service(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] kind: String,
    #[server(default)] service: String,
    #[server(default)] priority: String,
    #[server(default)] reason: String,
    #[server(default)] instructions: String,
    #[server(default)] again: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    let asked = OrderForm { key, kind, service, priority, reason, instructions, draft: String::new(), again }.parse()?;
    let (patient, place) = place(&mut ctx, admission_id).await?;
    orders::place(&mut ctx, patient, place, &asked).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/requests?done=ordered"));
    Ok(())
}
