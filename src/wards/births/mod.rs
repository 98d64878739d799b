//! Births on a ward: the child becomes a patient with an admission of its own, in a cot, and the mother acts for it.

mod form;
mod store;

use crate::{
    accounts::scope,
    audit::Action,
    billing,
    core::{AdmissionId, BedId, Error, PatientId, Result, time::Instant},
    db::Tx,
    organisation,
    patients::{self, Birth, Facts, NewPatient, PatientName, Sex, guardians},
    server::Ctx,
    tr,
    wards::{
        admission::{self, ActTurn, Admission, AdmissionState, StayAct, record},
        uses,
    },
};

pub use form::BirthForm;
pub use store::{BirthRow, of_baby, of_mother};

/// The latest uses of a cot among which the last one is looked for.
const USES: i64 = 20;

crate::text_enum! {
    /// The outcome of a birth.
    pub enum BirthOutcome("outcome") {
        Live = "live",
        Stillborn = "stillborn",
    }
}

impl BirthOutcome {
    /// Returns the word in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Live => tr!(wards.birth_live),
            Self::Stillborn => tr!(wards.birth_stillborn),
        }
    }
}

/// Returns the age in hours during the first three days.
pub fn hours_old(born_at: Instant, now: Instant) -> Option<i64> {
    let hours = (now - born_at).num_hours();
    (0..72).contains(&hours).then_some(hours)
}

/// Returns the child to whom the second number belongs, when the first is the mother's: the bands of mother and child belong together.
/// Signs between the letters and digits of a number do not count.
///
/// # Errors
/// When the database refuses.
pub async fn compare(tx: &mut Tx, mother: &Admission, (of_mother, of_baby): (&str, &str)) -> Result<Option<AdmissionId>> {
    let folded = |number: &str| number.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let own = patients::line(tx, mother.patient_id).await?;
    let births = store::of_mother(tx, mother.id).await?;
    let babies: Vec<PatientId> = births.iter().filter_map(|one| one.baby).collect();
    let lines = patients::names(tx, &babies).await?;
    let read = folded(of_baby);
    let child = lines.values().find(|line| folded(&line.mrn) == read).map(|line| line.id);
    if folded(&own.mrn) != folded(of_mother) {
        return Ok(None);
    }
    Ok(child.and_then(|child| births.iter().find(|one| one.baby == Some(child))?.baby_id))
}

/// Records a birth. A child that lives is registered as a patient under a name that tells whose it is, gets the mother as guardian, and is
/// admitted to the chosen cot, all at once.
///
/// # Errors
/// [`Error::Conflict`] when the mother is not on a ward, was born there herself, or has that child already.
pub async fn born(ctx: &mut Ctx, mother: &ActTurn, form: &BirthForm) -> Result<()> {
    mother.must_be(&[AdmissionState::Admitted])?;
    let known = patients::line(&mut ctx.tx, mother.admission.patient_id).await?;
    if mother.admission.mother_id.is_some() || known.sex == Sex::Male {
        return Err(Error::conflict(tr!(wards.no_mother)));
    }
    let words = match form.plurality {
        1 => tr!(wards.baby_of, mother = known.name.given_names.clone()),
        _ => tr!(wards.twin_of, number = form.birth_order, mother = known.name.given_names.clone()),
    };
    let baby = match form.outcome {
        BirthOutcome::Live => Some(register(ctx, mother, form, PatientName::new(words.clone(), known.name.family_name)).await?),
        BirthOutcome::Stillborn => None,
    };
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, mother.locked, baby, form, stamp).await.map_err(refused)?;
    let done = format!("{words}, {}", form.outcome.words());
    record(ctx, mother, StayAct::Born, (Some(mother.admission.ward()), None), &done).await
}

/// Registers the child and admits it to its cot.
async fn register(ctx: &mut Ctx, mother: &ActTurn, form: &BirthForm, name: PatientName) -> Result<AdmissionId> {
    let (stamp, clinic) = (ctx.stamp(), mother.admission.clinic_id);
    let Some(cot) = form.cot else { return Err(Error::invalid("bed_id", tr!(errors.choose))) };
    let day = organisation::clinic(&mut ctx.tx, clinic).await?.zone.day(form.born_at);
    let patient = NewPatient { id: PatientId::new(), facts: Facts::new(name, Birth::on(day), form.sex) };
    patients::insert(&mut ctx.tx, &patient, stamp).await?;
    scope::take_in(&mut ctx.tx, patient.id, clinic, stamp.at).await?;
    let child = ctx.tx.lock(patient.id).await?;
    billing::open_account(&mut ctx.tx, patient.id, stamp).await?;
    ctx.did(Action::Create, "patient", patient.id, Some(patient.id));
    let document = tr!(wards.birth_document, number = mother.admission.number.clone());
    guardians::of_newborn(ctx, child, (mother.admission.patient_id, day), &document).await?;
    let turn = admission::newborn(ctx, &mother.admission, patient.id, tr!(wards.born_here)).await?;
    let at = received_at(ctx, mother, cot, form.born_at).await?;
    admission::admit(ctx, &turn, cot, at, &form.because).await?;
    Ok(turn.admission.id)
}

/// Returns the time from which the child lies in its cot: the birth, however late it is entered; after an admission of the mother that was later, and
/// after the last use of the cot.
async fn received_at(ctx: &mut Ctx, mother: &ActTurn, cot: BedId, born_at: Instant) -> Result<Instant> {
    let used = uses::of_bed(&mut ctx.tx, cot, USES).await?.into_iter().filter_map(|one| one.ended_at).max();
    Ok([used, mother.admission.admitted_at].into_iter().flatten().fold(born_at, Ord::max))
}

fn refused(error: crate::db::DbError) -> Error {
    if error.violates("births_order_once") {
        Error::invalid("birth_order", tr!(wards.birth_known))
    } else if error.violates("births_no_chain") {
        Error::conflict(tr!(wards.no_mother))
    } else if error.violates("births_times") {
        Error::conflict(tr!(wards.times_wrong))
    } else {
        uses::refused(error)
    }
}
