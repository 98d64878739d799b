//! A query: fixed text and bound values. Text that a person typed never becomes part of the query's text.

use std::{borrow::Cow, fmt::Write as _};

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use super::{Engine, Value};

/// A query that is being built. Its text comes only from the program (`&'static str`).
#[derive(Clone, Debug)]
pub struct Sql {
    pub(super) sqlite: Cow<'static, str>,
    /// The PostgreSQL text, where it differs.
    pub(super) postgres: Option<Cow<'static, str>>,
    pub(super) values: Vec<Value>,
}

/// A query for both engines, with `$1`, `$2` ... as placeholders.
pub fn sql(text: &'static str) -> Sql {
    Sql { sqlite: Cow::Borrowed(text), postgres: None, values: Vec::new() }
}

/// A query with different texts for the two engines. It is rare; each use states the reason.
pub fn sql_for(sqlite: &'static str, postgres: &'static str) -> Sql {
    Sql { sqlite: Cow::Borrowed(sqlite), postgres: Some(Cow::Borrowed(postgres)), values: Vec::new() }
}

impl Sql {
    /// A query of this module's words and quoted names of tables.
    pub(super) fn made(text: String) -> Self {
        Self { sqlite: Cow::Owned(text), postgres: None, values: Vec::new() }
    }

    /// Joins queries for one number each into one query, whose rows are a place, counted from 0, and its number; `None` without queries.
    pub(super) fn numbered(queries: Vec<Self>) -> Option<Self> {
        let mut all = sql("");
        for (place, query) in queries.into_iter().enumerate() {
            let before = all.values.len();
            for engine in [Engine::Sqlite, Engine::Postgres] {
                let head = if place == 0 { "" } else { " UNION ALL " };
                // Without the type, PostgreSQL reads a small number.
                let part = format!("{head}SELECT CAST({place} AS BIGINT), ({})", moved(query.text(engine), before));
                match engine {
                    Engine::Sqlite => all.sqlite.to_mut().push_str(&part),
                    Engine::Postgres => all.postgres.get_or_insert_default().to_mut().push_str(&part),
                }
            }
            all.values.extend(query.values);
        }
        (!all.sqlite.is_empty()).then_some(all)
    }

    /// Binds the next placeholder.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Appends more text.
    #[must_use]
    pub fn push(mut self, text: &'static str) -> Self {
        self.sqlite.to_mut().push_str(text);
        if let Some(postgres) = &mut self.postgres {
            postgres.to_mut().push_str(text);
        }
        self
    }

    /// Appends text that differs between the engines.
    #[must_use]
    pub fn push_for(mut self, sqlite: &'static str, postgres: &'static str) -> Self {
        self.postgres.get_or_insert_with(|| self.sqlite.clone()).to_mut().push_str(postgres);
        self.sqlite.to_mut().push_str(sqlite);
        self
    }

    /// Appends the next placeholder and binds it: `sql("... WHERE id = ").push_bind(id)`.
    #[must_use]
    pub fn push_bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self.placeholder(self.values.len());
        self
    }

    /// Appends `($1, $2 ...)` and binds the values: `sql("... WHERE id IN ").push_list(ids)`. Without values it matches no row.
    #[must_use]
    pub fn push_list<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        let before = self.values.len();
        for value in values {
            self.raw(if self.values.len() == before { "(" } else { ", " });
            self.values.push(value.into());
            self.placeholder(self.values.len());
        }
        self.raw(if self.values.len() == before { "(NULL)" } else { ")" });
        self
    }

    /// Appends `($1, $2), ($3, $4) ...` and binds the rows: many rows in one insert. Keep rows x columns under 30,000
    /// (SQLite allows 32,766 placeholders).
    #[must_use]
    pub fn push_rows(mut self, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        // SQLite searches for a named placeholder among all others: with a thousand of them that is most of the work.
        // Placeholders without a name are numbered from the first, so they must come first.
        let nameless = self.values.is_empty();
        if nameless && self.postgres.is_none() {
            self.postgres = Some(self.sqlite.clone());
        }
        for (row_number, row) in rows.into_iter().enumerate() {
            self.raw(if row_number == 0 { "(" } else { ", (" });
            for (column, value) in row.into_iter().enumerate() {
                if column > 0 {
                    self.raw(", ");
                }
                self.values.push(value);
                match (&mut self.postgres, nameless) {
                    (Some(postgres), true) => {
                        self.sqlite.to_mut().push('?');
                        write(postgres, self.values.len());
                    }
                    _ => self.placeholder(self.values.len()),
                }
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
        write(&mut self.sqlite, number);
        if let Some(postgres) = &mut self.postgres {
            write(postgres, number);
        }
    }

    /// The table that an INSERT, UPDATE or DELETE statement changes.
    pub(super) fn changed_table(&self) -> Option<&str> {
        let text = self.sqlite.trim_start();
        let rest =
            ["INSERT INTO ", "INSERT OR IGNORE INTO ", "UPDATE ", "DELETE FROM "].into_iter().find_map(|head| text.strip_prefix(head))?;
        rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().filter(|name| !name.is_empty())
    }

    /// The text for an engine.
    pub fn text(&self, engine: Engine) -> &str {
        match (engine, &self.postgres) {
            (Engine::Postgres, Some(postgres)) => postgres,
            _ => &self.sqlite,
        }
    }

    /// Returns the text for an engine, in the type that sqlx sends.
    pub(super) fn into_text(self, engine: Engine) -> SqlStr {
        match (engine, self.postgres) {
            (Engine::Postgres, Some(postgres)) => made_here(postgres),
            _ => made_here(self.sqlite),
        }
    }
}

/// Marks text that consists only of this program's own words as safe for sqlx; no other function does so.
pub(super) fn made_here(text: Cow<'static, str>) -> SqlStr {
    match text {
        Cow::Borrowed(fixed) => fixed.into_sql_str(),
        Cow::Owned(made) => AssertSqlSafe(made).into_sql_str(),
    }
}

/// Adds `by` to the number of each placeholder of a text.
fn moved(text: &str, by: usize) -> String {
    let mut parts = text.split('$');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match part[..digits].parse::<usize>() {
            Ok(number) => {
                // Writing to a string cannot fail.
                write!(whole, "${}{}", number + by, &part[digits..]).unwrap_or_default();
            }
            Err(_) => {
                whole.push('$');
                whole.push_str(part);
            }
        }
    }
    whole
}

fn write(text: &mut Cow<'static, str>, number: usize) {
    // Writing to a string cannot fail.
    write!(text.to_mut(), "${number}").unwrap_or_default();
}
