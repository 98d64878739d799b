//! A patient's death: it is recorded as far as it is known, and what is coming ends in words.

use chrono::NaiveDate;

use super::{Appointment, store, waitlist};
use crate::{
    core::{PatientId, Result, Stamp},
    db::Tx,
    patients::{self, Death},
    tr,
};

/// Records a death. Coming appointments of all clinics are cancelled with that reason, and nothing is waited for any more.
///
/// # Errors
/// [`crate::core::Error::Invalid`] for a day to come or before the birth.
pub async fn record_death(tx: &mut Tx, patient: PatientId, (death, today): (Death, NaiveDate), stamp: Stamp) -> Result<Vec<Appointment>> {
    // The patient first: nothing is booked meanwhile.
    let locked = tx.lock(patient).await?;
    patients::record_death(tx, locked, Some(death), today, (stamp.at, stamp.by)).await?;
    let reason = tr!(appointments.cancelled_by_death, died = death.sentence(None));
    waitlist::withdraw_all(tx, patient, &reason, stamp).await?;
    let mut cancelled = Vec::new();
    for id in store::open_ids(tx, patient, stamp.at).await? {
        cancelled.push(super::cancel(tx, id, &reason, stamp).await?);
    }
    Ok(cancelled)
}

/// The death was recorded in error. What was cancelled stays so: it is booked again where that is wished.
///
/// # Errors
/// When the database refuses.
pub async fn death_in_error(tx: &mut Tx, patient: PatientId, today: NaiveDate, stamp: Stamp) -> Result<()> {
    let locked = tx.lock(patient).await?;
    patients::record_death(tx, locked, None, today, (stamp.at, stamp.by)).await
}
