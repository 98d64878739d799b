//! Lists that are shown a page at a time; where one stands is in the URL.

use serde::{Deserialize, Serialize};

/// Rows on a page of a list.
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
    /// From one row more than a page holds: the surplus row tells that another page follows.
    pub fn from_surplus(mut rows: Vec<T>, page: i64) -> Self {
        let limit = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        Self { rows, page, more }
    }
}

/// `page=` of a URL as a row offset; nonsense and overlarge pages are the first page.
pub fn offset(page: Option<i64>) -> (i64, i64) {
    let page = page.filter(|page| (1..=100_000).contains(page)).unwrap_or(1);
    (page, (page - 1) * PAGE_SIZE)
}
