//! The pages of the hospital's logo and of photos of staff, and the pictures themselves.

use axum::{
    extract::Request as HttpRequest,
    http::header,
    response::{IntoResponse as _, Redirect, Response},
};
use leptos::prelude::*;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::{hub::done_words, managing, profile::nobody};
use crate::{
    core::{Error, Permission, PictureId, Result, StaffId},
    organisation::{
        api,
        people::person,
        pictures::{Drawn, MOST, PictureMedia, PictureShown, Whose, picture, picture_bytes, redraw, replace},
    },
    server::{
        Ctx, Event, Page, Path, Query, Request, SETTINGS,
        forms::{read_upload, upload_refused},
        multipart::FormWithFile,
        spool,
    },
    tr,
    ui::{Button, ButtonTone, FileField, Form, PageHeader, Toast},
};

/// The bytes that a form may have besides the file.
const FIELDS: usize = 16 * 1024;
/// A picture is drawn again alone: it takes up to 100 MB.
static DRAWING: Semaphore = Semaphore::const_new(1);
/// A browser that shows a picture by its address runs nothing of it.
const POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

/// `?done=`.
#[derive(Debug, Default, Deserialize)]
pub struct PictureQuery {
    #[serde(default)]
    done: String,
}

/// A page with a picture and the form that replaces it.
struct PicturePage {
    title: String,
    detail: &'static str,
    back: (String, String),
    /// The address of the page, to which its forms are sent.
    page: String,
    class: &'static str,
}

impl PicturePage {
    fn show(self, shown: Option<PictureShown>, href: Option<String>, done: &str) -> Page {
        let toast = done_words(done);
        Page::new(self.title.clone(), move || {
            let seen = ("seen", shown.map(|shown| shown.id.to_string()).unwrap_or_default());
            let now = match shown.zip(href) {
                Some((shown, href)) => {
                    let hidden = vec![seen.clone(), ("remove", "true".to_owned())];
                    view! {
                        <img class=self.class src=href width=shown.width.to_string() height=shown.height.to_string() alt=self.title.clone()/>
                        <Form action=self.page.clone() id="remove-picture" hidden multipart=true>
                            <div class="form__actions"><Button label=tr!(organisation.picture_remove) tone=ButtonTone::Danger/></div>
                        </Form>
                    }
                    .into_any()
                }
                None => view! { <p class="muted">{tr!(organisation.picture_none)}</p> }.into_any(),
            };
            // It tells a refused form from the one that removes.
            let hidden = vec![seen, ("remove", String::new())];
            let hint = tr!(organisation.picture_hint, most = MOST / (1024 * 1024));
            view! {
                {toast.map(|text| view! { <Toast text/> })}
                <PageHeader title=self.title.clone() back=self.back detail=self.detail/>
                <div class="stack">
                    {now}
                    <Form action=self.page.clone() id="send-picture" hidden multipart=true>
                        <FileField
                            name="file"
                            label=tr!(organisation.picture_file)
                            accept=".jpg,.jpeg,.png,image/jpeg,image/png"
                            hint
                            required=true
                        />
                        <div class="form__actions"><Button label=tr!(organisation.save) tone=ButtonTone::Primary/></div>
                    </Form>
                </div>
            }
        })
        .class("main--narrow")
    }
}

/// `/settings/hospital/logo`.
pub async fn logo_page(Query(PictureQuery { done }): Query<PictureQuery>) -> Result<Page> {
    let mut ctx = managing().await?;
    let shown = picture(&mut ctx.tx, Whose::Hospital).await?;
    let page = PicturePage {
        title: tr!(organisation.logo).to_owned(),
        detail: tr!(organisation.logo_detail),
        back: ("/settings/hospital".to_owned(), tr!(organisation.hospital).to_owned()),
        page: "/settings/hospital/logo".to_owned(),
        class: "logo",
    };
    Ok(page.show(shown, shown.map(PictureShown::logo_href), &done))
}

/// `/settings/staff/{id}/photo`.
pub async fn photo_page(Path(id): Path<StaffId>, Query(PictureQuery { done }): Query<PictureQuery>) -> Result<Page> {
    let mut ctx = managing().await?;
    let person = person(&mut ctx.tx, id).await?;
    let shown = picture(&mut ctx.tx, Whose::Person(id)).await?;
    let page = PicturePage {
        title: tr!(organisation.photo_of, name = person.name().to_owned()),
        detail: tr!(organisation.photo_detail),
        back: (format!("/settings/staff/{id}"), person.name().to_owned()),
        page: format!("/settings/staff/{id}/photo"),
        class: "photo",
    };
    Ok(page.show(shown, shown.map(PictureShown::photo_href), &done))
}

