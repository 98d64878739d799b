//! The time that a patient holds while booking. Whoever goes back to the free times finds it among them, because choosing a time again
//! gives the held one back first.

mod store;

use super::{FreeSlot, SlotQuery, search};
use crate::{
    core::{PatientId, Result},
    db::Tx,
};

/// The slot that the patient holds, where the search would find it if it were free. What the waitlist offers is not among them.
///
/// # Errors
/// When the database refuses.
pub async fn own_hold(tx: &mut Tx, patient: PatientId, query: SlotQuery) -> Result<Option<FreeSlot>> {
    let Some(held) = store::held(tx, patient, query.now).await? else { return Ok(None) };
    let day = query.zone.day(held.starts_at);
    let is_sought = held.clinic_id == query.clinic
        && query.service.is_none_or(|service| service == held.service_id)
        && query.doctor.is_none_or(|doctor| doctor == held.doctor_id)
        && (query.from..=query.to).contains(&day);
    if !is_sought {
        return Ok(None);
    }
    let of_day = SlotQuery { service: Some(held.service_id), doctor: Some(held.doctor_id), from: day, to: day, ..query };
    let slot = search::slots(tx, of_day).await?.into_iter().find(|slot| slot.starts_at == held.starts_at);
    Ok(search::with_names(tx, slot.into_iter().collect()).await?.pop())
}
