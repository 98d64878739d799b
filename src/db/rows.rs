//! Inserts many rows at once.

use super::{DbError, Tx, Value, sql};

/// The largest number of placeholders in a statement; SQLite allows 32,766.
const PLACEHOLDERS: usize = 30_000;
/// The number of rows in one statement: the text stays short, and most statements are the same one, prepared once.
const ROWS: usize = 100;

/// Creates the values of a row: `row![id, name, now]`.
#[macro_export]
macro_rules! row {
    ($($value:expr),+ $(,)?) => { vec![$($crate::db::Value::from($value)),+] };
}

/// Inserts rows in as few statements as possible. `head` ends in `VALUES `; `tail` may hold an `ON CONFLICT` clause.
///
/// # Errors
/// When the database refuses.
pub async fn insert_rows(tx: &mut Tx, head: &'static str, tail: &'static str, rows: Vec<Vec<Value>>) -> Result<(), DbError> {
    let columns = rows.first().map_or(1, Vec::len).max(1);
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<Vec<Value>> = rows.by_ref().take((PLACEHOLDERS / columns).min(ROWS)).collect();
        tx.execute(sql(head).push_rows(some).push(tail)).await?;
    }
    Ok(())
}
