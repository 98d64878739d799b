//! The schedule, booking at the desk, the page of one appointment, doctors' hours with their exceptions, and what is to settle.

mod absences;
mod acts;
mod appointment;
mod call_list;
mod day_list;
mod expected;
mod hours;
mod hours_form;
mod missed;
mod month;
mod new;
mod of_patient;
mod schedule;
mod settle;
mod undo;
mod waitlist;

use axum::{Router, routing::get};

use crate::{
    appointments::missed_words,
    core::{PatientId, Permission, Result, ServiceId},
    organisation,
    server::{AppState, Ctx},
    ui::BannerInfo,
};

pub use of_patient::{appointment_list, appointments_panel};

/// Returns the routes of the pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/schedules", get(schedule::schedule_page))
        .route("/schedules/month", get(month::month_page))
        .route("/schedules/print", get(day_list::day_list_page))
        .route("/appointments/new", get(new::new_page))
        .route("/waitlist", get(waitlist::waitlist_page))
        .route("/waitlist/new", get(waitlist::new_wait_page))
        .route("/appointments/missed", get(missed::missed_page))
        .route("/appointments/{id}", get(appointment::appointment_page))
        .route("/settings/hours", get(hours::hours_page))
        .route("/settings/hours/new", get(hours::new_page))
        .route("/settings/hours/{schedule}", get(hours::entry_page))
        .route("/absences", get(absences::absences_page))
        .route("/absences/new", get(absences::new_page))
        .route("/settle", get(settle::settle_page))
        .route("/settle/print", get(call_list::call_list_page))
}

/// Works at the clinic of the service that an address names, where the reader may: a link from an appointment elsewhere leads to its own
/// clinic's schedule, with that clinic's clock and letterhead.
pub(super) async fn at_the_services_clinic(ctx: &mut Ctx, permission: Permission, service: Option<ServiceId>) -> Result<()> {
    let Some(service) = service else { return Ok(()) };
    let Ok(service) = organisation::service(&mut ctx.tx, service).await else { return Ok(()) };
    if service.clinic_id != ctx.clinic.id && ctx.who.may_at(permission, service.clinic_id) {
        ctx.clinic = organisation::clinic(&mut ctx.tx, service.clinic_id).await?;
    }
    Ok(())
}

/// The banner with the number of appointments that the patient missed within a year.
async fn with_missed(ctx: &mut Ctx, patient: PatientId, mut banner: BannerInfo) -> Result<BannerInfo> {
    let now = ctx.now;
    banner.alerts.extend(missed_words(&mut ctx.tx, patient, now).await?);
    Ok(banner)
}
