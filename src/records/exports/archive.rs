//! The file: a zip with readable pages, FHIR JSON and the documents.

use std::io::{Cursor, Write as _};

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{Audience, fhir, gather, html};
use crate::{
    core::{Error, PatientId, Result},
    documents::{self, Document},
    organisation,
    server::Ctx,
};

/// Makes the file of a patient's record and answers with it as a download.
///
/// # Errors
/// [`Error::Conflict`] when the record is too large for one file, or when the database refuses.
pub(in crate::records) async fn file(ctx: &mut Ctx, patient: PatientId, audience: Audience) -> Result<Response> {
    let all = gather::gather(ctx, patient, audience).await?;
    let hospital = ctx.state().hospital();
    let clocks = html::Clocks { clinics: organisation::all_clinics(&mut ctx.tx).await?, own: ctx.clinic.clone() };
    let page = html::page(&all, &hospital, &clocks, ctx.now);
    let bundle = fhir::bundle(&all, &hospital.currency, ctx.now);
    let bundle = serde_json::to_vec_pretty(&bundle).map_err(|error| unwritten(&error))?;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    add(&mut zip, "record.html", page.as_bytes())?;
    add(&mut zip, "fhir/bundle.json", &bundle)?;
    for document in &all.documents {
        // One document is in memory besides the file.
        let bytes = documents::intact_bytes(&mut ctx.tx, document).await?;
        add(&mut zip, &document_name(document), &bytes)?;
    }
    let bytes = zip.finish().map_err(|error| unwritten(&error))?.into_inner();
    let headers = [
        (header::CONTENT_TYPE, "application/zip"),
        // The name says nothing of the patient.
        (header::CONTENT_DISPOSITION, "attachment; filename=\"record.zip\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, bytes).into_response())
}

/// The name of a document in the file.
pub(super) fn document_name(document: &Document) -> String {
    let short = uuid::Uuid::from(document.id).simple().to_string();
    let short = short.get(24..).unwrap_or_default();
    format!("documents/{}-{}-{short}.{}", document.day, document.kind.as_str().replace('_', "-"), document.media.ending())
}

fn add(zip: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, bytes: &[u8]) -> Result<()> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file(name, options).map_err(|error| unwritten(&error))?;
    zip.write_all(bytes).map_err(|error| unwritten(&error))
}

fn unwritten(error: &dyn std::fmt::Display) -> Error {
    Error::internal("the copy of a record", error)
}
