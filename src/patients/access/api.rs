//! Access to the portal: the desk creates a code and the patient uses it; the desk removes the access, and helps patients who
//! lost the second factor.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::core::{Error, PatientId};

#[cfg(feature = "ssr")]
use super::{
    acts, code,
    server::{clinic_of, fresh, note_maker, spend, whose},
};
#[cfg(feature = "ssr")]
use crate::{
    accounts::{self, Caller, NewUser, confirm_unless_lately},
    audit::{self, Action, AuditRow},
    core::{Permission, Role, Stamp, UserId, error::FieldErrors},
    patients::{
        self,
        grants::{Told, tell_at_the_door},
        guardians::api::proven_for,
    },
    server::{Ctx, Request, redirect_to},
    tr,
};

/// Creates a code with which the patient's own account gets access to the record; the next page shows it once.
#[server(endpoint = "patients/give_access")]
pub async fn give_access(
    patient_id: PatientId,
    /// The identity card that the desk looked at; the auditor reads it.
    #[server(default)]
    document: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let document = crate::core::form::line("document", &document, 200)?;
    proven_for(patient_id, &password).await?;
    let (code, hash) = fresh().await?;
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    acts::give_code(&mut ctx, patient_id, (&code, hash), &document).await?;
    let request = ctx.request().clone();
    ctx.commit().await?;
    request.leave_note(&code::grouped(&code)).await?;
    redirect_to(&format!("/patients/{patient_id}/access"));
    Ok(())
}

/// Removes the portal access of the account that is linked to the record, and any unused code.
#[server(endpoint = "patients/take_access_away")]
pub async fn take_access_away(patient_id: PatientId, #[server(default)] password: String) -> Result<(), Error> {
    proven_for(patient_id, &password).await?;
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    acts::take_access(&mut ctx, patient_id).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done=access_taken"));
    Ok(())
}

/// Removes the second factor of a patient who lost phone and recovery codes and is at the desk. For a member of staff only an
/// administrator may do it, because a member of staff can open more than their own record.
#[server(endpoint = "patients/reset_factor")]
pub async fn reset_factor(patient_id: PatientId, #[server(default)] password: String) -> Result<(), Error> {
    let mut ctx = Ctx::read(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    drop(ctx);
    confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, &password).await?;
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    ctx.reach([patient_id]).await?;
    let user = patients::user_of(&mut ctx.tx, patient_id).await?.ok_or_else(|| Error::conflict(tr!(patients.access_nobody)))?;
    let locked = ctx.tx.lock(user).await?;
    if patients::user_of(&mut ctx.tx, patient_id).await? != Some(user) {
        return Err(Error::conflict(tr!(patients.access_nobody)));
    }
    if accounts::works_here(&mut ctx.tx, user).await? {
        return Err(Error::conflict(tr!(patients.factor_of_staff)));
    }
    accounts::take_factor_away(&mut ctx, locked, Some(patient_id)).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}?done=factor_reset"));
    Ok(())
}

/// Links the user's account to the user's record, with the code from the desk. Repeated attempts are slowed down.
#[server(endpoint = "patients/link_record")]
pub async fn link_record(#[server(default)] link_code: String, #[server(default)] birth_date: String) -> Result<(), Error> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let today = ctx.today();
    let reading = patients::Reading::here(&mut ctx.tx, today).await?;
    let (request, user, now) = (ctx.request().clone(), ctx.user(), ctx.now);
    if ctx.who.patient.is_some() {
        return Err(Error::conflict(tr!(patients.linked_already)));
    }
    drop(ctx);
    let born = match patients::read_birth(&birth_date, reading.today, reading.order) {
        Ok(patients::Birth { date: Some(day), precision: patients::BirthPrecision::Day }) => day,
        Ok(_) => return Err(Error::invalid("birth_date", tr!(patients.birth_whole))),
        Err(fault) => return Err(Error::invalid("birth_date", fault.words())),
    };
    let (db, free) = (&request.state.db, request.state.config.attempts_per_address);
    let caller = Caller::asking("link", &user.to_string(), &request.address, free);
    caller.knock(db, now).await.map_err(|error| error.at_field("link_code"))?;
    let wrong = || Error::invalid("link_code", tr!(patients.wrong_link_code));
    let (patient, maker) = whose(db, &link_code, born, now).await?.ok_or_else(wrong)?;
    if maker == user {
        return Err(Error::conflict(tr!(patients.own_code)));
    }
    let mut ctx = Ctx::write_for(patient).await?;
    if !acts::link(&mut ctx, patient, user).await? {
        return Err(wrong());
    }
    caller.enter(&mut ctx.tx).await?;
    ctx.commit().await?;
    // The session gets a new id, because its access has changed.
    request.new_id().await?;
    redirect_to("/portal");
    Ok(())
}

