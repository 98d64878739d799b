//! Serves `POST /api/...`: the server functions, which islands call and plain forms post to.
//!
//! A program gets JSON and a status. A browser that posted a form is redirected after success (303); after an error it
//! gets the form's page again, with the typed values and the messages, under the error's status.

use std::{sync::Weak, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request as HttpRequest, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use percent_encoding::percent_decode;
use tower::ServiceExt as _;

use crate::{
    core::{Error, Result, form::FormState},
    server::{
        AppState, Request,
        multipart::FormWithFile,
        page::{Layout, Page, is_own_page, retry_after, words_for},
        program::First,
        router::SESSION_COOKIE,
        spool,
        uploads::UploadPlace,
    },
    ui::encoded_path,
};

/// The handler of `/api/{*function}`.
pub async fn call(State(state): State<AppState>, request: HttpRequest) -> Response {
    match answer(state, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

/// How long a form may take to arrive; no lock is held meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

/// Redirects a browser that opened a function's address with GET, typed or by going back, to the start page.
pub async fn lost() -> Redirect {
    Redirect::to("/")
}

async fn answer(state: AppState, request: HttpRequest) -> Result<Response> {
    let (mut parts, body) = request.into_parts();
    let action = parts.uri.path().to_owned();
    let page = came_from(&parts.headers).or_else(|| sent_again_from(&parts.uri));
    let wants_html = Request::current().is_some_and(|request| request.wants_html);

    let Some(body) = read_body(&parts.headers, body).await? else {
        return Ok(StatusCode::REQUEST_TIMEOUT.into_response());
    };
    // The functions read only forms.
    let values = match is_form(&parts.headers) || body.is_empty() {
        true => read_form(&body),
        false => Err(Error::invalid("form", crate::tr!(errors.field_unreadable))),
    };
    let values = match values {
        Ok(values) => values,
        Err(error) if wants_html => return again(&state, &parts.headers, page, FormState { action, ..FormState::default() }, error).await,
        Err(error) => return Err(error),
    };

    // Leptos would answer a browser's error with a redirect that carries the error in the URL; this server keeps errors
    // out of URLs.
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let cookies = parts.headers.clone();
    let request = HttpRequest::from_parts(parts, Body::from(body));
    let mut response = leptos_axum::handle_server_fns_with_context(|| {}, request).await.into_response();

    if response.status() == StatusCode::BAD_REQUEST && !response.headers().contains_key(server_fn::error::SERVER_FN_ERROR_HEADER) {
        return Err(Error::NotFound);
    }
    if response.headers().contains_key(server_fn::error::SERVER_FN_ERROR_HEADER) {
        let (mut parts, body) = response.into_parts();
        let body = to_bytes(body, state.config.body_limit).await.unwrap_or_default();
        let error =
            serde_json::from_slice::<Error>(&body).unwrap_or_else(|error| Error::internal("a function's refusal cannot be read", &error));
        if wants_html {
            let form = FormState { action, values, ..FormState::default() };
            return again(&state, &cookies, page, form, error).await;
        }
        parts.status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        parts.headers.extend(retry_after(&error));
        return Ok(Response::from_parts(parts, Body::from(body)));
    }
    if let Some(request) = Request::current() {
        // The function has already succeeded; the reason of this error is in the log.
        let _ = request.renew().await;
    }
    if wants_html {
        let next = response.headers_mut().remove(header::LOCATION);
        let next = next.and_then(|value| value.to_str().ok().map(str::to_owned)).or(page).unwrap_or_else(|| "/".to_owned());
        let mut redirect = Redirect::to(&next).into_response();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            redirect.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        return Ok(redirect);
    }
    Ok(response)
}

/// The largest body, in bytes, from a network where no user is signed in: more than the forms for signing in and
/// signing up contain.
const ANONYMOUS_BODY: usize = 16 * 1024;

/// Reads a body within the size limit, with memory reserved for it; `None` when it took too long.
///
/// A request whose session has just ended is like one without a session. So a network with signed-in users may send as large a body
/// as they may, and no typed text is lost. From other networks, the session's cookie indicates that a user was signed in; the memory
/// for such bodies is small, because anybody can send a cookie.
async fn read_body(headers: &HeaderMap, body: Body) -> Result<Option<Bytes>> {
    let request = Request::current().ok_or(Error::Busy)?;
    let limits = &request.state.limits;
    let signed_in = request.principal.is_some() || request.caller.0.is_some_and(|address| limits.slots.knows(address));
    let most = request.state.config.body_limit;
    let was_signed_in = !signed_in && has_session_cookie(headers);
    let most = if signed_in || was_signed_in { most } else { most.min(ANONYMOUS_BODY) };
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > most) {
        return Err(Error::TooLarge);
    }
    let bytes = length.unwrap_or(most);
    let _reserved = if was_signed_in && bytes > ANONYMOUS_BODY {
        limits.memory.reserve_for_ended(bytes).ok_or(Error::TooLarge)?
    } else {
        limits.memory.reserve(bytes, signed_in).await?
    };
    match tokio::time::timeout(PATIENCE, to_bytes(body, most)).await {
        Ok(Ok(body)) => Ok(Some(body)),
        Ok(Err(_)) => Err(Error::TooLarge),
        Err(_) => Ok(None),
    }
}

/// Reads a form with a file from a signed-in user. It has its place until that is dropped.
///
/// # Errors
/// [`Error::SignedOut`], [`Error::TooLarge`], [`Error::Busy`] while too many files arrive, or as [`FormWithFile::receive`].
pub async fn read_upload(headers: &HeaderMap, body: Body, most: usize) -> Result<(FormWithFile, UploadPlace)> {
    let request = Request::current().ok_or(Error::Busy)?;
    let user = request.principal.as_ref().map(|principal| principal.user).ok_or(Error::SignedOut)?;
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > most) {
        return Err(Error::TooLarge);
    }
    let place = UploadPlace::take(user).await?;
    let sent = FormWithFile::receive(headers, body, most, &spool::folder(&request.state.config)).await?;
    Ok((sent, place))
}

/// Answers a refused form with a file: the page of its address again, with what was typed; a program gets the error.
pub async fn upload_refused(headers: &HeaderMap, page: String, values: Vec<(String, String)>, error: Error) -> Response {
    let action = page.clone();
    refused_with(headers, page, &action, values, error).await
}

/// Like [`upload_refused`], for a form of the page with another address.
pub async fn refused_with(headers: &HeaderMap, page: String, action: &str, values: Vec<(String, String)>, error: Error) -> Response {
    let Some(request) = Request::current().filter(|request| request.wants_html) else { return error.into_response() };
    let form = FormState { action: action.to_owned(), values, ..FormState::default() };
    match again(&request.state, headers, Some(page), form, error).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

/// Whether the request carries the cookie of a session, which may have ended.
fn has_session_cookie(headers: &HeaderMap) -> bool {
    headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok()).flat_map(|cookies| cookies.split(';')).any(
        |cookie| {
            let (name, id) = cookie.trim().split_once('=').unwrap_or_default();
            matches!(name, SESSION_COOKIE | "session") && id.parse::<tower_sessions::session::Id>().is_ok()
        },
    )
}

/// Renders the form's page again, with the refused form.
async fn again(state: &AppState, headers: &HeaderMap, page: Option<String>, mut form: FormState, error: Error) -> Result<Response> {
    forget_secrets(&mut form);
    if error == Error::SignedOut && !form.values.is_empty() {
        return Ok(held(state, First::SignIn, form, page));
    }
    // There is no page to show again: the error is shown on its own page.
    let router = state.router.get().and_then(Weak::upgrade);
    let (Some(page), Some(router)) = (page, router) else { return Err(error) };
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let retry_after = retry_after(&error);
    form.message = Some(Request::current().map_or_else(|| error.message(), |request| words_for(&error, &request)));
    if let Error::Invalid(fields) = &error {
        form.errors.clone_from(fields);
    }
    let mut request = HttpRequest::builder().method(Method::GET).uri(&page).body(Body::empty()).map_err(|_| error.clone())?;
    for name in [header::COOKIE, header::HOST, header::ACCEPT_LANGUAGE] {
        if let Some(value) = headers.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    request.extensions_mut().insert(form);
    if let Some(current) = Request::current() {
        request.extensions_mut().insert(current.caller);
    }
    let mut response = Router::clone(&router).oneshot(request).await.map_err(|_| error.clone())?;
    // The address may be a file, a download or a stream that never ends: then the error is shown on its own page.
    if !is_page(response.headers()) {
        return Err(error);
    }
    if response.status().is_success() {
        *response.status_mut() = status;
        response.headers_mut().extend(retry_after);
        // The address bar shows the function's address; the browser's script replaces it with the page's address.
        if let Ok(page) = HeaderValue::from_str(&page) {
            response.headers_mut().insert(header::CONTENT_LOCATION, page);
        }
    }
    Ok(response)
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html")) || headers.contains_key(header::LOCATION)
}

/// A user who must first do something else loses no input: the page holds the form's values, to be sent again after
/// that.
fn held(state: &AppState, first: First, form: FormState, page: Option<String>) -> Response {
    let send_again = state.program.send_again;
    let action = match page {
        Some(page) => format!("{}?{PAGE}={}", form.action, encoded_path(&page)),
        None => form.action,
    };
    let status = match first {
        First::SignIn => StatusCode::UNAUTHORIZED,
        First::SecondFactor => StatusCode::FORBIDDEN,
    };
    Page::new(crate::tr!(errors.title), move || send_again(first, action, form.values)).layout(Layout::Plain).status(status).into_response()
}

/// Keeps a form posted by a user who must first set up a second factor: the function is not called, and the values are held on a
/// page. `None` when the form is empty.
pub(super) async fn kept(state: &AppState, request: HttpRequest) -> Option<Response> {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST || !is_form(&parts.headers) {
        return None;
    }
    let page = came_from(&parts.headers).or_else(|| sent_again_from(&parts.uri));
    let body = read_body(&parts.headers, body).await.ok()??;
    let mut form = FormState { action: parts.uri.path().to_owned(), values: read_form(&body).ok()?, ..FormState::default() };
    forget_secrets(&mut form);
    (!form.values.is_empty()).then(|| held(state, First::SecondFactor, form, page))
}

/// Removes secrets, which the user types again; a code is valid only once anyway. The code of a clinic, a price or a medicine
/// is not secret.
fn forget_secrets(form: &mut FormState) {
    let is_public = ["/api/organisation/", "/api/billing/", "/api/formulary/"].iter().any(|start| form.action.starts_with(start));
    form.values.retain(|(name, _)| !name.contains("password") && (name != "code" || is_public));
}

/// The query parameter that holds the page of a form that is sent again.
const PAGE: &str = "page";

fn sent_again_from(uri: &Uri) -> Option<String> {
    let value = uri.query()?.strip_prefix(PAGE)?.strip_prefix('=')?;
    let page = decode(value.as_bytes())?;
    is_own_page(&page).then_some(page)
}

fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// Parses the names and values of a URL-encoded form; refuses text that is not UTF-8 or contains NUL, with the field's
/// name.
fn read_form(body: &Bytes) -> Result<Vec<(String, String)>> {
    body.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.iter().position(|byte| *byte == b'=').map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
            let name = decode(name).ok_or_else(|| Error::invalid("form", crate::tr!(errors.not_text)))?;
            let value = decode(value).ok_or_else(|| Error::invalid(name.clone(), crate::tr!(errors.not_text)))?;
            Ok((name, value))
        })
        .collect()
}

