//! `/appointments/{id}`: one appointment, for the desk: who, when, and what can be done about it.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    appointments::{Act, Appointment, booking},
    core::{
        AppointmentId, Permission, Result,
        time::{self, Instant, Zone, show_time},
    },
    patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, DescriptionList, Detail, Dialog, Form, Glyph, LinkButton, ListUrl, PageHeader, PatientBanner, PostButton,
        StatusBadge, TextArea, Toast,
    },
};

/// A word about what was just done.
#[derive(Debug, Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// The page.
///
/// # Errors
/// Not allowed, or an appointment of a clinic where the user works not.
pub async fn appointment_page(Path(id): Path<AppointmentId>, Query(done): Query<Done>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadSchedules).await?;
    let found = booking::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ReadSchedules, found.clinic_id)?;
    let today = ctx.today();
    ctx.saw(found.patient_id, "appointment").await?;
    // The banner tells what must not be given: for those who care for the patient.
    let banner = match ctx.who.may_at(Permission::ReadPatients, found.clinic_id) {
        true => Some(patients::banner(&mut ctx.tx, found.patient_id, today).await?),
        false => None,
    };
    let may = May {
        book: ctx.who.may_at(Permission::BookAppointments, found.clinic_id),
        check_in: ctx.who.may_at(Permission::CheckIn, found.clinic_id),
    };
    let (zone, now) = (ctx.zone(), ctx.now);
    let toast = match done.done.as_str() {
        "booked" => Some(tr!(appointments.done_booked)),
        "cancelled" => Some(tr!(appointments.done_cancelled)),
        "no_show" => Some(tr!(appointments.done_no_show)),
        _ => None,
    };
    let page = Page::new(tr!(appointments.appointment), move || content(&found, zone, now, may, toast));
    Ok(match banner {
        Some(banner) => page.banner(move || view! { <PatientBanner info=banner/> }),
        None => page,
    })
}

/// What the reader may do here.
#[derive(Clone, Copy)]
struct May {
    book: bool,
    check_in: bool,
}

fn content(found: &Appointment, zone: Zone, now: Instant, may: May, toast: Option<&'static str>) -> impl IntoView + use<> {
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
    if !found.reason.is_empty() {
        details.push(Detail::new(tr!(appointments.reason), found.reason.clone()));
    }
    if !found.cancel_reason.is_empty() {
        details.push(Detail::new(tr!(appointments.cancel_reason), found.cancel_reason.clone()));
    }
    view! {
        {toast.map(|text| view! { <Toast text/> })}
        <PageHeader title=title back=(schedule, tr!(appointments.schedule).to_owned())/>
        <section class="panel">
            <div class="panel__head"><h2>{tr!(appointments.appointment)}</h2></div>
            <div class="panel__body"><DescriptionList details=details/></div>
            {may.book.then(|| actions(found, now, may))}
        </section>
    }
}

fn actions(found: &Appointment, now: Instant, may: May) -> impl IntoView + use<> {
    let state = found.state;
    let hidden = vec![("appointment_id", found.id.to_string())];
    let check_in = (may.check_in && state.allows(Act::CheckIn)).then(|| {
        let href = ListUrl::new("/reception").with("appointment", found.id).with("patient", found.patient_id).href();
        view! { <LinkButton href=href label=tr!(appointments.to_check_in) tone=ButtonTone::Primary glyph=Glyph::Arrive/> }
    });
    let moved = state.allows(Act::Reschedule).then(|| {
        let href = ListUrl::new("/appointments/new")
            .with("patient", found.patient_id)
            .with("service", found.service_id)
            .with("doctor", found.doctor_id)
            .with("replaces", found.id)
            .href();
        view! { <LinkButton href=href label=tr!(appointments.another_time) glyph=Glyph::Calendar/> }
    });
    let no_show = (state.allows(Act::MarkNoShow) && found.starts_at <= now).then(|| {
        view! { <PostButton action="/api/appointments/no_show" label=tr!(appointments.mark_no_show) hidden=hidden.clone() glyph=Glyph::Inactive/> }
    });
    let cancel = state.allows(Act::Cancel).then(|| {
        view! {
            <Dialog
                id="cancel"
                opens=tr!(appointments.cancel)
                title=tr!(appointments.cancel_question)
                action="/api/appointments/cancel"
                tone=ButtonTone::Quiet
                glyph=Glyph::Close
            >
                <Form action="/api/appointments/cancel" hidden=hidden.clone()>
                    <TextArea name="reason" label=tr!(appointments.cancel_reason) hint=tr!(appointments.patient_reads) rows=2 maxlength=500 required=true/>
                    <div class="form__actions"><Button label=tr!(appointments.cancel) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        }
    });
    view! { <div class="panel__foot cluster">{check_in}{moved}{no_show}{cancel}</div> }
}
