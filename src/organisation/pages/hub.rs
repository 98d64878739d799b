//! `/settings`: the checklist while an item is missing, and the links to the lists.

use leptos::prelude::*;
use serde::Deserialize;

use super::managing;
use crate::{
    core::{
        Result,
        time::{Zone, show_date, show_date_time},
    },
    organisation::{
        checklist::{Checklist, Confirmed, Gap, Line, LineState, Missing, checklist},
        lists::List,
    },
    server::{Page, Query},
    tr,
    ui::{Glyph, Icon, NoticeBox, PageHeader, PostButton, StatusBadge, Toast, Tone},
};

/// The query: the action just done.
#[derive(Debug, Deserialize)]
pub struct SettingsQuery {
    #[serde(default)]
    done: String,
}

/// Returns the message for the action just done.
pub(super) fn done_words(done: &str) -> Option<&'static str> {
    match done {
        "saved" => Some(tr!(organisation.saved)),
        "retired" => Some(tr!(organisation.was_retired)),
        "back" => Some(tr!(organisation.was_brought_back)),
        "imported" => Some(tr!(organisation.was_imported)),
        "unchanged" => Some(tr!(organisation.was_unchanged)),
        "confirmed" => Some(tr!(organisation.confirmed)),
        _ => None,
    }
}

/// Serves the page.
pub async fn hub_page(Query(SettingsQuery { done }): Query<SettingsQuery>) -> Result<Page> {
    let mut ctx = managing().await?;
    let (now, zone) = (ctx.now, ctx.zone());
    let list = checklist(&mut ctx.tx, now).await?;
    Ok(Page::new(tr!(organisation.title), move || hub_view(&list, zone, &done)))
}

fn hub_view(list: &Checklist, zone: Zone, done: &str) -> impl IntoView + use<> {
    let toast = done_words(done).map(|text| view! { <Toast text/> });
    let missing = (!list.is_done()).then(|| checklist_view(list, zone));
    let ready = list.is_done().then(|| {
        view! { <NoticeBox tone=Tone::Done title=tr!(organisation.all_done)><p>{tr!(organisation.all_done_text)}</p></NoticeBox> }
    });
    let hospital = place("/settings/hospital".to_owned(), tr!(organisation.hospital), tr!(organisation.hospital_purpose));
    let hours = place("/settings/hours".to_owned(), tr!(hours.title), tr!(hours.purpose));
    let status = place("/status".to_owned(), tr!(operations.status), tr!(operations.status_detail));
    let staff = place("/settings/staff".to_owned(), tr!(organisation.staff), tr!(organisation.staff_purpose));
    let shifts = place("/settings/shifts".to_owned(), tr!(organisation.shifts), tr!(organisation.shifts_purpose));
    let lists = List::ALL.iter().map(|list| place(list.href(), list.title(), list.purpose())).collect_view();
    view! {
        {toast}
        <PageHeader title=tr!(organisation.title) detail=tr!(organisation.detail)/>
        <div class="stack">
            {missing}
            {ready}
            <section class="panel" aria-labelledby="master-data">
                <div class="panel__head"><h2 id="master-data">{tr!(organisation.master_data)}</h2></div>
                <ul class="rows">{hospital}{staff}{hours}{shifts}{lists}{status}</ul>
            </section>
        </div>
    }
}

fn place(href: String, title: &'static str, purpose: &'static str) -> impl IntoView {
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <a class="row-link" href=href>{title}</a>
                <p class="muted">{purpose}</p>
            </div>
            <div class="rows__side"><Icon glyph=Glyph::ChevronRight/></div>
        </li>
    }
}

fn checklist_view(list: &Checklist, zone: Zone) -> impl IntoView + use<> {
    let stop = |stops: fn(Line) -> bool| list.stoppers(stops).into_iter().map(line_words).collect::<Vec<_>>().join(", ");
    let (booking, walk_in) = (stop(Line::stops_booking), stop(Line::stops_walk_in));
    let words = |stoppers: String, stopped: fn(String) -> String, free: &'static str| match stoppers.is_empty() {
        true => free.to_owned(),
        false => stopped(stoppers),
    };
    let booking = words(booking, |lines| tr!(organisation.booking_stopped, lines = lines), tr!(organisation.booking_free));
    let walk_in = words(walk_in, |lines| tr!(organisation.walk_in_stopped, lines = lines), tr!(organisation.walk_in_free));
    let done = list.lines.iter().filter(|state| state.is_done()).count();
    let count = tr!(organisation.done_of, done = done, all = list.lines.len());
    let lines = list.lines.iter().map(|state| line_view(state, &list.confirmed, zone)).collect_view();
    view! {
        <section class="panel" aria-labelledby="checklist">
            <div class="panel__head"><h2 id="checklist">{tr!(organisation.checklist)}</h2><span class="muted">{count}</span></div>
            <div class="panel__body"><p>{booking}</p><p>{walk_in}</p></div>
            <ul class="rows">{lines}</ul>
        </section>
    }
}

/// Returns the name of a line.
fn line_words(line: Line) -> &'static str {
    match line {
        Line::Hospital => tr!(organisation.hospital),
        Line::Clinics => tr!(organisation.clinics),
        Line::Departments => tr!(organisation.departments),
        Line::Services => tr!(organisation.services),
        Line::Rooms => tr!(organisation.rooms),
        Line::Staff => tr!(organisation.staff),
        Line::Hours => tr!(organisation.hours),
        Line::Prices => tr!(organisation.prices),
        Line::Insurers => tr!(organisation.insurers),
        Line::KeyFile => tr!(organisation.key_file),
        Line::Backup => tr!(organisation.backup),
    }
}

