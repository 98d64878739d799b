//! The server functions with which administrators change master data, the hospital's settings and the checklist.

use chrono::{Days, NaiveDate};
use leptos::prelude::*;
use uuid::Uuid;

use super::{
    Clinic,
    checklist::{self, Confirmation},
    clinics,
    lists::{self, List, Typed},
    manages_hospital, people, settings,
    shifts::{self, monday_of},
};
use crate::{
    core::{ClinicId, Error, IdempotencyKey, Permission, Result, ShiftId, StaffId, form::chosen, time::parse_date},
    server::{Ctx, Event, SETTINGS, redirect_to},
    tr,
};

/// Opens a write transaction for an administrator of the whole hospital.
pub(super) async fn managing() -> Result<Ctx> {
    let ctx = Ctx::write(Permission::ManageHospital).await?;
    if manages_hospital(&ctx.who) { Ok(ctx) } else { Err(Error::Forbidden) }
}

fn row_id(text: &str) -> Result<Uuid> {
    Uuid::parse_str(text.trim()).map_err(|_| Error::invalid("id", tr!(errors.field_unreadable)))
}

/// Saves a row of a list; without an `id` a new one, under the `key` that was created with its form.
#[server(endpoint = "organisation/save")]
pub async fn save_entry(
    #[server(default)] list: String,
    #[server(default)] id: String,
    #[server(default)] key: String,
    #[server(default)] version: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = managing().await?;
    let list: List = chosen("list", &list)?;
    let id = if id.is_empty() { None } else { Some(row_id(&id)?) };
    let key = if id.is_some() { Uuid::nil() } else { chosen::<IdempotencyKey>("key", &key)?.into() };
    lists::save(&mut ctx, list, id, (key, &version), &fields).await?;
    finish(ctx, &format!("{}?done=saved", list.href())).await
}

/// Retires a row that no other data depend on.
#[server(endpoint = "organisation/retire")]
pub async fn retire_entry(
    #[server(default)] list: String,
    #[server(default)] id: String,
    #[server(default)] version: String,
) -> Result<(), Error> {
    let mut ctx = managing().await?;
    let (list, id): (List, _) = (chosen("list", &list)?, row_id(&id)?);
    lists::retire(&mut ctx, list, id, &version).await?;
    finish(ctx, &format!("{}?done=retired", list.href())).await
}

/// Brings a retired row back.
#[server(endpoint = "organisation/bring_back")]
pub async fn bring_back_entry(
    #[server(default)] list: String,
    #[server(default)] id: String,
    #[server(default)] version: String,
) -> Result<(), Error> {
    let mut ctx = managing().await?;
    let (list, id): (List, _) = (chosen("list", &list)?, row_id(&id)?);
    lists::bring_back(&mut ctx, list, id, &version).await?;
    finish(ctx, &format!("{}?done=back", list.href())).await
}

/// Saves a member of staff; without an `id` a new one, under the `key` that its form was made with.
#[server(endpoint = "organisation/save_staff")]
pub async fn save_staff(
    #[server(default)] id: String,
    #[server(default)] key: String,
    #[server(default)] version: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = managing().await?;
    let id = if id.is_empty() { None } else { Some(people::staff_id(&id)?) };
    let key = if id.is_some() { StaffId(Uuid::nil()) } else { StaffId(chosen::<IdempotencyKey>("key", &key)?.into()) };
    people::save(&mut ctx, id, (key, &version), &fields).await?;
    finish(ctx, "/settings/staff?done=saved").await
}

/// Retires a member of staff who does not sign in, once nothing hangs on the row.
#[server(endpoint = "organisation/retire_staff")]
pub async fn retire_staff(#[server(default)] id: String, #[server(default)] version: String) -> Result<(), Error> {
    let mut ctx = managing().await?;
    people::retire(&mut ctx, people::staff_id(&id)?, &version).await?;
    finish(ctx, "/settings/staff?done=retired").await
}

/// Brings retired staff back.
#[server(endpoint = "organisation/bring_back_staff")]
pub async fn bring_back_staff(#[server(default)] id: String, #[server(default)] version: String) -> Result<(), Error> {
    let mut ctx = managing().await?;
    people::bring_back(&mut ctx, people::staff_id(&id)?, &version).await?;
    finish(ctx, "/settings/staff?done=back").await
}

