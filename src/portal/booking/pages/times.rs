//! `/portal/book/times`: the free times of a week, the earliest at the top.

use chrono::{Duration, NaiveDate};
use leptos::prelude::*;
use serde::Deserialize;

use super::month::{Month, month, month_view};

use crate::{
    appointments::{self, FreeSlot, SlotQuery, VisitTypeFilter},
    core::{
        AppointmentId, ClinicId, Error, IdempotencyKey, PatientId, Permission, Result, ServiceId, SpecialtyId, StaffId, VisitTypeId,
        time::{self, show_time},
    },
    organisation::{self, Clinic, VisitType},
    portal::{
        booking::{api, own_time::over_own_time},
        pages::not_linked,
    },
    server::{Ctx, Page, Query, Remembered},
    tr,
    ui::{Button, ButtonTone, Choice, Form, Glyph, Icon, LinkButton, ListUrl, PageHeader, SelectField},
};

/// The clinic, service, specialty and doctor of the search.
pub(super) type Wish = (ClinicId, Option<ServiceId>, Option<SpecialtyId>, Option<StaffId>, Option<VisitTypeId>);

/// The number of days shown at once.
const DAYS_SHOWN: i64 = 7;

/// The query parameters.
#[derive(Debug, Default, Deserialize)]
pub struct TimesQuery {
    #[serde(default)]
    clinic: String,
    #[serde(default)]
    specialty: String,
    /// The service of the appointment that is moved: only its doctors are offered.
    #[serde(default)]
    service: String,
    #[serde(default)]
    doctor: String,
    #[serde(default)]
    visit_type: String,
    #[serde(default)]
    from: String,
    /// The day whose times a phone shows.
    #[serde(default)]
    day: String,
    #[serde(default)]
    replaces: String,
}

/// A free time, and how many doctors of its service are free then.
type Offered = (FreeSlot, usize);

/// The data of the page.
struct Times {
    clinic: Clinic,
    service: Option<ServiceId>,
    specialty: Option<SpecialtyId>,
    /// The specialty's name, or the service's.
    kind: String,
    doctor: Option<StaffId>,
    doctors: Vec<(StaffId, String)>,
    types: Vec<VisitType>,
    /// Whether some hours are kept for certain visit types, and none was chosen.
    kept: bool,
    visit_type: Option<VisitTypeId>,
    /// Days that patients book ahead, at most.
    ahead: i64,
    replaces: Option<AppointmentId>,
    patient: PatientId,
    today: NaiveDate,
    from: NaiveDate,
    /// The day whose times a phone shows.
    day: NaiveDate,
    /// Until when an appointment can be cancelled and moved.
    terms: String,
    earliest: Option<Offered>,
    days: Vec<(NaiveDate, Vec<Offered>)>,
    month: Month,
    /// Whether there are later days.
    later: bool,
}

