//! The desk's acts on the waitlist.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::{NewWait, join, pass, read_times, take, wait_entry, withdraw};
use crate::{
    appointments::{APPOINTMENTS, api::tell_patient, changed},
    audit::Action,
    core::{Error, IdempotencyKey, PatientId, Permission, Result, ServiceId, StaffId, VisitTypeId, WaitlistId, form, time::parse_date},
    server::{Ctx, Event, redirect_to},
    tr,
};

/// Puts a patient on the waitlist.
#[server(endpoint = "appointments/wait")]
pub async fn wait(
    patient_id: PatientId,
    service_id: ServiceId,
    #[server(default)] doctor: Option<StaffId>,
    #[server(default)] visit_type: Option<VisitTypeId>,
    #[server(default)] urgent: String,
    #[server(default)] from_time: String,
    #[server(default)] to_time: String,
    #[server(default)] until: String,
    #[server(default)] note: String,
    idempotency_key: IdempotencyKey,
    /// The ticked days, `day_1` to `day_7`.
    #[server(flatten)]
    days: BTreeMap<String, String>,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::BookAppointments).await?;
    let (weekdays, hours) = read_times(&days, &from_time, &to_time)?;
    let until = parse_date("until", &until)?;
    let note = form::text("note", &note, 500)?;
    let service = crate::organisation::service(&mut ctx.tx, service_id).await?;
    ctx.at_clinic(Permission::BookAppointments, service.clinic_id)?;
    ctx.reach([patient_id]).await?;
    let id = WaitlistId(idempotency_key.into());
    let new = NewWait {
        id,
        patient: patient_id,
        service: service_id,
        doctor,
        visit_type,
        urgent: !urgent.is_empty(),
        weekdays,
        hours,
        until,
        note,
    };
    let stamp = ctx.stamp();
    join(&mut ctx.tx, &new, stamp).await?;
    did(&mut ctx, Action::Create, id).await?;
    ctx.commit().await?;
    redirect_to("/waitlist?done=added");
    Ok(())
}

/// Takes a wish off the list, with a reason.
#[server(endpoint = "appointments/unwait")]
pub async fn unwait(wait_id: WaitlistId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = at_desk(wait_id).await?;
    let reason = form::text("reason", &reason, 500)?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(appointments.say_why_withdrawn)));
    }
    let stamp = ctx.stamp();
    withdraw(&mut ctx.tx, wait_id, &reason, stamp).await?;
    did(&mut ctx, Action::Update, wait_id).await?;
    ctx.commit().await?;
    redirect_to("/waitlist?done=withdrawn");
    Ok(())
}

/// Books the offered seat for a patient who said yes on the phone.
#[server(endpoint = "appointments/take_offer")]
pub async fn take_offer(wait_id: WaitlistId) -> Result<(), Error> {
    let mut ctx = at_desk(wait_id).await?;
    let stamp = ctx.stamp();
    let booked = take(&mut ctx.tx, wait_id, stamp).await?;
    changed(&mut ctx, Action::Update, &booked);
    did(&mut ctx, Action::Update, wait_id).await?;
    tell_patient(&mut ctx, &booked).await?;
    ctx.commit().await?;
    redirect_to(&format!("/appointments/{}?done=booked", booked.id));
    Ok(())
}

/// Lets the offered seat pass for a patient who said no on the phone.
#[server(endpoint = "appointments/pass_offer")]
pub async fn pass_offer(wait_id: WaitlistId) -> Result<(), Error> {
    let mut ctx = at_desk(wait_id).await?;
    let stamp = ctx.stamp();
    pass(&mut ctx.tx, wait_id, stamp).await?;
    did(&mut ctx, Action::Update, wait_id).await?;
    ctx.commit().await?;
    redirect_to("/waitlist?done=passed");
    Ok(())
}

/// Opens a transaction for changing a wish of a clinic where the user may.
async fn at_desk(id: WaitlistId) -> Result<Ctx> {
    let mut ctx = Ctx::write(Permission::BookAppointments).await?;
    let entry = wait_entry(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::BookAppointments, entry.clinic_id)?;
    Ok(ctx)
}

/// Audit and event of a change.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn did(ctx: &mut Ctx, action: Action, id: WaitlistId) -> Result<()> {
    let entry = wait_entry(&mut ctx.tx, id).await?;
    ctx.did(action, "waitlist", id, Some(entry.patient_id));
    ctx.tell(Event::new(&APPOINTMENTS).at(entry.clinic_id).of(entry.patient_id).about(id));
    Ok(())
}
