//! The functions of opened packs.

use leptos::prelude::*;

use crate::{
    core::{Error, OpenedPackId, Permission, Result, StockBatchId, StoreroomId, error::FieldErrors, form::chosen},
    inventory::opened::{self, PackOutcome},
    server::{Ctx, redirect_to},
};

/// Records that a pack of a ward's storeroom was opened or made ready.
#[server(endpoint = "stock/open_pack")]
pub async fn open_pack(
    /// The pack's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(default)] batch: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::AskStock).await?;
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<OpenedPackId>("key", &key);
    let room = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    let batch = errors.chosen::<StockBatchId>("batch", &batch);
    errors.finish()?;
    let (Some(key), Some(room), Some(batch)) = (key, room, batch) else { return Err(Error::NotFound) };
    if opened::open(&mut ctx, key, room, batch).await? {
        ctx.commit().await?;
    }
    redirect_to(&format!("/ward-stock/opened?room={room}&done=opened"));
    Ok(())
}

/// Records that an opened pack is empty, or was thrown away.
#[server(endpoint = "stock/close_pack")]
pub async fn close_pack(opened_pack_id: OpenedPackId, #[server(default)] outcome: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::AskStock).await?;
    let outcome: PackOutcome = chosen("outcome", &outcome)?;
    let room = opened::close(&mut ctx, opened_pack_id, outcome).await?;
    ctx.commit().await?;
    redirect_to(&format!("/ward-stock/opened?room={room}&done=closed"));
    Ok(())
}
