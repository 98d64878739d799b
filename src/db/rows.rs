//! Many rows at a time.

use super::{DbError, Tx, Value, sql};

/// SQLite takes 32,766 placeholders in a statement.
const PLACEHOLDERS: usize = 30_000;
/// So many rows are one statement: the text stays short, and most statements are the same one, prepared once.
const ROWS: usize = 100;

/// Makes the values of a row: `row![id, name, now]`.
#[macro_export]
macro_rules! row {
    ($($value:expr),+ $(,)?) => { vec![$($crate::db::Value::from($value)),+] };
}

/// Inserts rows in as few statements as may be. `head` ends in `VALUES `; `tail` may say what to do on a conflict.
///
/// # Errors
/// What the database refused.
pub async fn insert_rows(tx: &mut Tx, head: &'static str, tail: &'static str, rows: Vec<Vec<Value>>) -> Result<(), DbError> {
    let columns = rows.first().map_or(1, Vec::len).max(1);
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<Vec<Value>> = rows.by_ref().take((PLACEHOLDERS / columns).min(ROWS)).collect();
        tx.execute(sql(head).push_rows(some).push(tail)).await?;
    }
    Ok(())
}
