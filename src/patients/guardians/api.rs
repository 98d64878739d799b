//! Registers a person who acts for a patient, records the patient's answer, and ends it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::core::{Error, GuardianId, PatientId};

#[cfg(feature = "ssr")]
use super::{
    Dependence,
    acts::{self, end},
    childhood_ends,
    record::LONGEST_MONTHS,
    store,
};
#[cfg(feature = "ssr")]
use crate::{
    accounts::confirm_unless_lately,
    core::{Permission, Result, error::FieldErrors, time::parse_date},
    patients::{
        self,
        grants::{Told, tell},
    },
    server::{Ctx, Request, redirect_to},
    tr,
};

/// The longest name of a document.
#[cfg(feature = "ssr")]
const LONGEST_DOCUMENT: usize = 200;

/// The form of a person who acts for a patient.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GuardianForm {
    pub guardian_id: String,
    pub kind: String,
    /// The last day; for a child it is the day before the child comes of age, unless an earlier one is given.
    pub until: String,
    /// The document that the desk saw.
    pub document: String,
    pub password: String,
}

/// Registers that a person acts for the patient. The form names the person by the record that the desk found and saw, never by a typed
/// number. For an adult with access to the portal it begins when the patient agrees there.
#[server(endpoint = "patients/add_guardian")]
pub async fn add_guardian(patient_id: PatientId, #[server(flatten)] form: GuardianForm) -> Result<(), Error> {
    let GuardianForm { guardian_id, kind, until, document, password } = form;
    proven_for(patient_id, &password).await?;
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let locked = ctx.tx.lock(patient_id).await?;
    let (stamp, today) = (ctx.stamp(), ctx.today());
    let patient = patients::find(&mut ctx.tx, patient_id).await?;
    let mut errors = FieldErrors::new();
    let kind = errors.chosen::<Dependence>("kind", &kind);
    let document = errors.line("document", &document, LONGEST_DOCUMENT);
    let until = if until.trim().is_empty() { None } else { errors.check(parse_date("until", &until)) };
    if until.is_some_and(|until| until < today) {
        errors.add("until", tr!(patients.guardian_past));
    }
    let chosen = guardian_id.trim().parse::<PatientId>().ok().filter(|guardian| *guardian != patient_id);
    let guardian = match chosen {
        Some(chosen) => patients::identity(&mut ctx.tx, chosen).await.ok(),
        None => None,
    };
    if guardian.is_none() {
        errors.add("guardian_id", tr!(patients.guardian_unknown));
    }
    let age_of_majority = ctx.state().hospital().age_of_majority;
    let childhood = patient.facts.birth.date.and_then(|born| childhood_ends(born, age_of_majority));
    // A person without a birth date counts as of age.
    let child_until = childhood.filter(|last| *last >= today);
    if kind == Some(Dependence::Child) && child_until.is_none() {
        errors.add("kind", if childhood.is_none() { tr!(patients.guardian_no_birth) } else { tr!(patients.guardian_of_age) });
    }
    let last = child_until.or_else(|| today.checked_add_months(chrono::Months::new(LONGEST_MONTHS)));
    match until {
        None if child_until.is_none() => errors.add("until", tr!(patients.guardian_needs_end)),
        Some(until) if child_until.is_none() && last.is_some_and(|last| until > last) => {
            errors.add("until", tr!(patients.guardian_too_long, months = LONGEST_MONTHS));
        }
        _ => {}
    }
    // An adult with a portal account answers there; the document that the desk saw is then only on the auditors' list.
    let asks = child_until.is_none() && patients::user_of(&mut ctx.tx, patient_id).await?.is_some();
    if !asks && document.is_empty() {
        errors.add("document", tr!(patients.guardian_needs_document));
    }
    errors.finish()?;
    let (Some(kind), Some(guardian), Some(until)) = (kind, guardian, until.into_iter().chain(last).min()) else {
        return Err(Error::NotFound);
    };
    let (guardian, name) = (guardian.id, guardian.name.full());
    if patients::user_of(&mut ctx.tx, guardian).await? == Some(stamp.by) {
        return Err(Error::conflict(tr!(patients.guardian_oneself)));
    }
    let ends = ctx.zone().day_bounds(until).1;
    let consent = if asks { String::new() } else { document.clone() };
    let new = store::NewGuardian { guardian, kind, from: today, until, ends, document: consent };
    acts::add(&mut ctx, locked, &new, (name, &document, asks)).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done={}", if asks { "guardian_asked" } else { "saved" }));
    Ok(())
}

