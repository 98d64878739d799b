//! The turn of an act on a stay, and the access to a stay that a page shows.

use uuid::Uuid;

use super::ROUNDS;
use crate::{
    audit::Action,
    core::{
        AdmissionId, Error, PatientId, Permission, Result,
        time::{Instant, Zone},
    },
    db::Locked,
    organisation, patients,
    server::{Ctx, Event},
    tr,
    ui::BannerInfo,
    wards::{Admission, AdmissionState, WARDS, find_admission},
};

/// A stay whose turn the transaction has: its patient and its admission are locked.
#[derive(Clone, Debug)]
pub struct StayTurn {
    pub admission: Admission,
    pub patient: Locked<PatientId>,
    pub locked: Locked<AdmissionId>,
    pub zone: Zone,
}

/// Checks access and waits for the turn of a stay.
///
/// # Errors
/// [`Error::NotFound`] or [`Error::NotInCare`] without access; [`Error::Conflict`] when the patient was never admitted.
pub async fn turn(ctx: &mut Ctx, permission: Permission, id: AdmissionId) -> Result<StayTurn> {
    let known = find_admission(&mut ctx.tx, id).await?;
    ctx.at_clinic(permission, known.clinic_id)?;
    ctx.reach([known.patient_id]).await?;
    let patient = ctx.tx.lock(known.patient_id).await?;
    let locked = ctx.tx.lock(id).await?;
    let admission = find_admission(&mut ctx.tx, id).await?;
    if !matches!(admission.state, AdmissionState::Admitted | AdmissionState::Discharged) {
        return Err(Error::conflict(tr!(rounds.not_admitted)));
    }
    let zone = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?.zone;
    Ok(StayTurn { admission, patient, locked, zone })
}

impl StayTurn {
    /// Refuses the act unless the patient lies on a ward.
    ///
    /// # Errors
    /// [`Error::Conflict`].
    pub fn must_be_admitted(&self) -> Result<()> {
        if self.admission.state == AdmissionState::Admitted { Ok(()) } else { Err(Error::conflict(tr!(rounds.not_admitted))) }
    }

    /// Audits an act on the stay and tells the open screens.
    pub fn record(&self, ctx: &mut Ctx, action: Action, what: &'static str, subject: impl Into<Uuid>) {
        let (patient, clinic) = (self.admission.patient_id, self.admission.clinic_id);
        ctx.did(action, what, subject, Some(patient));
        ctx.tell(Event::new(&ROUNDS).at(clinic).of(patient).about(self.admission.id));
        ctx.tell(Event::new(&patients::CHART).at(clinic).of(patient));
    }

    /// Tells the boards of the wards, too.
    pub fn tell_board(&self, ctx: &mut Ctx) {
        ctx.tell(Event::new(&WARDS).at(self.admission.clinic_id).about(self.admission.id));
    }
}

/// A stay that a page shows, after its reading was audited.
#[derive(Clone, Debug)]
pub struct ShownStay {
    pub admission: Admission,
    pub banner: BannerInfo,
    pub zone: Zone,
    pub now: Instant,
}

/// Opens a stay of the reader's clinic.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn open(ctx: &mut Ctx, permission: Permission, id: AdmissionId) -> Result<ShownStay> {
    let admission = find_admission(&mut ctx.tx, id).await?;
    ctx.at_clinic(permission, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "stay_record").await?;
    let zone = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?.zone;
    let (now, today) = (ctx.now, zone.day(ctx.now));
    let banner = patients::banner(&mut ctx.tx, admission.patient_id, today).await?;
    Ok(ShownStay { admission, banner, zone, now })
}

impl ShownStay {
    /// Whether the patient lies on a ward.
    pub fn is_open(&self) -> bool {
        self.admission.state == AdmissionState::Admitted
    }
}
