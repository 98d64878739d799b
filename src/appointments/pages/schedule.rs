//! `/schedules`: a day with a column per doctor or per room, a doctor's day, a doctor's week.

use chrono::{Duration, NaiveDate};
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    at_the_services_clinic,
    undo::{PostedForm, undo_of},
};

use crate::{
    appointments::{
        day::{self, Schedule},
        islands::ScheduleGrid,
        schedule::ScheduleAsk,
    },
    core::{Permission, Result, ServiceId, ServicePointId, StaffId, time},
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, Choice, DateField, EmptyState, Glyph, KeyHint, LinkButton, PageHeader, SelectField, Tab, Tabs, Toast},
};

/// The query of the page; every part may be missing.
#[derive(Debug, Default, Deserialize)]
pub struct ScheduleQuery {
    #[serde(default)]
    day: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    doctor: String,
    #[serde(default)]
    view: String,
    /// A room, where the view is by rooms.
    #[serde(default)]
    room: String,
    /// The act just done, and its appointment.
    #[serde(default)]
    done: String,
    #[serde(default)]
    about: String,
}

impl ScheduleQuery {
    /// Returns the query's values that can be read.
    pub(super) fn ask(&self, today: NaiveDate) -> ScheduleAsk {
        ScheduleAsk {
            day: time::parse_date("day", &self.day).unwrap_or(today),
            service: self.service.parse::<ServiceId>().ok(),
            doctor: self.doctor.parse::<StaffId>().ok(),
            week: self.view == "week",
            rooms: self.view == "rooms",
            room: self.room.parse::<ServicePointId>().ok().filter(|_| self.view == "rooms"),
        }
    }
}

/// Serves the page.
///
/// # Errors
/// When the user lacks the permission, or when the database refuses.
pub async fn schedule_page(Query(choices): Query<ScheduleQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadSchedules).await?;
    let ask = choices.ask(ctx.today());
    at_the_services_clinic(&mut ctx, Permission::ReadSchedules, ask.service).await?;
    let today = ctx.today();
    let schedule = day::schedule(&mut ctx, ask).await?;
    let may_book = ctx.who.may_at(Permission::BookAppointments, ctx.clinic.id);
    let may_block = ctx.who.may_at(Permission::KeepAbsences, ctx.clinic.id);
    let toast = match choices.done.as_str() {
        "blocked" => Some((tr!(hours.done_blocked), None)),
        _ if may_book => said(&mut ctx, &choices).await?,
        _ => None,
    };
    let page = Page::new(tr!(nav.schedules), move || {
        view! {
            {toast.map(|(text, undo)| view! { <Toast text undo/> })}
            {content(schedule, today, (may_book, may_block))}
        }
    });
    let keys = if may_book { vec![KeyHint::new("m", tr!(appointments.key_move))] } else { Vec::new() };
    Ok(page.keys(keys).class("main--full main--window"))
}

/// Returns the words for the act just done here, with the form that undoes it.
async fn said(ctx: &mut Ctx, choices: &ScheduleQuery) -> Result<Option<(&'static str, Option<PostedForm>)>> {
    let text = match choices.done.as_str() {
        "moved" => tr!(appointments.done_moved),
        "restored" => tr!(appointments.done_restored),
        _ => return Ok(None),
    };
    let undo = match choices.about.parse() {
        Ok(id) => undo_of(ctx, &choices.done, id, "schedule").await?,
        Err(_) => None,
    };
    Ok(Some((text, undo)))
}

fn content(schedule: Schedule, today: NaiveDate, may: (bool, bool)) -> impl IntoView {
    let Schedule { view, services, doctors, ask } = schedule;
    let (first, last) = day::days(ask);
    let title = match ask.week {
        true => format!("{} – {}", time::show_day(first, today), time::show_day(last, today)),
        false => time::show_long_date(ask.day),
    };
    let actions = bar(ask, today, may);
    // "All services" is the initial choice for a doctor's own day; it cannot be chosen for all doctors. Rooms are of all services.
    let all = (ask.service.is_none() || ask.rooms).then(|| Choice::new("", tr!(appointments.all_services)));
    let service_choices = services.iter().map(|service| Choice::new(service.id.to_string(), service.name.clone()));
    let service_choices = all.into_iter().chain(service_choices).collect::<Vec<_>>();
    let doctor_choices = doctors.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect::<Vec<_>>();
    let empty = view.columns.is_empty()
        || view.columns.iter().all(|column| column.cards.is_empty() && column.free.is_empty() && column.away.is_empty());
    view! {
        <PageHeader title=title actions=Some(actions)/>
        <form class="filter schedule-filter" method="get" action="/schedules">
            <SelectField
                name="service"
                label=tr!(appointments.service)
                choices=service_choices
                value=ask.service.map(|id| id.to_string()).unwrap_or_default()
            />
            <SelectField
                name="doctor"
                label=tr!(appointments.doctor)
                choices=doctor_choices
                prompt=tr!(appointments.all_doctors)
                value=ask.doctor.map(|id| id.to_string()).unwrap_or_default()
            />
            <DateField name="day" label=tr!(appointments.day) value=ask.day.to_string()/>
            {view_word(ask).map(|word| view! { <input type="hidden" name="view" value=word/> })}
            <Button label=tr!(ui.show) glyph=Glyph::Filter/>
        </form>
        {if empty {
            view! { <EmptyState glyph=Glyph::Calendar title=tr!(appointments.no_hours) text=tr!(appointments.no_hours_hint)/> }.into_any()
        } else {
            view! { <ScheduleGrid view=view ask=ask/> }.into_any()
        }}
    }
}

