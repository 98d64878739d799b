//! `/`: to the first page of whoever is signed in.

use axum::response::{IntoResponse as _, Redirect, Response};

use crate::{core::Error, server::Request};

/// Sends each role to where its day begins.
pub async fn home() -> Response {
    let Some(request) = Request::current() else { return Error::SignedOut.into_response() };
    let Some(who) = &request.principal else { return Error::SignedOut.into_response() };
    match request.state.departments.first_place(who) {
        Some(place) => Redirect::to(place.href).into_response(),
        None => Error::Forbidden.into_response(),
    }
}
