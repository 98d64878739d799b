//! Remarks of the desk on an appointment, for colleagues. A remark is no part of [`super::Appointment`], which the pages, letters and
//! calendar files of patients are made from: no patient sees it. Lists for staff have it in [`super::Arrival`].

mod store;

use crate::{
    core::{AppointmentId, Error, Result},
    db::{Locked, Tx},
    tr,
};

pub use store::{carry_over, remark_of, write};

/// Changes the remark from what the page showed.
///
/// # Errors
/// [`Error::Conflict`] when somebody changed it meanwhile.
pub async fn change(tx: &mut Tx, id: Locked<AppointmentId>, before: &str, after: &str) -> Result<()> {
    let now = remark_of(tx, id.id()).await?;
    if now != before && now != after {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    write(tx, id.id(), after).await
}
