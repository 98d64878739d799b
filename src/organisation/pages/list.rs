//! `/settings/{list}`: the rows of a list of master data.

use leptos::prelude::*;
use serde::Deserialize;

use super::{hub::done_words, managing};
use crate::{
    core::{
        Error, Result,
        list::{self, PAGE_SIZE, Slice},
    },
    organisation::lists::{Entry, Field, List, Names, entries},
    server::{Page, Path, Query},
    tr,
    ui::{
        ButtonTone, Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, PageHeader, Paging, Row, StatusBadge, TextField, Toast, Tone,
    },
};

/// The query: search, order, page, and whether retired rows are shown.
#[derive(Debug, Deserialize)]
pub struct Which {
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
pub async fn list_page(Path(word): Path<String>, Query(which): Query<Which>) -> Result<Page> {
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
fn chosen(rows: Vec<Entry>, list: List, names: &Names, which: &Which) -> (Slice<(Entry, Vec<String>)>, usize) {
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
    let (key, descending) = which.sort.strip_prefix('-').map_or((which.sort.as_str(), false), |key| (key, true));
    if let Some(at) = listed(list).position(|field| field.name == key) {
        rows.sort_by_cached_key(|(_, cells)| cells.get(at).map(|cell| cell.to_lowercase()));
    }
    if descending {
        rows.reverse();
    }
    let total = rows.len();
    let (page, offset) = list::offset(which.page);
    let (skip, take) = (usize::try_from(offset).unwrap_or_default(), usize::try_from(PAGE_SIZE + 1).unwrap_or_default());
    (Slice::from_surplus(rows.into_iter().skip(skip).take(take).collect(), page), total)
}

fn list_view(
    list: List,
    (slice, total): (Slice<(Entry, Vec<String>)>, usize),
    which: Which,
    (nothing_yet, has_retired): (bool, bool),
) -> impl IntoView {
    let Which { q, sort, all, done, .. } = which;
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
    let filter = view! {
        <TextField kind="search" name="q" label=tr!(organisation.search) value=q maxlength=100/>
        <input type="hidden" name="all" value=all.clone()/>
    }
    .into_any();
    let (title, text) = if nothing_yet {
        (tr!(organisation.nothing_yet), list.purpose())
    } else {
        (tr!(organisation.nothing), tr!(organisation.nothing_text))
    };
    let empty = view! { <EmptyState glyph=Glyph::Building title text/> }.into_any();
    let others = has_retired.then(|| match all.is_empty() {
        true => view! { <p><a href=url.clone().with("all", "yes").href()>{tr!(organisation.also_retired)}</a></p> }.into_any(),
        false => view! { <p><a href=url.clone().with("all", "").href()>{tr!(organisation.without_retired)}</a></p> }.into_any(),
    });
    let back = ("/settings".to_owned(), tr!(organisation.title).to_owned());
    view! {
        {done_words(&done).map(|text| view! { <Toast text/> })}
        <PageHeader title=list.title() back detail=list.purpose() actions=Some(add)/>
        <DataTable caption=list.title() columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter)/>
        {others}
    }
}

fn row(list: List, entry: &Entry, cells: Vec<String>) -> Row {
    let mut cells: Vec<AnyView> = cells.into_iter().map(IntoAny::into_any).collect();
    let (tone, label) =
        if entry.retired { (Tone::Inactive, tr!(organisation.retired)) } else { (Tone::Done, tr!(organisation.in_use_now)) };
    cells.push(view! { <StatusBadge tone label/> }.into_any());
    let row = Row::new(cells).href(format!("{}/{}", list.href(), entry.id));
    if entry.retired { row.class(Tone::Inactive.class()) } else { row }
}
