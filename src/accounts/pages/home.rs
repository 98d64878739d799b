//! `/`: redirects the signed-in user to the first page.

use axum::response::{IntoResponse as _, Redirect, Response};

use crate::{
    accounts::users::manages_users,
    core::Error,
    organisation,
    server::{Principal, Request},
};

/// Redirects each role to the page where its day begins.
pub async fn home() -> Response {
    let Some(request) = Request::current() else { return Error::SignedOut.into_response() };
    let Some(who) = &request.principal else { return Error::SignedOut.into_response() };
    match request.state.departments.first_place(who) {
        // The administrator's day begins at the checklist while an item is missing there.
        Some(place) if place.href == "/users" && setup_is_missing(&request, who).await => Redirect::to("/settings").into_response(),
        Some(place) => Redirect::to(place.href).into_response(),
        None => Error::Forbidden.into_response(),
    }
}

/// Whether the checklist of the hospital's set-up has a missing item. When the database does not answer, the next page shows the error.
async fn setup_is_missing(request: &Request, who: &Principal) -> bool {
    if !manages_users(who) {
        return false;
    }
    let (db, now) = (&request.state.db, request.state.clock.now());
    let missing = async { Ok::<_, Error>(!organisation::checklist(&mut db.read().await?, now).await?.is_done()) };
    missing.await.unwrap_or(false)
}
