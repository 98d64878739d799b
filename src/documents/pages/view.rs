//! `/documents/{id}/view`, `/portal/documents/{id}/view`: documents that a browser does not show by itself, or not as text only: the first
//! page of a TIFF, and a plain text with its encoding.

use leptos::prelude::*;

use super::{
    about,
    file::{of_portal, of_staff, read},
};
use crate::{
    core::{DocumentId, Error, Result},
    documents::{Document, DocumentMedia, TextEncoding, plain_text, tiff, whole::with_whole},
    server::{Ctx, Page, Path},
    tr,
    ui::{Glyph, LinkButton, NoticeBox, PageHeader, Tone},
};

/// The letters of a text that the page shows.
const SHOWN: usize = 100_000;

/// The content that a page shows.
enum Shown {
    /// A TIFF with so many pages.
    Pages(usize),
    /// A text, and whether that is all of it.
    Text(TextEncoding, String, bool),
}

/// Shows a document to staff.
///
/// # Errors
/// Not allowed, not in care, of another type, or when the database refuses.
pub async fn document_view(Path(id): Path<DocumentId>) -> Result<Page> {
    let (ctx, found) = of_staff(id).await?;
    let back = (format!("/patients/{}/documents", found.patient_id), tr!(documents.title).to_owned());
    shown(ctx, found, back, "").await
}

/// Shows a document of the portal to its patient.
///
/// # Errors
/// [`Error::NotFound`] for a document of another patient, of another type, or one that is not shown.
pub async fn portal_view(Path(id): Path<DocumentId>) -> Result<Page> {
    let (ctx, found) = of_portal(id).await?;
    shown(ctx, found, ("/portal/documents".to_owned(), tr!(documents.title).to_owned()), "/portal").await
}

async fn shown(ctx: Ctx, document: Document, back: (String, String), begin: &'static str) -> Result<Page> {
    if !document.media.has_view() {
        return Err(Error::NotFound);
    }
    let (media, file) = (document.media, read(ctx, &document).await?);
    let content = with_whole(&file, move |bytes| match media {
        DocumentMedia::Tiff => tiff::pages(bytes).map(Shown::Pages),
        _ => plain_text::read(bytes, SHOWN).map(|(encoding, text, is_all)| Shown::Text(encoding, text, is_all)),
    });
    let content = content.await?.ok_or(Error::NotFound)?;
    let title = document.title.clone();
    Ok(Page::new(title.clone(), move || {
        let whole = format!("{begin}/documents/{}", document.id);
        let detail = about(&document);
        view! {
            <PageHeader
                title=title.clone()
                back
                detail
                actions=Some(view! { <LinkButton href=whole label=tr!(documents.download) glyph=Glyph::Download/> }.into_any())
            />
            <section class="panel"><div class="panel__body stack">{body(&content, &document, begin)}</div></section>
        }
    }))
}

fn body(content: &Shown, document: &Document, begin: &str) -> AnyView {
    match content {
        Shown::Pages(count) => {
            let words = if *count == 1 { tr!(documents.pages_one).to_owned() } else { tr!(documents.pages_many, count = *count) };
            let src = format!("{begin}/documents/{}/preview", document.id);
            let alt = tr!(documents.preview_of, title = document.title.clone());
            view! {
                <p>{words}</p>
                <img class="document-page" src=src alt=alt/>
                <p class="muted">{tr!(documents.no_preview_hint)}</p>
            }
            .into_any()
        }
        Shown::Text(encoding, text, is_all) => {
            let words = match encoding {
                TextEncoding::Utf8 => view! { <p class="muted">{tr!(documents.encoding_utf8)}</p> }.into_any(),
                TextEncoding::Windows1252 => {
                    view! { <NoticeBox tone=Tone::Warning><p>{tr!(documents.encoding_1252)}</p></NoticeBox> }.into_any()
                }
            };
            let more = (!is_all).then(|| view! { <p>{tr!(documents.text_shortened)}</p> });
            view! { {words}<pre class="document-text">{text.clone()}</pre>{more} }.into_any()
        }
    }
}
