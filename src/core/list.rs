//! Lists that are shown one page at a time; the URL holds the page number.

use serde::{Deserialize, Serialize};

/// The number of rows on a page of a list.
pub const PAGE_SIZE: i64 = 25;

/// One page of a longer list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// The page, from 1.
    pub page: i64,
    /// Whether another page follows.
    pub more: bool,
}

impl<T> Slice<T> {
    /// Creates a page from one row more than it holds: the surplus row means that another page follows.
    pub fn from_surplus(mut rows: Vec<T>, page: i64) -> Self {
        let limit = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        Self { rows, page, more }
    }
}

/// Converts `page=` of a URL to the page number and the row offset; an invalid or too large number means the first
/// page.
pub fn offset(page: Option<i64>) -> (i64, i64) {
    let page = page.filter(|page| (1..=100_000).contains(page)).unwrap_or(1);
    (page, (page - 1) * PAGE_SIZE)
}