/// Shows the switch between day and week, the buttons to move through them, and the possible actions.
fn bar(ask: ScheduleAsk, today: NaiveDate, (may_book, may_block): (bool, bool)) -> AnyView {
    let span = Duration::days(if ask.week { 7 } else { 1 });
    let by_doctor = ScheduleAsk { rooms: false, room: None, ..ask };
    let by_room = ScheduleAsk { week: false, rooms: true, room: None, ..ask };
    let at = |day: NaiveDate| day::address(ScheduleAsk { day, ..ask });
    let (before, after) = match ask.week {
        true => (tr!(appointments.week_before), tr!(appointments.week_after)),
        false => (tr!(appointments.day_before), tr!(appointments.day_after)),
    };
    let list = if ask.week { tr!(appointments.week_list) } else { tr!(appointments.day_list) };
    view! {
        <div class="schedule__bar">
            <Tabs
                label=tr!(appointments.day_or_week)
                tabs=vec![
                    Tab::new(day::address(ScheduleAsk { week: false, ..by_doctor }), tr!(appointments.day), !ask.week && !ask.rooms),
                    Tab::new(day::address(ScheduleAsk { week: true, ..by_doctor }), tr!(appointments.week), ask.week),
                    Tab::new(day::address(by_room), tr!(appointments.by_room), ask.rooms),
                ]
            />
            <div class="cluster">
                {step(at(ask.day - span), Glyph::ChevronLeft, before)}
                <LinkButton href=at(today) label=tr!(time.today)/>
                {step(at(ask.day + span), Glyph::ChevronRight, after)}
            </div>
            <LinkButton href=day::address(ask).replacen("/schedules", "/schedules/month", 1) label=tr!(appointments.month)/>
            <LinkButton href=day::address(ask).replacen("/schedules", "/schedules/print", 1) label=list glyph=Glyph::Print/>
            {may_book.then(|| view! { <LinkButton href="/waitlist" label=tr!(appointments.waitlist) glyph=Glyph::Clock/> })}
            {may_book.then(|| view! { <LinkButton href="/appointments/missed" label=tr!(appointments.missed) glyph=Glyph::Inactive/> })}
            {may_block.then(|| view! { <LinkButton href=block_address(ask, today) label=tr!(hours.add_block) glyph=Glyph::Inactive/> })}
            {may_book.then(|| view! { <LinkButton href=new_address(ask) label=tr!(appointments.book) tone=ButtonTone::Primary glyph=Glyph::Plus/> })}
        </div>
    }
    .into_any()
}

/// Shows a button to move through the days: an icon with its text for screen readers.
fn step(href: String, glyph: Glyph, words: &'static str) -> impl IntoView {
    view! { <a class="button button--icon" href=href title=words><crate::ui::Icon glyph=glyph label=words/></a> }
}

/// The word of the view in addresses; none for a day by doctors.
fn view_word(ask: ScheduleAsk) -> Option<&'static str> {
    if ask.week { Some("week") } else { ask.rooms.then_some("rooms") }
}

fn block_address(ask: ScheduleAsk, today: NaiveDate) -> String {
    let url = crate::ui::ListUrl::new("/absences/new").with("kind", "block").with("day", ask.day.max(today));
    ask.doctor.into_iter().fold(url, |url, id| url.with("doctor", id)).with("back", "schedule").href()
}

fn new_address(ask: ScheduleAsk) -> String {
    let url = crate::ui::ListUrl::new("/appointments/new");
    let url = ask.service.into_iter().fold(url, |url, id| url.with("service", id));
    ask.doctor.into_iter().fold(url, |url, id| url.with("doctor", id)).with("from", ask.day).href()
}
