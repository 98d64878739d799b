//! The clinic's rules applied to a patient who books, cancels or moves in the portal. The desk is not bound by them.

use chrono::Duration;

use super::{Appointment, AppointmentState, missed, store};
use crate::{
    core::{ClinicId, Error, PatientId, Result, VisitTypeId, time::Instant, time::show_minutes},
    db::Tx,
    organisation::{self, BookingRules, Clinic},
    tr,
};

/// The acts of a patient on an own appointment that the clinic's rules still allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnActs {
    pub cancel: bool,
    pub change: bool,
    /// Why an act of a coming appointment is not offered any more, with the number to call; empty when both are offered.
    pub refused: String,
}

/// The acts that are offered for an appointment of the patient who reads it.
///
/// # Errors
/// When the database refuses.
pub async fn own_acts(tx: &mut Tx, of: &Appointment, now: Instant) -> Result<OwnActs> {
    if of.state != AppointmentState::Booked || of.starts_at <= now {
        return Ok(OwnActs::default());
    }
    let rules = organisation::booking_rules(tx, of.clinic_id, of.visit_type_id).await?;
    let clinic = organisation::clinic(tx, of.clinic_id).await?;
    let (cancel, change) = (now <= rules.cancel_until(of.starts_at), now <= rules.move_until(of.starts_at));
    let refused = match (cancel, change) {
        (true, true) => String::new(),
        (false, false) => with_phone(tr!(appointments.too_late_for_both), &clinic),
        (false, true) => too_late(&rules, false, &clinic),
        (true, false) => too_late(&rules, true, &clinic),
    };
    Ok(OwnActs { cancel, change, refused })
}

/// Refuses a patient who cancels or moves an own appointment after the clinic's last moment.
///
/// # Errors
/// [`Error::Conflict`] with the number to call.
pub async fn refuse_late_change(tx: &mut Tx, of: &Appointment, moving: bool, now: Instant) -> Result<()> {
    let rules = organisation::booking_rules(tx, of.clinic_id, of.visit_type_id).await?;
    let until = if moving { rules.move_until(of.starts_at) } else { rules.cancel_until(of.starts_at) };
    if now <= until && now < of.starts_at {
        return Ok(());
    }
    let clinic = organisation::clinic(tx, of.clinic_id).await?;
    Err(Error::conflict(too_late(&rules, moving, &clinic)))
}

fn too_late(rules: &BookingRules, moving: bool, clinic: &Clinic) -> String {
    let minutes = if moving { rules.move_minutes } else { rules.cancel_minutes };
    let words = match (moving, minutes) {
        (true, 0) => tr!(appointments.begun_no_move).to_owned(),
        (false, 0) => tr!(appointments.begun_no_cancel).to_owned(),
        (true, minutes) => tr!(appointments.too_late_to_move, time = show_minutes(minutes)),
        (false, minutes) => tr!(appointments.too_late_to_cancel, time = show_minutes(minutes)),
    };
    with_phone(&words, clinic)
}

/// The sentence with the clinic's phone number, or that the desk is asked.
pub(super) fn with_phone(words: &str, clinic: &Clinic) -> String {
    let call = match clinic.phone.is_empty() {
        true => tr!(appointments.ask_desk).to_owned(),
        false => tr!(appointments.call_clinic, phone = clinic.phone.clone()),
    };
    format!("{words} {call}")
}

/// The sentence that the clinic's desk alone books for the patient, with its number.
///
/// # Errors
/// When the database refuses.
pub async fn desk_books(tx: &mut Tx, clinic: ClinicId) -> Result<String> {
    let clinic = organisation::clinic(tx, clinic).await?;
    Ok(with_phone(tr!(appointments.desk_books), &clinic))
}

/// A time that a patient wants.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnWish<'w> {
    pub patient: PatientId,
    pub clinic: &'w Clinic,
    pub rules: &'w BookingRules,
    pub visit_type: Option<VisitTypeId>,
    pub starts_at: Instant,
    /// The appointment that it takes the place of.
    pub replaces: Option<&'w Appointment>,
}

/// Refuses a patient's own booking that is beyond the clinic's rules.
///
/// # Errors
/// [`Error::Conflict`] in a sentence: too soon, too many, for the desk alone, or the old appointment can be moved no more.
pub(super) async fn refuse_beyond_rules(tx: &mut Tx, wish: OwnWish<'_>, now: Instant) -> Result<()> {
    let OwnWish { patient, clinic, rules, visit_type, starts_at, replaces } = wish;
    if let Some(old) = replaces {
        refuse_late_change(tx, old, true, now).await?;
    }
    if missed::only_desk_books(tx, rules, patient, now).await? {
        return Err(Error::conflict(with_phone(tr!(appointments.desk_books), clinic)));
    }
    if starts_at < rules.earliest(now) && starts_at > now {
        let words = tr!(appointments.too_soon, time = show_minutes(rules.notice_minutes));
        return Err(Error::conflict(with_phone(&words, clinic)));
    }
    if let Some(id) = visit_type {
        let types = organisation::visit_types(tx).await?;
        if types.iter().all(|known| known.id != id || known.desk_only) {
            return Err(Error::conflict(with_phone(tr!(appointments.desk_books_type), clinic)));
        }
    }
    let spared = |same: bool| i64::from(replaces.is_some_and(|old| same && old.clinic_id == clinic.id && old.starts_at > now));
    let same_type = replaces.is_some_and(|old| old.visit_type_id == visit_type);
    let all = store::future_bookings(tx, patient, clinic.id, None, now).await? - spared(true);
    if all >= rules.most {
        return Err(Error::conflict(with_phone(&tr!(appointments.enough_bookings, count = rules.most), clinic)));
    }
    if let Some(most) = rules.most_of_type
        && store::future_bookings(tx, patient, clinic.id, visit_type, now).await? - spared(same_type) >= most
    {
        return Err(Error::conflict(with_phone(&tr!(appointments.enough_of_type, count = most), clinic)));
    }
    Ok(())
}

/// How long a chosen time is held.
pub(super) fn held_until(rules: &BookingRules, now: Instant) -> Instant {
    now + Duration::minutes(rules.hold_minutes)
}
