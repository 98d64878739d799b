//! The server functions of the profile: the patient changes and asks, the desk decides.

use leptos::prelude::*;

use crate::{
    core::{ContactId, Error, MessageChannelId, PatientId, PatientPhoneId, ProfileRequestId},
    patients::{ContactForm, CoverageForm, OwnContactForm},
};

#[cfg(feature = "ssr")]
use super::{
    ProfileRequestKind,
    acts::{self, Asked, LONGEST_WORDS, told},
};
#[cfg(feature = "ssr")]
use crate::{
    accounts::confirm_unless_lately,
    audit::Action,
    core::{CoverageId, Permission, error::FieldErrors},
    messages::{self, AddressKind},
    patients::{self, PhoneForm},
    portal::acting::still_for,
    server::{Ctx, Request, redirect_to},
    tr,
};

/// Saves the contact data of the record, after a proof of identity.
#[server(endpoint = "portal/save_profile")]
pub async fn save_profile(
    #[server(default)] patient: Option<PatientId>,
    #[server(default)] version: String,
    #[server(default)] password: String,
    #[server(flatten)] form: OwnContactForm,
) -> Result<(), Error> {
    Ctx::read(Permission::OwnRecord).await?.own_patient()?;
    confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, &password).await?;
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = still_for(&ctx, patient)?;
    let version: i64 = version.parse().map_err(|_| Error::invalid("version", tr!(errors.field_unreadable)))?;
    patients::save_own_contact(&mut ctx, patient, form, version).await?;
    ctx.commit().await?;
    redirect_to("/portal/account/profile?done=saved");
    Ok(())
}

/// Takes an e-mail address that the user confirmed for messages into the user's own record.
#[server(endpoint = "portal/take_email")]
pub async fn take_email(message_channel_id: MessageChannelId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let own = ctx.who.patient.ok_or(Error::Forbidden)?;
    let known = messages::message_channels(&mut ctx.tx, own).await?;
    let confirmed = known
        .into_iter()
        .find(|address| address.id == message_channel_id && address.kind == AddressKind::Email && address.confirmed_at.is_some());
    let address = confirmed.ok_or(Error::NotFound)?.address;
    patients::take_own_email(&mut ctx, own, &address).await?;
    ctx.commit().await?;
    redirect_to("/portal/account/profile?done=saved");
    Ok(())
}

/// Adds a person to call in an emergency.
#[server(endpoint = "portal/add_contact")]
pub async fn add_own_contact(#[server(default)] patient: Option<PatientId>, #[server(flatten)] form: ContactForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = still_for(&ctx, patient)?;
    let locked = ctx.tx.lock(patient).await?;
    let contact = form.parse()?;
    if let Some(id) = patients::add_contact(&mut ctx.tx, locked, &contact).await? {
        ctx.did(Action::Create, "contact", id, Some(patient));
    }
    ctx.commit().await?;
    redirect_to("/portal/account/profile?done=saved");
    Ok(())
}

/// Removes a person to call in an emergency.
#[server(endpoint = "portal/remove_contact")]
pub async fn remove_own_contact(contact_id: ContactId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    let locked = ctx.tx.lock(patient).await?;
    if !patients::remove_contact(&mut ctx.tx, locked, contact_id).await? {
        return Err(Error::NotFound);
    }
    ctx.did(Action::Update, "contact", contact_id, Some(patient));
    ctx.commit().await?;
    redirect_to("/portal/account/profile?done=saved");
    Ok(())
}

/// Adds one more phone number, after a proof of identity. The known addresses are told.
#[server(endpoint = "portal/add_phone")]
pub async fn add_own_phone(
    #[server(default)] patient: Option<PatientId>,
    #[server(default)] phone_kind: String,
    #[server(default)] more_phone: String,
    #[server(default)] phone_whose: String,
    #[server(default)] preferred: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    Ctx::read(Permission::OwnRecord).await?.own_patient()?;
    let new = PhoneForm { kind: &phone_kind, phone: &more_phone, whose: &phone_whose, preferred: &preferred }.parse()?;
    confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, &password).await?;
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = still_for(&ctx, patient)?;
    let stamp = ctx.stamp();
    let locked = ctx.tx.lock(patient).await?;
    if let Some(id) = patients::add_phone(&mut ctx.tx, locked, &new, stamp).await? {
        ctx.did(Action::Create, "patient_phone", id, Some(patient));
        patients::tell_of_phones(&mut ctx, patient).await?;
    }
    ctx.commit().await?;
    redirect_to("/portal/account/profile?done=saved");
    Ok(())
}

/// Removes one of the further phone numbers.
#[server(endpoint = "portal/remove_phone")]
pub async fn remove_own_phone(patient_phone_id: PatientPhoneId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    let locked = ctx.tx.lock(patient).await?;
    if !patients::remove_phone(&mut ctx.tx, locked, patient_phone_id).await? {
        return Err(Error::NotFound);
    }
    ctx.did(Action::Update, "patient_phone", patient_phone_id, Some(patient));
    ctx.commit().await?;
    redirect_to("/portal/account/profile?done=saved");
    Ok(())
}

