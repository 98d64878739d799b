//! `/patients`: all patients, or the results of a search.

use std::collections::BTreeSet;

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        PatientId, Permission, Result,
        list::{self, Slice},
    },
    patients::{
        self, PatientHit,
        search::{Sort, listed, search_lines},
    },
    server::{Ctx, Page, Query},
    tr,
    ui::{ButtonTone, Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, PageHeader, Paging, Row, StatusBadge, TextField, Tone},
};

/// The most patients that a search shows; a longer name helps more than a longer list.
const FOUND_AT_MOST: usize = 50;

/// The search text, the order of the list, and the page.
#[derive(Debug, Deserialize)]
pub struct PatientListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    page: String,
}

/// Shows the list.
pub async fn patients_page(Query(PatientListQuery { q, sort, page }): Query<PatientListQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::FindPatients).await?;
    let q = q.trim().to_owned();
    let order: Sort = sort.parse().unwrap_or(Sort::Newest);
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let by_token = patients::by_token(&mut ctx.tx, clinic, today, &q).await?;
    let mut found: Slice<PatientHit> = if !by_token.is_empty() {
        Slice { rows: by_token, page: 1, more: false }
    } else if q.is_empty() {
        let (page, offset) = list::offset(page.parse().ok());
        let lines = listed(&mut ctx.tx, order, offset).await?;
        Slice::from_surplus(lines.into_iter().map(PatientHit::from).collect(), page)
    } else {
        let lines = search_lines(&mut ctx.tx, &q, FOUND_AT_MOST).await?;
        Slice { rows: lines.into_iter().map(PatientHit::from).collect(), page: 1, more: false }
    };
    let in_care = patients::only_identity(&mut ctx, &mut found.rows, "list").await?;
    let may_register = ctx.who.may(Permission::RegisterPatients);
    Ok(Page::new(tr!(patients.title), move || list_view(&q, &sort, found, &in_care, may_register)))
}

fn list_view(q: &str, sort: &str, found: Slice<PatientHit>, in_care: &BTreeSet<PatientId>, may_register: bool) -> impl IntoView + use<> {
    let searched = !q.is_empty();
    let count = found.rows.len();
    let sortable = |column: Column, key: &'static str| if searched { column } else { column.sorted_by(key) };
    let columns = vec![
        sortable(Column::new(tr!(patients.name)), "name"),
        sortable(Column::new(tr!(patients.birth_date)), "born"),
        Column::new(tr!(patients.sex)).secondary(),
        sortable(Column::new(tr!(ui.mrn)), "mrn"),
        Column::new(tr!(patients.phone)).secondary(),
    ];
    let paging = (!searched).then(|| Paging::of(&found));
    let rows = found
        .rows
        .into_iter()
        .map(|hit| {
            let reach = match in_care.contains(&hit.id) {
                true => {
                    [hit.town.as_str(), &hit.phone].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ").into_any()
                }
                false => view! { <span class="muted">{tr!(patients.elsewhere)}</span> }.into_any(),
            };
            let sign = hit.namesake.then(|| view! { " "<StatusBadge tone=Tone::Warning label=patients::namesake_sign()/> });
            let described =
                (!hit.description.is_empty()).then(|| view! { <br/><span class="muted small">{hit.description.clone()}</span> });
            let name = view! { {hit.name.clone()}{sign}{described} }.into_any();
            let born = [hit.birth_date.as_str(), &hit.age].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
            Row::new(vec![name, born.into_any(), hit.sex.into_any(), hit.mrn.into_any(), reach]).href(format!("/patients/{}", hit.id))
        })
        .collect();
    let register = move || {
        may_register.then(|| {
            view! { <LinkButton href="/patients/new" label=tr!(patients.register) tone=ButtonTone::Primary glyph=Glyph::Plus/> }.into_any()
        })
    };
    let (href, label) = (patients::register_href(q), tr!(patients.register_words, words = q.to_owned()));
    let register_them =
        may_register.then(|| view! { <LinkButton href label tone=ButtonTone::Primary glyph=Glyph::Plus autofocus=true/> }.into_any());
    let newest = (!searched && sort.is_empty()).then(|| view! { <p class="muted">{tr!(patients.newest_first)}</p> });
    let empty = match searched {
        true => view! {
            <EmptyState glyph=Glyph::Search title=tr!(patients.nobody_found) text=tr!(patients.nobody_found_hint)>{register_them}</EmptyState>
        }
        .into_any(),
        false => view! {
            <EmptyState glyph=Glyph::Patients title=tr!(patients.none_yet) text=tr!(patients.none_yet_hint)>{register()}</EmptyState>
        }
        .into_any(),
    };
    let filter = view! { <TextField kind="search" name="q" label=tr!(patients.search_label) value=q.to_owned() maxlength=100/> }.into_any();
    let url = ListUrl::new("/patients").with("q", q).with("sort", sort);
    view! {
        <PageHeader title=tr!(patients.title) actions=register()/>
        <DataTable caption=tr!(patients.title) columns rows url paging empty=Some(empty) filter=Some(filter)/>
        {newest}
        {searched.then(|| too_many(count, FOUND_AT_MOST))}
    }
}

/// Shows a note that a search may have found more than the list shows, which has room for `most`.
pub fn too_many(found: usize, most: usize) -> Option<AnyView> {
    (found >= most).then(|| view! { <p class="muted" role="status">{tr!(patients.too_many, count = most)}</p> }.into_any())
}
