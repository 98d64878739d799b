//! `/documents/{id}`, `/portal/documents/{id}`: the file, as a download that a browser does not run.

use std::time::Duration;

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse as _, Response},
};
use futures::stream;
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    core::{DocumentId, Error, Permission, Result},
    documents::{Document, DocumentMedia, TextEncoding, acts, plain_text, redraw, store, whole::with_whole},
    server::{
        Ctx, Path,
        spool::{self, Spool},
    },
};

/// The documents that leave at the same time: each has a file on the disk until its reader has all of it.
static LEAVING: Semaphore = Semaphore::const_new(64);
/// How long a document waits for its place.
const WAIT: Duration = Duration::from_secs(2);

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
    let (ctx, found) = of_staff(id).await?;
    serve(ctx, &found).await
}

/// Serves a document of the portal to its patient.
///
/// # Errors
/// [`Error::NotFound`] for a document of another patient, or one that is not shown.
pub async fn portal_file(Path(id): Path<DocumentId>) -> Result<Response> {
    let (ctx, found) = of_portal(id).await?;
    serve(ctx, &found).await
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

/// Reads the file of a document; its connection to the database is free then.
pub(super) async fn read(mut ctx: Ctx, document: &Document) -> Result<Spool> {
    let folder = spool::folder(&ctx.state().config);
    store::intact(&mut ctx.tx, document, &folder).await
}

async fn preview(ctx: Ctx, document: &Document) -> Result<Response> {
    if document.media != DocumentMedia::Tiff {
        return Err(Error::NotFound);
    }
    let file = read(ctx, document).await?;
    let drawn = with_whole(&file, redraw::preview).await?;
    let (media, bytes) = drawn.map_err(|_| Error::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, media.mime()),
        (header::CONTENT_DISPOSITION, "inline"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, bytes).into_response())
}

async fn serve(ctx: Ctx, document: &Document) -> Result<Response> {
    let place = timeout(WAIT, LEAVING.acquire()).await.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)?;
    let file = read(ctx, document).await?;
    // The name says nothing of the patient, and nothing that was typed.
    let named =
        format!("attachment; filename=\"{}-{}.{}\"", document.kind.as_str().replace('_', "-"), document.day, document.media.ending());
    let encoding = match document.media {
        DocumentMedia::Text => with_whole(&file, plain_text::encoding).await?,
        _ => None,
    };
    let mime = match encoding {
        Some(TextEncoding::Utf8) => "text/plain; charset=utf-8",
        Some(TextEncoding::Windows1252) => "text/plain; charset=windows-1252",
        None => document.media.mime(),
    };
    let headers = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::CONTENT_LENGTH, file.size().to_string()),
        (header::CONTENT_DISPOSITION, named),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    // A slow reader takes one part of memory, and no connection of the database.
    let parts = stream::unfold((file, place, 0), |(file, place, next)| async move {
        if next < file.parts() { Some((file.part(next).await, (file, place, next + 1))) } else { None }
    });
    Ok((headers, Body::from_stream(parts)).into_response())
}
