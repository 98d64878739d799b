//! The pages under `/settings`: the checklist, the hospital, and the lists of master data.

mod duty;
mod entry;
mod fields;
mod frame;
mod hospital;
mod hub;
mod list;
mod people;
mod person;
mod pictures;
mod profile;
mod shifts;

use axum::{Router, routing::get};

pub use person::ties_view;

use super::manages_hospital;
use crate::{
    core::{Error, Permission, Result},
    server::{AppState, Ctx},
};

/// Returns the routes of the pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/settings", get(hub::hub_page))
        .route("/settings/hospital", get(hospital::hospital_page))
        .route("/settings/hospital/logo", get(pictures::logo_page).post(pictures::send_logo))
        .route("/settings/staff", get(people::people_page))
        .route("/settings/staff/new", get(person::new_page))
        .route("/settings/staff/{id}", get(person::person_page))
        .route("/settings/staff/{id}/photo", get(pictures::photo_page).post(pictures::send_photo))
        .route("/settings/shifts", get(shifts::shifts_page))
        .route("/on-duty", get(duty::duty_page))
        .route("/profile", get(profile::profile_page))
        .route("/profile/photo", get(pictures::own_photo_page).post(pictures::send_own_photo))
        .route("/logo/{id}", get(pictures::logo_file))
        .route("/photos/{id}", get(pictures::photo_file))
        .route("/settings/{list}", get(list::list_page))
        .route("/settings/{list}/new", get(entry::new_page))
        .route("/settings/{list}/{id}", get(entry::entry_page))
}

/// Opens a read context for an administrator of the whole hospital.
async fn managing() -> Result<Ctx> {
    let ctx = Ctx::read(Permission::ManageHospital).await?;
    if manages_hospital(&ctx.who) { Ok(ctx) } else { Err(Error::Forbidden) }
}
