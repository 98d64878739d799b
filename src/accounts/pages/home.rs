//! `/`: to the first page of whoever is signed in.

use axum::response::{IntoResponse as _, Redirect, Response};

use crate::{
    accounts::users::manages_users,
    core::{Error, Permission},
    server::Request,
};

/// Sends each role to where its day begins.
pub async fn home() -> Response {
    let Some(who) = Request::current().and_then(|request| request.principal.clone()) else { return Error::SignedOut.into_response() };
    let to = match () {
        () if who.may(Permission::WriteNotes) => "/consultation",
        () if who.may(Permission::CheckIn) => "/reception",
        () if who.may(Permission::RecordVitals) => "/triage",
        () if who.may(Permission::TakePayments) => "/cashier",
        () if who.may(Permission::OwnRecord) => "/portal",
        () if manages_users(&who) => "/users",
        () if who.may(Permission::ReadAudit) => "/audit",
        () if who.may(Permission::ReadPrices) => "/prices",
        () => return Error::Forbidden.into_response(),
    };
    Redirect::to(to).into_response()
}
