//! The SQL of take-home prescriptions.

use crate::{
    core::{AdmissionId, Result},
    db::{Tx, sql},
    server::hooks::TakeHome,
};

/// Counts the prescriptions that were signed during these stays; those that were refused, or ended before they were handed out, do not count.
pub(super) async fn of_stays(tx: &mut Tx, admissions: &[AdmissionId]) -> Result<Vec<(AdmissionId, TakeHome)>> {
    let query = sql(
        "SELECT a.id, count(CASE WHEN s.state IN ('to_verify', 'verified', 'part_dispensed', 'on_hold', 'queried') THEN 1 END) AS open,
            count(CASE WHEN s.state IN ('dispensed', 'closed') THEN 1 END) AS handed
        FROM admissions a JOIN supplies s ON s.patient_id = a.patient_id AND s.clinic_id = a.clinic_id AND s.signed_at >= a.admitted_at
            AND (a.left_at IS NULL OR s.signed_at <= a.left_at)
        WHERE s.state NOT IN ('refused', 'cancelled') AND a.id IN ",
    )
    .push_list(admissions.iter().copied());
    let rows: Vec<(AdmissionId, i64, i64)> = tx.all(query.push(" GROUP BY a.id")).await?;
    Ok(rows.into_iter().map(|(id, open, handed)| (id, TakeHome { open, handed })).collect())
}