/// Shows the free times.
///
/// # Errors
/// When the user lacks the permission, the clinic does not exist, or the database refuses.
pub async fn times_page(Query(choices): Query<TimesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let Ok(patient) = ctx.own_patient() else { return not_linked(&mut ctx).await };
    let clinic_id = choices.clinic.parse::<ClinicId>().ok();
    let clinics = organisation::clinics(&mut ctx.tx).await?;
    let clinic = clinics.into_iter().find(|clinic| clinic_id.is_none_or(|id| id == clinic.id)).ok_or(Error::NotFound)?;
    let replaces = choices.replaces.parse::<AppointmentId>().ok();
    let old = match replaces {
        Some(old) => Some(api::own(&mut ctx, old).await?),
        None => None,
    };
    let today = clinic.zone.day(ctx.now);
    let specialty = choices.specialty.parse::<SpecialtyId>().ok();
    let service = match choices.service.parse::<ServiceId>() {
        Ok(id) => Some(organisation::service(&mut ctx.tx, id).await?).filter(|service| service.clinic_id == clinic.id),
        Err(_) => None,
    };
    let types = organisation::visit_types(&mut ctx.tx).await?;
    let types = types.into_iter().filter(|known| !known.desk_only).collect::<Vec<_>>();
    // A moved appointment stays a visit of its type, and takes as long.
    let visit_type = choices.visit_type.parse::<VisitTypeId>().ok().or_else(|| old.as_ref().and_then(|old| old.visit_type_id));
    let visit_type = types.iter().find(|known| Some(known.id) == visit_type).cloned();
    let rules = organisation::booking_rules(&mut ctx.tx, clinic.id, visit_type.as_ref().map(|known| known.id)).await?;
    let query = SlotQuery {
        clinic: clinic.id,
        zone: clinic.zone,
        service: service.as_ref().map(|service| service.id),
        specialty,
        doctor: None,
        from: today,
        to: today + Duration::days(rules.days),
        open: true,
        visit_type: VisitTypeFilter::Chosen(visit_type.as_ref().map(|known| known.id)),
        now: ctx.now,
    };
    let doctors = appointments::bookable_doctors(&mut ctx.tx, query).await?;
    let doctor = choices.doctor.parse::<StaffId>().ok().filter(|chosen| doctors.iter().any(|(id, _)| id == chosen));
    let query = SlotQuery { doctor, ..query };
    // When the coming weeks are full, every booking user's search for the earliest time reads many weeks, so the result is cached.
    // The mark contains the minute, because a hold may expire.
    static EARLIEST: Remembered<Wish, Option<FreeSlot>> = Remembered::new();
    // A patient books nothing that begins before the least notice is over.
    let after = rules.earliest(ctx.now);
    let wish = (clinic.id, query.service, specialty, doctor, visit_type.as_ref().map(|known| known.id));
    let mark = format!("{}-{}", ctx.state().hub.mark(), ctx.now.timestamp() / 60);
    let earliest = EARLIEST.at(mark, wish, appointments::earliest_free(&mut ctx.tx, query, after)).await?;
    // The time that the patient holds is free for the patient.
    let held = appointments::own_hold(&mut ctx.tx, patient, query).await?;
    let held = held.filter(|slot| slot.starts_at >= after && doctors.iter().any(|(id, _)| *id == slot.doctor_id));
    // So are the times over the own time of an appointment that is moved.
    let mut own = match &old {
        Some(old) => over_own_time(&mut ctx.tx, query, old).await?,
        None => Vec::new(),
    };
    own.retain(|slot| slot.starts_at >= after);
    own.extend(held);
    let earliest = earliest.into_iter().chain(own.iter().cloned()).min_by_key(|slot| slot.starts_at);
    let specialties = appointments::bookable_specialties(&mut ctx.tx, clinic.id, today).await?;
    let from = time::parse_date("from", &choices.from)
        .ok()
        .or_else(|| earliest.as_ref().map(|slot| slot.local.date()))
        .unwrap_or(today)
        .clamp(today, query.to);
    let to = query.to.min(from + Duration::days(DAYS_SHOWN - 1));
    let mut slots = appointments::free_slots(&mut ctx.tx, SlotQuery { from, to, ..query }).await?;
    slots.retain(|slot| slot.starts_at >= after);
    for own in own.iter().filter(|own| (from..=to).contains(&own.local.date())) {
        // It may have more seats than the own one.
        slots.retain(|slot| (slot.starts_at, slot.doctor_id) != (own.starts_at, own.doctor_id));
        slots.push(own.clone());
    }
    slots.sort_by_key(|slot| (slot.starts_at, slot.doctor_id));
    let offered = |slot: FreeSlot| {
        let free = slots.iter().filter(|one| one.starts_at == slot.starts_at && one.service_id == slot.service_id).count();
        (slot, free)
    };
    let days: Vec<(NaiveDate, Vec<Offered>)> =
        from.iter_days().take(7).map(|day| (day, appointments::one_per_time(&slots, day).into_iter().map(offered).collect())).collect();
    // A phone shows one day: the chosen one, or the first with a free time.
    let first_free = days.iter().find(|(_, free)| !free.is_empty()).map_or(from, |(day, _)| *day);
    let day = time::parse_date("day", &choices.day).ok().filter(|day| *day >= from && *day <= to).unwrap_or(first_free);
    // The first time of all is among those of the days shown, unless later ones are looked at.
    let earliest = earliest.map(offered);
    let mut month = month(&mut ctx, query, wish, (from, after)).await?;
    for own in &own {
        month.free_also_on(own.local.date());
    }
    let kept = visit_type.is_none() && !types.is_empty() && appointments::has_kept_hours(&mut ctx.tx, SlotQuery { to, ..query }).await?;
    let specialty_name = specialties.into_iter().find(|known| Some(known.id) == specialty).map(|known| known.name);
    let times = Times {
        kind: organisation::shown_name(
            &specialty_name.or_else(|| service.as_ref().map(|service| service.name.clone())).unwrap_or_default(),
        ),
        service: query.service,
        later: from + Duration::days(DAYS_SHOWN) <= query.to,
        clinic,
        specialty,
        doctor,
        doctors,
        types,
        kept,
        visit_type: visit_type.map(|known| known.id),
        ahead: rules.days,
        replaces,
        patient,
        today,
        from,
        day,
        terms: super::terms::in_general(&rules),
        earliest,
        days,
        month,
    };
    Ok(Page::new(tr!(booking.step_when), move || content(times)).class("main--wide"))
}

