//! The functions of documents. A file arrives by its page, as a form with a file (`pages::upload`).

use leptos::prelude::*;

use super::acts;
use crate::{
    core::{DocumentId, Error, Permission, Result},
    server::{Ctx, redirect_to},
};

/// Shows a document in the portal, or takes it out of there.
#[server(endpoint = "documents/show")]
pub async fn show(document_id: DocumentId, #[server(default)] portal: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::AddDocuments).await?;
    let shown = acts::show(&mut ctx, document_id, portal == "true").await?;
    ctx.commit().await?;
    let done = if portal == "true" { "shown" } else { "hidden" };
    redirect_to(&format!("/patients/{}/documents?done={done}", shown.patient_id));
    Ok(())
}

/// Marks a document as wrong.
#[server(endpoint = "documents/in_error")]
pub async fn in_error(document_id: DocumentId, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::AddDocuments).await?;
    let marked = acts::mark_error(&mut ctx, document_id, &reason).await?;
    ctx.commit().await?;
    redirect_to(&format!("/patients/{}/documents?done=in_error", marked.patient_id));
    Ok(())
}
