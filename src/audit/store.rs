//! The audit log's rows: added, never touched again (triggers refuse).

use super::AuditRow;
use crate::{
    core::Result,
    db::{Tx, Value, sql},
};

/// Adds the rows.
///
/// # Errors
/// What the database refused.
pub async fn write(tx: &mut Tx, rows: &[AuditRow]) -> Result<()> {
    for rows in rows.chunks(500) {
        let values = rows.iter().map(|row| {
            vec![
                Value::from(row.at),
                row.user.into(),
                row.roles.as_str().into(),
                row.action.into(),
                row.what.into(),
                row.subject.into(),
                row.patient.into(),
                row.clinic.into(),
                row.address.as_str().into(),
                row.request.as_str().into(),
            ]
        });
        let query =
            sql("INSERT INTO audit_log (at, user_id, roles, action, what, subject_id, patient_id, clinic_id, address, request_id) VALUES ")
                .push_rows(values);
        tx.execute(query).await?;
    }
    Ok(())
}
