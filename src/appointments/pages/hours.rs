//! `/settings/hours`: the doctors' hours at a clinic, new ones, and those of one schedule.

use std::collections::HashMap;

use leptos::prelude::*;
use serde::Deserialize;

use super::hours_form::{Lost, Preview, SAVE, fields, lost_lines, lost_view, offer, preview, preview_view, refused, value};
use crate::{
    appointments::{
        hours::{self, Change, HoursKind, Kept},
        slots::Hours,
    },
    core::{
        IdempotencyKey, Permission, Result, ScheduleId, StaffId, VisitTypeId,
        list::{self, PAGE_SIZE, Slice},
        time,
    },
    organisation,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, DataTable, DateField, DescriptionList, Detail, EmptyState, Form, Glyph, LinkButton, ListUrl,
        PageHeader, Paging, Row, SelectField, StatusBadge, TextField, Toast, Tone,
    },
};

const END: &str = "/api/hours/end";
const LEAVING: &str = "/api/hours/leaving";

/// The query of the list's address.
#[derive(Debug, Default, Deserialize)]
pub struct HoursQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    doctor: String,
    /// Also hours that are over.
    #[serde(default)]
    all: String,
    #[serde(default)]
    page: Option<i64>,
    #[serde(default)]
    done: String,
}

fn done_words(done: &str) -> Option<&'static str> {
    match done {
        "saved" => Some(tr!(hours.done_saved)),
        "ended" => Some(tr!(hours.done_ended)),
        _ => None,
    }
}

/// A doctor who leaves: the form, and the appointments after the last day that was typed.
struct Leaving {
    doctor: StaffId,
    name: String,
    typed: Option<(String, Vec<Lost>)>,
}

/// The list.
///
/// # Errors
/// Not allowed, or what the database refused.
pub async fn hours_page(Query(which): Query<HoursQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageSchedules).await?;
    let (clinic, today) = (ctx.clinic.clone(), ctx.today());
    let doctor = which.doctor.parse::<StaffId>().ok();
    let offer = offer(&mut ctx).await?;
    let all = hours::of_clinic(&mut ctx.tx, clinic.id, HoursKind::Weekly).await?;
    let nothing_yet = all.is_empty();
    let words = which.q.trim().to_lowercase();
    let shown: Vec<Kept> = all
        .into_iter()
        .filter(|kept| doctor.is_none_or(|doctor| kept.doctor_id == doctor))
        .filter(|kept| !which.all.is_empty() || !is_over(kept, today))
        .filter(|kept| words.is_empty() || format!("{} {}", kept.doctor, kept.service).to_lowercase().contains(&words))
        .collect();
    let total = shown.len();
    let (page, offset) = list::offset(which.page);
    let (skip, take) = (usize::try_from(offset).unwrap_or_default(), usize::try_from(PAGE_SIZE + 1).unwrap_or_default());
    let slice = Slice::from_surplus(shown.into_iter().skip(skip).take(take).collect::<Vec<_>>(), page);
    let ids: Vec<ScheduleId> = slice.rows.iter().map(|kept| kept.id).collect();
    let mut parts: HashMap<ScheduleId, Vec<Hours>> = HashMap::new();
    for part in hours::stretches(&mut ctx.tx, &ids).await? {
        parts.entry(part.schedule_id).or_default().push(part);
    }
    let kept_for = hours::visit_types_of(&mut ctx.tx, &ids).await?;
    let only = kept_for.into_iter().map(|(id, types)| (id, hours::only_words(&types, &offer.visit_types))).collect();
    let leaving = match doctor {
        Some(doctor) => Some(leaving(&mut ctx, doctor).await?),
        None => None,
    };
    Ok(Page::new(tr!(hours.title), move || {
        list_view(which, Listed { slice, parts, only, total }, (today, nothing_yet), offer.doctors, leaving, clinic.name)
    }))
}

fn is_over(kept: &Kept, today: chrono::NaiveDate) -> bool {
    kept.valid_to.is_some_and(|end| end < today) || kept.doctor_left
}

