//! `/settings/{list}/new` and `/settings/{list}/{id}`: the form of a row of master data.

use leptos::prelude::*;
use uuid::Uuid;

use super::{
    fields::{both_versions, control, refused_form},
    list::named,
    managing,
};
use crate::{
    audit::field_words,
    core::{
        Error, IdempotencyKey, Result,
        form::FormState,
        time::{show_date_time, show_long_date_time},
    },
    organisation::lists::{Entry, Hanging, Hangs, LastChange, List, Names, ZoneShift, entry, hanging, last_change, zone_shifts},
    server::{Page, Path},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Column, Confirm, DataTable, DescriptionList, Detail, Form, LinkButton, NoticeBox, PageHeader,
        PostButton, Row, Tone,
    },
};

const SAVE: &str = "/api/organisation/save";

/// Shows the form of a new row.
pub async fn new_page(Path(word): Path<String>) -> Result<Page> {
    let mut ctx = managing().await?;
    let list = named(&word)?;
    let names = Names::of(&mut ctx.tx, list).await?;
    Ok(Page::new(list.add(), move || {
        let back = (list.href(), list.title().to_owned());
        // Made inside the form, where a field finds the value that a refused form sent.
        let fields = move || list.fields().iter().map(|field| control(field, field.preset.to_owned(), &names, false)).collect_view();
        let hidden = vec![("list", list.as_str().to_owned()), ("key", IdempotencyKey::new().to_string())];
        view! {
            <PageHeader title=list.add() back detail=list.purpose()/>
            <Form action=SAVE hidden>
                {fields()}
                <div class="form__actions">
                    <Button label=tr!(organisation.save) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                    <LinkButton href=list.href() label=tr!(organisation.cancel) tone=ButtonTone::Quiet/>
                </div>
            </Form>
        }
    })
    .class("main--narrow"))
}

/// The data that the page of a row shows beside its fields.
struct Shown {
    entry: Entry,
    names: Names,
    hanging: Hanging,
    last: LastChange,
    last_at: Option<String>,
    form: Option<FormState>,
    /// The future bookings whose local time changes with the time zone in the refused form.
    shifts: Vec<ZoneShift>,
}

/// Shows the row: its form, the data that depend on it, and the buttons to retire it and to bring it back.
pub async fn entry_page(Path((word, id)): Path<(String, String)>) -> Result<Page> {
    let mut ctx = managing().await?;
    let list = named(&word)?;
    let id = Uuid::parse_str(&id).map_err(|_| Error::NotFound)?;
    let now = ctx.now;
    let entry = entry(&mut ctx.tx, list, id).await?;
    let names = Names::of(&mut ctx.tx, list).await?;
    let hanging = if entry.retired { Hanging::new() } else { hanging(&mut ctx.tx, list, id, now).await? };
    let last = last_change(&mut ctx.tx, list, id).await?;
    let last_at = last.changed_at.map(|at| show_date_time(ctx.zone().local(at)));
    let form = refused_form(ctx.request(), SAVE, Some(&id.to_string()));
    let shifts = match (list, form.as_ref().and_then(|form| form.value("time_zone"))) {
        (List::Clinics, Some(zone)) => zone_shifts(&mut ctx, id, entry.value(list, "time_zone"), zone).await?,
        _ => Vec::new(),
    };
    let shown = Shown { entry, names, hanging, last, last_at, form, shifts };
    Ok(Page::new(shown.entry.name(list).to_owned(), move || entry_view(list, shown)).class("main--narrow"))
}

fn entry_view(list: List, shown: Shown) -> impl IntoView {
    let Shown { entry, names, hanging, last, last_at, form, shifts } = shown;
    let back = (list.href(), list.title().to_owned());
    let name = entry.name(list).to_owned();
    let detail = last.changed_by.clone().zip(last_at.clone()).map(|(name, at)| tr!(organisation.last_saved, name = name, at = at));
    let header = match detail {
        Some(detail) => view! { <PageHeader title=name.clone() back detail/> }.into_any(),
        None => view! { <PageHeader title=name.clone() back/> }.into_any(),
    };
    if entry.retired {
        return view! { {header}{retired_view(list, &entry, &names)} }.into_any();
    }
    let versions = both_versions(form.as_ref(), (list.fields(), &entry.values, entry.version), (&last, last_at), &names, Vec::new());
    let zone = form.as_ref().and_then(|form| form.value("time_zone")).map(str::to_owned);
    // Made inside the form, where a field finds the value that a refused form sent.
    let zone = move || zone.map(|zone| zone_question(zone, shifts));
    let values = entry.values.clone();
    let fields = move || list.fields().iter().zip(values).map(|(field, value)| control(field, value, &names, field.fixed)).collect_view();
    let sent = hidden(list, &entry);
    view! {
        {header}
        <div class="stack">
            {versions}
            <Form action=SAVE hidden=sent>
                {fields()}
                {zone()}
                <div class="form__actions">
                    <Button label=tr!(organisation.save) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                    <LinkButton href=list.href() label=tr!(organisation.cancel) tone=ButtonTone::Quiet/>
                </div>
            </Form>
            {retire_view(list, &entry, &hanging)}
        </div>
    }
    .into_any()
}

