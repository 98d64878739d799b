//! A form with a workbook in the place of the text of a file of separated values: the page of the form is shown again with the workbook as text, as if it had been
//! typed there, and so with its preview.

use axum::{extract::Request as HttpRequest, response::Response};
use leptos::prelude::*;

use super::forms::{read_upload, refused_with, upload_refused};
use crate::{
    core::{Error, Result, workbook},
    tr,
    ui::{Button, FileField, Form},
};

/// The bytes that a form may have besides the file.
const FIELDS: usize = 16 * 1024;

/// The form that sends a workbook to the address of the page.
pub fn form(page: &str) -> AnyView {
    let (page, hint) = (page.to_owned(), tr!(workbook.hint, most = workbook::MOST / (1024 * 1024)));
    view! {
        <Form action=page id="send-workbook" multipart=true>
            <FileField name="file" label=tr!(workbook.file) accept=".xlsx" hint required=true/>
            <div class="form__actions"><Button label=tr!(workbook.read)/></div>
        </Form>
    }
    .into_any()
}

/// Receives the workbook. `page` is the address of the page, `action` that of the form with the text, and `next` says why the form is not done with
/// this text: a fault of it, or the tick after the preview.
pub async fn receive<F: Future<Output = Error>>(
    request: HttpRequest,
    page: &str,
    action: &str,
    next: impl FnOnce(String) -> F,
) -> Response {
    let (parts, body) = request.into_parts();
    let text = async {
        let (sent, _place) = match read_upload(&parts.headers, body, workbook::MOST + FIELDS).await {
            Err(Error::TooLarge) => return Err(wrong(tr!(workbook.too_large, most = workbook::MOST / (1024 * 1024)))),
            sent => sent?,
        };
        text_of(sent).await
    };
    match text.await {
        Ok(text) => {
            let error = next(text.clone()).await;
            refused_with(&parts.headers, page.to_owned(), action, vec![("text".to_owned(), text)], error).await
        }
        Err(error) => upload_refused(&parts.headers, page.to_owned(), Vec::new(), error).await,
    }
}

fn wrong(words: String) -> Error {
    Error::invalid("file", words)
}

async fn text_of(sent: super::multipart::FormWithFile) -> Result<String> {
    if sent.file_name.is_empty() || sent.file.size() == 0 {
        return Err(wrong(tr!(workbook.choose).to_owned()));
    }
    let language = crate::core::locale::current();
    let work = tokio::task::spawn_blocking(move || {
        crate::core::locale::LOCALE.sync_scope(language, || sent.file.whole().map(|bytes| workbook::text_of(&bytes)))
    });
    // A reader of foreign files that gives up is a file that cannot be read.
    let read = work.await.map_err(|_| wrong(tr!(workbook.unreadable).to_owned()))?;
    read.map_err(super::spool::failed)?.map_err(wrong)
}
