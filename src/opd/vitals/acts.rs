//! The acts of staff on the vital signs of a visit: a set is recorded, corrected, or marked as wrong; and who hears of it.

use super::{
    Ages, Recorded, Taken, UrgentAnswer, VitalSigns, Vitals, VitalsForm, are_to_retake, ask, correct_vitals, enter_in_error, record_vitals,
};
use crate::{
    audit::Action,
    core::{QueueEntryId, Result, VisitId, VitalsId, time::Instant},
    db::Locked,
    notifications::{Hearer, Notice, notify},
    opd::{self, Entry, QUEUE, QueueState, Step, Visit},
    organisation, patients,
    server::{Ctx, Event},
};

/// A set of vital signs as it was typed, with the values that the server asked about and the user confirmed.
#[derive(Debug)]
pub struct TypedSet<'f> {
    pub form: &'f VitalsForm,
    pub signs: VitalSigns,
    pub note: String,
    pub sure: &'f str,
}

impl TypedSet<'_> {
    /// Asks about values that are possible but unlikely, and returns the set.
    async fn confirmed(self, ctx: &mut Ctx, visit: &Visit, (ages, at, but): (Ages, Instant, Option<VitalsId>)) -> Result<Taken> {
        ask(&mut ctx.tx, visit.patient_id, self.form, &self.signs, (ages, at, but), self.sure).await?;
        let age_group = self.form.age_group()?;
        Ok(Taken { patient: visit.patient_id, visit: Some(visit.id), signs: self.signs, age_group, note: self.note })
    }
}

/// A set as it was recorded, and where the patient is now.
#[derive(Debug)]
pub struct RecordedSet {
    pub recorded: Recorded,
    /// The open entry of the visit.
    pub entry: Option<QueueEntryId>,
    /// Whether the visit waits for the doctor now.
    pub sent_on: bool,
}

/// Records a set taken at a visit, once the user confirmed unlikely values. At triage, the visit then waits for the doctor.
///
/// # Errors
/// [`crate::core::Error::Invalid`] with the values that are asked about.
pub async fn record_set(ctx: &mut Ctx, (locked, visit): (Locked<VisitId>, &Visit), ages: Ages, typed: TypedSet<'_>) -> Result<RecordedSet> {
    let stamp = ctx.stamp();
    let taken = typed.confirmed(ctx, visit, (ages, stamp.at, None)).await?;
    let recorded = record_vitals(&mut ctx.tx, taken, ages, stamp).await?;
    ctx.did(Action::Create, "vitals", recorded.id, Some(visit.patient_id));
    ctx.tell(Event::new(&patients::CHART).at(visit.clinic_id).of(visit.patient_id));
    let (mut entry, mut sent_on) = (None, false);
    if visit.outcome.is_none() {
        let mut open = opd::open_entry(&mut ctx.tx, visit.id).await?;
        if open.step == Step::Triage {
            open = opd::move_on(&mut ctx.tx, locked, Step::Doctor, stamp).await?;
            opd::moved(ctx, &open);
            sent_on = true;
        }
        entry = Some(open.id);
        if let Some(answer) = &recorded.answer {
            alert(ctx, &open, answer).await?;
        }
    }
    Ok(RecordedSet { recorded, entry, sent_on })
}

/// Corrects a set: the corrected one replaces the wrong one, which stays on record with the reason.
///
/// # Errors
/// [`crate::core::Error::Invalid`] with the values that are asked about.
pub async fn correct_set(ctx: &mut Ctx, (wrong, visit): (&Vitals, &Visit), ages: Ages, typed: TypedSet<'_>, reason: &str) -> Result<()> {
    let (stamp, patient) = (ctx.stamp(), visit.patient_id);
    let taken = typed.confirmed(ctx, visit, (ages, wrong.taken_at, Some(wrong.id))).await?;
    let recorded = correct_vitals(&mut ctx.tx, wrong, taken, reason, ages, stamp).await?;
    ctx.did(Action::Update, "vitals", wrong.id, Some(patient));
    ctx.did(Action::Create, "vitals", recorded.id, Some(patient));
    ctx.tell(Event::new(&patients::CHART).at(visit.clinic_id).of(patient));
    tell_who_called(ctx, visit, false).await?;
    if visit.outcome.is_none() {
        let entry = opd::open_entry(&mut ctx.tx, visit.id).await?;
        ctx.tell(Event::new(&QUEUE).at(entry.clinic_id).of(patient).about(visit.id));
        if let Some(answer) = &recorded.answer {
            alert(ctx, &entry, answer).await?;
        }
    }
    Ok(())
}

