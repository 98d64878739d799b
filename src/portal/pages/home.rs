//! `/portal`: greeting, next appointment, place in the queue, things to do.

use chrono::{NaiveDateTime, Timelike as _};
use leptos::prelude::*;

use super::not_linked;
use crate::{
    appointments::{self, Appointment, AppointmentState},
    billing,
    core::{
        Money, PatientId, Permission, Result,
        time::{Instant, show_day, show_time},
    },
    opd::{self, PlaceShown},
    organisation::{self, Clinic},
    patients,
    portal::booking::pages::{offer_line, offer_notice, other_times},
    server::{Ctx, Page, Part},
    tr,
    ui::{Button, ButtonTone, EmptyState, Glyph, Icon, LinkButton, Live, NoticeBox, PageHeader, PlaceLink, PostButton, StatusBadge, Tone},
};

/// Shows the home page.
pub async fn home_page() -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let Ok(patient) = ctx.own_patient() else { return not_linked(&mut ctx).await };
    let (now, zone) = (ctx.now, ctx.zone());
    let name = patients::line(&mut ctx.tx, patient).await?.name;
    let next = appointments::next_for_patient(&mut ctx.tx, patient, now).await?;
    let may_move = match &next {
        Some(next) => appointments::own_acts(&mut ctx.tx, next, now).await?.change,
        None => false,
    };
    let clinics = organisation::all_clinics(&mut ctx.tx).await?;
    let places = places_now(&mut ctx, patient).await?;
    let to_pay = due_now(&mut ctx, patient).await?;
    let offer = offer_line(&mut ctx.tx, patient).await?;
    ctx.saw(patient, "portal").await?;
    let clinic = next.as_ref().and_then(|next| clinics.into_iter().find(|clinic| clinic.id == next.clinic_id));
    // A user who acts for a dependant gets no greeting; the heading names the dependant instead.
    let hello = ctx.who.acts_for().map_or_else(|| greeting(zone.local(now), name.called()), str::to_owned);
    let today = zone.local(now);
    Ok(Page::new(tr!(nav.home), move || {
        let planned = next.is_some();
        view! {
            <PageHeader title=hello/>
            <div class="portal">
                <Live topics="queue" from="/portal/places/live">{show_places(places)}</Live>
                // `call.js` shows the button while somebody waits: browsers allow sound only after a press.
                <p class="place-sound" hidden data-words=tr!(portal.ring_on)><Button kind="button" label=tr!(portal.ring) glyph=Glyph::Bell/></p>
                {offer_notice(offer)}
                {next_card(next, may_move, clinic, now, today)}
                {to_do(to_pay, planned)}
            </div>
        }
    }))
}

/// A place in the queue.
struct Waiting {
    /// The dependant's name, or "for me"; `None` for the patient whose portal is open.
    name: Option<String>,
    place: PlaceShown,
}

/// Renders the places in the queue as a live part.
pub async fn places_part() -> Result<Part> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    let places = places_now(&mut ctx, patient).await?;
    Ok(Part::new(move || show_places(places)))
}

/// Renders the amount due as a live part: it disappears as soon as the cashier has taken the payment.
pub async fn due_part() -> Result<Part> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    let to_pay = due_now(&mut ctx, patient).await?;
    Ok(Part::new(move || show_due(to_pay)))
}

/// Returns the patient's place in the queue, followed by the places of the other people for whom the user uses the
/// portal.
async fn places_now(ctx: &mut Ctx, patient: PatientId) -> Result<Vec<Waiting>> {
    let now = ctx.now;
    let own = ctx.who.patient.map(|own| (own, tr!(portal.for_me).to_owned()));
    let others = ctx.who.dependants.iter().map(|one| (one.patient, one.name.clone()));
    let others: Vec<_> = own.into_iter().chain(others).filter(|(other, _)| *other != patient).collect();
    let mut places: Vec<_> =
        opd::place_shown(&mut ctx.tx, patient, now).await?.map(|place| Waiting { name: None, place }).into_iter().collect();
    for (other, name) in others {
        if let Some(place) = opd::place_shown(&mut ctx.tx, other, now).await? {
            ctx.saw(other, "portal").await?;
            places.push(Waiting { name: Some(name), place });
        }
    }
    Ok(places)
}

/// Returns the amount due with its currency; `None` when nothing is due.
async fn due_now(ctx: &mut Ctx, patient: PatientId) -> Result<Option<String>> {
    let mut to_pay = Money::ZERO;
    // The debts of a record that was merged into the patient's are owed by the patient.
    for record in patients::merges::family(&mut ctx.tx, patient).await? {
        to_pay = to_pay + billing::balance(&mut ctx.tx, record).await?.to_pay;
    }
    let currency = ctx.state().hospital().currency;
    Ok((to_pay > Money::ZERO).then(|| currency.show(to_pay)))
}

fn show_places(places: Vec<Waiting>) -> impl IntoView {
    let places = places.into_iter().map(show_place).collect_view();
    view! { <div class="places" aria-live="polite">{places}</div> }
}

fn show_place(Waiting { name, place }: Waiting) -> impl IntoView {
    let PlaceShown { token, words, state, step, .. } = place;
    let class = if state == "waiting" { "place" } else { "place is-progress" };
    let key = token.clone();
    // `call.js` rings when this changes: a second call, to another room, rings again.
    let call = (state == "called").then(|| format!("{token} {words}"));
    let label = name.clone().map_or_else(|| tr!(opd.your_place).to_owned(), |name| tr!(portal.place_of, name = name));
    let name = name.map(|name| view! { <strong>{name}</strong><br/> });
    view! {
        <section class=class aria-label=label data-key=key data-call=call>
            <span class="place__token">{token}</span>
            <div class="place__words">{name}<strong>{words}</strong><br/><span>{step}</span></div>
        </section>
    }
}

