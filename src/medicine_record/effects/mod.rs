//! The effect of a medicine that was given as needed: it is asked some time after the dose, and stands among the nurse's tasks until it is told. The
//! doctor sees dose and effect beside each other.

mod store;

use chrono::Duration;
use uuid::Uuid;

use crate::{
    audit::Action,
    core::{
        AdmissionId, DoseId, Error, PatientId, Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    db::{DbError, Tx},
    formulary::Route,
    medicine_record::{department::MEDICINES, doses, orders},
    server::{
        Ctx, Event,
        hooks::{AskedOf, BedQuestion},
    },
    tr,
};

/// Minutes after which the effect is asked: of an injected medicine, and of any other. Both are our own defaults.
const INJECTED_MINUTES: i64 = 30;
const OTHER_MINUTES: i64 = 60;
/// Hours after a dose in which its effect is asked.
pub const ASKED_HOURS: i64 = 24;

crate::text_enum! {
    /// The effect of a dose.
    pub enum DoseEffect("effect") {
        Better = "better" => tr!(medicine_record.effect_better),
        Same = "same" => tr!(medicine_record.effect_same),
        Worse = "worse" => tr!(medicine_record.effect_worse),
    }
}

/// Returns the minutes after which the effect of a dose by this route is asked.
pub fn asked_after(route: &str) -> i64 {
    match route.parse::<Route>() {
        Ok(
            Route::Subcutaneous | Route::Intramuscular | Route::Intravenous | Route::Intraosseous | Route::Intrathecal | Route::Epidural,
        ) => INJECTED_MINUTES,
        _ => OTHER_MINUTES,
    }
}

/// An effect that was told.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ToldEffect {
    pub dose_id: DoseId,
    pub effect: Option<DoseEffect>,
    pub pain: Option<i64>,
    pub at: Instant,
    pub recorder: String,
}

impl ToldEffect {
    /// Returns the effect in one line: `Better · pain 2/10 · 21 Nov 2026, 11:40 · Nora Nurse`.
    pub fn words(&self, zone: Zone) -> String {
        let effect = self.effect.map(|effect| effect.words().to_owned());
        let pain = self.pain.map(|pain| tr!(medicine_record.effect_pain, pain = pain));
        let by = [show_date_time(zone.local(self.at)), self.recorder.clone()];
        [effect, pain].into_iter().flatten().chain(by).collect::<Vec<_>>().join(" · ")
    }
}

/// A dose that was given as needed, with the last effect that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededDose {
    pub dose_id: DoseId,
    pub admission_id: AdmissionId,
    pub title: String,
    pub dose: String,
    pub route: String,
    pub given_at: Instant,
    pub told: Option<ToldEffect>,
}

impl NeededDose {
    /// Returns when the effect is asked.
    pub fn asked_at(&self) -> Instant {
        self.given_at + Duration::minutes(asked_after(&self.route))
    }
}

/// Returns the doses that a patient was given as needed since a time, the latest first, each with the last effect that was told.
///
/// # Errors
/// When the database refuses.
pub async fn needed_doses(tx: &mut Tx, admission: AdmissionId, since: Instant) -> Result<Vec<NeededDose>> {
    let mut doses = store::given(tx, admission, since).await?;
    if !doses.is_empty() {
        let told = store::told(tx, admission, since).await?;
        for dose in &mut doses {
            dose.told = told.iter().rfind(|one| one.dose_id == dose.dose_id).cloned();
        }
    }
    Ok(doses)
}

/// Returns the questions for the effects that nobody told yet.
///
/// # Errors
/// When the database refuses.
pub async fn open_questions(tx: &mut Tx, of: AskedOf, now: Instant) -> Result<Vec<BedQuestion>> {
    let doses = store::open(tx, of, now - Duration::hours(ASKED_HOURS)).await?;
    let question = |dose: NeededDose| BedQuestion {
        admission: dose.admission_id,
        at: dose.asked_at(),
        since: dose.given_at,
        words: tr!(medicine_record.effect_of, medicine = dose.title.clone()),
        href: format!("/doses/{}", dose.dose_id),
        detail: dose.dose,
    };
    Ok(doses.into_iter().map(question).collect())
}

/// Returns the effects of a dose, the first one first.
///
/// # Errors
/// When the database refuses.
pub async fn of_dose(tx: &mut Tx, dose: DoseId) -> Result<Vec<ToldEffect>> {
    store::of_dose(tx, dose).await
}

/// Records the effect of a dose that was given as needed. The same key a second time finds it recorded.
///
/// # Errors
/// [`Error::Conflict`] when the dose does not stand as given.
pub async fn tell(ctx: &mut Ctx, id: DoseId, key: Uuid, (effect, pain): (Option<DoseEffect>, Option<i64>)) -> Result<AdmissionId> {
    let (_, order) = doses::find(ctx, id).await?;
    orders::turn(ctx, Permission::GiveMedicines, order.admission_id).await?;
    match store::dose_of(&mut ctx.tx, key).await? {
        Some(known) if known == id => return Ok(order.admission_id),
        Some(_) => return Err(Error::key_used()),
        None => {}
    }
    if !order.is_as_needed() {
        return Err(Error::NotFound);
    }
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, key, (id, effect, pain), stamp).await.map_err(|error| {
        if error.violates("dose_effects_of_given") {
            Error::conflict(tr!(medicine_record.effect_of_given))
        } else {
            DbError::of_form_key(error)
        }
    })?;
    told(ctx, id, order.patient_id);
    ctx.tell(Event::new(&MEDICINES).at(order.clinic_id).about(order.admission_id));
    Ok(order.admission_id)
}

fn told(ctx: &mut Ctx, id: DoseId, patient: PatientId) {
    ctx.did(Action::Create, "dose_effect", id, Some(patient));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effect_is_asked_sooner_after_an_injection() {
        for (route, minutes) in
            [("intravenous", 30), ("intramuscular", 30), ("subcutaneous", 30), ("oral", 60), ("rectal", 60), ("sublingual", 60), ("", 60)]
        {
            assert_eq!(asked_after(route), minutes, "{route}");
        }
    }
}