async fn leaving(ctx: &mut Ctx, doctor: StaffId) -> Result<Leaving> {
    let name = organisation::staff_name(&mut ctx.tx, doctor).await?;
    let form = refused(ctx, LEAVING).filter(|form| value(form, "doctor_id") == doctor.to_string());
    let typed = match form.and_then(|form| time::parse_date("last_day", &value(&form, "last_day")).ok()) {
        Some(last) => {
            let today = ctx.today();
            let all = hours::of_doctor(&mut ctx.tx, doctor, today).await?;
            let changes: Vec<Change<'_>> = all.iter().map(|kept| Change::End(kept, last)).collect();
            let effect = hours::effect(&mut ctx.tx, doctor, &changes, ScheduleId::new(), ctx.now).await?;
            Some((last.to_string(), lost_lines(ctx, &effect.lost).await?))
        }
        None => None,
    };
    Ok(Leaving { doctor, name, typed })
}

/// One page of the list of hours.
struct Listed {
    slice: Slice<Kept>,
    parts: HashMap<ScheduleId, Vec<Hours>>,
    /// The visit types that hours are kept for, in words.
    only: HashMap<ScheduleId, String>,
    /// The number of all hours that the list finds.
    total: usize,
}

fn list_view(
    which: HoursQuery,
    listed: Listed,
    (today, nothing_yet): (chrono::NaiveDate, bool),
    doctors: Vec<Choice>,
    leaving: Option<Leaving>,
    clinic: String,
) -> impl IntoView {
    let HoursQuery { q, doctor, all, done, .. } = which;
    let Listed { slice, mut parts, mut only, total } = listed;
    let url = ListUrl::new("/settings/hours").with("q", q.clone()).with("doctor", doctor.clone()).with("all", all.clone());
    let paging = Paging { total: i64::try_from(total).ok(), ..Paging::of(&slice) };
    let columns = vec![
        Column::new(tr!(appointments.doctor)),
        Column::new(tr!(appointments.service)),
        Column::new(tr!(hours.hours)),
        Column::new(tr!(appointments.state)).secondary(),
    ];
    let rows = slice
        .rows
        .into_iter()
        .map(|kept| {
            let parts = parts.remove(&kept.id).unwrap_or_default();
            let (tone, label) = state(&kept, today);
            let summary = hours::summary(kept.valid_from, kept.valid_to, &parts)
                + &only.remove(&kept.id).unwrap_or_default()
                + &hours::room_words(&kept.room);
            let badge = view! { <StatusBadge tone label/> }.into_any();
            Row::new(vec![kept.doctor.into_any(), kept.service.into_any(), summary.into_any(), badge])
                .href(format!("/settings/hours/{}", kept.id))
        })
        .collect();
    let new = ListUrl::new("/settings/hours/new").with("doctor", doctor.clone()).href();
    let add = view! { <LinkButton href=new label=tr!(hours.add) tone=ButtonTone::Primary glyph=Glyph::Plus/> }.into_any();
    let filter = view! {
        <TextField kind="search" name="q" label=tr!(organisation.search) value=q maxlength=100/>
        <SelectField name="doctor" label=tr!(appointments.doctor) choices=doctors value=doctor prompt=tr!(appointments.all_doctors)/>
        <input type="hidden" name="all" value=all.clone()/>
    }
    .into_any();
    let title = if nothing_yet { tr!(hours.nothing_yet) } else { tr!(organisation.nothing) };
    let empty = view! { <EmptyState glyph=Glyph::Clock title text=tr!(hours.purpose)/> }.into_any();
    let others = match all.is_empty() {
        true => view! { <p><a href=url.clone().with("all", "yes").href()>{tr!(hours.also_over)}</a></p> }.into_any(),
        false => view! { <p><a href=url.clone().with("all", "").href()>{tr!(hours.without_over)}</a></p> }.into_any(),
    };
    let detail = format!("{clinic}. {}", tr!(hours.purpose));
    view! {
        {done_words(&done).map(|text| view! { <Toast text/> })}
        <PageHeader title=tr!(hours.title) detail actions=Some(add)/>
        <div class="stack">
            <DataTable caption=tr!(hours.title) columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter)/>
            {others}
            <p><a href="/absences">{tr!(hours.exceptions)}</a>" · "<a href="/settle">{tr!(hours.to_settle)}</a></p>
            {leaving.map(leaving_view)}
        </div>
    }
}

fn state(kept: &Kept, today: chrono::NaiveDate) -> (Tone, &'static str) {
    if kept.withdrawn_at.is_some() {
        (Tone::Inactive, tr!(hours.withdrawn))
    } else if is_over(kept, today) {
        (Tone::Inactive, tr!(hours.over))
    } else if kept.valid_from > today {
        (Tone::Reserved, tr!(hours.to_come))
    } else {
        (Tone::Done, tr!(hours.in_force))
    }
}

