//! `/documents/{id}`, `/portal/documents/{id}`: the file, as a download that a browser does not run.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};

use super::upload::DRAWING;
use crate::{
    core::{DocumentId, Error, Permission, Result},
    documents::{Document, DocumentMedia, TextEncoding, acts, plain_text, redraw, store},
    server::{Ctx, Path},
};

/// A browser that shows the file in spite of all runs nothing of it.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// Finds a document that this member of staff may open, and audits the reading.
pub(super) async fn of_staff(id: DocumentId) -> Result<(Ctx, Document)> {
    let mut ctx = Ctx::read(Permission::AddDocuments).await?;
    let found = acts::opened(&mut ctx, id).await?;
    ctx.saw(found.patient_id, "document").await?;
    Ok((ctx, found))
}

/// Finds a document of the portal that its patient may open, and audits the reading.
pub(super) async fn of_portal(id: DocumentId) -> Result<(Ctx, Document)> {
    let mut ctx = Ctx::read(Permission::OwnRecord).await?;
    let patient = ctx.own_patient()?;
    let found = store::document(&mut ctx.tx, id).await?;
    let found = found
        .filter(|found| ctx.is_own(found.patient_id) && found.portal && found.error_at.is_none() && found.replaced_by.is_none())
        .ok_or(Error::NotFound)?;
    ctx.saw(patient, "document").await?;
    Ok((ctx, found))
}

/// Serves a document to staff.
///
/// # Errors
/// Not allowed, not in care, or when the database refuses.
pub async fn document_file(Path(id): Path<DocumentId>) -> Result<Response> {
    let (mut ctx, found) = of_staff(id).await?;
    serve(&mut ctx, &found).await
}

/// Serves a document of the portal to its patient.
///
/// # Errors
/// [`Error::NotFound`] for a document of another patient, or one that is not shown.
pub async fn portal_file(Path(id): Path<DocumentId>) -> Result<Response> {
    let (mut ctx, found) = of_portal(id).await?;
    serve(&mut ctx, &found).await
}

/// Serves the first page of a TIFF to staff.
///
/// # Errors
/// [`Error::NotFound`] for a document of another type, or one that cannot be drawn.
pub async fn document_preview(Path(id): Path<DocumentId>) -> Result<Response> {
    let (ctx, found) = of_staff(id).await?;
    preview(ctx, &found).await
}

/// Serves the first page of a TIFF to its patient.
///
/// # Errors
/// As [`portal_file`], and [`Error::NotFound`] for a document of another type, or one that cannot be drawn.
pub async fn portal_preview(Path(id): Path<DocumentId>) -> Result<Response> {
    let (ctx, found) = of_portal(id).await?;
    preview(ctx, &found).await
}

async fn preview(mut ctx: Ctx, document: &Document) -> Result<Response> {
    if document.media != DocumentMedia::Tiff {
        return Err(Error::NotFound);
    }
    let bytes = store::intact(&mut ctx.tx, document).await?;
    // The drawing takes a second, and needs no connection.
    drop(ctx);
    let _alone = DRAWING.acquire().await.map_err(|_| Error::Busy)?;
    let work = tokio::task::spawn_blocking(move || redraw::preview(&bytes));
    let drawn = work.await.map_err(|error| Error::internal("a page was not drawn", &error))?;
    let (media, bytes) = drawn.map_err(|_| Error::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, media.mime()),
        (header::CONTENT_DISPOSITION, "inline"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, bytes).into_response())
}

async fn serve(ctx: &mut Ctx, document: &Document) -> Result<Response> {
    let bytes = store::intact(&mut ctx.tx, document).await?;
    // The name says nothing of the patient, and nothing that was typed.
    let named =
        format!("attachment; filename=\"{}-{}.{}\"", document.kind.as_str().replace('_', "-"), document.day, document.media.ending());
    let mime = match (document.media, plain_text::encoding(&bytes)) {
        (DocumentMedia::Text, Some(TextEncoding::Utf8)) => "text/plain; charset=utf-8",
        (DocumentMedia::Text, Some(TextEncoding::Windows1252)) => "text/plain; charset=windows-1252",
        (media, _) => media.mime(),
    };
    let headers = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::CONTENT_DISPOSITION, named),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}
