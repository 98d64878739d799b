//! `/portal/book/{id}`: the time is held; the patient states the reason and confirms.

use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    appointments::{self, Appointment, AppointmentState},
    core::{
        AppointmentId, Permission, Result, SpecialtyId,
        time::{self, Instant, show_time},
    },
    organisation::{self, Clinic},
    patients,
    portal::booking::api,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, DescriptionList, Detail, EmptyState, Form, Glyph, Icon, LinkButton, PageHeader, PhoneLink, PlaceLink, TextArea,
    },
};

/// The query parameter with the appointment that is to be moved to this time, if any.
#[derive(Debug, Default, Deserialize)]
pub struct ConfirmQuery {
    #[serde(default)]
    replaces: String,
    /// The specialty that was searched for: "choose another time" keeps it.
    #[serde(default)]
    specialty: String,
}

/// Shows the held time; redirects to the appointment's page when it is already booked.
///
/// # Errors
/// When the user lacks the permission, or the appointment belongs to another patient.
pub async fn confirm_page(Path(id): Path<AppointmentId>, Query(choices): Query<ConfirmQuery>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let held = api::own(&mut ctx, id).await?;
    if !matches!(held.state, AppointmentState::Held | AppointmentState::Cancelled) {
        return Ok(Redirect::to(&format!("/portal/appointments/{id}")).into_response());
    }
    let clinic = organisation::clinic(&mut ctx.tx, held.clinic_id).await?;
    let replaces = choices.replaces.parse::<AppointmentId>().ok();
    let old = match replaces {
        Some(old) => Some(api::own(&mut ctx, old).await?),
        None => None,
    };
    let about = HoldFacts {
        cost: super::cost::cost_lines(&mut ctx, &held).await?,
        preparation: super::preparation(&mut ctx.tx, held.visit_type_id).await?,
        whom: patients::identity(&mut ctx.tx, held.patient_id).await?.name.full(),
        acting: ctx.who.acts_for().is_some(),
        terms: super::terms::of_appointment(&mut ctx, &held, &clinic).await?,
        specialty: choices.specialty.parse().ok(),
        symptoms: match replaces {
            Some(old) => appointments::symptoms_of(&mut ctx.tx, old).await?,
            None => String::new(),
        },
    };
    let now = ctx.now;
    Ok(Page::new(tr!(booking.step_confirm), move || content(held, clinic, old, about, now)).class("main--wide").into_response())
}

/// The facts that the page shows besides the held time.
pub(super) struct HoldFacts {
    pub cost: Vec<super::cost::CostLine>,
    /// How to prepare for a visit of this type.
    pub preparation: String,
    /// The patient's name.
    pub whom: String,
    /// Whether the user acts for the patient.
    pub acting: bool,
    /// Until when it can be cancelled and moved.
    pub terms: String,
    pub specialty: Option<SpecialtyId>,
    /// Those of the appointment that is moved.
    pub symptoms: String,
}

