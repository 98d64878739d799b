//! Lists as tables. Search, filter, sort and page are links and a GET form: the address holds the whole state.

use leptos::prelude::*;

use super::{Glyph, Icon, ListUrl, tr};
use crate::core::list::Slice;

/// The head of a column.
#[derive(Clone, Debug)]
pub struct Column {
    label: String,
    sort: Option<&'static str>,
    numeric: bool,
    secondary: bool,
    label_hidden: bool,
}

impl Column {
    /// Creates a column of text.
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), sort: None, numeric: false, secondary: false, label_hidden: false }
    }

    /// Makes the column sortable; `key` is its value in `?sort=`, with a minus for descending order.
    #[must_use]
    pub const fn sorted_by(mut self, key: &'static str) -> Self {
        self.sort = Some(key);
        self
    }

    /// Makes a column of numbers: right-aligned, all digits of the same width.
    #[must_use]
    pub const fn numeric(mut self) -> Self {
        self.numeric = true;
        self
    }

    /// Hides the column on a phone.
    #[must_use]
    pub const fn secondary(mut self) -> Self {
        self.secondary = true;
        self
    }

    /// Makes the label for screen readers only: the column of buttons.
    #[must_use]
    pub const fn label_hidden(mut self) -> Self {
        self.label_hidden = true;
        self
    }

    const fn class(&self) -> &'static str {
        match (self.numeric, self.secondary) {
            (true, true) => "table__cell is-numeric is-secondary",
            (true, false) => "table__cell is-numeric",
            (false, true) => "table__cell is-secondary",
            (false, false) => "table__cell",
        }
    }
}

/// A row with one cell for each column.
pub struct Row {
    cells: Vec<AnyView>,
    href: Option<String>,
    key: Option<String>,
    class: &'static str,
}

impl Row {
    /// Creates a row without link and class.
    pub const fn new(cells: Vec<AnyView>) -> Self {
        Self { cells, href: None, key: None, class: "" }
    }

    /// Makes the first cell a link that the whole row follows.
    #[must_use]
    pub fn href(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }

    /// Sets the key by which a live part finds the row again.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets a state class: `Tone::Warning.class()`, or `is-selected`.
    #[must_use]
    pub const fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }
}

/// The position of the page in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The page number, from 1.
    pub page: i64,
    /// Whether another page follows.
    pub more: bool,
    /// The number of all rows, where it was counted.
    pub total: Option<i64>,
}

impl Paging {
    /// Creates the position of a slice whose total was not counted.
    pub const fn of<T>(slice: &Slice<T>) -> Self {
        Self { page: slice.page, more: slice.more, total: None }
    }
}

/// A table with the parts that a list needs. `filter` holds the fields of its filter form (a search box, selects), if
/// any.
#[component]
pub fn DataTable(
    /// The content of the table, for screen readers only.
    #[prop(into)]
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    /// This list's address with the present search, filter and sort order.
    #[prop(optional)]
    url: ListUrl,
    #[prop(optional_no_strip)] paging: Option<Paging>,
    /// The view shown instead of an empty table.
    #[prop(optional_no_strip)]
    empty: Option<AnyView>,
    /// Fields of the filter form; hidden inputs keep the sort order.
    #[prop(optional_no_strip)]
    filter: Option<AnyView>,
    /// Places the cells of a row below each other on a phone: for tables with many columns, or with long text.
    #[prop(optional)]
    stacked: bool,
) -> impl IntoView {
    let sort = url.get("sort").unwrap_or_default().to_owned();
    let filter = filter.map(|fields| filter_form(&url, &sort, &caption, fields));
    let pages = paging.map(|paging| view! { <PageLinks url=url.clone() paging/> });
    if rows.is_empty() {
        let empty = empty.unwrap_or_else(|| view! { <p class="table__nothing">{tr!(ui.nothing_found)}</p> }.into_any());
        return view! { <div class="list">{filter}{empty}</div> }.into_any();
    }
    let heads = columns.iter().map(|column| head(column, &url, &sort)).collect_view();
    let rows = rows.into_iter().map(|row| body_row(row, &columns)).collect_view();
    view! {
        <div class="list">
            {filter}
            <div class="table-scroll" tabindex="0" role="region" aria-label=caption>
                <table class=if stacked { "table table--stacked" } else { "table" }>
                    <caption class="visually-hidden">{caption.clone()}</caption>
                    <thead><tr>{heads}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {pages}
        </div>
    }
    .into_any()
}

