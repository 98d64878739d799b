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

    /// As PostgreSQL's own `PREPARE` and `EXECUTE`: only so does `EXPLAIN` tell the plan that is kept whatever the values are.
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
