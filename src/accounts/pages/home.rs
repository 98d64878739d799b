//! `/`: to the first page of whoever is signed in.

use axum::response::{IntoResponse as _, Redirect, Response};

use crate::{
    accounts::users::manages_users,
    core::Error,
    organisation,
    server::{Principal, Request},
};

/// Sends each role to where its day begins.
pub async fn home() -> Response {
    let Some(request) = Request::current() else { return Error::SignedOut.into_response() };
    let Some(who) = &request.principal else { return Error::SignedOut.into_response() };
    match request.state.departments.first_place(who) {
        // The administrator's day begins at the checklist while something is missing there.
        Some(place) if place.href == "/users" && setup_is_missing(&request, who).await => Redirect::to("/settings").into_response(),
        Some(place) => Redirect::to(place.href).into_response(),
        None => Error::Forbidden.into_response(),
    }
}

/// Whether the checklist of the hospital's set-up has something missing. A database that does not answer shows its error on the next page.
async fn setup_is_missing(request: &Request, who: &Principal) -> bool {
    if !manages_users(who) {
        return false;
    }
    let (db, now) = (&request.state.db, request.state.clock.now());
    let missing = async { Ok::<_, Error>(!organisation::checklist(&mut db.read().await?, now).await?.is_done()) };
    missing.await.unwrap_or(false)
}
