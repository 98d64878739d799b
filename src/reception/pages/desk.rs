//! `/reception`: expected patients, the patient at the desk, and the queue, on one screen and usable by keyboard.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    arrivals::Arrivals,
    selected::{self, Selected},
};
use crate::{
    appointments::{self, DayCounts},
    core::{PatientId, Permission, Result, ServiceId, VisitId, time::show_time},
    opd::{
        self, QueueFilter, QueuePanel, VisitCounts,
        pages::{DoneQuery, Said, toast},
    },
    organisation,
    patients::{self, PatientHit},
    reception::{self, islands::DeskFind},
    server::{Ctx, Page, Query},
    tr,
    ui::{ButtonTone, EmptyState, Glyph, KeyHint, LinkButton, Stat, StatStrip, Tab, Tabs, Tone},
};

/// The most patients that a search shows.
const FOUND: usize = 20;

/// The query: the selected patient, the search text, the part of the queue, and the action just done.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeskQuery {
    patient: String,
    appointment: String,
    find: String,
    /// The chosen suggestion, when the search form was sent with it.
    find_id: String,
    service: String,
    done: String,
    visit: String,
    /// The queue entry that can be undone.
    entry: String,
}

/// The middle of the screen.
enum Middle {
    Nobody(Vec<LastArrived>),
    Found(Vec<PatientHit>),
    Patient(Box<Selected>),
    /// A patient who was just checked in, until another patient is chosen.
    CheckedIn(TokenCard),
}

/// A patient who was checked in a moment ago.
struct LastArrived {
    time: String,
    token: String,
    patient: PatientId,
    name: String,
}

/// The number of them that are listed while no patient is selected.
const LAST_ARRIVED: i64 = 6;

/// The token in large letters, with the answers to the patient's next questions.
struct TokenCard {
    token: String,
    name: String,
    service: String,
    place: opd::PlaceShown,
    slip: String,
}

/// Serves the page.
pub async fn desk_page(Query(query): Query<DeskQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::CheckIn).await?;
    let (clinic, today, zone) = (ctx.clinic.clone(), ctx.today(), ctx.zone());
    let services = organisation::services(&mut ctx.tx, clinic.id).await?;
    let service: Option<ServiceId> = query.service.parse().ok().filter(|id| services.iter().any(|service| service.id == *id));
    let expected = reception::expected(&mut ctx).await?;
    let queue = opd::panel(&mut ctx, &QueueFilter { service, step: None, doctor: None }).await?;
    let (from, to) = zone.day_bounds(today);
    let booked = appointments::day_counts(&mut ctx.tx, clinic.id, from, to).await?;
    let visits = opd::visit_counts(&mut ctx.tx, clinic.id, today).await?;
    let mut middle = middle(&mut ctx, &query).await?;
    if let Middle::Nobody(last) = &mut middle {
        *last = last_arrived(&mut ctx).await?;
    }
    let may_register = ctx.who.may(Permission::RegisterPatients);
    let said = said(&mut ctx, &query).await?;
    let chosen = if let Middle::Patient(selected) = &middle { selected.appointment_id() } else { String::new() };
    Ok(Page::new(tr!(reception.desk), move || {
        let stats = day_so_far(&booked, &visits, queue.waiting.len());
        let tabs = service_tabs(&services, service);
        let several = services.len() > 1;
        // On a phone the selected patient comes first.
        let middle_class = if matches!(middle, Middle::Nobody(_)) { "panel" } else { "panel reception__chosen" };
        let find = query.find.clone();
        let nobody = !matches!(middle, Middle::Patient(_));
        let board = format!("/board/{}", clinic.code);
        view! {
            <h1 class="visually-hidden">{tr!(reception.desk)}</h1>
            <div class="reception">
                <div class="reception__top">
                    <DeskFind text=find focus=nobody register=may_register/>
                    <LinkButton href="/patients/new" label=tr!(reception.register) glyph=Glyph::Plus/>
                    <StatStrip stats/>
                </div>
                <div class="columns-3">
                    <section class="panel">
                        <div class="panel__head"><h2>{tr!(reception.arrivals)}</h2></div>
                        <Arrivals expected selected=chosen/>
                    </section>
                    <section class=middle_class>
                        <div class="panel__head"><h2>{tr!(reception.selected)}</h2></div>
                        {show(middle, &query.find)}
                    </section>
                    <section class="panel">
                        <div class="panel__head">
                            <h2>{tr!(reception.queue)}</h2>
                            <LinkButton href="/on-duty" label=tr!(organisation.on_duty) glyph=Glyph::User/>
                            <LinkButton href=board label=tr!(reception.room) glyph=Glyph::Board/>
                        </div>
                        {several.then(|| view! { <Tabs label=tr!(reception.queue) tabs=tabs/> })}
                        <QueuePanel
                            initial=queue
                            step=String::new()
                            service=service.map(|id| id.to_string()).unwrap_or_default()
                            doctor=String::new()
                            link="/reception?patient={patient}".to_owned()
                            back="/reception".to_owned()
                        />
                    </section>
                </div>
            </div>
            {toast(said)}
        }
    })
    .class("main--window")
    .keys(vec![
        KeyHint::new("/", tr!(ui.key_search)),
        KeyHint::new("a", tr!(reception.key_arrival)),
        KeyHint::new("Enter", tr!(reception.key_check_in)),
    ]))
}

