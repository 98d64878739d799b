//! The server functions of copies and erasures.

use leptos::prelude::*;

use crate::core::{ConsentId, ErasureId, Error, ExportId, PatientId};

#[cfg(feature = "ssr")]
use super::{
    ExportPurpose,
    consents::{self, TypedConsent},
    erasures::{self, LONGEST_WORDS},
    exports,
};
#[cfg(feature = "ssr")]
use crate::{
    accounts::confirm_unless_lately,
    core::{Permission, Result, error::FieldErrors},
    server::{Ctx, Request, redirect_to},
    tr,
};

/// Makes a copy of the own record in the portal, after a proof of identity.
#[server(endpoint = "records/own_copy")]
pub async fn own_copy(
    /// An id created with the form: a copy that is asked for twice is made once.
    key: ExportId,
    #[server(default)] password: String,
) -> Result<(), Error> {
    proven(&password).await?;
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    exports::ask_own(&mut ctx, key).await?;
    ctx.commit().await?;
    redirect_to("/portal/copies?done=ready");
    Ok(())
}

/// Verifies the password again for a user of the portal.
#[cfg(feature = "ssr")]
async fn proven(password: &str) -> Result<()> {
    Ctx::read(Permission::OwnRecord).await?.own_patient()?;
    confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, password).await
}

/// Asks for a copy of a record at the desk.
#[server(endpoint = "records/ask_copy")]
pub async fn ask_copy(patient_id: PatientId, key: ExportId, #[server(default)] purpose: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    let mut errors = FieldErrors::new();
    let purpose: Option<ExportPurpose> = errors.chosen("purpose", &purpose);
    errors.finish()?;
    exports::ask(&mut ctx, key, patient_id, purpose.ok_or(Error::NotFound)?).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}/release?done=asked"));
    Ok(())
}

/// Releases a copy that another user asked for, or refuses it (`verdict` = `refuse`).
#[server(endpoint = "records/decide_copy")]
pub async fn decide_copy(
    export_id: ExportId,
    #[server(default)] verdict: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    let release = verdict != "refuse";
    drop(Ctx::read(Permission::ReleaseRecords).await?);
    if release {
        confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, &password).await?;
    }
    let mut ctx = Ctx::write(Permission::ReleaseRecords).await?;
    let found = exports::decide(&mut ctx, export_id, release).await?;
    ctx.commit().await?;
    redirect_to(&format!("/exports/{}?done={}", uuid::Uuid::from(found.id), if release { "released" } else { "refused" }));
    Ok(())
}

/// Asks in the portal that the record is erased.
#[server(endpoint = "records/ask_erasure")]
pub async fn ask_erasure(#[server(default)] words: String, #[server(default)] password: String) -> Result<(), Error> {
    proven(&password).await?;
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let words = crate::core::form::text("words", &words, LONGEST_WORDS)?;
    let patient = ctx.own_patient()?;
    erasures::ask(&mut ctx, patient, true, &words).await?;
    ctx.commit().await?;
    redirect_to("/portal/copies?done=erasure_asked");
    Ok(())
}

/// Takes the own request back.
#[server(endpoint = "records/withdraw_erasure")]
pub async fn withdraw_erasure(erasure_id: ErasureId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    erasures::withdraw(&mut ctx, erasure_id, patient).await?;
    ctx.commit().await?;
    redirect_to("/portal/copies?done=withdrawn");
    Ok(())
}

/// Records at the desk that a patient asks to erase the record.
#[server(endpoint = "records/record_erasure")]
pub async fn record_erasure(patient_id: PatientId, #[server(default)] words: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    let words = crate::core::form::text("words", &words, LONGEST_WORDS)?;
    erasures::ask(&mut ctx, patient_id, false, &words).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}/release?done=erasure_asked"));
    Ok(())
}

/// Erases what can go (`verdict` = `erase`), or refuses with an answer.
#[server(endpoint = "records/decide_erasure")]
pub async fn decide_erasure(
    erasure_id: ErasureId,
    #[server(default)] verdict: String,
    #[server(default)] answer: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    drop(Ctx::read(Permission::KeepRecords).await?);
    if verdict == "erase" {
        confirm_unless_lately(&Request::current().ok_or(Error::SignedOut)?, &password).await?;
    }
    let mut ctx = Ctx::write(Permission::KeepRecords).await?;
    let answer = crate::core::form::text("answer", &answer, LONGEST_WORDS)?;
    let done = if verdict == "erase" {
        erasures::erase(&mut ctx, erasure_id, &answer).await?;
        "erased"
    } else {
        if answer.is_empty() {
            return Err(Error::invalid("answer", tr!(records.say_why)));
        }
        erasures::refuse(&mut ctx, erasure_id, &answer).await?;
        "refused"
    };
    ctx.commit().await?;
    redirect_to(&format!("/erasures/{}?done={done}", uuid::Uuid::from(erasure_id)));
    Ok(())
}

/// Records a consent at the desk.
#[server(endpoint = "records/record_consent")]
pub async fn record_consent(
    patient_id: PatientId,
    /// An id created with the form: a consent that is sent twice is recorded once.
    key: ConsentId,
    #[server(default)] kind: String,
    #[server(default)] given_on: String,
    #[server(default)] document: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    let typed = TypedConsent { id: key, patient: patient_id, kind: &kind, given_on: &given_on, document: &document };
    consents::record(&mut ctx, &typed).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}/release?done=consent"));
    Ok(())
}

/// Withdraws a consent.
#[server(endpoint = "records/withdraw_consent")]
pub async fn withdraw_consent(patient_id: PatientId, consent_id: ConsentId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    consents::withdraw(&mut ctx, consent_id, patient_id).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{patient_id}/release?done=consent_withdrawn"));
    Ok(())
}
