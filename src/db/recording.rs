//! The queries that a piece of work runs, as they were sent: for asking for their plans, and for measuring a page against
//! its own bare queries. In a running hospital nobody records, and that costs nothing.

use std::{borrow::Cow, cell::RefCell};

use super::Sql;

tokio::task_local! {
    static QUERIES: RefCell<Vec<Sql>>;
}

/// Does the work and tells the queries that it ran in its own task.
pub async fn recorded<T>(work: impl Future<Output = T>) -> (T, Vec<Sql>) {
    let both = async {
        let done = work.await;
        (done, QUERIES.with(RefCell::take))
    };
    QUERIES.scope(RefCell::default(), both).await
}

pub(super) fn note(query: &Sql) {
    let _ = QUERIES.try_with(|queries| queries.borrow_mut().push(query.clone()));
}

impl Sql {
    /// With `words` before it: `EXPLAIN `.
    #[must_use]
    pub fn after(mut self, words: &str) -> Self {
        for text in [Some(&mut self.sqlite), self.postgres.as_mut()].into_iter().flatten() {
            *text = Cow::Owned(format!("{words}{text}"));
        }
        self
    }
}
