//! `/appointments/{id}`: one appointment for the desk, with its patient, its time and the possible actions.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    acts::{May, acts},
    undo::{PostedForm, undo_of},
    with_missed,
};
use crate::{
    appointments::{Appointment, AppointmentState, booking, remarks, symptoms_of},
    core::{
        AppointmentId, Permission, Result,
        time::{self, Instant, show_time},
    },
    organisation::{self, Clinic},
    patients,
    server::{
        Ctx, Page, Path, Query,
        hooks::{PriceFacts, Priced},
    },
    tr,
    ui::{Button, DescriptionList, Detail, Form, ListUrl, PageHeader, PatientBanner, StatusBadge, TextArea, Toast, Tone},
};

/// The query: the action just done.
#[derive(Debug, Default, Deserialize)]
pub struct AppointmentQuery {
    #[serde(default)]
    done: String,
}

/// Serves the page.
///
/// # Errors
/// When the user lacks the permission, or the appointment belongs to a clinic where the user does not work.
pub async fn appointment_page(Path(id): Path<AppointmentId>, Query(done): Query<AppointmentQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadSchedules).await?;
    let found = booking::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ReadSchedules, found.clinic_id)?;
    let today = ctx.today();
    ctx.saw(found.patient_id, "appointment").await?;
    // The banner shows the allergies, so it is only for users who care for the patient.
    let banner = match ctx.who.may_at(Permission::ReadPatients, found.clinic_id) {
        true => {
            let banner = patients::banner(&mut ctx.tx, found.patient_id, today).await?;
            Some(with_missed(&mut ctx, found.patient_id, banner).await?)
        }
        false => None,
    };
    let may = May {
        book: ctx.who.may_at(Permission::BookAppointments, found.clinic_id),
        check_in: ctx.who.may_at(Permission::CheckIn, found.clinic_id),
    };
    // The appointment's clinic, which may be another than the reader's, or a retired one.
    let (clinic, now) = (organisation::clinic(&mut ctx.tx, found.clinic_id).await?, ctx.now);
    let elsewhere = clinic.id != ctx.clinic.id;
    let (departments, currency) = (ctx.state().departments, ctx.state().hospital().currency);
    let price = match found.state.takes_slot() {
        true => departments.price_facts(&mut ctx.tx, Priced::Appointment(id), currency).await?,
        false => PriceFacts::default(),
    };
    let toast = match done.done.as_str() {
        "booked" => Some(tr!(appointments.done_booked)),
        "moved" => Some(tr!(appointments.done_moved)),
        "restored" => Some(tr!(appointments.done_restored)),
        "cancelled" => Some(tr!(appointments.done_cancelled)),
        "no_show" => Some(tr!(appointments.done_no_show)),
        "undone" => Some(tr!(appointments.done_undone)),
        "attended" => Some(tr!(appointments.done_attended)),
        "struck_out" => Some(tr!(appointments.done_struck_out)),
        "remark" => Some(tr!(appointments.done_remark)),
        _ => None,
    };
    let remark = remarks::remark_of(&mut ctx.tx, id).await?;
    let symptoms = if banner.is_some() { symptoms_of(&mut ctx.tx, id).await? } else { String::new() };
    let undo = if may.book { undo_of(&mut ctx, &done.done, id, "").await? } else { None };
    let page = Page::new(tr!(appointments.appointment), move || {
        view! {
            {content((&found, &symptoms), (&clinic, elsewhere), (now, &price), may, (toast, undo))}
            {remark_panel(id, remark, may)}
        }
    });
    Ok(match banner {
        Some(banner) => page.banner(move || view! { <PatientBanner info=banner/> }),
        None => page,
    })
}

/// The desk's remark, with its form for those who book; nothing without a remark for others.
fn remark_panel(id: AppointmentId, remark: String, may: May) -> AnyView {
    if !may.book && remark.is_empty() {
        return ().into_any();
    }
    let body = match may.book {
        true => {
            let hidden = vec![("appointment_id", id.to_string()), ("before", remark.clone())];
            view! {
                <Form action="/api/appointments/remark" hidden>
                    <TextArea name="remark" label=tr!(appointments.remark) hint=tr!(appointments.remark_hint) value=remark rows=2 maxlength=500 optional=true/>
                    <div class="form__actions"><Button label=tr!(appointments.save_remark)/></div>
                </Form>
            }
            .into_any()
        }
        false => view! { <p>{remark}</p> }.into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="desk-remark">
            <div class="panel__head"><h2 id="desk-remark">{tr!(appointments.remark_title)}</h2></div>
            <div class="panel__body">{body}</div>
        </section>
    }
    .into_any()
}

/// Shows the appointment. For a clinic `elsewhere`, it also names the clinic and its time zone.
fn content(
    (found, symptoms): (&Appointment, &str),
    (clinic, elsewhere): (&Clinic, bool),
    (now, price): (Instant, &PriceFacts),
    may: May,
    (toast, undo): (Option<&'static str>, Option<PostedForm>),
) -> impl IntoView + use<> {
    let zone = clinic.zone;
    let local = zone.local(found.starts_at);
    let title = time::show_long_date_time(local);
    let schedule = ListUrl::new("/schedules").with("day", local.date()).with("service", found.service_id).href();
    let until = show_time(zone.local(found.ends_at).time());
    let mut details = vec![
        Detail::view(tr!(appointments.state), view! { <StatusBadge tone=found.state.tone() label=found.state.word()/> }),
        Detail::new(tr!(appointments.time), format!("{} – {until}", show_time(local.time()))),
        Detail::new(tr!(appointments.doctor), found.doctor.clone()),
        Detail::new(tr!(appointments.service), found.service.clone()),
    ];
    if elsewhere {
        details.push(Detail::new(
            tr!(appointments.clinic),
            tr!(appointments.clinic_with_zone, clinic = clinic.name.clone(), zone = clinic.zone_name.clone()),
        ));
    }
    if !found.reason.is_empty() {
        details.push(Detail::new(tr!(appointments.reason), found.reason.clone()));
    }
    if !symptoms.is_empty() {
        details.push(Detail::new(tr!(appointments.symptoms), symptoms.to_owned()));
    }
    if found.overbooked {
        let words = format!("{}: {}", tr!(appointments.overbooked), found.overbook_reason);
        details.push(Detail::view(tr!(appointments.session), view! { <StatusBadge tone=Tone::Warning label=words/> }));
    }
    if !found.visit_type.is_empty() {
        details.push(Detail::new(tr!(appointments.visit_type), found.visit_type.clone()));
    }
    if let Some(told) = &price.told {
        details.push(Detail::new(tr!(told.at_booking), told.words()));
    }
    if let Some(now) = price.changed().filter(|_| found.state == AppointmentState::Booked) {
        details.push(Detail::new(tr!(told.now), tr!(told.changed, price = now.words())));
    }
    if !found.cancel_reason.is_empty() {
        details.push(Detail::new(found.state.reason_words(), found.cancel_reason.clone()));
    }
    view! {
        {toast.map(|text| view! { <Toast text undo/> })}
        <PageHeader title=title back=(schedule, tr!(appointments.schedule).to_owned())/>
        <section class="panel">
            <div class="panel__head"><h2>{tr!(appointments.appointment)}</h2></div>
            <div class="panel__body"><DescriptionList details=details/></div>
            {may.book.then(|| view! { <div class="panel__foot cluster">{acts(found, (now, zone), may, None, "")}</div> })}
        </section>
    }
}
