//! Collects a patient's clinical data for the chart, the portal and printed pages.

use std::collections::HashMap;

use crate::{
    core::{EncounterId, NoteId, PatientId, PrescriptionId, Result, VisitId, time::Instant},
    db::Tx,
};

use super::{
    Addendum, Diagnosis, Encounter, Note, NoteHold, OutsideReader, Prescription, Problem, Summary, holds, medicines, signatures, store,
};

/// Returns the patient's encounters, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn encounters_of(tx: &mut Tx, patient: PatientId, limit: i64) -> Result<Vec<Encounter>> {
    store::encounters_of(tx, patient, None, limit).await
}

/// Returns the patient's encounters with all their entries, newest first; only those before `before`, if it is given.
///
/// # Errors
/// When the database refuses.
pub async fn summaries_of(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<Summary>> {
    let encounters = store::encounters_of(tx, patient, before, limit).await?;
    with_all(tx, encounters).await
}

/// Returns the patient's encounters as a reader outside the staff may read them: without drafts, and without what is held back.
///
/// # Errors
/// When the database refuses.
pub async fn outside_summaries_of(tx: &mut Tx, patient: PatientId, reader: OutsideReader, limit: i64) -> Result<Vec<Summary>> {
    let mut summaries = summaries_of(tx, patient, None, limit).await?;
    summaries.retain(Summary::is_final);
    for summary in &mut summaries {
        summary.without_held(reader);
    }
    Ok(summaries)
}

/// Returns the entries of an encounter as a reader outside the staff may read them.
///
/// # Errors
/// [`crate::core::Error::NotFound`] also for a draft, or when the database refuses.
pub async fn outside_summary(tx: &mut Tx, encounter: EncounterId, reader: OutsideReader) -> Result<Summary> {
    let mut summary = encounter_summary(tx, encounter).await?;
    if !summary.is_final() {
        return Err(crate::core::Error::NotFound);
    }
    summary.without_held(reader);
    Ok(summary)
}

/// Returns the encounter of a visit; `None` until its consultation has begun.
///
/// # Errors
/// When the database refuses.
pub async fn encounter_of_visit(tx: &mut Tx, visit: VisitId) -> Result<Option<EncounterId>> {
    Ok(store::encounter_of_visit(tx, visit).await?.map(|encounter| encounter.id))
}

/// Returns these encounters with all their entries.
pub(super) async fn summaries(tx: &mut Tx, encounters: &[EncounterId]) -> Result<Vec<Summary>> {
    let encounters = store::encounters(tx, encounters).await?;
    with_all(tx, encounters).await
}

/// Adds to the encounters all their entries, and whether each signature is still valid.
async fn with_all(tx: &mut Tx, encounters: Vec<Encounter>) -> Result<Vec<Summary>> {
    let ids: Vec<EncounterId> = encounters.iter().map(|encounter| encounter.id).collect();
    let mut notes: HashMap<EncounterId, Note> = store::notes_of(tx, &ids).await?.into_iter().map(|note| (note.encounter, note)).collect();
    let mut addenda: HashMap<NoteId, Vec<Addendum>> = HashMap::new();
    for (note, addendum) in store::addenda_of(tx, notes.values().map(|note| note.id)).await? {
        addenda.entry(note).or_default().push(addendum);
    }
    let mut diagnoses: HashMap<EncounterId, Vec<Diagnosis>> = HashMap::new();
    for diagnosis in store::diagnoses_of(tx, &ids).await? {
        diagnoses.entry(diagnosis.encounter).or_default().push(diagnosis);
    }
    let mut prescriptions: HashMap<EncounterId, Vec<Prescription>> = HashMap::new();
    for prescription in medicines::store::of_encounters(tx, &ids).await? {
        prescriptions.entry(prescription.encounter).or_default().push(prescription);
    }
    let mut held: HashMap<EncounterId, Vec<NoteHold>> = HashMap::new();
    for (encounter, hold) in holds::store::holds_of(tx, &ids).await? {
        held.entry(encounter).or_default().push(hold);
    }
    let mut summaries: Vec<Summary> = encounters
        .into_iter()
        .map(|encounter| {
            let note = notes.remove(&encounter.id);
            Summary {
                addenda: note.as_ref().and_then(|note| addenda.remove(&note.id)).unwrap_or_default(),
                note,
                diagnoses: diagnoses.remove(&encounter.id).unwrap_or_default(),
                prescriptions: prescriptions.remove(&encounter.id).unwrap_or_default(),
                holds: held.remove(&encounter.id).unwrap_or_default(),
                is_shortened: false,
                encounter,
            }
        })
        .collect();
    signatures::judge(tx, &mut summaries).await?;
    Ok(summaries)
}

/// Returns the entries of a visit; `None` until its consultation has begun.
///
/// # Errors
/// When the database refuses.
pub async fn visit_summary(tx: &mut Tx, visit: VisitId) -> Result<Option<Summary>> {
    match store::encounter_of_visit(tx, visit).await? {
        Some(encounter) => Ok(with_all(tx, vec![encounter]).await?.pop()),
        None => Ok(None),
    }
}

/// Returns the entries of an encounter.
///
/// # Errors
/// [`crate::core::Error::NotFound`], or when the database refuses.
pub async fn encounter_summary(tx: &mut Tx, encounter: EncounterId) -> Result<Summary> {
    let encounter = store::encounter(tx, encounter).await?.ok_or(crate::core::Error::NotFound)?;
    with_all(tx, vec![encounter]).await?.pop().ok_or(crate::core::Error::NotFound)
}

/// Returns the medicines that the patient takes on this day, newest first.
///
/// # Errors
/// When the database refuses.
pub async fn current_medicines(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<Vec<Prescription>> {
    let mut prescriptions = medicines::store::open_of_patient(tx, patient).await?;
    prescriptions.retain(|prescription| prescription.is_current(now));
    Ok(prescriptions)
}

/// Returns the medicines that the patient takes on this day, as a reader outside the staff may read them.
///
/// # Errors
/// When the database refuses.
pub async fn outside_medicines(tx: &mut Tx, patient: PatientId, reader: OutsideReader, now: Instant) -> Result<Vec<Prescription>> {
    let mut medicines = current_medicines(tx, patient, now).await?;
    let ids: Vec<PrescriptionId> = medicines.iter().map(|one| one.id).collect();
    let kept = holds::store::kept_prescriptions(tx, &ids, reader).await?;
    medicines.retain(|one| !kept.contains(&one.id));
    Ok(medicines)
}

/// Returns the patient's problem list, active problems first.
///
/// # Errors
/// When the database refuses.
pub async fn problems_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Problem>> {
    store::problems_of(tx, patient).await
}
