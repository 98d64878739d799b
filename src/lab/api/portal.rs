//! The functions of the laboratory for patients.

use leptos::prelude::*;

use crate::{
    core::{Error, Permission, Result},
    lab::wishes,
    server::{Ctx, redirect_to},
};

/// Saves when the patient of this portal wants to see results.
#[server(endpoint = "lab/result_wish")]
pub async fn result_wish(#[server(default)] wish: String, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::OwnRecord).await?;
    wishes::save(&mut ctx, &wish, version).await?;
    ctx.commit().await?;
    redirect_to("/portal/records");
    Ok(())
}
