//! Acts on the summary of a stay.

use leptos::prelude::*;

use crate::{
    core::{AdmissionId, Error, Permission, Result},
    organisation::Typed,
    rounds::{
        api::proved,
        summaries::{self, SummaryForm},
    },
    server::{Ctx, redirect_to},
};

/// Saves the draft of a summary.
#[server(endpoint = "rounds/save_summary")]
pub async fn save_summary(admission_id: AdmissionId, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    save(admission_id, &fields, false).await
}

/// Saves the draft of a summary and signs it.
#[server(endpoint = "rounds/sign_summary")]
pub async fn sign_summary(
    admission_id: AdmissionId,
    #[server(default)] password: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    proved(Permission::WriteNotes, &password).await?;
    save(admission_id, &fields, true).await
}

async fn save(id: AdmissionId, fields: &Typed, signs: bool) -> Result<()> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let form = SummaryForm::read(fields)?;
    summaries::save(&mut ctx, id, &form, signs).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{id}/stay-summary?done={}", if signs { "signed" } else { "saved" }));
    Ok(())
}

/// Begins an amendment of the signed summary.
#[server(endpoint = "rounds/amend_summary")]
pub async fn amend_summary(admission_id: AdmissionId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    summaries::amend(&mut ctx, admission_id).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission_id}/stay-summary"));
    Ok(())
}