/// Ends all hours of one doctor after a day.
fn leaving_view(Leaving { doctor, name, typed }: Leaving) -> impl IntoView {
    let mut hidden = vec![("doctor_id", doctor.to_string())];
    hidden.extend(typed.iter().map(|(last, _)| ("seen", last.clone())));
    let lost = typed.map(|(_, lost)| lost_view(lost));
    view! {
        <section class="panel" id="leaving" aria-labelledby="leaving-heading">
            <div class="panel__head"><h2 id="leaving-heading">{tr!(hours.leaving_title, name = name)}</h2></div>
            <div class="panel__body">
                <p>{tr!(hours.leaving_text)}</p>
                {lost}
                <Form action=LEAVING hidden>
                    <DateField name="last_day" label=tr!(hours.last_day) required=true/>
                    <div class="form__actions"><Button label=tr!(hours.end_all) tone=ButtonTone::Danger/></div>
                </Form>
                <p><a href=format!("/settle?doctor={doctor}")>{tr!(hours.to_settle)}</a></p>
            </div>
        </section>
    }
}

/// The values that the form begins with.
#[derive(Debug, Default, Deserialize)]
pub struct NewHoursQuery {
    #[serde(default)]
    doctor: String,
    #[serde(default)]
    service: String,
    /// Hours whose times are taken over, for another doctor.
    #[serde(default)]
    copy: String,
}

/// The values of a form that begins with other hours.
fn values_of(kept: &Kept, parts: &[Hours], kept_for: &[VisitTypeId]) -> HashMap<String, String> {
    let mut values = HashMap::from([
        ("doctor_id".to_owned(), kept.doctor_id.to_string()),
        ("service_id".to_owned(), kept.service_id.to_string()),
        ("valid_to".to_owned(), kept.valid_to.map(|day| day.to_string()).unwrap_or_default()),
    ]);
    if let Some(part) = parts.first() {
        values.insert("slot_minutes".to_owned(), part.slot_minutes.to_string());
        values.insert("gap_minutes".to_owned(), part.gap_minutes.to_string());
        values.insert("capacity".to_owned(), part.capacity.to_string());
        values.insert("walk_in_seats".to_owned(), part.walk_in_seats.to_string());
    }
    values.insert("room_id".to_owned(), kept.room_id.map(|id| id.to_string()).unwrap_or_default());
    values.extend(kept_for.iter().map(|id| (hours::visit_type_tick(*id), "true".to_owned())));
    for day in 1..=7 {
        for (part, number) in parts.iter().filter(|part| part.weekday == day).take(2).zip(1..) {
            values.insert(hours::field(day, number, "from"), hours::typed(part.start_minute));
            values.insert(hours::field(day, number, "to"), hours::typed(part.end_minute));
        }
    }
    values
}

/// The form of new hours.
///
/// # Errors
/// Not allowed, or what the database refused.
pub async fn new_page(Query(begin): Query<NewHoursQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageSchedules).await?;
    let offer = offer(&mut ctx).await?;
    let mut values = match begin.copy.parse::<ScheduleId>() {
        Ok(id) => {
            let kept = hours::kept(&mut ctx.tx, id).await?;
            ctx.at_clinic(Permission::ManageSchedules, kept.clinic_id)?;
            let parts = hours::stretches(&mut ctx.tx, &[id]).await?;
            let kept_for = hours::visit_types_of(&mut ctx.tx, &[id]).await?.remove(&id).unwrap_or_default();
            let mut values = values_of(&kept, &parts, &kept_for);
            for own in ["doctor_id", "valid_to", "room_id"] {
                values.remove(own);
            }
            values
        }
        Err(_) => HashMap::from([("slot_minutes".to_owned(), "20".to_owned()), ("capacity".to_owned(), "1".to_owned())]),
    };
    values.insert("valid_from".to_owned(), ctx.today().to_string());
    for (name, given) in [("doctor_id", begin.doctor), ("service_id", begin.service)] {
        if !given.is_empty() {
            values.insert(name.to_owned(), given);
        }
    }
    let form = refused(&ctx, SAVE);
    let shown = match &form {
        Some(form) => preview(&mut ctx, &|name| value(form, name), None).await?,
        None => None,
    };
    // The same form goes on under the same key.
    let key =
        form.as_ref().map(|form| value(form, "key")).filter(|key| !key.is_empty()).unwrap_or_else(|| IdempotencyKey::new().to_string());
    Ok(Page::new(tr!(hours.add), move || {
        let back = ("/settings/hours".to_owned(), tr!(hours.title).to_owned());
        view! {
            <PageHeader title=tr!(hours.add) back detail=tr!(hours.purpose)/>
            {save_form(vec![("key", key)], shown, offer, values)}
        }
    }))
}

