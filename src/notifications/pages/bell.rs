//! `/notifications/live`: the bell of the top bar again.

use crate::{
    core::{Permission, Result},
    notifications::{api, bell::bell, store},
    server::{Ctx, Part},
};

/// How many lines the bell shows; the page `/notifications` has all.
const SHOWN: i64 = 8;

/// The bell with the newest notifications.
pub async fn bell_part() -> Result<Part> {
    let mut ctx = Ctx::read(Permission::OwnAccount).await?;
    let user = ctx.user();
    let unread = store::unread(&mut ctx.tx, user).await?;
    let lines = api::lines(&mut ctx, SHOWN, 0).await?;
    Ok(Part::new(move || bell(unread, Some(lines))))
}
