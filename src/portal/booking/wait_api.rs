//! The patients' acts on the waitlist: wait for an earlier time, answer an offer, give up.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::{
    appointments::{
        self,
        waitlist::{self, NewWait, WaitEntry},
    },
    audit::Action,
    core::{
        Error, IdempotencyKey, PatientId, Permission, Result, ServiceId, StaffId, VisitTypeId, WaitlistId, form,
        time::{Instant, parse_date},
    },
    db::Tx,
    organisation,
    portal::acting::still_for,
    server::{Ctx, redirect_to},
    tr,
};

/// Puts the patient on the waitlist of a service.
#[server(endpoint = "portal/wait")]
pub async fn wait(
    service_id: ServiceId,
    #[server(default)] doctor: Option<StaffId>,
    #[server(default)] visit_type: Option<VisitTypeId>,
    #[server(default)] from_time: String,
    #[server(default)] to_time: String,
    #[server(default)] until: String,
    #[server(default)] note: String,
    /// For whom the form was shown.
    #[server(default)]
    patient: Option<PatientId>,
    idempotency_key: IdempotencyKey,
    /// The ticked days, `day_1` to `day_7`.
    #[server(flatten)]
    days: BTreeMap<String, String>,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = still_for(&ctx, patient)?;
    let (weekdays, hours) = waitlist::read_times(&days, &from_time, &to_time)?;
    let until = parse_date("until", &until)?;
    let note = form::text("note", &note, 500)?;
    let stamp = ctx.stamp();
    let service = organisation::service(&mut ctx.tx, service_id).await?;
    let rules = organisation::booking_rules(&mut ctx.tx, service.clinic_id, visit_type).await?;
    let clinic = organisation::clinic(&mut ctx.tx, service.clinic_id).await?;
    if until > clinic.zone.day(stamp.at) + chrono::Duration::days(rules.days) {
        return Err(Error::invalid("until", tr!(appointments.wait_until_wrong)));
    }
    refuse_desk_only(&mut ctx.tx, patient, service.clinic_id, stamp.at).await?;
    let id = WaitlistId(idempotency_key.into());
    let new = NewWait { id, patient, service: service_id, doctor, visit_type, urgent: false, weekdays, hours, until, note };
    waitlist::join(&mut ctx.tx, &new, stamp).await?;
    waitlist::api::did(&mut ctx, Action::Create, id).await?;
    ctx.commit().await?;
    redirect_to("/portal/waitlist?done=added");
    Ok(())
}

/// Takes the patient's wish off the list.
#[server(endpoint = "portal/unwait")]
pub async fn unwait(wait_id: WaitlistId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    own(&mut ctx, wait_id).await?;
    let stamp = ctx.stamp();
    waitlist::withdraw(&mut ctx.tx, wait_id, "", stamp).await?;
    waitlist::api::did(&mut ctx, Action::Update, wait_id).await?;
    ctx.commit().await?;
    redirect_to("/portal/waitlist?done=withdrawn");
    Ok(())
}

/// Takes the time that is offered.
#[server(endpoint = "portal/take_offer")]
pub async fn take_offer(wait_id: WaitlistId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let entry = own(&mut ctx, wait_id).await?;
    let stamp = ctx.stamp();
    refuse_desk_only(&mut ctx.tx, entry.patient_id, entry.clinic_id, stamp.at).await?;
    let booked = waitlist::take(&mut ctx.tx, wait_id, stamp).await?;
    appointments::changed(&mut ctx, Action::Update, &booked);
    appointments::tell_price(&mut ctx, &booked).await?;
    waitlist::api::did(&mut ctx, Action::Update, wait_id).await?;
    appointments::confirm_by_message(&mut ctx, &booked).await?;
    ctx.commit().await?;
    redirect_to(&format!("/portal/appointments/{}?done=booked", booked.id));
    Ok(())
}

/// Lets the time that is offered pass to the next.
#[server(endpoint = "portal/pass_offer")]
pub async fn pass_offer(wait_id: WaitlistId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    own(&mut ctx, wait_id).await?;
    let stamp = ctx.stamp();
    waitlist::pass(&mut ctx.tx, wait_id, stamp).await?;
    waitlist::api::did(&mut ctx, Action::Update, wait_id).await?;
    ctx.commit().await?;
    redirect_to("/portal/waitlist?done=passed");
    Ok(())
}

/// The patient's own wish; anybody else's is not there.
async fn own(ctx: &mut Ctx, id: WaitlistId) -> Result<WaitEntry> {
    let patient = ctx.own_patient()?;
    let entry = waitlist::wait_entry(&mut ctx.tx, id).await?;
    if entry.patient_id == patient { Ok(entry) } else { Err(Error::NotFound) }
}

/// Refuses a patient who missed so many appointments that the desk alone books.
async fn refuse_desk_only(tx: &mut Tx, patient: PatientId, clinic: crate::core::ClinicId, now: Instant) -> Result<()> {
    let rules = organisation::booking_rules(tx, clinic, None).await?;
    match appointments::only_desk_books(tx, &rules, patient, now).await? {
        true => Err(Error::conflict(appointments::desk_books(tx, clinic).await?)),
        false => Ok(()),
    }
}
