//! The SQL of released summaries.

use super::{SummaryReaders, SummaryRelease};
use crate::{
    core::{AdmissionId, Result, Stamp},
    db::{DbError, Tx, sql},
};

/// Whether the stay has a signed summary.
pub(super) async fn is_signed(tx: &mut Tx, admission: AdmissionId) -> Result<bool> {
    let query = sql("SELECT count(*) FROM discharge_summaries WHERE state = 'final' AND superseded_at IS NULL AND admission_id = ");
    Ok(tx.count(query.push_bind(admission)).await? > 0)
}

pub(super) async fn release(tx: &mut Tx, admission: AdmissionId) -> Result<Option<SummaryRelease>> {
    let query =
        sql("SELECT r.readers, r.set_at, u.display_name AS set_by, r.version FROM summary_releases r JOIN users u ON u.id = r.set_by
        WHERE r.admission_id = ");
    Ok(tx.optional(query.push_bind(admission)).await?)
}

/// Returns those who read the summary in the portal.
pub(super) async fn readers(tx: &mut Tx, admission: AdmissionId) -> Result<Option<SummaryReaders>> {
    let query = sql("SELECT readers FROM summary_releases WHERE admission_id = ").push_bind(admission);
    Ok(tx.optional::<(SummaryReaders,)>(query).await?.map(|(readers,)| readers))
}

/// Writes a release; `false` when the version before is not the latest.
pub(super) async fn set(
    tx: &mut Tx,
    admission: AdmissionId,
    readers: SummaryReaders,
    (version, stamp): (i64, Stamp),
) -> Result<bool, DbError> {
    let query = match version {
        0 => sql("INSERT INTO summary_releases (admission_id, readers, set_at, set_by) VALUES ($1, $2, $3, $4)
            ON CONFLICT (admission_id) DO NOTHING"),
        _ => sql("UPDATE summary_releases SET readers = $2, set_at = $3, set_by = $4, version = version + 1
            WHERE admission_id = $1 AND version = $5"),
    };
    let query = query.bind(admission).bind(readers).bind(stamp.at).bind(stamp.by);
    let query = if version == 0 { query } else { query.bind(version) };
    Ok(tx.execute(query).await? == 1)
}
