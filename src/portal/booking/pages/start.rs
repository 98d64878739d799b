//! `/portal/book`: the choice of clinic and specialty, or of a service where no doctor has a specialty.

use chrono::Duration;
use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    appointments::{self, FreeSlot, SlotQuery, VisitTypeFilter},
    core::{
        ClinicId, Permission, Result,
        time::{Instant, show_time},
    },
    organisation::{self, Clinic},
    portal::{acting::heading, pages::not_linked},
    server::{Ctx, Page, Query, Remembered},
    tr,
    ui::{Glyph, Icon, LinkButton, PageHeader, PhoneLink, PlaceLink, Tab, Tabs},
};

/// The query parameter with the clinic chosen so far.
#[derive(Debug, Default, Deserialize)]
pub struct BookingQuery {
    #[serde(default)]
    clinic: String,
}

/// A choice: the parameter of the page of times, its id, and the name.
type Offer = (&'static str, String, String);

/// Shows the choice.
///
/// # Errors
/// When the user lacks the permission, or the database refuses.
pub async fn start_page(Query(choices): Query<BookingQuery>) -> Result<Page> {
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
            visit_type: VisitTypeFilter::Chosen(None),
            now: ctx.now,
        };
        if !appointments::bookable_doctors(&mut ctx.tx, anybody).await?.is_empty() {
            let after = rules.earliest(ctx.now);
            let earliest = EARLIEST.at(mark.clone(), clinic.id, appointments::earliest_free(&mut ctx.tx, anybody, after)).await?;
            let sooner = earliest.filter(|slot| first.as_ref().is_none_or(|(_, known)| slot.starts_at < known.starts_at));
            first = sooner.map(|slot| (clinic.clone(), slot)).or(first);
            let offered = offered(&mut ctx, anybody).await?;
            offers.push((clinic, offered));
        }
    }
    let current = offers.iter().position(|(clinic, _)| Some(clinic.id) == chosen).unwrap_or(0);
    let heading = heading(&ctx.who, tr!(booking.what_do_you_need));
    let phone = ctx.state().hospital().phone.clone();
    let first = first.filter(|_| offers.len() > 1).map(|(clinic, slot)| first_words(&clinic, &slot, ctx.now));
    Ok(Page::new(tr!(booking.book), move || content(heading, offers, current, (&phone, first))))
}

/// Returns the choices of a clinic: its bookable specialties, or, where its doctors have none, its bookable services.
async fn offered(ctx: &mut Ctx, query: SlotQuery) -> Result<Vec<Offer>> {
    let specialties = appointments::bookable_specialties(&mut ctx.tx, query.clinic, query.from).await?;
    if !specialties.is_empty() {
        return Ok(specialties
            .into_iter()
            .map(|known| ("specialty", known.id.to_string(), organisation::shown_name(&known.name)))
            .collect());
    }
    let services = appointments::bookable_services(&mut ctx.tx, query).await?;
    Ok(services.into_iter().map(|(id, name)| ("service", id.to_string(), organisation::shown_name(&name))).collect())
}

fn content(
    heading: String,
    mut offers: Vec<(Clinic, Vec<Offer>)>,
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
            Some((clinic, offered)) => offer_list(&clinic, offered).into_any(),
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

fn offer_list(clinic: &Clinic, offered: Vec<Offer>) -> impl IntoView + use<> {
    let place = clinic.address.clone();
    let number = clinic.phone.clone();
    let phone = (!number.is_empty()).then(|| view! { <PhoneLink number/> });
    let place = (!place.is_empty()).then(|| view! { <PlaceLink place/> });
    let known = place.is_some() || phone.is_some();
    let row = |href: String, words: String, glyph: Glyph| {
        view! { <li><a class="todo__item" href=href><Icon glyph=glyph/><span class="grow">{words}</span><Icon glyph=Glyph::ChevronRight/></a></li> }
    };
    // A patient who does not know the name of the specialty can still find a doctor.
    let everybody = row(format!("/portal/book/times?clinic={}", clinic.id), tr!(booking.all_doctors).to_owned(), Glyph::Info);
    let doctors = row("/portal/doctors".to_owned(), tr!(organisation.our_doctors).to_owned(), Glyph::User);
    let rows = offered
        .into_iter()
        .map(|(parameter, id, name)| row(format!("/portal/book/times?clinic={}&{parameter}={id}", clinic.id), name, Glyph::Stethoscope))
        .collect_view();
    view! {
        <div class="stack">
            {known.then(|| view! { <p class="muted booking__place"><Icon glyph=Glyph::Pin/>{place}" "{phone}</p> })}
            <ul class="todo">{rows}{doctors}{everybody}</ul>
        </div>
    }
}
