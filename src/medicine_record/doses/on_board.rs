//! The doses at the beds of a ward for its board: those that are due, and those that are late.

use std::collections::HashMap;

use chrono::Duration;

use super::store;
use crate::{
    core::{AdmissionId, Result, WardId, time::Instant},
    db::Tx,
    server::hooks::BedWork,
};

/// Counts the doses of all patients who lie on the ward.
///
/// # Errors
/// When the database refuses.
pub async fn on_board(tx: &mut Tx, ward: WardId, now: Instant) -> Result<Vec<(AdmissionId, BedWork)>> {
    let mut beds: HashMap<AdmissionId, BedWork> = HashMap::new();
    for dose in store::of_ward(tx, ward, now).await? {
        let bed = beds.entry(dose.admission_id).or_default();
        bed.doses_due += 1;
        bed.doses_late += i64::from(dose.due_at + Duration::minutes(dose.timing.window_minutes()) < now);
    }
    Ok(beds.into_iter().collect())
}
