//! `/appointments/missed`: who missed an appointment at the clinic and has no other.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    appointments::{Arrival, missed_not_rebooked},
    core::{
        Permission, Result,
        list::Slice,
        time::{self, Instant, Zone, show_time},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, PageHeader, Paging, Row},
};

/// The page of the list.
#[derive(Debug, Default, Deserialize)]
pub struct MissedQuery {
    page: Option<i64>,
}

/// The page.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn missed_page(Query(which): Query<MissedQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::BookAppointments).await?;
    let (clinic, now, zone) = (ctx.clinic.id, ctx.now, ctx.zone());
    let missed = missed_not_rebooked(&mut ctx.tx, clinic, which.page, now).await?;
    let patients: Vec<_> = missed.rows.iter().map(|one| one.patient_id).collect();
    ctx.saw_beyond(patients.clone(), patients, "missed").await?;
    Ok(Page::new(tr!(appointments.missed), move || content(missed, zone, now)))
}

fn content(missed: Slice<Arrival>, zone: Zone, now: Instant) -> impl IntoView {
    let paging = Paging::of(&missed);
    let columns = vec![
        Column::new(tr!(ui.patient)),
        Column::new(tr!(appointments.time)),
        Column::new(tr!(appointments.doctor)).secondary(),
        Column::new(tr!(appointments.service)).secondary(),
        Column::new(tr!(appointments.book)),
    ];
    let rows = missed.rows.into_iter().map(|one| row(one, zone, now)).collect();
    let empty =
        view! { <EmptyState glyph=Glyph::Check title=tr!(appointments.nobody_missed) text=tr!(appointments.missed_hint)/> }.into_any();
    let back = ("/schedules".to_owned(), tr!(appointments.schedule).to_owned());
    view! {
        <PageHeader title=tr!(appointments.missed) back detail=tr!(appointments.missed_hint)/>
        <DataTable caption=tr!(appointments.missed) columns rows url=ListUrl::new("/appointments/missed") paging=Some(paging) empty=Some(empty)/>
    }
}

fn row(one: Arrival, zone: Zone, now: Instant) -> Row {
    let local = zone.local(one.starts_at);
    let when = format!("{}, {}", time::show_day(local.date(), zone.day(now)), show_time(local.time()));
    let again = ListUrl::new("/appointments/new")
        .with("patient", one.patient_id)
        .with("service", one.service_id)
        .with("doctor", one.doctor_id)
        .href();
    let (patient, appointment, about) = (format!("/patients/{}", one.patient_id), one.appointment_id, one.patient_name.clone());
    let cells = vec![
        view! { <a href=patient>{one.patient_name}</a><br/><span class="muted small">{one.mrn}</span> }.into_any(),
        view! { <a href=format!("/appointments/{appointment}")>{when}</a> }.into_any(),
        one.doctor.into_any(),
        one.service.into_any(),
        view! { <LinkButton href=again label=tr!(appointments.book_again) about=Some(about) glyph=Glyph::Calendar/> }.into_any(),
    ];
    Row::new(cells)
}
