//! `/portal/book/move/{id}`: an appointment is moved to a time that overlaps its own. Nothing is held meanwhile: the patient has most of
//! that time already, and who comes later for the rest is refused at the booking.

use leptos::prelude::*;
use serde::Deserialize;

use super::confirm::{HoldFacts, details};
use crate::{
    appointments::{self, Appointment},
    core::{AppointmentId, IdempotencyKey, Permission, Result, VisitTypeId},
    organisation::{self, Clinic},
    patients,
    portal::booking::{api, own_time::chosen_over_own_time},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, DescriptionList, Detail, EmptyState, Form, Glyph, LinkButton, PageHeader, TextArea},
};

/// The query parameters: the new time, as the value of its button, and the visit type.
#[derive(Debug, Default, Deserialize)]
pub struct OwnMoveQuery {
    #[serde(default)]
    slot: String,
    #[serde(default)]
    visit_type: String,
}

/// Shows the appointment as it will be.
///
/// # Errors
/// When the user lacks the permission, the appointment belongs to another patient, or the time cannot be read.
pub async fn move_page(Path(id): Path<AppointmentId>, Query(choices): Query<OwnMoveQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let old = api::own(&mut ctx, id).await?;
    let chosen = api::parse_slot(&choices.slot)?;
    let clinic = organisation::clinic(&mut ctx.tx, old.clinic_id).await?;
    let visit_type = choices.visit_type.parse::<VisitTypeId>().ok().or(old.visit_type_id);
    let now = ctx.now;
    let Some(slot) = chosen_over_own_time(&mut ctx.tx, &old, chosen, visit_type, now).await? else {
        let times = super::other_times(&old, &clinic, Some(old.id));
        return Ok(Page::new(tr!(booking.step_confirm), move || gone(times)));
    };
    let types = organisation::visit_types(&mut ctx.tx).await?;
    let service = organisation::service(&mut ctx.tx, slot.service_id).await?;
    let new = Appointment {
        doctor_id: slot.doctor_id,
        doctor: slot.doctor,
        service_id: slot.service_id,
        service: service.name,
        visit_type_id: visit_type,
        visit_type: types.into_iter().find(|known| Some(known.id) == visit_type).map(|known| known.name).unwrap_or_default(),
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        ..old.clone()
    };
    let about = HoldFacts {
        cost: super::cost::planned_lines(&mut ctx, &new).await?,
        preparation: super::preparation(&mut ctx.tx, visit_type).await?,
        whom: patients::identity(&mut ctx.tx, new.patient_id).await?.name.full(),
        acting: ctx.who.acts_for().is_some(),
        terms: super::terms::of_appointment(&mut ctx, &new, &clinic).await?,
        specialty: None,
        symptoms: appointments::symptoms_of(&mut ctx.tx, old.id).await?,
    };
    let today = clinic.zone.day(now);
    Ok(Page::new(tr!(booking.step_confirm), move || {
        let times = super::other_times(&old, &clinic, Some(old.id));
        let symptoms = about.symptoms.clone();
        let lines = details(&new, &clinic, Some(&old), about, today);
        content(&new, &clinic, (lines, symptoms), times)
    })
    .class("main--wide"))
}

fn gone(times: String) -> impl IntoView {
    view! {
        <EmptyState glyph=Glyph::Clock title=tr!(booking.move_gone) text=tr!(booking.move_gone_hint)>
            <LinkButton href=times label=tr!(booking.another_time) tone=ButtonTone::Primary/>
        </EmptyState>
    }
}

fn content(new: &Appointment, clinic: &Clinic, (lines, symptoms): (Vec<Detail>, String), times: String) -> impl IntoView + use<> {
    let hidden = vec![
        ("appointment_id", new.id.to_string()),
        ("slot", format!("{}.{}.{}", new.service_id, new.doctor_id, new.starts_at.timestamp())),
        ("visit_type", new.visit_type_id.map(|id| id.to_string()).unwrap_or_default()),
        ("idempotency_key", IdempotencyKey::new().to_string()),
    ];
    let (reason, clinic) = (new.reason.clone(), clinic.name.clone());
    let steps = super::steps(3, [None, Some(times.clone())]);
    view! {
        {steps}
        <PageHeader title=tr!(booking.is_this_right)/>
        <div class="stack">
            <section class="portal-card portal-card--main"><DescriptionList details=lines/></section>
            <p>{tr!(booking.over_own_time)}</p>
            <Form action="/api/portal/move" hidden=hidden>
                <TextArea name="reason" label=tr!(booking.reason) hint=tr!(booking.reason_hint) value=reason rows=3 maxlength=500 optional=true/>
                <TextArea name="symptoms" label=tr!(booking.symptoms) hint=tr!(booking.symptoms_hint) value=symptoms rows=3 maxlength=1000 optional=true/>
                <div class="form__actions">
                    <Button label=tr!(booking.move_it) tone=ButtonTone::Primary glyph=Glyph::Check/>
                    <LinkButton href=times label=tr!(booking.another_time)/>
                </div>
            </Form>
            <p class="muted small">{tr!(booking.local_time, clinic = clinic)}</p>
        </div>
    }
}
