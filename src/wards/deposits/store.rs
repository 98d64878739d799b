//! The SQL of deposits for stays.

use super::DepositDue;
use crate::{
    core::{ClinicId, Result},
    db::{Tx, sql},
};

/// Returns the stays of a clinic whose bed, reserved or taken, has a class that asks for a deposit.
pub(super) async fn asking(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<DepositDue>> {
    let query = sql("SELECT a.patient_id, a.number, w.name AS ward, c.name AS class, c.item_id,
            c.deposit_days, a.requested_at
        FROM admissions a JOIN bed_uses u ON u.admission_id = a.id AND u.ended_at IS NULL AND u.kind IN ('reservation', 'stay')
        JOIN beds b ON b.id = u.bed_id JOIN bed_classes c ON c.id = b.class_id AND c.deposit_days IS NOT NULL
        JOIN wards w ON w.id = a.accepted_ward_id
        WHERE a.state IN ('accepted', 'admitted') AND a.clinic_id = $1
            AND NOT EXISTS (SELECT 1 FROM discharges d WHERE d.admission_id = a.id AND d.voided_at IS NULL)
        ORDER BY a.requested_at, a.id LIMIT 200");
    Ok(tx.all(query.bind(clinic)).await?)
}