/// Shows the bookings whose local time another time zone changes, and the checkbox that confirms that they were read.
fn zone_question(zone: String, shifts: Vec<ZoneShift>) -> impl IntoView {
    (!shifts.is_empty()).then(|| {
        let columns = vec![
            Column::new(tr!(organisation.doctor)),
            Column::new(tr!(organisation.wall_now)),
            Column::new(tr!(organisation.wall_then, zone = zone.clone())),
        ];
        let more = (shifts.len() > 20).then(|| view! { <p>{tr!(organisation.more_bookings, count = shifts.len() - 20)}</p> });
        let rows = shifts
            .into_iter()
            .take(20)
            .map(|(doctor, before, after)| {
                Row::new(vec![doctor.into_any(), show_date_time(before).into_any(), show_long_date_time(after).into_any()])
            })
            .collect();
        view! {
            <NoticeBox tone=Tone::Warning title=tr!(organisation.zone_title)>
                <p>{tr!(organisation.zone_text)}</p>
                <DataTable caption=tr!(organisation.zone_title) columns rows/>
                {more}
            </NoticeBox>
            <CheckboxField name="zone_seen" label=tr!(organisation.zone_seen) value=zone/>
        }
    })
}

fn hidden(list: List, entry: &Entry) -> Vec<(&'static str, String)> {
    vec![("list", list.as_str().to_owned()), ("id", entry.id.to_string()), ("version", entry.version.to_string())]
}

fn retired_view(list: List, entry: &Entry, names: &Names) -> impl IntoView + use<> {
    let details =
        list.fields().iter().zip(&entry.values).map(|(field, value)| Detail::new(field_words(field.name), names.words(field, value)));
    view! {
        <div class="stack">
            <NoticeBox tone=Tone::Inactive title=tr!(organisation.retired)><p>{tr!(organisation.retired_text)}</p></NoticeBox>
            <DescriptionList details=details.collect()/>
            <div class="form__actions">
                <PostButton action="/api/organisation/bring_back" label=tr!(organisation.bring_back) hidden=hidden(list, entry)/>
            </div>
        </div>
    }
}

/// Shows the data that depend on the row, or the button that retires it.
fn retire_view(list: List, entry: &Entry, hanging: &Hanging) -> impl IntoView + use<> {
    let sent = hidden(list, entry);
    let body = match hanging.is_empty() {
        true => view! {
            <p>{tr!(organisation.retire_text)}</p>
            <Confirm label=tr!(organisation.retire) text=tr!(organisation.retire_question)>
                <PostButton action="/api/organisation/retire" label=tr!(organisation.retire) tone=ButtonTone::Danger hidden=sent/>
            </Confirm>
        }
        .into_any(),
        false => {
            let things = hanging.iter().map(|(what, count)| view! { <li>{hangs_words(*what, *count)}</li> }).collect_view();
            view! { <p>{tr!(organisation.in_use)}</p><ul>{things}</ul> }.into_any()
        }
    };
    view! {
        <section class="panel" aria-labelledby="retire">
            <div class="panel__head"><h2 id="retire">{tr!(organisation.retire_title)}</h2></div>
            <div class="panel__body">{body}</div>
        </section>
    }
}

/// Returns a text about data that depend on a row, and how to resolve it.
fn hangs_words(what: Hangs, count: i64) -> String {
    let many = if count >= 1_000 { tr!(organisation.at_least, count = count) } else { count.to_string() };
    match what {
        Hangs::Services => tr!(organisation.hangs_services, count = many),
        Hangs::Rooms => tr!(organisation.hangs_rooms, count = many),
        Hangs::Roles => tr!(organisation.hangs_roles, count = many),
        Hangs::Bookings => tr!(organisation.hangs_bookings, count = many),
        Hangs::Waiting => tr!(organisation.hangs_waiting, count = many),
        Hangs::Staff => tr!(organisation.hangs_staff, count = many),
        Hangs::Beds => tr!(organisation.hangs_beds, count = many),
        Hangs::Wards => tr!(organisation.hangs_wards, count = many),
        Hangs::Wishes => tr!(organisation.hangs_wishes, count = many),
        Hangs::Admissions => tr!(organisation.hangs_admissions, count = many),
        Hangs::Prices => tr!(organisation.hangs_prices, count = many),
        Hangs::Hours => tr!(organisation.hangs_hours, count = many),
        Hangs::Covers => tr!(organisation.hangs_covers, count = many),
        Hangs::Last => tr!(organisation.hangs_last).to_owned(),
    }
}