/// `/profile/photo`: a member of staff changes the own photo.
pub async fn own_photo_page(Query(PictureQuery { done }): Query<PictureQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnAccount).await?;
    let Some(id) = ctx.who.staff else { return nobody(&ctx) };
    let shown = picture(&mut ctx.tx, Whose::Person(id)).await?;
    let page = PicturePage {
        title: tr!(organisation.photo).to_owned(),
        detail: tr!(organisation.photo_detail),
        back: ("/profile".to_owned(), tr!(organisation.profile).to_owned()),
        page: "/profile/photo".to_owned(),
        class: "photo",
    };
    Ok(page.show(shown, shown.map(PictureShown::photo_href), &done))
}

/// Receives a new logo, or takes the logo away.
pub async fn send_logo(request: HttpRequest) -> Response {
    match managing().await {
        Ok(ctx) => drop(ctx),
        Err(error) => return error.into_response(),
    }
    receive(request, "/settings/hospital/logo".to_owned(), Whose::Hospital, api::managing).await
}

/// Receives a new photo of a member of staff, or takes it away.
pub async fn send_photo(Path(id): Path<StaffId>, request: HttpRequest) -> Response {
    match managing().await {
        Ok(ctx) => drop(ctx),
        Err(error) => return error.into_response(),
    }
    receive(request, format!("/settings/staff/{id}/photo"), Whose::Person(id), api::managing).await
}

/// Receives a new photo of the user, or takes it away.
pub async fn send_own_photo(request: HttpRequest) -> Response {
    let staff = match Ctx::read(Permission::OwnAccount).await {
        Ok(ctx) => ctx.who.staff.ok_or(Error::Forbidden),
        Err(error) => Err(error),
    };
    let id = match staff {
        Ok(id) => id,
        Err(error) => return error.into_response(),
    };
    receive(request, "/profile/photo".to_owned(), Whose::Person(id), || Ctx::write(Permission::OwnAccount)).await
}

/// Reads the form, draws the picture again, and keeps it in a transaction that `open` begins; a refused form is shown again.
async fn receive<F: Future<Output = Result<Ctx>>>(request: HttpRequest, page: String, whose: Whose, open: impl FnOnce() -> F) -> Response {
    let (parts, body) = request.into_parts();
    let (sent, _place) = match read_upload(&parts.headers, body, MOST + FIELDS).await {
        Ok((sent, place)) => (Ok(sent), Some(place)),
        Err(Error::TooLarge) => (Err(Error::invalid("file", tr!(organisation.picture_too_large, most = MOST / (1024 * 1024)))), None),
        Err(error) => (Err(error), None),
    };
    let values = match &sent {
        Ok(sent) => sent.fields.clone(),
        Err(_) => vec![("remove".to_owned(), String::new())],
    };
    let kept = match sent {
        Ok(sent) => keep(sent, whose, open).await,
        Err(error) => Err(error),
    };
    match kept {
        Ok(()) => Redirect::to(&format!("{page}?done=saved")).into_response(),
        Err(error) => upload_refused(&parts.headers, page, values, error).await,
    }
}

async fn keep<F: Future<Output = Result<Ctx>>>(sent: FormWithFile, whose: Whose, open: impl FnOnce() -> F) -> Result<()> {
    let seen = sent.field("seen").to_owned();
    let new = if sent.field("remove").is_empty() { Some(drawn(sent, whose).await?) } else { None };
    let mut ctx = open().await?;
    replace(&mut ctx, whose, &seen, new.as_ref()).await?;
    let state = ctx.state().clone();
    if whose == Whose::Hospital {
        ctx.tell(Event::new(&SETTINGS));
    }
    ctx.commit().await?;
    if whose == Whose::Hospital {
        // The other nodes read the settings again when they receive the event.
        state.read_hospital_again().await;
    }
    Ok(())
}

async fn drawn(sent: FormWithFile, whose: Whose) -> Result<Drawn> {
    let _alone = DRAWING.acquire().await.map_err(|_| Error::Busy)?;
    let work = tokio::task::spawn_blocking(move || sent.file.whole().map(|bytes| redraw(&bytes, &sent.file_name, whose.shape())));
    let drawn = work.await.map_err(|error| Error::internal("a picture was not drawn", &error))?.map_err(spool::failed)?;
    drawn.map_err(|fault| Error::invalid("file", fault.words()))
}

/// `/logo/{id}`: the logo, for everybody: it stands on the page for signing in.
pub async fn logo_file(Path(id): Path<PictureId>) -> Result<Response> {
    let request = Request::current().ok_or(Error::NotFound)?;
    let mut tx = request.state.db.read().await?;
    Ok(serve(picture_bytes(&mut tx, id, false).await?))
}

/// `/photos/{id}`: a photo of a member of staff, for those who are signed in.
pub async fn photo_file(Path(id): Path<PictureId>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::OwnAccount).await?;
    Ok(serve(picture_bytes(&mut ctx.tx, id, true).await?))
}

/// A picture never changes under its address.
fn serve((media, bytes): (PictureMedia, Vec<u8>)) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media.mime()),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable"),
    ];
    (headers, bytes).into_response()
}
