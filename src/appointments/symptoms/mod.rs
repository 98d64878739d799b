//! Symptoms of the patient that belong to an appointment, beside its short reason. They are sealed, and the patient, the desk that books
//! and the doctor read them; no list, letter or calendar file has them.

mod store;

use crate::{
    core::{AppointmentId, PatientId, Result, Stamp},
    db::Tx,
};

/// The most letters of symptoms.
pub const LONGEST: usize = 1000;

/// Returns the symptoms of an appointment; empty without any.
///
/// # Errors
/// When the database refuses.
pub async fn symptoms_of(tx: &mut Tx, id: AppointmentId) -> Result<String> {
    store::read(tx, id).await
}

/// Keeps the symptoms of an appointment that has just been booked. `None` takes over those of the appointment that it replaces.
pub(super) async fn keep(
    tx: &mut Tx,
    (id, patient): (AppointmentId, PatientId),
    told: Option<&str>,
    replaces: Option<AppointmentId>,
    stamp: Stamp,
) -> Result<()> {
    let words = match (told, replaces) {
        (Some(told), _) => told.to_owned(),
        (None, Some(old)) => store::read(tx, old).await?,
        (None, None) => String::new(),
    };
    if words.is_empty() {
        return Ok(());
    }
    store::insert(tx, (id, patient), &words, stamp).await
}