impl Times {
    /// The waitlist for what is asked for.
    fn wait_url(&self) -> String {
        let url = self.url();
        ListUrl { path: "/portal/waitlist/new".into(), ..url }.href()
    }

    fn url(&self) -> ListUrl {
        let url = ListUrl::new("/portal/book/times").with("clinic", self.clinic.id);
        let url = self.service.into_iter().fold(url, |url, id| url.with("service", id));
        let url = self.specialty.into_iter().fold(url, |url, id| url.with("specialty", id));
        let url = self.visit_type.into_iter().fold(url, |url, id| url.with("visit_type", id));
        let url = self.doctor.into_iter().fold(url, |url, id| url.with("doctor", id));
        self.replaces.into_iter().fold(url, |url, id| url.with("replaces", id))
    }
}

fn content(times: Times) -> impl IntoView {
    let url = times.url();
    let week = |from: NaiveDate| url.clone().with("from", from).href();
    let back = (times.from > times.today).then(|| week((times.from - Duration::days(DAYS_SHOWN)).max(times.today)));
    let next = times.later.then(|| week(times.from + Duration::days(DAYS_SHOWN)));
    let start = format!("/portal/book?clinic={}", times.clinic.id);
    let detail = [times.kind.clone(), times.clinic.name.clone()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let any = times.doctor.is_none();
    let mut hidden = vec![("idempotency_key", IdempotencyKey::new().to_string()), ("patient", times.patient.to_string())];
    hidden.extend(times.replaces.map(|old| ("replaces", old.to_string())));
    hidden.extend(times.specialty.map(|id| ("specialty", id.to_string())));
    hidden.extend(times.visit_type.map(|id| ("visit_type", id.to_string())));
    let nothing = times.earliest.is_none();
    // A patient who moves an appointment may wait for an earlier time too.
    let wait = times.wait_url();
    let title = if times.replaces.is_some() { tr!(booking.move_to) } else { tr!(booking.when_suits) };
    let today = times.today;
    let earliest = times.earliest.as_ref().map(|slot| earliest(slot, any, &times.clinic, today));
    let days = times.days.iter().map(|(day, slots)| day_column(*day, slots, any, (today, times.day))).collect_view();
    let month = month_view(&times.month, &url);
    let shown = url.clone().with("from", times.from);
    let chips = times.days.iter().map(|(day, slots)| day_chip(&shown, *day, slots.len(), (today, times.day))).collect_view();
    view! {
        {super::steps(2, [Some(start), None])}
        <PageHeader title=title detail=detail/>
        {filter(&times)}
        {about_doctor(&times)}
        {times.kept.then(|| view! { <p>{tr!(booking.kept_hours)}</p> })}
        {if nothing {
            super::call_us(&tr!(booking.no_times, count = times.ahead), &times.clinic.phone, Some(wait.clone()))
        } else {
            view! {
                <Form action="/api/portal/hold" hidden=hidden class="slot-form">
                    {earliest}
                    {month}
                    <div class="slots-nav">
                        {week_step(back, Glyph::ChevronLeft, tr!(booking.earlier))}
                        <p>{format!("{} – {}", time::show_day(times.from, today), time::show_day(times.from + Duration::days(DAYS_SHOWN - 1), today))}</p>
                        {week_step(next, Glyph::ChevronRight, tr!(booking.later))}
                    </div>
                    <nav class="day-chips" id="days" aria-label=tr!(booking.days)><ul>{chips}</ul></nav>
                    <div class="slots slots--one-day">{days}</div>
                    <p class="muted small">{tr!(booking.local_time, clinic = times.clinic.name.clone())}" "{times.terms}</p>
                    <p>{tr!(booking.no_time_suits)}" "<a href=wait.clone()>{tr!(booking.wait_title)}</a></p>
                </Form>
            }
            .into_any()
        }}
    }
}

/// The way to the page of the chosen doctor.
fn about_doctor(times: &Times) -> Option<impl IntoView + use<>> {
    let (id, name) = times.doctors.iter().find(|(id, _)| Some(*id) == times.doctor)?;
    let words = tr!(organisation.about_person, name = name.clone());
    Some(view! { <p><a href=format!("/portal/doctors/{id}")>{words}</a></p> })
}

fn filter(times: &Times) -> impl IntoView + use<> {
    let doctors = times.doctors.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect::<Vec<_>>();
    let types = (!times.types.is_empty()).then(|| {
        let choices =
            times.types.iter().map(|known| Choice::new(known.id.to_string(), organisation::shown_name(&known.name))).collect::<Vec<_>>();
        let value = times.visit_type.map(|id| id.to_string()).unwrap_or_default();
        view! { <SelectField name="visit_type" label=tr!(appointments.visit_type) choices prompt=tr!(appointments.no_visit_type) value/> }
    });
    let hidden = [
        Some(("clinic", times.clinic.id.to_string())),
        times.service.map(|id| ("service", id.to_string())),
        times.specialty.map(|id| ("specialty", id.to_string())),
        times.replaces.map(|id| ("replaces", id.to_string())),
    ];
    let hidden = hidden.into_iter().flatten().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <form class="filter booking-filter" method="get" action="/portal/book/times">
            {hidden}
            <SelectField
                name="doctor"
                label=tr!(appointments.doctor)
                choices=doctors
                prompt=tr!(booking.any_doctor)
                value=times.doctor.map(|id| id.to_string()).unwrap_or_default()
            />
            {types}
            <Button label=tr!(ui.show) glyph=Glyph::Filter/>
        </form>
    }
}