fn head(column: &Column, url: &ListUrl, sort: &str) -> impl IntoView + use<> {
    let label = column.label.clone();
    let content = match column.sort {
        None if column.label_hidden => view! { <span class="visually-hidden">{label}</span> }.into_any(),
        None => label.into_any(),
        Some(key) => {
            let descending = format!("-{key}");
            let (next, glyph) = if sort == key {
                (descending.clone(), Some(Glyph::ArrowUp))
            } else if sort == descending {
                (key.to_owned(), Some(Glyph::ArrowDown))
            } else {
                (key.to_owned(), None)
            };
            let href = url.clone().with("page", "").with("sort", next).href();
            view! { <a class="table__sort" href=href>{label}{glyph.map(|glyph| view! { <Icon glyph/> })}</a> }.into_any()
        }
    };
    let aria_sort = column.sort.and_then(|key| match sort.strip_prefix('-') {
        Some(descending) if descending == key => Some("descending"),
        None if sort == key => Some("ascending"),
        _ => None,
    });
    view! { <th scope="col" class=column.class() aria-sort=aria_sort>{content}</th> }
}

fn body_row(row: Row, columns: &[Column]) -> impl IntoView + use<> {
    let Row { cells, mut href, key, class } = row;
    let linked = href.is_some();
    let cells = cells
        .into_iter()
        .zip(columns)
        .map(|(cell, column)| {
            let cell = match href.take() {
                Some(href) => view! { <a class="row-link" href=href>{cell}</a> }.into_any(),
                None => cell,
            };
            view! { <td class=column.class()>{cell}</td> }
        })
        .collect_view();
    let class = if linked { format!("table__row is-linked {class}") } else { format!("table__row {class}") };
    view! { <tr class=class data-key=key>{cells}</tr> }
}

fn filter_form(url: &ListUrl, sort: &str, caption: &str, fields: AnyView) -> impl IntoView + use<> {
    let label = format!("{}: {caption}", tr!(ui.search));
    let keep = (!sort.is_empty()).then(|| view! { <input type="hidden" name="sort" value=sort.to_owned()/> });
    view! {
        <form class="filter" method="get" action=url.path.clone() role="search" aria-label=label>
            {fields}
            {keep}
            <button class="button" type="submit"><Icon glyph=Glyph::Filter/>{tr!(ui.show)}</button>
        </form>
    }
}

/// Links to the pages before and after.
#[component]
pub fn PageLinks(url: ListUrl, paging: Paging) -> AnyView {
    if paging.page <= 1 && !paging.more && paging.total.is_none() {
        return ().into_any();
    }
    let Paging { page, more, total } = paging;
    let step = |target: Option<i64>, word: &'static str, glyph: Glyph, rel: &'static str| {
        let href = target.map(|target| url.clone().with("page", target).href());
        match href {
            Some(href) => view! { <a class="button button--quiet" href=href rel=rel><Icon glyph/>{word}</a> }.into_any(),
            None => view! { <span class="button button--quiet is-off" aria-hidden="true"><Icon glyph/>{word}</span> }.into_any(),
        }
    };
    let total = total.map(|total| view! { <span>{tr!(ui.rows_in_all, total = total)}</span> });
    view! {
        <nav class="paging" aria-label=tr!(ui.pages)>
            <p class="paging__where">{tr!(ui.page_number, page = page)}" "{total}</p>
            {step((page > 1).then(|| page - 1), tr!(ui.previous), Glyph::ChevronLeft, "prev")}
            {step(more.then(|| page + 1), tr!(ui.next), Glyph::ChevronRight, "next")}
        </nav>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_sort_link_keeps_the_search_and_returns_to_the_first_page() {
        let url = ListUrl::new("/patients").with("q", "ad").with("sort", "name").with("page", 4);
        let html = Owner::new().with(|| {
            let columns = vec![Column::new("Name").sorted_by("name"), Column::new("Owed").numeric()];
            let rows = vec![Row::new(vec!["Adams".into_any(), "12.00".into_any()]).href("/patients/1")];
            let paging = Paging { page: 4, more: true, total: Some(9) };
            view! { <DataTable caption="Patients" columns rows url paging=Some(paging)/> }.to_html()
        });
        assert!(html.contains(r#"href="/patients?q=ad&amp;sort=-name""#), "{html}");
        assert!(html.contains(r#"aria-sort="ascending""#), "{html}");
        assert!(html.contains("sort=name&amp;page=5"), "{html}");
        assert!(html.contains(r#"href="/patients/1" class="row-link""#), "{html}");
    }
}