/// The form with the preview of what was typed, if it could be read.
fn save_form(
    mut hidden: Vec<(&'static str, String)>,
    shown: Option<Preview>,
    offer: super::hours_form::Offer,
    values: HashMap<String, String>,
) -> impl IntoView {
    hidden.extend(shown.iter().map(|preview| ("seen", preview.mark.clone())));
    let label = if shown.is_some() { tr!(hours.save_previewed) } else { tr!(hours.show_preview) };
    let preview = shown.map(preview_view);
    // Made inside the form, where a field finds what a refused post typed.
    let fields = move || fields(offer, &|name| values.get(name).cloned().unwrap_or_default());
    view! {
        <div class="stack">
            {preview}
            <Form action=SAVE hidden>
                {fields()}
                <div class="form__actions">
                    <Button label tone=ButtonTone::Primary key="Ctrl+Enter"/>
                    <LinkButton href="/settings/hours" label=tr!(organisation.cancel) tone=ButtonTone::Quiet/>
                </div>
            </Form>
        </div>
    }
}

/// The data that the page of one schedule shows.
struct Shown {
    kept: Kept,
    parts: Vec<Hours>,
    /// The visit types for which patients can book the hours; empty for all.
    kept_for: Vec<VisitTypeId>,
    today: chrono::NaiveDate,
    preview: Option<Preview>,
    offer: super::hours_form::Offer,
    key: String,
    ending: Option<(String, Vec<Lost>)>,
    done: String,
}

/// One schedule: its times, the form that changes it from a day on, and the one that ends it.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when it is another clinic's.
pub async fn entry_page(Path(id): Path<ScheduleId>, Query(which): Query<HoursQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageSchedules).await?;
    let kept = hours::kept(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageSchedules, kept.clinic_id)?;
    if kept.clinic_id != ctx.clinic.id {
        // The clinic of the hours gives the day and the clock.
        ctx.clinic = organisation::clinic(&mut ctx.tx, kept.clinic_id).await?;
    }
    let parts = hours::stretches(&mut ctx.tx, &[id]).await?;
    let offer = offer(&mut ctx).await?;
    let form = refused(&ctx, SAVE).filter(|form| value(form, "schedule") == id.to_string());
    let preview = match &form {
        Some(form) => preview(&mut ctx, &|name| value(form, name), Some(&kept)).await?,
        None => None,
    };
    let key =
        form.as_ref().map(|form| value(form, "key")).filter(|key| !key.is_empty()).unwrap_or_else(|| IdempotencyKey::new().to_string());
    let end = refused(&ctx, END).and_then(|form| time::parse_date("last_day", &value(&form, "last_day")).ok());
    let ending = match end {
        Some(last) => {
            let effect = hours::effect(&mut ctx.tx, kept.doctor_id, &[Change::End(&kept, last)], ScheduleId::new(), ctx.now).await?;
            Some((last.to_string(), lost_lines(&mut ctx, &effect.lost).await?))
        }
        None => None,
    };
    let kept_for = hours::visit_types_of(&mut ctx.tx, &[id]).await?.remove(&id).unwrap_or_default();
    let shown = Shown { parts, kept_for, today: ctx.today(), preview, offer, key, ending, done: which.done, kept };
    Ok(Page::new(shown.kept.doctor.clone(), move || entry_view(shown)))
}

