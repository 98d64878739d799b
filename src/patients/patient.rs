//! The record of a patient.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{AllergyStatus, Birth, Death, DeathPrecision, Facts, PatientName, Sex, duplicate::take_turns, store};
use crate::{
    core::{Error, PatientId, Result, Stamp, UserId, time::Instant},
    db::{Locked, Tx},
    notifications::{Hearer, Notice, notify, notify_by_job},
    server::{Ctx, Event},
    tr,
};

/// A patient's record.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Patient {
    pub id: PatientId,
    pub mrn: String,
    /// The facts that the person stated.
    #[sqlx(flatten)]
    pub facts: Facts,
    pub allergy_status: AllergyStatus,
    /// The first day of the month or year when only that is known, or the day on which the death was learned.
    pub deceased_on: Option<NaiveDate>,
    pub deceased_precision: DeathPrecision,
    /// The time of death, where it is known to the minute.
    pub deceased_at: Option<Instant>,
    pub created_at: Instant,
    pub updated_at: Instant,
    /// The name of the user who saved last.
    pub updated_by_name: String,
    /// Increases with each save.
    pub version: i64,
}

impl Patient {
    /// Returns the death; `None` for the living.
    pub fn death(&self) -> Option<Death> {
        Some(Death { day: self.deceased_on?, precision: self.deceased_precision, at: self.deceased_at })
    }

    /// Returns the lines that identify the patient on a printed page: name, birth date, number.
    pub fn on_paper(&self) -> Vec<String> {
        let born = format!("{} {}", tr!(ui.born), self.facts.birth.shown());
        vec![self.facts.name.full(), born, format!("{} {}", tr!(ui.mrn), self.mrn)]
    }
}

/// A patient to be registered.
#[derive(Clone, Debug)]
pub struct NewPatient {
    pub id: PatientId,
    pub facts: Facts,
}

/// A patient as one line of a list.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PatientLine {
    pub id: PatientId,
    pub mrn: String,
    #[sqlx(flatten)]
    pub name: PatientName,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    /// Sealed in the database, as are town and description.
    #[sqlx(skip)]
    pub phone: String,
    #[sqlx(skip)]
    pub town: String,
    /// Distinguishing marks of a person whose name is unknown.
    #[sqlx(skip)]
    pub description: String,
}

/// Returns the patient's record.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(tx: &mut Tx, id: PatientId) -> Result<Patient> {
    store::find(tx, id).await?.ok_or(Error::NotFound)
}

/// Returns the patient's death, if it is recorded.
///
/// # Errors
/// When the database refuses.
pub async fn death(tx: &mut Tx, id: PatientId) -> Result<Option<Death>> {
    store::death(tx, id).await
}

/// Records the patient's death, or that it was recorded in error (`None`).
///
/// # Errors
/// [`Error::Invalid`] for a time to come or before the birth.
pub async fn record_death(
    tx: &mut Tx,
    patient: Locked<PatientId>,
    death: Option<Death>,
    today: NaiveDate,
    (now, by): (Instant, UserId),
) -> Result<()> {
    if let Some(death) = death {
        let birth = find(tx, patient.id()).await?.facts.birth;
        if death.day > today || death.is_before(birth) {
            return Err(Error::invalid("day", tr!(patients.death_day_wrong)));
        }
        if death.at.is_some_and(|at| at > now) {
            return Err(Error::invalid("time", tr!(patients.death_day_wrong)));
        }
    }
    store::set_death(tx, patient, death, Stamp { by, at: now }).await
}

/// Refuses an action that needs a living patient on that day.
///
/// # Errors
/// [`Error::Conflict`] with the death.
pub async fn refuse_the_dead(tx: &mut Tx, id: PatientId, day: NaiveDate) -> Result<()> {
    match death(tx, id).await?.filter(|death| death.day <= day) {
        Some(death) => Err(Error::conflict(tr!(patients.has_died, died = death.sentence(None)))),
        None => Ok(()),
    }
}

/// Returns the patient as one line of a list.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn line(tx: &mut Tx, id: PatientId) -> Result<PatientLine> {
    store::lines(tx, &[id]).await?.pop().ok_or(Error::NotFound)
}

/// Returns the identity of a patient to a user who may find patients: as [`line()`], but also for patients in no
/// clinic's care, and without contact data.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn identity(tx: &mut Tx, id: PatientId) -> Result<PatientLine> {
    store::identities(tx, &[id]).await?.pop().ok_or(Error::NotFound)
}

/// Returns the patients of a list, by id. An id without a patient is missing from the result.
///
/// # Errors
/// When the database refuses.
pub async fn names(tx: &mut Tx, ids: &[PatientId]) -> Result<HashMap<PatientId, PatientLine>> {
    Ok(store::lines(tx, ids).await?.into_iter().map(|line| (line.id, line)).collect())
}

/// Returns the same as [`names`] without phone, town and description, which stay sealed: for lists that show none of them.
///
/// # Errors
/// When the database refuses.
pub async fn names_alone(tx: &mut Tx, ids: &[PatientId]) -> Result<HashMap<PatientId, PatientLine>> {
    Ok(store::lines_without_contact(tx, ids).await?.into_iter().map(|line| (line.id, line)).collect())
}

/// Registers a patient with a new medical record number, without a search for duplicates; returns `false` when that id is
/// registered already. The caller opens the billing account in the same transaction (`reception::register` does).
///
/// # Errors
/// When the database refuses.
pub async fn insert(tx: &mut Tx, patient: &NewPatient, stamp: Stamp) -> Result<bool> {
    take_turns(tx, &patient.facts).await?.insert(tx, patient.id, stamp).await
}

/// Whether `by` registered the patient under this id and with these facts, and the record is unchanged: then the same form was
/// sent again.
///
/// # Errors
/// When the database refuses.
pub async fn registered_so(tx: &mut Tx, id: PatientId, facts: &Facts, by: UserId) -> Result<bool> {
    let known = store::find(tx, id).await?;
    Ok(known.is_some_and(|known| known.facts == *facts) && store::registered_by(tx, id).await? == Some(by))
}

/// Gives a user of the portal permanent access to the record.
///
/// # Errors
/// [`Error::Conflict`] when a user already has access to the record, or this user to another record.
pub async fn open_to(tx: &mut Tx, id: PatientId, user: UserId, stamp: Stamp) -> Result<()> {
    store::link_user(tx, id, user, stamp).await
}

/// Returns the user who has access to this record in the portal.
///
/// # Errors
/// When the database refuses.
pub async fn user_of(tx: &mut Tx, id: PatientId) -> Result<Option<UserId>> {
    store::user_of(tx, id).await
}

/// Notifies the patient, and the people who act for the patient; their notification also names the patient.
///
/// # Errors
/// When the database refuses.
pub async fn ring(ctx: &mut Ctx, patient: PatientId, notice: &Notice, link: &str) -> Result<()> {
    let now = ctx.now;
    for (user, guardian) in store::hearers(&mut ctx.tx, patient, now).await? {
        notify(ctx, Hearer { user, dependant: guardian.then_some(patient) }, notice, link).await?;
    }
    Ok(())
}

/// As [`ring`], in a job's transaction: the events are for the job to announce.
///
/// # Errors
/// When the database refuses.
pub async fn ring_by_job(tx: &mut Tx, patient: PatientId, notice: &Notice, link: &str, now: Instant) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for (user, guardian) in store::hearers(tx, patient, now).await? {
        events.push(notify_by_job(tx, Hearer { user, dependant: guardian.then_some(patient) }, notice, link, now).await?);
    }
    Ok(events)
}