fn decode(encoded: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let is_escape = |at: usize| spaced.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    // `percent_decode` accepts a `%` that begins no escape; browsers do not send one.
    if spaced.iter().enumerate().any(|(at, byte)| *byte == b'%' && !is_escape(at)) {
        return None;
    }
    let text = percent_decode(&spaced).decode_utf8().ok()?.into_owned();
    (!text.contains('\0')).then_some(text)
}

/// Returns path and query of the page with the form, if it is a page of this site.
fn came_from(headers: &HeaderMap) -> Option<String> {
    let referrer: Uri = headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
    let host = headers.get(header::HOST)?.to_str().ok()?;
    if referrer.authority()?.as_str() != host {
        return None;
    }
    referrer.path_and_query().map(ToString::to_string).filter(|page| is_own_page(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_as_utf8_only() {
        assert_eq!(read_form(&Bytes::from_static(b"a=1&name=Ana+Mar%C3%ADa&empty=")).map(|form| form.len()), Ok(3));
        assert!(matches!(read_form(&Bytes::from_static(b"name=%ff%fe")), Err(Error::Invalid(errors)) if errors[0].field == "name"));
        assert!(matches!(read_form(&Bytes::from_static(b"name=a%00b")), Err(Error::Invalid(errors)) if errors[0].field == "name"));
        assert!(read_form(&Bytes::from_static(b"name=%2")).is_err());
    }
}
