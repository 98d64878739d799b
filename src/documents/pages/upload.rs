//! Receives a form with a file: at the desk and the chart, and in the portal.

use std::borrow::Cow;

use axum::{
    extract::Request as HttpRequest,
    response::{IntoResponse as _, Redirect, Response},
};
use chrono::NaiveDate;

use crate::{
    core::{
        ClinicId, DocumentId, Error, PatientId, Permission, Result,
        error::FieldErrors,
        form,
        locale::{self, LOCALE},
        time::parse_date,
    },
    documents::{
        DocumentKind,
        acts::{self, NewDocument},
        content::{Examined, examine},
        scanner::{ScanState, Scanned, ScannerPlace, scan},
        whole::{DocumentFile, with_whole},
    },
    server::{
        Ctx, Path, Request,
        forms::{read_upload, upload_refused},
        multipart::FormWithFile,
        spool::{self, Spool},
    },
    tr,
};

/// The bytes that a form may have besides the file.
const FIELDS: usize = 64 * 1024;

/// Examines the file, and cleans a picture.
async fn examined(sent: &FormWithFile, file_name: &str, most: usize) -> Result<DocumentFile> {
    if sent.file.size() > most {
        return Err(too_large(most));
    }
    let (as_sent, name, folder) = (sent.file.clone(), file_name.to_owned(), spool_folder());
    // The words of a refusal are in the language of the request.
    let language = locale::current();
    let work = with_whole(&sent.file, move |bytes| LOCALE.sync_scope(language, || kept(&as_sent, bytes, &name, (most, &folder))));
    work.await?
}

/// Returns the file to keep: the one that was sent, or the cleaned one in a file of its own.
fn kept(sent: &Spool, bytes: &[u8], name: &str, (most, folder): (usize, &std::path::Path)) -> Result<DocumentFile> {
    let Examined { media, bytes } = examine(bytes, name)?;
    let spool = match bytes {
        Cow::Borrowed(_) => sent.clone(),
        // A picture that is drawn again may have become larger.
        Cow::Owned(cleaned) if cleaned.len() > most => return Err(too_large(most)),
        Cow::Owned(cleaned) => Spool::of(&cleaned, folder).map_err(spool::failed)?,
    };
    Ok(DocumentFile { media, spool })
}

/// The folder in which files wait.
fn spool_folder() -> std::path::PathBuf {
    Request::current().map_or_else(std::env::temp_dir, |request| spool::folder(&request.state.config))
}

/// Checks the fields and the file, with all mistakes at once.
async fn check(sent: &FormWithFile, patient: PatientId, (today, clinic): (NaiveDate, ClinicId), most: usize) -> Result<NewDocument> {
    let mut errors = FieldErrors::new();
    let title = errors.required_line("title", sent.field("title"), 120);
    let kind = errors.chosen::<DocumentKind>("kind", sent.field("kind"));
    let id = errors.chosen::<DocumentId>("key", sent.field("key"));
    let day = errors.check(parse_date("day", sent.field("day")));
    if day.is_some_and(|day| day > today) {
        errors.add("day", tr!(documents.day_to_come));
    }
    let file_name: String = sent.file_name.chars().filter(|letter| !letter.is_control()).take(200).collect();
    let file = errors.check(examined(sent, &file_name, most).await);
    errors.finish()?;
    let (Some(kind), Some(id), Some(day), Some(file)) = (kind, id, day, file) else { return Err(Error::NotFound) };
    Ok(NewDocument {
        id,
        patient,
        clinic,
        kind,
        title,
        file_name,
        day,
        portal: !sent.field("portal").is_empty(),
        by_patient: false,
        replaces: sent.field("replaces").parse().ok(),
        scan: ScanState::NotScanned,
        file,
    })
}

