//! The SQL of the checks of the laboratory.

use crate::{
    core::{LabReportId, Result},
    db::{Tx, sql},
};

/// Reads the digests of all reports.
pub(super) async fn digests(tx: &mut Tx) -> Result<Vec<(LabReportId, String)>> {
    Ok(tx.all(sql("SELECT id, digest FROM lab_reports ORDER BY id")).await?)
}
