//! The SQL of erasures that are done again.

use std::collections::BTreeSet;

use super::Line;
use crate::{
    core::{ErasureId, PatientId, Result, UserId, time::Instant},
    db::{Tx, sql},
};

/// Reads the erasures that were done here.
pub(super) async fn all_done(tx: &mut Tx) -> Result<Vec<Line>> {
    let query = "SELECT decided_at, id, patient_id FROM erasure_requests WHERE state = 'done' AND decided_at IS NOT NULL ORDER BY id";
    let rows: Vec<(Instant, ErasureId, PatientId)> = tx.all(sql(query)).await?;
    Ok(rows.into_iter().map(|(at, erasure, patient)| Line { at, erasure, patient }).collect())
}

/// Reads the requests whose erasure was done here, or done again.
pub(super) async fn ids_done(tx: &mut Tx) -> Result<BTreeSet<ErasureId>> {
    let query = "SELECT id FROM erasure_requests WHERE state = 'done' UNION SELECT id FROM erasure_replays";
    Ok(tx.all::<(ErasureId,)>(sql(query)).await?.into_iter().map(|(id,)| id).collect())
}

/// Writes that an erasure is done again; `false` when it was before.
pub(super) async fn insert_replay(tx: &mut Tx, line: &Line, now: Instant) -> Result<bool> {
    let query = sql("INSERT INTO erasure_replays (id, erased_at, replayed_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(line.erasure)
        .bind(line.at)
        .bind(now);
    Ok(tx.execute(query).await? == 1)
}

/// Decides on a request that still waits in the restored database.
pub(super) async fn decide_waiting(tx: &mut Tx, line: &Line, now: Instant) -> Result<()> {
    let query = sql(
        "UPDATE erasure_requests SET state = 'done', decided_at = $2, decided_by = $3 WHERE id = $1 AND state = 'asked' AND asked_by <> $3",
    )
    .bind(line.erasure)
    .bind(now)
    .bind(UserId::SYSTEM);
    tx.execute(query).await?;
    Ok(())
}
