//! The SQL.

use super::Entry;
use crate::{
    core::{ClinicId, Error, Result, UserId, {{Name}}EntryId, time::Instant},
    db::{DbError, Tx, sql},
    tr,
};

/// The entries of a clinic, by name.
pub(super) async fn entries(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Entry>> {
    let query = sql("SELECT id, name FROM {{name}}_entries WHERE clinic_id = $1 ORDER BY name, id").bind(clinic);
    let rows: Vec<({{Name}}EntryId, String)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(id, name)| Entry { id, name }).collect())
}

pub(super) async fn add(tx: &mut Tx, clinic: ClinicId, entry: &Entry, now: Instant, by: UserId) -> Result<()> {
    let query = sql("INSERT INTO {{name}}_entries (id, clinic_id, name, created_at, created_by) VALUES ($1, $2, $3, $4, $5)")
        .bind(entry.id)
        .bind(clinic)
        .bind(entry.name.clone())
        .bind(now)
        .bind(by);
    tx.execute(query).await.map_err(|error: DbError| {
        if error.is_unique() { Error::conflict(tr!({{name}}.known)) } else { error.into() }
    })?;
    Ok(())
}
