//! `/portal/book`: the choice of clinic and specialty.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    appointments::{self, FreeSlot, SlotQuery},
    core::{
        ClinicId, Permission, Result,
        time::{Instant, show_time},
    },
    organisation::{self, Clinic, Specialty},
    portal::{acting::heading, pages::not_linked},
    server::{Ctx, Page, Query, Remembered},
    tr,
    ui::{Glyph, Icon, LinkButton, PageHeader, PhoneLink, Tab, Tabs},
};

/// The query parameter with the clinic chosen so far.
#[derive(Debug, Default, Deserialize)]
pub struct Choices {
    #[serde(default)]
    clinic: String,
}

/// Shows the choice.
///
/// # Errors
/// When the user lacks the permission, or the database refuses.
pub async fn start_page(Query(choices): Query<Choices>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    if ctx.own_patient().is_err() {
        return not_linked(&mut ctx).await;
    }
    let chosen = choices.clinic.parse::<ClinicId>().ok();
    static EARLIEST: Remembered<ClinicId, Option<FreeSlot>> = Remembered::new();
    let mark = format!("{}-{}", ctx.state().hub.mark(), ctx.now.timestamp() / 60);
    let mut first: Option<(Clinic, FreeSlot)> = None;
    let mut offers = Vec::new();
    for clinic in organisation::clinics(&mut ctx.tx).await? {
        let today = clinic.zone.day(ctx.now);
        let rules = organisation::booking_rules(&mut ctx.tx, clinic.id, None).await?;
        let anybody = SlotQuery {
            clinic: clinic.id,
            zone: clinic.zone,
            service: None,
            specialty: None,
            doctor: None,
            from: today,
            to: today + Duration::days(rules.days),
            open: true,
            now: ctx.now,
        };
        if !appointments::bookable_doctors(&mut ctx.tx, anybody).await?.is_empty() {
            let after = rules.earliest(ctx.now);
            let earliest = EARLIEST.at(mark.clone(), clinic.id, appointments::earliest_free(&mut ctx.tx, anybody, after)).await?;
            let sooner = earliest.filter(|slot| first.as_ref().is_none_or(|(_, known)| slot.starts_at < known.starts_at));
            first = sooner.map(|slot| (clinic.clone(), slot)).or(first);
            let specialties = appointments::bookable_specialties(&mut ctx.tx, clinic.id, today).await?;
            offers.push((clinic, specialties));
        }
    }
    let current = offers.iter().position(|(clinic, _)| Some(clinic.id) == chosen).unwrap_or(0);
    let heading = heading(&ctx.who, tr!(booking.what_do_you_need));
    let phone = ctx.state().hospital().phone.clone();
    let first = first.filter(|_| offers.len() > 1).map(|(clinic, slot)| first_words(&clinic, &slot, ctx.now));
    Ok(Page::new(tr!(booking.book), move || content(heading, offers, current, (&phone, first))))
}

fn content(
    heading: String,
    mut offers: Vec<(Clinic, Vec<Specialty>)>,
    current: usize,
    (phone, first): (&str, Option<(String, String)>),
) -> impl IntoView + use<> {
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
        {first.map(|(words, href)| view! {
            <div class="earliest"><p>{tr!(booking.earliest_of_all)}<strong>{words}</strong></p><LinkButton href label=tr!(booking.see_times)/></div>
        })}
        {several.then(|| view! { <Tabs label=tr!(booking.clinic) tabs=tabs/> })}
        {match offer {
            Some((clinic, specialties)) => specialty_list(&clinic, specialties).into_any(),
            None => super::call_us(tr!(booking.nothing_to_book), phone, None),
        }}
    }
}

/// The first free time of all clinics on its clinic's clock, and the page of its day.
fn first_words(clinic: &Clinic, slot: &FreeSlot, now: Instant) -> (String, String) {
    let day = slot.local.date();
    let when = format!("{} {}", super::times::day_words(day, clinic.zone.day(now)), show_time(slot.local.time()));
    (format!("{when}, {}", clinic.name), format!("/portal/book/times?clinic={}&from={day}", clinic.id))
}

fn specialty_list(clinic: &Clinic, specialties: Vec<Specialty>) -> impl IntoView + use<> {
    let place = clinic.address.clone();
    let number = clinic.phone.clone();
    let phone = (!number.is_empty()).then(|| view! { <PhoneLink number/> });
    let known = !place.is_empty() || phone.is_some();
    let row = |href: String, words: String, glyph: Glyph| {
        view! { <li><a class="todo__item" href=href><Icon glyph=glyph/><span class="grow">{words}</span><Icon glyph=Glyph::ChevronRight/></a></li> }
    };
    // A patient who does not know the name of the specialty can still find a doctor.
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
