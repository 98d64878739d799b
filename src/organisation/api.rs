//! What administrators do with master data, the hospital's settings and the checklist.

use leptos::prelude::*;
use uuid::Uuid;

use super::{
    checklist::{self, Confirmation},
    lists::{self, List, Typed},
    manages_hospital, settings,
};
use crate::{
    core::{Error, IdempotencyKey, Permission, Result, form::chosen},
    server::{Ctx, Event, SETTINGS, redirect_to},
    tr,
};

/// Opens a transaction for an administrator of the whole hospital.
async fn managing() -> Result<Ctx> {
    let ctx = Ctx::write(Permission::ManageHospital).await?;
    if manages_hospital(&ctx.who) { Ok(ctx) } else { Err(Error::Forbidden) }
}

fn row_id(text: &str) -> Result<Uuid> {
    Uuid::parse_str(text.trim()).map_err(|_| Error::invalid("id", tr!(errors.field_unreadable)))
}

/// Saves a row of a list; without an `id` a new one, under the `key` that its form was made with.
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

/// Retires a row that nothing hangs on.
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

/// Commits, tells every node, and goes to the next page.
async fn finish(mut ctx: Ctx, next: &str) -> Result<()> {
    ctx.tell(Event::new(&SETTINGS));
    let state = ctx.state().clone();
    ctx.commit().await?;
    // The other nodes read the settings again when they hear of it.
    state.read_hospital_again().await;
    redirect_to(next);
    Ok(())
}
