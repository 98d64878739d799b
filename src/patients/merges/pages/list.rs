//! `/merges`: the proposals that wait for a second user, and all merges of the clinic.

use leptos::prelude::*;
use serde::Deserialize;

use super::super::{
    MergeState,
    store::{self, Merge},
};
use crate::{
    core::{
        Permission, Result,
        list::{self, PAGE_SIZE, Slice},
        time::{Zone, show_date_time},
    },
    patients::{self, PatientLine},
    server::{Ctx, Page, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, ListUrl, PageHeader, Paging, Row, StatusBadge, Tab, Tabs, Tone},
};

/// The part of the list that is requested.
#[derive(Debug, Default, Deserialize)]
pub struct MergesQuery {
    #[serde(default)]
    all: String,
    #[serde(default)]
    page: String,
}

/// Shows the list.
///
/// # Errors
/// When the user lacks the permission, or when the database refuses.
pub async fn merges_page(Query(query): Query<MergesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::KeepRecords).await?;
    let (page, offset) = list::offset(query.page.parse().ok());
    let (clinic, zone, all) = (ctx.clinic.id, ctx.zone(), !query.all.is_empty());
    let found = store::listed(&mut ctx.tx, clinic, all, PAGE_SIZE + 1, offset).await?;
    let found = Slice::from_surplus(found, page);
    let mut ids: Vec<_> = found.rows.iter().flat_map(|merge| [merge.survivor_id, merge.merged_id]).collect();
    ids.sort_unstable();
    ids.dedup();
    let in_care = ctx.found(&ids, "merges").await?;
    ids.retain(|id| in_care.contains(id));
    let names = patients::names(&mut ctx.tx, &ids).await?;
    let waiting = ctx.tx.count(store::count_waiting(clinic)).await?;
    Ok(Page::new(tr!(merges.title), move || {
        let paging = Paging::of(&found);
        let name = |line: Option<&PatientLine>| line.map(|line| format!("{} · {}", line.name.listed(), line.mrn)).unwrap_or_default();
        let rows =
            found.rows.iter().map(|merge| row(merge, &name(names.get(&merge.survivor_id)), &name(names.get(&merge.merged_id)), zone));
        let rows: Vec<Row> = rows.collect();
        let columns = vec![
            Column::new(tr!(merges.survivor)),
            Column::new(tr!(merges.merged_record)),
            Column::new(tr!(merges.proposed_by)),
            Column::new(tr!(merges.state)),
        ];
        let tabs = vec![
            Tab::new("/merges".to_owned(), tr!(merges.waiting), !all).count(waiting),
            Tab::new("/merges?all=yes".to_owned(), tr!(merges.all), all),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Patients title=tr!(merges.none) text=tr!(merges.none_text)/> }.into_any();
        let url = ListUrl::new("/merges").with("all", if all { "yes" } else { "" });
        view! {
            <PageHeader title=tr!(merges.title) detail=tr!(merges.detail)/>
            <Tabs label=tr!(merges.title) tabs/>
            <DataTable caption=tr!(merges.title) columns rows url paging=Some(paging) empty=Some(empty) stacked=true/>
        }
    }))
}

fn row(merge: &Merge, survivor: &str, merged: &str, zone: Zone) -> Row {
    let state = if merge.state == MergeState::Merged && merge.undo_asked_by.is_some() {
        view! { <StatusBadge tone=Tone::Waiting label=tr!(merges.undo_waits)/> }.into_any()
    } else {
        state_badge(merge.state)
    };
    let proposed = format!("{}, {}", merge.proposer, show_date_time(zone.local(merge.proposed_at)));
    Row::new(vec![survivor.to_owned().into_any(), merged.to_owned().into_any(), proposed.into_any(), state])
        .href(format!("/merges/{}", merge.id))
}

/// Shows the state of a merge.
pub(super) fn state_badge(state: MergeState) -> AnyView {
    let tone = match state {
        MergeState::Proposed => Tone::Waiting,
        MergeState::Merged => Tone::Done,
        MergeState::Rejected | MergeState::Undone => Tone::Inactive,
    };
    view! { <StatusBadge tone label=state.words()/> }.into_any()
}
