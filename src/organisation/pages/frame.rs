//! The frame of a list of master data: the head, the search, the table, and the link to retired rows.

use leptos::prelude::*;

use super::hub::done_words;
use crate::{
    core::list::{self, PAGE_SIZE, Slice},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, ListUrl, PageHeader, Paging, Row, TextField, Toast},
};

/// A list of master data with its query.
pub(super) struct ListFrame {
    pub(super) title: &'static str,
    pub(super) purpose: &'static str,
    pub(super) glyph: Glyph,
    /// The address with search, order and filters.
    pub(super) url: ListUrl,
    pub(super) q: String,
    /// Not empty when retired rows are shown too.
    pub(super) all: String,
    pub(super) done: String,
    /// Whether the list has no row at all.
    pub(super) nothing_yet: bool,
    pub(super) has_retired: bool,
    pub(super) actions: AnyView,
    /// Filters beside the search.
    pub(super) filters: AnyView,
}

/// Returns the order of a query: the key of the column, and whether the order is descending.
pub(super) fn order_of(sort: &str) -> (&str, bool) {
    sort.strip_prefix('-').map_or((sort, false), |key| (key, true))
}

/// Returns the rows of the requested page, and the number of rows on all pages.
pub(super) fn page_of<T>(rows: Vec<T>, page: Option<i64>) -> (Slice<T>, usize) {
    let total = rows.len();
    let (page, offset) = list::offset(page);
    let (skip, take) = (usize::try_from(offset).unwrap_or_default(), usize::try_from(PAGE_SIZE + 1).unwrap_or_default());
    (Slice::from_surplus(rows.into_iter().skip(skip).take(take).collect(), page), total)
}

impl ListFrame {
    /// Shows the table in its frame.
    pub(super) fn show(self, columns: Vec<Column>, rows: Vec<Row>, paging: Paging) -> impl IntoView + use<> {
        let Self { title, purpose, glyph, url, q, all, done, nothing_yet, has_retired, actions, filters } = self;
        let filter = view! {
            <TextField kind="search" name="q" label=tr!(organisation.search) value=q maxlength=100/>
            {filters}
            <input type="hidden" name="all" value=all.clone()/>
        }
        .into_any();
        let (empty_title, text) = if nothing_yet {
            (tr!(organisation.nothing_yet), purpose)
        } else {
            (tr!(organisation.nothing), tr!(organisation.nothing_text))
        };
        let empty = view! { <EmptyState glyph title=empty_title text/> }.into_any();
        let others = has_retired.then(|| match all.is_empty() {
            true => view! { <p><a href=url.clone().with("all", "yes").href()>{tr!(organisation.also_retired)}</a></p> }.into_any(),
            false => view! { <p><a href=url.clone().with("all", "").href()>{tr!(organisation.without_retired)}</a></p> }.into_any(),
        });
        let back = ("/settings".to_owned(), tr!(organisation.title).to_owned());
        view! {
            {done_words(&done).map(|text| view! { <Toast text/> })}
            <PageHeader title back detail=purpose actions=Some(actions)/>
            <DataTable caption=title columns rows url paging=Some(paging) empty=Some(empty) filter=Some(filter)/>
            {others}
        }
    }
}
