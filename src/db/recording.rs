//! Records the queries of a piece of work as they were sent: to check their plans, and to compare a page's time with that
//! of its bare queries. A running hospital does not record them and has no cost.

use std::{borrow::Cow, cell::RefCell};

use super::Sql;

tokio::task_local! {
    static QUERIES: RefCell<Vec<Sql>>;
}

/// Runs the work and returns its result with the queries that it ran in its own task.
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
    /// Puts `words` before the query: `EXPLAIN `.
    #[must_use]
    pub fn after(mut self, words: &str) -> Self {
        for text in [Some(&mut self.sqlite), self.postgres.as_mut()].into_iter().flatten() {
            *text = Cow::Owned(format!("{words}{text}"));
        }
        self
    }

    /// Returns the query as PostgreSQL's own `PREPARE` and `EXECUTE`: only then does `EXPLAIN` show the generic plan, which is
    /// kept for all values.
    #[cfg(any(debug_assertions, feature = "testing"))]
    pub fn prepared(self, keys: &crate::keys::Keyring) -> [Self; 2] {
        use super::{Engine, Value};
        let bytes = |value: Option<Vec<u8>>| ("bytea", value.map(|value| format!("\\x{}", data_encoding::HEXLOWER.encode(&value))));
        let text = self.text(Engine::Postgres).to_owned();
        let (kinds, values): (Vec<&str>, Vec<String>) = self
            .values
            .into_iter()
            .map(|value| {
                let (kind, text) = match value {
                    Value::Bool(value) => ("bool", value.map(|value| value.to_string())),
                    Value::Int(value) => ("int8", value.map(|value| value.to_string())),
                    Value::Text(value) => ("text", value),
                    Value::Uuid(value) => ("uuid", value.map(|value| value.to_string())),
                    Value::Instant(value) => ("timestamptz", value.map(|value| value.to_rfc3339())),
                    Value::Date(value) => ("date", value.map(|value| value.to_string())),
                    Value::Bytes(value) => bytes(value),
                    Value::Seal(fields) => bytes(Some(fields.envelope(keys).expect("sealed"))),
                    Value::Blind(value) => bytes(value.bytes(keys).expect("an index")),
                };
                (kind, text.map_or_else(|| "NULL".to_owned(), |text| format!("'{}'", text.replace('\'', "''"))))
            })
            .unzip();
        let list = |words: String| if words.is_empty() { words } else { format!("({words})") };
        let statements =
            [format!("PREPARE looked_at{} AS {text}", list(kinds.join(", "))), format!("EXECUTE looked_at{}", list(values.join(", ")))];
        statements.map(|text| Self { sqlite: Cow::Owned(text), postgres: None, values: Vec::new() })
    }
}
