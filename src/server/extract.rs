//! Path and query parameters; a wrong parameter is answered with a page that explains the error.

use axum::{
    extract::{
        FromRequestParts,
        rejection::{PathRejection, QueryRejection},
    },
    http::Uri,
};

use crate::core::{Error, Result};

/// A path parameter; one that is not a valid id is answered with 404.
#[derive(Clone, Copy, Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Error))]
pub struct Path<T>(pub T);

/// Query parameters; the error names a wrong one.
#[derive(Clone, Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Error))]
pub struct Query<T>(pub T);

impl From<PathRejection> for Error {
    fn from(_: PathRejection) -> Self {
        Self::NotFound
    }
}

impl From<QueryRejection> for Error {
    fn from(rejection: QueryRejection) -> Self {
        let text = rejection.body_text();
        let field = text.split('`').nth(1).unwrap_or("address").to_owned();
        Self::invalid(field, crate::tr!(errors.field_unreadable))
    }
}

/// Refuses an address with a NUL byte, which PostgreSQL does not store in text. `server::forms` refuses NUL in forms.
/// In a percent-encoded address, NUL is always written `%00`: a literal `%` is `%25`.
pub(super) fn without_nul(uri: &Uri) -> Result<()> {
    const NUL: &str = "%00";
    if uri.path().contains(NUL) {
        return Err(Error::NotFound);
    }
    let wrong = uri.query().and_then(|query| query.split('&').find(|pair| pair.contains(NUL)));
    let Some(wrong) = wrong else { return Ok(()) };
    let name = wrong.split('=').next().filter(|name| !name.contains(NUL)).unwrap_or("address");
    Err(Error::invalid(name, crate::tr!(errors.not_text)))
}
