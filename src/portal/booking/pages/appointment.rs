//! `/portal/appointments/{id}`: one appointment, its calendar file, moving it and cancelling it.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use leptos::prelude::*;

use super::{appointments::PortalAppointmentsQuery, other_times};
use crate::{
    appointments::{self, Appointment, AppointmentState, CalendarEntry, OwnActs, calendar_file},
    core::{
        AppointmentId, Permission, Result,
        time::{self, Instant},
    },
    organisation::{self, Clinic},
    patients,
    portal::{acting::heading, booking::api, pages::own_paper_head},
    server::{Ctx, Page, Path, Query, department::Draw},
    tr,
    ui::{
        Button, ButtonTone, DescriptionList, Detail, Dialog, Form, Glyph, LinkButton, NoticeBox, PageHeader, PhoneLink, PlaceLink,
        PrintButton, StatusBadge, TextArea, Tone,
    },
};

async fn with_clinic(id: AppointmentId) -> Result<(Ctx, Appointment, Clinic)> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let found = api::own(&mut ctx, id).await?;
    let clinic = organisation::clinic(&mut ctx.tx, found.clinic_id).await?;
    ctx.saw(found.patient_id, "appointment").await?;
    Ok((ctx, found, clinic))
}

/// The facts that the page shows besides the appointment itself.
struct AppointmentFacts {
    /// The patient's name.
    whom: String,
    heading: String,
    /// The cost as it was told and as it is now, while the appointment is valid.
    cost: Vec<super::cost::CostLine>,
    own: OwnActs,
    /// How to prepare for a visit of this type.
    preparation: String,
    /// Until when it can be cancelled and moved; empty unless it is coming.
    terms: String,
    symptoms: String,
    /// The hospital's head and the patient's identity, for paper.
    paper: Draw,
}

/// Shows the appointment.
///
/// # Errors
/// When the user lacks the permission, or the appointment belongs to another patient.
pub async fn appointment_page(Path(id): Path<AppointmentId>, Query(done): Query<PortalAppointmentsQuery>) -> Result<Page> {
    let (mut ctx, found, clinic) = with_clinic(id).await?;
    let now = ctx.now;
    let about = AppointmentFacts {
        whom: patients::identity(&mut ctx.tx, found.patient_id).await?.name.full(),
        heading: heading(&ctx.who, if ctx.who.acts_for().is_some() { tr!(booking.the_appointment) } else { tr!(booking.your_appointment) }),
        own: appointments::own_acts(&mut ctx.tx, &found, now).await?,
        preparation: super::preparation(&mut ctx.tx, found.visit_type_id).await?,
        terms: if found.state == AppointmentState::Booked {
            super::terms::of_appointment(&mut ctx, &found, &clinic).await?
        } else {
            String::new()
        },
        paper: own_paper_head(&mut ctx, found.patient_id, &clinic).await?,
        cost: super::cost::cost_lines(&mut ctx, &found).await?,
        symptoms: appointments::symptoms_of(&mut ctx.tx, id).await?,
    };
    Ok(Page::new(about.heading.clone(), move || content(found, clinic, about, now, &done.done)))
}

/// Sends the calendar file.
///
/// # Errors
/// When the user lacks the permission, or the appointment belongs to another patient.
pub async fn calendar(Path(id): Path<AppointmentId>) -> Result<Response> {
    let (ctx, found, clinic) = with_clinic(id).await?;
    let (id, sequence) = (found.calendar_entry(), found.calendar_sequence());
    // In the calendar of a user who acts for others, the title names the patient.
    let title = match ctx.who.acts_for() {
        Some(name) => tr!(booking.calendar_title_for, name = name.to_owned(), doctor = found.doctor),
        None => tr!(booking.calendar_title, doctor = found.doctor),
    };
    let entry = CalendarEntry {
        id,
        starts_at: found.starts_at,
        ends_at: found.ends_at,
        title,
        clinic: &clinic,
        page: format!("{}/portal/appointments/{}", ctx.state().config.site_address(), found.id),
        sequence,
        cancelled: !found.state.takes_slot(),
    };
    let headers =
        [(header::CONTENT_TYPE, "text/calendar; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"appointment.ics\"")];
    Ok((headers, calendar_file(&entry, ctx.now)).into_response())
}

