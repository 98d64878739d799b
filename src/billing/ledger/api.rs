//! The server functions of the ledger's months.

use leptos::prelude::*;

use super::{closes_books, periods};
use crate::{
    core::{Error, Permission, time::parse_date},
    server::{Ctx, redirect_to},
};

const DONE: &str = "/books?done=saved";

/// Opens a transaction for somebody who closes the months of the whole hospital.
async fn closing() -> Result<Ctx, Error> {
    let ctx = Ctx::write(Permission::CloseBooks).await?;
    if closes_books(&ctx.who) { Ok(ctx) } else { Err(Error::Forbidden) }
}

/// Begins to close a month.
#[server(endpoint = "books/begin_closing")]
pub async fn begin_closing_month(#[server(default)] month: String) -> Result<(), Error> {
    let mut ctx = closing().await?;
    periods::begin(&mut ctx, parse_date("month", &month)?).await?;
    ctx.commit().await?;
    redirect_to(DONE);
    Ok(())
}

/// Opens a month again that is being closed.
#[server(endpoint = "books/resume")]
pub async fn resume_month(#[server(default)] month: String) -> Result<(), Error> {
    let mut ctx = closing().await?;
    periods::resume(&mut ctx, parse_date("month", &month)?).await?;
    ctx.commit().await?;
    redirect_to(DONE);
    Ok(())
}

/// Closes a month.
#[server(endpoint = "books/close")]
pub async fn close_month(#[server(default)] month: String) -> Result<(), Error> {
    let mut ctx = closing().await?;
    periods::close(&mut ctx, parse_date("month", &month)?).await?;
    ctx.commit().await?;
    redirect_to(DONE);
    Ok(())
}

/// Asks to reopen the last closed month, or reopens it when another person asked.
#[server(endpoint = "books/reopen")]
pub async fn reopen_month(#[server(default)] month: String) -> Result<(), Error> {
    let mut ctx = closing().await?;
    periods::reopen(&mut ctx, parse_date("month", &month)?).await?;
    ctx.commit().await?;
    redirect_to(DONE);
    Ok(())
}