/// Links to the statement while an amount is due.
fn show_due(to_pay: Option<String>) -> Option<impl IntoView> {
    to_pay.map(|due| {
        view! {
            <ul class="todo">
                <li>
                    <a class="todo__item" href="/portal/statement">
                        <Icon glyph=Glyph::Money/>
                        <span>{tr!(portal.pay)}</span>
                        <span class="todo__side">{due}</span>
                        <Icon glyph=Glyph::ChevronRight/>
                    </a>
                </li>
            </ul>
        }
    })
}

/// Returns `Good morning, Theresa`, by the clinic's local time.
fn greeting(local: NaiveDateTime, name: &str) -> String {
    let name = name.to_owned();
    match local.hour() {
        4..=11 => tr!(portal.good_morning, name = name),
        12..=18 => tr!(portal.good_afternoon, name = name),
        _ => tr!(portal.good_evening, name = name),
    }
}

fn next_card(next: Option<Appointment>, may_move: bool, clinic: Option<Clinic>, now: Instant, today: NaiveDateTime) -> AnyView {
    let Some((next, clinic)) = next.zip(clinic) else {
        return view! {
            <section class="portal-card">
                <EmptyState glyph=Glyph::Calendar title=tr!(portal.no_appointment) text=tr!(portal.no_appointment_hint)>
                    <LinkButton href="/portal/book" label=tr!(portal.book) tone=ButtonTone::Primary glyph=Glyph::Calendar/>
                </EmptyState>
            </section>
        }
        .into_any();
    };
    let local = clinic.zone.local(next.starts_at);
    let day = if local.date() == today.date() { tr!(time.today).to_owned() } else { show_day(local.date(), today.date()) };
    let elsewhere = may_move.then(|| {
        let href = other_times(&next, &clinic, Some(next.id));
        view! { <LinkButton href label=tr!(booking.another_time)/> }
    });
    let place = clinic.place();
    let href = format!("/portal/appointments/{}", next.id);
    let calendar = format!("{href}/calendar.ics");
    let state = (next.state != AppointmentState::Booked).then(|| view! { <StatusBadge tone=next.state.tone() label=next.state.word()/> });
    let waits = next.state == AppointmentState::Booked;
    let known = next.here_at.filter(|_| waits).map(|at| {
        let time = show_time(clinic.zone.local(at).time());
        view! { <NoticeBox tone=Tone::Waiting title=tr!(portal.desk_knows, time = time)>{tr!(portal.desk_knows_hint)}</NoticeBox> }
    });
    let here = (waits && next.here_at.is_none() && next.is_about_now(now)).then(|| {
        let hidden = vec![("appointment_id", next.id.to_string())];
        view! { <PostButton action="/api/portal/here" label=tr!(portal.i_am_here) hidden tone=ButtonTone::Primary glyph=Glyph::Pin/> }
    });
    view! {
        <section class="portal-card portal-card--main">
            <h2 class="portal-card__head">{tr!(portal.next_appointment)}</h2>
            <p class="portal-card__title">{format!("{day}, {}", show_time(local.time()))}</p>
            {state}
            {known}
            <div class="portal-card__lines">
                <p><Icon glyph=Glyph::Stethoscope/>{format!("{}, {}", next.doctor, organisation::shown_name(&next.service))}</p>
                <p><Icon glyph=Glyph::Pin/><PlaceLink place/></p>
            </div>
            <div class="portal-card__actions">
                {here}
                <LinkButton href label=tr!(portal.details)/>
                {elsewhere}
                <LinkButton href=calendar label=tr!(portal.add_to_calendar) tone=ButtonTone::Quiet glyph=Glyph::Calendar/>
            </div>
        </section>
    }
    .into_any()
}

/// Lists the things to do. Without an appointment, the card above already offers booking.
fn to_do(to_pay: Option<String>, planned: bool) -> impl IntoView {
    view! {
        <h2>{tr!(portal.to_do)}</h2>
        <Live topics="billing" from="/portal/due/live">{show_due(to_pay)}</Live>
        <ul class="todo">
            {planned.then(|| view! {
                <li>{item("/portal/book", Glyph::Calendar, tr!(portal.book))}</li>
                <li>{item("/portal/before-visit", Glyph::Edit, tr!(portal.tell_before))}</li>
            })}
            <li>{item("/portal/records", Glyph::Note, tr!(portal.read_records))}</li>
        </ul>
    }
}

fn item(href: &'static str, glyph: Glyph, words: &'static str) -> impl IntoView {
    view! {
        <a class="todo__item" href=href><Icon glyph/><span class="grow">{words}</span><Icon glyph=Glyph::ChevronRight/></a>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greets_by_the_clock() {
        let at = |hour| chrono::NaiveDate::from_ymd_opt(2026, 11, 21).and_then(|day| day.and_hms_opt(hour, 0, 0)).expect("a time");
        assert_eq!(greeting(at(8), "Theresa"), "Good morning, Theresa");
        assert_eq!(greeting(at(13), "Theresa"), "Good afternoon, Theresa");
        assert_eq!(greeting(at(22), "Theresa"), "Good evening, Theresa");
        assert_eq!(greeting(at(2), "Theresa"), "Good evening, Theresa");
    }
}
