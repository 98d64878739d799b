//! `/patients/{id}/changes`: what changed in the facts of a record, for who keeps it.

use leptos::prelude::*;
use serde::Deserialize;

use super::{RecordChange, changes_of};
use crate::{
    audit::change_words,
    core::{
        PatientId, Permission, Result,
        list::{self, PAGE_SIZE, Slice},
        time::{Zone, show_date_time},
    },
    patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, ListUrl, PageHeader, Paging, PatientBanner, Row},
};

/// The page of the list.
#[derive(Debug, Deserialize)]
pub struct RecordChangesQuery {
    #[serde(default)]
    page: String,
}

/// Shows the changes, the latest first.
///
/// # Errors
/// When the user lacks the permission, the patient is not in care, or the database refuses.
pub async fn changes_page(Path(id): Path<PatientId>, Query(query): Query<RecordChangesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RegisterPatients).await?;
    let (today, zone) = (ctx.today(), ctx.zone());
    ctx.saw(id, "patient changes").await?;
    let banner = patients::banner(&mut ctx.tx, id, today).await?;
    let (page, offset) = list::offset(query.page.parse().ok());
    let found = Slice::from_surplus(changes_of(&mut ctx.tx, id, PAGE_SIZE + 1, offset).await?, page);
    Ok(Page::new(tr!(patients.changes), move || {
        let paging = Paging::of(&found);
        let rows: Vec<Row> = found.rows.into_iter().map(|change| row(change, zone)).collect();
        let columns =
            vec![Column::new(tr!(patients.changed_at)), Column::new(tr!(patients.changed_by)), Column::new(tr!(patients.changed_what))];
        let empty = view! { <EmptyState glyph=Glyph::Edit title=tr!(patients.no_changes) text=tr!(patients.no_changes_text)/> }.into_any();
        let url = ListUrl::new(format!("/patients/{id}/changes"));
        let back = (format!("/patients/{id}"), tr!(patients.record).to_owned());
        view! {
            <PageHeader title=tr!(patients.changes) back/>
            <DataTable caption=tr!(patients.changes) columns rows url paging=Some(paging) empty=Some(empty) stacked=true/>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

fn row(change: RecordChange, zone: Zone) -> Row {
    let fields = change.fields.iter().map(|field| view! { <div>{change_words(field)}</div> }).collect_view();
    Row::new(vec![show_date_time(zone.local(change.at)).into_any(), change.by.into_any(), fields.into_any()])
}
