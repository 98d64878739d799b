//! The SQL of usual dose times.

use crate::{
    core::{Result, Stamp, WardId},
    db::{Tx, sql},
    medicine_record::vocabulary::DoseTiming,
    row,
};

pub(super) async fn times(tx: &mut Tx, ward: WardId) -> Result<Vec<(DoseTiming, String)>> {
    let query = sql("SELECT timing, times FROM ward_dose_times WHERE ward_id = ").push_bind(ward);
    Ok(tx.all(query.push(" ORDER BY timing")).await?)
}

/// Reads the version of a ward's list; 0 when nobody has written one.
pub(super) async fn version(tx: &mut Tx, ward: WardId) -> Result<i64> {
    let query = sql("SELECT version FROM ward_dose_lists WHERE ward_id = ").push_bind(ward);
    Ok(tx.optional::<(i64,)>(query).await?.map_or(0, |(version,)| version))
}

/// Takes the next version of a ward's list; `false` when the one before is not the latest.
pub(super) async fn set_version(tx: &mut Tx, ward: WardId, version: i64, stamp: Stamp) -> Result<bool> {
    let query = match version {
        0 => sql("INSERT INTO ward_dose_lists (ward_id, set_at, set_by) VALUES ($1, $2, $3) ON CONFLICT (ward_id) DO NOTHING"),
        _ => sql("UPDATE ward_dose_lists SET set_at = $2, set_by = $3, version = version + 1 WHERE ward_id = $1 AND version = $4"),
    };
    let query = query.bind(ward).bind(stamp.at).bind(stamp.by);
    let query = if version == 0 { query } else { query.bind(version) };
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn replace(tx: &mut Tx, ward: WardId, own: &[(DoseTiming, String)]) -> Result<()> {
    tx.execute(sql("DELETE FROM ward_dose_times WHERE ward_id = ").push_bind(ward)).await?;
    if own.is_empty() {
        return Ok(());
    }
    let rows = own.iter().map(|(timing, times)| row![ward, *timing, times.clone()]);
    tx.execute(sql("INSERT INTO ward_dose_times (ward_id, timing, times) VALUES ").push_rows(rows)).await?;
    Ok(())
}
