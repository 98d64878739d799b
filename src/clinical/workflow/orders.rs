//! Diagnoses and prescriptions of a consultation.

use crate::{
    audit::Action,
    clinical::{
        Certainty, Diagnosis, Dosage, Encounter, EncounterState, PRESCRIPTIONS, Prescription, PrescriptionState, Rank,
        findings::{self, CheckStage, Overridden, OverrideOf},
        icd10, medicines,
        medicines::store::NewPrescription,
        safety,
        store::{self, NewDiagnosis},
        worksheet::{DiagnosisLine, DrugFacts, PrescriptionLine, Worksheet},
    },
    core::{DiagnosisId, DrugId, Error, PatientId, Permission, PrescriptionId, Result, VisitId},
    db::Locked,
    formulary,
    patients::CHART,
    server::{Ctx, Event},
    tr,
};

/// The number of medicines that are offered for repeating.
const REPEATABLE: usize = 8;

use super::{
    Writing, begin, lock_patient, mine, visit,
    warnings::{Named, Reply, against, repeats},
    writable,
};

/// Returns the diagnoses and prescriptions entered so far.
pub async fn worksheet(ctx: &mut Ctx, id: VisitId) -> Result<Worksheet> {
    let visit = visit(ctx, id).await?;
    ctx.saw_live([visit.patient_id], "note").await?;
    worksheet_of(ctx, id).await
}

/// Does the same for a page that has already written its audit entry.
pub async fn worksheet_of(ctx: &mut Ctx, id: VisitId) -> Result<Worksheet> {
    let patient = visit(ctx, id).await?.patient_id;
    let (diagnoses, prescriptions) = match store::encounter_of_visit(&mut ctx.tx, id).await? {
        Some(encounter) => {
            (store::diagnoses(&mut ctx.tx, encounter.id).await?, medicines::store::of_encounter(&mut ctx.tx, encounter.id).await?)
        }
        None => Default::default(),
    };
    let repeatable = repeatable(ctx, patient).await?;
    Ok(Worksheet {
        diagnoses: diagnoses.into_iter().map(diagnosis_line).collect(),
        prescriptions: prescriptions.into_iter().map(prescription_line).collect(),
        repeatable: repeatable.into_iter().map(prescription_line).collect(),
        fresh: Vec::new(),
    })
}

/// Returns the prescriptions that can be repeated unchanged: the latest of each medicine, unless it is being prescribed
/// now.
async fn repeatable(ctx: &mut Ctx, patient: PatientId) -> Result<Vec<Prescription>> {
    let now = ctx.now;
    let (drafts, signed): (Vec<_>, Vec<_>) = medicines::store::open_of_patient(&mut ctx.tx, patient)
        .await?
        .into_iter()
        .partition(|prescription| prescription.state == PrescriptionState::Draft);
    let mut latest: Vec<Prescription> = Vec::new();
    for prescription in signed.into_iter().filter(|prescription| prescription.is_repeatable(now)) {
        if drafts.iter().chain(&latest).all(|known| !safety::same_medicine(&known.drug, &prescription.drug)) {
            latest.push(prescription);
        }
    }
    latest.truncate(REPEATABLE);
    Ok(latest)
}

fn diagnosis_line(diagnosis: Diagnosis) -> DiagnosisLine {
    DiagnosisLine {
        id: diagnosis.id.to_string(),
        code: diagnosis.code,
        description: diagnosis.description,
        certainty: diagnosis.certainty.words().to_owned(),
        primary: diagnosis.rank == Rank::Primary,
    }
}

fn prescription_line(prescription: Prescription) -> PrescriptionLine {
    PrescriptionLine {
        id: prescription.id.to_string(),
        sentence: prescription.dosage.sentence(),
        outside: prescription.drug_id.is_none(),
        dose_unchecked: prescription.dosage.amount.is_none(),
        drug: prescription.drug,
        instructions: prescription.dosage.instructions,
        no_substitution: prescription.dosage.no_substitution,
        override_reason: prescription.override_reason,
    }
}

/// Adds a diagnosis; the first one becomes the primary one.
pub async fn add_diagnosis(ctx: &mut Ctx, id: VisitId, code: icd10::Code, certainty: Certainty) -> Result<()> {
    let Writing { visit, encounter, lock } = begin(ctx, id).await?;
    let there = store::diagnoses(&mut ctx.tx, encounter.id).await?;
    let rank = if there.iter().any(|diagnosis| diagnosis.rank == Rank::Primary) { Rank::Secondary } else { Rank::Primary };
    let new = NewDiagnosis {
        id: DiagnosisId::new(),
        encounter: lock,
        patient: visit.patient_id,
        code: code.code,
        description: code.description,
        certainty,
        rank,
    };
    let (stamp, diagnosis) = (ctx.stamp(), new.id);
    if !store::insert_diagnosis(&mut ctx.tx, new, stamp).await? {
        return Err(Error::invalid("diagnosis", tr!(clinical.diagnosis_there, code = code.code)));
    }
    ctx.did(Action::Create, "diagnosis", diagnosis, Some(visit.patient_id));
    tell_chart(ctx, &encounter);
    Ok(())
}

