//! `/settings/{list}`: the rows of a list of master data.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    frame::{ListFrame, order_of, page_of},
    managing,
};
use crate::{
    core::{Error, Result, list::Slice},
    organisation::lists::{Entry, Field, List, Names, entries},
    server::{Page, Path, Query},
    tr,
    ui::{ButtonTone, Column, Glyph, LinkButton, ListUrl, Paging, Row, StatusBadge, Tone},
};

/// The query: search, order, page, and whether retired rows are shown.
#[derive(Debug, Deserialize)]
pub struct MasterListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    page: Option<i64>,
    /// Whether retired rows are shown too.
    #[serde(default)]
    all: String,
    #[serde(default)]
    done: String,
}

/// Returns the list with this name.
pub(super) fn named(word: &str) -> Result<List> {
    word.parse().map_err(|_| Error::NotFound)
}

/// Shows the list.
pub async fn list_page(Path(word): Path<String>, Query(which): Query<MasterListQuery>) -> Result<Page> {
    let mut ctx = managing().await?;
    let list = named(&word)?;
    let rows = entries(&mut ctx.tx, list).await?;
    let names = Names::of(&mut ctx.tx, list).await?;
    let retired = rows.iter().any(|row| row.retired);
    let empty = rows.is_empty();
    let (rows, total) = chosen(rows, list, &names, &which);
    Ok(Page::new(list.title(), move || list_view(list, (rows, total), which, (empty, retired))))
}

/// Returns the columns that the list shows.
fn listed(list: List) -> impl Iterator<Item = &'static Field> {
    list.fields().iter().filter(|field| field.listed)
}

/// Returns the rows of the requested page, and the number of rows on all pages.
fn chosen(rows: Vec<Entry>, list: List, names: &Names, which: &MasterListQuery) -> (Slice<(Entry, Vec<String>)>, usize) {
    let words = which.q.trim().to_lowercase();
    let cells = |entry: &Entry| -> Vec<String> { listed(list).map(|field| names.words(field, entry.value(list, field.name))).collect() };
    let mut rows: Vec<(Entry, Vec<String>)> = rows
        .into_iter()
        .filter(|entry| !which.all.is_empty() || !entry.retired)
        .map(|entry| {
            let cells = cells(&entry);
            (entry, cells)
        })
        .filter(|(_, cells)| words.is_empty() || cells.iter().any(|cell| cell.to_lowercase().contains(&words)))
        .collect();
    let (key, descending) = order_of(&which.sort);
    if let Some(at) = listed(list).position(|field| field.name == key) {
        rows.sort_by_cached_key(|(_, cells)| cells.get(at).map(|cell| cell.to_lowercase()));
    }
    if descending {
        rows.reverse();
    }
    page_of(rows, which.page)
}

fn list_view(
    list: List,
    (slice, total): (Slice<(Entry, Vec<String>)>, usize),
    which: MasterListQuery,
    (nothing_yet, has_retired): (bool, bool),
) -> impl IntoView {
    let MasterListQuery { q, sort, all, done, .. } = which;
    let url = ListUrl::new(list.href()).with("q", q.clone()).with("sort", sort).with("all", all.clone());
    let paging = Paging { total: i64::try_from(total).ok(), ..Paging::of(&slice) };
    let mut columns: Vec<Column> = listed(list)
        .enumerate()
        .map(|(at, field)| {
            let column = Column::new(crate::audit::field_words(field.name)).sorted_by(field.name);
            if at > 1 { column.secondary() } else { column }
        })
        .collect();
    columns.push(Column::new(tr!(organisation.state)).secondary());
    let rows = slice.rows.into_iter().map(|(entry, cells)| row(list, &entry, cells)).collect();
    let add =
        view! { <LinkButton href=format!("{}/new", list.href()) label=list.add() tone=ButtonTone::Primary glyph=Glyph::Plus/> }.into_any();
    let frame = ListFrame {
        title: list.title(),
        purpose: list.purpose(),
        glyph: Glyph::Building,
        url,
        q,
        all,
        done,
        nothing_yet,
        has_retired,
        actions: add,
        filters: ().into_any(),
    };
    frame.show(columns, rows, paging)
}

fn row(list: List, entry: &Entry, cells: Vec<String>) -> Row {
    let mut cells: Vec<AnyView> = cells.into_iter().map(IntoAny::into_any).collect();
    let (tone, label) =
        if entry.retired { (Tone::Inactive, tr!(organisation.retired)) } else { (Tone::Done, tr!(organisation.in_use_now)) };
    cells.push(view! { <StatusBadge tone label/> }.into_any());
    let row = Row::new(cells).href(format!("{}/{}", list.href(), entry.id));
    if entry.retired { row.class(Tone::Inactive.class()) } else { row }
}
