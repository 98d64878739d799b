//! `/consultation`: where a doctor's day begins. The queue, what is still to be signed, and the day's appointments.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use super::{WhatWasDone, told};
use crate::{
    appointments::{self, Arrival},
    clinical::store::{self, OpenEncounter},
    core::{
        Error, Permission, Result, ServiceId,
        time::{self, Zone},
    },
    opd::{
        self, PanelState, QueuePanel, Step,
        pages::{Said, toast},
    },
    organisation::{self, Service},
    server::{Ctx, Page, Query},
    tr,
    ui::{EmptyState, Glyph, KeyHint, PageHeader, StatusBadge, Tab, Tabs},
};

/// Which queue.
#[derive(Debug, Deserialize)]
pub struct Choices {
    #[serde(default)]
    service: String,
}

struct Day {
    services: Vec<Service>,
    service: Service,
    panel: PanelState,
    doctor: String,
    unsigned: Vec<OpenEncounter>,
    appointments: Vec<Arrival>,
    zone: Zone,
    today: NaiveDate,
    told: Option<Said>,
}

/// The page.
pub async fn start_page(Query(Choices { service }): Query<Choices>, Query(done): Query<WhatWasDone>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let doctor = ctx.who.staff.ok_or(Error::Forbidden)?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let services = organisation::services(&mut ctx.tx, clinic).await?;
    let department = organisation::doctor(&mut ctx.tx, doctor).await.ok().and_then(|doctor| doctor.department_id);
    let chosen: Option<ServiceId> = service.parse().ok();
    let own = services
        .iter()
        .find(|service| chosen == Some(service.id))
        .or_else(|| services.iter().find(|service| Some(service.department_id) == department))
        .or_else(|| services.first())
        .cloned();
    let Some(service) = own else {
        return Ok(Page::new(tr!(clinical.consultation), || {
            view! {
                <PageHeader title=tr!(clinical.consultation)/>
                <EmptyState glyph=Glyph::Queue title=tr!(clinical.no_services) text=tr!(clinical.no_services_text)/>
            }
        }));
    };
    let panel = super::queue(&mut ctx, service.id, Some(doctor)).await?;
    let unsigned = store::open_of_doctor(&mut ctx.tx, doctor, clinic).await?;
    let today = ctx.today();
    let (from, to) = zone.day_bounds(today);
    let appointments = appointments::of_doctor(&mut ctx.tx, clinic, doctor, from, to).await?;
    ctx.saw_live(unsigned.iter().map(|open| open.patient_id), "list").await?;
    ctx.saw_live(appointments.iter().map(|arrival| arrival.patient_id), "list").await?;
    let told = told(&mut ctx, done).await?;
    let day = Day { services, service, panel, doctor: doctor.to_string(), unsigned, appointments, zone, today, told };
    Ok(Page::new(tr!(clinical.consultation), move || page(day)).keys(vec![KeyHint::new("n", tr!(clinical.call_next))]))
}

fn page(day: Day) -> impl IntoView {
    let Day { services, service, panel, doctor, unsigned, appointments, zone, today, told } = day;
    let point = panel.point.clone();
    let tabs = (services.len() > 1).then(|| {
        let tabs = services
            .into_iter()
            .map(|one| {
                let current = one.id == service.id;
                Tab::new(format!("/consultation?service={}", one.id), one.name, current)
            })
            .collect::<Vec<_>>();
        view! { <Tabs label=tr!(clinical.queues) tabs/> }
    });
    view! {
        <PageHeader title=tr!(clinical.consultation) actions=Some(opd::pages::point_line(&point, "/consultation"))/>
        {toast(told)}
        {tabs}
        <div class="columns-2">
            <section class="panel" aria-labelledby="queue-heading">
                <div class="panel__head"><h2 id="queue-heading">{service.name}</h2></div>
                <QueuePanel
                    initial=panel
                    step=Step::Doctor.as_str().to_owned()
                    service=service.id.to_string()
                    doctor
                    link="/consultation/{visit}".to_owned()
                    link_words=tr!(clinical.open_note).to_owned()
                    back="/consultation".to_owned()
                    focus=true
                    call_action="/api/clinical/call_next".to_owned()
                />
            </section>
            <div class="stack">
                {to_sign(unsigned, zone, today)}
                {my_day(appointments, zone)}
            </div>
        </div>
    }
}

/// Notes that were begun and not signed.
fn to_sign(unsigned: Vec<OpenEncounter>, zone: Zone, today: NaiveDate) -> Option<AnyView> {
    (!unsigned.is_empty()).then(|| {
        let rows = unsigned
            .into_iter()
            .map(|open| {
                let name = [open.family_name, open.given_names].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
                let since = tr!(clinical.begun_at, at = time::show_moment(zone.local(open.started_at), today));
                view! {
                    <li class="rows__row is-progress">
                        <span class="queue__token">{open.token}</span>
                        <div class="rows__main"><a class="row-link" href=format!("/consultation/{}", open.visit_id)>{name}</a></div>
                        <div class="rows__side">{since}</div>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="panel" aria-labelledby="to-sign-heading">
                <div class="panel__head"><h2 id="to-sign-heading">{tr!(clinical.to_sign)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
        .into_any()
    })
}

fn my_day(appointments: Vec<Arrival>, zone: Zone) -> AnyView {
    let body = if appointments.is_empty() {
        view! { <EmptyState glyph=Glyph::Calendar title=tr!(clinical.no_appointments) text=tr!(clinical.no_appointments_text)/> }.into_any()
    } else {
        let rows = appointments
            .into_iter()
            .map(|arrival| {
                let tone = arrival.state.tone();
                view! {
                    <li class=format!("rows__row {}", tone.class())>
                        <span class="arrivals__time">{time::show_time(zone.local(arrival.starts_at).time())}</span>
                        <div class="rows__main">
                            <a class="row-link" href=format!("/patients/{}/chart", arrival.patient_id)>{arrival.patient_name}</a>
                            {(!arrival.reason.is_empty()).then(|| view! { <span class="muted small">" "{arrival.reason}</span> })}
                        </div>
                        <div class="rows__side"><StatusBadge tone=tone label=arrival.state.word()/></div>
                    </li>
                }
            })
            .collect_view();
        view! { <ul class="rows">{rows}</ul> }.into_any()
    };
    view! {
        <section class="panel" aria-labelledby="my-day-heading">
            <div class="panel__head"><h2 id="my-day-heading">{tr!(clinical.my_day)}</h2><a href="/schedules">{tr!(clinical.schedule)}</a></div>
            {body}
        </section>
    }
    .into_any()
}