/// Makes a diagnosis of the encounter the primary one.
pub async fn make_primary(ctx: &mut Ctx, id: VisitId, diagnosis: DiagnosisId) -> Result<()> {
    let Writing { visit, encounter, lock } = mine(ctx, id).await?;
    if !store::diagnoses(&mut ctx.tx, encounter.id).await?.iter().any(|known| known.id == diagnosis) {
        return Err(Error::NotFound);
    }
    store::demote_primary(&mut ctx.tx, lock).await?;
    store::promote(&mut ctx.tx, diagnosis, lock).await?;
    ctx.did(Action::Update, "diagnosis", diagnosis, Some(visit.patient_id));
    tell_chart(ctx, &encounter);
    Ok(())
}

/// Strikes a diagnosis out; when it was the primary one, the next one becomes primary.
pub async fn remove_diagnosis(ctx: &mut Ctx, id: VisitId, diagnosis: DiagnosisId, reason: &str) -> Result<()> {
    let Writing { visit, encounter, lock } = mine(ctx, id).await?;
    let stamp = ctx.stamp();
    if !store::strike_diagnosis(&mut ctx.tx, diagnosis, lock, reason, stamp).await? {
        return Err(Error::NotFound);
    }
    let left = store::diagnoses(&mut ctx.tx, encounter.id).await?;
    if let Some(first) = left.first()
        && left.iter().all(|diagnosis| diagnosis.rank != Rank::Primary)
    {
        store::promote(&mut ctx.tx, first.id, lock).await?;
    }
    ctx.did(Action::Update, "diagnosis", diagnosis, Some(visit.patient_id));
    tell_chart(ctx, &encounter);
    Ok(())
}

/// Returns the usual dosage of a medicine, and the warnings about it for the patient of the visit.
pub async fn drug_facts(ctx: &mut Ctx, id: VisitId, drug: Option<DrugId>, typed: &str) -> Result<DrugFacts> {
    let visit = visit(ctx, id).await?;
    ctx.saw(visit.patient_id, "allergies").await?;
    let listed = match drug {
        Some(drug) => Some(formulary::prescribable_drug(&mut ctx.tx, drug).await?.ok_or(Error::NotFound)?),
        None => medicines::drug_named(&mut ctx.tx, typed).await?,
    };
    let (name, words) = listed.as_ref().map_or((typed, ""), |drug| (&drug.name, &drug.allergy_words));
    let found = against(ctx, visit.patient_id, &Named { name, words, drug: listed.as_ref().map(|drug| drug.id) }, None, &[]).await?;
    let alike = formulary::TallNames::load(&mut ctx.tx).await?.warning(listed.as_ref().map(|drug| drug.id), name);
    let infos: Vec<String> = alike.map(|alike| alike.sentence()).into_iter().chain(found.infos.iter().cloned()).collect();
    let (warning, seen, not_asked, info) = (found.words(), found.seen(name), found.not_asked, infos.join(" "));
    let unchecked = if found.unknown && !name.is_empty() { tr!(clinical.not_checked, drug = name.to_owned()) } else { String::new() };
    let (dose, route, frequency) = listed.map(|drug| (drug.usual_dose, drug.usual_route, drug.usual_frequency)).unwrap_or_default();
    Ok(DrugFacts { dose, route, frequency, warning, seen, not_asked, unchecked, info })
}

/// Whether the same prescription was already written in this consultation: a doctor who presses twice wants it once.
async fn is_there(ctx: &mut Ctx, encounter: &Encounter, drug: &str, dosage: &Dosage) -> Result<bool> {
    let open = medicines::store::open_of_patient(&mut ctx.tx, encounter.patient).await?;
    let mut drafts = open.iter().filter(|known| known.encounter == encounter.id && known.state == PrescriptionState::Draft);
    Ok(drafts.any(|known| known.drug == drug && known.dosage == *dosage))
}

/// Writes the prescription, unless the doctor presses twice at the same moment. Returns whether it was written.
async fn write(ctx: &mut Ctx, encounter: &Encounter, new: NewPrescription) -> Result<bool> {
    let (stamp, id, against_a_warning) = (ctx.stamp(), new.id, !new.override_reason.is_empty());
    let is_new = medicines::store::insert(&mut ctx.tx, new, stamp).await?;
    if is_new {
        let what = if against_a_warning { "prescription against a warning" } else { "prescription" };
        ctx.did(Action::Create, what, id, Some(encounter.patient));
        tell_chart(ctx, encounter);
    }
    Ok(is_new)
}

