//! `/settings/shifts`: the week of a clinic: who works where, from when to when.

use chrono::{Days, NaiveDate};
use leptos::prelude::*;
use serde::Deserialize;

use super::managing;
use crate::{
    core::{
        ClinicId, Error, IdempotencyKey, Result,
        time::{Zone, long_weekday, parse_date, show_date, show_time},
    },
    organisation::{
        Clinic, ServicePoint, clinics,
        people::profession_words,
        service_points,
        shifts::{PlannedShift, ShiftWorker, monday_of, shifts, workers},
    },
    server::{Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, DateField, EmptyState, Form, Glyph, LinkButton, ListUrl, PageHeader, PostButton,
        PrintButton, Row, SelectField, TimeField, Toast,
    },
};

/// Which clinic, which week, and what was done just now.
#[derive(Debug, Deserialize)]
pub struct ShiftsQuery {
    #[serde(default)]
    clinic: String,
    #[serde(default)]
    week: String,
    #[serde(default)]
    done: String,
}

/// The data that the page shows.
struct WeekOfShifts {
    clinic: Clinic,
    clinics: Vec<(ClinicId, String)>,
    monday: NaiveDate,
    today: NaiveDate,
    shifts: Vec<PlannedShift>,
    workers: Vec<ShiftWorker>,
    places: Vec<ServicePoint>,
    done: String,
}

/// The week.
pub async fn shifts_page(Query(which): Query<ShiftsQuery>) -> Result<Page> {
    let mut ctx = managing().await?;
    let all = clinics(&mut ctx.tx).await?;
    let here = which.clinic.parse::<ClinicId>().unwrap_or(ctx.clinic.id);
    let clinic = all.iter().find(|clinic| clinic.id == here).cloned().ok_or(Error::NotFound)?;
    let today = clinic.zone.day(ctx.now);
    let monday = monday_of(parse_date("week", &which.week).unwrap_or(today));
    let after = monday.checked_add_days(Days::new(7)).unwrap_or(monday);
    let bounds = (clinic.zone.day_bounds(monday).0, clinic.zone.day_bounds(after).0);
    let week = WeekOfShifts {
        shifts: shifts(&mut ctx.tx, clinic.id, bounds).await?,
        workers: workers(&mut ctx.tx).await?,
        places: service_points(&mut ctx.tx, clinic.id).await?,
        clinics: all.into_iter().map(|clinic| (clinic.id, clinic.name)).collect(),
        clinic,
        monday,
        today,
        done: which.done,
    };
    Ok(Page::new(tr!(organisation.shifts), move || week_view(week)))
}

/// The address of a week.
fn week_url(clinic: ClinicId, monday: NaiveDate) -> String {
    ListUrl::new("/settings/shifts").with("clinic", clinic).with("week", monday).href()
}

fn week_view(week: WeekOfShifts) -> impl IntoView {
    let (clinic, monday) = (week.clinic.clone(), week.monday);
    let toast = match week.done.as_str() {
        "planned" => Some(tr!(organisation.shift_planned)),
        "removed" => Some(tr!(organisation.shift_removed)),
        "copied" => Some(tr!(organisation.shift_copied)),
        _ => None,
    };
    let toast = toast.map(|text| view! { <Toast text/> });
    let step = |by: i64| {
        let day = if by < 0 { monday.checked_sub_days(Days::new(7)) } else { monday.checked_add_days(Days::new(7)) };
        week_url(clinic.id, day.unwrap_or(monday))
    };
    let hidden = || vec![("clinic", clinic.id.to_string()), ("week", monday.to_string())];
    let detail = tr!(organisation.shifts_of, clinic = clinic.name.clone(), zone = clinic.zone_name.clone());
    let title = tr!(organisation.week_of, day = show_date(monday));
    let actions = view! {
        <LinkButton href=step(-1) label=tr!(organisation.week_before)/>
        <LinkButton href=step(1) label=tr!(organisation.week_after)/>
        <PrintButton at_once=false/>
        <PostButton action="/api/organisation/copy_shifts" label=tr!(organisation.copy_week) hidden=hidden()/>
    }
    .into_any();
    let others = (week.clinics.len() > 1).then(|| {
        let links = week.clinics.iter().filter(|(id, _)| *id != clinic.id);
        let links = links.map(|(id, name)| view! { <LinkButton href=week_url(*id, monday) label=name.clone()/> }).collect_view();
        view! { <div class="no-print cluster">{links}</div> }
    });
    let back = ("/settings".to_owned(), tr!(organisation.title).to_owned());
    let sent = [hidden(), vec![("key", IdempotencyKey::new().to_string())]].concat();
    let (grid, form) = (grid(&week), plan_fields(&week));
    view! {
        {toast}
        <PageHeader title back detail actions=Some(actions)/>
        <div class="stack">
            {others}
            {grid}
            <section class="panel no-print" aria-labelledby="plan">
                <div class="panel__head"><h2 id="plan">{tr!(organisation.plan_shift)}</h2></div>
                <div class="panel__body">
                    <Form action="/api/organisation/plan_shift" hidden=sent>
                        {form()}
                        <div class="form__actions"><Button label=tr!(organisation.plan_shift) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                    </Form>
                </div>
            </section>
        </div>
    }
}