/// Marks a set as wrong. Returns the entry of a patient who was sent back to triage by it.
///
/// # Errors
/// When the database refuses.
pub async fn mark_set_wrong(
    ctx: &mut Ctx,
    known: &Vitals,
    visit: Option<(Locked<VisitId>, &Visit)>,
    reason: &str,
) -> Result<Option<QueueEntryId>> {
    let stamp = ctx.stamp();
    enter_in_error(&mut ctx.tx, known.id, reason, stamp).await?;
    ctx.did(Action::Update, "vitals", known.id, Some(known.patient_id));
    match visit {
        Some((locked, visit)) => without_a_set(ctx, locked, visit).await,
        None => {
            ctx.tell(Event::new(&patients::CHART).of(known.patient_id));
            Ok(None)
        }
    }
}

/// Notifies the queues of the clinic about a set that needs an immediate answer, and the doctor for whom a patient with critical values
/// waits.
async fn alert(ctx: &mut Ctx, entry: &Entry, answer: &UrgentAnswer) -> Result<()> {
    ctx.tell(Event::new(&QUEUE).at(entry.clinic_id).of(entry.patient_id).about(entry.visit_id));
    if let Some(doctor) = entry.doctor_id.filter(|_| answer.critical)
        && let Some(user) = organisation::staff_user_id(&mut ctx.tx, doctor).await?
    {
        let notice = Notice::CriticalVitals { token: entry.token.clone() };
        notify(ctx, Hearer { user, dependant: None }, &notice, &format!("/consultation/{}", entry.visit_id)).await?;
    }
    Ok(())
}

/// Notifies the doctor who called the patient and may have decided by values that are now corrected or marked as wrong.
async fn tell_who_called(ctx: &mut Ctx, visit: &Visit, none_left: bool) -> Result<()> {
    if let Some(doctor) = opd::doctor_who_called(&mut ctx.tx, visit.id).await?
        && let Some(user) = organisation::staff_user_id(&mut ctx.tx, doctor).await?
    {
        let notice = Notice::VitalsWrong { token: visit.token.clone(), none_left };
        notify(ctx, Hearer { user, dependant: None }, &notice, &format!("/consultation/{}", visit.id)).await?;
    }
    Ok(())
}

/// Handles a visit after one of its sets was marked as wrong: notifies the doctor who called the patient, and returns a patient without
/// any valid set who waits for the doctor to triage.
async fn without_a_set(ctx: &mut Ctx, locked: Locked<VisitId>, visit: &Visit) -> Result<Option<QueueEntryId>> {
    let stamp = ctx.stamp();
    ctx.tell(Event::new(&patients::CHART).at(visit.clinic_id).of(visit.patient_id));
    ctx.tell(Event::new(&QUEUE).at(visit.clinic_id).of(visit.patient_id).about(visit.id));
    let none_left = are_to_retake(&mut ctx.tx, visit.id).await?;
    tell_who_called(ctx, visit, none_left).await?;
    if !none_left || visit.outcome.is_some() {
        return Ok(None);
    }
    let open = opd::open_entry(&mut ctx.tx, visit.id).await?;
    if (open.step, open.state) != (Step::Doctor, QueueState::Waiting) {
        return Ok(None);
    }
    let entry = opd::back_to_triage(&mut ctx.tx, locked, stamp).await?;
    opd::moved(ctx, &entry);
    Ok(Some(entry.id))
}