/// Prescribes a medicine. A warning needs a reason, which is stored with the prescription; the doctor must confirm a name that cannot
/// be checked for allergies.
pub async fn prescribe(ctx: &mut Ctx, id: VisitId, drug: Option<DrugId>, name: String, dosage: Dosage, reply: Reply) -> Result<()> {
    let patient = lock_patient(ctx, id).await?;
    let Writing { visit, encounter, lock } = begin(ctx, id).await?;
    let listed = match drug {
        Some(drug) => formulary::prescribable_drug(&mut ctx.tx, drug).await?,
        None => medicines::drug_named(&mut ctx.tx, &name).await?,
    };
    let words = listed.as_ref().map(|drug| drug.allergy_words.clone()).unwrap_or_default();
    let name = listed.as_ref().map_or(name, |drug| drug.name.clone());
    if is_there(ctx, &encounter, &name, &dosage).await? {
        return Ok(());
    }
    let found = against(
        ctx,
        visit.patient_id,
        &Named { name: &name, words: &words, drug: listed.as_ref().map(|drug| drug.id) },
        Some(&dosage),
        &[],
    )
    .await?;
    let asked = found.asked.clone();
    let (override_reason, answered) = found.answered(&name, reply)?;
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
    let (prescription, reason) = (new.id, new.override_reason.clone());
    if write(ctx, &encounter, new).await? {
        let about = Overridden {
            of: OverrideOf::Prescription(prescription),
            patient: visit.patient_id,
            clinic: encounter.clinic,
            stage: CheckStage::Write,
            reason: &reason,
        };
        findings::keep(ctx, &about, &asked).await?;
    }
    Ok(())
}

/// Prescribes again, unchanged, a medicine that the patient takes or took recently. If there is a new warning, it is refused:
/// the doctor must weigh it and prescribe anew, with the reason.
pub async fn repeat_prescription(ctx: &mut Ctx, id: VisitId, repeated: PrescriptionId) -> Result<()> {
    let patient = lock_patient(ctx, id).await?;
    let Writing { visit, encounter, lock } = begin(ctx, id).await?;
    if let Some((of, known)) = medicines::store::one(&mut ctx.tx, repeated).await?
        && of == visit.patient_id
        && is_there(ctx, &encounter, &known.drug, &known.dosage.clone().structured()).await?
    {
        return Ok(());
    }
    let known = repeatable(ctx, visit.patient_id).await?.into_iter().find(|known| known.id == repeated).ok_or(Error::NotFound)?;
    let words = medicines::words_of(&mut ctx.tx, known.drug_id).await?;
    let found = against(
        ctx,
        visit.patient_id,
        &Named { name: &known.drug, words: &words, drug: known.drug_id },
        Some(&known.dosage.clone().structured()),
        &[repeated],
    )
    .await?;
    if !found.keys.is_empty() || !found.blocks.is_empty() {
        return Err(Error::conflict(format!("{} {}", found.blocks.join(" "), found.words()).trim().to_owned()));
    }
    let new = NewPrescription {
        id: PrescriptionId::new(),
        encounter: lock,
        patient,
        drug_id: known.drug_id,
        drug: known.drug,
        dosage: known.dosage.structured(),
        override_reason: String::new(),
        answered: repeats(repeated),
    };
    write(ctx, &encounter, new).await?;
    Ok(())
}

/// Ends a prescription. The writing doctor strikes out an unsigned one. Any doctor of the clinic may stop a signed one and must give a
/// reason; the same applies to a draft that an earlier version of the program left on a finished encounter. Returns the patient, and the
/// visit if its note is still being written.
pub async fn stop_prescription(ctx: &mut Ctx, id: PrescriptionId, reason: &str) -> Result<(PatientId, Option<VisitId>)> {
    let (patient, prescription) = medicines::store::one(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let _: Locked<PatientId> = ctx.tx.lock(patient).await?;
    let lock = ctx.tx.lock(prescription.encounter).await?;
    let encounter = store::encounter(&mut ctx.tx, prescription.encounter).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WriteNotes, encounter.clinic)?;
    let (_, prescription) = medicines::store::one(&mut ctx.tx, id).await?.ok_or_else(|| Error::conflict(tr!(clinical.already_stopped)))?;
    let to = prescription.stopped()?;
    let left_over = prescription.state == PrescriptionState::Draft && encounter.state != EncounterState::InProgress;
    if prescription.state == PrescriptionState::Draft && !left_over {
        writable(ctx, &encounter)?;
    } else if reason.is_empty() {
        return Err(Error::invalid("reason", tr!(clinical.why_stop)));
    }
    let stamp = ctx.stamp();
    if !medicines::store::stop(&mut ctx.tx, lock, id, prescription.state, to, reason, stamp).await? {
        return Err(Error::conflict(tr!(clinical.already_stopped)));
    }
    ctx.did(Action::Update, "prescription", id, Some(patient));
    tell_chart(ctx, &encounter);
    ctx.tell(Event::new(&PRESCRIPTIONS).at(encounter.clinic).of(patient));
    Ok((patient, encounter.visit.filter(|_| prescription.state == PrescriptionState::Draft && !left_over)))
}

fn tell_chart(ctx: &mut Ctx, encounter: &Encounter) {
    let mut event = Event::new(&CHART).at(encounter.clinic).of(encounter.patient);
    if let Some(visit) = encounter.visit {
        event = event.about(visit);
    }
    ctx.tell(event);
}