fn entry_view(shown: Shown) -> impl IntoView {
    let Shown { kept, parts, kept_for, today, preview, offer, key, ending, done } = shown;
    let back = ("/settings/hours".to_owned(), tr!(hours.title).to_owned());
    let (tone, label) = state(&kept, today);
    let details = vec![
        Detail::view(tr!(appointments.state), view! { <StatusBadge tone label/> }),
        Detail::new(tr!(appointments.service), kept.service.clone()),
        Detail::new(
            tr!(hours.hours),
            hours::summary(kept.valid_from, kept.valid_to, &parts) + &hours::only_words(&kept_for, &offer.visit_types),
        ),
        Detail::new(tr!(hours.room), if kept.room.is_empty() { tr!(hours.no_room).to_owned() } else { kept.room.clone() }),
    ];
    let copy = ListUrl::new("/settings/hours/new").with("copy", kept.id).href();
    let actions = view! { <LinkButton href=copy label=tr!(hours.copy) glyph=Glyph::User/> }.into_any();
    let open = kept.withdrawn_at.is_none() && !is_over(&kept, today) && kept.kind == HoursKind::Weekly;
    let change = open.then(|| {
        let mut values = values_of(&kept, &parts, &kept_for);
        values.insert("valid_from".to_owned(), kept.valid_from.max(today).to_string());
        let hidden = vec![("key", key), ("schedule", kept.id.to_string()), ("version", kept.version.to_string())];
        view! {
            <section class="panel" aria-labelledby="change">
                <div class="panel__head"><h2 id="change">{tr!(hours.change)}</h2></div>
                <div class="panel__body">
                    <p>{tr!(hours.change_text)}</p>
                    {save_form(hidden, preview, offer, values)}
                </div>
            </section>
            {end_view(&kept, ending)}
        }
    });
    view! {
        {done_words(&done).map(|text| view! { <Toast text/> })}
        <PageHeader title=kept.doctor.clone() back actions=Some(actions)/>
        <div class="stack">
            <section class="panel">
                <div class="panel__head"><h2>{tr!(hours.hours)}</h2></div>
                <div class="panel__body"><DescriptionList details=details/></div>
            </section>
            {change}
        </div>
    }
}

fn end_view(kept: &Kept, ending: Option<(String, Vec<Lost>)>) -> impl IntoView + use<> {
    let mut hidden = vec![("schedule", kept.id.to_string()), ("version", kept.version.to_string())];
    hidden.extend(ending.iter().map(|(last, _)| ("seen", last.clone())));
    let lost = ending.map(|(_, lost)| lost_view(lost));
    view! {
        <section class="panel" aria-labelledby="end">
            <div class="panel__head"><h2 id="end">{tr!(hours.end_title)}</h2></div>
            <div class="panel__body">
                <p>{tr!(hours.end_text)}</p>
                {lost}
                <Form action=END hidden>
                    <DateField name="last_day" label=tr!(hours.last_day) required=true/>
                    <div class="form__actions"><Button label=tr!(hours.end) tone=ButtonTone::Danger/></div>
                </Form>
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        appointments::hours::Plan,
        core::{ClinicId, ServiceId, error::FieldErrors},
    };

    #[test]
    fn a_form_made_from_hours_reads_as_the_same_hours() {
        let (doctor, service, id) = (StaffId::new(), ServiceId::new(), ScheduleId::new());
        let kept = Kept {
            id,
            doctor_id: doctor,
            doctor: "Dr. Carmen Costa".to_owned(),
            service_id: service,
            service: "General medicine".to_owned(),
            clinic_id: ClinicId::new(),
            kind: HoursKind::Weekly,
            valid_from: "2026-01-01".parse().expect("a day"),
            valid_to: Some("2027-06-30".parse().expect("a day")),
            reason: String::new(),
            room_id: None,
            room: String::new(),
            version: 1,
            withdrawn_at: None,
            doctor_left: false,
        };
        let part = |weekday, start_minute, end_minute| Hours {
            schedule_id: id,
            doctor_id: doctor,
            service_id: service,
            valid_from: kept.valid_from,
            valid_to: kept.valid_to,
            weekday,
            start_minute,
            end_minute,
            slot_minutes: 15,
            gap_minutes: 5,
            capacity: 2,
            walk_in_seats: 1,
        };
        let parts = [part(1, 480, 720), part(1, 840, 1080), part(5, 1200, 1440)];
        let mut values = values_of(&kept, &parts, &[]);
        values.insert("valid_from".to_owned(), "2026-12-01".to_owned());
        let mut errors = FieldErrors::new();
        let today = "2026-11-21".parse().expect("a day");
        let plan = Plan::read(&|name| values.get(name).cloned().unwrap_or_default(), today, &mut errors).expect("read");
        errors.finish().expect("nothing is wrong");
        let read: Vec<_> = plan.hours(id).into_iter().map(|hours| Hours { valid_from: kept.valid_from, ..hours }).collect();
        assert_eq!(read, parts);
    }
}
