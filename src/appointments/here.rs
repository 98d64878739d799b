//! "I am here": what the patient says before the desk has had a look. The desk still checks in, because it looks who came.

use super::{Appointment, AppointmentState, store};
use crate::{
    core::{AppointmentId, Error, Result, time::Instant},
    db::Tx,
    tr,
};

/// Notes that the patient says to be here; said again, the first time stays.
///
/// # Errors
/// [`Error::Conflict`] when the appointment is not booked any more, or not about now.
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
