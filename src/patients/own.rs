//! The facts of a record that the patient changes in the portal, and those that the desk takes over from a request of the patient.

use super::{
    CHART, Facts, OwnContactForm, PatientForm, Reading,
    changes::differences,
    duplicate::{newly_alike, take_turns},
    find,
    grants::{Told, tell},
    record_changes, store,
};
use crate::{
    audit::{Action, FieldChange},
    core::{Error, PatientId, Result, time::Instant},
    server::{Ctx, Event},
    tr,
};

/// The facts that the patient only asks to change.
pub const ASKED: [&str; 5] = ["given_names", "family_name", "birth_date", "sex", "national_id"];

impl OwnContactForm {
    /// Returns the form filled with these facts.
    pub fn of(facts: &Facts) -> Self {
        let more = facts.more.clone();
        Self {
            preferred_name: facts.name.preferred_name.clone(),
            phone: more.phone,
            address: more.address,
            city: more.city,
            region: more.region,
            postal_code: more.postal_code,
            country: more.country,
            language: more.language,
        }
    }

    fn put_into(self, form: &mut PatientForm) {
        form.preferred_name = self.preferred_name;
        form.more.phone = self.phone;
        form.more.address = self.address;
        form.more.city = self.city;
        form.more.region = self.region;
        form.more.postal_code = self.postal_code;
        form.more.country = self.country;
        form.more.language = self.language;
    }
}

/// Saves a change of the form of a record; returns the facts before and after.
async fn change(
    ctx: &mut Ctx,
    patient: PatientId,
    version: Option<i64>,
    must_be_new: bool,
    put: impl FnOnce(&mut PatientForm),
) -> Result<(Facts, Facts)> {
    let (stamp, today) = (ctx.stamp(), ctx.today());
    let locked = ctx.tx.lock(patient).await?;
    let known = find(&mut ctx.tx, patient).await?;
    if version.is_some_and(|version| version != known.version) {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    let reading = Reading::here(&mut ctx.tx, today).await?.correcting(&known.facts);
    let mut form = known.facts.to_form();
    put(&mut form);
    let facts = Facts::parse(&form, &reading)?;
    if facts == known.facts {
        return Ok((known.facts, facts));
    }
    let turn = take_turns(&mut ctx.tx, &facts).await?;
    if must_be_new && !newly_alike(&mut ctx.tx, patient, &known.facts, &facts).await?.is_empty() {
        return Err(Error::conflict(tr!(profile.alike)));
    }
    if !store::update(&mut ctx.tx, locked, &turn, known.version, stamp).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    record_changes(ctx, locked, &known.facts, &facts).await?;
    ctx.did(Action::Update, "patient", patient, Some(patient));
    ctx.tell(Event::new(&CHART).of(patient));
    Ok((known.facts, facts))
}

/// Saves the contact data that a patient changed in the portal; the known addresses are told.
///
/// # Errors
/// [`Error::Invalid`], or [`Error::Conflict`] when somebody else saved meanwhile.
pub async fn save_own_contact(ctx: &mut Ctx, patient: PatientId, form: OwnContactForm, version: i64) -> Result<()> {
    let (before, after) = change(ctx, patient, Some(version), false, |record| form.put_into(record)).await?;
    if before != after {
        tell(ctx, patient, &Told::ByPatient).await?;
    }
    Ok(())
}

/// Takes an e-mail address that the patient confirmed into the record. The address before it is told.
///
/// # Errors
/// When the database refuses.
pub async fn take_own_email(ctx: &mut Ctx, patient: PatientId, address: &str) -> Result<()> {
    let (before, after) = change(ctx, patient, None, false, |record| address.clone_into(&mut record.more.email)).await?;
    if before != after {
        tell(ctx, patient, &Told::ByPatient).await?;
    }
    Ok(())
}

fn put_asked(form: &mut PatientForm, field: &str, value: &str) {
    let place = match field {
        "given_names" => &mut form.given_names,
        "family_name" => &mut form.family_name,
        "birth_date" => &mut form.birth_date,
        "sex" => &mut form.sex,
        "national_id" => &mut form.more.national_id,
        _ => return,
    };
    value.clone_into(place);
}

/// Reads which of the facts that the desk decides on differ from the record: `typed` has values by their fields' names.
///
/// # Errors
/// [`Error::Invalid`] field by field, also when nothing differs.
pub async fn asked_changes(ctx: &mut Ctx, patient: PatientId, typed: &[(&str, String)]) -> Result<Vec<FieldChange>> {
    let today = ctx.today();
    let known = find(&mut ctx.tx, patient).await?.facts;
    let reading = Reading::here(&mut ctx.tx, today).await?.correcting(&known);
    let mut form = known.to_form();
    for (field, value) in typed {
        put_asked(&mut form, field, value);
    }
    let asked = Facts::parse(&form, &reading)?;
    let changes: Vec<FieldChange> =
        differences(&known, &asked).into_iter().filter(|change| ASKED.contains(&change.field.as_str())).collect();
    if changes.is_empty() { Err(Error::invalid("given_names", tr!(profile.nothing_differs))) } else { Ok(changes) }
}

/// Takes the facts over that a patient asked to change.
///
/// # Errors
/// [`Error::Conflict`] when the record would then be like another one: the desk corrects it by hand.
pub async fn take_over_asked(ctx: &mut Ctx, patient: PatientId, changes: &[FieldChange]) -> Result<()> {
    change(ctx, patient, None, true, |record| {
        for one in changes {
            put_asked(record, &one.field, &one.after);
        }
    })
    .await?;
    Ok(())
}

/// A person for whom another one acts.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ActedFor {
    pub id: uuid::Uuid,
    pub patient_id: PatientId,
    pub given_names: String,
    pub family_name: String,
    pub until_day: chrono::NaiveDate,
    /// `None` while the patient has not agreed.
    pub agreed_at: Option<Instant>,
}

impl ActedFor {
    /// The name of the person.
    pub fn name(&self) -> String {
        format!("{} {}", self.given_names, self.family_name).trim().to_owned()
    }
}
