//! Replaces a signed prescription in one step: the old one stops with its reason, and the new one is signed in an encounter of its own, so
//! that a doctor can do it from the chart when the visit is finished.

use super::{
    super::{
        Dosage, Meaning, NoteText, PrescriptionState,
        findings::{self, CheckStage, Overridden, OverrideOf},
        medicines,
        medicines::store::NewPrescription,
        signatures::{self, Signer},
        store::{self, NewEncounter},
    },
    warnings::{Named, Reply, against},
};
use crate::{
    audit::Action,
    core::{EncounterId, Error, PatientId, Permission, PrescriptionId, Result},
    db::Locked,
    patients::CHART,
    server::{Ctx, Event},
    tr,
};

/// Stops the prescription, and prescribes and signs another one in its place. Returns the patient, and the encounter of
/// the new one.
pub async fn replace_prescription(
    ctx: &mut Ctx,
    id: PrescriptionId,
    why: &str,
    name: String,
    dosage: Dosage,
    reply: Reply,
) -> Result<(PatientId, EncounterId)> {
    let doctor = ctx.who.staff.ok_or(Error::Forbidden)?;
    let (patient, old) = medicines::store::one(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let patient_lock = ctx.tx.lock(patient).await?;
    let old_lock = ctx.tx.lock(old.encounter).await?;
    let before = store::encounter(&mut ctx.tx, old.encounter).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WriteNotes, before.clinic)?;
    let (_, old) = medicines::store::one(&mut ctx.tx, id).await?.ok_or_else(|| Error::conflict(tr!(clinical.already_stopped)))?;
    if old.state != PrescriptionState::Active {
        return Err(Error::conflict(tr!(clinical.already_stopped)));
    }
    let listed = medicines::drug_named(&mut ctx.tx, &name).await?;
    let words = listed.as_ref().map(|drug| drug.allergy_words.clone()).unwrap_or_default();
    let name = listed.as_ref().map_or(name, |drug| drug.name.clone());
    let found =
        against(ctx, patient, &Named { name: &name, words: &words, drug: listed.as_ref().map(|drug| drug.id) }, Some(&dosage), &[id])
            .await?;
    let asked = found.asked.clone();
    let (override_reason, answered) = found.answered(&name, reply)?;
    let stamp = ctx.stamp();
    if !medicines::store::stop(&mut ctx.tx, old_lock, id, old.state, PrescriptionState::Stopped, why, stamp).await? {
        return Err(Error::conflict(tr!(clinical.already_stopped)));
    }
    ctx.did(Action::Update, "prescription", id, Some(patient));
    let plan = tr!(
        clinical.replacement_note,
        old = format!("{}, {}", old.drug, old.dosage.sentence()),
        new = format!("{name}, {}", dosage.sentence()),
        reason = why.to_owned()
    );
    let new = NewEncounter {
        id: EncounterId::new(),
        patient,
        visit: None,
        clinic: before.clinic,
        department: before.department,
        doctor: Some(doctor),
        reason: tr!(clinical.replacement).to_owned(),
    };
    let lock = store::begin(&mut ctx.tx, new, stamp).await?;
    ctx.did(Action::Create, "encounter", lock.id(), Some(patient));
    store::insert_note(&mut ctx.tx, lock, patient, stamp).await?;
    let new = NewPrescription {
        id: PrescriptionId::new(),
        encounter: lock,
        patient: patient_lock,
        drug_id: listed.map(|drug| drug.id),
        drug: name,
        dosage,
        override_reason,
        answered,
    };
    let what = if new.override_reason.is_empty() { "prescription" } else { "prescription against a warning" };
    ctx.did(Action::Create, what, new.id, Some(patient));
    let (prescription, reason) = (new.id, new.override_reason.clone());
    medicines::store::insert(&mut ctx.tx, new, stamp).await?;
    let about =
        Overridden { of: OverrideOf::Prescription(prescription), patient, clinic: before.clinic, stage: CheckStage::Sign, reason: &reason };
    findings::keep(ctx, &about, &asked).await?;
    sign(ctx, patient_lock, lock, plan).await?;
    ctx.tell(Event::new(&CHART).at(before.clinic).of(patient));
    Ok((patient, lock.id()))
}

/// Signs the note of the new encounter, which names the old and the new prescription, and finishes the encounter.
pub(super) async fn sign(ctx: &mut Ctx, patient: Locked<PatientId>, lock: Locked<EncounterId>, plan: String) -> Result<()> {
    let (stamp, name) = (ctx.stamp(), ctx.who.name.clone());
    let note = store::note(&mut ctx.tx, lock.id()).await?.ok_or(Error::NotFound)?;
    let version = note.version;
    let signed = note.sign(NoteText { plan, ..NoteText::default() }, stamp.by, &name, stamp.at)?;
    if !store::sign_note(&mut ctx.tx, lock, &signed, version).await? {
        return Err(Error::conflict(tr!(clinical.changed_by_another)));
    }
    let (_, over) = medicines::store::activate(&mut ctx.tx, patient, lock, &[], stamp.at).await?;
    for prescription in over {
        ctx.did(Action::Update, "prescription_replaced", prescription, Some(patient.id()));
    }
    signatures::sign_note(&mut ctx.tx, lock, &Signer { user: stamp.by, name: &name, meaning: Meaning::Author, at: stamp.at }).await?;
    store::finish(&mut ctx.tx, lock, stamp).await?;
    ctx.did(Action::Sign, "note", signed.id, Some(patient.id()));
    Ok(())
}