/// The form by which a person makes an account with the code on paper.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CodeSignUpForm {
    pub link_code: String,
    pub birth_date: String,
    pub login: String,
    pub new_password: String,
    pub new_password_again: String,
}

/// Makes an account with the code on paper and links the record to it, for a person without an e-mail address. The person chooses the
/// sign-in name. Repeated attempts are slowed down.
#[server(endpoint = "patients/sign_up_with_code")]
pub async fn sign_up_with_code(#[server(flatten)] form: CodeSignUpForm) -> Result<(), Error> {
    let CodeSignUpForm { link_code, birth_date, login, new_password, new_password_again } = form;
    let request = Request::current().ok_or(Error::SignedOut)?;
    let (db, now, free) = (request.state.db.clone(), request.state.clock.now(), request.state.config.attempts_per_address);
    let login = login.trim().to_lowercase();
    let reading = patients::Reading::here(&mut db.read().await?, now.date_naive()).await?;
    let mut errors = FieldErrors::new();
    if !is_sign_in_name(&login) {
        errors.add("login", tr!(patients.sign_in_name_wrong));
    }
    let born = match patients::read_birth(&birth_date, reading.today, reading.order) {
        Ok(patients::Birth { date: Some(day), precision: patients::BirthPrecision::Day }) => Some(day),
        Ok(_) => {
            errors.add("birth_date", tr!(patients.birth_whole));
            None
        }
        Err(fault) => {
            errors.add("birth_date", fault.words());
            None
        }
    };
    errors.finish()?;
    let Some(born) = born else { return Err(Error::NotFound) };
    let caller = Caller::asking("link", &link_code, &request.address, free);
    caller.knock(&db, now).await.map_err(|error| error.at_field("link_code"))?;
    let wrong = || Error::invalid("link_code", tr!(patients.wrong_link_code));
    let (patient, _) = whose(&db, &link_code, born, now).await?.ok_or_else(wrong)?;
    let name = patients::line(&mut db.read().await?, patient).await?.name.full();
    let chooser = Caller::asking("choose", &link_code, &request.address, free);
    let hash = accounts::chosen_password(&request, &chooser, (&login, &name), (new_password, &new_password_again)).await?;
    let user = UserId::new();
    let stamp = Stamp { by: user, at: now };
    let new = NewUser {
        id: user,
        login,
        name,
        password_hash: Some(hash),
        language: Some(request.locale),
        demo: false,
        roles: vec![(Role::Patient, None)],
    };
    let mut tx = db.write().await?;
    match accounts::create_user(&mut tx, &new, stamp).await {
        Err(Error::Conflict(taken)) => return Err(Error::invalid("login", taken)),
        made => made?,
    }
    let locked = tx.lock(patient).await?;
    let maker = spend(&mut tx, locked, user, now).await?.ok_or_else(wrong)?;
    patients::open_to(&mut tx, patient, user, stamp).await?;
    note_maker(&mut tx, locked, maker).await?;
    let clinic = clinic_of(&mut tx, patient).await?;
    let events = tell_at_the_door(&mut tx, &request.state, (patient, &Told::Linked), (clinic, now, reading.today)).await?;
    let row = AuditRow {
        user,
        patient: Some(patient),
        clinic: Some(clinic),
        address: request.address.clone(),
        request: request.id.clone(),
        ..AuditRow::by_command(Action::Create, "portal_access", Some(patient.into()), now)
    };
    audit::write(&mut tx, &[row]).await?;
    // The counts of the address are updated last, as for each attempt.
    caller.enter(&mut tx).await?;
    chooser.enter(&mut tx).await?;
    request.state.hub.store(&mut tx, now, &events).await?;
    tx.commit().await?;
    request.state.hub.announce(&events);
    redirect_to("/sign-in?done=password");
    Ok(())
}

/// Whether it can be a sign-in name that a patient chooses: no e-mail address, which would have to be confirmed.
#[cfg(feature = "ssr")]
fn is_sign_in_name(name: &str) -> bool {
    let good = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._-".contains(letter);
    (4..=40).contains(&name.len()) && name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.chars().all(good)
}
