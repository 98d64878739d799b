//! The SQL of start tasks.

use super::StartTask;
use crate::{
    core::{Result, Stamp, WardId},
    db::{Tx, sql},
    row,
};

/// Reads the start list of a ward; empty when it has none.
///
/// # Errors
/// When the database refuses.
pub async fn list_of(tx: &mut Tx, ward: WardId) -> Result<Vec<StartTask>> {
    let query = sql("SELECT name, due_minutes, done_by, tool_code FROM ward_start_tasks WHERE ward_id = ").push_bind(ward);
    Ok(tx.all(query.push(" ORDER BY nth")).await?)
}

/// Reads the version of a ward's list; 0 when nobody has written one.
///
/// # Errors
/// When the database refuses.
pub async fn version_of(tx: &mut Tx, ward: WardId) -> Result<i64> {
    let query = sql("SELECT version FROM ward_start_lists WHERE ward_id = ").push_bind(ward);
    Ok(tx.optional::<(i64,)>(query).await?.map_or(0, |(version,)| version))
}

/// Takes the next version of a ward's list; `false` when the one before is not the latest.
pub(super) async fn set_version(tx: &mut Tx, ward: WardId, version: i64, stamp: Stamp) -> Result<bool> {
    let query = match version {
        0 => sql("INSERT INTO ward_start_lists (ward_id, set_at, set_by) VALUES ($1, $2, $3) ON CONFLICT (ward_id) DO NOTHING"),
        _ => sql("UPDATE ward_start_lists SET set_at = $2, set_by = $3, version = version + 1 WHERE ward_id = $1 AND version = $4"),
    };
    let query = query.bind(ward).bind(stamp.at).bind(stamp.by);
    let query = if version == 0 { query } else { query.bind(version) };
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn replace(tx: &mut Tx, ward: WardId, list: &[StartTask]) -> Result<()> {
    tx.execute(sql("DELETE FROM ward_start_tasks WHERE ward_id = ").push_bind(ward)).await?;
    if list.is_empty() {
        return Ok(());
    }
    let rows =
        (1_i64..).zip(list).map(|(nth, task)| row![ward, nth, task.name.clone(), task.due_minutes, task.done_by, task.tool_code.clone()]);
    let query = sql("INSERT INTO ward_start_tasks (ward_id, nth, name, due_minutes, done_by, tool_code) VALUES ");
    tx.execute(query.push_rows(rows)).await?;
    Ok(())
}
