//! Path and query parameters whose faults are pages in words.

use axum::extract::{
    FromRequestParts,
    rejection::{PathRejection, QueryRejection},
};

use crate::core::Error;

/// A path parameter; one that is no id leads nowhere (404).
#[derive(Clone, Copy, Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Error))]
pub struct Path<T>(pub T);

/// Query parameters; wrong ones are named.
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
