//! What is known of a patient, put together for the chart, the portal and paper.

use std::collections::HashMap;

use crate::{
    core::{EncounterId, NoteId, PatientId, Result, VisitId, time::Instant},
    db::Tx,
};

use super::{Addendum, Diagnosis, Encounter, Note, Prescription, Problem, Summary, medicines, store};

/// The patient's encounters, the newest first.
///
/// # Errors
/// What the database refused.
pub async fn encounters_of(tx: &mut Tx, patient: PatientId, limit: i64) -> Result<Vec<Encounter>> {
    store::encounters_of(tx, patient, None, limit).await
}

/// The patient's encounters with all that was written in them, the newest first; those before `before`, if given.
///
/// # Errors
/// What the database refused.
pub async fn summaries_of(tx: &mut Tx, patient: PatientId, before: Option<Instant>, limit: i64) -> Result<Vec<Summary>> {
    let encounters = store::encounters_of(tx, patient, before, limit).await?;
    let mut notes: HashMap<EncounterId, Note> =
        store::notes_of(tx, patient).await?.into_iter().map(|note| (note.encounter, note)).collect();
    let mut addenda: HashMap<NoteId, Vec<Addendum>> = HashMap::new();
    for (note, addendum) in store::addenda_of(tx, patient).await? {
        addenda.entry(note).or_default().push(addendum);
    }
    let mut diagnoses: HashMap<EncounterId, Vec<Diagnosis>> = HashMap::new();
    for diagnosis in store::diagnoses_of(tx, patient).await? {
        diagnoses.entry(diagnosis.encounter).or_default().push(diagnosis);
    }
    let mut prescriptions: HashMap<EncounterId, Vec<Prescription>> = HashMap::new();
    for prescription in medicines::store::of_patient(tx, patient).await? {
        prescriptions.entry(prescription.encounter).or_default().push(prescription);
    }
    Ok(encounters
        .into_iter()
        .map(|encounter| {
            let note = notes.remove(&encounter.id);
            Summary {
                addenda: note.as_ref().and_then(|note| addenda.remove(&note.id)).unwrap_or_default(),
                note,
                diagnoses: diagnoses.remove(&encounter.id).unwrap_or_default(),
                prescriptions: prescriptions.remove(&encounter.id).unwrap_or_default(),
                encounter,
            }
        })
        .collect())
}

/// What was written down in a visit; `None` until its consultation has begun.
///
/// # Errors
/// What the database refused.
pub async fn visit_summary(tx: &mut Tx, visit: VisitId) -> Result<Option<Summary>> {
    match store::encounter_of_visit(tx, visit).await? {
        Some(encounter) => complete(tx, encounter).await.map(Some),
        None => Ok(None),
    }
}

/// What was written down in an encounter.
///
/// # Errors
/// [`crate::core::Error::NotFound`], or what the database refused.
pub async fn encounter_summary(tx: &mut Tx, encounter: EncounterId) -> Result<Summary> {
    let encounter = store::encounter(tx, encounter).await?.ok_or(crate::core::Error::NotFound)?;
    complete(tx, encounter).await
}

async fn complete(tx: &mut Tx, encounter: Encounter) -> Result<Summary> {
    let note = store::note(tx, encounter.id).await?;
    let addenda = match &note {
        Some(note) => store::addenda_of(tx, encounter.patient)
            .await?
            .into_iter()
            .filter(|(of, _)| *of == note.id)
            .map(|(_, addendum)| addendum)
            .collect(),
        None => Vec::new(),
    };
    Ok(Summary {
        note,
        addenda,
        diagnoses: store::diagnoses(tx, encounter.id).await?,
        prescriptions: medicines::store::of_encounter(tx, encounter.id).await?,
        encounter,
    })
}

/// What the patient takes on this day, newest first.
///
/// # Errors
/// What the database refused.
pub async fn current_medicines(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<Vec<Prescription>> {
    let mut prescriptions = medicines::store::open_of_patient(tx, patient).await?;
    prescriptions.retain(|prescription| prescription.is_current(now));
    Ok(prescriptions)
}

/// The problem list, what still matters first.
///
/// # Errors
/// What the database refused.
pub async fn problems_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<Problem>> {
    store::problems_of(tx, patient).await
}
