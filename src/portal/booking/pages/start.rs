//! `/portal/book`: at which clinic, and what is needed.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    appointments::{self, OWN_BOOKED_AHEAD, SlotQuery},
    core::{ClinicId, Permission, Result},
    organisation::{self, Clinic, Specialty},
    portal::{acting::heading, pages::not_linked},
    server::{Ctx, Page, Query},
    tr,
    ui::{Glyph, Icon, PageHeader, PhoneLink, Tab, Tabs},
};

/// The clinic chosen so far.
#[derive(Debug, Default, Deserialize)]
pub struct Choices {
    #[serde(default)]
    clinic: String,
}

/// The page.
///
/// # Errors
/// Not allowed, or what the database refused.
pub async fn start_page(Query(choices): Query<Choices>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    if ctx.own_patient().is_err() {
        return not_linked(&mut ctx).await;
    }
    let chosen = choices.clinic.parse::<ClinicId>().ok();
    let mut offers = Vec::new();
    for clinic in organisation::clinics(&mut ctx.tx).await? {
        let today = clinic.zone.day(ctx.now);
        let anybody = SlotQuery {
            clinic: clinic.id,
            zone: clinic.zone,
            service: None,
            specialty: None,
            doctor: None,
            from: today,
            to: today + OWN_BOOKED_AHEAD,
            open: true,
            now: ctx.now,
        };
        if !appointments::bookable_doctors(&mut ctx.tx, anybody).await?.is_empty() {
            let specialties = appointments::bookable_specialties(&mut ctx.tx, clinic.id, today).await?;
            offers.push((clinic, specialties));
        }
    }
    let current = offers.iter().position(|(clinic, _)| Some(clinic.id) == chosen).unwrap_or(0);
    let heading = heading(&ctx.who, tr!(booking.what_do_you_need));
    let phone = ctx.state().hospital().phone.clone();
    Ok(Page::new(tr!(booking.book), move || content(heading, offers, current, &phone)))
}

fn content(heading: String, mut offers: Vec<(Clinic, Vec<Specialty>)>, current: usize, phone: &str) -> impl IntoView + use<> {
    let tabs = offers
        .iter()
        .enumerate()
        .map(|(index, (clinic, _))| Tab::new(format!("/portal/book?clinic={}", clinic.id), clinic.name.clone(), index == current))
        .collect::<Vec<_>>();
    let several = tabs.len() > 1;
    let offer = (current < offers.len()).then(|| offers.swap_remove(current));
    view! {
        {super::steps(1, [None, None])}
        <PageHeader title=heading back=("/portal/appointments".to_owned(), tr!(nav.appointments).to_owned())/>
        {several.then(|| view! { <Tabs label=tr!(booking.clinic) tabs=tabs/> })}
        {match offer {
            Some((clinic, specialties)) => specialty_list(&clinic, specialties).into_any(),
            None => super::call_us(tr!(booking.nothing_to_book), phone),
        }}
    }
}

fn specialty_list(clinic: &Clinic, specialties: Vec<Specialty>) -> impl IntoView + use<> {
    let place = clinic.address.clone();
    let number = clinic.phone.clone();
    let phone = (!number.is_empty()).then(|| view! { <PhoneLink number/> });
    let known = !place.is_empty() || phone.is_some();
    let row = |href: String, words: String, glyph: Glyph| {
        view! { <li><a class="todo__item" href=href><Icon glyph=glyph/><span class="grow">{words}</span><Icon glyph=Glyph::ChevronRight/></a></li> }
    };
    // Who does not know what the doctor is called finds the doctor all the same.
    let everybody = row(format!("/portal/book/times?clinic={}", clinic.id), tr!(booking.all_doctors).to_owned(), Glyph::Info);
    let rows = specialties
        .into_iter()
        .map(|specialty| {
            row(format!("/portal/book/times?clinic={}&specialty={}", clinic.id, specialty.id), specialty.name, Glyph::Stethoscope)
        })
        .collect_view();
    view! {
        <div class="stack">
            {known.then(|| view! { <p class="muted booking__place"><Icon glyph=Glyph::Pin/>{place}" "{phone}</p> })}
            <ul class="todo">{rows}{everybody}</ul>
        </div>
    }
}
