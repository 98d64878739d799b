//! Receives a form with a file: at the desk and the chart, and in the portal.

use axum::{
    extract::Request as HttpRequest,
    response::{IntoResponse as _, Redirect, Response},
};

use crate::{
    core::{DocumentId, Error, PatientId, Permission, Result, error::FieldErrors, form, time::parse_date},
    documents::{
        DocumentKind,
        acts::{self, NewDocument},
        content::examine,
        scanner::{ScanState, Scanned, ScannerPlace, scan},
    },
    server::{
        Ctx, Path, Request,
        forms::{read_upload, upload_refused},
        multipart::FormWithFile,
    },
    tr,
};

/// The bytes that a form may have besides the file.
const FIELDS: usize = 64 * 1024;

/// Checks the fields and the file, with all mistakes at once.
fn check(sent: &FormWithFile, patient: PatientId, ctx: &Ctx, most: usize) -> Result<NewDocument> {
    let mut errors = FieldErrors::new();
    let title = errors.required_line("title", sent.field("title"), 120);
    let kind = errors.chosen::<DocumentKind>("kind", sent.field("kind"));
    let id = errors.chosen::<DocumentId>("key", sent.field("key"));
    let day = errors.check(parse_date("day", sent.field("day")));
    if day.is_some_and(|day| day > ctx.today()) {
        errors.add("day", tr!(documents.day_to_come));
    }
    let file_name: String = sent.file_name.chars().filter(|letter| !letter.is_control()).take(200).collect();
    let file = match sent.file.len() > most {
        true => Err(too_large(most)),
        false => examine(&sent.file, &file_name),
    };
    let file = errors.check(file);
    errors.finish()?;
    let (Some(kind), Some(id), Some(day), Some(file)) = (kind, id, day, file) else { return Err(Error::NotFound) };
    Ok(NewDocument {
        id,
        patient,
        clinic: ctx.clinic.id,
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
async fn scanned(file: &[u8]) -> ScanState {
    let setting = Request::current().map(|request| request.state.config.scanner.clone()).unwrap_or_default();
    let Some(place) = ScannerPlace::parse(&setting) else { return ScanState::NotScanned };
    match scan(&place, file).await {
        Scanned::Clean => ScanState::Clean,
        Scanned::Infected(_) => ScanState::Infected,
        Scanned::Unclear => ScanState::Waiting,
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
    let (sent, _reserved) = match read_upload(&parts.headers, body, most + FIELDS).await {
        Ok((body, reserved)) => (FormWithFile::read(&parts.headers, &body), reserved),
        Err(Error::TooLarge) => return upload_refused(&parts.headers, page, Vec::new(), too_large(most)).await,
        Err(error) => return upload_refused(&parts.headers, page, Vec::new(), error).await,
    };
    let Some(sent) = sent else {
        return upload_refused(&parts.headers, page, Vec::new(), Error::invalid("form", tr!(errors.field_unreadable))).await;
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
        let new = check(&sent, id, &ctx, most)?;
        // The scanner is asked between two transactions: it may take a minute.
        drop(ctx);
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
        let new = check(&sent, patient, &ctx, most)?;
        drop(ctx);
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
