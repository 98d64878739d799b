//! The functions of requisitions.

use leptos::prelude::*;

use super::{MOST, RequisitionState};
use crate::{
    core::{
        Error, Permission, Result, StockItemId, StoreroomId, WardRequisitionId,
        error::FieldErrors,
        form::{self, chosen},
    },
    inventory::{acts, goods::whole},
    organisation::Typed,
    server::{Ctx, redirect_to},
};

/// Asks the stores for goods: `want-ITEM` with the units. Empty fields and zeros are not asked for.
#[server(endpoint = "stock/ask")]
pub async fn ask(
    /// The requisition's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] storeroom: String,
    #[server(default)] note: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::AskStock).await?;
    let id: WardRequisitionId = chosen("key", &key)?;
    let (mut errors, mut lines) = (FieldErrors::new(), Vec::<(StockItemId, i64)>::new());
    let room = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    let note = errors.line("note", &note, 500);
    let other = fields.get("other").map(|item| item.trim()).filter(|item| !item.is_empty());
    if let Some(item) = other {
        let item = errors.chosen::<StockItemId>("other", item);
        let typed = fields.get("other_quantity").map(String::as_str).unwrap_or_default();
        lines.extend(item.zip(whole(&mut errors, "other_quantity", typed, 1, MOST)));
    }
    for (field, typed) in fields.iter().filter(|(_, typed)| !typed.trim().is_empty()) {
        let Some(item) = field.strip_prefix("want-").and_then(|item| item.parse::<StockItemId>().ok()) else { continue };
        let wanted = whole(&mut errors, field, typed, 0, MOST);
        lines.extend(wanted.filter(|wanted| *wanted > 0).map(|wanted| (item, wanted)));
    }
    errors.finish()?;
    lines.sort_unstable();
    lines.dedup_by(|one, other| one.0 == other.0);
    let room = room.ok_or(Error::NotFound)?;
    if super::ask(&mut ctx, id, room, &lines, &note).await? {
        ctx.commit().await?;
    }
    redirect_to(&format!("/ward-stock/{id}?done=asked"));
    Ok(())
}

/// Cancels what a ward asked for and the stores have not picked.
#[server(endpoint = "stock/cancel_request")]
pub async fn cancel_request(ward_requisition_id: WardRequisitionId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::AskStock).await?;
    super::end(&mut ctx, Permission::AskStock, ward_requisition_id, version, RequisitionState::Cancelled, "").await?;
    ctx.commit().await?;
    redirect_to(&format!("/ward-stock/{ward_requisition_id}?done=cancelled"));
    Ok(())
}

/// Rejects a requisition with a reason.
#[server(endpoint = "stock/reject_request")]
pub async fn reject_request(
    ward_requisition_id: WardRequisitionId,
    #[server(default)] version: i64,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::MoveStock).await?;
    let reason = form::line("reason", &reason, 500)?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", crate::tr!(errors.required)));
    }
    super::end(&mut ctx, Permission::MoveStock, ward_requisition_id, version, RequisitionState::Rejected, &reason).await?;
    ctx.commit().await?;
    redirect_to(&format!("/stock/requests/{ward_requisition_id}?done=rejected"));
    Ok(())
}

/// Sets the level up to which an item of a storeroom is filled.
#[server(endpoint = "stock/set_par")]
pub async fn set_par(
    #[server(default)] storeroom: String,
    #[server(default)] item: String,
    #[server(default)] par_level: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageStock).await?;
    let mut errors = FieldErrors::new();
    let room = errors.chosen::<StoreroomId>("storeroom", &storeroom);
    let item = errors.chosen::<StockItemId>("item", &item);
    let level = whole(&mut errors, "par_level", &par_level, 0, acts::MOST);
    errors.finish()?;
    let (Some(room), Some(item), Some(level)) = (room, item, level) else { return Err(Error::NotFound) };
    super::set_par(&mut ctx, room, item, level).await?;
    ctx.commit().await?;
    redirect_to("/stock/requests?done=par_set");
    Ok(())
}