/// Ends a person's right to act for the patient. The patient, the person and the others who act for the patient are notified.
#[server(endpoint = "patients/end_guardian")]
pub async fn end_guardian(patient_id: PatientId, guardian: GuardianId, #[server(default)] password: String) -> Result<(), Error> {
    proven_for(patient_id, &password).await?;
    let guardian: uuid::Uuid = guardian.into();
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let now = ctx.now;
    let ended = store::guardians(&mut ctx.tx, patient_id, now).await?.into_iter().find(|one| one.id == guardian);
    let name = ended.ok_or(Error::NotFound)?.name.full();
    // This comes before the end, so that the person who loses the access is notified too.
    tell(&mut ctx, patient_id, &Told::GuardianEnded { name }).await?;
    end(&mut ctx, patient_id, guardian).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done=saved"));
    Ok(())
}

/// Records that the patient agrees to a person who asks to act for her. Only the patient can do this, in her own
/// portal.
#[server(endpoint = "patients/agree_guardian")]
pub async fn agree_guardian(guardian: GuardianId, #[server(default)] password: String) -> Result<(), Error> {
    let guardian: uuid::Uuid = guardian.into();
    own_patient(&Ctx::read(Permission::OwnRecord).await?)?;
    confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, &password).await?;
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = own_patient(&ctx)?;
    acts::agree(&mut ctx, patient, guardian).await?;
    ctx.commit().await?;
    redirect_to("/portal/account");
    Ok(())
}

/// Records that the patient refuses a person who asks to act for her, or ends that person's right.
#[server(endpoint = "patients/end_own_guardian")]
pub async fn end_own_guardian(guardian: GuardianId) -> Result<(), Error> {
    let guardian: uuid::Uuid = guardian.into();
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = own_patient(&ctx)?;
    end(&mut ctx, patient, guardian).await?;
    ctx.commit().await?;
    redirect_to("/portal/account");
    Ok(())
}

/// Ends the user's own right to act for another patient, who is told.
#[server(endpoint = "patients/give_up_guardian")]
pub async fn give_up_guardian(guardian: GuardianId) -> Result<(), Error> {
    let guardian: uuid::Uuid = guardian.into();
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let (person, now) = (own_patient(&ctx)?, ctx.now);
    let acted_for = store::acted_for(&mut ctx.tx, person, now).await?;
    let found = acted_for.into_iter().find(|one| one.id == guardian && one.agreed_at.is_some()).ok_or(Error::NotFound)?;
    let name = patients::line(&mut ctx.tx, person).await?.name.full();
    ctx.tx.lock(found.patient_id).await?;
    tell(&mut ctx, found.patient_id, &Told::GivenUp { name }).await?;
    end(&mut ctx, found.patient_id, guardian).await?;
    ctx.commit().await?;
    redirect_to("/portal/account/profile?done=given_up");
    Ok(())
}

/// Returns the user's own record, even while the user has another patient's portal open.
#[cfg(feature = "ssr")]
fn own_patient(ctx: &Ctx) -> Result<PatientId> {
    ctx.who.patient.ok_or(Error::Forbidden)
}

/// Verifies the password again for a user who may register patients, before an action on this patient.
#[cfg(feature = "ssr")]
pub(in crate::patients) async fn proven_for(patient: PatientId, password: &str) -> Result<()> {
    let mut ctx = Ctx::read(Permission::RegisterPatients).await?;
    ctx.reach([patient]).await?;
    drop(ctx);
    confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, password).await
}