/// Scans the file as it arrived, before it was cleaned.
async fn scanned(file: &Spool) -> ScanState {
    let setting = Request::current().map(|request| request.state.config.scanner.clone()).unwrap_or_default();
    let Some(place) = ScannerPlace::parse(&setting) else { return ScanState::NotScanned };
    match scan(&place, file).await {
        Scanned::Clean => ScanState::Clean,
        Scanned::Infected(_) => ScanState::Infected,
        Scanned::Unclear | Scanned::Away => ScanState::Waiting,
    }
}

/// Refuses an infected file: the sender reads it at the field, the administrators on their bells.
async fn refused(ctx: Ctx, new: &NewDocument) -> Result<()> {
    acts::refuse_infected(ctx, new.patient, new.id).await?;
    Err(Error::invalid("file", tr!(documents.infected_file)))
}

fn too_large(most: usize) -> Error {
    Error::invalid("file", tr!(documents.too_large, most = most / (1024 * 1024)))
}

/// Receives the form, and answers with the page again when it is refused.
async fn receive<F: Future<Output = Result<()>>>(
    request: HttpRequest,
    page: String,
    work: impl FnOnce(FormWithFile, usize) -> F,
) -> Response {
    let (parts, body) = request.into_parts();
    let most = Request::current().map_or(0, |request| request.state.config.document_limit);
    // The place is given back when the document is stored or refused.
    let (sent, _place) = match read_upload(&parts.headers, body, most + FIELDS).await {
        Ok(sent) => sent,
        Err(Error::TooLarge) => return upload_refused(&parts.headers, page, Vec::new(), too_large(most)).await,
        Err(error) => return upload_refused(&parts.headers, page, Vec::new(), error).await,
    };
    let values = sent.fields.clone();
    match work(sent, most).await {
        Ok(()) => Redirect::to(&format!("{page}?done=added")).into_response(),
        Err(error) => upload_refused(&parts.headers, page, values, error).await,
    }
}

/// Adds a document to the record of a patient.
pub async fn at_the_desk(Path(id): Path<PatientId>, request: HttpRequest) -> Response {
    receive(request, format!("/patients/{id}/documents"), |sent, most| async move {
        let mut ctx = Ctx::read(Permission::AddDocuments).await?;
        ctx.reach([id]).await?;
        let here = (ctx.today(), ctx.clinic.id);
        // The file is examined, and the scanner asked, between two transactions: it may take a minute.
        drop(ctx);
        let new = check(&sent, id, here, most).await?;
        let found = scanned(&sent.file).await;
        let mut ctx = Ctx::write(Permission::AddDocuments).await?;
        ctx.reach([id]).await?;
        let new = NewDocument { scan: found, ..new };
        if new.scan == ScanState::Infected {
            return refused(ctx, &new).await;
        }
        match acts::add(&mut ctx, &new).await? {
            true => ctx.commit().await,
            false => Ok(()),
        }
    })
    .await
}

/// Adds a document that the patient of this portal sends.
pub async fn in_the_portal(request: HttpRequest) -> Response {
    receive(request, "/portal/documents".to_owned(), |sent, most| async move {
        let ctx = Ctx::read(Permission::OwnRecord).await?;
        let patient = ctx.own_patient()?;
        if form::chosen::<PatientId>("patient", sent.field("patient")).is_ok_and(|shown| shown != patient) {
            return Err(Error::conflict(tr!(documents.switched)));
        }
        let here = (ctx.today(), ctx.clinic.id);
        drop(ctx);
        let new = check(&sent, patient, here, most).await?;
        let found = scanned(&sent.file).await;
        let mut ctx = Ctx::write(Permission::OwnRecord).await?;
        ctx.reach([patient]).await?;
        let new = NewDocument { portal: true, by_patient: true, scan: found, ..new };
        if new.scan == ScanState::Infected {
            return refused(ctx, &new).await;
        }
        match acts::add(&mut ctx, &new).await? {
            true => ctx.commit().await,
            false => Ok(()),
        }
    })
    .await
}
