//! `/documents/{id}`, `/portal/documents/{id}`: the file, as a download that a browser does not run.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};

use crate::{
    core::{DocumentId, Error, Permission, Result},
    documents::{Document, acts, store},
    server::{Ctx, Path},
};

/// A browser that shows the file in spite of all runs nothing of it.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// Serves a document to staff.
///
/// # Errors
/// Not allowed, not in care, or when the database refuses.
pub async fn document_file(Path(id): Path<DocumentId>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::AddDocuments).await?;
    let found = acts::opened(&mut ctx, id).await?;
    ctx.saw(found.patient_id, "document").await?;
    serve(&mut ctx, &found).await
}

/// Serves a document of the portal to its patient.
///
/// # Errors
/// [`Error::NotFound`] for a document of another patient, or one that is not shown.
pub async fn portal_file(Path(id): Path<DocumentId>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    let found = store::document(&mut ctx.tx, id).await?;
    let found = found
        .filter(|found| ctx.is_own(found.patient_id) && found.portal && found.error_at.is_none() && found.replaced_by.is_none())
        .ok_or(Error::NotFound)?;
    ctx.saw(patient, "document").await?;
    serve(&mut ctx, &found).await
}

async fn serve(ctx: &mut Ctx, document: &Document) -> Result<Response> {
    let bytes = store::intact(&mut ctx.tx, document).await?;
    // The name says nothing of the patient, and nothing that was typed.
    let named =
        format!("attachment; filename=\"{}-{}.{}\"", document.kind.as_str().replace('_', "-"), document.day, document.media.ending());
    let headers = [
        (header::CONTENT_TYPE, document.media.mime().to_owned()),
        (header::CONTENT_DISPOSITION, named),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}
