//! `/notifications/live`: the bell of the top bar as a live part.

use crate::{
    core::{Permission, Result},
    notifications::{api, bell::bell, store},
    server::{Ctx, Part},
};

/// The number of notifications in the bell's panel; the page `/notifications` shows all.
const SHOWN: i64 = 8;

/// Renders the bell with the newest notifications.
pub async fn bell_part() -> Result<Part> {
    let mut ctx = Ctx::read(Permission::OwnAccount).await?;
    let user = ctx.user();
    let unread = store::unread(&mut ctx.tx, user).await?;
    let lines = api::lines(&mut ctx, SHOWN, 0).await?;
    Ok(Part::new(move || bell(unread, Some(lines))))
}