fn day_so_far(booked: &DayCounts, visits: &VisitCounts, waiting: usize) -> Vec<Stat> {
    vec![
        Stat::new(tr!(reception.stat_today), booked.total),
        Stat::new(tr!(reception.stat_arrived), visits.arrived),
        Stat::new(tr!(reception.stat_waiting), i64::try_from(waiting).unwrap_or(i64::MAX)).tone(Tone::Waiting),
        Stat::new(tr!(reception.stat_done), visits.done),
        Stat::new(tr!(reception.stat_no_show), booked.no_show),
    ]
}

/// Returns the tabs for the queue of all services, and for the queue of each service.
fn service_tabs(services: &[organisation::Service], chosen: Option<ServiceId>) -> Vec<Tab> {
    let all = Tab::new("/reception", tr!(reception.all), chosen.is_none());
    let each = services.iter().map(|one| Tab::new(format!("/reception?service={}", one.id), one.name.clone(), chosen == Some(one.id)));
    std::iter::once(all).chain(each).collect()
}

async fn middle(ctx: &mut Ctx, query: &DeskQuery) -> Result<Middle> {
    if let Ok(id) = query.appointment.parse() {
        return Ok(Middle::Patient(Box::new(selected::by_appointment(ctx, id).await?)));
    }
    if let Ok(id) = query.patient.parse().or_else(|_| query.find_id.parse()) {
        return Ok(Middle::Patient(Box::new(selected::by_patient(ctx, id).await?)));
    }
    if query.find.trim().is_empty() {
        return Ok(checked_in(ctx, query).await?.map_or_else(|| Middle::Nobody(Vec::new()), Middle::CheckedIn));
    }
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let by_token = patients::by_token(&mut ctx.tx, clinic, today, &query.find).await?;
    if let [one] = &by_token[..] {
        return Ok(Middle::Patient(Box::new(selected::by_patient(ctx, one.id).await?)));
    }
    let mut found = if by_token.is_empty() { patients::search(&mut ctx.tx, &query.find, FOUND).await? } else { by_token };
    if let Some(one) = patients::surely(&query.find, &found) {
        return Ok(Middle::Patient(Box::new(selected::by_patient(ctx, one.id).await?)));
    }
    patients::only_identity(ctx, &mut found, "search").await?;
    Ok(Middle::Found(found))
}

/// Returns the patients who were checked in last today.
async fn last_arrived(ctx: &mut Ctx) -> Result<Vec<LastArrived>> {
    let (clinic, today, zone) = (ctx.clinic.id, ctx.today(), ctx.zone());
    let visits = opd::last_arrived(&mut ctx.tx, clinic, today, LAST_ARRIVED).await?;
    let ids: Vec<PatientId> = visits.iter().map(|visit| visit.patient_id).collect();
    let names = patients::names(&mut ctx.tx, &ids).await?;
    ctx.saw_live(ids, "queue").await?;
    let line = |visit: opd::Visit| LastArrived {
        time: show_time(zone.local(visit.arrived_at).time()),
        token: visit.token,
        patient: visit.patient_id,
        name: names.get(&visit.patient_id).map(|line| line.name.listed()).unwrap_or_default(),
    };
    Ok(visits.into_iter().map(line).collect())
}

/// Returns the token of the visit that the address names as begun, while the visit is open.
async fn checked_in(ctx: &mut Ctx, query: &DeskQuery) -> Result<Option<TokenCard>> {
    let Ok(id) = query.visit.parse::<VisitId>() else { return Ok(None) };
    if query.done != "checked_in" {
        return Ok(None);
    }
    let Ok(visit) = opd::visit(&mut ctx.tx, id).await else { return Ok(None) };
    if !ctx.who.may_at(Permission::CheckIn, visit.clinic_id) || visit.outcome.is_some() {
        return Ok(None);
    }
    ctx.saw(visit.patient_id, "visit").await?;
    let now = ctx.now;
    Ok(Some(TokenCard {
        token: visit.token,
        name: patients::find(&mut ctx.tx, visit.patient_id).await?.facts.name.listed(),
        service: organisation::service(&mut ctx.tx, visit.service_id).await?.name,
        place: opd::place_shown_of(&mut ctx.tx, id, now).await?,
        slip: format!("/visits/{id}/slip"),
    }))
}