fn content(found: Appointment, clinic: Clinic, about: AppointmentFacts, now: Instant, done: &str) -> impl IntoView + use<> {
    let local = clinic.zone.local(found.starts_at);
    let title = time::show_long_date_time(local);
    let mut details = vec![
        Detail::view(tr!(booking.state), view! { <StatusBadge tone=found.state.tone() label=found.state.word()/> }),
        Detail::new(tr!(booking.for_whom), about.whom),
        Detail::new(tr!(appointments.doctor), format!("{}, {}", found.doctor, organisation::shown_name(&found.service))),
        Detail::view(tr!(booking.clinic), view! { <PlaceLink place=clinic.place() position=clinic.position()/> }),
    ];
    if !clinic.directions.is_empty() {
        let directions = clinic.directions.clone();
        details.push(Detail::view(tr!(booking.find_us), view! { <span class="prose">{directions}</span> }));
    }
    if !clinic.phone.is_empty() {
        details.push(Detail::view(tr!(booking.phone), view! { <PhoneLink number=clinic.phone.clone()/> }));
    }
    if !found.reason.is_empty() {
        details.push(Detail::new(tr!(booking.reason), found.reason.clone()));
    }
    if !about.symptoms.is_empty() {
        details.push(Detail::new(tr!(booking.symptoms), about.symptoms));
    }
    if found.state == AppointmentState::Cancelled && !found.cancel_reason.is_empty() {
        details.push(Detail::new(tr!(booking.cancel_reason), found.cancel_reason.clone()));
    }
    details.extend(about.cost.into_iter().map(|(label, words)| Detail::new(label, words)));
    let own = about.own;
    if !found.visit_type.is_empty() {
        details.push(Detail::new(tr!(appointments.visit_type), organisation::shown_name(&found.visit_type)));
    }
    if !about.preparation.is_empty() {
        details.push(Detail::new(tr!(booking.preparation), about.preparation));
    }
    if !about.terms.is_empty() {
        details.push(Detail::new(tr!(booking.change_or_cancel), about.terms));
    }
    let coming = found.state == AppointmentState::Booked && found.starts_at > now;
    let again = matches!(found.state, AppointmentState::Cancelled | AppointmentState::NoShow).then(|| other_times(&found, &clinic, None));
    let booked = (done == "booked").then(|| {
        view! { <NoticeBox tone=Tone::Done title=tr!(booking.booked)>{tr!(booking.come_early)}</NoticeBox> }
    });
    view! {
        {(about.paper)()}
        <PageHeader
            title=title
            back=("/portal/appointments".to_owned(), tr!(nav.appointments).to_owned())
            actions=Some(view! { <PrintButton at_once=false/> }.into_any())
        />
        <div class="portal">
            {booked}
            <section class="portal-card">
                <h2 class="portal-card__head">{about.heading}</h2>
                <DescriptionList details=details/>
                {coming.then(|| actions(&found, &clinic, &own))}
                {again.map(|href| view! {
                    <div class="portal-card__actions"><LinkButton href label=tr!(booking.book_again) tone=ButtonTone::Primary glyph=Glyph::Calendar/></div>
                })}
            </section>
        </div>
    }
}

fn actions(found: &Appointment, clinic: &Clinic, own: &OwnActs) -> impl IntoView + use<> {
    let elsewhere = own.change.then(|| other_times(found, clinic, Some(found.id)));
    let refused = (!own.refused.is_empty()).then(|| own.refused.clone());
    let calendar = format!("/portal/appointments/{}/calendar.ics", found.id);
    let cancel = own.cancel.then(|| cancel_dialog(found));
    let statement = format!("/portal/before-visit?appointment={}", found.id);
    view! {
        {refused.map(|words| view! { <p class="muted">{words}</p> })}
        <div class="portal-card__actions">
            <LinkButton href=statement label=tr!(clinical.before_visit) glyph=Glyph::Note/>
            <LinkButton href=calendar label=tr!(booking.add_to_calendar) glyph=Glyph::Calendar/>
            {elsewhere.map(|href| view! { <LinkButton href label=tr!(booking.another_time)/> })}
            {cancel}
        </div>
    }
}

fn cancel_dialog(found: &Appointment) -> impl IntoView + use<> {
    let hidden = vec![("appointment_id", found.id.to_string())];
    view! {
            <Dialog id="cancel" opens=tr!(booking.cancel) title=tr!(booking.cancel_question) action="/api/portal/cancel" tone=ButtonTone::Quiet glyph=Glyph::Close>
                <Form action="/api/portal/cancel" hidden=hidden>
                    <p>{tr!(booking.cancel_means)}</p>
                    <TextArea name="reason" label=tr!(booking.cancel_why) rows=2 maxlength=500 optional=true/>
                    <div class="form__actions"><Button label=tr!(booking.cancel_it) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
    }
}