fn content(held: Appointment, clinic: Clinic, old: Option<Appointment>, about: HoldFacts, now: Instant) -> impl IntoView {
    let times = super::times_of(&held, &clinic, old.as_ref().map(|old| old.id), about.specialty).href();
    let start = format!("/portal/book?clinic={}", clinic.id);
    let steps = super::steps(3, [Some(start), Some(times.clone())]);
    if held.state != AppointmentState::Held {
        return view! {
            {steps}
            <EmptyState glyph=Glyph::Clock title=tr!(booking.hold_gone) text=tr!(booking.hold_gone_hint)>
                <LinkButton href=times label=tr!(booking.another_time) tone=ButtonTone::Primary/>
            </EmptyState>
        }
        .into_any();
    }
    let today = clinic.zone.day(now);
    let until = held.held_until.unwrap_or(now);
    let seconds = (until - now).num_seconds().max(0);
    let symptoms = about.symptoms.clone();
    let (acting, details) = (about.acting, details(&held, &clinic, old.as_ref(), about, today));
    let mut hidden = vec![("appointment_id", held.id.to_string())];
    hidden.extend(old.as_ref().map(|old| ("replaces", old.id.to_string())));
    let kept = show_time(clinic.zone.local(until).time());
    let reason = old.map(|old| old.reason).unwrap_or_default();
    // Without a recorded number the page promises no call.
    let phone = Some(clinic.phone.clone()).filter(|phone| !phone.is_empty());
    let urgent = phone.map(|number| view! { <p>{tr!(booking.urgent_call)}" "<PhoneLink number/></p> });
    view! {
        {steps}
        <PageHeader title=tr!(booking.is_this_right)/>
        <div class="booking">
            <div class="stack booking__main">
                <section class="portal-card portal-card--main">
                    <h2 class="portal-card__head">{if acting { tr!(booking.the_appointment) } else { tr!(booking.your_appointment) }}</h2>
                    <DescriptionList details=details/>
                </section>
                <Form action="/api/portal/book" hidden=hidden>
                    <TextArea name="reason" label=tr!(booking.reason) hint=tr!(booking.reason_hint) value=reason rows=3 maxlength=500 optional=true/>
                    <TextArea name="symptoms" label=tr!(booking.symptoms) hint=tr!(booking.symptoms_hint) value=symptoms rows=3 maxlength=1000 optional=true/>
                    <div class="form__actions">
                        <Button label=tr!(booking.confirm) tone=ButtonTone::Primary glyph=Glyph::Check/>
                        <LinkButton href=times label=tr!(booking.another_time)/>
                    </div>
                </Form>
            </div>
            <aside class="stack booking__side">
                <div class="hold">
                    <Icon glyph=Glyph::Clock/>
                    <span>{tr!(booking.held_until, time = kept)}</span>
                    {hold_clock(seconds)}
                </div>
                {urgent}
                <p class="muted small">{tr!(booking.local_time, clinic = clinic.name)}</p>
            </aside>
        </div>
    }
    .into_any()
}

/// The lines about the appointment as it will be.
pub(super) fn details(held: &Appointment, clinic: &Clinic, old: Option<&Appointment>, about: HoldFacts, today: NaiveDate) -> Vec<Detail> {
    let when = time::show_long_date_time(clinic.zone.local(held.starts_at));
    let mut details = vec![
        Detail::new(tr!(booking.for_whom), about.whom),
        Detail::new(tr!(booking.when), when),
        Detail::new(tr!(appointments.doctor), format!("{}, {}", held.doctor, organisation::shown_name(&held.service))),
        Detail::view(tr!(booking.clinic), view! { <PlaceLink place=clinic.place() position=clinic.position()/> }),
    ];
    if let Some(old) = old {
        let was = clinic.zone.local(old.starts_at);
        details.push(Detail::new(tr!(booking.instead_of), format!("{}, {}", time::show_day(was.date(), today), show_time(was.time()))));
    }
    if !held.visit_type.is_empty() {
        details.push(Detail::new(tr!(appointments.visit_type), organisation::shown_name(&held.visit_type)));
    }
    if !about.preparation.is_empty() {
        details.push(Detail::new(tr!(booking.preparation), about.preparation));
    }
    details.extend(about.cost.into_iter().map(|(label, words)| Detail::new(label, words)));
    details.push(Detail::new(tr!(booking.change_or_cancel), about.terms));
    details
}

/// Shows how long the time is still held; `boot.js` counts down. Without scripts, the time of day beside it gives the
/// same information.
fn hold_clock(seconds: i64) -> impl IntoView {
    let words = |time: String| tr!(booking.left, time = time);
    let left = words(format!("{:02}:{:02}", seconds / 60, seconds % 60));
    view! { <span class="hold__time" role="timer" data-left=seconds.to_string() data-words=words("{time}".to_owned()) data-over=tr!(booking.hold_over)>{left}</span> }
}