/// The fields of a new shift, made inside the form.
fn plan_fields(week: &WeekOfShifts) -> impl FnOnce() -> AnyView + Send + use<> {
    let staff: Vec<Choice> = week
        .workers
        .iter()
        .map(|worker| Choice::new(worker.id.to_string(), format!("{}, {}", worker.name, profession_words(worker.profession))))
        .collect();
    let places: Vec<Choice> = week.places.iter().map(|place| Choice::new(place.id.to_string(), place.name.clone())).collect();
    let last = week.monday.checked_add_days(Days::new(6)).unwrap_or(week.monday);
    let day = if (week.monday..=last).contains(&week.today) { week.today } else { week.monday };
    move || {
        view! {
            <SelectField name="staff" label=tr!(organisation.staff) choices=staff prompt=tr!(errors.choose) required=true/>
            <DateField name="day" label=tr!(organisation.shift_day) value=day.to_string() required=true/>
            <TimeField name="from" label=tr!(organisation.shift_from) value="08:00" required=true/>
            <TimeField name="to" label=tr!(organisation.shift_to) value="16:00" required=true hint=tr!(organisation.shift_to_hint)/>
            <SelectField name="place" label=tr!(organisation.shift_place) choices=places prompt=tr!(organisation.none_chosen) optional=true/>
        }
        .into_any()
    }
}

/// A row for each person who works in the week, a column for each day.
fn grid(week: &WeekOfShifts) -> AnyView {
    let days: Vec<NaiveDate> = (0..7).filter_map(|number| week.monday.checked_add_days(Days::new(number))).collect();
    let zone = week.clinic.zone;
    let mut people: Vec<(&str, Vec<&PlannedShift>)> = Vec::new();
    for shift in &week.shifts {
        match people.iter_mut().find(|(_, shifts)| shifts.first().is_some_and(|first| first.staff_id == shift.staff_id)) {
            Some((_, shifts)) => shifts.push(shift),
            None => people.push((&shift.name, vec![shift])),
        }
    }
    people.sort_by_cached_key(|(name, shifts)| (shifts.first().map(|first| first.profession), name.to_lowercase()));
    let columns = std::iter::once(Column::new(tr!(organisation.staff)))
        .chain(days.iter().map(|day| Column::new(format!("{} {}", long_weekday(*day), day.format("%-d")))))
        .collect();
    let rows = people
        .into_iter()
        .map(|(name, shifts)| {
            let profession = shifts.first().map(|first| profession_words(first.profession)).unwrap_or_default();
            let head = view! { {name.to_owned()}<br/><span class="muted">{profession}</span> }.into_any();
            let cells = days.iter().map(|day| cell(&shifts, (*day, zone), (week.clinic.id, week.monday)));
            Row::new(std::iter::once(head).chain(cells).collect())
        })
        .collect();
    let empty =
        view! { <EmptyState glyph=Glyph::Calendar title=tr!(organisation.no_shifts) text=tr!(organisation.no_shifts_text)/> }.into_any();
    view! { <DataTable caption=tr!(organisation.shifts) columns rows empty=Some(empty) stacked=true/> }.into_any()
}

/// The shifts of a person that begin on a day.
fn cell(shifts: &[&PlannedShift], (day, zone): (NaiveDate, Zone), (clinic, monday): (ClinicId, NaiveDate)) -> AnyView {
    let of_day = shifts.iter().filter(|shift| zone.day(shift.starts_at) == day);
    of_day
        .map(|shift| {
            let time = |at| show_time(zone.local(at).time());
            let words = format!("{}–{}", time(shift.starts_at), time(shift.ends_at));
            let about = format!("{}, {words}", shift.name);
            let hidden = vec![
                ("clinic", clinic.to_string()),
                ("week", monday.to_string()),
                ("shift", shift.id.to_string()),
                ("version", shift.version.to_string()),
            ];
            view! {
                <p class="nowrap">{words}</p>
                <p class="muted">{shift.place.clone().unwrap_or_default()}</p>
                <PostButton
                    action="/api/organisation/remove_shift"
                    label=tr!(organisation.remove_shift)
                    about
                    tone=ButtonTone::Quiet
                    hidden
                />
            }
        })
        .collect_view()
        .into_any()
}
