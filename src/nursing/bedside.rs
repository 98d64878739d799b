//! The patient's side of an act: the admission is locked and was read after that.

use chrono::Duration;
use uuid::Uuid;

use super::department::NURSING;
use crate::{
    audit::{self, Action, AuditRow},
    core::{
        AdmissionId, ClinicId, Error, PatientId, Permission, Result, UserId,
        time::{Instant, Zone, parse_time},
    },
    db::Tx,
    organisation,
    server::{AppState, Ctx, Event},
    tr,
    wards::{Admission, AdmissionState, WARDS, find_admission},
};

/// Hours by which something may be entered late.
const LATE_HOURS: i64 = 12;

/// An admission whose turn the transaction has.
#[derive(Clone, Debug)]
pub struct Bedside {
    pub admission: Admission,
    pub zone: Zone,
}

/// Checks access and waits for the admission's turn.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::NotInCare`] without access.
pub async fn turn(ctx: &mut Ctx, permission: Permission, id: AdmissionId) -> Result<Bedside> {
    let known = find_admission(&mut ctx.tx, id).await?;
    ctx.at_clinic(permission, known.clinic_id)?;
    ctx.reach([known.patient_id]).await?;
    ctx.tx.lock(id).await?;
    let admission = find_admission(&mut ctx.tx, id).await?;
    let zone = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?.zone;
    Ok(Bedside { admission, zone })
}

impl Bedside {
    /// Refuses the act unless the patient is admitted.
    ///
    /// # Errors
    /// [`Error::Conflict`].
    pub fn must_be_admitted(&self) -> Result<()> {
        if self.admission.state == AdmissionState::Admitted { Ok(()) } else { Err(Error::conflict(tr!(nursing.not_admitted))) }
    }

    /// Returns the admission, its patient and its clinic.
    pub const fn whose(&self) -> Whose {
        Whose { admission: self.admission.id, patient: self.admission.patient_id, clinic: self.admission.clinic_id }
    }

    /// Reads a time of day that has passed, since the admission and at most some hours ago: today, or else yesterday. Empty is now.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field.
    pub fn passed(&self, ctx: &Ctx, field: &'static str, typed: &str) -> Result<Instant> {
        if typed.trim().is_empty() {
            return Ok(ctx.now);
        }
        let time = parse_time(field, typed)?;
        let today = self.zone.day(ctx.now);
        let days = [Some(today), today.pred_opt()];
        let at = days.into_iter().flatten().filter_map(|day| self.zone.instant(day.and_time(time))).find(|at| *at <= ctx.now);
        let at = at
            .filter(|at| ctx.now - *at <= Duration::hours(LATE_HOURS))
            .ok_or_else(|| Error::invalid(field, tr!(nursing.too_late, hours = LATE_HOURS)))?;
        match self.admission.admitted_at {
            // The admission has seconds; the typed time has none.
            Some(admitted) if at < admitted && admitted - at < Duration::minutes(1) => Ok(admitted),
            Some(admitted) if at < admitted => Err(Error::invalid(field, tr!(nursing.before_admission))),
            _ => Ok(at),
        }
    }
}

/// The admission that a row belongs to, with its patient and its clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose {
    pub admission: AdmissionId,
    pub patient: PatientId,
    pub clinic: ClinicId,
}

/// Audits an act and tells the open screens.
pub fn record(ctx: &mut Ctx, action: Action, what: &'static str, subject: impl Into<Uuid>, whose: Whose) {
    ctx.did(action, what, subject, Some(whose.patient));
    ctx.tell(Event::new(&NURSING).at(whose.clinic).about(whose.admission));
}

/// Tells the boards of the wards, too.
pub fn tell_board(ctx: &mut Ctx, whose: Whose) {
    ctx.tell(Event::new(&WARDS).at(whose.clinic).about(whose.admission));
}

/// Writes the audit row of a job's act, and commits it with the events.
///
/// # Errors
/// When the database refuses.
pub async fn finish_job(
    state: &AppState,
    mut tx: Tx,
    (action, what, subject): (Action, &'static str, Uuid),
    whose: Whose,
    now: Instant,
    mut events: Vec<Event>,
) -> Result<()> {
    let row = AuditRow {
        at: now,
        user: UserId::SYSTEM,
        roles: String::new(),
        action,
        what,
        subject: Some(subject),
        patient: Some(whose.patient),
        clinic: Some(whose.clinic),
        address: String::new(),
        request: String::new(),
        why: String::new(),
    };
    audit::write(&mut tx, &[row]).await?;
    events.push(Event::new(&NURSING).at(whose.clinic).about(whose.admission));
    state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    state.hub.announce(&events);
    Ok(())
}
