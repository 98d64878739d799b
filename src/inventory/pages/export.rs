//! `/stock/export`, `/stock/export/expiring` and `/stock/items/{id}/export`: lists of the stock as workbooks.

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use chrono::Days;

use crate::{
    core::{Error, Permission, Result, StockItemId, xlsx},
    inventory::{export, goods},
    server::{Ctx, Path},
};

/// The days of the list of expiring batches.
const DAYS: u64 = 365;

fn attached(name: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}.xlsx\"");
    ([(header::CONTENT_TYPE, xlsx::MEDIA_TYPE.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// Answers with the stock list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn stock_file() -> Result<Response> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    ctx.saw_file("stock_file").await?;
    let (clinic, today, currency) = (ctx.clinic.id, ctx.today(), ctx.state().hospital().currency);
    Ok(attached("stock", export::stock(&mut ctx.tx, clinic, today, currency).await?))
}

/// Answers with the batches that expire within a year.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn expiring_file() -> Result<Response> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    ctx.saw_file("stock_file").await?;
    let (clinic, today, currency) = (ctx.clinic.id, ctx.today(), ctx.state().hospital().currency);
    let until = today.checked_add_days(Days::new(DAYS)).unwrap_or(today);
    Ok(attached("expiring", export::expiring(&mut ctx.tx, clinic, until, currency).await?))
}

/// Answers with the ledger of an item.
///
/// # Errors
/// Not allowed, an unknown item, or when the database refuses.
pub async fn card_file(Path(id): Path<StockItemId>) -> Result<Response> {
    let mut ctx = Ctx::read(Permission::ReadStock).await?;
    let item = goods::item(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.saw_file("stock_file").await?;
    let (clinic, zone, currency) = (ctx.clinic.id, ctx.zone(), ctx.state().hospital().currency);
    Ok(attached("ledger", export::movements(&mut ctx.tx, item.id, clinic, (zone, currency)).await?))
}
