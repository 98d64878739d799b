//! The prescriptions that a patient takes home from a stay on a ward, for the steps of the discharge.

mod store;

use crate::{
    core::{AdmissionId, Result},
    db::Tx,
    server::hooks::TakeHome,
};

/// Counts the take-home prescriptions of these stays: those that were signed since the admission. Stays without one are left out.
///
/// # Errors
/// When the database refuses.
pub async fn of_stays(tx: &mut Tx, admissions: &[AdmissionId]) -> Result<Vec<(AdmissionId, TakeHome)>> {
    if admissions.is_empty() {
        return Ok(Vec::new());
    }
    store::of_stays(tx, admissions).await
}
