//! A query: fixed text and bound values. Nothing that a person typed becomes text of a query.

use std::{borrow::Cow, fmt::Write as _};

use super::{Engine, Value};

/// A query being put together. The text comes from the program alone (`&'static str`).
#[derive(Clone, Debug)]
pub struct Sql {
    pub(super) sqlite: Cow<'static, str>,
    /// The PostgreSQL text where it differs.
    pub(super) postgres: Option<Cow<'static, str>>,
    pub(super) values: Vec<Value>,
}

/// A query for both engines, with `$1`, `$2` ... as placeholders.
pub fn sql(text: &'static str) -> Sql {
    Sql { sqlite: Cow::Borrowed(text), postgres: None, values: Vec::new() }
}

/// A query that the engines spell differently. Rare; each use says why.
pub fn sql_for(sqlite: &'static str, postgres: &'static str) -> Sql {
    Sql { sqlite: Cow::Borrowed(sqlite), postgres: Some(Cow::Borrowed(postgres)), values: Vec::new() }
}

impl Sql {
    /// Binds the next placeholder.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Goes on with more text.
    #[must_use]
    pub fn push(mut self, text: &'static str) -> Self {
        self.sqlite.to_mut().push_str(text);
        if let Some(postgres) = &mut self.postgres {
            postgres.to_mut().push_str(text);
        }
        self
    }

    /// Writes the next placeholder and binds it: `sql("... WHERE id = ").push_bind(id)`.
    #[must_use]
    pub fn push_bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self.placeholder(self.values.len());
        self
    }

    /// Writes `($1, $2), ($3, $4) ...` and binds the rows: many rows in one insert. Keep rows x columns under
    /// 30,000 (SQLite allows 32,766 placeholders).
    #[must_use]
    pub fn push_rows(mut self, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        for (row_number, row) in rows.into_iter().enumerate() {
            self.raw(if row_number == 0 { "(" } else { ", (" });
            for (column, value) in row.into_iter().enumerate() {
                if column > 0 {
                    self.raw(", ");
                }
                self.values.push(value);
                self.placeholder(self.values.len());
            }
            self.raw(")");
        }
        self
    }

    fn raw(&mut self, text: &'static str) {
        self.sqlite.to_mut().push_str(text);
        if let Some(postgres) = &mut self.postgres {
            postgres.to_mut().push_str(text);
        }
    }

    fn placeholder(&mut self, number: usize) {
        let write = |text: &mut Cow<'static, str>| write!(text.to_mut(), "${number}").unwrap_or_default();
        write(&mut self.sqlite);
        if let Some(postgres) = &mut self.postgres {
            write(postgres);
        }
    }

    /// The text for an engine.
    pub fn text(&self, engine: Engine) -> &str {
        match (engine, &self.postgres) {
            (Engine::Postgres, Some(postgres)) => postgres,
            _ => &self.sqlite,
        }
    }
}