/// Prefers a number for messages and calls, after a proof of identity; without one it is that of the record.
#[server(endpoint = "portal/prefer_phone")]
pub async fn prefer_own_phone(
    #[server(default)] patient: Option<PatientId>,
    #[server(default)] patient_phone_id: Option<PatientPhoneId>,
    #[server(default)] password: String,
) -> Result<(), Error> {
    Ctx::read(Permission::OwnRecord).await?.own_patient()?;
    confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, &password).await?;
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = still_for(&ctx, patient)?;
    let stamp = ctx.stamp();
    let locked = ctx.tx.lock(patient).await?;
    patients::prefer_phone(&mut ctx.tx, locked, patient_phone_id, stamp).await?;
    ctx.did(Action::Update, "patient_phone", patient, Some(patient));
    patients::tell_of_phones(&mut ctx, patient).await?;
    ctx.commit().await?;
    redirect_to("/portal/account/profile?done=saved");
    Ok(())
}

/// Asks the desk to change name, birth date, sex or national id.
#[server(endpoint = "portal/ask_identity")]
pub async fn ask_identity(
    #[server(default)] patient: Option<PatientId>,
    #[server(default)] given_names: String,
    #[server(default)] family_name: String,
    #[server(default)] birth_date: String,
    #[server(default)] sex: String,
    #[server(default)] national_id: String,
    #[server(default)] document: String,
    #[server(default)] words: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = still_for(&ctx, patient)?;
    let typed = [
        ("given_names", given_names),
        ("family_name", family_name),
        ("birth_date", birth_date),
        ("sex", sex),
        ("national_id", national_id),
    ];
    let changes = patients::asked_changes(&mut ctx, patient, &typed).await?;
    acts::ask(&mut ctx, patient, Asked { kind: ProfileRequestKind::Identity, changes, document, words }).await?;
    ctx.commit().await?;
    redirect_to("/portal/account/profile?done=asked");
    Ok(())
}

/// Tells the desk of a cover by an insurer.
#[server(endpoint = "portal/tell_coverage")]
pub async fn tell_coverage(
    #[server(default)] patient: Option<PatientId>,
    #[server(default)] document: String,
    #[server(default)] words: String,
    #[server(flatten)] form: CoverageForm,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = still_for(&ctx, patient)?;
    let cover = form.parse(CoverageId::new())?;
    let insurers = patients::insurers(&mut ctx.tx).await?;
    let insurer = insurers.into_iter().find(|insurer| insurer.id == cover.insurer_id);
    let insurer = insurer.ok_or_else(|| Error::invalid("insurer_id", tr!(errors.choose)))?;
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let mut changes = vec![
        told("insurer", &insurer.name),
        told("insurer_id", &insurer.id.to_string()),
        told("plan", &cover.plan),
        told("policy_number", &cover.policy_number),
        told("holder", &cover.holder),
        told("valid_from", &day(cover.valid_from)),
        told("valid_to", &day(cover.valid_to)),
    ];
    changes.retain(|change| !change.after.is_empty());
    acts::ask(&mut ctx, patient, Asked { kind: ProfileRequestKind::Coverage, changes, document, words }).await?;
    ctx.commit().await?;
    redirect_to("/portal/account/profile?done=asked");
    Ok(())
}

/// Asks to act for another patient in the portal. It is asked for the user's own record only.
#[server(endpoint = "portal/ask_family")]
pub async fn ask_family(
    #[server(default)] name: String,
    #[server(default)] birth_date: String,
    #[server(default)] relation: String,
    #[server(default)] document: String,
    #[server(default)] words: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let own = ctx.who.patient.ok_or(Error::Forbidden)?;
    let mut errors = FieldErrors::new();
    let name = errors.required_line("name", &name, 200);
    let birth_date = errors.required_line("birth_date", &birth_date, 60);
    let relation = errors.required_line("relation", &relation, 100);
    errors.finish()?;
    let changes = vec![told("name", &name), told("birth_date", &birth_date), told("relation", &relation)];
    acts::ask(&mut ctx, own, Asked { kind: ProfileRequestKind::Family, changes, document, words }).await?;
    ctx.commit().await?;
    redirect_to("/portal/account/profile?done=asked");
    Ok(())
}

/// Takes a request back.
#[server(endpoint = "portal/withdraw_profile_request")]
pub async fn withdraw_profile_request(profile_request_id: ProfileRequestId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    acts::withdraw(&mut ctx, profile_request_id, patient).await?;
    ctx.commit().await?;
    redirect_to("/portal/account/profile?done=withdrawn");
    Ok(())
}

/// Takes a request of a patient over, or refuses it with a reason (`verdict` = `refuse`).
#[server(endpoint = "portal/decide_profile_request")]
pub async fn decide_profile_request(
    profile_request_id: ProfileRequestId,
    #[server(default)] verdict: String,
    #[server(default)] answer: String,
    #[server(default)] copay_percent: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    let answer = crate::core::form::text("answer", &answer, LONGEST_WORDS)?;
    let done = match verdict.as_str() {
        "accept" => {
            acts::accept(&mut ctx, profile_request_id, &answer, &copay_percent).await?;
            "accepted"
        }
        "refuse" if answer.is_empty() => return Err(Error::invalid("answer", tr!(profile.say_why))),
        "refuse" => {
            acts::refuse(&mut ctx, profile_request_id, &answer).await?;
            "refused"
        }
        _ => return Err(Error::invalid("verdict", tr!(errors.choose))),
    };
    ctx.commit().await?;
    redirect_to(&format!("/profile-requests?done={done}"));
    Ok(())
}
