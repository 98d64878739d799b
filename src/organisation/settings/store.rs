//! The SQL of the hospital's settings.

use super::{FIELDS, Settings};
use crate::{
    core::{Error, Result, Stamp},
    db::{DbError, Tx, sql},
    organisation::lists::{Cells, LastChange, columns},
};

pub(super) async fn settings(tx: &mut Tx) -> Result<Settings> {
    let query = columns(sql("SELECT CAST(version AS TEXT)"), FIELDS).push(" FROM hospital WHERE id = 1");
    let Cells(cells) = tx.one(query).await?;
    let mut cells = cells.into_iter();
    let version = cells.next().and_then(|version| version.parse().ok()).ok_or(Error::NotFound)?;
    let values = FIELDS.iter().zip(cells).map(|(field, cell)| field.shown(cell)).collect();
    let charged = tx.count(sql("SELECT count(*) FROM (SELECT 1 FROM amounts_charged LIMIT 1) AS counted")).await?;
    Ok(Settings { version, values, currency_fixed: charged > 0 })
}

pub(super) async fn has_prices(tx: &mut Tx) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM prices")).await? > 0)
}

/// Saves the fields that differ; returns `false` when the row has another version by now.
pub(super) async fn save(tx: &mut Tx, (before, values): (&Settings, &[String]), stamp: Stamp) -> Result<bool, DbError> {
    let mut query =
        sql("UPDATE hospital SET version = version + 1, updated_at = ").push_bind(stamp.at).push(", updated_by = ").push_bind(stamp.by);
    for ((field, value), old) in FIELDS.iter().zip(values).zip(&before.values) {
        if value != old {
            query = query.push(", ").push(field.column()).push(" = ").push_bind(field.value(value));
        }
    }
    Ok(tx.execute(query.push(" WHERE id = 1 AND version = ").push_bind(before.version)).await? == 1)
}

pub(super) async fn last_change(tx: &mut Tx) -> Result<LastChange> {
    let query =
        sql("SELECT h.updated_at AS changed_at, u.display_name AS changed_by FROM hospital h LEFT JOIN users u ON u.id = h.updated_by
        WHERE h.id = 1");
    Ok(tx.one(query).await?)
}
