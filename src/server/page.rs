//! A page: a title, a layout and a view. Leptos renders it at once in islands mode. The handler loads the data first,
//! through [`Ctx`](crate::server::Ctx); so a page is an ordinary axum handler.

use std::sync::Arc;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Json, Redirect, Response},
};
use hydration_context::SsrSharedContext;
use leptos::{nonce::Nonce, prelude::*};

use crate::{
    core::Error,
    server::Request,
    ui::{HospitalLogo, KeyHint, encoded_path},
};

/// The frame around the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The rail, the top bar and the search of staff; for patients, the portal's frame.
    Shell,
    /// Only the page itself: sign-in, the public board.
    Plain,
    /// A sheet of paper: receipt, prescription, summary.
    Print,
}

/// The parts that a page adds to the frame around it.
#[derive(Default)]
pub struct Frame {
    /// The patient banner, which stays visible.
    pub banner: Option<AnyView>,
    /// The keyboard shortcuts of this page, shown by `?`.
    pub keys: Vec<KeyHint>,
    /// An additional class of `<main>`.
    pub class: &'static str,
    /// The plain layout without the hospital's name, for a television.
    pub bare: bool,
}

/// A page to be rendered.
pub struct Page {
    title: String,
    layout: Layout,
    keys: Vec<KeyHint>,
    class: &'static str,
    bare: bool,
    banner: Option<Box<dyn FnOnce() -> AnyView + Send>>,
    status: StatusCode,
    view: Box<dyn FnOnce() -> AnyView + Send>,
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page").field("title", &self.title).field("layout", &self.layout).finish_non_exhaustive()
    }
}

impl Page {
    /// Creates a page in the user's shell.
    pub fn new<V: IntoView + 'static>(title: impl Into<String>, view: impl FnOnce() -> V + Send + 'static) -> Self {
        Self {
            title: title.into(),
            layout: Layout::Shell,
            keys: Vec::new(),
            class: "",
            bare: false,
            banner: None,
            status: StatusCode::OK,
            view: Box::new(move || view().into_any()),
        }
    }

    /// Sets the layout.
    #[must_use]
    pub const fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Adds the patient banner at the top.
    #[must_use]
    pub fn banner<V: IntoView + 'static>(mut self, banner: impl FnOnce() -> V + Send + 'static) -> Self {
        self.banner = Some(Box::new(move || banner().into_any()));
        self
    }

    /// Adds keyboard shortcuts of the page, shown by `?`.
    #[must_use]
    pub fn keys(mut self, keys: Vec<KeyHint>) -> Self {
        self.keys = keys;
        self
    }

    /// Sets a class on `<main>`: `main--full`, `main--wide`, `main--narrow` (a short form).
    #[must_use]
    pub const fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// Sets the plain layout without the hospital's name, for a television.
    #[must_use]
    pub const fn bare(mut self) -> Self {
        self.layout = Layout::Plain;
        self.bare = true;
        self
    }

    /// Sets the status.
    #[must_use]
    pub const fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let Some(request) = Request::current() else {
            return (StatusCode::INTERNAL_SERVER_ERROR, "a page outside a request").into_response();
        };
        rendered(&request, self.status, || {
            let frame = Frame { banner: self.banner.map(|banner| banner()), keys: self.keys, class: self.class, bare: self.bare };
            let body = (self.view)();
            (request.state.program.document)(&request, &self.title, self.layout, frame, body)
        })
    }
}

/// A part of a page, rendered again without the document around it; [`ui::live::Live`](crate::ui::live::Live) fetches
/// it.
pub struct Part(Box<dyn FnOnce() -> AnyView + Send>);

impl Part {
    /// Creates a part from a view: the same children as those of the `Live` on the page.
    pub fn new<V: IntoView + 'static>(view: impl FnOnce() -> V + Send + 'static) -> Self {
        Self(Box::new(move || view().into_any()))
    }
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Part").finish_non_exhaustive()
    }
}

impl IntoResponse for Part {
    fn into_response(self) -> Response {
        let Some(request) = Request::current() else {
            return (StatusCode::INTERNAL_SERVER_ERROR, "a part outside a request").into_response();
        };
        rendered(&request, StatusCode::OK, || (self.0)().to_html())
    }
}