fn earliest(offered: &Offered, any: bool, clinic: &Clinic, today: NaiveDate) -> impl IntoView + use<> {
    let slot = &offered.0;
    let when = format!("{} {}", day_words(slot.local.date(), today), show_time(slot.local.time()));
    view! {
        <div class="earliest">
            <p>{tr!(booking.earliest)}<strong>{when}</strong>{format!("{}, {}", by_words(offered, any), clinic.name)}</p>
            <Button label=tr!(booking.take_it) tone=ButtonTone::Primary name="slot" value=slot_value(slot, any)/>
        </div>
    }
}

/// Links to the times of a day, of which a phone shows one; a day without times has no link.
fn day_chip(url: &ListUrl, day: NaiveDate, free: usize, (today, chosen): (NaiveDate, NaiveDate)) -> impl IntoView + use<> {
    let words = time::show_day(day, today);
    let chip = match free {
        0 => view! { <span class="day-chips__day is-off">{words}<small>"–"</small></span> }.into_any(),
        _ => {
            let href = format!("{}#days", url.clone().with("day", day).href());
            let current = (day == chosen).then_some("true");
            view! { <a class="day-chips__day" href=href aria-current=current>{words}<small>{tr!(booking.times_free, count = free)}</small></a> }
                .into_any()
        }
    };
    view! { <li>{chip}</li> }
}

fn day_column(day: NaiveDate, slots: &[Offered], any: bool, (today, chosen): (NaiveDate, NaiveDate)) -> impl IntoView + use<> {
    let words = time::show_day(day, today);
    let class = match (day == today, day == chosen) {
        (true, true) => "slots__day is-today is-chosen",
        (true, false) => "slots__day is-today",
        (false, true) => "slots__day is-chosen",
        (false, false) => "slots__day",
    };
    let none = slots.is_empty().then(|| view! { <p class="slots__none">{tr!(booking.no_free_time)}</p> });
    let buttons = slots
        .iter()
        .map(|offered| {
            let slot = &offered.0;
            let at = show_time(slot.local.time());
            view! {
                <button class="slots__slot" type="submit" name="slot" value=slot_value(slot, any)>
                    {at}
                    <span class="slots__by">{by_words(offered, any)}</span>
                    <span class="visually-hidden">{words.clone()}</span>
                </button>
            }
        })
        .collect_view();
    view! { <div class=class id=format!("day-{day}")><h2 class="slots__date">{words.clone()}</h2>{buttons}{none}</div> }
}

/// The doctor who is free then, or how many are while any of them will do.
fn by_words((slot, free): &Offered, any: bool) -> String {
    if !any || *free == 1 {
        slot.doctor.clone()
    } else if *free == 0 {
        tr!(booking.any_doctor).to_owned()
    } else {
        tr!(booking.doctors_free, count = *free)
    }
}

/// With any doctor, which one it is, is settled when the time is taken.
fn slot_value(slot: &FreeSlot, any: bool) -> String {
    let doctor = if any { "any".to_owned() } else { slot.doctor_id.to_string() };
    format!("{}.{doctor}.{}", slot.service_id, slot.starts_at.timestamp())
}

/// Returns `Today`, `Tomorrow` or the date.
pub(super) fn day_words(day: NaiveDate, today: NaiveDate) -> String {
    match (day - today).num_days() {
        0 => tr!(time.today).to_owned(),
        1 => tr!(time.tomorrow).to_owned(),
        _ => time::show_day(day, today),
    }
}

fn week_step(href: Option<String>, glyph: Glyph, words: &'static str) -> AnyView {
    match href {
        Some(href) => view! { <LinkButton href=href label=words tone=ButtonTone::Quiet glyph=glyph/> }.into_any(),
        None => view! { <span class="button button--quiet is-off" aria-hidden="true"><Icon glyph=glyph/>{words}</span> }.into_any(),
    }
}
