//! `/patients/{id}/photo`: the desk takes or chooses a photo of the patient; `/patients/{id}/photo/file` is the photo.

use axum::{
    extract::Request as HttpRequest,
    http::header,
    response::{IntoResponse as _, Redirect, Response},
};
use leptos::prelude::*;
use tokio::sync::Semaphore;

use super::{bytes, is_there, replace};
use crate::{
    core::{Error, PatientId, Permission, Result},
    organisation::pictures::{Drawn, MOST, Shape, redraw},
    patients,
    server::{
        Ctx, Page, Path,
        forms::{read_upload, upload_refused},
        multipart::FormWithFile,
        spool,
    },
    tr,
    ui::{Button, ButtonTone, FileField, Form, LinkButton, PageHeader, PatientBanner},
};

/// The bytes that a form may have besides the file.
const FIELDS: usize = 16 * 1024;
/// A picture is drawn again alone: it takes up to 100 MB.
static DRAWING: Semaphore = Semaphore::const_new(1);
/// A browser that shows a picture by its address runs nothing of it.
const POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

/// Shows the form.
pub async fn photo_page(Path(id): Path<PatientId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RegisterPatients).await?;
    ctx.reach([id]).await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, id, today).await?;
    let name = patients::find(&mut ctx.tx, id).await?.facts.name.full();
    let there = is_there(&mut ctx.tx, id).await?;
    ctx.saw(id, "record").await?;
    Ok(Page::new(tr!(patients.photo), move || {
        let page = format!("/patients/{id}/photo");
        let now = there.then(|| {
            view! {
                {image(id, name)}
                <Form action=page.clone() id="remove-photo" hidden=vec![("remove", "true".to_owned())] multipart=true>
                    <div class="form__actions"><Button label=tr!(patients.remove) tone=ButtonTone::Danger/></div>
                </Form>
            }
        });
        view! {
            <PageHeader title=tr!(patients.photo) detail=tr!(patients.photo_text) back=(format!("/patients/{id}"), tr!(patients.record).to_owned())/>
            <div class="stack">
                {now}
                <Form action=page.clone() id="send-photo" hidden=vec![("remove", String::new())] multipart=true>
                    <FileField
                        name="file"
                        label=tr!(organisation.picture_file)
                        accept=".jpg,.jpeg,.png,image/jpeg,image/png"
                        hint=tr!(organisation.picture_hint, most = MOST / (1024 * 1024))
                        required=true
                    />
                    <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> })
    .class("main--narrow"))
}

fn image(id: PatientId, name: String) -> AnyView {
    let alt = tr!(organisation.photo_of, name = name);
    view! { <img class="photo" src=format!("/patients/{id}/photo/file") width="128" height="128" alt=alt/> }.into_any()
}

/// Shows the photo on the record, and the way to take one for who may correct the record; nothing for others when there is none.
pub(in crate::patients) fn photo_panel(id: PatientId, name: String, there: bool, may_correct: bool) -> AnyView {
    if !there && !may_correct {
        return ().into_any();
    }
    let picture = there.then(|| image(id, name));
    let words = if there { tr!(patients.photo_change) } else { tr!(patients.photo_take) };
    let link = may_correct.then(|| view! { <LinkButton href=format!("/patients/{id}/photo") label=words/> });
    view! { <section class="panel"><div class="panel__body cluster">{picture}{link}</div></section> }.into_any()
}

/// Serves the photo.
pub async fn photo_file(Path(id): Path<PatientId>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::ReadPatients).await?;
    ctx.reach([id]).await?;
    let answer = photo_answer(&mut ctx, id).await?;
    ctx.saw(id, "record").await?;
    Ok(answer)
}

/// Returns the photo of a patient as a browser shows it.
///
/// # Errors
/// [`Error::NotFound`] without a photo.
pub async fn photo_answer(ctx: &mut Ctx, id: PatientId) -> Result<Response> {
    let (media, bytes) = bytes(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, media.mime()),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, bytes).into_response())
}

/// Receives a photo, or takes it away.
pub async fn send_photo(Path(id): Path<PatientId>, request: HttpRequest) -> Response {
    if let Err(error) = allowed(id).await {
        return error.into_response();
    }
    let page = format!("/patients/{id}/photo");
    let (parts, body) = request.into_parts();
    // The place is given back when the photo is stored or refused.
    let (sent, _place) = match read_upload(&parts.headers, body, MOST + FIELDS).await {
        Ok(sent) => sent,
        Err(error) => {
            let error = match error {
                Error::TooLarge => Error::invalid("file", tr!(organisation.picture_too_large, most = MOST / (1024 * 1024))),
                other => other,
            };
            return upload_refused(&parts.headers, page, vec![("remove".to_owned(), String::new())], error).await;
        }
    };
    let values = sent.fields.clone();
    match keep(id, sent).await {
        Ok(()) => Redirect::to(&format!("/patients/{id}?done=saved")).into_response(),
        Err(error) => upload_refused(&parts.headers, page, values, error).await,
    }
}

async fn allowed(id: PatientId) -> Result<()> {
    Ctx::read(Permission::RegisterPatients).await?.reach([id]).await
}

async fn keep(id: PatientId, sent: FormWithFile) -> Result<()> {
    let new = if sent.field("remove").is_empty() { Some(drawn(sent).await?) } else { None };
    let mut ctx = Ctx::write(Permission::RegisterPatients).await?;
    replace(&mut ctx, id, new.as_ref()).await?;
    ctx.commit().await
}

async fn drawn(sent: FormWithFile) -> Result<Drawn> {
    let _alone = DRAWING.acquire().await.map_err(|_| Error::Busy)?;
    let work = tokio::task::spawn_blocking(move || sent.file.whole().map(|bytes| redraw(&bytes, &sent.file_name, Shape::Photo)));
    let drawn = work.await.map_err(|error| Error::internal("a photo was not drawn", &error))?.map_err(spool::failed)?;
    drawn.map_err(|fault| Error::invalid("file", fault.words()))
}