fn token_card(card: TokenCard) -> AnyView {
    let TokenCard { token, name, service, place, slip } = card;
    view! {
        <div class="panel__body stack token-card">
            <p class="token-card__token">{token}</p>
            <p><strong>{name}</strong><br/>{service}" · "{place.step}<br/>{place.words}</p>
            <div class="reception__actions">
                <LinkButton href=slip label=tr!(opd.slip) glyph=Glyph::Print/>
                <LinkButton href="/reception" label=tr!(ui.close) glyph=Glyph::Close/>
            </div>
        </div>
    }
    .into_any()
}

/// Shows the next steps, and the patients who came last, because the desk is most often asked about them again.
fn nobody(last: Vec<LastArrived>) -> AnyView {
    let rows = last
        .into_iter()
        .map(|LastArrived { time, token, patient, name }| {
            view! {
                <li class="rows__row">
                    <span class="arrivals__time">{time}</span>
                    <div class="rows__main"><a class="row-link" href=format!("/reception?patient={patient}")>{name}</a></div>
                    <div class="rows__side"><strong>{token}</strong></div>
                </li>
            }
        })
        .collect::<Vec<_>>();
    let list = (!rows.is_empty()).then(|| {
        view! {
            <section aria-labelledby="last-arrived">
                <h3 class="list-heading" id="last-arrived">{tr!(reception.last_checked_in)}</h3>
                <ul class="rows">{rows}</ul>
            </section>
        }
    });
    view! { <EmptyState glyph=Glyph::User title=tr!(reception.nobody_selected) text=tr!(reception.nobody_selected_text)/>{list} }.into_any()
}

fn show(middle: Middle, sought: &str) -> AnyView {
    match middle {
        Middle::Nobody(last) => nobody(last),
        Middle::Found(found) if found.is_empty() => {
            let (href, label) = (patients::register_href(sought), tr!(patients.register_words, words = sought.trim().to_owned()));
            view! {
                <EmptyState glyph=Glyph::Search title=tr!(reception.found_none)>
                    <LinkButton href label tone=ButtonTone::Primary glyph=Glyph::Plus autofocus=true/>
                </EmptyState>
            }
            .into_any()
        }
        Middle::Found(found) => {
            let too_many = patients::too_many(found.len(), FOUND);
            let rows = found
                .into_iter()
                .map(|hit| {
                    let detail = hit.detail();
                    view! {
                        <li class="rows__row">
                            <div class="rows__main"><a class="row-link" href=format!("/reception?patient={}", hit.id)>{hit.name}</a></div>
                            <div class="rows__side">{detail}</div>
                        </li>
                    }
                })
                .collect_view();
            view! { <ul class="rows" aria-label=tr!(reception.found)>{rows}</ul> {too_many} }.into_any()
        }
        Middle::Patient(selected) => selected::show(*selected),
        Middle::CheckedIn(token) => token_card(token),
    }
}

async fn said(ctx: &mut Ctx, query: &DeskQuery) -> Result<Option<Said>> {
    let about_appointment = match query.done.as_str() {
        "cancelled" => Some(tr!(appointments.done_cancelled)),
        "no_show" => Some(tr!(appointments.done_no_show)),
        "undone" => Some(tr!(appointments.done_undone)),
        "attended" => Some(tr!(appointments.done_attended)),
        "all_cancelled" => Some(tr!(appointments.done_all_cancelled)),
        _ => None,
    };
    if let Some(text) = about_appointment {
        return Ok(Some(Said { text: text.to_owned(), undo: None, next: Vec::new() }));
    }
    let Ok(id) = query.visit.parse::<VisitId>() else {
        let in_the_queue = DoneQuery { done: query.done.clone(), entry: query.entry.clone() };
        return opd::pages::said(ctx, &in_the_queue, "/reception").await;
    };
    let Ok(visit) = opd::visit(&mut ctx.tx, id).await else { return Ok(None) };
    if !ctx.who.may_at(Permission::CheckIn, visit.clinic_id) {
        return Ok(None);
    }
    Ok(match query.done.as_str() {
        "checked_in" => {
            ctx.saw(visit.patient_id, "visit").await?;
            let name = patients::find(&mut ctx.tx, visit.patient_id).await?.facts.name.listed();
            let undo = (ctx.now - visit.arrived_at <= opd::UNDO_FOR && visit.outcome.is_none())
                .then(|| ("/api/reception/undo_check_in".to_owned(), vec![("visit", id.to_string())]));
            let slip = (format!("/visits/{id}/slip"), tr!(opd.slip));
            Some(Said { text: tr!(reception.done_checked_in, name = name, token = visit.token), undo, next: vec![slip] })
        }
        "corrected" => Some(Said { text: tr!(reception.done_corrected).to_owned(), undo: None, next: Vec::new() }),
        "undone" => Some(Said { text: tr!(reception.done_undone).to_owned(), undo: None, next: Vec::new() }),
        _ => None,
    })
}