/// The clinic of a form.
async fn clinic_of(ctx: &mut Ctx, clinic: &str) -> Result<Clinic> {
    let id: ClinicId = chosen("clinic", clinic)?;
    clinics(&mut ctx.tx).await?.into_iter().find(|clinic| clinic.id == id).ok_or(Error::NotFound)
}

/// Commits, and goes to the clinic's week of the day.
async fn to_week(ctx: Ctx, clinic: &Clinic, day: NaiveDate, done: &str) -> Result<()> {
    ctx.commit().await?;
    redirect_to(&format!("/settings/shifts?clinic={}&week={}&done={done}", clinic.id, monday_of(day)));
    Ok(())
}

/// Plans a shift.
#[server(endpoint = "organisation/plan_shift")]
pub async fn plan_shift(
    #[server(default)] clinic: String,
    #[server(default)] week: String,
    #[server(default)] key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = managing().await?;
    let clinic = clinic_of(&mut ctx, &clinic).await?;
    let key = ShiftId(chosen::<IdempotencyKey>("key", &key)?.into());
    shifts::plan(&mut ctx, &clinic, key, &fields).await?;
    let shown = parse_date("day", fields.get("day").map_or("", String::as_str)).or_else(|_| parse_date("week", &week))?;
    to_week(ctx, &clinic, shown, "planned").await
}

/// Takes a planned shift away.
#[server(endpoint = "organisation/remove_shift")]
pub async fn remove_shift(
    #[server(default)] clinic: String,
    #[server(default)] week: String,
    #[server(default)] shift: String,
    #[server(default)] version: String,
) -> Result<(), Error> {
    let mut ctx = managing().await?;
    let clinic = clinic_of(&mut ctx, &clinic).await?;
    let shown = parse_date("week", &week)?;
    shifts::remove(&mut ctx, &clinic, chosen("shift", &shift)?, &version).await?;
    to_week(ctx, &clinic, shown, "removed").await
}

/// Plans the shifts of a week again in the next one, which is shown then.
#[server(endpoint = "organisation/copy_shifts")]
pub async fn copy_shifts(#[server(default)] clinic: String, #[server(default)] week: String) -> Result<(), Error> {
    let mut ctx = managing().await?;
    let clinic = clinic_of(&mut ctx, &clinic).await?;
    let monday = monday_of(parse_date("week", &week)?);
    shifts::copy_week(&mut ctx, &clinic, monday).await?;
    to_week(ctx, &clinic, monday.checked_add_days(Days::new(7)).unwrap_or(monday), "copied").await
}

/// Saves the user's own biography and languages.
#[server(endpoint = "organisation/save_profile")]
pub async fn save_profile(#[server(default)] version: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnAccount).await?;
    people::save_profile(&mut ctx, &version, &fields).await?;
    ctx.commit().await?;
    redirect_to("/profile?done=saved");
    Ok(())
}

/// Saves the hospital's settings.
#[server(endpoint = "organisation/save_hospital")]
pub async fn save_hospital(#[server(default)] version: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = managing().await?;
    settings::save_settings(&mut ctx, &version, &fields).await?;
    finish(ctx, "/settings?done=saved").await
}

/// Records that the key file was copied, or that backups are made.
#[server(endpoint = "organisation/confirm_setup")]
pub async fn confirm_setup(#[server(default)] what: String) -> Result<(), Error> {
    let mut ctx = managing().await?;
    let what: Confirmation = chosen("what", &what)?;
    checklist::confirm(&mut ctx, what).await?;
    finish(ctx, "/settings?done=confirmed").await
}

/// Commits, notifies every node, and redirects to the next page.
async fn finish(mut ctx: Ctx, next: &str) -> Result<()> {
    ctx.tell(Event::new(&SETTINGS));
    let state = ctx.state().clone();
    ctx.commit().await?;
    // The other nodes read the settings again when they receive the event.
    state.read_hospital_again().await;
    redirect_to(next);
    Ok(())
}
