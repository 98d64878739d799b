//! "I am here": the patient reports the arrival in the portal. The desk still checks the patient in, because it verifies
//! who came.

use super::{Appointment, AppointmentState, store};
use crate::{
    core::{AppointmentId, Error, Result, time::Instant},
    db::Tx,
    tr,
};

/// Records the time when the patient reported to be here; a second report does not change it.
///
/// # Errors
/// [`Error::Conflict`] when the appointment is no longer booked, or is not about now.
pub async fn say_here(tx: &mut Tx, id: AppointmentId, now: Instant) -> Result<Appointment> {
    let locked = tx.lock(id).await?;
    let found = store::find(tx, id).await?;
    if found.state != AppointmentState::Booked {
        return Err(Error::conflict(tr!(appointments.wrong_state, state = found.state.word().to_lowercase())));
    }
    if !found.is_about_now(now) {
        return Err(Error::conflict(tr!(appointments.not_yet)));
    }
    store::say_here(tx, locked, now).await?;
    store::find(tx, id).await
}
