//! The acts on statements: tell, take over, set aside.

use super::{
    StatementState,
    store::{self, NewStatement},
};
use crate::{
    appointments,
    audit::Action,
    core::{AppointmentId, ClinicId, Error, PatientId, Result, Stamp, StatementId, error::FieldErrors, form},
    db::Tx,
    patients,
    server::{Ctx, Event},
    tr,
};

/// The longest text of a part.
const LONGEST: usize = 4000;

/// The form, as it was typed.
pub(super) struct TypedStatement {
    pub allergies: String,
    pub medicines: String,
    pub history: String,
    /// Empty when it is written for no appointment.
    pub appointment: String,
}

/// Stores a statement of the patient of this portal.
///
/// # Errors
/// [`Error::Invalid`] when nothing is said or a part is too long; [`Error::NotFound`] for an appointment of another patient.
pub(super) async fn tell(ctx: &mut Ctx, id: StatementId, typed: &TypedStatement) -> Result<()> {
    let patient = ctx.own_patient()?;
    ctx.reach([patient]).await?;
    let mut errors = FieldErrors::new();
    let mut part = |name: &str, text: &str| errors.check(form::text(name, text, LONGEST)).unwrap_or_default();
    let (allergies, medicines) = (part("allergies", &typed.allergies), part("medicines", &typed.medicines));
    let history = part("history", &typed.history);
    if [&allergies, &medicines, &history].iter().all(|text| text.is_empty()) {
        errors.add("allergies", tr!(clinical.statement_empty));
    }
    errors.finish()?;
    let appointment = match typed.appointment.parse::<AppointmentId>() {
        Ok(id) => Some(appointments::find(&mut ctx.tx, id).await?).filter(|found| found.patient_id == patient),
        Err(_) => None,
    };
    let locked = ctx.tx.lock(patient).await?;
    if let Some(known) = store::find(&mut ctx.tx, id).await? {
        let same = (known.patient_id, &known.allergies, &known.medicines, &known.history) == (patient, &allergies, &medicines, &history);
        return if same { Ok(()) } else { Err(Error::key_used()) };
    }
    let clinic = appointment.as_ref().map_or(ctx.clinic.id, |found| found.clinic_id);
    let stamp = ctx.stamp();
    let new = NewStatement {
        id,
        clinic,
        appointment: appointment.map(|found| found.id),
        by_guardian: ctx.who.acts_for().is_some(),
        allergies: &allergies,
        medicines: &medicines,
        history: &history,
    };
    store::insert(&mut ctx.tx, locked, &new, stamp).await?;
    ctx.did(Action::Create, "before_visit", id, Some(patient));
    ctx.tell(Event::new(&patients::CHART).at(clinic).of(patient));
    Ok(())
}

/// Stores a statement in a transaction of the program's own: the demo.
///
/// # Errors
/// When the database refuses.
pub async fn stock(tx: &mut Tx, patient: PatientId, clinic: ClinicId, words: [&str; 3], stamp: Stamp) -> Result<()> {
    let locked = tx.lock(patient).await?;
    let [allergies, medicines, history] = words;
    let new = NewStatement { id: StatementId::new(), clinic, appointment: None, by_guardian: false, allergies, medicines, history };
    store::insert(tx, locked, &new, stamp).await
}

/// Ends a statement that waits: staff took it over, or sets it aside.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotInCare`], [`Error::Conflict`] when it has ended meanwhile.
pub(super) async fn end(ctx: &mut Ctx, id: StatementId, is_taken_over: bool) -> Result<PatientId> {
    let found = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.reach([found.patient_id]).await?;
    ctx.tx.lock(found.patient_id).await?;
    let state = if is_taken_over { StatementState::TakenOver } else { StatementState::SetAside };
    let stamp = ctx.stamp();
    if !store::end(&mut ctx.tx, id, state, stamp).await? {
        return Err(Error::conflict(tr!(clinical.statement_ended)));
    }
    ctx.did(Action::Update, "before_visit", id, Some(found.patient_id));
    ctx.tell(Event::new(&patients::CHART).at(found.clinic_id).of(found.patient_id));
    Ok(found.patient_id)
}
