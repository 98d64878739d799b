//! Prescribes a medicine that a patient takes home from a stay on a ward: it is signed in an encounter of its own, which belongs to the stay, so
//! that the pharmacy gets it as one of a visit.

use uuid::Uuid;

use super::{
    super::{
        Dosage, Prescription, PrescriptionState,
        department::PRESCRIPTIONS,
        findings::{self, CheckStage, Overridden, OverrideOf},
        medicines::{self, store::NewPrescription},
        store::{self, NewEncounter},
    },
    replacement,
    warnings::{Named, Reply, against_these, on_ward},
};
use crate::{
    audit::Action,
    core::{AdmissionId, ClinicId, EncounterId, Error, PatientId, PrescriptionId, Result},
    db::{Locked, Tx},
    patients::CHART,
    server::{Ctx, Event},
    tr,
};

/// A medicine that is prescribed to be taken home.
#[derive(Clone, Debug)]
pub struct HomePrescription {
    pub drug: String,
    pub dosage: Dosage,
    pub reply: Reply,
    /// The order of the stay that it continues, of which the checks do not warn.
    pub order: Option<Uuid>,
}

/// Prescribes and signs a medicine of a stay. The caller checked the right and locked the stay.
///
/// # Errors
/// [`Error::Forbidden`] for a user who is no doctor; [`Error::Invalid`] with the warnings to be answered.
pub async fn prescribe_home(
    ctx: &mut Ctx,
    patient: Locked<PatientId>,
    (admission, clinic): (AdmissionId, ClinicId),
    new: HomePrescription,
) -> Result<PrescriptionId> {
    let doctor = ctx.who.staff.ok_or(Error::Forbidden)?;
    let HomePrescription { drug: name, dosage, reply, order } = new;
    let listed = medicines::drug_named(&mut ctx.tx, &name).await?;
    let words = listed.as_ref().map(|drug| drug.allergy_words.clone()).unwrap_or_default();
    let name = listed.as_ref().map_or(name, |drug| drug.name.clone());
    let now = ctx.now;
    let mut open = medicines::store::open_of_patient(&mut ctx.tx, patient.id()).await?;
    open.retain(|known| known.state == PrescriptionState::Draft || known.is_current(now));
    let mut given = on_ward(ctx, patient.id()).await?;
    given.retain(|known| order.is_none_or(|order| known.id != PrescriptionId(order)));
    open.extend(given);
    let named = Named { name: &name, words: &words, drug: listed.as_ref().map(|drug| drug.id) };
    let found = against_these(ctx, patient.id(), &named, Some(&dosage), &open).await?;
    let asked = found.asked.clone();
    let (override_reason, answered) = found.answered(&name, reply)?;
    let stamp = ctx.stamp();
    let plan = tr!(clinical.take_home_note, medicine = format!("{name}, {}", dosage.sentence()));
    let encounter = NewEncounter {
        id: EncounterId::new(),
        patient: patient.id(),
        visit: None,
        clinic,
        department: None,
        doctor: Some(doctor),
        reason: tr!(clinical.take_home).to_owned(),
    };
    let lock = store::begin(&mut ctx.tx, encounter, stamp).await?;
    store::set_stay(&mut ctx.tx, lock, admission).await?;
    ctx.did(Action::Create, "encounter", lock.id(), Some(patient.id()));
    store::insert_note(&mut ctx.tx, lock, patient.id(), stamp).await?;
    let new = NewPrescription {
        id: PrescriptionId::new(),
        encounter: lock,
        patient,
        drug_id: listed.map(|drug| drug.id),
        drug: name,
        dosage,
        override_reason,
        answered,
    };
    let what = if new.override_reason.is_empty() { "prescription" } else { "prescription against a warning" };
    ctx.did(Action::Create, what, new.id, Some(patient.id()));
    let (prescription, reason) = (new.id, new.override_reason.clone());
    medicines::store::insert(&mut ctx.tx, new, stamp).await?;
    let about =
        Overridden { of: OverrideOf::Prescription(prescription), patient: patient.id(), clinic, stage: CheckStage::Sign, reason: &reason };
    findings::keep(ctx, &about, &asked).await?;
    replacement::sign(ctx, patient, lock, plan).await?;
    ctx.tell(Event::new(&CHART).at(clinic).of(patient.id()));
    ctx.tell(Event::new(&PRESCRIPTIONS).at(clinic).of(patient.id()));
    Ok(prescription)
}

/// Returns the prescriptions of a stay to take home, without those that were entered in error.
///
/// # Errors
/// When the database refuses.
pub async fn home_prescriptions(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<Prescription>> {
    let encounters = store::of_stay(tx, admission).await?;
    if encounters.is_empty() { Ok(Vec::new()) } else { medicines::store::of_encounters(tx, &encounters).await }
}