/// Returns the page of a line; `None` for a line without a page.
fn line_href(line: Line) -> Option<String> {
    match line {
        Line::Hospital => Some("/settings/hospital".to_owned()),
        Line::Clinics => Some(List::Clinics.href()),
        Line::Departments => Some(List::Departments.href()),
        Line::Services => Some(List::Services.href()),
        Line::Rooms => Some(List::Rooms.href()),
        Line::Insurers => Some(List::Insurers.href()),
        Line::Staff => Some("/settings/staff".to_owned()),
        Line::Prices => Some("/prices".to_owned()),
        Line::Hours => Some("/settings/hours".to_owned()),
        Line::Backup => Some("/status".to_owned()),
        Line::KeyFile => None,
    }
}

/// Returns advice about a line, when its page does not give it.
fn line_advice(line: Line) -> Option<&'static str> {
    match line {
        Line::Staff => Some(tr!(organisation.staff_advice)),
        Line::Hours => Some(tr!(organisation.hours_advice)),
        Line::Prices => Some(tr!(organisation.prices_advice)),
        Line::KeyFile => Some(tr!(organisation.key_file_advice)),
        Line::Backup => Some(tr!(organisation.backup_advice)),
        _ => None,
    }
}

fn gap_words(Missing { what, places }: &Missing) -> String {
    let shown = places.iter().take(5).cloned().collect::<Vec<_>>().join("; ");
    let at = if places.len() > 5 { tr!(organisation.and_more, places = shown, count = places.len() - 5) } else { shown };
    match what {
        Gap::HospitalName => tr!(organisation.gap_hospital_name).to_owned(),
        Gap::HospitalAddress => tr!(organisation.gap_hospital_address).to_owned(),
        Gap::HospitalPhone => tr!(organisation.gap_hospital_phone).to_owned(),
        Gap::ClinicAddress => tr!(organisation.gap_clinic_address, at = at),
        Gap::ClinicZone => tr!(organisation.gap_clinic_zone, at = at),
        Gap::ClinicService => tr!(organisation.gap_clinic_service, at = at),
        Gap::ConsultingRoom => tr!(organisation.gap_consulting_room, at = at),
        Gap::TriagePlace => tr!(organisation.gap_triage_place, at = at),
        Gap::CashDesk => tr!(organisation.gap_cash_desk, at = at),
        Gap::Doctor => tr!(organisation.gap_doctor, at = at),
        Gap::Receptionist => tr!(organisation.gap_receptionist, at = at),
        Gap::Nurse => tr!(organisation.gap_nurse, at = at),
        Gap::Cashier => tr!(organisation.gap_cashier, at = at),
        Gap::Hours => tr!(organisation.gap_hours, at = at),
        Gap::Accepting => tr!(organisation.gap_accepting, at = at),
        Gap::Price => tr!(organisation.gap_price, at = at),
    }
}

fn line_view(state: &LineState, confirmed: &[Confirmed], zone: Zone) -> impl IntoView + use<> {
    let line = state.line;
    let (tone, label) = match state {
        state if state.is_done() => (Tone::Done, tr!(organisation.line_done)),
        state if state.nothing => (Tone::Warning, tr!(organisation.line_missing)),
        _ => (Tone::Waiting, tr!(organisation.line_partly)),
    };
    let title = match line_href(line) {
        Some(href) => view! { <a class="row-link" href=href>{line_words(line)}</a> }.into_any(),
        None => view! { <strong>{line_words(line)}</strong> }.into_any(),
    };
    let gaps = state.missing.iter().map(|gap| view! { <p class="muted">{gap_words(gap)}</p> }).collect_view();
    let advice = (!state.is_done()).then(|| line_advice(line)).flatten().map(|advice| view! { <p class="muted">{advice}</p> });
    let backup = state.backup.map(|at| {
        let when = show_date_time(zone.local(at));
        let trouble = (!state.is_done()).then(|| view! { <p class="muted">{tr!(organisation.backup_trouble)}</p> });
        view! { <p class="muted">{tr!(organisation.backup_checked, when = when)}</p>{trouble} }
    });
    let said = confirmed.iter().find(|one| one.what.as_str() == line.as_str()).map(|one| {
        let day = show_date(zone.day(one.at));
        view! { <p class="muted">{tr!(organisation.confirmed_by, name = one.by.clone(), day = day)}</p> }
    });
    let confirm = (matches!(line, Line::KeyFile | Line::Backup) && !state.is_done()).then(|| {
        let hidden = vec![("what", line.as_str().to_owned())];
        view! { <PostButton action="/api/organisation/confirm_setup" label=tr!(organisation.confirm) about=line_words(line) hidden/> }
    });
    let count = state.count.filter(|count| *count > 0).map(|count| view! { <span>{count}</span> });
    view! {
        <li class="rows__row">
            <div class="rows__main">{title}{gaps}{advice}{backup}{said}</div>
            <div class="rows__side">{count}{confirm}<StatusBadge tone label/></div>
        </li>
    }
}
