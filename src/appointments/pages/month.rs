//! `/schedules/month`: how many are booked on each day of a month, by state, for the clinic, a service or a doctor. It names no patient.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Duration, Months, NaiveDate};
use leptos::prelude::*;

use super::{at_the_services_clinic, schedule::ScheduleQuery};
use crate::{
    appointments::{
        AppointmentState, day,
        schedule::ScheduleAsk,
        store::{self, Whose},
    },
    core::{Permission, Result, time},
    organisation,
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, Choice, Glyph, LinkButton, ListUrl, PageHeader, PrintButton, SelectField},
};

/// The states that are counted, in this order.
const COUNTED: [AppointmentState; 5] = [
    AppointmentState::Booked,
    AppointmentState::CheckedIn,
    AppointmentState::InConsultation,
    AppointmentState::Fulfilled,
    AppointmentState::NoShow,
];

/// How many appointments of a day are in each state of [`COUNTED`].
type DayCount = [i64; COUNTED.len()];

/// Serves the page.
///
/// # Errors
/// When the user lacks the permission, or when the database refuses.
pub async fn month_page(Query(choices): Query<ScheduleQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadSchedules).await?;
    let ask = choices.ask(ctx.today());
    at_the_services_clinic(&mut ctx, Permission::ReadSchedules, ask.service).await?;
    let (clinic, zone, today) = (ctx.clinic.id, ctx.zone(), ctx.today());
    let services = organisation::services(&mut ctx.tx, clinic).await?;
    let whose = match (ask.doctor, ask.service.filter(|id| services.iter().any(|service| service.id == *id))) {
        (Some(doctor), _) => Whose::Doctor(doctor),
        (None, Some(service)) => Whose::Service(service),
        (None, None) => Whose::Anybody,
    };
    let first = ask.day.with_day(1).unwrap_or(ask.day);
    let next = first + Months::new(1);
    let begins = (zone.day_bounds(first).0, zone.day_bounds(next).0);
    let doctor = match ask.doctor {
        Some(id) => organisation::doctor(&mut ctx.tx, id).await?.name,
        None => String::new(),
    };
    let mut days: BTreeMap<NaiveDate, DayCount> = BTreeMap::new();
    for (starts_at, state, count) in store::states(&mut ctx.tx, clinic, whose, begins.0, begins.1).await? {
        if let Some(place) = COUNTED.iter().position(|counted| *counted == state) {
            days.entry(zone.day(starts_at)).or_default()[place] += count;
        }
    }
    let services = services.into_iter().map(|service| Choice::new(service.id.to_string(), service.name)).collect();
    Ok(Page::new(tr!(appointments.month), move || content(ask, (first, today), &days, services, doctor)).class("main--full"))
}

fn content(
    ask: ScheduleAsk,
    (first, today): (NaiveDate, NaiveDate),
    days: &BTreeMap<NaiveDate, DayCount>,
    services: Vec<Choice>,
    doctor: String,
) -> impl IntoView + use<> {
    let next = first + Months::new(1);
    let url = ask.service.into_iter().fold(ListUrl::new("/schedules/month"), |url, id| url.with("service", id));
    let url = ask.doctor.into_iter().fold(url, |url, id| url.with("doctor", id));
    let step = |day: NaiveDate| url.clone().with("day", day).href();
    let title = format!("{} {}", time::long_month(first.month()), first.year());
    let monday = first - Duration::days(i64::from(first.weekday().num_days_from_monday()));
    let cell = |day: NaiveDate| {
        if day.month() != first.month() {
            return view! { <td></td> }.into_any();
        }
        let counts = days.get(&day).copied().unwrap_or_default();
        let all: i64 = counts.iter().sum();
        let states = COUNTED.iter().zip(counts).filter(|(_, count)| *count > 0);
        let states = states.map(|(state, count)| view! { <li>{format!("{count} {}", state.word())}</li> }).collect_view();
        let href = day::address(ScheduleAsk { day, week: false, rooms: false, room: None, ..ask });
        let current = (day == today).then_some("date");
        let words = tr!(appointments.booked_count, count = all);
        view! {
            <td class="month-of-schedule__day" aria-current=current>
                <a href=href>{day.day()}<span class="visually-hidden">", "{words}</span></a>
                <strong aria-hidden="true">{(all > 0).then_some(all)}</strong>
                <ul>{states}</ul>
            </td>
        }
        .into_any()
    };
    let weeks = monday
        .iter_weeks()
        .take_while(|week| *week < next)
        .map(|week| view! { <tr>{week.iter_days().take(7).map(cell).collect_view()}</tr> })
        .collect_view();
    let heads = monday.iter_days().take(7).map(|day| view! { <th scope="col">{time::short_weekday(day)}</th> }).collect_view();
    let hidden_doctor = ask.doctor.map(|id| view! { <input type="hidden" name="doctor" value=id.to_string()/> });
    let service = ask.service.map(|id| id.to_string()).unwrap_or_default();
    let actions = view! {
        <div class="cluster">
            <LinkButton href=step(first - Months::new(1)) label=tr!(booking.month_before) glyph=Glyph::ChevronLeft/>
            <LinkButton href=step(next) label=tr!(booking.month_after) glyph=Glyph::ChevronRight/>
            <LinkButton href=day::address(ask) label=tr!(appointments.day)/>
            <PrintButton at_once=false/>
        </div>
    }
    .into_any();
    view! {
        <PageHeader title=title.clone() detail=doctor actions=Some(actions)/>
        <form class="filter schedule-filter" method="get" action="/schedules/month">
            {hidden_doctor}
            <input type="hidden" name="day" value=first.to_string()/>
            <SelectField
                name="service"
                label=tr!(appointments.service)
                choices=services
                prompt=tr!(appointments.all_services)
                value=service
            />
            <Button label=tr!(ui.show) glyph=Glyph::Filter/>
        </form>
        <table class="month-of-schedule">
            <caption class="visually-hidden">{title}</caption>
            <thead><tr>{heads}</tr></thead>
            <tbody>{weeks}</tbody>
        </table>
    }
}
