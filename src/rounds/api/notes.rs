//! Acts on notes of a stay.

use leptos::prelude::*;

use crate::{
    core::{
        AdmissionId, Error, Permission, Result, StayNoteAddendumId, StayNoteId,
        form::{chosen, text},
    },
    organisation::Typed,
    rounds::{
        api::proved,
        notes::{self, StayNoteForm},
    },
    server::{Ctx, redirect_to},
};

/// Begins a note as a draft.
#[server(endpoint = "rounds/begin_note")]
pub async fn begin_note(admission_id: AdmissionId, #[server(default)] key: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    begin(admission_id, &key, &fields, false).await
}

/// Writes a note and signs it.
#[server(endpoint = "rounds/sign_new_note")]
pub async fn sign_new_note(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] password: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    proved(Permission::RecordCare, &password).await?;
    begin(admission_id, &key, &fields, true).await
}

async fn begin(admission: AdmissionId, key: &str, fields: &Typed, signs: bool) -> Result<()> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let form = StayNoteForm::read(fields)?;
    let key: StayNoteId = chosen("key", key)?;
    let id = notes::begin(&mut ctx, admission, key, &form, signs).await?;
    ctx.commit().await?;
    redirect_to(&format!("/stay-notes/{id}?done={}", if signs { "signed" } else { "saved" }));
    Ok(())
}

/// Saves a draft.
#[server(endpoint = "rounds/save_note")]
pub async fn save_note(stay_note_id: StayNoteId, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    save(stay_note_id, &fields, false).await
}

/// Saves a draft and signs it.
#[server(endpoint = "rounds/sign_note")]
pub async fn sign_note(
    stay_note_id: StayNoteId,
    #[server(default)] password: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    proved(Permission::RecordCare, &password).await?;
    save(stay_note_id, &fields, true).await
}

async fn save(id: StayNoteId, fields: &Typed, signs: bool) -> Result<()> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let form = StayNoteForm::read(fields)?;
    notes::save(&mut ctx, id, &form, signs).await?;
    ctx.commit().await?;
    redirect_to(&format!("/stay-notes/{id}?done={}", if signs { "signed" } else { "saved" }));
    Ok(())
}

/// Discards a draft.
#[server(endpoint = "rounds/discard_note")]
pub async fn discard_note(stay_note_id: StayNoteId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let admission = notes::discard(&mut ctx, stay_note_id).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission}/notes?done=discarded"));
    Ok(())
}

/// Begins an amendment of a signed note.
#[server(endpoint = "rounds/amend_note")]
pub async fn amend_note(stay_note_id: StayNoteId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let id = notes::amend(&mut ctx, stay_note_id).await?;
    ctx.commit().await?;
    redirect_to(&format!("/stay-notes/{id}"));
    Ok(())
}

/// Adds a signed addendum to a signed note.
#[server(endpoint = "rounds/add_addendum")]
pub async fn add_addendum(
    stay_note_id: StayNoteId,
    /// The addendum's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] body: String,
    #[server(default)] password: String,
) -> Result<(), Error> {
    proved(Permission::RecordCare, &password).await?;
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let key: StayNoteAddendumId = chosen("key", &key)?;
    let body = text("body", &body.replace("\r\n", "\n"), 10_000)?;
    notes::add_addendum(&mut ctx, stay_note_id, key, &body).await?;
    ctx.commit().await?;
    redirect_to(&format!("/stay-notes/{stay_note_id}?done=addendum"));
    Ok(())
}