/// Renders in islands mode and answers in the reader's language.
fn rendered(request: &Request, status: StatusCode, html: impl FnOnce() -> String) -> Response {
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let html = owner.with(|| {
        provide_context(Nonce::from_value(request.nonce.clone()));
        if let Some(logo) = request.state.hospital().logo {
            provide_context(HospitalLogo { href: logo.logo_href(), width: logo.width, height: logo.height });
        }
        if let Some(form) = &request.form {
            provide_context(form.clone());
        }
        html()
    });
    owner.cleanup();
    let mut response = (status, Html(html)).into_response();
    let lang = HeaderValue::from_static(crate::core::locale::code(request.locale));
    response.headers_mut().insert(header::CONTENT_LANGUAGE, lang);
    response
}

impl IntoResponse for Error {
    /// Answers a browser with a page that explains the error (or a redirect to sign-in), and a program with JSON.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = retry_after(&self);
        let mut response = match Request::current().filter(|request| request.wants_html) {
            None => (status, Json(self)).into_response(),
            Some(request) if self == Self::SignedOut => {
                let to = if request.path == "/" { "/sign-in".to_owned() } else { format!("/sign-in?next={}", encoded_path(&request.path)) };
                Redirect::to(&to).into_response()
            }
            Some(request)
                if let Self::NotInCare { patient } = &self
                    && let Some(page) = request.state.departments.care_page(*patient) =>
            {
                let from = if request.query.is_empty() { request.path.clone() } else { format!("{}?{}", request.path, request.query) };
                Redirect::to(&format!("{page}?next={}", encoded_path(&from))).into_response()
            }
            Some(request) => {
                let message = words_for(&self, &request);
                let fields = if let Self::Invalid(fields) = &self { fields.clone() } else { Vec::new() };
                let problem = request.state.program.problem;
                Page::new(crate::tr!(errors.title), move || problem(message, fields)).status(status).into_response()
            }
        };
        response.headers_mut().extend(retry_after);
        response
    }
}

/// Returns the error's text for this reader. A staff member reads that a missing permission can be granted; a patient
/// does not.
pub(super) fn words_for(error: &Error, request: &Request) -> String {
    match error {
        Error::Forbidden if request.principal.as_ref().is_some_and(|who| who.works_here()) => {
            format!("{} {}", error.message(), crate::tr!(errors.forbidden_work))
        }
        _ => error.message(),
    }
}

/// Returns the `Retry-After` header, if the error has a time.
pub(super) fn retry_after(error: &Error) -> Option<(HeaderName, HeaderValue)> {
    match error {
        Error::TooMany { seconds, .. } => Some((header::RETRY_AFTER, HeaderValue::from(*seconds))),
        _ => None,
    }
}

/// Whether an address from outside is a page of this site. Browsers read a backslash as a slash and leave out tabs and line
/// ends: for them `/\t/elsewhere` is another site.
pub fn is_own_page(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !is_no_page(path)
        && path.len() < 2_000
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

/// Whether the address is not a page: a function, the event stream or a health check.
fn is_no_page(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path == crate::server::events::PATH || ["/api/", "/health/"].iter().any(|folder| path.starts_with(folder))
}

/// Sets the address that the browser opens after its form was accepted. An island that called the function reads the
/// same address from the `Location` header.
pub fn redirect_to(path: &str) {
    if let (Some(options), Ok(path)) = (use_context::<leptos_axum::ResponseOptions>(), HeaderValue::from_str(path)) {
        options.insert_header(header::LOCATION, path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_site_is_gone_to() {
        for path in ["/", "/triage?service=1", "/eventsful", "/patients?q=N%C3%BA%C3%B1ez"] {
            assert!(is_own_page(path), "{path:?}");
        }
        for path in [
            "",
            "elsewhere",
            "//elsewhere",
            "https://elsewhere",
            "/\\elsewhere",
            "/\t/elsewhere",
            "/\n/elsewhere",
            "/a\r\nSet-Cookie: x",
            "/api/opd/undo",
            "/events",
            "/events?x",
            "/health/live",
            "/é",
        ] {
            assert!(!is_own_page(path), "{path:?}");
        }
        assert!(!is_own_page(&format!("/{}", "a".repeat(2_000))));
    }
}
